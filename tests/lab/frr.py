"""FRR's routing daemons beside a router of ours, in its namespace."""
import json
import os
import shutil

from lab import run

FRR = "/usr/lib/frr"


class Frr:
    """zebra and some daemons with one configuration text; they end with the lab."""

    def __init__(self, node, daemons, text):
        self.node = node
        self.dir = os.path.join(node.lab.tmp, "frr-" + node.name)
        os.makedirs(self.dir)
        shutil.chown(self.dir, "frr", "frr")
        conf = os.path.join(self.dir, "frr.conf")
        with open(conf, "w") as f:
            f.write(text)
        for name in ("zebra",) + tuple(daemons):
            with open(os.path.join(self.dir, name + ".log"), "w") as log:
                node.popen(os.path.join(FRR, name), "-f", conf, "-u", "frr", "-g", "frr",
                           "-i", os.path.join(self.dir, name + ".pid"), "-P", "0",
                           "-z", os.path.join(self.dir, "zserv"), "--vty_socket", self.dir,
                           stdout=log, stderr=log)

    def show(self, command):
        """A vtysh display as data, {} while the daemon is not there yet."""
        out = run(*self.node.cmd("vtysh", "--vty_socket", self.dir, "-c", command + " json"),
                  check=False)
        try:
            return json.loads(out)
        except ValueError:
            return {}
