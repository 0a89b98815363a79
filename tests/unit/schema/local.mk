# tests/unit/schema
check_PROGRAMS += test_schema
TESTS += test_schema
test_schema_CFLAGS = $(AM_CFLAGS) $(SQLITE_CFLAGS) $(CUNIT_CFLAGS)
test_schema_LDADD = $(SCHEMA_LIBS) $(CORE_LIBS) $(CUNIT_LIBS)
test_schema_SOURCES = \
	tests/unit/schema/changes_test.c \
	tests/unit/schema/changeset_test.c \
	tests/unit/schema/commit_kill_test.c \
	tests/unit/schema/commit_test.c \
	tests/unit/schema/fixture.c tests/unit/schema/fixture.h \
	tests/unit/schema/image_test.c \
	tests/unit/schema/main.c \
	tests/unit/schema/model_test.c \
	tests/unit/schema/row_test.c \
	tests/unit/schema/seal_test.c \
	tests/unit/schema/store_test.c \
	tests/unit/schema/suites.h \
	tests/unit/schema/type_test.c
