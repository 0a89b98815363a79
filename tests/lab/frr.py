"""FRR's routing daemons beside a router of ours, in its namespace."""
import json
import os
import shutil

from lab import LIMIT, run, wait_for

FRR = "/usr/lib/frr"


class Frr:
    """zebra and some daemons with one configuration text; they end with the lab."""

    def __init__(self, node, daemons, text):
        self.node = node
        self.dir = os.path.join(node.lab.tmp, "frr-" + node.name)
        os.makedirs(self.dir, exist_ok=True)
        shutil.chown(self.dir, "frr", "frr")
        conf = os.path.join(self.dir, "frr.conf")
        with open(conf, "w") as f:
            f.write(text)
        self.daemons = []
        for name in ("zebra",) + tuple(daemons):
            with open(os.path.join(self.dir, name + ".log"), "w") as log:
                self.daemons.append(node.popen(
                    os.path.join(FRR, name), "-f", conf, "-u", "frr", "-g", "frr",
                    "-i", os.path.join(self.dir, name + ".pid"), "-P", "0",
                    "-z", os.path.join(self.dir, "zserv"), "--vty_socket", self.dir,
                    stdout=log, stderr=log))
            # a daemon that finds no zebra asks again only after ten seconds
            wait_for("FRR's " + name, lambda: os.path.exists(os.path.join(
                self.dir, "zserv" if name == "zebra" else name + ".vty")))

    def show(self, command):
        """A vtysh display as data, {} while the daemon is not there yet."""
        out = run(*self.node.cmd("vtysh", "--vty_socket", self.dir, "-c", command + " json"),
                  check=False)
        try:
            return json.loads(out)
        except ValueError:
            return {}

    def stop(self):
        """Ends the daemons; zebra takes its routes along."""
        for p in reversed(self.daemons):
            p.terminate()
            p.wait(timeout=LIMIT)
        for f in os.listdir(self.dir):
            if f == "zserv" or f.endswith(".vty"):
                os.unlink(os.path.join(self.dir, f))
