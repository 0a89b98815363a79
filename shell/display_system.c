/*
 * Displays of the router as a whole: version, clock, startup files, history, what does not run.
 */
#include "config.h"

#include "lib/err.h"
#include "shell/display.h"
#include "shell/out.h"
#include "shell/shell.h"

#include <errno.h>
#include <string.h>

/* The one row of the table `system`. */
static int
system_row(struct shell *sh, const struct st_system **out, struct err *e)
{
	struct client_rows rows;
	int rc = shell_state(sh, STATE_system, NULL, &rows, e);

	if (rc)
		return rc;
	if (!rows.n)
		return err_set(e, -ENODATA, "", "The router does not say how it is.");
	*out = rows.row[0];
	return 0;
}

static int
show_card(struct shell *sh, const struct layout *l, const void *obj)
{
	if (out_is_json(sh->out))
		layout_json(sh->out, l, obj);
	else
		layout_card(sh->out, l, obj);
	return 0;
}

int
display_version(struct shell *sh, const struct cli_match *m, struct err *e)
{
	/* what clients look for, and nothing that is not true */
	static const struct layout_line card[] = {
		{ "Huawei Versatile Routing Platform Software compatible CLI" },
		{ "Yongdao router software, Version 5.170 (Yongdao {version})" },
		{ "Copyright (C) 2026 The Yongdao authors. Command line compatible with Huawei "
		  "VRP." },
		{ "Huawei VRP-compatible Yongdao uptime is {uptime_s!uptime}" },
		{ 0 },
	};
	const struct layout l = { .record = &state_info(STATE_system)->record, .card = card };
	struct st_system offline = { .version = PACKAGE_VERSION };
	const struct st_system *row = &offline;
	int rc = sh->client ? system_row(sh, &row, e) : 0;

	return rc ? rc : show_card(sh, &l, row);
}

int
display_clock(struct shell *sh, const struct cli_match *m, struct err *e)
{
	static const struct layout_line card[] = {
		{ "{now!time}" },
		{ "{now!weekday}" },
		{ "Time Zone({now!zone}) : {now!offset}" },
		{ 0 },
	};

	layout_card(sh->out, &(struct layout){ .card = card }, NULL);
	return 0;
}

static size_t
saved_file(const void *obj, char *out, size_t cap)
{
	return strlcpy(out, ((const struct st_system *)obj)->saved ? "vrpcfg.cfg" : "null", cap);
}

int
display_startup(struct shell *sh, const struct cli_match *m, struct err *e)
{
	static const struct layout_value values[] = { { "saved_file", saved_file }, { 0 } };
	static const struct layout_line card[] = {
		{ "MainBoard: " },
		{ "  Startup system software:                   yongdao-{version}" },
		{ "  Next startup system software:              yongdao-{version}" },
		{ "  Backup system software for next startup:   null" },
		{ "  Startup saved-configuration file:          {saved_file}" },
		{ "  Next startup saved-configuration file:     {saved_file}" },
		{ "  Startup license file:                      null" },
		{ "  Next startup license file:                 null" },
		{ "  Startup patch package:                     null" },
		{ "  Next startup patch package:                null" },
		{ "  Startup voice-files:                       null" },
		{ "  Next startup voice-files:                  null" },
		{ 0 },
	};
	const struct layout l = {
		.record = &state_info(STATE_system)->record, .values = values, .card = card
	};
	const struct st_system *row;
	int rc = system_row(sh, &row, e);

	return rc ? rc : show_card(sh, &l, row);
}

int
display_history(struct shell *sh, const struct cli_match *m, struct err *e)
{
	for (size_t i = 0; i < sh->recall.n; i++)
		out_linef(sh->out, "  %s", sh->recall.line[i]);
	return 0;
}

/* Every configured object that does not run, and why. */
int
display_status(struct shell *sh, const struct cli_match *m, struct err *e)
{
	static const struct layout_line card[] = {
		{ "Revision of the configuration : {revision}" },
		{ "Revision applied              : {applied}" },
		{ "Revision saved                : {saved}" },
		{ "Datapath                      : {datapath_up!UPDOWN}, started again "
		  "{datapath_restarts} times" },
		{ 0 },
	};
	static const struct layout_column columns[] = {
		{ 0, "Object", "{name}" },
		{ 33, "Status", "{status}" },
		{ 45, "Reason", "{reason}" },
		{ 0 },
	};
	const struct layout system = { .record = &state_info(STATE_system)->record, .card = card };
	const struct layout l = { .record = &state_info(STATE_object)->record, .columns = columns };
	const struct st_system *row;
	struct client_rows rows;
	int rc = system_row(sh, &row, e);

	if (!rc)
		rc = shell_state(sh, STATE_object, NULL, &rows, e);
	if (rc)
		return rc;
	if (!out_is_json(sh->out)) {
		layout_card(sh->out, &system, row);
		out_line(sh->out, "");
		if (rows.n)
			layout_header(sh->out, &l);
		else
			out_line(sh->out, "Everything that is configured runs.");
	}
	for (size_t i = 0; i < rows.n; i++) {
		if (out_is_json(sh->out))
			layout_json(sh->out, &l, rows.row[i]);
		else
			layout_row(sh->out, &l, rows.row[i]);
	}
	return 0;
}

/* Only the own session: others are not known here. */
int
display_users(struct shell *sh, const struct cli_match *m, struct err *e)
{
	static const char *const titles[] = {
		"  User-Intf    Delay    Type   Network Address     AuthenStatus    AuthorcmdFlag",
		NULL,
	};

	layout_lines(sh->out, titles);
	out_linef(sh->out, "+ %-12s 00:00:00                            pass            no",
		sh->terminal ? "VTY" : "BATCH");
	out_linef(sh->out, "  Username : %s", sh->client ? client_user(sh->client) : "root");
	return 0;
}
