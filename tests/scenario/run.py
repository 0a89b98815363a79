#!/usr/bin/python3
"""Runs scenarios, three at a time, for they mostly wait: one line each, what a failed one printed, and a summary.

  run.py [-l DIR] [-j N] SCENARIO…     logs go to DIR; exit 77 of a scenario means skipped
"""
import argparse
import concurrent.futures
import os
import signal
import subprocess
import sys
import time

LIMIT = 300  # seconds, for one scenario


def one(path, logs):
    # two folders may have a test of one name
    name = os.path.join(os.path.basename(os.path.dirname(path)), os.path.basename(path))
    log = os.path.join(logs, name.replace("/", "-") + ".log")
    begun = time.monotonic()
    with open(log, "w") as f:
        p = subprocess.Popen([path], stdin=subprocess.DEVNULL, stdout=f, stderr=subprocess.STDOUT)
        try:
            code = p.wait(timeout=LIMIT)
        except subprocess.TimeoutExpired:
            p.send_signal(signal.SIGINT)  # the lab takes itself down
            code = "no end after %d s" % LIMIT
            try:
                p.wait(timeout=60)
            except subprocess.TimeoutExpired:
                p.kill()
                p.wait()
    return name, log, code, time.monotonic() - begun


def report(name, log, code, took):
    verdict = {0: "PASS", 77: "SKIP"}.get(code, "FAIL")
    print("%s: %s (%.1f s)" % (verdict, name, took), flush=True)
    if verdict == "FAIL":
        print("--- %s: %s" % (log, code))
        print("".join(open(log, errors="replace").readlines()[-80:]), flush=True)
    return verdict


def main():
    args = argparse.ArgumentParser()
    args.add_argument("-l", dest="logs", default=".")
    args.add_argument("-j", dest="jobs", type=int, default=3)
    args.add_argument("scenarios", nargs="+")
    args = args.parse_args()
    os.makedirs(args.logs, exist_ok=True)
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        ends = concurrent.futures.as_completed(
            [pool.submit(one, path, args.logs) for path in args.scenarios])
        verdicts = [report(*end.result()) for end in ends]
    for v in ("PASS", "SKIP", "FAIL"):
        print("# %s: %d" % (v, verdicts.count(v)))
    return 1 if "FAIL" in verdicts else 0


if __name__ == "__main__":
    sys.exit(main())
