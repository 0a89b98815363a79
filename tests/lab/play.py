#!/usr/bin/python3
"""The lab to play in: tests/lab/play.py EXAMPLE brings it up and gives a shell on RTA; leaving takes it down."""
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import EXAMPLES, ROOT, Lab, need_root  # noqa: E402

need_root()
if len(sys.argv) != 2 or sys.argv[1] not in os.listdir(EXAMPLES):
    sys.exit("usage: tests/lab/play.py EXAMPLE, one of: " + " ".join(sorted(os.listdir(EXAMPLES))))
with Lab() as lab:
    if "ipv6" in open(os.path.join(EXAMPLES, sys.argv[1], "RTA.cfg")).read():
        lab.ipv6()
    lab.start(sys.argv[1])
    print("namespaces: %s\nRTB:  ip netns exec %s %s/bin/yongsh -s %s" % (
        " ".join(n.ns for n in lab.nodes), lab.RTB.ns, ROOT, lab.RTB.dir))
    subprocess.call(lab.RTA.cmd(os.path.join(ROOT, "bin", "yongsh"), "-s", lab.RTA.dir))
