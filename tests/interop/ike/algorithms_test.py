#!/usr/bin/python3
"""Every algorithm that both have, against strongSwan: negotiated by us and by it, and packets pass with the keys.

After strongSwan's scenarios ikev2-algs/* and libipsec/net2net-*.
"""
import sys

from swan_site import Site, missing, need_root, theirs, wait_for

need_root()
if missing():
    print("SKIP: apt-get install %s" % missing()[0])
    sys.exit(77)

# ours (lines of `ike proposal`), theirs
GROUPS = ("group1 modp768", "group2 modp1024", "group5 modp1536", "group14 modp2048",
          "group15 modp3072", "group16 modp4096", "group19 ecp256", "group20 ecp384",
          "group21 ecp521", "group31 curve25519", "group32 curve448")
IKE = [("dh %s" % ours, "aes256-sha256-%s" % theirs) for ours, theirs in map(str.split, GROUPS)]
IKE += [
    ("encryption-algorithm %s\ndh group19\nintegrity-algorithm %s\nprf %s" % (e, i, p),
     "%s-%s-%s-ecp256" % (te, ti, tp))
    for e, te, i, ti, p, tp in (
        ("aes-128", "aes128", "hmac-sha1", "sha1", "hmac-sha1", "prfsha1"),
        ("aes-192", "aes192", "hmac-sha2-384", "sha384", "hmac-sha2-384", "prfsha384"),
        ("aes-256", "aes256", "hmac-sha2-512", "sha512", "hmac-sha2-512", "prfsha512"),
        ("3des", "3des", "hmac-md5", "md5", "hmac-md5", "prfmd5"))]
IKE += [("encryption-algorithm %s\ndh group31\nprf hmac-sha2-256" % e, "%s-prfsha256-curve25519" % t)
        for e, t in (("aes-gcm-128", "aes128gcm16"), ("aes-gcm-256", "aes256gcm16"),
                     ("aes-gcm-256-icv8", "aes256gcm8"),
                     ("chacha20-poly1305", "chacha20poly1305"))]
ESP = [("esp encryption-algorithm %s\nesp authentication-algorithm %s" % (e, a), "%s-%s" % (te, ta))
       for e, te, a, ta in (
           ("aes-128", "aes128", "sha1", "sha1"), ("aes-192", "aes192", "sha2-384", "sha384"),
           ("aes-256", "aes256", "sha2-512", "sha512"), ("aes-256", "aes256", "sha2-256", "sha256"),
           ("3des", "3des", "md5", "md5"), ("null", "null", "sha2-256", "sha256"),
           ("aes-ctr-256", "aes256ctr", "sha2-256", "sha256"))]
ESP += [("esp encryption-algorithm %s" % e, t) for e, t in (
    ("aes-gcm-128", "aes128gcm16"), ("aes-gcm-192", "aes192gcm16"), ("aes-gcm-256", "aes256gcm16"),
    ("aes-gcm-128-icv12", "aes128gcm12"), ("aes-gcm-128-icv8", "aes128gcm8"),
    ("chacha20-poly1305", "chacha20poly1305"))]
PFS = [("pfs dh-%s" % ours, "aes256-sha256-%s" % theirs)
       for ours, theirs in (g.split() for g in GROUPS if g.split()[0] in ("group14", "group20", "group31"))]

VIEWS = {"ike": "ike proposal 10", "esp": "ipsec proposal prop1", "policy": "ipsec policy vpn 10 isakmp"}


def change(s, view, lines, undo):
    """Types lines into one of our views."""
    s.us.cli("system-view", VIEWS[view], *(undo + [x for x in lines.splitlines() if x]), "return")


def suite(s, who, **their):
    """Whoever is to begins anew with what is configured now."""
    s.them.load(theirs(**their))
    s.us.cli("reset ike sa")
    s.them.swanctl("--terminate", "--ike", "road", "--force", check=False)
    if who == "theirs":
        s.them.initiate("net")
    s.both_up()
    s.none_lost(s.hostA, "10.1.2.2", 2)


def anew(s, who):
    """A second pair by the same IKE SA: the first one's keys are never of a group of its own."""
    first = s.our_children()[0]["spi_in"]
    if who == "theirs":
        s.them.swanctl("--rekey", "--child", "net")
    else:
        s.us.cli("reset ipsec sa")
    wait_for("another pair", lambda: [c for c in s.our_children() if c["spi_in"] != first])
    s.both_up()
    s.none_lost(s.hostA, "10.1.2.2", 2)


def main():
    failed = 0
    for who, trigger in (("ours", "auto"), ("theirs", "traffic-based")):
        with Site(us=dict(policy="sa trigger-mode " + trigger)) as s:
            cases = [("ike", l, t, dict(ike=t), ["undo integrity-algorithm", "undo prf",
                                                 "undo encryption-algorithm"]) for l, t in IKE]
            cases += [("ike", "dh group19", None, {}, ["undo integrity-algorithm", "undo prf",
                                                       "undo encryption-algorithm"])]
            cases += [("esp", l, t, dict(esp=t), []) for l, t in ESP]
            cases += [("esp", "undo esp encryption-algorithm\nundo esp authentication-algorithm", None, {}, [])]
            cases += [("policy", l, t, dict(esp=t), []) for l, t in PFS]
            for view, lines, name, their, undo in cases:
                change(s, view, lines, undo)
                if name is None:
                    continue
                try:
                    suite(s, who, **their)
                    if view == "policy":
                        anew(s, who)
                    print("  %s begin: %s %s" % (who, view, name), flush=True)
                except AssertionError as e:
                    failed += 1
                    print("FAILED %s begin: %s %s: %s\n%s\n%s" % (
                        who, view, name, e, s.us.cli("display ike error-info", "display ike sa"),
                        s.them.log()[-1500:]), flush=True)
    assert not failed, "%d suites failed" % failed


main()
print("algorithms: ok")
