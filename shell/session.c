/*
 * A session of the shell: opens the candidate, runs lines, commits what they changed, and says what went
 * wrong. Knows neither what commands do nor how a line was typed.
 */
#include "config.h"

#include "shell/session.h"

#include "lib/arena.h"
#include "lib/err.h"
#include "schema/changes.h"
#include "schema/store.h"
#include "shell/commands.h"
#include "shell/edit.h"
#include "shell/offline.h"
#include "shell/out.h"
#include "shell/shell.h"
#include "shell/terminal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SETTLE_MS = 5000 };

static const struct command no_commands[] = { { .syntax = NULL } };

/* A private candidate of the store on disk. */
static int
read_offline(struct shell *sh, struct err *e)
{
	struct store *disk;
	void *image;
	size_t len;
	int rc = store_open_readonly(sh->dir, &disk, e);

	if (rc)
		return rc;
	sh->offline_revision = store_revision(disk);
	rc = store_image(disk, &image, &len);
	store_close(disk);
	if (rc)
		return err_set(e, rc, sh->dir, "The store cannot be read: %s.", strerror(-rc));
	rc = store_from_image(image, len, &sh->store, e);
	free(image);
	return rc ? rc : changes_record(sh->store);
}

/* No daemon answers: look at the store; where there is none yet, root makes one. */
static int
open_offline(struct shell *sh, struct err *e)
{
	struct err why;
	int rc = read_offline(sh, &why);

	if (!rc)
		return 0;
	sh->no_daemon = true;
	if (geteuid() == 0 && !offline_start(sh->dir, &sh->offline, &why))
		return client_image(offline_client(sh->offline), &sh->store, e);
	return err_set(e, -ECONNREFUSED, sh->dir,
		"No router runs on this state directory. Start it with: yongd -s %s (%s)", sh->dir,
		why.text);
}

static const char *
terminal_name(bool interactive, char *name, size_t cap)
{
	char tty[64] = "";

	if (!interactive || ttyname_r(STDIN_FILENO, tty, sizeof(tty)))
		strlcpy(tty, "batch", sizeof(tty));
	strlcpy(name, strncmp(tty, "/dev/", 5) ? tty : tty + 5, cap);
	return name;
}

static int
open_candidate(struct shell *sh, const struct session_options *o, struct err *e)
{
	char name[64];
	int rc;

	terminal_name(o->interactive, name, sizeof(name));
	if (o->sock >= 0)
		rc = client_new(o->sock, name, &sh->client, e);
	else
		rc = client_connect(sh->dir, name, &sh->client, e);
	if (rc == -ENOENT || rc == -ECONNREFUSED)
		return open_offline(sh, e);
	return rc ? rc : client_image(sh->client, &sh->store, e);
}

static void
open_terminal(struct shell *sh)
{
	size_t lines, columns;

	sh->terminal = terminal_open();
	if (!sh->terminal)
		return;
	terminal_size(sh->terminal, &lines, &columns);
	pager_init(&sh->pager, stdout, terminal_key, sh->terminal, lines, columns);
	sh->pager.interrupted = interrupt_seen;
	sh->screen_length = lines;
	interrupt_begin();
}

int
session_open(const struct session_options *o, struct shell **out, struct err *e)
{
	struct shell *sh = calloc(1, sizeof(*sh));
	bool may;
	int rc;

	*out = NULL;
	if (!sh)
		return err_set(e, -ENOMEM, "", "Out of memory.");
	sh->dir = o->dir;
	sh->json = o->json;
	sh->scratch = arena_new();
	recall_init(&sh->recall);
	rc = open_candidate(sh, o, e);
	if (rc)
		goto out;
	rc = -ENOMEM;
	if (o->interactive)
		open_terminal(sh);
	sh->out = out_new(o->stream, o->errors, sh->terminal ? &sh->pager : NULL);
	sh->cli = cli_new(&vrp_dialect, sh->store, o->batch ? no_commands : shell_commands, sh);
	if (!sh->out || !sh->cli) {
		err_set(e, rc, "", "The session cannot be made.");
		goto out;
	}
	may = sh->client ? client_may_configure(sh->client) : geteuid() == 0;
	cli_set_level(sh->cli, may ? CLI_MANAGE : CLI_MONITOR);
	if (o->batch)
		cli_enter_system(sh->cli);
	*out = sh;
	return 0;
out:
	session_close(sh);
	return rc;
}

void
session_close(struct shell *sh)
{
	if (!sh)
		return;
	edit_free(sh->edit);
	if (sh->terminal)
		interrupt_end();
	terminal_close(sh->terminal);
	cli_free(sh->cli);
	out_free(sh->out);
	store_close(sh->store);
	debug_fini(&sh->debug);
	client_free(sh->client);
	offline_stop(sh->offline);
	recall_fini(&sh->recall);
	arena_free(sh->scratch);
	free(sh);
}

int
shell_report(struct shell *sh, int code, size_t column, const char *text)
{
	if (!sh->file)
		out_line(sh->out, text);
	else if (!sh->line)
		out_error(sh->out, "%s: %s", sh->file, text);
	else
		out_error(sh->out, "%s:%u:%zu: %s", sh->file, sh->line, column + 1, text);
	return code;
}

int
shell_fail(struct shell *sh, int code, const struct err *e)
{
	return shell_fail_at(sh, code, 0, e);
}

int
shell_fail_at(struct shell *sh, int code, size_t column, const struct err *e)
{
	char text[512];

	bool told = !*e->object || strstr(e->text, e->object); /* the text names it itself */

	snprintf(text, sizeof(text), "Error: %s%s%s", told ? "" : e->object, told ? "" : ": ",
		e->text);
	return shell_report(sh, code, column, text);
}

struct client *
shell_client(struct shell *sh, struct err *e)
{
	if (sh->client)
		return sh->client;
	sh->no_daemon = true;
	err_set(e, -ECONNREFUSED, "", "The router is not running on %s. Start it with: yongd -s %s",
		sh->dir, sh->dir);
	return NULL;
}

/* Another candidate, after the old one could not be kept up. */
static int
refetch(struct shell *sh, struct err *e)
{
	struct client *c = sh->client ? sh->client : offline_client(sh->offline);
	struct store *fresh;
	int rc = client_image(c, &fresh, e);

	if (rc)
		return rc;
	cli_set_store(sh->cli, fresh);
	store_close(sh->store);
	sh->store = fresh;
	return 0;
}

/* To a yongd that was started again. */
static int
reconnect(struct shell *sh, struct err *e)
{
	struct client *c;
	char name[64];
	int rc;

	terminal_name(sh->terminal != NULL, name, sizeof(name));
	rc = client_connect(sh->dir, name, &c, e);
	if (rc)
		return rc;
	client_free(sh->client);
	sh->client = c;
	return refetch(sh, e);
}

/* Sees what other operators have committed. */
static int
catch_up(struct shell *sh)
{
	struct err e, again;
	bool changed = false;
	int rc;

	if (!sh->client)
		return 0;
	rc = client_catchup(sh->client, sh->store, &changed, &e);
	if (rc == -ESTALE)
		rc = refetch(sh, &e);
	else if (!rc && changed)
		cli_set_store(sh->cli, sh->store);
	if (rc == -EPIPE && !reconnect(sh, &again))
		rc = 0;
	sh->no_daemon = rc == -EPIPE;
	return rc ? shell_fail(sh, rc, &e) : 0;
}

/* Who takes the changes: yongd, or its helper. */
static int
committer(struct shell *sh, struct client **out, struct err *e)
{
	int rc = 0;

	*out = sh->client;
	if (sh->client)
		return 0;
	if (!sh->offline) {
		rc = offline_start(sh->dir, &sh->offline, e);
		if (rc)
			return rc;
		if (client_revision(offline_client(sh->offline)) != sh->offline_revision)
			return err_set(e, -EBUSY, "",
				"The configuration was changed meanwhile. Start yongsh again.");
	}
	if (!sh->offline_said)
		out_error(sh->out,
			"Info: The router is not running. The configuration is stored and "
			"takes effect when yongd starts.");
	sh->offline_said = true;
	*out = offline_client(sh->offline);
	return 0;
}

int
session_commit(struct shell *sh, const char *text, bool keep, struct err *e)
{
	struct client *c;
	char warning[256];
	int rc;

	if (!changes_pending(sh->store))
		return 0;
	rc = committer(sh, &c, e);
	if (rc)
		return rc;
	rc = client_commit(c, sh->store, text, keep, warning, e);
	if (rc && rc != -ESTALE)
		return rc;
	sh->unsettled = sh->client != NULL;
	if (rc == -ESTALE && (rc = refetch(sh, e)))
		return rc;
	if (*warning && sh->file)
		out_error(sh->out, "Warning: %s", warning);
	else if (*warning)
		out_linef(sh->out, "Warning: %s", warning);
	return 0;
}

/* Takes back what was recorded but could not even be handed in. */
static void
discard(struct shell *sh)
{
	void *changeset = NULL, *inverse = NULL;
	size_t len, inverse_len;

	if (changes_take(sh->store, &changeset, &len) || !len)
		goto out;
	if (!changes_invert(changeset, len, &inverse, &inverse_len))
		changes_apply(sh->store, inverse, inverse_len, NULL);
	changes_record(sh->store);
out:
	free(inverse);
	free(changeset);
}

static int
commit_line(struct shell *sh, const char *line)
{
	char masked[1024];
	struct err e;
	int rc;

	cli_mask(sh->cli, line, masked, sizeof(masked));
	rc = session_commit(sh, masked, true, &e);
	if (!rc)
		return 0;
	discard(sh);
	cli_set_store(sh->cli, sh->store);
	return shell_fail(sh, rc, &e);
}

static int
settle_tick(void *arg, unsigned int ms)
{
	return ms >= SETTLE_MS || interrupt_seen(NULL);
}

int
session_settle(struct shell *sh, struct err *e)
{
	struct msg_applied m;
	int rc;

	if (!sh->unsettled)
		return 0;
	rc = client_wait_applied(sh->client, settle_tick, sh, &m, e);
	if (rc == -EINTR)
		return 0; /* slow; what is shown may be of before */
	sh->unsettled = false;
	return rc;
}

int
shell_state(struct shell *sh, enum state_table t, const char *filter, struct client_rows *rows,
	struct err *e)
{
	struct client *c = shell_client(sh, e);
	int rc;

	if (!c)
		return -ECONNREFUSED;
	rc = session_settle(sh, e);
	return rc ? rc : client_state(c, t, filter, sh->scratch, rows, e);
}

/* VRP's caret stands below the line as it was typed, behind the prompt. */
static int
refuse(struct shell *sh, int rc, const struct cli_error *error, size_t prompt_len)
{
	struct err e;

	if (!sh->file && cli_error_has_caret(error))
		out_linef(sh->out, "%*s^", (int)(prompt_len + error->column), "");
	shell_report(sh, rc, error->column, error->text);
	if (error->kind == CLI_NO_PERMISSION && !sh->client) {
		sh->no_daemon = true;
		err_set(&e, rc, "",
			"The router is not running: only root can change its "
			"configuration now. Start it with: yongd -s %s",
			sh->dir);
		shell_fail(sh, rc, &e);
	}
	return rc;
}

int
session_line(struct shell *sh, const char *line)
{
	struct cli_result r = { 0 };
	char prompt[128];
	size_t prompt_len;
	int rc;

	arena_free(sh->scratch);
	sh->scratch = arena_new();
	prompt_len = cli_prompt(sh->cli, prompt, sizeof(prompt));
	if (line[strspn(line, " \t")] && (rc = catch_up(sh)))
		return rc;
	rc = cli_exec(sh->cli, line, &r);
	if (r.error.kind != CLI_OK)
		return refuse(sh, rc ? rc : -EINVAL, &r.error, prompt_len);
	if (r.info)
		out_line(sh->out, r.info);
	if (r.warning)
		shell_report(sh, 0, 0, r.warning);
	if (r.did == CLI_DID_LOGOUT)
		return 1;
	if (!rc && r.changed)
		rc = commit_line(sh, line);
	return rc;
}

/* --- on a terminal ---------------------------------------------------------------- */

static const char *
prompt_of(void *arg, char *out, size_t cap)
{
	struct shell *sh = arg;

	cli_prompt(sh->cli, out, cap);
	return out;
}

static void
help_of(void *arg, const char *line)
{
	struct shell *sh = arg;
	struct cli_sink sink = out_sink(sh->out);
	struct cli_error e;
	char prompt[128];

	out_begin(sh->out, NULL, 0, false, NULL);
	if (cli_help(sh->cli, line, &sink, &e)) {
		if (cli_error_has_caret(&e))
			out_linef(sh->out, "%*s^",
				(int)(cli_prompt(sh->cli, prompt, sizeof(prompt)) + e.column), "");
		out_line(sh->out, e.text);
	}
	out_end(sh->out);
}

static size_t
complete_of(void *arg, const char *line, size_t *start, edit_word_fn *fn, void *fn_arg)
{
	struct shell *sh = arg;

	return cli_complete(sh->cli, line, start, fn, fn_arg);
}

/* "y" and "yes" are 1, "n" and "no" 0, anything else -1. */
static int
yes_or_no(const char *answer)
{
	char word[8] = "";

	sscanf(answer, "%7s", word);
	if (!strcasecmp(word, "y") || !strcasecmp(word, "yes"))
		return 1;
	return !strcasecmp(word, "n") || !strcasecmp(word, "no") ? 0 : -1;
}

bool
shell_ask(struct shell *sh, const char *question)
{
	char answer[64];
	int said;

	if (!sh->terminal || sh->mmi)
		return true;
	do {
		out_question(sh->out, question);
		if (terminal_answer(sh->terminal, answer, sizeof(answer)))
			return false;
		question = "Error: Please choose 'YES' or 'NO' first before pressing 'Enter'. "
			   "[Y/N]:";
		said = yes_or_no(answer);
	} while (said < 0);
	return said;
}

static void
welcome(struct shell *sh)
{
	out_line(sh->out, "");
	if (!sh->client)
		out_linef(sh->out,
			"Warning: The router is not running. Its configuration can be looked at%s.",
			geteuid() ? "" : " and changed");
	else if (!client_may_configure(sh->client))
		out_line(sh->out, "Info: You may look at this router but not configure it.");
	out_flush(sh->out);
}

static void
remember(struct shell *sh, const char *line)
{
	char grammar[2048], masked[2048];

	cli_mask(sh->cli, line, grammar, sizeof(grammar));
	recall_mask(grammar, masked, sizeof(masked));
	recall_add(&sh->recall, masked);
	edit_history(sh->edit, &sh->recall);
}

static int
news_fd_of(void *arg)
{
	return debug_fd(&((struct shell *)arg)->debug);
}

static void
news_of(void *arg)
{
	debug_print(arg);
}

int
session_interactive(struct shell *sh)
{
	const struct edit_ops ops = { .prompt = prompt_of,
		.help = help_of,
		.complete = complete_of,
		.news_fd = news_fd_of,
		.news = news_of,
		.arg = sh };
	const char *line;
	int rc = 0;

	sh->edit = edit_new(&ops);
	if (!sh->edit)
		return -ENOMEM;
	welcome(sh);
	while (rc != 1 && (line = edit_line(sh->edit))) {
		if (line == EDIT_RETURN) {
			cli_return(sh->cli);
			continue;
		}
		remember(sh, line);
		interrupt_seen(NULL); /* one of before is not this line's */
		rc = session_line(sh, line);
		out_flush(sh->out);
	}
	return 0;
}
