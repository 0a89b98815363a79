#!/bin/sh
# cppcheck: nothing to complain about. Results are kept in lint.cppcheck for the next time.
top=$1
command -v cppcheck >/dev/null || exit 77
# what was found with another configuration counts no more
[ "$top/tests/check/cppcheck.cfg" -ot lint.cppcheck ] || rm -rf lint.cppcheck
mkdir -p lint.cppcheck
touch lint.cppcheck
build=$PWD
cd "$top" || exit 1
rooms=
for d in lib schema shell daemon datapath mibs; do
	[ -d $d ] && rooms="$rooms $d"
done
# shellcheck disable=SC2086
cppcheck --quiet --std=c11 --language=c --enable=warning,performance,portability \
	--inline-suppr --error-exitcode=1 --template='{file}:{line}: {message} ({id})' \
	--suppressions-list=tests/check/cppcheck.txt --cppcheck-build-dir="$build/lint.cppcheck" \
	--library=posix --library=gnu --library=tests/check/cppcheck.cfg \
	-DHAVE_CONFIG_H -D__linux__ -I. -I"$build" $rooms
