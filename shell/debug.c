/*
 * debugging ike: lines from IKE on the terminal that asked for them. On a terminal they come between and during
 * commands, as VRP has it; elsewhere the command shows them until it is interrupted.
 */
#include "config.h"

#include "shell/debug.h"

#include "lib/err.h"
#include "schema/row.h"
#include "shell/cli/cli.h"
#include "shell/commands.h"
#include "shell/display.h"
#include "shell/out.h"
#include "shell/shell.h"
#include "shell/terminal.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { TICK_MS = 100, ALL = MSG_IKE_DEBUG_ERROR | MSG_IKE_DEBUG_EVENT | MSG_IKE_DEBUG_PACKET };

static const struct {
	const char *keyword, *label;
	uint32_t topic;
} topics[] = {
	{ "error", "ERROR", MSG_IKE_DEBUG_ERROR },
	{ "event", "EVENT", MSG_IKE_DEBUG_EVENT },
	{ "packet", "PACKET", MSG_IKE_DEBUG_PACKET },
};
enum { N_TOPICS = sizeof(topics) / sizeof(topics[0]) };

void
debug_fini(struct debug *d)
{
	client_free(d->client);
	d->client = NULL;
}

int
debug_fd(const struct debug *d)
{
	return d->client ? client_fd(d->client) : -1;
}

/* --- lines ----------------------------------------------------------------------------------- */

static const char *
label_of(uint32_t topic)
{
	for (size_t i = 0; i < N_TOPICS; i++)
		if (topics[i].topic == topic)
			return topics[i].label;
	return "DEBUG";
}

/* "Jan  1 2026 00:10:00 RTA IKE/7/EVENT:203.0.113.1: …" */
static void
print_line(struct shell *sh, const struct msg_ike_debug *m)
{
	char when[32] = "", peer[ADDR_STRLEN + 2] = "", name[ADDR_STRLEN];
	time_t now = out_now(sh->out);
	struct tm tm;
	struct row r;
	const char *host = "-";

	if (localtime_r(&now, &tm))
		strftime(when, sizeof(when), "%b %e %Y %H:%M:%S", &tm);
	if (!row_get(sh->store, &model_system, &VALUE_OF_INT(1), sh->scratch, &r))
		host = display_column_text(&r, "sysname");
	if (m->remote.af)
		snprintf(peer, sizeof(peer), "%s: ", addr_format(&m->remote, name));
	out_linef(sh->out, "%s %s IKE/7/%s:%s%s", when, host, label_of(m->topic), peer, m->text);
}

void
debug_print(struct shell *sh)
{
	struct msg_ike_debug m;
	int rc;

	while ((rc = client_debug_line(sh->debug.client, &m)) == 1)
		print_line(sh, &m);
	if (rc < 0)
		debug_fini(&sh->debug);
	out_flush(sh->out);
}

/* --- switches -------------------------------------------------------------------------------- */

/* A new connection each time: what the old one still had to say is not what is wanted now. */
static int
subscribe(struct shell *sh, struct err *e)
{
	struct msg_ike_debugging m = { .mask = sh->debug.mask, .remote = sh->debug.remote };
	struct debug *d = &sh->debug;
	int rc;

	debug_fini(d);
	if (!m.mask || (sh->terminal && !(d->monitor && d->debugging)))
		return 0;
	if (!shell_client(sh, e))
		return -ECONNREFUSED;
	rc = client_connect(sh->dir, "debugging", &d->client, e);
	if (!rc)
		rc = client_debugging(d->client, &m, e);
	if (rc)
		debug_fini(d);
	return rc;
}

static int
follow(struct shell *sh)
{
	struct err e;
	int rc = subscribe(sh, &e);

	return rc ? shell_fail(sh, rc, &e) : 0;
}

/* Where there is no terminal to come back to. */
static int
show_until_interrupted(struct shell *sh)
{
	int rc;

	interrupt_begin();
	rc = follow(sh);
	if (!rc)
		out_line(sh->out, "Info: Debugging, press CTRL_C to stop.");
	out_flush(sh->out);
	while (!rc && sh->debug.client && !interrupt_seen(NULL)) {
		struct pollfd p = { .fd = debug_fd(&sh->debug), .events = POLLIN };

		if (poll(&p, 1, TICK_MS) > 0)
			debug_print(sh);
	}
	interrupt_end();
	debug_fini(&sh->debug);
	sh->debug.mask = 0;
	return rc;
}

static uint32_t
topics_of(const struct cli_match *m)
{
	for (size_t i = 0; i < N_TOPICS; i++)
		if (cli_has(m, topics[i].keyword))
			return topics[i].topic;
	return ALL;
}

int
action_debugging(void *app, const struct cli_match *m)
{
	struct shell *sh = app;
	const char *remote = cli_arg_text(m, "remote", NULL);
	struct debug *d = &sh->debug;

	d->mask |= topics_of(m);
	d->remote = (struct addr){ 0 };
	if (remote && addr_parse(remote, &d->remote))
		d->remote = (struct addr){ 0 };
	if (!sh->terminal)
		return show_until_interrupted(sh);
	if (!d->monitor || !d->debugging)
		out_line(sh->out,
			"Info: Type \"terminal monitor\" and \"terminal debugging\" to see it "
			"here.");
	return follow(sh);
}

int
action_undo_debugging(void *app, const struct cli_match *m)
{
	struct shell *sh = app;

	sh->debug.mask &= ~topics_of(m);
	return follow(sh);
}

/* Said without an answer: programs type it into every session. */
int
action_terminal(void *app, const struct cli_match *m)
{
	struct shell *sh = app;
	bool monitor = cli_has(m, "monitor"), on = !cli_has(m, "undo");

	*(monitor ? &sh->debug.monitor : &sh->debug.debugging) = on;
	return follow(sh);
}

int
display_debugging(struct shell *sh, const struct cli_match *m, struct err *e)
{
	char peer[ADDR_STRLEN + 16] = "", name[ADDR_STRLEN];

	(void)m;
	(void)e;
	if (sh->debug.remote.af)
		snprintf(peer, sizeof(peer), " (remote %s)", addr_format(&sh->debug.remote, name));
	for (size_t i = 0; i < N_TOPICS; i++)
		if (sh->debug.mask & topics[i].topic)
			out_linef(sh->out, "IKE %s debugging switch is on%s", topics[i].keyword,
				peer);
	return 0;
}
