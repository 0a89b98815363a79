#!/bin/sh
# Each header compiles alone, after config.h.
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
exit $failed
