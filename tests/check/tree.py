"""The source tree as the checks see it. A check calls report() per finding and ends with done()."""
import os
import re
import subprocess
import sys

TOP = os.path.abspath(sys.argv[1])
_findings = 0


def files(*suffixes):
    """Paths of what is tracked (without git: of what is there), relative to the top."""
    try:
        out = subprocess.run(["git", "-C", TOP, "ls-files", "-z", "-co", "--exclude-standard"],
                             check=True, capture_output=True).stdout.decode()
        names = [n for n in out.split("\0") if n]
    except (subprocess.CalledProcessError, FileNotFoundError):
        names = [os.path.relpath(os.path.join(d, n), TOP)
                 for d, _, ns in os.walk(TOP) for n in ns if "/build" not in d]
    return sorted(n for n in names if os.path.isfile(os.path.join(TOP, n))
                  and (not suffixes or n.endswith(suffixes)))


def text(name):
    with open(os.path.join(TOP, name), encoding="utf-8", errors="replace") as f:
        return f.read()


def code(name):
    """The text with comments and string contents blanked; lines stay where they are."""
    def blank(m):
        s = m.group(0)
        if s[0] in "\"'":
            return s[0] + " " * (len(s) - 2) + s[0]
        return re.sub(r"[^\n]", " ", s)
    return re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', blank,
                  text(name), flags=re.S)


def report(name, line, what):
    global _findings
    _findings += 1
    print(f"{name}:{line}: {what}")


def info(name, line, what):
    print(f"info: {name}:{line}: {what}")


def done():
    sys.exit(1 if _findings else 0)
