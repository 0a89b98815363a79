#!/bin/sh
# Each header compiles alone, after config.h; so do the files that stand in on other systems.
top=$1
failed=0
for h in $(cd "$top" && find lib schema shell daemon datapath mibs tests -name '*.h' 2>/dev/null); do
	# shellcheck disable=SC2086
	printf '#include "config.h"\n#include "%s"\n' "$h" |
		${CC:-cc} $LINT_CFLAGS -Wno-unused-function -fsyntax-only -x c - || {
		echo "$h:1: does not compile alone"
		failed=1
	}
done
for c in $(cd "$top" && find lib daemon datapath -name '*_none.c' 2>/dev/null); do
	# shellcheck disable=SC2086
	${CC:-cc} $LINT_CFLAGS -fsyntax-only "$top/$c" || {
		echo "$c:1: does not compile"
		failed=1
	}
done
exit $failed
