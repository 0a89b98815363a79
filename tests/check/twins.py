"""Every source has a twin among the unit tests, or is told here. Only worth knowing, never wrong."""
import os

import tree

tests = {os.path.basename(n) for n in tree.files("_test.c")}
alone = [n for n in tree.files(".c") if not n.startswith("tests/")
         and os.path.basename(n)[:-2] + "_test.c" not in tests
         and not os.path.basename(n).startswith("main")]
for name in alone:
    tree.info(name, 1, "has no test of its own name")
tree.done()
