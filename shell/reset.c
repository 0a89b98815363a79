/*
 * reset: counters back to zero, SAs taken down. What comes up again is for IKE to know.
 */
#include "config.h"

#include "lib/addr.h"
#include "lib/err.h"
#include "schema/row.h"
#include "shell/cli/cli.h"
#include "shell/commands.h"
#include "shell/display.h"
#include "shell/shell.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* --- counters -------------------------------------------------------------------------------- */

static int
reset(struct shell *sh, enum state_table t, const char *filter)
{
	struct err e;
	struct client *c = shell_client(sh, &e);
	int rc = c ? client_reset(c, t, filter, &e) : -ECONNREFUSED;

	return rc ? shell_fail(sh, rc, &e) : 0;
}

int
action_reset_ipsec(void *app, const struct cli_match *m)
{
	const char *only = cli_has(m, "esp") ? "protocol 50"
		: cli_has(m, "ah")	     ? "protocol 51"
					     : NULL;
	int rc = reset(app, STATE_ipsec_statistics, only);

	if (!rc && !only)
		rc = reset(app, STATE_drop, NULL);
	return rc ? rc : reset(app, STATE_ipsec_sa, only);
}

int
action_reset_keepalive(void *app, const struct cli_match *m)
{
	struct shell *sh = app;
	char device[16];
	struct err e;
	int rc = display_tunnel_device(sh, device, &e);

	if (rc)
		return shell_fail(sh, rc, &e);
	return *device ? reset(sh, STATE_keepalive, device) : 0;
}

static int
reset_matches(
	struct shell *sh, const struct cli_match *m, const struct table *acl, const char *family)
{
	int64_t number = cli_arg_int(m, "number", 0);
	char filter[32];
	struct row r;
	struct err e;

	if (number && row_get(sh->store, acl, &VALUE_OF_INT(number), sh->scratch, &r)) {
		err_set(&e, -ENOENT, "", "The specified ACL does not exist.");
		return shell_fail(sh, -ENOENT, &e);
	}
	if (number)
		snprintf(filter, sizeof(filter), "%s %lld", family, (long long)number);
	else
		strlcpy(filter, family, sizeof(filter));
	return reset(sh, STATE_spd_rule, filter);
}

int
action_reset_acl(void *app, const struct cli_match *m)
{
	return reset_matches(app, m, &model_acl, "acl");
}

int
action_reset_acl6(void *app, const struct cli_match *m)
{
	return reset_matches(app, m, &model_acl6, "acl6");
}

int
action_reset_interface(void *app, const struct cli_match *m)
{
	return reset(app, STATE_interface, cli_arg_text(m, "interface", NULL));
}

/* --- SAs ------------------------------------------------------------------------------------- */

static int
reset_sas(struct shell *sh, const struct msg_ike_reset *m)
{
	struct err e;
	struct client *c = shell_client(sh, &e);
	int rc = c ? client_reset_ike(c, m, &e) : -ECONNREFUSED;

	return rc ? shell_fail(sh, rc, &e) : 0;
}

static void
remote_of(const struct cli_match *m, struct msg_ike_reset *r)
{
	const char *remote = cli_arg_text(m, "remote", NULL);

	if (remote && addr_parse(remote, &r->remote))
		r->remote = (struct addr){ 0 };
}

int
action_reset_ike_sa(void *app, const struct cli_match *m)
{
	struct msg_ike_reset r = { .connection = (uint32_t)cli_arg_int(m, "connection", 0) };

	remote_of(m, &r);
	return reset_sas(app, &r);
}

struct policies {
	struct shell *sh;
	int64_t sequence; /* 0: all of the name */
	size_t n;
};

/* "vpn-10" */
static int
reset_policy(void *arg, const struct row *row)
{
	struct msg_ike_reset r = { .children_only = true };
	struct policies *p = arg;

	if (p->sequence && p->sequence != row->v[1].i)
		return 0;
	p->n++;
	snprintf(r.name, sizeof(r.name), "%s-%lld", row->v[0].s, (long long)row->v[1].i);
	return reset_sas(p->sh, &r);
}

static int
reset_policies(struct shell *sh, const struct cli_match *m)
{
	struct policies p = { .sh = sh, .sequence = cli_arg_int(m, "sequence", 0) };
	struct err e;
	int rc = row_each(sh->store, &model_ipsec_policy, cli_arg(m, "name"), 1, sh->scratch,
		reset_policy, &p);

	if (rc || p.n)
		return rc;
	err_set(&e, -ENOENT, "", "The IPSec policy does not exist.");
	return shell_fail(sh, -ENOENT, &e);
}

int
action_reset_ipsec_sa(void *app, const struct cli_match *m)
{
	struct msg_ike_reset r = { .children_only = true };

	if (cli_arg(m, "name"))
		return reset_policies(app, m);
	strlcpy(r.name, cli_arg_text(m, "profile", ""), sizeof(r.name));
	remote_of(m, &r);
	return reset_sas(app, &r);
}

/* --- what IKE has counted and kept ----------------------------------------------------------- */

int
action_reset_ike(void *app, const struct cli_match *m)
{
	return reset(app,
		cli_has(m, "statistics")	   ? STATE_ike_statistic
			: cli_has(m, "error-info") ? STATE_ike_error
						   : STATE_ike_offline,
		NULL);
}
