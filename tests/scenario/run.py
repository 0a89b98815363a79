#!/usr/bin/python3
"""Runs scenarios one after the other: one line each, what a failed one printed, and a summary.

  run.py [-l DIR] SCENARIO…     logs go to DIR; exit 77 of a scenario means skipped
"""
import os
import subprocess
import sys
import time

LIMIT = 300  # seconds, for one scenario


def one(path, logs):
    name = os.path.basename(path)
    log = os.path.join(logs, name + ".log")
    begun = time.monotonic()
    with open(log, "w") as f:
        try:
            code = subprocess.run([path], stdin=subprocess.DEVNULL, stdout=f,
                                  stderr=subprocess.STDOUT, timeout=LIMIT).returncode
        except subprocess.TimeoutExpired:
            code = "no end after %d s" % LIMIT
    verdict = {0: "PASS", 77: "SKIP"}.get(code, "FAIL")
    print("%s: %s (%.1f s)" % (verdict, name, time.monotonic() - begun), flush=True)
    if verdict == "FAIL":
        print("--- %s: %s" % (log, code))
        print("".join(open(log, errors="replace").readlines()[-80:]), flush=True)
    return verdict


def main(args):
    logs = "."
    if args[:1] == ["-l"]:
        logs, args = args[1], args[2:]
    os.makedirs(logs, exist_ok=True)
    verdicts = [one(path, logs) for path in args]
    for v in ("PASS", "SKIP", "FAIL"):
        print("# %s: %d" % (v, verdicts.count(v)))
    return 1 if "FAIL" in verdicts or not verdicts else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
