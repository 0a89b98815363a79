#!/usr/bin/python3
"""The lab before the reader's eyes: what is typed, what the wire at INET shows, what `display` says.

On a terminal it ends in RTA's shell; leaving that takes the lab down.
"""
import os
import shutil
import signal
import subprocess
import sys
import threading
import time

from lab import EXAMPLES, ROOT, Capture, Lab, need_root, wait_for

DIM, BOLD, OFF = ("\033[2m", "\033[1m", "\033[0m") if sys.stdout.isatty() else ("", "", "")
WIDTH = shutil.get_terminal_size((200, 50)).columns if sys.stdout.isatty() else 200
WORD = b"yongdao!"  # every ping's payload: who can read the wire finds it

PICTURE = """
 hostA ──────── RTA ═══════════ INET ═══════════ RTB ──────── hostB
 10.1.1.2       10.1.1.1                         10.1.2.1     10.1.2.2
                198.51.100.1                     203.0.113.1

 RTA and RTB run Yongdao. INET, between them, knows no way to 10.0.0.0/8; it captures what it sees.
"""
STORY = (
    ("1-gre", "a GRE tunnel with key and checksum: joined, but INET can read along",
     "proto 47", "GRE",
     ("display interface Tunnel 0/0/1", "display ip routing-table")),
    ("2-ipsec-manual", "ESP in tunnel mode by an ACL, keys typed in by hand", "proto 50", "ESP",
     ("display ipsec sa",)),
    ("gre-over-ipsec-manual", "the GRE tunnel again, inside ESP: routing protocols could run in it",
     "proto 50", "ESP", ("display ipsec sa brief", "display interface brief")),
    ("3-ipsec-ike", "ESP whose keys the sites negotiate, and renew, by IKEv2",
     "(proto 50 or udp port 500)", "ESP and IKE", ("display ike sa", "display ipsec sa brief")),
    ("4-gre-over-ipsec", "GRE inside ESP in transport mode, by a profile and IKEv2",
     "(proto 50 or udp port 500)", "ESP and IKE", ("display ike sa verbose",)),
)


def title(text):
    print("\n%s== %s%s" % (BOLD, text, OFF), flush=True)


def show(text, mark="   "):
    for line in text.rstrip("\n").split("\n"):
        print("%s%s%s" % (DIM, (mark + line)[:WIDTH], OFF))
    sys.stdout.flush()


def step(text):
    print(" * %s" % text, flush=True)


def shot(lab, wire):
    """A transfer that outlives a yongdp."""
    def kill():
        size = os.path.getsize(wire.path)
        wait_for("traffic", lambda: os.path.getsize(wire.path) > size + (1 << 20))
        os.kill(lab.RTA.child("yongdp"), signal.SIGKILL)
    killer = threading.Thread(target=kill)
    killer.start()
    digest = lab.transfer(50)
    killer.join()
    return digest


def act(lab, example, what, wire_filter, name, displays):
    title("%s: %s" % (example, what))
    step("typed on RTA (examples/%s/RTA.cfg):" % example)
    show(open(os.path.join(EXAMPLES, example, "RTA.cfg")).read())
    lab.start(example)
    wait_for("the tunnel", lambda: lab.hostA.ping("10.1.2.2", check=False))
    wire = Capture(lab.INET, "rta")
    step("hostA pings hostB, each packet filled with the word %s" % WORD.decode())
    show(lab.hostA.run("ping", "-n", "-c", "3", "-i", "0.2", "-p", WORD.hex(), "10.1.2.2"))
    step("the wire at INET:")
    wire.stop()
    show(wire.show(6))
    readable = open(wire.path, "rb").read().count(WORD * 3)
    show("the word %s" % ("can be read in it" if readable else "is nowhere to be found in it"))
    if bool(readable) != (name == "GRE"):
        raise SystemExit("the demo has failed: the wire is not as it should be")
    wire = Capture(lab.INET, "rta", snaplen=64)
    step("50 MB over TCP from hostA to hostB, and RTA's datapath is killed in the midst (SIGKILL)")
    begun = time.monotonic()
    digest = shot(lab, wire)
    show("SHA-256 equal at both ends: %s…, %.1f s" % (digest[:24], time.monotonic() - begun))
    wire.stop()
    # without its datapath for a moment, a kernel tells the peer so, and quotes what it cannot take
    clear = wire.count("ip and not %s and not icmp[0] = 3" % wire_filter)
    show("%d packets of %s crossed INET; anything else: %d" % (wire.count(wire_filter), name, clear))
    if clear:
        raise SystemExit("the demo has failed: what crossed INET was not all %s" % name)
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
        title("done: the sites were joined five times, four times without anybody reading along")
        if sys.stdin.isatty() and sys.stdout.isatty():
            print("\nThe lab still runs. RTB:   ip netns exec %s %s/bin/yongsh -s %s\n"
                  "                     hostB: ip netns exec %s bash\n"
                  "This is RTA. Try `display current-configuration`, `ping -a 10.1.1.1 10.1.2.2`, `?`;"
                  " `quit` ends the demo.\n"
                  % (lab.RTB.ns, ROOT, lab.RTB.dir, lab.hostB.ns), flush=True)
            subprocess.call(lab.RTA.cmd(os.path.join(ROOT, "bin", "yongsh"), "-s", lab.RTA.dir))


if __name__ == "__main__":
    main()
