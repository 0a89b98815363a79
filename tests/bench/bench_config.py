#!/usr/bin/python3
"""What configuration costs: loading, rendering, and one more typed line, by size of the configuration.

Runs the installed programs in a namespace of its own (root). Prints a table; judges nothing.
"""
import os
import random
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lab"))
from lab import Lab, Router, need_root  # noqa: E402

need_root()
SIZES = [int(a) for a in sys.argv[1:]] or [1000, 10000, 100000]
LINES = 40


class Alone(Lab):
    """One router, no network."""

    def up(self):
        self.RTA = self.RTB = self.add(Router, "RTA")


def timed(fn, *args, **kw):
    begun = time.monotonic()
    fn(*args, **kw)
    return time.monotonic() - begun


def rules(n):
    rnd = random.Random(n)
    yield "acl number 3000"
    for i in range(n):
        yield " rule %d permit tcp source 10.%d.%d.0 0.0.0.255 destination 192.0.2.%d 0 destination-port eq %d" % (
            i + 1, rnd.randrange(256), rnd.randrange(256), rnd.randrange(256), rnd.randrange(1, 65536))


def session(router, lines):
    path = os.path.join(router.lab.tmp, "typed")
    with open(path, "w") as f:
        f.write("\n".join(["system-view", "acl number 3001"] + lines + [""]))
    with open(path) as f:
        router.yongsh(stdin=f, timeout=300)


print("%9s %10s %10s %14s" % ("rules", "load s", "render s", "one line ms"))
for size in SIZES:
    with Alone() as lab:
        r = lab.RTA.start()
        path = os.path.join(lab.tmp, "rules.cfg")
        with open(path, "w") as f:
            f.write("\n".join(rules(size)) + "\n")
        load = timed(r.yongsh, "-f", path, timeout=600)
        render = timed(r.yongsh, "-c", "display current-configuration", timeout=300)
        few = timed(session, r, [" rule 1 permit ip"])
        many = timed(session, r, [" rule %d permit ip source 10.0.0.%d 0" % (i + 2, i)
                                  for i in range(LINES + 1)])
        print("%9d %10.3f %10.3f %14.2f" % (size, load, render, (many - few) / LINES * 1000),
              flush=True)
