"""What may not stand in the text: stray output, exits, host paths, startup magic, missing headers."""
import re

import tree

# What, where it is not looked for, and why.
CODE_RULES = [
    (r"(?<![\w>.])v?printf\s*\(|(?<![\w>.])(puts|putchar|perror)\s*\("
     r"|\bv?fprintf\s*\(\s*std(out|err)|\bfput[sc]\s*\([^;]*,\s*std(out|err)\s*\)|\bdprintf\s*\(",
     r"shell/(\w+/)?(out|pager|edit)\w*\.c|(\w+/)*main\w*\.c|lib/log\.c|tests/.*",
     "output is written by shell/out, pager, edit and main files only"),
    (r"(?<![\w>.])(exit|errx?|quick_exit)\s*\(", r"(\w+/)*main\w*\.c|tests/.*",
     "only main exits"),
    (r"__attribute__\s*\(\(\s*(constructor|destructor)", r"", "nothing runs before main"),
    (r"\b(strcpy|strcat|sprintf|gets|alloca|strtok|system|popen)\s*\(", r"tests/.*",
     "unbounded, stateful, or a shell: there is a better one"),
    (r"(?<![\w>.])(usleep|sleep)\s*\(", r"", "time is a timer of the loop"),
]
# Written apart, so that this file does not find itself.
HOST_PATH = re.compile(r"(?<![\w.}/$)-])/(wo" + r"rk|ro" + r"ot|ho" + r"me)/")


def check_code(name):
    body = tree.code(name)
    for pattern, exempt, why in CODE_RULES:
        if exempt and re.fullmatch(exempt, name):
            continue
        for m in re.finditer(pattern, body):
            line = body.count("\n", 0, m.start()) + 1
            tree.report(name, line, f"{m.group(0).strip()}: {why}")


def check_opening(name):
    m = re.match(r"/\*(.*?)\*/", tree.text(name), re.S)
    if not m:
        tree.report(name, 1, "does not open with what it is for")
    elif m.group(1).count("\n") > 15:
        tree.report(name, 1, "opens with more than 15 lines")


for name in tree.files():
    if name.endswith((".c", ".h")):
        check_code(name)
    if name.endswith(".c"):
        check_opening(name)
    if name.endswith((".png", ".gif", ".pcap")):
        continue
    for n, line in enumerate(tree.text(name).splitlines(), 1):
        if HOST_PATH.search(line):
            tree.report(name, n, "names a path of somebody's machine")
        if line.startswith(("<<<<<<< ", ">>>>>>> ")):
            tree.report(name, n, "left over from a merge")
tree.done()
