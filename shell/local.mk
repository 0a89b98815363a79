# shell

# The grammar engine and the Huawei dialect.
noinst_LIBRARIES += libcli.a
libcli_a_SOURCES = \
	shell/cli/apply.c \
	shell/cli/apply.h \
	shell/cli/change.h \
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
	shell/cli/session.h \
	shell/cli/syntax.c \
	shell/cli/syntax.h \
	shell/vrp/vrp.c \
	shell/vrp/vrp.h \
	shell/vrp/vrp_acl.c \
	shell/vrp/vrp_interface.c \
	shell/vrp/vrp_ipsec.c \
	shell/vrp/vrp_rule.c \
	shell/vrp/vrp_system.c
