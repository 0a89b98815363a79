#!/bin/sh
# Runs the checks named on the command line (tests/check/x.py, x.sh) over a source tree.
# Each prints FILE:LINE: what is wrong, and "info: …" for what is only worth knowing.
# Called in the build directory: run.sh TOP CHECK…
set -u
top=$1
shift
failed=0
for check in "$@"; do
	case $check in
	*.py) python3 -B "$top/$check" "$top" ;;
	*) sh "$top/$check" "$top" ;;
	esac
	case $? in
	0) echo "PASS: $check" ;;
	77) echo "SKIP: $check" ;;
	*)
		echo "FAIL: $check"
		failed=1
		;;
	esac
done
exit $failed
