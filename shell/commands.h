#ifndef YD_SHELL_COMMANDS_H
#define YD_SHELL_COMMANDS_H

#include "shell/cli/cli.h"

/* What commands that are no displays do (action.c, reset.c, debug.c): 0 or -errno, after saying why. */
typedef int command_fn(void *app, const struct cli_match *m);

command_fn action_save, action_reset_ike_sa, action_reset_ipsec_sa, action_reset_ike,
	action_debugging, action_undo_debugging, action_terminal, action_ping, action_capture,
	action_reset_ipsec, action_reset_keepalive, action_reset_interface, action_reset_acl,
	action_reset_acl6, action_screen_length, action_undo_screen_length, action_screen_width,
	action_mmi, action_undo_mmi, action_nothing;

/* The command table of the front end; ends with a NULL syntax. */
extern const struct command shell_commands[];

#endif
