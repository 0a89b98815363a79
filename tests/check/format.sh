#!/bin/sh
# Layout is clang-format's business, and so nobody else's.
top=$1
command -v clang-format >/dev/null || exit 77
cd "$top" || exit 1
find lib schema shell daemon datapath mibs tests -name '*.[ch]' 2>/dev/null |
	xargs clang-format --dry-run -Werror 2>&1 | grep 'error:' |
	awk -F: '{ n[$1]++; if (!($1 in first)) first[$1] = $2 }
		END { for (f in n) print f ":" first[f] ": not formatted (" n[f] " places): clang-format -i " f
			exit NR > 0 }' | sort >"${TMPDIR:-/tmp}/lint.format.$$"
status=$([ -s "${TMPDIR:-/tmp}/lint.format.$$" ] && echo 1 || echo 0)
cat "${TMPDIR:-/tmp}/lint.format.$$"
rm -f "${TMPDIR:-/tmp}/lint.format.$$"
exit "$status"
