"""Everything that is tracked is in the distribution, and so comes through `make distcheck`."""
import os

import tree

# For those who work on the tree, not for those who build it.
NOT_SHIPPED = (".gitignore", ".ci/", "build-aux/.keep")

with open("lint.dist", encoding="utf-8") as f:
    shipped = f.read().split()
shipped = {os.path.normpath(n.replace("$(srcdir)/", "").replace("$(top_srcdir)/", "")
                            .removeprefix(tree.TOP + "/")) for n in shipped}
prefix = os.path.relpath(tree.TOP)
shipped |= {os.path.relpath(n, prefix) for n in shipped if n.startswith("..")}
folders = {n for n in shipped if os.path.isdir(os.path.join(tree.TOP, n))}
for name in tree.files():
    if name.startswith(NOT_SHIPPED) or name in shipped:
        continue
    if not any(name.startswith(f + "/") for f in folders):
        tree.report(name, 1, "is in no local.mk: EXTRA_DIST or a _SOURCES")
tree.done()
