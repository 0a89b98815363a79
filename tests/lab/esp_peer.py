#!/usr/bin/python3
"""Packets for a strongSwan whose kernel is faked: scapy protects and opens them with its SAs.

  esp_peer.py answer DEVICE SA_LOG       opens what arrives on the device, answers echo requests found
                                         inside (ICMP, UDP to port 7), also inside GRE; a JSON line for
                                         each packet
  esp_peer.py ask DEVICE SA_LOG SRC DST  sends one echo request, says what answer was inside; SRC and
                                         DST may be two addresses each, joined by `>`: GRE's, then
                                         those inside it

SA_LOG is fakexfrm.so's file; the newest SA of the way counts. Slow: meant for a few packets.
"""
import json
import logging
import select
import socket
import subprocess
import sys
import warnings

warnings.filterwarnings("ignore")
logging.getLogger("scapy.runtime").setLevel(logging.ERROR)
from scapy.layers.inet import GRE, ICMP, IP, UDP  # noqa: E402
from scapy.layers.inet6 import ICMPv6EchoReply, ICMPv6EchoRequest, IPv6  # noqa: E402
from scapy.layers.ipsec import AH, ESP, SecurityAssociation  # noqa: E402
from scapy.packet import Raw  # noqa: E402

AEAD = {"rfc4106(gcm(aes))": "AES-GCM", "rfc4309(ccm(aes))": "AES-CCM",
        "rfc7539esp(chacha20,poly1305)": "CHACHA20-POLY1305"}
CIPHER = {"aes": "AES-CBC", "cbc(aes)": "AES-CBC", "rfc3686(ctr(aes))": "AES-CTR",
          "des3_ede": "3DES", "cbc(des3_ede)": "3DES", "cipher_null": "NULL",
          "ecb(cipher_null)": "NULL"}
AUTH = {"sha1": "HMAC-SHA1-96", "hmac(sha1)": "HMAC-SHA1-96", "md5": "HMAC-MD5-96",
        "hmac(md5)": "HMAC-MD5-96", "hmac(sha256)": "SHA2-256-128", "hmac(sha384)": "SHA2-384-192",
        "hmac(sha512)": "SHA2-512-256", "xcbc(aes)": "AES-XCBC-MAC", "cmac(aes)": "AES-CMAC-96"}


def ip_of(data):
    return IPv6(data) if data[0] >> 4 == 6 else IP(data)


class Sa:
    """One `add sa` or `update sa` of the file."""

    def __init__(self, row):
        self.row, self.seq = row, 0
        self.way = (row["src"], row["dst"])
        self.key = (row["proto"], int(row["spi"], 16))

    def scapy(self, nat=None):
        row, args = self.row, {"esn_en": self.row["esn"] == "1"}
        if "aead" in row:
            args.update(crypt_algo=AEAD[row["aead"]], crypt_key=bytes.fromhex(row["key"]))
        if "enc" in row:
            args.update(crypt_algo=CIPHER[row["enc"]], crypt_key=bytes.fromhex(row["key"]))
        if "auth" in row:
            args.update(auth_algo=AUTH[row["auth"]], auth_key=bytes.fromhex(row["authkey"]))
        if row["mode"] == "tunnel":
            args["tunnel_header"] = (IPv6 if ":" in row["src"] else IP)(src=row["src"],
                                                                        dst=row["dst"])
        self.seq += 1
        return SecurityAssociation(ESP if row["proto"] == "esp" else AH, spi=self.key[1],
                                   seq_num=self.seq, nat_t_header=nat, **args)


class Sad:
    def __init__(self, path):
        self.file, self.by_spi, self.by_way = open(path), {}, {}

    def read(self):
        """What was added since; the last of a way is the newest."""
        for line in self.file:
            if line.startswith(("add sa", "update sa")):
                sa = Sa(dict(w.split("=", 1) for w in line.split() if "=" in w))
                self.by_spi[sa.key] = self.by_way[sa.way] = sa
        return self


class Wire:
    """Whole IP packets of one device, and a way to send some."""

    def __init__(self, device):
        self.rx = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(3))
        self.rx.bind((device, 3))
        # with somebody listening, the kernel does not call ESP and AH unreachable
        self.quiet = [socket.socket(f, socket.SOCK_RAW, p)
                      for f in (socket.AF_INET, socket.AF_INET6) for p in (50, 51)]

    def packet(self):
        """(IP packet, its ESP or AH, UDP header around that)."""
        data, where = self.rx.recvfrom(65536)
        if where[2] == socket.PACKET_OUTGOING or where[1] not in (0x0800, 0x86dd):
            return None, None, None
        p = ip_of(data)
        inside = p.getlayer(AH) or p.getlayer(ESP)
        nat = p.getlayer(UDP) if isinstance(inside, ESP) else None
        return p, inside, UDP(sport=nat.sport, dport=nat.dport) if nat else None

    def send(self, p):
        family = socket.AF_INET6 if isinstance(p, IPv6) else socket.AF_INET
        if UDP in p:
            del p[UDP].len  # scapy 2.5 leaves it as it was
            p = p.__class__(bytes(p))
        with socket.socket(family, socket.SOCK_RAW, socket.IPPROTO_RAW) as s:
            s.sendto(bytes(p), (p.dst, 0))


def opened(sad, p, inside, nat):
    """The SA and what was protected, or the name of what is wrong."""
    sa = sad.read().by_spi.get(("esp" if isinstance(inside, ESP) else "ah", inside.spi))
    if sa is None:
        return None, "no SA"
    try:
        return sa, ip_of(bytes(sa.scapy(nat).decrypt(p.copy())))
    except Exception as e:  # scapy raises what its libraries do
        return None, "%s: %s" % (type(e).__name__, e)


def reply(p):
    """The answer to an echo request somewhere inside, or None."""
    layer = answer = p.copy()
    while layer:
        if isinstance(layer, (IP, IPv6)):
            layer.src, layer.dst = layer.dst, layer.src
        for f in ("chksum", "cksum", "len", "plen"):
            layer.fields.pop(f, None)
        if isinstance(layer, ICMP) and layer.type == 8:
            layer.type = 0
            return answer
        if isinstance(layer, UDP) and layer.dport == 7:
            layer.sport, layer.dport = layer.dport, layer.sport
            return answer
        if isinstance(layer, ICMPv6EchoRequest):
            layer.underlayer.payload = ICMPv6EchoReply(id=layer.id, seq=layer.seq, data=layer.data)
            return answer
        layer = layer.payload
    return None


def say(**what):
    print(json.dumps(what), flush=True)


def answer(wire, sad):
    say(ready=True)
    while True:
        p, inside, nat = wire.packet()
        if inside is None:
            continue
        sa, plain = opened(sad, p, inside, nat)
        if sa is None:
            say(error=plain, spi=inside.spi)
            continue
        back, out = reply(plain), sad.by_way.get(sa.way[::-1])
        say(spi=inside.spi, seq=inside.seq, udp=bool(nat), inner=plain.summary(),
            answered=bool(back and out))
        if back and out:
            nat = UDP(sport=nat.dport, dport=nat.sport) if nat else None
            wire.send(out.scapy(nat).encrypt(back))


def ask(wire, sad, src, dst):
    header = IPv6 if ":" in src else IP
    p = ICMPv6EchoRequest(id=7, data=b"yongdao!") if header is IPv6 else ICMP(id=7) / Raw(b"yongdao!")
    for s, d in reversed(list(zip(src.split(">"), dst.split(">")))):
        p = header(src=s, dst=d) / (GRE() / p if isinstance(p, (IP, IPv6)) else p)
    own = own_addresses()
    (sa,) = [sa for way, sa in sad.read().by_way.items() if way[0] in own]
    wire.send(sa.scapy().encrypt(ip_of(bytes(p))))
    while select.select([wire.rx], [], [], 20)[0]:
        p, inside, nat = wire.packet()
        if inside is not None:
            _, plain = opened(sad, p, inside, nat)
            say(got=plain.summary() if not isinstance(plain, str) else plain)
            return
    say(got="nothing")


def own_addresses():
    """Of this namespace."""
    rows = json.loads(subprocess.run(["ip", "-j", "addr"], stdout=subprocess.PIPE).stdout)
    return {a["local"] for r in rows for a in r["addr_info"]}


def main(verb, device, path, *rest):
    {"answer": answer, "ask": ask}[verb](Wire(device), Sad(path), *rest)


if __name__ == "__main__":
    main(*sys.argv[1:])
