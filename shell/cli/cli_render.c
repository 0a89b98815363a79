/*
 * The configuration as text, in the dialect's order: "#", the lines of a part, "#", …, "return".
 */
#include "config.h"

#include "shell/cli/cli.h"

#include "lib/arena.h"
#include "schema/row.h"
#include "shell/cli/render.h"
#include "shell/cli/session.h"

#include <errno.h>
#include <string.h>

struct job {
	struct cli *cli;
	struct store *store;
	const struct cli_sink *out;
	const struct cli_filter *filter;
	struct arena *arena;
	const struct section *section;
	const struct rule *enter;
	const char *indent;
	bool begun; /* the part's "#" is out */
	bool found;
};

static void
put(struct job *j, const char *indent, const char *text)
{
	char line[RENDER_LINE_MAX + 1];

	if (!j->begun)
		j->out->line(j->out->arg, "#");
	j->begun = true;
	strlcpy(line, indent, sizeof(line));
	strlcat(line, text, sizeof(line));
	j->out->line(j->out->arg, line);
}

static void
put_line(struct job *j, const struct rule *rule, const struct row *r)
{
	const struct value *defaults = defaults_get(&j->cli->apply.defaults, j->store, r->table);
	char text[RENDER_LINE_MAX];

	if (render_line(rule, r, defaults, text, sizeof(text)))
		put(j, rule->line->indented ? " " : j->indent, text);
}

struct run {
	struct job *job;
	const struct rule *const *rules; /* of one table */
	size_t n;
};

static int
put_row(void *arg, const struct row *r)
{
	const struct run *run = arg;

	for (size_t i = 0; i < run->n; i++)
		put_line(run->job, run->rules[i], r);
	return 0;
}

/* Lines that are rows of the table of rules[0]: for each row, what each of those lines says of it. */
static int
put_rows(struct job *j, const struct rule *const *rules, size_t n, const struct value *key,
	unsigned int n_key)
{
	struct run run = { .job = j, .rules = rules, .n = n };

	return row_each(j->store, rules[0]->table, key, n_key, j->arena, put_row, &run);
}

/* The lines of one view for its row (whose key is key). */
static int
put_lines(struct job *j, const struct place *p, const struct line *const *groups,
	const struct row *row, unsigned int n_key)
{
	const struct rule *rules[64];
	size_t n = 0;
	int err = 0;

	for (size_t g = 0; groups[g]; g++)
		for (const struct line *l = groups[g]; l->syntax && n < 64; l++)
			rules[n++] = grammar_line(&j->cli->grammar, p, l);
	for (size_t i = 0, run; i < n && !err; i += run) {
		const struct table *t = rules[i]->line->table;

		for (run = 1; t && i + run < n && rules[i + run]->line->table == t; run++)
			;
		if (t) {
			err = put_rows(j, &rules[i], run, row->v, n_key);
		} else if (row->v) {
			put_line(j, rules[i], row);
		}
	}
	return err;
}

static const struct place *
place_of(struct job *j, const struct row *r)
{
	for (const struct view *v = j->section->views; v->prompt; v++)
		if (!v->fits || v->fits(r))
			return grammar_place(&j->cli->grammar, v);
	return NULL;
}

static int
put_object(void *arg, const struct row *r)
{
	struct job *j = arg;
	const struct place *p = place_of(j, r);
	const struct value *defaults = defaults_get(&j->cli->apply.defaults, j->store, r->table);
	const char *only = j->filter ? j->filter->interface : NULL;
	char text[RENDER_LINE_MAX];

	if (!p || (only && strcmp(r->v[0].s, only)))
		return 0;
	j->begun = false;
	j->found = true;
	j->indent = "";
	render_enter(j->enter, r, defaults, text, sizeof(text));
	put(j, "", text);
	j->indent = " ";
	return put_lines(j, p, p->view->lines, r, r->table->n_key);
}

static int
put_system_lines(struct job *j, const struct section *s)
{
	const struct line *groups[] = { s->lines, NULL };
	struct value key = VALUE_OF_INT(1);
	struct row r = { .table = s->table ? s->table : &model_system };
	int err = row_get(j->store, r.table, &key, j->arena, &r);

	if (err && err != -ENOENT)
		return err;
	j->begun = false;
	j->indent = "";
	return put_lines(j, &j->cli->grammar.system, groups, &r, 0);
}

static bool
wanted(const struct cli_filter *f, const struct section *s)
{
	if (!f)
		return true;
	if (f->interface && s->table != &model_interface)
		return false;
	return !f->section || !strcmp(f->section, s->name);
}

static int
put_section(struct job *j, const struct section *s)
{
	int err = s->lines ? put_system_lines(j, s) : 0;

	if (err || !s->enter)
		return err;
	j->section = s;
	j->enter = grammar_enter(&j->cli->grammar, s);
	return row_each(j->store, s->table, NULL, 0, j->arena, put_object, j);
}

static void
put_end(const struct cli_sink *out)
{
	out->line(out->arg, "#");
	out->line(out->arg, "return");
}

int
cli_render(struct cli *cli, struct store *s, const struct cli_filter *filter,
	const struct cli_sink *out)
{
	struct job j = { .cli = cli, .store = s, .out = out, .filter = filter };
	bool known = false;
	int err = 0;

	j.arena = arena_new();
	for (const struct section *sec = cli->grammar.dialect->sections; sec->name && !err; sec++)
		if (wanted(filter, sec)) {
			known = true;
			err = put_section(&j, sec);
		}
	if (!err && (!known || (filter && filter->interface && !j.found)))
		err = -ENOENT;
	if (!err)
		put_end(out);
	arena_free(j.arena);
	return err;
}

/* In the user and the system view: the lines that belong to no other. */
static int
put_this(struct job *j)
{
	const struct frame *f = session_top(j->cli);
	struct row r;
	int err = 0;

	if (f->place->view) {
		err = row_get(j->store, f->place->section->table, f->key, j->arena, &r);
		j->section = f->place->section;
		j->enter = grammar_enter(&j->cli->grammar, j->section);
		return err ? err : put_object(j, &r);
	}
	for (const struct section *s = j->cli->grammar.dialect->sections; s->name && !err; s++)
		if (s->lines)
			err = put_system_lines(j, s);
	return err;
}

int
cli_render_view(struct cli *cli, const struct cli_sink *out)
{
	struct job j = { .cli = cli, .store = cli->store, .out = out };
	int err;

	if (!cli->store)
		return -ENODEV;
	j.arena = arena_new();
	err = put_this(&j);
	if (!err)
		put_end(out);
	arena_free(j.arena);
	return err;
}
