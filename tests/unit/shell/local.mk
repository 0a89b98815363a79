# tests/unit/shell: the grammar, the dialect and the front end.
check_PROGRAMS += test_shell
TESTS += test_shell
test_shell_CFLAGS = $(AM_CFLAGS) $(CUNIT_CFLAGS) -DEXAMPLES='"$(abs_top_srcdir)/examples"' \
	-DGOLDEN='"$(abs_top_srcdir)/tests/golden"'
test_shell_LDADD = $(SHELL_LIBS) $(CUNIT_LIBS)
test_shell_SOURCES = \
	tests/unit/shell/cli_fixture.c tests/unit/shell/cli_fixture.h \
	tests/unit/shell/cli_help_test.c \
	tests/unit/shell/cli_render_test.c \
	tests/unit/shell/cli_test.c \
	tests/unit/shell/grammar_generate.c tests/unit/shell/grammar_generate.h \
	tests/unit/shell/grammar_test.c \
	tests/unit/shell/main.c \
	tests/unit/shell/match_test.c \
	tests/unit/shell/suites.h \
	tests/unit/shell/syntax_test.c \
	tests/unit/shell/vrp_ike_test.c \
	tests/unit/shell/vrp_rule_test.c \
	tests/unit/shell/vrp_test.c

# The front end, against a router that is not one.
FAKE_ROUTER = \
	tests/unit/shell/fake_router.c tests/unit/shell/fake_router.h \
	tests/unit/shell/fake_ike.c \
	tests/unit/shell/fake_state.c tests/unit/shell/fake_state.h
test_shell_SOURCES += $(FAKE_ROUTER) \
	tests/unit/shell/batch_test.c \
	tests/unit/shell/blame_test.c \
	tests/unit/shell/contract_test.c \
	tests/unit/shell/display_test.c tests/unit/shell/display_test.h \
	tests/unit/shell/layout_test.c \
	tests/unit/shell/out_test.c \
	tests/unit/shell/pager_test.c \
	tests/unit/shell/ping_test.c \
	tests/unit/shell/recall_test.c \
	tests/unit/shell/session_test.c \
	tests/unit/shell/shell_fixture.c tests/unit/shell/shell_fixture.h
UNIT_TESTS += test_shell
EXTRA_DIST += \
	tests/golden/display-acl-3001.txt \
	tests/golden/display-acl-all.txt \
	tests/golden/display-acl-ipv6-3002.txt \
	tests/golden/display-acl-ipv6-all.txt \
	tests/golden/display-clock.txt \
	tests/golden/display-configuration-status.txt \
	tests/golden/display-current-configuration-configuration-acl.txt \
	tests/golden/display-current-configuration-interface-GigabitEthernet0.0.1.txt \
	tests/golden/display-current-configuration.txt \
	tests/golden/display-ike-error-info-verbose-peer-2001.db8..7.txt \
	tests/golden/display-ike-error-info-verbose.txt \
	tests/golden/display-ike-error-info.txt \
	tests/golden/display-ike-global-config.txt \
	tests/golden/display-ike-offline-info-peer-203.0.113.9.txt \
	tests/golden/display-ike-offline-info.txt \
	tests/golden/display-ike-peer-brief.txt \
	tests/golden/display-ike-peer-name-far.txt \
	tests/golden/display-ike-peer.txt \
	tests/golden/display-ike-proposal-number-10.txt \
	tests/golden/display-ike-proposal.txt \
	tests/golden/display-ike-sa-remote-203.0.113.9.txt \
	tests/golden/display-ike-sa-remote-id-type-user-fqdn-remote-id-b@example.txt \
	tests/golden/display-ike-sa-v2.txt \
	tests/golden/display-ike-sa-verbose-connection-id-4.txt \
	tests/golden/display-ike-sa-verbose.txt \
	tests/golden/display-ike-sa.txt \
	tests/golden/display-ike-statistics.txt \
	tests/golden/display-ikev2-statistics-error.txt \
	tests/golden/display-ikev2-statistics-notify-info.txt \
	tests/golden/display-ikev2-statistics-packet.txt \
	tests/golden/display-ikev2-statistics-sa.txt \
	tests/golden/display-interface-Tunnel0.0.1.txt \
	tests/golden/display-interface-brief.txt \
	tests/golden/display-interface.txt \
	tests/golden/display-ip-interface-brief.txt \
	tests/golden/display-ip-routing-table.txt \
	tests/golden/display-ipsec-policy-brief.txt \
	tests/golden/display-ipsec-policy.txt \
	tests/golden/display-ipsec-profile-name-prof-1.txt \
	tests/golden/display-ipsec-profile.txt \
	tests/golden/display-ipsec-proposal-name-tran1.txt \
	tests/golden/display-ipsec-proposal.txt \
	tests/golden/display-ipsec-sa-brief.txt \
	tests/golden/display-ipsec-sa-duration.txt \
	tests/golden/display-ipsec-sa-policy-P1-10.txt \
	tests/golden/display-ipsec-sa-policy-vpn.txt \
	tests/golden/display-ipsec-sa-profile-prof-1.txt \
	tests/golden/display-ipsec-sa-profile-roads.txt \
	tests/golden/display-ipsec-sa-remote-2001.db8..2.txt \
	tests/golden/display-ipsec-sa-remote-203.0.113.1.txt \
	tests/golden/display-ipsec-sa.txt \
	tests/golden/display-ipsec-statistics-ah.txt \
	tests/golden/display-ipsec-statistics-esp.txt \
	tests/golden/display-ipsec-statistics.txt \
	tests/golden/display-ipv6-interface-brief.txt \
	tests/golden/display-ipv6-routing-table.txt \
	tests/golden/display-startup.txt \
	tests/golden/display-users.txt \
	tests/golden/display-version.txt

# A terminal's view: yongsh on a pty.
check_PROGRAMS += fake_router
fake_router_SOURCES = tests/unit/shell/fake_main.c $(FAKE_ROUTER)
fake_router_CFLAGS = $(AM_CFLAGS) $(CUNIT_CFLAGS)
fake_router_LDADD = $(SHELL_LIBS) $(CUNIT_LIBS)
TESTS += tests/unit/shell/terminal_test.py
EXTRA_DIST += tests/unit/shell/terminal_test.py

# The manual of the command language.
TESTS += tests/unit/shell/manual_test.sh
EXTRA_DIST += tests/unit/shell/manual_test.sh
