#!/usr/bin/python3
"""Runs fuzz targets two at a time: one line each, for a finding its bytes and how to see it again, a summary.

  run.py [--seconds N] [--jobs N] [--only 'NAME…'] TARGET…     works in the current folder, under fuzz/

fuzz/NAME/seeds is made anew by seeds.py, fuzz/NAME/corpus stays and grows, fuzz/NAME.log is libFuzzer's own,
fuzz/results.md has the rows of a run for the table in README.md.
"""
import argparse
import base64
import concurrent.futures
import os
import re
import shutil
import subprocess
import sys
import textwrap
import time

import seeds

SLACK = 300   # seconds a run may take longer, for seeds and the last input
SHORT = 300    # seconds of a run that is too short for inputs to grow slowly
HEX_MAX = 512  # bytes of a finding that are printed in hex
LINES_MAX = 12  # of what the sanitizer says


def short(path):
    return os.path.basename(path).removeprefix("fuzz_")


def last(pattern, text, default="0"):
    found = re.findall(pattern, text)
    return found[-1] if found else default


def finding(path, name, log):
    """What a person needs who was not there."""
    lines = [line for line in log.splitlines() if re.search(
        r"does not hold|runtime error|ERROR: |SUMMARY: |#\d+ .* in (?!fuzzer::|__)", line)]
    out = ["--- %s: fuzz/%s.log" % (name, name)] + lines[:LINES_MAX]
    kept = last(r"Test unit written to (\S+)", log, "")
    if os.path.exists(kept):
        data = open(kept, "rb").read()
        out += ["input, %d bytes%s:" % (len(data), " (the first)" if len(data) > HEX_MAX else "")]
        out += textwrap.wrap(data[:HEX_MAX].hex(), 96)
        out += ["the same in base64:", base64.b64encode(data).decode()]
        out += ["again: cd %s && base64 -d >input && %s input" % (os.getcwd(), path)]
    return "\n".join(out)


def one(path, seconds):
    name = short(path)
    home = os.path.join("fuzz", name)
    corpus, sown = os.path.join(home, "corpus"), os.path.join(home, "seeds")
    os.makedirs(corpus, exist_ok=True)
    n_seeds = seeds.sow(name, sown)
    tmp = os.path.abspath(os.path.join(home, "tmp"))
    shutil.rmtree(tmp, ignore_errors=True)
    os.makedirs(tmp)
    begun = time.monotonic()
    command = [os.path.join(".", path), "-max_total_time=%d" % seconds, "-print_final_stats=1",
               "-artifact_prefix=%s/" % home, "-timeout=20", corpus, sown]
    if seconds < SHORT:  # a short run is no time to grow slowly
        command.insert(1, "-len_control=0")
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=seconds + SLACK,
                              env=dict(os.environ, TMPDIR=tmp))
        code, log = done.returncode, done.stdout.decode(errors="replace")
    except subprocess.TimeoutExpired as e:
        code, log = "no end", (e.stdout or b"").decode(errors="replace")
    with open(home + ".log", "w", encoding="utf-8") as f:
        f.write(log)
    row = {"name": name, "bad": code != 0, "seconds": round(time.monotonic() - begun),
           "inputs": int(last(r"number_of_executed_units: (\d+)", log)),
           "edges": int(last(r" cov: (\d+) ", log)), "seeds": n_seeds}
    print("%s: fuzz_%s (%d s, %d seeds, %d inputs, %d edges)" % (
        "FAIL" if row["bad"] else "PASS", name, row["seconds"], n_seeds, row["inputs"],
        row["edges"]), flush=True)
    row["finding"] = finding(path, name, log) if row["bad"] else ""
    return row


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--only", default="")
    parser.add_argument("targets", nargs="+")
    args = parser.parse_args()
    only = args.only.split()
    targets = [t for t in args.targets if not only or short(t) in only]
    os.environ.setdefault("ASAN_OPTIONS", "quarantine_size_mb=32")
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        rows = list(pool.map(lambda t: one(t, args.seconds), targets))
    with open("fuzz/results.md", "w", encoding="utf-8") as f:
        for r in rows:
            f.write("| %s | %d | %d | %d | %s |\n" % (
                r["name"], r["seconds"], r["inputs"], r["edges"], "one" if r["bad"] else "none"))
    n_bad = sum(r["bad"] for r in rows)
    print("".join(r["finding"] + "\n" for r in rows if r["bad"]), end="")
    print("# PASS: %d\n# FAIL: %d" % (len(rows) - n_bad, n_bad))
    return 1 if n_bad or not rows else 0


if __name__ == "__main__":
    sys.exit(main())
