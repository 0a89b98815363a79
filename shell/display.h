#ifndef YD_SHELL_DISPLAY_H
#define YD_SHELL_DISPLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shell/layout.h"

struct addr;
struct cli_match;
struct client_rows;
struct err;
struct row;
struct shell;
struct st_ike_child;
struct st_ipsec_sa;
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
	display_ipsec_profile, display_ipsec_duration;
/* debug.c */
display_fn display_debugging;
/* display_ike.c */
display_fn display_ike_sa;
/* "10.0.0.1:500"; without the port when it is 0. Returns the length. */
size_t display_endpoint(const struct addr *a, uint16_t port, char *out, size_t cap);
/* display_ike_config.c */
display_fn display_ike_proposal, display_ike_peer, display_ike_peer_brief, display_ike_global;
/* display_ike_why.c */
display_fn display_ike_errors, display_ike_offline, display_ike_statistics;
/* display_policy.c: which policy or profile something that runs is of. */
struct display_policy {
	char name[32];
	int64_t sequence;      /* 0: a profile */
	const struct row *row; /* NULL: not configured any more; in the arena of the command */
};
/* By the name alone: row is NULL. */
void display_policy_split(const char *policy, struct display_policy *p);
void display_policy_find(struct shell *sh, const char *policy, struct display_policy *p);
/* Its ACL, for a layout; "-" when there is none, as with a profile. */
size_t display_policy_acl(const struct display_policy *p, char *out, size_t cap);
/* Is it what was asked for by <name> and <sequence>, or by <profile>? */
bool display_policy_selected(const struct display_policy *p, const struct cli_match *m);

/* display_child.c: negotiated SAs. Pairs of rows of ike_child, in the order in which they are shown. */
int display_children_get(struct shell *sh, struct client_rows *rows, struct err *e);
/* Is this SA one of the pair? */
bool display_child_has(const struct st_ike_child *c, const struct st_ipsec_sa *sa);
/* Prints those that were asked for, with the counters of the SAs; title: the line above the first.
 * Returns how many. */
size_t display_children(struct shell *sh, const struct cli_match *m,
	const struct client_rows *children, const struct client_rows *sas, const char *title);

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
