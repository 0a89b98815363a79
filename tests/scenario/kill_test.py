#!/usr/bin/python3
"""SIGKILL of any program at any moment: nothing in clear, no number twice, and the state comes back."""
import os
import random
import signal
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lab"))
from lab import Capture, Lab, need_root, wait_for  # noqa: E402

need_root()
import esp  # noqa: E402

SEED = int(os.environ.get("YONGDAO_SEED", "0")) or random.randrange(1 << 30)
ROUNDS = int(os.environ.get("YONGDAO_KILLS", "6"))
rnd = random.Random(SEED)
print("seed %d" % SEED)

FLOOD = """
import socket, sys, select
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("10.1.1.2", 0))
n = 0
while not select.select([sys.stdin], [], [], 0.002)[0]:
    try:
        s.sendto(b"%8d" % n, ("10.1.2.2", 7000))
    except OSError:
        pass
    n += 1
"""


def kill_datapath(router):
    old = router.child("yongdp")
    os.kill(old, signal.SIGKILL)
    wait_for("a new yongdp", lambda: router.child("yongdp") not in (None, old))


def kill_daemon(router):
    router.stop(signal.SIGKILL)
    router.start()


def survives(lab, example, rounds):
    lab.start(example)
    lab.hostA.ping("10.1.2.2", count=3)
    for r in (lab.RTA, lab.RTB):
        r.cli("save")
    before = {r: r.cli("display current-configuration") for r in (lab.RTA, lab.RTB)}
    wire = Capture(lab.INET, "rta", snaplen=96)
    flood = lab.hostA.python(FLOOD, stdin=subprocess.PIPE)
    for i in range(rounds):
        router = rnd.choice((lab.RTA, lab.RTB))
        victim = kill_datapath if i % 2 else kill_daemon
        # a moment somewhere in the life of the router: after so many packets on the wire
        some = rnd.randrange(1, 200)
        size = os.path.getsize(wire.path)
        wait_for("%d packets" % some, lambda: os.path.getsize(wire.path) > size + some * 100)
        print("  %s on %s" % (victim.__name__, router.name))
        victim(router)
        wait_for("the tunnel after %s" % victim.__name__,
                 lambda: lab.hostA.ping("10.1.2.2", check=False))
    flood.stdin.close()
    flood.wait(timeout=10)
    lab.hostB.ping("10.1.1.2", count=3)
    wire.stop()
    # ESP, and what a kernel without its datapath answers to ESP: an ICMP error that quotes ciphertext
    clear = "ip and not proto 50 and not (icmp[0] == 3 and icmp[1] == 2 and icmp[17] == 50)"
    assert wire.count(clear) == 0, wire.show(9, clear)
    seqs = esp.sequence_numbers(wire.path)
    assert len(set(seqs)) == len(seqs), "a sequence number was used twice"
    for r in (lab.RTA, lab.RTB):
        assert r.cli("display current-configuration") == before[r], r.name
    print("  %s: %d ESP packets" % (example, len(seqs)), flush=True)


def gre_numbers_go_on(lab):
    """A peer drops what is late (RFC 2890 2.2): after a kill no number may be below one before."""
    lab.start("1-gre")
    for r in (lab.RTA, lab.RTB):
        r.cli("system-view", "interface Tunnel 0/0/1", "gre sequence-number")
    wait_for("the tunnel", lambda: lab.hostA.ping("10.1.2.2", check=False))
    wire = Capture(lab.INET, "rta", snaplen=96, expression="src 198.51.100.1 and proto 47")
    for victim in (kill_datapath, kill_daemon, kill_datapath):
        lab.hostA.ping("10.1.2.2", count=20)
        victim(lab.RTA)
        # well before the receiver's half minute, after which it would take anything
        wait_for("the tunnel after %s" % victim.__name__,
                 lambda: lab.hostA.ping("10.1.2.2", check=False), limit=15)
    wire.stop()
    # flags C, K and S: the number is the last of four words
    numbers = [int.from_bytes(raw[46:50], "big") for raw in esp.frames(wire.path)
               if raw[34] == 0xb0]
    assert len(numbers) > 60 and numbers == sorted(set(numbers)), numbers
    late = lab.RTB.drops().get("gre_sequence", 0)
    assert late == 0, late
    print("  GRE: %d numbers, up to %d" % (len(numbers), numbers[-1]), flush=True)


with Lab() as lab:
    gre_numbers_go_on(lab)
# by policy, by route, and GRE inside IPsec
for example, rounds in (("2-ipsec-manual", ROUNDS), ("route-ipsec-manual", ROUNDS // 3),
                        ("gre-over-ipsec-manual", ROUNDS // 3)):
    with Lab() as lab:
        survives(lab, example, rounds)
print("kills: ok")
