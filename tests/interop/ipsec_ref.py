"""RFC 4302 and 4303 once more, in Python over python3-cryptography, to compare the datapath with.

Written from the RFCs, without a look at the C code; where scapy can do the same, the tests hold it
against scapy as well.
"""

import struct

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

AH, ESP = 51, 50

# our keyword, scapy's name (None: it has none; some are added to its tables), bytes of key with salt, of block, IV and own ICV
CIPHERS = [
    ("null", "NULL", 0, 4, 0, 0),
    ("des", "DES", 8, 8, 8, 0),
    ("3des", "3DES", 24, 8, 8, 0),
    ("aes-128", "AES-CBC", 16, 16, 16, 0),
    ("aes-192", "AES-CBC", 24, 16, 16, 0),
    ("aes-256", "AES-CBC", 32, 16, 16, 0),
    ("sm4", "SM4-CBC", 16, 16, 16, 0),
    ("chacha20-poly1305", "CHACHA20-POLY1305", 36, 4, 8, 16),
] + [(name % (8 * size), scapy, size + 4, 4, 8, icv) for size in (16, 24, 32)
     for name, scapy, icv in (("aes-ctr-%d", "AES-CTR", 0), ("aes-gcm-%d", "AES-GCM", 16),
                              ("aes-gcm-%d-icv12", "AES-GCM-12", 12), ("aes-gcm-%d-icv8", "AES-GCM-8", 8),
                              ("aes-gmac-%d", None, 16))]
# our keyword, scapy's name, bytes of key, of ICV and of the IV in front of it
AUTHS = [
    ("none", "NULL", 0, 0, 0),
    ("md5", "HMAC-MD5-96", 16, 12, 0),
    ("sha1", "HMAC-SHA1-96", 20, 12, 0),
    ("sha2-256", "SHA2-256-128", 32, 16, 0),
    ("sha2-256-96", "SHA2-256-96", 32, 12, 0),
    ("sha2-384", "SHA2-384-192", 48, 24, 0),
    ("sha2-512", "SHA2-512-256", 64, 32, 0),
    ("sm3", "SM3-128", 32, 16, 0),
]
AH_AUTHS = AUTHS[1:] + [("aes-gmac-%d" % (8 * size), None, size + 4, 16, 8)
                        for size in (16, 24, 32)]
HASHES = {"md5": hashes.MD5, "sha1": hashes.SHA1, "sha2-256": hashes.SHA256,
          "sha2-256-96": hashes.SHA256, "sha2-384": hashes.SHA384, "sha2-512": hashes.SHA512,
          "sm3": hashes.SM3}
CBC = {"aes": algorithms.AES, "sm4": algorithms.SM4, "3des": algorithms.TripleDES,
       "des": lambda key: algorithms.TripleDES(key * 3)}
IMMUTABLE = (130, 133, 134, 148, 149)  # IPv4 options, RFC 4302 A1


def sound(cipher, auth):
    """May an ESP SA have the two?"""
    if auth[0] != "none":
        return cipher[5] == 0
    return cipher[0] != "null" and "ctr" not in cipher[0]


def checksum(data):
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def finish(head, next_at, protocol, rest):
    """Headers that say what follows them and how long all is, and the rest."""
    head = bytearray(head)
    head[next_at] = protocol
    if head[0] >> 4 == 6:
        head[4:6] = struct.pack("!H", len(head) - 40 + len(rest))
    else:
        head[2:4] = struct.pack("!H", len(head) + len(rest))
        head[10:12] = b"\0\0"
        head[10:12] = struct.pack("!H", checksum(bytes(head)))
    return bytes(head) + rest


def split(packet):
    """Where transport mode cuts: length of the headers, and where the last says what follows."""
    if packet[0] >> 4 == 4:
        return (packet[0] & 15) * 4, 9
    headers, at, end = [], 6, 40
    while packet[at] in (0, 43, 44, 60):
        kind, size = packet[at], 8 if packet[at] == 44 else (packet[end + 1] + 1) * 8
        at, end = end, end + size
        headers.append((kind, at, end))
    last = max([i for i, h in enumerate(headers) if h[0] != 60], default=-1)
    return (40, 6) if last < 0 else (headers[last][2], headers[last][1])


def header4(source, destination, tos, ttl, df, ident):
    return struct.pack("!BBHHHBBH4s4s", 0x45, tos, 0, ident, 0x4000 if df else 0, ttl, 0, 0,
                       source, destination)


def header6(source, destination, tclass, hop_limit):
    return struct.pack("!IHBB16s16s", 6 << 28 | tclass << 20, 0, 0, hop_limit, source, destination)


def canonical4(head, sending):
    head[1], head[8] = 0, 0
    head[6:8] = head[10:12] = b"\0\0"
    at = 20
    while at < len(head) and head[at] != 0:
        if head[at] == 1:
            at += 1
            continue
        size, kind = head[at + 1], head[at]
        if sending and kind in (131, 137) and head[at + 2] <= size - 3:
            head[16:20] = head[at + size - 4:at + size]
        if kind not in IMMUTABLE:
            head[at:at + size] = bytes(size)
        at += size


def canonical6(head, sending):
    head[0:4], head[7] = struct.pack("!I", 6 << 28), 0
    kind, at = head[6], 40
    while at < len(head):
        size = 8 if kind == 44 else (head[at + 1] + 1) * 8
        if kind in (0, 60):
            option = at + 2
            while option < at + size:
                if head[option] == 0:
                    option += 1
                    continue
                length = head[option + 1]
                if head[option] & 0x20:
                    head[option + 2:option + 2 + length] = bytes(length)
                option += 2 + length
        if kind == 43 and sending and head[at + 3]:
            left, count = head[at + 3], (size - 8) // 16
            hops = [head[at + 8 + 16 * i:at + 24 + 16 * i] for i in range(count)]
            route = [head[24:40]] + hops[count - left:]
            hops[count - left:] = route[:-1]
            head[24:40] = route[-1]
            head[at + 3] = 0
            head[at + 8:at + size] = b"".join(hops)
        kind, at = head[at], at + size


class Sa:
    """One security association of the other side."""

    def __init__(self, protocol, spi, cipher, auth, keys, ends, transport=False, esn=False):
        self.protocol, self.spi, self.cipher, self.auth = protocol, spi, cipher, auth
        self.cipher_key, self.auth_key = keys
        self.ends, self.transport, self.esn = ends, transport, esn
        self.iv_len = cipher[4] if protocol == ESP else auth[4]
        self.icv_len = (cipher[5] or auth[3]) if protocol == ESP else auth[3]

    def gcm(self, key, iv, tag=None):
        size = len(tag) if tag else 16
        return Cipher(algorithms.AES(key[:-4]), modes.GCM(key[-4:] + iv, tag, min(size, 16)))

    def mac(self, data):
        if self.auth[0] == "none":
            return b""
        worker = hmac.HMAC(self.auth_key, HASHES[self.auth[0]]())
        worker.update(data)
        return worker.finalize()[:self.auth[3]]

    def high(self, seq):
        return struct.pack("!I", seq >> 32) if self.esn else b""

    def worker(self, iv):
        name = self.cipher[0]
        if "ctr" in name:
            return Cipher(algorithms.AES(self.cipher_key[:-4]),
                          modes.CTR(self.cipher_key[-4:] + iv + b"\0\0\0\1"))
        return Cipher(CBC[name.split("-")[0]](self.cipher_key), modes.CBC(iv))

    def seal(self, seq, iv, text):
        """SPI … ICV around a text that is padded already."""
        name, key = self.cipher[0], self.cipher_key
        low = struct.pack("!I", seq & 0xffffffff)
        head = struct.pack("!I", self.spi) + low
        aad = struct.pack("!I", self.spi) + self.high(seq) + low
        if name == "chacha20-poly1305":
            from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
            return head + iv + ChaCha20Poly1305(key[:-4]).encrypt(key[-4:] + iv, text, aad)
        if "gcm" in name or "gmac" in name:
            worker = self.gcm(key, iv).encryptor()
            worker.authenticate_additional_data(aad + (iv + text if "gmac" in name else b""))
            done = worker.update(text if "gcm" in name else b"") + worker.finalize()
            return head + iv + (done or text) + worker.tag[:self.icv_len]
        if name != "null":
            worker = self.worker(iv).encryptor()
            text = worker.update(text) + worker.finalize()
        return head + iv + text + self.mac(head + iv + text + self.high(seq))

    def esp(self, seq, iv, payload, kind):
        pad = -(len(payload) + 2) % self.cipher[3]
        return self.seal(seq, iv, payload + bytes(range(1, pad + 1)) + bytes([pad, kind]))

    def icv(self, covered, iv):
        """Of AH."""
        if not iv:
            return self.mac(covered)
        worker = self.gcm(self.auth_key, iv).encryptor()
        worker.authenticate_additional_data(covered)
        worker.finalize()
        return worker.tag[:self.icv_len]

    def ah(self, seq, iv, head, next_at, payload, sending=True):
        """The whole packet with AH behind its headers `head`."""
        unit = 8 if head[0] >> 4 == 6 else 4
        size = -(-(12 + self.iv_len + self.icv_len) // unit) * unit
        fixed = struct.pack("!BBHII", head[next_at], size // 4 - 2, 0, self.spi, seq & 0xffffffff)
        packet = finish(head, next_at, AH, fixed + bytes(size - 12) + payload)
        seen = bytearray(packet[:len(head)])
        (canonical6 if seen[0] >> 4 == 6 else canonical4)(seen, sending)
        icv = self.icv(bytes(seen) + packet[len(head):] + self.high(seq), iv)
        at = len(head) + 12
        return packet[:at] + iv + icv + packet[at + len(iv) + len(icv):]

    def outer(self, inner, ident, tos=None, df=None):
        """The header of tunnel mode, without what `finish` knows."""
        v6 = inner[0] >> 4 == 6
        tclass = struct.unpack("!H", inner[:2])[0] >> 4 & 0xff if v6 else inner[1]
        tos = tclass if tos is None else tos
        if len(self.ends[0]) == 16:
            return header6(*self.ends, tos, 64), 6
        df = (not v6 and bool(inner[6] & 0x40)) if df is None else df
        return header4(*self.ends, tos, 255, df, ident), 9

    def protect(self, packet, seq, iv, ident=1, transport=None, sending=True):
        """The packet as the other side would send it."""
        if self.transport if transport is None else transport:
            size, next_at = split(packet)
            head, payload, kind = packet[:size], packet[size:], packet[next_at]
        else:
            head, next_at = self.outer(packet, ident)
            payload, kind = packet, 41 if packet[0] >> 4 == 6 else 4
        if self.protocol == ESP:
            return finish(head, next_at, ESP, self.esp(seq, iv, payload, kind))
        head = bytearray(head)
        head[next_at] = kind
        return self.ah(seq, iv, bytes(head), next_at, payload, sending)


__all__ = ["AH", "ESP", "CIPHERS", "AUTHS", "AH_AUTHS", "Sa", "sound", "split", "finish",
           "InvalidTag"]
