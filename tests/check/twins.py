"""Every source has a twin among the unit tests, or is named here. Only worth knowing, never wrong."""
import collections
import os

import tree

tests = {os.path.basename(n) for n in tree.files("_test.c")}
alone = collections.defaultdict(list)
for name in tree.files(".c"):
    noun = os.path.basename(name)[:-2]
    if not name.startswith("tests/") and not noun.startswith("main") \
            and noun + "_test.c" not in tests:
        alone[os.path.dirname(name)].append(noun)
for folder, nouns in alone.items():
    print(f"info: {folder}/: no test of its own name: {', '.join(nouns)}")
tree.done()
