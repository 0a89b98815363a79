/*
 * packet-capture: what the operator sees of a capture while yongcap writes it, and which files there are.
 */
#include "config.h"

#include "lib/err.h"
#include "shell/cli/cli.h"
#include "shell/commands.h"
#include "shell/display.h"
#include "shell/out.h"
#include "shell/session.h"
#include "shell/shell.h"
#include "shell/terminal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { DEFAULT_PACKETS = 1000 };

struct watcher {
	struct shell *sh;
	bool begun;
	bool line; /* a line of progress stands on the terminal */
};

/* --- the capture ------------------------------------------------------------------------------ */

static void
show_progress(struct watcher *w, const struct msg_capture_progress *p)
{
	char text[80];

	if (!w->begun) {
		out_line(w->sh->out, "Info: Capturing, press CTRL_C to stop.");
		out_flush(w->sh->out);
		w->begun = true;
	}
	if (!w->sh->terminal || w->sh->mmi)
		return;
	snprintf(text, sizeof(text), "\r  %llu packet(s), %llu bytes",
		(unsigned long long)p->packets, (unsigned long long)p->bytes);
	out_progress(w->sh->out, text);
	w->line = true;
}

/* What came, or NULL each moment: is the operator through with it? */
static bool
on_progress(void *arg, const struct msg_capture_progress *p)
{
	if (p)
		show_progress(arg, p);
	return interrupt_seen(NULL);
}

static void
show_end(struct watcher *w, const struct msg_capture_done *d)
{
	static const char *const ends[] = {
		[MSG_CAPTURE_STOPPED] = "stopped",
		[MSG_CAPTURE_PACKETS] = "complete",
		[MSG_CAPTURE_BYTES] = "ended: the file has reached its largest size",
		[MSG_CAPTURE_SECONDS] = "ended: it has reached its longest time",
	};
	struct out *o = w->sh->out;

	out_linef(o, "Info: Capture %s.",
		d->end < sizeof(ends) / sizeof(ends[0]) ? ends[d->end] : "ended");
	out_linef(o, "  Packets : %llu (%llu more were lost)", (unsigned long long)d->packets,
		(unsigned long long)d->dropped);
	out_linef(o, "  File    : %s/captures/%s (%llu bytes)", w->sh->dir, d->file,
		(unsigned long long)d->bytes);
}

static int
run_capture(struct shell *sh, const struct cli_match *m, struct err *e)
{
	struct client *c = shell_client(sh, e);
	struct watcher w = { .sh = sh };
	struct msg_capture_start start = {
		.decrypted = cli_has(m, "decrypted"),
		.acl = (uint32_t)cli_arg_int(m, "acl", cli_arg_int(m, "acl6", 0)),
		.acl6 = cli_arg(m, "acl6") != NULL,
		.packets = (uint32_t)cli_arg_int(m, "packets", DEFAULT_PACKETS),
	};
	struct msg_capture_done done;
	const char *file = cli_arg_text(m, "file", "");
	int rc = c ? session_settle(sh, e) : -ECONNREFUSED;

	if (rc)
		return rc;
	if (strlcpy(start.file, file, sizeof(start.file)) >= sizeof(start.file))
		return err_set(e, -ENAMETOOLONG, "", "The name of the file is too long.");
	strlcpy(start.interface, cli_arg_text(m, "interface", ""), sizeof(start.interface));
	rc = client_capture(c, &start, on_progress, &w, &done, e);
	if (w.line)
		out_progress(sh->out, "\n");
	if (!rc)
		show_end(&w, &done);
	return rc;
}

int
action_capture(void *app, const struct cli_match *m)
{
	struct shell *sh = app;
	struct err e;
	int rc;

	interrupt_begin();
	rc = run_capture(sh, m, &e);
	if (!sh->terminal)
		interrupt_end();
	return rc ? shell_fail(sh, rc, &e) : 0;
}

/* --- the files -------------------------------------------------------------------------------- */

static size_t
time_text(const void *obj, char *out, size_t cap)
{
	time_t when = (time_t)((const struct st_capture *)obj)->time;
	struct tm tm;

	localtime_r(&when, &tm);
	return strftime(out, cap, "%Y-%m-%d %H:%M:%S", &tm);
}

static size_t
state_text(const void *obj, char *out, size_t cap)
{
	const struct st_capture *st = obj;

	if (!st->running)
		return strlcpy(out, "complete", cap);
	return (size_t)snprintf(out, cap, "running on %s%s, %llu packet(s)", st->interface,
		st->decrypted ? " (decrypted)" : "", (unsigned long long)st->packets);
}

int
display_capture(struct shell *sh, const struct cli_match *m, struct err *e)
{
	static const struct layout_value values[] = {
		{ "written", time_text },
		{ "state", state_text },
		{ 0 },
	};
	static const struct layout_column columns[] = {
		{ 0, "File", "{file}" },
		{ 33, "Bytes", "{bytes}" },
		{ 43, "Last written", "{written}" },
		{ 64, "State", "{state}" },
		{ 0 },
	};
	const struct layout l = {
		.record = &state_info(STATE_capture)->record, .values = values, .columns = columns
	};
	struct client_rows rows;
	int rc = shell_state(sh, STATE_capture, NULL, &rows, e);

	if (rc)
		return rc;
	if (!out_is_json(sh->out)) {
		out_linef(sh->out, "Files in %s/captures : %zu", sh->dir, rows.n);
		if (rows.n)
			layout_header(sh->out, &l);
	}
	for (size_t i = 0; i < rows.n; i++) {
		if (out_is_json(sh->out))
			layout_json(sh->out, &l, rows.row[i]);
		else
			layout_row(sh->out, &l, rows.row[i]);
	}
	return 0;
}
