# tests/unit/daemon: a twin for each source of daemon/; ydctl speaks to a real daemon, without a grammar.
check_PROGRAMS += test_daemon ydctl
TESTS += test_daemon
UNIT_TESTS += test_daemon
test_daemon_CFLAGS = $(AM_CFLAGS) $(CUNIT_CFLAGS) $(PCAP_CFLAGS)
test_daemon_LDFLAGS = -Wl,--wrap=PKCS5_PBKDF2_HMAC,--wrap=pwrite,--wrap=fdatasync
test_daemon_LDADD = $(yongd_LDADD) $(PCAP_LIBS) $(CUNIT_LIBS)
test_daemon_SOURCES = \
	tests/unit/daemon/access_test.c \
	tests/unit/daemon/bench.c tests/unit/daemon/bench.h \
	tests/unit/daemon/capture_file_test.c \
	tests/unit/daemon/capture_filter_test.c \
	tests/unit/daemon/cfg_test.c \
	tests/unit/daemon/childlink_test.c \
	tests/unit/daemon/claims_test.c \
	tests/unit/daemon/compile_test.c \
	tests/unit/daemon/control_test.c \
	tests/unit/daemon/detach_test.c \
	tests/unit/daemon/dirty_test.c \
	tests/unit/daemon/disk.c tests/unit/daemon/disk.h \
	tests/unit/daemon/dpevents_test.c \
	tests/unit/daemon/iface_test.c \
	tests/unit/daemon/ipsec_test.c \
	tests/unit/daemon/isakmp_test.c \
	tests/unit/daemon/keys_test.c \
	tests/unit/daemon/kind_dp_test.c \
	tests/unit/daemon/kind_ike_test.c \
	tests/unit/daemon/lines_test.c \
	tests/unit/daemon/main.c \
	tests/unit/daemon/manual_test.c \
	tests/unit/daemon/narrow_test.c \
	tests/unit/daemon/negotiated_test.c \
	tests/unit/daemon/peer.c tests/unit/daemon/peer.h \
	tests/unit/daemon/proc_test.c \
	tests/unit/daemon/rates_test.c \
	tests/unit/daemon/session_ike_test.c \
	tests/unit/daemon/speaker_test.c \
	tests/unit/daemon/transform_test.c \
	tests/unit/daemon/zeros_test.c \
	tests/unit/daemon/reconcile_test.c \
	tests/unit/daemon/route_test.c \
	tests/unit/daemon/rows.c tests/unit/daemon/rows.h \
	tests/unit/daemon/sastate_test.c \
	tests/unit/daemon/session_config_test.c \
	tests/unit/daemon/session_state_test.c \
	tests/unit/daemon/shell.c tests/unit/daemon/shell.h \
	tests/unit/daemon/site.h \
	tests/unit/daemon/stretch.c \
	tests/unit/daemon/suites.h \
	tests/unit/daemon/tunnel_test.c \
	tests/unit/daemon/want_test.c
ydctl_SOURCES = tests/unit/daemon/ydctl.c tests/unit/daemon/rows.c
ydctl_LDADD = libschema.a $(CORE_LIBS) $(SQLITE_LIBS)
