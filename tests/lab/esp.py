"""ESP of the lab's second scenario through scapy, an implementation that is not ours."""
import hashlib
import logging
import warnings

warnings.filterwarnings("ignore")
logging.getLogger("scapy.runtime").setLevel(logging.ERROR)
from scapy.config import conf  # noqa: E402
from scapy.layers.inet import ICMP, IP, TCP, UDP  # noqa: E402,F401
from scapy.layers.ipsec import AUTH_ALGOS, ESP, AuthAlgo, IPSecIntegrityError, \
    SecurityAssociation  # noqa: E402,F401
from scapy.packet import Raw  # noqa: E402,F401
from scapy.utils import RawPcapReader  # noqa: E402

conf.verb = 0
# as peers from before RFC 4868 do it
AUTH_ALGOS["SHA2-256-96"] = AuthAlgo("SHA2-256-96", mac=AUTH_ALGOS["SHA2-256-128"].mac,
                                     digestmod=AUTH_ALGOS["SHA2-256-128"].digestmod, icv_size=12)
A, B = "198.51.100.1", "203.0.113.1"
A_TO_B, B_TO_A = 54321, 12345  # SPIs of examples/2-ipsec-manual


def string_keys(text, spi, protocol=50, cipher_len=16, auth_len=32):
    """`sa string-key`: PBKDF2-HMAC-SHA256 as documented in yongdao(7)."""
    salt = b"yongdao string-key" + bytes([protocol]) + spi.to_bytes(4, "big")
    key = hashlib.pbkdf2_hmac("sha256", text.encode(), salt, 20000, cipher_len + auth_len)
    return key[:cipher_len], key[cipher_len:]


def association(spi, src, dst, text="huawei", seq=1, auth_algo="SHA2-256-128"):
    """AES-128-CBC with HMAC-SHA2-256-128 (or SHA2-256-96), tunnel mode."""
    cipher, auth = string_keys(text, spi)
    return SecurityAssociation(ESP, spi=spi, seq_num=seq, crypt_algo="AES-CBC", crypt_key=cipher,
                               auth_algo=auth_algo, auth_key=auth,
                               tunnel_header=IP(src=src, dst=dst))


def from_a(seq=1):
    return association(A_TO_B, A, B, seq=seq)


def from_b(seq=1):
    return association(B_TO_A, B, A, seq=seq)


def frames(path):
    """The IPv4 frames of an Ethernet capture."""
    r = RawPcapReader(path)
    try:
        yield from (raw for raw, _ in r if raw[12:14] == b"\x08\x00")
    finally:
        r.close()


def captured(path, n=None):
    """The IP packets of an Ethernet capture."""
    return [IP(raw[14:]) for raw in frames(path)][:n]


def sequence_numbers(path):
    """(SPI, sequence number) of every ESP packet, read without building packets (captures are long)."""
    out = []
    for raw in frames(path):
        if raw[23] == 50:
            o = 14 + (raw[14] & 15) * 4
            out.append((int.from_bytes(raw[o:o + 4], "big"),
                        int.from_bytes(raw[o + 4:o + 8], "big")))
    return out
