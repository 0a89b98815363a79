# tests/unit/shell: the grammar, the dialect and the front end.
check_PROGRAMS += test_shell
TESTS += test_shell
test_shell_CFLAGS = $(AM_CFLAGS) $(CUNIT_CFLAGS) -DEXAMPLES='"$(abs_top_srcdir)/examples"'
test_shell_LDADD = libcli.a $(SCHEMA_LIBS) $(CORE_LIBS) $(CUNIT_LIBS)
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
	tests/unit/shell/vrp_rule_test.c \
	tests/unit/shell/vrp_test.c
