#!/usr/bin/python3
"""The lab before the reader's eyes: what is typed, what the wire at INET shows, what `display` says.

On a terminal it ends in RTA's shell; leaving that takes the lab down.
"""
import os
import subprocess
import sys
import time

from lab import EXAMPLES, ROOT, Capture, Lab, need_root

DIM, BOLD, OFF = ("\033[2m", "\033[1m", "\033[0m") if sys.stdout.isatty() else ("", "", "")

PICTURE = """
  hostA ──────── RTA ═══════════ INET ═══════════ RTB ──────── hostB
  10.1.1.2       10.1.1.1                      10.1.2.1        10.1.2.2
                 198.51.100.1 ──── the open ──── 203.0.113.1
                                   Internet
"""
STORY = (
    ("1-gre", "a GRE tunnel with key and checksum", "proto 47", "GRE",
     ("display interface Tunnel 0/0/1", "display ip routing-table")),
    ("2-ipsec-manual", "ESP in tunnel mode, keys typed in by hand", "proto 50", "ESP",
     ("display ipsec sa", "display ipsec statistics")),
)


def title(text):
    print("\n%s== %s%s" % (BOLD, text, OFF), flush=True)


def show(text, mark="   "):
    for line in text.rstrip("\n").split("\n"):
        print("%s%s%s%s" % (DIM, mark, line, OFF))
    sys.stdout.flush()


def step(text):
    print(" * %s" % text, flush=True)


def act(lab, example, what, wire_filter, name, displays):
    title("%s: %s" % (example, what))
    step("typed on RTA (examples/%s/RTA.cfg):" % example)
    show(open(os.path.join(EXAMPLES, example, "RTA.cfg")).read())
    lab.start(example)
    step("hostA and hostB can talk now; INET captures what it sees")
    wire = Capture(lab.INET, "rta", snaplen=160)
    show(lab.hostA.run("ping", "-n", "-c", "3", "-i", "0.2", "10.1.2.2"))
    step("50 MB over TCP from hostA to hostB")
    begun = time.monotonic()
    digest = lab.transfer(50)
    show("SHA-256 equal at both ends: %s…, %.1f s" % (digest[:24], time.monotonic() - begun))
    wire.stop()
    step("the wire at INET:")
    show(wire.show(4))
    clear = wire.count("ip and not %s" % wire_filter)
    show("%d packets, all of them %s; in clear: %d" % (wire.count(wire_filter), name, clear))
    if clear:
        raise SystemExit("the demo has failed: %d packets crossed INET in clear" % clear)
    for line in displays:
        step("RTA says, asked `%s`:" % line)
        show(lab.RTA.cli(line))


def finish(lab):
    for r in (lab.RTA, lab.RTB):
        r.stop()
        for f in os.listdir(r.dir):
            path = os.path.join(r.dir, f)
            if not os.path.isdir(path):
                os.unlink(path)


def main():
    need_root()
    print(PICTURE)
    with Lab() as lab:
        for i, scene in enumerate(STORY):
            if i:
                finish(lab)
            act(lab, *scene)
        title("both sites were joined twice, and nothing crossed the Internet in clear")
        if sys.stdin.isatty() and sys.stdout.isatty():
            print("\nThis is RTA. Try `display current-configuration`, `ping 203.0.113.1`, `?`;"
                  " `quit` ends the demo.\n", flush=True)
            subprocess.call(lab.RTA.cmd(os.path.join(ROOT, "bin", "yongsh"), "-s", lab.RTA.dir))


if __name__ == "__main__":
    main()
