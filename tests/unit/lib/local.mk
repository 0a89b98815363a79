# tests/unit/lib: one twin per source of lib/.
check_PROGRAMS += test_lib
TESTS += test_lib
UNIT_TESTS += test_lib
test_lib_CFLAGS = $(AM_CFLAGS) $(CUNIT_CFLAGS)
test_lib_LDADD = $(CORE_LIBS) $(CUNIT_LIBS)
test_lib_SOURCES = \
	tests/unit/lib/addr_test.c \
	tests/unit/lib/alg_test.c \
	tests/unit/lib/arena_test.c \
	tests/unit/lib/buf_test.c \
	tests/unit/lib/drop_test.c \
	tests/unit/lib/err_test.c \
	tests/unit/lib/frame_call_test.c \
	tests/unit/lib/frame_test.c \
	tests/unit/lib/frame_wire_test.c \
	tests/unit/lib/log_test.c \
	tests/unit/lib/loop_test.c \
	tests/unit/lib/main.c \
	tests/unit/lib/memfile_test.c \
	tests/unit/lib/msg_test.c \
	tests/unit/lib/priv_linux_test.c \
	tests/unit/lib/record_json_test.c \
	tests/unit/lib/record_test.c \
	tests/unit/lib/samples.c tests/unit/lib/samples.h \
	tests/unit/lib/secret_test.c \
	tests/unit/lib/state_test.c \
	tests/unit/lib/suites.h
