# tests/unit/daemon/oscfg: the operating system's side without a kernel.
if LINUX
check_PROGRAMS += test_oscfg_unit
TESTS += test_oscfg_unit
UNIT_TESTS += test_oscfg_unit
endif
test_oscfg_unit_CFLAGS = $(AM_CFLAGS) $(CUNIT_CFLAGS) $(MNL_CFLAGS)
test_oscfg_unit_LDADD = libdaemon.a $(CORE_LIBS) $(MNL_LIBS) $(NFTABLES_LIBS) $(CUNIT_LIBS)
test_oscfg_unit_SOURCES = \
	tests/unit/daemon/oscfg/kinds_test.c \
	tests/unit/daemon/oscfg/main.c \
	tests/unit/daemon/oscfg/os_decode_test.c \
	tests/unit/daemon/oscfg/os_filter_text_test.c \
	tests/unit/daemon/oscfg/os_found_test.c \
	tests/unit/daemon/oscfg/suites.h
