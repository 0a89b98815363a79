/*
 * A session: its stack of views, and one line after the other through match and apply. A line that the
 * current view does not know is looked for in the system view. Prints nothing.
 */
#include "config.h"

#include "shell/cli/cli.h"

#include "lib/arena.h"
#include "lib/log.h"
#include "schema/row.h"
#include "schema/type.h"
#include "shell/cli/session.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct value system_key = { .kind = VALUE_INT, .i = 1 };

static void
frame_fini(struct frame *f)
{
	for (unsigned int i = 0; i < f->n_key; i++)
		if (f->key[i].kind == VALUE_TEXT)
			free((char *)f->key[i].s);
	*f = (struct frame){ 0 };
}

static void
go_to_depth(struct cli *cli, unsigned int depth)
{
	while (cli->depth > depth)
		frame_fini(&cli->frames[cli->depth--]);
	if (cli->depth < depth)
		cli->depth = depth;
}

struct cli *
cli_new(const struct dialect *dialect, struct store *candidate, const struct command *commands,
	void *app)
{
	struct cli *cli = calloc(1, sizeof(*cli));
	const char *why;

	if (!cli)
		return NULL;
	defaults_init(&cli->apply.defaults);
	cli->store = candidate;
	cli->app = app;
	cli->level = CLI_MANAGE;
	if (grammar_init(&cli->grammar, dialect, commands, &why)) {
		log_error("grammar: %s", why);
		cli_free(cli);
		return NULL;
	}
	cli->frames[0].place = &cli->grammar.user;
	cli->frames[1].place = &cli->grammar.system;
	return cli;
}

void
cli_free(struct cli *cli)
{
	if (!cli)
		return;
	go_to_depth(cli, 0);
	defaults_fini(&cli->apply.defaults);
	seen_fini(&cli->apply.seen);
	grammar_fini(&cli->grammar);
	free(cli);
}

void
cli_enter_system(struct cli *cli)
{
	cli_return(cli);
	cli->frames[1].place = &cli->grammar.system;
	cli->depth = 1;
}

void
cli_return(struct cli *cli)
{
	go_to_depth(cli, 0);
}

bool
cli_in_user_view(const struct cli *cli)
{
	return !cli->depth;
}

const struct table *
cli_view_row(const struct cli *cli, const struct value **key)
{
	const struct frame *f = session_top(cli);

	*key = f->key;
	return f->place->view ? f->place->section->table : NULL;
}

void
cli_set_level(struct cli *cli, unsigned int level)
{
	cli->level = level;
}

struct store *
cli_store(struct cli *cli)
{
	return cli->store;
}

/* Leaves views whose row is gone. */
static void
leave_lost_views(struct cli *cli)
{
	for (unsigned int i = 2; i <= cli->depth; i++) {
		struct frame *f = &cli->frames[i];
		struct arena *a = arena_new();
		struct row r;
		bool lost = !cli->store ||
			row_get(cli->store, f->place->section->table, f->key, a, &r) != 0;

		arena_free(a);
		if (lost) {
			go_to_depth(cli, i - 1);
			return;
		}
	}
}

void
cli_set_store(struct cli *cli, struct store *candidate)
{
	cli->store = candidate;
	seen_forget(&cli->apply.seen);
	leave_lost_views(cli);
}

static void
append(char *out, size_t cap, const char *text, size_t len)
{
	size_t used = strlen(out);

	if (used + len + 1 > cap)
		len = cap - used - 1;
	memcpy(out + used, text, len);
	out[used + len] = '\0';
}

/* "acl-adv-<number>": a view's prompt with its key filled in. */
static void
append_view(const struct frame *f, struct arena *a, char *out, size_t cap)
{
	const struct table *t = f->place->section->table;
	const char *p = f->place->view->prompt;

	append(out, cap, "-", 1);
	while (*p) {
		size_t len = strcspn(p, "<");
		char name[64];
		const char *word;
		int c;

		append(out, cap, p, len);
		p += len;
		if (!*p)
			return;
		len = strcspn(++p, ">");
		strlcpy(name, p, len + 1 < sizeof(name) ? len + 1 : sizeof(name));
		p += len + (p[len] == '>');
		c = model_column(t, name);
		word = c < 0 ? "" : type_text(t->columns[c].type, &f->key[c], a);
		append(out, cap, word, strlen(word));
	}
}

size_t
cli_prompt(const struct cli *cli, char *out, size_t cap)
{
	struct arena *a = arena_new();
	const char *sysname = "Huawei";
	struct row r;
	int c = model_column(&model_system, "sysname");

	if (cli->store && !row_get(cli->store, &model_system, &system_key, a, &r))
		sysname = r.v[c].s;
	out[0] = '\0';
	append(out, cap, cli->depth ? "[" : "<", 1);
	append(out, cap, sysname, strlen(sysname));
	if (cli->depth > 1)
		append_view(session_top(cli), a, out, cap);
	append(out, cap, cli->depth ? "]" : ">", 1);
	arena_free(a);
	return strlen(out);
}

void
session_error(struct cli_error *e, enum cli_error_kind kind, size_t column)
{
	static const char *const texts[] = {
		[CLI_UNRECOGNIZED] = "Error: Unrecognized command found at '^' position.",
		[CLI_INCOMPLETE] = "Error: Incomplete command found at '^' position.",
		[CLI_AMBIGUOUS] = "Error: Ambiguous command found at '^' position.",
		[CLI_WRONG_PARAMETER] = "Error: Wrong parameter found at '^' position.",
		[CLI_TOO_MANY] = "Error: Too many parameters found at '^' position.",
		[CLI_NO_PERMISSION] = "Error: You do not have permission to run the command or "
				      "the command is incomplete.",
	};

	e->kind = kind;
	e->column = column;
	e->text[0] = '\0';
	if (kind < sizeof(texts) / sizeof(texts[0]) && texts[kind])
		strlcpy(e->text, texts[kind], sizeof(e->text));
}

enum cli_error_kind
session_read(struct cli *cli, const struct place *p, struct matcher *m, const char *line,
	size_t limit, struct arena *a, size_t *column)
{
	matcher_init(m, line, cli->grammar.pipe, a);
	for (size_t i = 0; i < p->set.n; i++)
		matcher_add(m, p->set.rules[i]);
	return matcher_read(m, limit, column);
}

/* The line, understood by the current view or else by the system view; or the error of the one that
 * understood more of it. Returns the place, or NULL. */
static const struct place *
understand(struct cli *cli, const char *line, struct arena *a, struct cli_match *out,
	struct cli_error *error)
{
	const struct place *p = session_top(cli)->place;

	for (bool first = true; p; p = session_next_place(cli, p), first = false) {
		struct matcher m;
		size_t column;
		enum cli_error_kind kind = session_read(cli, p, &m, line, strlen(line), a, &column);

		if (!kind)
			kind = matcher_end(&m, out, &column);
		if (!kind)
			return p;
		if (first || column > error->column)
			session_error(error, kind, column);
		if (kind == CLI_AMBIGUOUS)
			break;
	}
	return NULL;
}

static int
move(struct cli *cli, enum rule_move to, struct cli_result *result)
{
	result->did = CLI_DID_MOVE;
	if (to == MOVE_SYSTEM) {
		cli_enter_system(cli);
		result->info = "Enter system view, return user view with Ctrl+Z.";
	} else if (to == MOVE_RETURN) {
		cli_return(cli);
	} else if (cli->depth) {
		go_to_depth(cli, cli->depth - 1);
	} else {
		result->did = CLI_DID_LOGOUT;
	}
	return 0;
}

static const struct view *
view_of(const struct section *s, const struct value *v)
{
	struct row r = { .table = s->table, .v = (struct value *)v };

	for (const struct view *view = s->views; view->prompt; view++)
		if (!view->fits || view->fits(&r))
			return view;
	return NULL;
}

static int
enter_view(struct cli *cli, const struct section *s, const struct value *v)
{
	const struct view *view = view_of(s, v);
	struct frame *f;

	if (!view)
		return -ENOTSUP;
	go_to_depth(cli, 1);
	f = &cli->frames[++cli->depth];
	f->place = grammar_place(&cli->grammar, view);
	for (; f->n_key < s->table->n_key; f->n_key++) {
		f->key[f->n_key] = v[f->n_key];
		if (v[f->n_key].kind == VALUE_TEXT)
			f->key[f->n_key].s = strdup(v[f->n_key].s);
	}
	return 0;
}

/* What is to be said about a keyword that was chosen. */
static const char *
warning_of(const struct cli_match *m)
{
	for (const struct capture *c = m->last; c; c = c->prev)
		if (c->choice && c->choice->warning)
			return c->choice->warning;
	return NULL;
}

static int
configure(struct cli *cli, const struct place *p, const struct cli_match *m,
	struct cli_result *result)
{
	const struct rule *r = m->rule;
	const struct frame *top = session_top(cli);
	bool own = p->view != NULL; /* rows in a view have its key in front */
	struct typed ty = { .store = cli->store,
		.arena = m->arena,
		.match = m,
		.view_key = own ? top->key : &system_key,
		.error = &result->error };
	int err;

	result->did = r->kind == RULE_ENTER ? CLI_DID_MOVE : CLI_DID_CONFIGURE;
	if (r->kind == RULE_ENTER) {
		err = apply_enter(&ty, r, &cli->apply);
		if (!err)
			err = enter_view(cli, r->section, ty.v);
	} else if (r->kind == RULE_DELETE) {
		err = apply_delete(&ty, r, &cli->apply);
	} else {
		err = apply_line(&ty, r, own ? top->n_key : !r->line->table, &cli->apply);
	}
	if (err && !result->error.kind)
		typed_refuse(&ty, "The configuration cannot be changed: %s.", strerror(-err));
	result->changed = !err && (r->kind != RULE_ENTER || !ty.old);
	if (!err && r->kind == RULE_SET)
		result->warning = warning_of(m);
	if (!err && r->kind == RULE_DELETE)
		leave_lost_views(cli);
	return err;
}

static int
run(struct cli *cli, const struct place *p, const struct cli_match *m, struct cli_result *result)
{
	const struct rule *r = m->rule;

	if (r->level > cli->level) {
		session_error(&result->error, CLI_NO_PERMISSION, 0);
		return -EACCES;
	}
	if (r->kind == RULE_MOVE)
		return move(cli, r->move, result);
	if (r->kind == RULE_COMMAND) {
		result->did = CLI_DID_COMMAND;
		result->command = r->command;
		return r->command->run(cli->app, m);
	}
	if (!cli->store) {
		session_error(&result->error, CLI_REFUSED, 0);
		strlcpy(result->error.text, "Error: There is no configuration to change.",
			sizeof(result->error.text));
		return -ENODEV;
	}
	return configure(cli, p, m, result);
}

/* "#" separates the parts of a configuration: back to the system view. "!" begins a comment. */
static bool
is_separator(struct cli *cli, const char *line)
{
	line += strspn(line, " \t\r\n");
	if (*line == '#' && cli->depth > 1)
		go_to_depth(cli, 1);
	return !*line || *line == '#' || *line == '!';
}

static bool
has_secret(const struct cli_match *m)
{
	for (const struct capture *c = m->last; c; c = c->prev)
		if (c->node->kind == NODE_PARAM && c->node->type->secret)
			return true;
	return false;
}

int
cli_exec(struct cli *cli, const char *line, struct cli_result *result)
{
	struct arena *a;
	struct cli_match m;
	const struct place *p;
	int err;

	*result = (struct cli_result){ 0 };
	if (is_separator(cli, line))
		return 0;
	a = arena_new();
	p = understand(cli, line, a, &m, &result->error);
	if (p)
		result->error = (struct cli_error){ 0 };
	err = p ? run(cli, p, &m, result) : -EINVAL;
	if (p && has_secret(&m))
		arena_wipe(a);
	arena_free(a);
	return err;
}

enum { MASKED = '\1' };

static void
mask_captures(const struct capture *last, char *line)
{
	for (const struct capture *c = last; c; c = c->prev)
		if (c->node->kind == NODE_PARAM && c->node->type->secret)
			memset(line + c->start, MASKED, c->end - c->start);
}

/* A secret becomes ******, whatever its length. */
static void
write_masked(const char *line, char *out, size_t cap)
{
	out[0] = '\0';
	while (*line) {
		size_t len = strcspn(line, "\1");

		append(out, cap, line, len);
		line += len;
		if (*line == MASKED)
			append(out, cap, "******", 6);
		line += strspn(line, "\1");
	}
}

void
cli_mask(struct cli *cli, const char *line, char *out, size_t cap)
{
	struct arena *a = arena_new();
	char *masked = arena_strdup(a, line);

	for (const struct place *p = session_top(cli)->place; p; p = session_next_place(cli, p)) {
		struct matcher m;
		size_t column;

		session_read(cli, p, &m, line, strlen(line), a, &column);
		for (size_t i = 0; i < m.n; i++)
			mask_captures(m.threads[i].last, masked);
	}
	write_masked(masked, out, cap);
	arena_wipe(a);
	arena_free(a);
}
