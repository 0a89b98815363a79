#!/usr/bin/python3
"""packet-capture on physical devices, tunnels and the decrypted side; tcpdump and tshark read the files."""
import os
import re
import signal
import stat
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lab"))
from lab import ROOT, Lab, need_root, run, wait_for  # noqa: E402

need_root()


SIX = """
import socket, sys
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind((sys.argv[1], 0))
for subnet, port in (1, 5000), (1, 5001), (2, 5000):
    ip = bytes.fromhex("60000000000c1140" "20010db8000%d" "0000" "0000000000000001" % subnet)
    ip += bytes.fromhex("20010db8000900000000000000000001")
    udp = (6000).to_bytes(2, "big") + port.to_bytes(2, "big") + bytes.fromhex("000c0000") + b"four"
    s.send(b"\\xff" * 6 + b"\\2\\0\\0\\0\\0\\1" + b"\\x86\\xdd" + ip + udp)
"""


class Running:
    """A packet-capture that has begun, in a shell of its own."""

    def __init__(self, router, command):
        self.router, self.command = router, command
        self.p = subprocess.Popen(
            [os.path.join(ROOT, "bin", "yongsh"), "-s", router.dir, "-c", "packet-capture " + command],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        router.lab.children.append(self.p)
        line = self.p.stdout.readline()
        assert "Capturing" in line, "%s: %s%s" % (command, line, self.p.stderr.read())

    def stop(self):
        """Ctrl+C."""
        self.p.send_signal(signal.SIGINT)
        return self.end()

    def end(self):
        out, err = self.p.communicate(timeout=30)
        assert self.p.returncode == 0, "%s: %s%s" % (self.command, out, err)
        self.said = out
        self.path = re.search(r"File +: (\S+)", out).group(1)
        self.packets = int(re.search(r"Packets : (\d+)", out).group(1))
        return self

    def count(self, expression=""):
        out = run("tcpdump", "-n", "-r", self.path, *([expression] if expression else []))
        return len(out.splitlines())


def refused(router, command, why):
    p = subprocess.run([os.path.join(ROOT, "bin", "yongsh"), "-s", router.dir, "-c", command],
                       stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30)
    assert p.returncode == 1 and why in p.stderr, (command, p.returncode, p.stdout, p.stderr)


def files(router):
    return {r["file"]: r for r in router.state("display packet-capture")}


def children(router):
    return run("pgrep", "-P", str(router.daemon.pid), "-x", "yongcap", check=False).split()


with Lab() as lab:
    lab.start("2-ipsec-manual")
    for r, ip in ((lab.RTA, "172.16.41.1"), (lab.RTB, "172.16.41.2")):
        far = "203.0.113.1" if r is lab.RTA else "198.51.100.1"
        r.cli("system-view", "interface Tunnel 0/0/1", "tunnel-protocol gre", "source g0/0/1",
              "destination " + far, "ip address %s 24" % ip, "quit",
              "acl number 3100", "rule 5 deny icmp source 10.1.2.0 0.0.0.255 icmp-type echo-reply",
              "rule 10 permit icmp", "quit", "acl number 3101", "rule deny ip")
    rta = lab.RTA
    assert files(rta) == {}

    # the same ping on both sides of the protection, and through an ACL, all at once
    outside = Running(rta, "interface g0/0/1 file outside")
    inside = Running(rta, "interface GigabitEthernet 0/0/1 decrypted file inside.pcap")
    chosen = Running(rta, "interface g0/0/0 acl 3100 file chosen")
    assert len(children(rta)) == 3
    for pid in children(rta):
        status = open("/proc/%s/status" % pid).read()
        for line in ("Uid:\t65534\t65534", "CapEff:\t0000000000000000", "CapPrm:\t0000000000000000",
                     "CapBnd:\t0000000000000000", "NoNewPrivs:\t1", "Seccomp:\t2"):
            assert line in status, "%s\n%s" % (line, status)
    running = files(rta)
    assert running["inside.pcap"]["running"] and running["inside.pcap"]["decrypted"], running
    assert running["chosen.pcap"]["acl"] == 3100, running
    refused(rta, "packet-capture interface g0/0/1 file outside", "Another capture")
    lab.hostA.ping("10.1.2.2", count=5)
    for c in (outside, inside, chosen):
        c.stop()
        assert "Capture stopped" in c.said, c.said
        assert c.count() == c.packets, (c.packets, c.count())
    assert outside.count("proto 50") == 10 and outside.count("icmp") == 0, outside.count()
    assert inside.count("icmp") == 10 and inside.count() == 10, inside.count()
    assert chosen.count("icmp[0] = 8") == 5 and chosen.count() == 5, chosen.count()
    shown = run("tshark", "-r", outside.path, "-Y", "esp", "-T", "fields", "-e", "esp.sequence")
    assert len(set(shown.split())) >= 5, shown
    mode = os.stat(inside.path)
    assert stat.S_IMODE(mode.st_mode) == 0o640 and mode.st_uid == 0, mode
    assert not files(rta)["inside.pcap"]["running"]
    assert files(rta)["inside.pcap"]["bytes"] == mode.st_size

    # a tunnel: the payload on its own device, GRE on the physical one; the number ends the capture
    tunnel = Running(rta, "interface Tunnel 0/0/1 packet-num 6")
    outside = Running(rta, "interface g0/0/1 file outside packet-num 100")
    rta.run("ping", "-n", "-c", "3", "-i", "0.1", "-W", "2", "172.16.41.2")
    tunnel.end()
    assert "Capture complete" in tunnel.said and tunnel.packets == 6, tunnel.said
    assert tunnel.count("icmp") == 6, tunnel.count()
    assert re.search(r"/captures/capture-\d{8}-\d{6}\.pcap", tunnel.path), tunnel.path
    assert outside.stop().count("proto 47") == 6, outside.count()

    # an IPv6 ACL: of three frames the one from its prefix to its port
    rta.cli("system-view", "acl ipv6 number 3000",
            "rule permit udp source 2001:db8:1::/64 destination-port eq 5000")
    six = Running(rta, "interface g0/0/0 acl ipv6 3000 file six")
    lab.hostA.run("/usr/bin/python3", "-c", SIX, "eth0")
    lab.hostA.ping("10.1.1.1")
    six.stop()
    assert six.count() == six.count("src 2001:db8:1::1 and dst port 5000") == 1, six.count()

    # super-packets and full speed
    fast = Running(rta, "interface g0/0/1 decrypted packet-num 100000 file fast")
    lab.transfer(20)
    fast.stop()
    assert fast.count("tcp") == fast.packets > 100, fast.said
    assert os.path.getsize(fast.path) <= 64 << 20

    # what is refused
    refused(rta, "packet-capture interface g0/0/1 file ../x", "The name of a file")
    refused(rta, "packet-capture interface g0/0/1 file .x", "The name of a file")
    refused(rta, "packet-capture interface g0/0/0 decrypted", "No IPSec policy")
    refused(rta, "packet-capture interface g0/0/1 acl 3101", "permits nothing")
    refused(rta, "packet-capture interface g0/0/1 acl 3999", "permits nothing")
    refused(rta, "packet-capture interface LoopBack 7", "no such interface")
    p = subprocess.run(["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups",
                        os.path.join(ROOT, "bin", "yongsh"), "-s", rta.dir, "-c",
                        "packet-capture interface g0/0/1 file nobody"],
                       stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30)
    assert p.returncode != 0 and "nobody.pcap" not in files(rta), (p.stdout, p.stderr)
    assert not children(rta)

    # eight at once, and no more
    many = [Running(rta, "interface g0/0/0 file many%d" % i) for i in range(8)]
    refused(rta, "packet-capture interface g0/0/0 file many8", "8 captures run")
    for c in many:
        c.p.send_signal(signal.SIGINT)
    for c in many:
        c.end()

    # a shell that dies ends its capture; the file is whole
    left = Running(rta, "interface g0/0/0 file left")
    lab.hostA.ping("10.1.2.2", count=2)
    left.p.kill()
    left.p.communicate()
    wait_for("the end of the capture", lambda: not children(rta))
    left.path = os.path.join(rta.dir, "captures", "left.pcap")
    assert left.count("icmp") == 4, left.count()

    # so does a daemon that stops; and yongcap ends with a daemon that is killed
    left = Running(rta, "interface g0/0/0 file left")
    rta.stop()
    left.p.communicate()
    assert left.p.returncode != 0
    rta.start()
    left = Running(rta, "interface g0/0/0 file left")
    pid = children(rta)[0]
    rta.stop(signal.SIGKILL)
    left.p.communicate()
    wait_for("yongcap to end", lambda: not os.path.exists("/proc/" + pid))
print("capture: ok")
