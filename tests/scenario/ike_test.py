#!/usr/bin/python3
"""Scenarios 3-ipsec-ike and 4-gre-over-ipsec: the sites negotiate, and go on when programs die."""
import os
import signal
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lab"))
from lab import Capture, Lab, need_root, wait_for  # noqa: E402

need_root()

IKE = "udp port 500 or udp port 4500"


def children(router):
    return [s for s in router.state("display ike sa verbose")
            if s.get("state") == "established" and "spi_in" in s]


def both_up(lab):
    def match():
        a, b = children(lab.RTA), children(lab.RTB)
        return len(a) == len(b) == 1 and a[0]["spi_in"] == b[0]["spi_out"] \
            and a[0]["spi_out"] == b[0]["spi_in"] and a
    return wait_for("one CHILD SA, the same at both ends", match)[0]


def killed(lab, router, program):
    """The program dies without a word; packets go on, or go on again, and none ever goes in clear."""
    pid = router.child(program)
    os.kill(pid, signal.SIGKILL)
    wait_for("another " + program, lambda: router.child(program) not in (None, pid))
    wait_for("a ping", lambda: lab.hostA.ping("10.1.2.2", check=False))
    both_up(lab)  # the new speaker's, which take the place of the old one's
    for host, to in ((lab.hostA, "10.1.2.2"), (lab.hostB, "10.1.1.2")):
        wait_for("five in a row", lambda: host.ping(to, count=5, check=False) == 5)


for example, mode in (("3-ipsec-ike", 2), ("4-gre-over-ipsec", 1)):
    with Lab() as lab:
        wire = Capture(lab.INET, "rta", snaplen=128)
        lab.start(example)
        child = both_up(lab)
        assert child["mode"] == mode and not child["encapsulated"], child
        lab.hostA.ping("10.1.2.2", count=5)
        lab.hostB.ping("10.1.1.2", count=5)
        lab.transfer(20)

        for router in (lab.RTA, lab.RTB):
            killed(lab, router, "yongike")
            killed(lab, router, "yongdp")
        lab.RTB.stop(signal.SIGKILL)
        lab.RTB.start()
        wait_for("a ping", lambda: lab.hostA.ping("10.1.2.2", check=False))
        both_up(lab)

        # an operator's reset, either kind: automatic ones come up again, others than before
        for what in ("reset ipsec sa", "reset ike sa"):
            spi = both_up(lab)["spi_in"]
            lab.RTA.cli(what)
            wait_for("other SAs", lambda: both_up(lab)["spi_in"] != spi)
        lab.hostA.ping("10.1.2.2", count=5)
        wire.stop()
        clear = "ip and not proto 50 and not (%s)" % IKE
        assert wire.count(clear) == 0, wire.show(5, clear)
        assert wire.count("proto 50") > 1000
        offline = {r["reason"] for r in lab.RTA.state("display ike offline-info")}
        assert "manual-reset" in offline, offline
        print("  %s: ok" % example, flush=True)
