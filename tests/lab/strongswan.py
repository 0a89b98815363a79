"""strongSwan's charon in a node's namespace: the IKE peer that is not ours.

  libipsec   packets pass, through its own user-space ESP: tunnel mode only, always inside UDP 4500,
             no AH, no ESN; its NAT detection pretends a NAT
  fake       everything IKE can negotiate, fakexfrm.so plays the kernel, installed() has the SAs with
             their keys; packets only by scapy, a few: answers_packets(), pings()

charon insists on /run/charon.pid: each has a /run of its own, in the mount namespace that `ip netns
exec` makes. The binaries are copied, because Debian's AppArmor profiles go by their paths and would
not let them read this lab's files.
"""
import json
import os
import re
import shutil
import signal
import subprocess

from lab import LIMIT, TOP, run, wait_for

ESP_PEER = os.path.join(TOP, "tests", "lab", "esp_peer.py")
CHARON, SWANCTL = "/usr/lib/ipsec/charon", "/usr/sbin/swanctl"
PLUGINS = ("random nonce openssl aes sha1 sha2 md5 hmac kdf gcm ccm ctr cmac xcbc chapoly"
           " curve25519 gmp pem pkcs1 pkcs8 pubkey x509 revocation constraints %s socket-default"
           " vici updown counters")
# The first that offers IPsec has it; netlink has addresses and routes in either mode.
KERNEL = {"libipsec": "kernel-libipsec kernel-netlink", "fake": "kernel-netlink"}
SETTINGS = """
charon {
  load = %(plugins)s
  install_virtual_ip = no
  i_dont_care_about_security_and_use_aggressive_mode_psk = yes
  filelog { log { path = %(dir)s/charon.log
                  flush_line = yes
                  default = %(level)d } }
  syslog { daemon { default = -1 } auth { default = -1 } }
  plugins {
    vici { socket = unix://%(dir)s/vici }
    kernel-libipsec { allow_peer_ts = yes }
  }
%(extra)s
}
"""


def preloaded(name):
    """Where `make check` built fakexfrm.so and the like."""
    for d in (os.environ.get("YONGDAO_BUILD"), os.getcwd(), os.path.join(TOP, "build")):
        if d and os.path.exists(os.path.join(d, name)):
            return os.path.join(d, name)
    raise AssertionError("%s is not built: make %s" % (name, name))


def missing():
    """The packages that are not there, for whoever skips."""
    return [] if os.path.exists(CHARON) and os.path.exists(SWANCTL) else [
        "strongswan-charon strongswan-swanctl libcharon-extra-plugins"
        " libstrongswan-standard-plugins libstrongswan-extra-plugins"]


class StrongSwan:
    """A charon that answers and has loaded `conf`, a swanctl.conf; it ends with the lab.

    credentials: file under swanctl's directory ("x509ca/ca.crt") -> text
    extra: more lines for charon { } of strongswan.conf; level: of the log, 4 shows keys
    keep: False when installed() is not asked for, and it is measured
    """

    def __init__(self, node, conf, mode="libipsec", credentials=None, extra="", level=1, keep=True):
        self.node, self.mode, self.keep = node, mode, keep
        self.dir = os.path.join(node.lab.tmp, "charon-" + node.name)
        self.sa_log = os.path.join(self.dir, "sa.log")
        self.traps = os.path.join(self.dir, "traps")
        for d in ("run", "swanctl", "swanctl/x509", "swanctl/x509ca", "swanctl/private"):
            os.makedirs(os.path.join(self.dir, d), exist_ok=True)
        os.mkfifo(self.traps)
        for binary in (CHARON, SWANCTL):
            shutil.copy(binary, os.path.join(self.dir, os.path.basename(binary) + ".bin"))
        with open(os.path.join(self.dir, "strongswan.conf"), "w") as f:
            f.write(SETTINGS % dict(plugins=PLUGINS % KERNEL[mode], dir=self.dir, level=level,
                                    extra=extra))
        for name, text in (credentials or {}).items():
            with open(os.path.join(self.dir, "swanctl", name), "w") as f:
                f.write(text)
        node.lab.logs.append(("charon on " + node.name, os.path.join(self.dir, "charon.log")))
        self.start()
        self.load(conf)

    def start(self):
        env = dict(os.environ, STRONGSWAN_CONF=os.path.join(self.dir, "strongswan.conf"))
        if self.mode == "fake":
            env.update(FAKEXFRM_ACQUIRE=self.traps)
            if self.keep:
                env.update(FAKEXFRM_LOG=self.sa_log)
        preload = "LD_PRELOAD='%s' " % preloaded("fakexfrm.so") if self.mode == "fake" else ""
        with open(os.path.join(self.dir, "charon.out"), "w") as out:
            self.p = self.node.popen(
                "sh", "-c", "mount --bind '%s/run' /run && cd / && %sexec '%s/charon.bin'" % (
                    self.dir, preload, self.dir), stdout=out, stderr=out, env=env)
        wait_for("charon on %s to answer" % self.node.name, self.answers)

    def answers(self):
        assert self.p.poll() is None, "charon on %s ended:\n%s" % (
            self.node.name, open(os.path.join(self.dir, "charon.out")).read())
        return "uptime" in self.swanctl("--stats", check=False)

    def swanctl(self, *args, check=True, timeout=60):
        return run(*self.node.cmd(os.path.join(self.dir, "swanctl.bin"), *args, "--uri",
                                  "unix://%s/vici" % self.dir), check=check, timeout=timeout,
                   env=dict(os.environ, SWANCTL_DIR=os.path.join(self.dir, "swanctl"),
                            STRONGSWAN_CONF=os.path.join(self.dir, "strongswan.conf")))

    def load(self, conf):
        """Replaces the configuration, secrets included."""
        with open(os.path.join(self.dir, "swanctl", "swanctl.conf"), "w") as f:
            f.write(conf)
        self.swanctl("--load-all", "--noprompt", "--clear")

    def initiate(self, child, seconds=20, check=True):
        """Negotiates the child (and its IKE SA) to the end; says what charon said."""
        return self.swanctl("--initiate", "--child", child, "--timeout", str(seconds), check=check)

    def sas(self):
        """IKE SAs, each a dictionary of vici's list-sa event; "child-sas" is a list of such."""
        return parse(self.swanctl("--list-sas", "--pretty"))

    def children(self, state="INSTALLED"):
        return [c for sa in self.sas() for c in sa["child-sas"] if c["state"] == state]

    def installed(self, event="add sa"):
        """What fakexfrm.so was told: "add sa", "delete sa", "add policy" …, each a dictionary."""
        if not os.path.exists(self.sa_log):
            return []
        return [dict(w.split("=", 1) for w in line.split() if "=" in w)
                for line in open(self.sa_log) if line.startswith(event + " ")]

    def meets_trap(self, src, dst, protocol=1, sport=0, dport=0):
        """With a faked kernel: a packet to be sent meets a trap policy. (ICMP: type and code are the ports.)"""
        with open(self.traps, "w") as f:
            f.write("%s %s %d %d %d\n" % (src, dst, protocol, sport, dport))

    def answers_packets(self, device="wan"):
        """With a faked kernel: scapy opens what arrives and answers pings; returns its process, whose
        output has a JSON line for each packet."""
        p = self.node.popen("/usr/bin/python3", ESP_PEER, "answer", device, self.sa_log,
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        assert json.loads(p.stdout.readline()) == {"ready": True}
        return p

    def pings(self, src, dst, device="wan"):
        """With a faked kernel: what scapy found in the answer to one echo request (esp_peer.py)."""
        return json.loads(self.node.run("/usr/bin/python3", ESP_PEER, "ask", device, self.sa_log,
                                        src, dst))["got"]

    def log(self):
        return open(os.path.join(self.dir, "charon.log"), errors="replace").read()

    def stop(self, sig=signal.SIGTERM):
        self.p.send_signal(sig)
        self.p.wait(timeout=LIMIT)


def parse(text):
    """swanctl --pretty: nested `name {`, `name = value`, `name = [` a value a line `]`."""
    top, lines = [], iter(text.splitlines())

    def section():
        out = {}
        for line in lines:
            line = line.strip()
            if line == "}":
                return out
            if line.endswith("{"):
                out[line[:-1].strip()] = section()
            elif line.endswith("= ["):
                values = []
                for value in lines:
                    if value.strip() == "]":
                        break
                    values.append(value.strip())
                out[line[:-3].strip()] = values
            elif " = " in line:
                name, value = line.split(" = ", 1)
                out[name] = value
        return out

    for line in lines:
        if re.match(r"list-sa event \{", line):
            for name, sa in section().items():
                sa["name"] = name
                sa["child-sas"] = list(sa.get("child-sas", {}).values())
                top.append(sa)
    return top
