/*
 * Commands that do something: save, ping, and what a session says of its terminal.
 */
#include "config.h"

#include "lib/err.h"
#include "schema/row.h"
#include "shell/cli/cli.h"
#include "shell/commands.h"
#include "shell/display.h"
#include "shell/out.h"
#include "shell/ping.h"
#include "shell/session.h"
#include "shell/shell.h"
#include "shell/terminal.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* --- save ------------------------------------------------------------------------- */

struct text {
	char *p;
	size_t len;
	size_t cap;
	bool failed;
};

static void
text_line(void *arg, const char *line)
{
	struct text *t = arg;
	size_t len = strlen(line);

	if (t->len + len + 1 > t->cap) {
		size_t cap = 2 * (t->len + len + 1);
		char *grown = realloc(t->p, cap);

		if (!grown) {
			t->failed = true;
			return;
		}
		t->p = grown;
		t->cap = cap;
	}
	memcpy(t->p + t->len, line, len);
	t->p[t->len + len] = '\n';
	t->len += len + 1;
}

static int
save(struct shell *sh, struct err *e)
{
	struct client *c = shell_client(sh, e);
	struct text t = { 0 };
	struct cli_sink sink = { .line = text_line, .arg = &t };
	int rc;

	if (!c)
		return -ECONNREFUSED;
	rc = cli_render(sh->cli, sh->store, NULL, &sink);
	if (rc || t.failed)
		rc = err_set(e, rc ? rc : -ENOMEM, "", "The configuration cannot be written.");
	else
		rc = client_save(c, t.p, t.len, e);
	free(t.p);
	return rc;
}

int
action_save(void *app, const struct cli_match *m)
{
	struct shell *sh = app;
	const char *file = cli_arg_text(m, "file", "vrpcfg.cfg");
	struct err e;
	int rc;

	if (strcmp(file, "vrpcfg.cfg") != 0) {
		err_set(&e, -EINVAL, "", "The configuration is always saved as vrpcfg.cfg.");
		return shell_fail(sh, -EINVAL, &e);
	}
	if (!shell_ask(sh,
		    "Warning: The current configuration will be written to the device. "
		    "Continue? [Y/N]:"))
		return 0;
	out_line(sh->out, "Now saving the current configuration ......");
	rc = save(sh, &e);
	if (rc)
		return shell_fail(sh, rc, &e);
	out_line(sh->out, "Info: Save the configuration successfully.");
	return 0;
}

/* --- ping ------------------------------------------------------------------------- */

static int
connect_to(int fd, const struct addr *a)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	struct sockaddr_in6 sin6 = { .sin6_family = AF_INET6 };
	bool v6 = a->af == AF_INET6;

	memcpy(&sin.sin_addr, a->b, sizeof(sin.sin_addr));
	memcpy(&sin6.sin6_addr, a->b, sizeof(sin6.sin6_addr));
	return connect(fd, v6 ? (const struct sockaddr *)&sin6 : (const struct sockaddr *)&sin,
		       v6 ? sizeof(sin6) : sizeof(sin))
		? -errno
		: 0;
}

static int
ping(struct shell *sh, const struct cli_match *m, struct err *e)
{
	struct client *c = shell_client(sh, e);
	struct ping p = { .count = (unsigned int)cli_arg_int(m, "count", 5),
		.size = (unsigned int)cli_arg_int(m, "size", 56),
		.timeout_ms = (unsigned int)cli_arg_int(m, "timeout", 2000),
		.interval_ms = (unsigned int)cli_arg_int(m, "interval", 500),
		.interrupted = interrupt_seen };
	struct addr source = { 0 };
	const char *from = cli_arg_text(m, "source", NULL);
	int rc;

	if (!c)
		return -ECONNREFUSED;
	if (addr_parse(cli_arg_text(m, "host", ""), &p.destination) ||
		(from && addr_parse(from, &source)))
		return err_set(e, -EINVAL, "", "The address is invalid.");
	rc = session_settle(sh, e);
	if (rc)
		return rc;
	p.fd = client_ping_socket(c, &p.destination, &source, e);
	if (p.fd < 0)
		return p.fd;
	rc = connect_to(p.fd, &p.destination);
	if (rc)
		err_set(e, rc, "", "There is no way to this address: %s.", strerror(-rc));
	else if ((rc = ping_run(&p, sh->out)))
		err_set(e, rc, "", "No answer came.");
	close(p.fd);
	return rc;
}

int
action_ping(void *app, const struct cli_match *m)
{
	struct shell *sh = app;
	struct err e;
	int rc;

	interrupt_begin();
	rc = ping(sh, m, &e);
	if (!sh->terminal)
		interrupt_end();
	if (rc == -ENOENT && !sh->file)
		return rc; /* the statistics have said it */
	return rc ? shell_fail(sh, rc, &e) : 0;
}

/* --- the session's terminal --------------------------------------------------------- */

static void
set_length(struct shell *sh, size_t lines)
{
	sh->screen_length = lines;
	sh->pager.length = sh->mmi ? 0 : lines;
}

static void
say_temporary(struct shell *sh)
{
	out_line(sh->out,
		"Info: The configuration takes effect on the current user terminal "
		"interface only.");
}

int
action_screen_length(void *app, const struct cli_match *m)
{
	set_length(app, (size_t)cli_arg_int(m, "lines", 24));
	say_temporary(app);
	return 0;
}

int
action_undo_screen_length(void *app, const struct cli_match *m)
{
	struct shell *sh = app;
	size_t lines, columns;

	terminal_size(sh->terminal, &lines, &columns);
	set_length(sh, lines);
	say_temporary(sh);
	return 0;
}

int
action_screen_width(void *app, const struct cli_match *m)
{
	struct shell *sh = app;

	if (!shell_ask(sh,
		    "Warning: This command will change the default screen width. "
		    "Continue? [Y/N]:"))
		return 0;
	sh->pager.width = (size_t)cli_arg_int(m, "columns", 80);
	say_temporary(sh);
	return 0;
}

static int
set_mmi(struct shell *sh, bool on)
{
	sh->mmi = on;
	set_length(sh, sh->screen_length);
	return 0;
}

int
action_mmi(void *app, const struct cli_match *m)
{
	return set_mmi(app, true);
}

int
action_undo_mmi(void *app, const struct cli_match *m)
{
	return set_mmi(app, false);
}

/* What other routers' sessions know and ours need not: no logs are written to terminals. */
int
action_nothing(void *app, const struct cli_match *m)
{
	return 0;
}
