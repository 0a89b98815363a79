# tests/scenario: the lab's namespaces, real programs, real packets; needs root, else skipped (77).
# They run the installed programs: make install, then make check-scenario.
SCENARIOS = \
	tests/scenario/gre_test.py \
	tests/scenario/gre_ipv6_test.py \
	tests/scenario/ipsec_manual_test.py \
	tests/scenario/attack_test.py \
	tests/scenario/capture_test.py \
	tests/scenario/esp_mixed_test.py \
	tests/scenario/flood_test.py \
	tests/scenario/forms_test.py \
	tests/scenario/icmp_error_test.py \
	tests/scenario/ike_shell_test.py \
	tests/scenario/ike_flood_test.py \
	tests/scenario/ike_test.py \
	tests/scenario/ike_policy_test.py \
	tests/interop/ike/algorithms_test.py \
	tests/interop/ike/forms_test.py \
	tests/interop/ike/fragments_test.py \
	tests/interop/ike/icmp_test.py \
	tests/interop/ike/nat_test.py \
	tests/interop/ike/rekey_test.py \
	tests/interop/ike/scenarios_test.py \
	tests/interop/ike/sites_test.py \
	tests/interop/ike/traps_test.py \
	tests/scenario/keepalive_test.py \
	tests/scenario/kill_test.py \
	tests/scenario/nested_test.py \
	tests/scenario/path_test.py \
	tests/scenario/routing_test.py \
	tests/scenario/stop_test.py
EXTRA_DIST += $(SCENARIOS) tests/interop/ike/swan_site.py tests/scenario/run.py tests/lab/lab.py tests/lab/esp.py tests/lab/frr.py tests/lab/demo.py tests/lab/play.py \
	examples/gre-over-ipsec-manual/RTA.cfg examples/gre-over-ipsec-manual/RTB.cfg \
	examples/gre-acl-ipsec-manual/RTA.cfg examples/gre-acl-ipsec-manual/RTB.cfg \
	examples/ah-esp-manual/RTA.cfg examples/ah-esp-manual/RTB.cfg \
	examples/esp-mixed-manual/RTA.cfg examples/esp-mixed-manual/RTB.cfg \
	examples/gre-ipv6/RTA.cfg examples/gre-ipv6/RTB.cfg \
	examples/route-ipsec-manual/RTA.cfg examples/route-ipsec-manual/RTB.cfg \
	examples/ipsec-over-gre/RTA.cfg examples/ipsec-over-gre/RTB.cfg \
	examples/ipv6-ipsec-manual/RTA.cfg examples/ipv6-ipsec-manual/RTB.cfg \
	examples/1-gre/RTA.cfg examples/1-gre/RTB.cfg \
	examples/3-ipsec-ike/RTA.cfg examples/3-ipsec-ike/RTB.cfg \
	examples/4-gre-over-ipsec/RTA.cfg examples/4-gre-over-ipsec/RTB.cfg \
	examples/2-ipsec-manual/RTA.cfg examples/2-ipsec-manual/RTB.cfg

check-scenario: $(PRELOADED)
	YONGDAO_TOP=$(abs_top_srcdir) YONGDAO_ROOT=$(prefix) YONGDAO_BUILD=$(abs_builddir) \
		$(srcdir)/tests/scenario/run.py -l scenario-logs $(SCENARIOS:%=$(abs_srcdir)/%)
check-valgrind: $(check_PROGRAMS)
	printf '%s\n' $(UNIT_TESTS) | YONGDAO_SHORT=1 xargs -P 2 -I@ $(VALGRIND) --quiet \
		--leak-check=full --errors-for-leak-kinds=definite --error-exitcode=9 \
		--child-silent-after-fork=yes ./@
VALGRIND = valgrind
.PHONY: check-scenario check-valgrind

# The operating system's side against a real kernel, in namespaces of its own.
if LINUX
check_PROGRAMS += test_oscfg
TESTS += test_oscfg
endif
test_oscfg_CFLAGS = $(AM_CFLAGS) $(CUNIT_CFLAGS)
test_oscfg_LDADD = libdaemon.a $(CORE_LIBS) $(MNL_LIBS) $(NFTABLES_LIBS) $(CUNIT_LIBS)
test_oscfg_SOURCES = \
	tests/scenario/oscfg/bed.c \
	tests/scenario/oscfg/bed.h \
	tests/scenario/oscfg/main.c \
	tests/scenario/oscfg/os_addr_test.c \
	tests/scenario/oscfg/os_filter_test.c \
	tests/scenario/oscfg/os_ipv6_test.c \
	tests/scenario/oscfg/os_link_test.c \
	tests/scenario/oscfg/os_monitor_test.c \
	tests/scenario/oscfg/os_mss_test.c \
	tests/scenario/oscfg/os_query_test.c \
	tests/scenario/oscfg/os_route_test.c \
	tests/scenario/oscfg/os_rule_test.c \
	tests/scenario/oscfg/os_sysctl_test.c \
	tests/scenario/oscfg/privopen_linux_test.c \
	tests/scenario/oscfg/site.c \
	tests/scenario/oscfg/site.h \
	tests/scenario/oscfg/suites.h
