/*
 * What went wrong with IKE, and how often what happened: failures, ends, counters. IKE says why in VRP's own
 * words (lib/state.def).
 */
#include "config.h"

#include "lib/addr.h"
#include "lib/err.h"
#include "shell/cli/cli.h"
#include "shell/display.h"
#include "shell/out.h"
#include "shell/shell.h"

#include <stdio.h>
#include <string.h>

#define ERROR(obj) ((const struct st_ike_error *)(obj))

static const char line[] =
	"  ------------------------------------------------------------------------------";

/* --- what failed, what ended ---------------------------------------------------------------- */

static size_t
by_text(const void *obj, char *out, size_t cap)
{
	const struct st_ike_error *e = ERROR(obj);

	return strlcpy(out, e->by_peer ? "The peer" : e->unanswered ? "-" : "This router", cap);
}

static size_t
role_text(const void *obj, char *out, size_t cap)
{
	return strlcpy(out, ERROR(obj)->initiator ? "Initiator" : "Responder", cap);
}

static size_t
endpoint_text(const void *obj, char *out, size_t cap)
{
	return display_endpoint(&ERROR(obj)->remote, ERROR(obj)->remote_port, out, cap);
}

static const struct layout_value error_values[] = {
	{ "endpoint", endpoint_text },
	{ "by", by_text },
	{ "role", role_text },
	{ 0 },
};

static const struct layout_column error_columns[] = {
	{ 2, "peer", "{remote}" },
	{ 21, "port", "{remote_port}" },
	{ 29, "error-reason", "{reason}" },
	{ 62, "version", "v{version}" },
	{ 72, "error-time", "{time!time}" },
	{ 0 },
};

static const struct layout_line error_card[] = {
	{ "---------------------------------------------" },
	{ " Peer                    : {endpoint}" },
	{ " IKE peer name           : {peer!dash}" },
	{ " Version                 : v{version}" },
	{ " Phase                   : {phase}" },
	{ " Role of this router     : {role}" },
	{ " Refused by              : {by}" },
	{ " Reason                  : {reason}" },
	{ " Detail                  : {detail!dash}" },
	{ " Offered                 : {offered!dash}" },
	{ " Configured              : {configured!dash}" },
	{ " Last time               : {time!time}" },
	{ " Times                   : {times}" },
	{ 0 },
};

static const struct layout_column offline_columns[] = {
	{ 2, "peer", "{remote}" },
	{ 21, "port", "{remote_port}" },
	{ 29, "offline-reason", "{reason}" },
	{ 50, "version", "v{version}" },
	{ 62, "offline-time", "{time!time}" },
	{ 0 },
};

/* The rows of a table that are of the peer which was asked for. */
static int
get_of_peer(struct shell *sh, const struct cli_match *m, enum state_table t,
	struct client_rows *rows, struct err *e)
{
	const char *remote = cli_arg_text(m, "remote", NULL);
	int rc = shell_state(sh, t, NULL, rows, e);
	struct addr a;
	size_t n = 0;

	if (rc || !remote)
		return rc;
	for (size_t i = 0; i < rows->n; i++) /* the address comes first in both tables */
		if (!addr_parse(remote, &a) && addr_eq(&a, rows->row[i]))
			rows->row[n++] = rows->row[i];
	rows->n = n;
	return 0;
}

static void
print_records(
	struct shell *sh, const char *title, const struct client_rows *rows, const struct layout *l)
{
	struct out *o = sh->out;

	if (!out_is_json(o)) {
		out_linef(o, "  Current info Num :%zu", rows->n);
		out_line(o, title);
		if (l->columns) {
			out_line(o, line);
			layout_header(o, l);
			out_line(o, line);
		}
	}
	for (size_t i = 0; i < rows->n; i++) {
		if (out_is_json(o))
			layout_json(o, l, rows->row[i]);
		else if (l->columns)
			layout_row(o, l, rows->row[i]);
		else
			layout_card(o, l, rows->row[i]);
	}
	if (l->columns && !out_is_json(o))
		out_line(o, line);
}

int
display_ike_errors(struct shell *sh, const struct cli_match *m, struct err *e)
{
	const struct layout l = { .record = &state_info(STATE_ike_error)->record,
		.values = error_values,
		.card = error_card,
		.columns = cli_has(m, "verbose") ? NULL : error_columns };
	struct client_rows rows;
	int rc = get_of_peer(sh, m, STATE_ike_error, &rows, e);

	if (!rc)
		print_records(sh, "  Ike error information:", &rows, &l);
	return rc;
}

int
display_ike_offline(struct shell *sh, const struct cli_match *m, struct err *e)
{
	const struct layout l = { .record = &state_info(STATE_ike_offline)->record,
		.columns = offline_columns };
	struct client_rows rows;
	int rc = get_of_peer(sh, m, STATE_ike_offline, &rows, e);

	if (!rc)
		print_records(sh, "  Ike offline information:", &rows, &l);
	return rc;
}

/* --- counters -------------------------------------------------------------------------------- */

enum { SECOND_COLUMN = 38 };

/* Parts of the display, and the groups of counters in each. Not "error:": programs take that for a failure. */
static const struct {
	const char *keyword, *title, *group, *subtitle;
} parts[] = {
	{ "error", "Error statistics:", "error", "Config error :" },
	{ "error", NULL, "payload", "Packet or payload error :" },
	{ "error", NULL, "drop", "Dropped by the state of the negotiation:" },
	{ "notify-info", "Notify statistics:", "notify", "Notify information:" },
	{ "packet", "Packet statistics:", "packet", "Packets:" },
	{ "sa", "SA statistics:", "sa", "SAs:" },
};

/* "Name :N", two on a line. */
static void
print_group(struct out *o, const struct client_rows *rows, const char *group)
{
	char text[160] = "";

	for (size_t i = 0; i < rows->n; i++) {
		const struct st_ike_statistic *st = rows->row[i];
		size_t len = strlen(text);

		if (strcmp(st->group, group) != 0)
			continue;
		if (len >= SECOND_COLUMN || strchr(text, '\n')) {
			text[strcspn(text, "\n")] = '\0';
			out_line(o, text);
			len = 0;
		}
		if (!len) {
			snprintf(text, sizeof(text), "%s :%llu", st->name,
				(unsigned long long)st->count);
			continue;
		}
		snprintf(text + len, sizeof(text) - len, "%*s%s :%llu\n",
			(int)(SECOND_COLUMN - len), "", st->name, (unsigned long long)st->count);
	}
	text[strcspn(text, "\n")] = '\0';
	if (*text)
		out_line(o, text);
}

static bool
has_group(const struct client_rows *rows, const char *group)
{
	for (size_t i = 0; i < rows->n; i++)
		if (!strcmp(((const struct st_ike_statistic *)rows->row[i])->group, group))
			return true;
	return false;
}

/* No part was named: all of them. */
static bool
part_wanted(const struct cli_match *m, const char *keyword)
{
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (cli_has(m, parts[i].keyword))
			return cli_has(m, keyword);
	return true;
}

static void
print_part(struct out *o, const struct client_rows *rows, size_t part)
{
	static const char rule[] =
		"-------------------------------------------------------------------";

	if (parts[part].title)
		out_line(o, parts[part].title);
	if (!has_group(rows, parts[part].group))
		return;
	out_line(o, rule);
	out_line(o, parts[part].subtitle);
	print_group(o, rows, parts[part].group);
	if (part + 1 == sizeof(parts) / sizeof(parts[0]) || parts[part + 1].title)
		out_line(o, rule);
}

int
display_ike_statistics(struct shell *sh, const struct cli_match *m, struct err *e)
{
	const struct layout l = { .record = &state_info(STATE_ike_statistic)->record };
	struct client_rows rows;
	int rc = shell_state(sh, STATE_ike_statistic, NULL, &rows, e);

	if (rc)
		return rc;
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (!part_wanted(m, parts[i].keyword))
			continue;
		if (!out_is_json(sh->out))
			print_part(sh->out, &rows, i);
		for (size_t k = 0; out_is_json(sh->out) && k < rows.n; k++)
			if (!strcmp(((const struct st_ike_statistic *)rows.row[k])->group,
				    parts[i].group))
				layout_json(sh->out, &l, rows.row[k]);
	}
	return 0;
}
