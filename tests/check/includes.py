"""Who may include what: the directions between rooms, and the files that wrap a library."""
import re

import tree

# The longest matching folder decides.
DIRECTIONS = {
    "lib/": ["lib/"],
    "schema/": ["schema/", "lib/"],
    "shell/": ["shell/", "schema/", "lib/"],
    "daemon/": ["daemon/", "schema/", "lib/"],
    "daemon/ike/": ["daemon/ike/", "lib/"],
    "datapath/": ["datapath/", "lib/"],
    "mibs/agent/": ["mibs/agent/", "lib/"],
}
# Header (a regular expression over its whole name) and the files that may include it.
FENCES = [
    (r"sqlite3.*", r"schema/.*"),
    (r"(histedit|editline/.*|readline/.*)\.h", r"shell/edit\.c"),
    (r"jansson\.h", r"lib/record_json\.c"),
    (r"event2?/.*|event\.h", r"lib/loop\.c"),
    (r"openssl/.*",
     r"lib/secret\w*\.c|schema/seal\.c|datapath/crypto_\w+\.[ch]|daemon/(\w+/)?\w*key\w*\.c|"
     r"daemon/ike/crypt_\w+\.c"),
    (r"intel-ipsec-mb\.h", r"datapath/crypto_\w+\.c"),
    (r"libmnl/.*|linux/(rt|nf)?netlink.*|linux/netfilter.*|nftables/.*",
     r"daemon/oscfg/.*|tests/interop/fakexfrm\.c"),
    (r"seccomp\.h", r"lib/priv_linux\.c"),
    (r"pcap.*\.h", r"datapath/(offline/port_pcap\.c|capture/.*)"),
    (r"linux/.*|asm/.*", r"daemon/oscfg/.*|datapath/os/.*|lib/priv_.*|.*_linux\.c|"
     r"tests/interop/fakexfrm\.c"),
    (r"net-snmp/.*", r"mibs/agent/.*"),
    (r"CUnit/.*", r"tests/.*"),
]


def room(name):
    fits = [d for d in DIRECTIONS if name.startswith(d)]
    return max(fits, key=len) if fits else None


def may_see(name):
    if name.startswith("tests/unit/"):
        own = name.split("/")[2] + "/"
        tested = next((d for d in DIRECTIONS if d == own or d.endswith("/" + own)), own)
        return DIRECTIONS.get(tested, []) + ["tests/unit/" + own]
    if name.startswith(("tests/fuzz/", "tests/bench/")):
        return list(DIRECTIONS) + ["tests/"]
    return DIRECTIONS.get(room(name))


def check_directions(name, n, header, allowed):
    target = room(header) or ("tests/" if header.startswith("tests/") else None)
    if target is None:
        if header != "config.h":
            tree.report(name, n, f'"{header}" is not written from the top: "room/{header}"')
        return
    fits = [a for a in allowed if header.startswith(a)]
    if not fits or (target == "daemon/ike/" and "daemon/ike/" not in fits
                    and not name.startswith("tests/")):
        tree.report(name, n, f"{name.split('/')[0]} does not see {header}")


def check_order(name, headers):
    """config.h first, then the file's own header."""
    if not headers or headers[0][1] != "config.h":
        tree.report(name, 1, 'the first include is not "config.h"')
    own = name[:-2] + ".h"
    if own in HEADERS and len(headers) > 1 and headers[1][1] != own:
        tree.report(name, headers[1][0], f'the second include is not "{own}"')


SOURCES = tree.files(".c", ".h")
HEADERS = set(tree.files(".h"))
for name in SOURCES:
    lines = tree.text(name).splitlines()
    included = [(n, m.group(2), m.group(1)) for n, line in enumerate(lines, 1)
                if (m := re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line))]
    allowed = may_see(name)
    for n, header, kind in included:
        if kind == '"' and allowed is not None:
            check_directions(name, n, header, allowed)
        if kind == "<" and header == "config.h":
            tree.report(name, n, 'config.h is ours: "config.h"')
        for pattern, wrappers in FENCES:
            if re.fullmatch(pattern, header) and not name.startswith("tests/") \
                    and not re.fullmatch(wrappers, name):
                tree.report(name, n, f"<{header}> belongs behind {wrappers}")
                break
    if name.endswith(".c"):
        check_order(name, [(n, h) for n, h, _ in included])
tree.done()
