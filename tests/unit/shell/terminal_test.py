#!/usr/bin/env python3
"""yongsh on a terminal: help, completion, the caret, pages, history, and the bytes that clients meet.

Runs ./yongsh against ./fake_router in a state directory of its own; needs no root. Every step waits for
text, never for a time.
"""
import fcntl
import os
import pty
import re
import select
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time

LIMIT = 30.0  # seconds a text may take to come before the test fails


class Terminal:
    """A pty with yongsh on it."""

    def __init__(self, state, rows=24, columns=80):
        self.seen, self.all = b"", b""
        self.pid, self.fd = pty.fork()
        if not self.pid:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
            # libedit keeps the names of its key functions
            os.environ.pop("LC_ALL", None)
            os.environ.update(TERM="vt100", TZ="UTC", LANG="C", ASAN_OPTIONS="detect_leaks=0")
            os.execl("./yongsh", "yongsh", "-s", state)

    def read(self):
        """What has come; False at the end."""
        if not select.select([self.fd], [], [], LIMIT)[0]:
            raise AssertionError("nothing comes any more after %r" % self.seen[-400:])
        try:
            data = os.read(self.fd, 65536)
        except OSError:
            return False
        self.seen += data
        self.all += data
        return bool(data)

    def expect(self, pattern):
        """Waits for a pattern; returns everything up to its end."""
        end = time.monotonic() + LIMIT
        while True:
            m = re.search(pattern.encode() if isinstance(pattern, str) else pattern, self.seen)
            if m:
                text, self.seen = self.seen[:m.end()], self.seen[m.end():]
                return text.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "")
            assert time.monotonic() < end, "waited for %r in %r" % (pattern, self.seen)
            assert self.read(), "ended before %r came: %r" % (pattern, self.seen)

    def send(self, text):
        data = text.encode()
        while data:
            data = data[os.write(self.fd, data):]

    def run(self, line, prompt=r"<RTA>$"):
        """Types a line and returns what is printed before the next prompt."""
        self.send(line + "\r")
        return self.expect(prompt)

    def end(self):
        """Exit status."""
        while self.read():
            pass
        os.close(self.fd)
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def check_welcome(t):
    text = t.expect(r"<RTA>$")
    assert "]" not in text and text.count(">") == 1, text


def check_help(t):
    t.send("display ip?")
    text = t.expect(r"<RTA>display ip$")
    assert "\n  ip     " in text and "\n  ipsec  " in text, text
    # the line is still there to go on with
    t.send(" interface brief\r")
    assert "GigabitEthernet0/0/0              10.1.1.1/24" in t.expect(r"<RTA>$")
    t.send("?")
    text = t.expect(r"<RTA>$")
    assert "User view commands:\n" in text and "\n  display " in text, text
    t.send("nonsense ?")
    text = t.expect(r"<RTA>nonsense $")
    assert "\n     ^\nError: Unrecognized command found at '^' position." in text, text
    t.send("\x03")
    t.expect(r"<RTA>$")


def check_completion(t):
    t.send("dis\tcurr\t| c\t\r")
    text = t.expect(r"<RTA>$")
    assert "display current-configuration | count " in text, text
    assert "Total lines: " in text, text
    t.run("system-view", r"\[RTA\]$")
    t.run("acl 3000", r"\[RTA-acl-adv-3000\]$")
    # several fit: one after the other, each on a fresh line
    t.send("rule \t")
    t.expect(r"\[RTA-acl-adv-3000\]rule deny$")
    t.send("\t")
    t.expect(r"\[RTA-acl-adv-3000\]rule permit$")
    t.send("\t")
    t.expect(r"\[RTA-acl-adv-3000\]rule deny$")
    # nothing fits: nothing changes
    t.send(" xyz\t icmp\x03")
    text = t.expect(r"\[RTA-acl-adv-3000\]$")
    assert " xyz icmp" in text, text
    t.send("quit\r")
    t.expect(r"\[RTA\]$")
    # names that exist
    t.send("undo acl 3\t")
    t.expect(r"undo acl 3000 $")
    t.send("\r")
    t.expect(r"\[RTA\]$")
    t.run("return")


def check_caret(t):
    for prompt, line, column in (
            ("<RTA>", "nonsense", 5), ("<RTA>", "display nonexistent", 13),
            ("<RTA>", "display", 13), ("<RTA>", "display   ", 15),
            ("<RTA>", "screen-length bad temporary", 19), ("<RTA>", "s", 5)):
        text = t.run(line)
        want = "\n" + " " * column + "^\nError: "
        assert want in text, (line, text)
    assert "Unrecognized command found at '^' position." in t.run("more off")
    assert "Unrecognized command found at '^' position." in t.run("auto-complete off")


def check_pages(t):
    more = re.escape("  ---- More ----") + "$"
    t.send("display interface\r")
    text = t.expect(more)
    assert text.count("\n") == 24, text  # the echo and 23 lines
    t.send(" ")
    text = t.expect(more)
    assert text.startswith("\x1b[16D" + " " * 16 + "\x1b[16D"), repr(text[:60])
    assert text.count("\n") == 23, text
    t.send("x\r")  # other keys do nothing, Enter is a line
    assert t.expect(more).count("\n") == 1
    t.send("q")
    assert t.expect(r"<RTA>$").count("\n") == 0
    t.send("display interface | include current\r")
    assert "More" not in t.expect(r"<RTA>$")
    t.send("display interface | no-more\r")
    assert "More" not in t.expect(r"<RTA>$")
    text = t.run("screen-length 0 temporary")
    assert "Info: The configuration takes effect on the current user terminal" in text, text
    assert "More" not in t.run("display interface")
    t.run("screen-length 5 temporary")
    t.send("display interface\r")
    t.expect(more)
    t.send("\x03")
    t.expect(r"<RTA>$")
    t.run("mmi-mode enable")
    assert "More" not in t.run("display interface")
    t.run("undo mmi-mode enable")
    t.send("display interface\r")
    t.expect(more)
    t.send("q")
    t.expect(r"<RTA>$")
    t.run("undo screen-length temporary")


def check_history(t):
    t.run("display clock")
    t.run("display startup")
    t.send("\x1b[A\x1b[A")
    t.expect(r"clock(\x1b\[K)?$")
    t.send("\r")
    assert "Time Zone(UTC)" in t.expect(r"<RTA>$")
    t.send("\x10\x10\x0e")  # Ctrl+P twice, Ctrl+N once
    t.expect(r"clock(\x1b\[K)?$")
    t.send("\x03")
    t.expect(r"<RTA>$")
    t.run("system-view", r"\[RTA\]$")
    t.run("ipsec policy P1 10 manual", r"10\]$")
    t.run("sa string-key inbound esp simple Topsecret1", r"10\]$")
    t.run("sa string-key nonsense esp cipher Topsecret1", r"10\]$")
    t.send("\x1a")  # Ctrl+Z
    t.expect(r"<RTA>$")
    text = t.run("display history-command")
    assert "\n  sa string-key inbound esp simple ******\n" in text, text
    assert "Topsecret1" not in text, text
    assert text.count("\n  ") == 10, text
    t.send("\x10\x10")
    t.expect(r"cipher \*{6}(\x1b\[K)?$")
    t.send("\x03")
    t.expect(r"<RTA>$")


def check_questions(t):
    t.send("save\r")
    t.expect(r"Continue\? \[Y/N\]:$")
    t.send("perhaps\r")
    t.expect(r"\nError: Please choose 'YES' or 'NO' first before pressing 'Enter'. \[Y/N\]:$")
    t.send("y\r")
    assert "Info: Save the configuration successfully.\n" in t.expect(r"<RTA>$")
    t.send("save\r")
    t.expect(r"\[Y/N\]:$")
    t.send("n\r")
    assert "success" not in t.expect(r"<RTA>$")
    t.run("mmi-mode enable")
    assert "[Y/N]" not in t.run("save")
    t.run("undo mmi-mode enable")


def check_return(t):
    t.run("system-view", r"\[RTA\]$")
    t.run("interface g0/0/1", r"\[RTA-GigabitEthernet0/0/1\]$")
    t.send("half a line\x1a")
    text = t.expect(r"<RTA>$")
    assert "Error" not in text, text
    assert "[Y/N]" not in t.run("display this")


def check_debugging(t):
    """Lines come on the terminal that asked for them, and do not disturb what is being typed."""
    assert "Info: Type \"terminal monitor\"" in t.run("debugging ike error remote 203.0.113.1")
    t.run("terminal debugging")
    t.send("terminal monitor\r")
    line = r"20\d\d \d\d:\d\d:\d\d RTA IKE/7/ERROR:203.0.113.1: this is topic 1\n"
    t.expect(r"monitor(.|\r|\n)*topic 1\r\n(\x1b\[J)?<RTA>$")
    text = t.run("display debugging")
    assert "IKE error debugging switch is on (remote 203.0.113.1)\n" in text, text
    t.send("debugging ike all\r")
    text = t.expect(r"topic 4\r\n(\x1b\[J)?<RTA>$")
    assert re.search(r"IKE/7/EVENT:this is topic 2\n(.|\n)*IKE/7/PACKET:this is topic 4\n", text), text
    assert not re.search(line, text), text
    assert "switch" not in t.run("undo debugging all")
    assert "switch" not in t.run("display debugging")
    t.run("undo terminal monitor")
    assert "topic" not in t.run("debugging ike all")
    t.run("undo debugging ike packet")
    text = t.run("display debugging")
    assert text.count("switch is on\n") == 2 and "packet" not in text, text
    t.run("undo debugging ike")
    t.run("undo terminal debugging")


def check_type_ahead(t):
    t.send("display clock\rdisplay startup\rsystem-view\rquit\r")
    text = t.expect(r"MainBoard(.|\n)*<RTA>(.|\n)*\[RTA\](.|\n)*<RTA>$")
    assert text.count("display startup") == 1, text


def check_wide(state):
    """netmiko's terminal: what is typed comes back in one piece."""
    t = Terminal(state, 1000, 511)
    t.expect(r"<RTA>$")
    t.run("system-view", r"\[RTA\]$")
    t.run("interface LoopBack7", r"LoopBack7\]$")
    line = "description " + "x" * 230
    text = t.run(line, r"LoopBack7\]$")
    assert line in text, text
    t.run("description \u5230\u4e0a\u6d77", r"LoopBack7\]$")
    text = t.run("display this", r"LoopBack7\]$")
    assert "\n description \u5230\u4e0a\u6d77\n" in text, text
    t.run("undo description", r"LoopBack7\]$")
    t.run("quit", r"\[RTA\]$")
    t.run("undo interface LoopBack7", r"\[RTA\]$")
    t.send("return\rdisplay interface\r")
    assert "More" not in t.expect(r"Tunnel0/0/2 (.|\n)*<RTA>$")
    t.send("quit\r")
    assert t.end() == 0
    assert b"\0" not in t.all and b"\x1b[" not in t.all.replace(b"\x1b[K", b"").replace(
        b"\x1b[J", b""), t.all


def yongsh(state, *args, **kw):
    return subprocess.run(("./yongsh", "-s", state) + args, text=True, capture_output=True,
                          timeout=LIMIT, **kw)


def check_not_a_terminal(state):
    p = yongsh(state, input="system-view\nsysname RTA\n")
    assert (p.returncode, p.stderr) == (0, ""), p
    p = yongsh(state, input="display version\nnonsense\ndisplay clock\n")
    assert p.returncode == 1 and "Yongdao" in p.stdout and "Time Zone" not in p.stdout, p
    assert p.stderr == "-:2:1: Error: Unrecognized command found at '^' position.\n", p
    p = yongsh(state, "-c", "display version", "-c", "display x", "-c", "display clock")
    assert p.returncode == 1 and "Time Zone" not in p.stdout, p
    assert p.stderr == "-c:2:9: Error: Unrecognized command found at '^' position.\n", p
    assert yongsh(state, "-x").returncode == 2
    assert yongsh(state, "-c", "quit", "-f", "x").returncode == 2
    assert yongsh(state, "-f", "/nonexistent").returncode == 1
    p = yongsh(state, "-f", "-", input="sysname RTA\nrubbish\n")
    assert p.returncode == 1 and p.stderr.startswith("-:2:1: Error: "), p


def check_debugging_elsewhere(state):
    """Without a terminal the lines are the command's output, until it is interrupted."""
    p = subprocess.Popen(("./yongsh", "-s", state, "-c", "debugging ike event"), text=True,
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert p.stdout.readline() == "Info: Debugging, press CTRL_C to stop.\n"
    assert "IKE/7/EVENT:this is topic 2" in p.stdout.readline()
    p.send_signal(signal.SIGINT)
    rest, errors = p.communicate(timeout=LIMIT)
    assert (p.returncode, rest, errors) == (0, "", ""), (p.returncode, rest, errors)


def check_no_daemon(state):
    """The store is still there to look at."""
    p = yongsh(state, "-c", "display current-configuration")
    assert p.returncode == 0 and " sysname RTA\n" in p.stdout, p
    p = yongsh(state, "-c", "display interface")
    assert p.returncode == 3 and "yongd -s" in p.stderr, p
    # where nobody, root and its `yongd --commit` included, can make a state directory
    p = yongsh("/proc/none", "-c", "display version")
    assert p.returncode == 3 and "No router runs" in p.stderr, p


def main():
    state = tempfile.mkdtemp(prefix="yd-terminal-")
    router = subprocess.Popen(["./fake_router", state], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, text=True)
    try:
        assert router.stdout.readline() == "ready\n"
        check_not_a_terminal(state)
        t = Terminal(state)
        for check in (check_welcome, check_help, check_completion, check_caret, check_pages,
                      check_history, check_questions, check_return, check_debugging,
                      check_type_ahead):
            check(t)
            print("%s: ok" % check.__name__)
        t.send("quit\r")
        assert t.end() == 0
        check_wide(state)
        check_debugging_elsewhere(state)
        router.stdin.close()
        assert router.wait(timeout=LIMIT) == 0
        check_no_daemon(state)
    finally:
        router.kill()
        router.wait()
        shutil.rmtree(state)
    print("terminal: ok")


if __name__ == "__main__":
    sys.exit(main())
