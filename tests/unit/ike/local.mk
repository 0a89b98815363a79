# test_ike: one suite a source. One file a line.
check_PROGRAMS += test_ike
TESTS += test_ike
test_ike_CFLAGS = $(AM_CFLAGS) $(CUNIT_CFLAGS)
test_ike_LDADD = libike.a $(CORE_LIBS) $(CUNIT_LIBS)
test_ike_SOURCES = \
	tests/unit/ike/compose_test.c \
	tests/unit/ike/cookie_test.c \
	tests/unit/ike/crypt_dh_test.c \
	tests/unit/ike/crypt_openssl_test.c \
	tests/unit/ike/fragment_test.c \
	tests/unit/ike/keys_test.c \
	tests/unit/ike/link_test.c \
	tests/unit/ike/message_test.c \
	tests/unit/ike/natd_test.c \
	tests/unit/ike/proposal_test.c \
	tests/unit/ike/proposal_select_test.c \
	tests/unit/ike/protect_test.c \
	tests/unit/ike/sandbox_test.c \
	tests/unit/ike/sender_test.c \
	tests/unit/ike/ts_test.c \
	tests/unit/ike/wire_test.c \
	tests/unit/ike/fixture.c \
	tests/unit/ike/fixture.h \
	tests/unit/ike/main.c \
	tests/unit/ike/suites.h

# The engine: two of it under a virtual clock.
test_ike_SOURCES += \
	tests/unit/ike/x_auth_test.c \
	tests/unit/ike/x_init_test.c \
	tests/unit/ike/offer_test.c \
	tests/unit/ike/path_test.c \
	tests/unit/ike/peer_test.c \
	tests/unit/ike/rekey_child_test.c \
	tests/unit/ike/rekey_ike_test.c \
	tests/unit/ike/explain_test.c \
	tests/unit/ike/input_test.c \
	tests/unit/ike/halfopen_test.c \
	tests/unit/ike/exchange_test.c \
	tests/unit/ike/dpd_test.c \
	tests/unit/ike/x_info_test.c \
	tests/unit/ike/request_test.c \
	tests/unit/ike/sim.c \
	tests/unit/ike/sim.h \
	tests/unit/ike/sim_daemon.c \
	tests/unit/ike/sim_daemon.h \
	tests/unit/ike/sim_look.c \
	tests/unit/ike/sim_test.c \
	tests/unit/ike/sim_year.c \
	tests/unit/ike/sim_year.h

# 10,000 years, by two processes; about ten minutes on two idle cores
check-ike-long: test_ike
	printf '1\n5001\n' | xargs -P 2 -I@ env YONGDAO_SEED=@ YONGDAO_YEARS=5000 nice -n 19 ./test_ike
.PHONY: check-ike-long
