# shell

# The grammar engine and the Huawei dialect.
noinst_LIBRARIES += libcli.a
libcli_a_SOURCES = \
	shell/cli/apply.c \
	shell/cli/apply.h \
	shell/cli/typed.h \
	shell/cli/cli.c \
	shell/cli/cli.h \
	shell/cli/cli_help.c \
	shell/cli/cli_render.c \
	shell/cli/defaults.c \
	shell/cli/defaults.h \
	shell/cli/dialect.h \
	shell/cli/grammar.c \
	shell/cli/grammar.h \
	shell/cli/match.c \
	shell/cli/match.h \
	shell/cli/render.c \
	shell/cli/render.h \
	shell/cli/seen.c \
	shell/cli/seen.h \
	shell/cli/session.h \
	shell/cli/syntax.c \
	shell/cli/syntax.h \
	shell/vrp/vrp.c \
	shell/vrp/vrp.h \
	shell/vrp/vrp_acl.c \
	shell/vrp/vrp_ike.c \
	shell/vrp/vrp_interface.c \
	shell/vrp/vrp_ipsec.c \
	shell/vrp/vrp_place.c \
	shell/vrp/vrp_rule.c \
	shell/vrp/vrp_system.c

# The front end.
noinst_LIBRARIES += libshell.a
libshell_a_CPPFLAGS = $(AM_CPPFLAGS) -DSBINDIR='"$(sbindir)"'
libshell_a_CFLAGS = $(AM_CFLAGS) $(EDIT_CFLAGS)
libshell_a_SOURCES = \
	shell/action.c \
	shell/batch.c \
	shell/batch.h \
	shell/blame.c \
	shell/blame.h \
	shell/capture.c \
	shell/client.c \
	shell/client.h \
	shell/commands.c \
	shell/commands.h \
	shell/debug.c shell/debug.h \
	shell/display.h \
	shell/display_acl.c \
	shell/display_child.c \
	shell/display_config.c \
	shell/display_flow.c \
	shell/display_ike.c \
	shell/display_ike_config.c \
	shell/display_ike_why.c \
	shell/display_interface.c \
	shell/display_ipsec.c \
	shell/display_policy.c \
	shell/display_route.c \
	shell/display_sa.c \
	shell/display_statistics.c \
	shell/display_system.c \
	shell/edit.c \
	shell/edit.h \
	shell/layout.c \
	shell/layout.h \
	shell/layout_format.c \
	shell/offline.c \
	shell/offline.h \
	shell/out.c \
	shell/out.h \
	shell/pager.c \
	shell/pager.h \
	shell/ping.c \
	shell/ping.h \
	shell/recall.c \
	shell/recall.h \
	shell/reset.c \
	shell/session.c \
	shell/session.h \
	shell/shell.h \
	shell/terminal.c \
	shell/terminal.h

SHELL_LIBS = libshell.a libcli.a $(SCHEMA_LIBS) $(CORE_LIBS) $(EDIT_LIBS)

bin_PROGRAMS += yongsh
yongsh_SOURCES = shell/main.c
yongsh_LDADD = $(SHELL_LIBS)

# Prints the manual of the command language from the grammar.
noinst_PROGRAMS += cliref
cliref_SOURCES = shell/main_manual.c
cliref_LDADD = $(SHELL_LIBS)
