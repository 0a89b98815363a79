/*
 * `?` and TAB: what may come next, from the threads that are still alive at the cursor. Layouts are
 * VRP's: keywords in alphabetical order, parameters by their form before them, <cr> last.
 */
#include "config.h"

#include "shell/cli/cli.h"

#include "lib/arena.h"
#include "schema/row.h"
#include "schema/type.h"
#include "shell/cli/session.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum entry_kind { ENTRY_PARAM, ENTRY_KEYWORD, ENTRY_END };

struct entry {
	enum entry_kind kind;
	const char *word;
	const char *help;
};

struct entries {
	struct arena *arena;
	struct entry *e;
	size_t n;
	size_t cap;
};

static void
add(struct entries *es, enum entry_kind kind, const char *word, const char *help)
{
	for (size_t i = 0; i < es->n; i++)
		if (!strcmp(es->e[i].word, word)) {
			if (!*es->e[i].help)
				es->e[i].help = help;
			return;
		}
	if (es->n == es->cap) {
		struct entry *grown;

		es->cap = es->cap ? 2 * es->cap : 64;
		grown = arena_alloc(es->arena, es->cap * sizeof(*grown));
		if (es->n)
			memcpy(grown, es->e, es->n * sizeof(*grown));
		es->e = grown;
	}
	es->e[es->n++] = (struct entry){ .kind = kind, .word = word, .help = help };
}

/* "INTEGER<0-32>|X.X.X.X": a line for each form. */
static void
add_forms(struct entries *es, const char *forms, const char *help)
{
	while (*forms) {
		size_t len = strcspn(forms, "|");

		add(es, ENTRY_PARAM, arena_printf(es->arena, "%.*s", (int)len, forms), help);
		forms += len + (forms[len] == '|');
	}
}

static bool
begins_with(const char *word, const char *part)
{
	return !strncasecmp(word, part, strlen(part));
}

static void
add_thread(struct entries *es, const struct thread *t, const char *part)
{
	const char *keyword = thread_keyword(t);

	if (!t->node)
		add(es, ENTRY_END, "<cr>", "Please press ENTER to execute command ");
	else if (keyword && begins_with(keyword, part))
		add(es, ENTRY_KEYWORD, keyword, thread_help(t));
	else if (t->number)
		add_forms(es, t->choice->value.s, t->node->help);
	else if (!keyword && !t->node->type->heads)
		add_forms(es, t->node->type->help_form, t->node->help);
}

static int
compare(const void *a, const void *b)
{
	const struct entry *x = a;
	const struct entry *y = b;

	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	return strcasecmp(x->word, y->word);
}

static void
sort(struct entries *es)
{
	if (es->n)
		qsort(es->e, es->n, sizeof(*es->e), compare);
}

static bool
has(const struct entries *es, enum entry_kind kind)
{
	for (size_t i = 0; i < es->n; i++)
		if (es->e[i].kind == kind)
			return true;
	return false;
}

/* Behind a part of a word only keywords fit, unless a parameter is being typed. */
static void
narrow(struct entries *es, const char *part)
{
	enum entry_kind kind = has(es, ENTRY_KEYWORD) ? ENTRY_KEYWORD : ENTRY_PARAM;
	size_t n = 0;

	if (!*part)
		return;
	for (size_t i = 0; i < es->n; i++)
		if (es->e[i].kind == kind)
			es->e[n++] = es->e[i];
	es->n = n;
}

static void
print(const struct entries *es, const struct cli_sink *out)
{
	size_t width = 0;

	for (size_t i = 0; i < es->n; i++)
		if (strlen(es->e[i].word) > width)
			width = strlen(es->e[i].word);
	for (size_t i = 0; i < es->n; i++)
		out->line(out->arg,
			arena_printf(es->arena, "  %-*s%s", (int)width + 2, es->e[i].word,
				es->e[i].help));
}

/* Where the word being typed begins: the end of the line after a blank. */
static size_t
part_start(const char *line)
{
	size_t start = strlen(line);

	while (start && line[start - 1] != ' ' && line[start - 1] != '\t')
		start--;
	return start;
}

static const char *
title(const struct cli *cli)
{
	const struct place *p = session_top(cli)->place;

	if (p == &cli->grammar.user)
		return "User view commands:";
	return p->view ? p->view->title : "System view commands:";
}

int
cli_help(struct cli *cli, const char *line, const struct cli_sink *out, struct cli_error *e)
{
	struct entries es = { .arena = arena_new() };
	size_t start = part_start(line);
	bool first = !line[strspn(line, " \t")];

	session_error(e, CLI_UNRECOGNIZED, start);
	for (const struct place *p = session_top(cli)->place; p && !es.n;
		p = session_next_place(cli, p)) {
		struct matcher m;
		size_t column;
		enum cli_error_kind kind = session_read(cli, p, &m, line, start, es.arena, &column);

		if (kind && p == session_top(cli)->place)
			session_error(e, kind, column);
		for (size_t i = 0; !kind && i < m.n; i++)
			if (m.threads[i].rule->level <= cli->level && m.threads[i].resume <= start)
				add_thread(&es, &m.threads[i], line + start);
		narrow(&es, line + start);
	}
	sort(&es);
	if (es.n) {
		*e = (struct cli_error){ 0 };
		if (first)
			out->line(out->arg, title(cli));
		print(&es, out);
	}
	arena_free(es.arena);
	return es.n ? 0 : -EINVAL;
}

/* Existing rows: what a reference may name. */
struct existing {
	struct entries *es;
	const struct thread *thread;
	const char *part;
};

static int
add_existing(void *arg, const struct row *r)
{
	struct existing *x = arg;
	const struct column *key = &r->table->columns[0];
	const char *name = type_text(key->type, &r->v[0], x->es->arena);

	if (x->thread->number) {
		if (!begins_with(name, x->thread->choice->keyword))
			return 0;
		name += strlen(x->thread->choice->keyword);
	}
	if (begins_with(name, x->part))
		add(x->es, ENTRY_PARAM, name, "");
	return 0;
}

/* "g0/0/" for "GigabitEthernet0/0/": the kind of a name being typed, in full. */
static const char *
spell_head(struct entries *es, const struct type *t, const char *part)
{
	size_t letters = strcspn(part, "0123456789");

	for (const struct choice *c = t->heads; letters && part[letters] && c && c->keyword; c++)
		if (!strncasecmp(c->keyword, part, letters))
			return arena_printf(es->arena, "%s%s", c->keyword, part + letters);
	return part;
}

static void
add_words(struct cli *cli, struct entries *es, const struct thread *t, const char *part)
{
	const char *keyword = thread_keyword(t);
	struct existing x = { .es = es, .thread = t, .part = part };

	if (keyword && begins_with(keyword, part))
		add(es, ENTRY_KEYWORD, keyword, "");
	if (!t->node || keyword || !t->node->ref || !cli->store)
		return;
	if (t->node->type->heads && !t->number) {
		x.part = spell_head(es, t->node->type, part);
		if (x.part == part)
			return;
	}
	row_each(cli->store, t->node->ref, NULL, 0, es->arena, add_existing, &x);
}

size_t
cli_complete(struct cli *cli, const char *line, size_t *start, void (*fn)(void *, const char *),
	void *arg)
{
	struct entries es = { .arena = arena_new() };
	size_t n;

	*start = part_start(line);
	for (const struct place *p = session_top(cli)->place; p && !es.n;
		p = session_next_place(cli, p)) {
		struct matcher m;
		size_t column;

		if (session_read(cli, p, &m, line, *start, es.arena, &column))
			continue;
		for (size_t i = 0; i < m.n; i++)
			if (m.threads[i].rule->level <= cli->level && m.threads[i].resume <= *start)
				add_words(cli, &es, &m.threads[i], line + *start);
	}
	sort(&es);
	for (size_t i = 0; i < es.n; i++)
		fn(arg, es.e[i].word);
	n = es.n;
	arena_free(es.arena);
	return n;
}
