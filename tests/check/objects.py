"""What came out of the compiler: no writable globals in libraries, no store in what sees packets."""
import os
import re
import subprocess
import sys

import tree

# The one: where log lines go.
ALLOWED = {("libcore.a", "sink")}
WRITABLE = re.compile(r"\.(data|bss|tdata|tbss)(\.(?!rel\.ro)|$)|^\*COM\*$")
# Programs and what they may never be linked with.
FORBIDDEN = {"yongdp": ["sqlite", "nftables", "libedit"], "yongike": ["sqlite", "nftables"],
             "yongsh": ["nftables", "libmnl"]}

with open("config.h", encoding="utf-8") as f:
    if re.search(r"^#define YD_SANITIZED", f.read(), re.M):
        print("the sanitizers add globals of their own")
        sys.exit(77)
with open("lint.libraries", encoding="utf-8") as f:
    libraries = f.read().split()
for library in libraries:
    out = subprocess.run(["objdump", "-t", library], capture_output=True, text=True, check=True)
    member = library
    for line in out.stdout.splitlines():
        if m := re.match(r"(\S+\.o):\s", line):
            member = m.group(1)
        m = re.match(r"[0-9a-f]+ (.{7}) (\S+)\s+[0-9a-f]+\s+(\S+)$", line)
        if not m or not WRITABLE.search(m.group(2)) or "O" not in m.group(1):
            continue
        if (library, m.group(3).split(".")[0]) not in ALLOWED:
            tree.report(f"{library}({member})", 1, f"{m.group(3)} is a writable global")
for program, names in FORBIDDEN.items():
    if not os.path.exists(program):
        continue
    out = subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout
    for library in names:
        if library in out:
            tree.report(program, 1, f"is linked with {library}")
tree.done()
