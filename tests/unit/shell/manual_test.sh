#!/bin/sh
# The manual that is made from the grammar: mandoc has nothing to say about any page, and the lines of
# every view are in it.
command -v mandoc >/dev/null || exit 77
page=man/yongdao-commands.7
failed=0
for p in "$page" "$srcdir"/man/*.[178]; do
	mandoc -T lint -W warning "$p" || failed=1
done
text=$(mandoc -T utf8 "$page" | sed 's/.\x08//g' | tr -s ' \n' ' ')
for words in 'system-view' 'display ipsec sa' 'Tunnel interface view Entered by interface name' \
	'ipsec profile ipsec-profile' 'undo ipsec anti-replay enable' 'Default: 1024.' \
	'tunnel-protocol tunnel-protocol' 'gre (Generic Routing Encapsulation)'; do
	case $text in
	*"$words"*) ;;
	*)
		echo "$page: nothing about: $words"
		failed=1
		;;
	esac
done
exit $failed
