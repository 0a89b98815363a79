#ifndef YD_SHELL_DISPLAY_H
#define YD_SHELL_DISPLAY_H

#include <stdbool.h>
#include <stddef.h>

#include "shell/layout.h"

struct addr;
struct cli_match;
struct err;
struct row;
struct shell;
struct value;

/*
 * The displays. Each prints what it shows to sh->out, between out_begin and out_end; 0 or -errno and err.
 * One function a command of commands.c.
 */
typedef int display_fn(struct shell *sh, const struct cli_match *m, struct err *e);

/* display_system.c */
display_fn display_version, display_clock, display_startup, display_history, display_status,
	display_users;
/* display_config.c */
display_fn display_current, display_this, display_saved;
/* display_interface.c */
display_fn display_interface, display_interface_brief, display_ip_interface_brief,
	display_ipv6_interface_brief;
/* capture.c */
display_fn display_capture;
/* display_route.c */
display_fn display_routing_table, display_routing_table6;
/* display_acl.c */
display_fn display_acl, display_acl6;
/* display_ipsec.c */
display_fn display_ipsec_proposal, display_ipsec_policy, display_ipsec_policy_brief,
	display_ipsec_profile;
/* display_sa.c */
display_fn display_ipsec_sa, display_ipsec_sa_brief;
/* display_statistics.c */
display_fn display_ipsec_statistics, display_esp_statistics, display_ah_statistics;
display_fn display_keepalive;

/* display_flow.c: lines of what the rules of a policy's ACL permit; of what a tunnel with a profile sends. */
void display_flows_of_policy(struct shell *sh, const struct row *policy);
void display_flows_of_tunnel(
	struct shell *sh, bool gre, const struct addr *local, const struct addr *remote);

/* The device of the tunnel whose view this is, "" when it has none; refused in other views. */
int display_tunnel_device(struct shell *sh, char device[16], struct err *e);

/* A column of a row by its name; NULL-valued when the table has none of that name. */
const struct value *display_column(const struct row *r, const char *name);
/* The same as text, "" for NULL. Borrowed from the row; integers are not texts. */
const char *display_column_text(const struct row *r, const char *name);

#endif
