/*
 * Syntax strings to trees. Run once at start, never per line typed.
 */
#include "config.h"

#include "shell/cli/syntax.h"

#include "lib/arena.h"
#include "schema/type.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ONCE_MAX = 32 };

struct parse {
	const char *p;
	const struct table *table;
	struct arena *arena;
	unsigned int n_once;
	const char *why;
};

static struct node *parse_sequence(struct parse *ps);

static struct node *
fail(struct parse *ps, const char *what)
{
	if (!ps->why)
		ps->why = arena_printf(ps->arena, "%s before \"%.40s\"", what, ps->p);
	return NULL;
}

static struct node *
new_node(struct parse *ps, enum node_kind kind)
{
	struct node *n = arena_alloc(ps->arena, sizeof(*n));

	n->kind = kind;
	n->column = -1;
	n->help = "";
	return n;
}

static char *
take(struct parse *ps, size_t len)
{
	char *s = arena_alloc(ps->arena, len + 1);

	memcpy(s, ps->p, len);
	ps->p += len;
	return s;
}

static void
skip_blanks(struct parse *ps)
{
	ps->p += strspn(ps->p, " ");
}

/* {help}, if there is one. */
static void
parse_help(struct parse *ps, struct node *n)
{
	size_t len;

	if (*ps->p != '{')
		return;
	ps->p++;
	len = strcspn(ps->p, "}");
	n->help = take(ps, len);
	if (!*ps->p)
		fail(ps, "help without }");
	else
		ps->p++;
}

static bool
bind_column(struct parse *ps, struct node *n, const char *name)
{
	n->column = ps->table ? model_column(ps->table, name) : -1;
	if (n->column >= 0)
		return true;
	fail(ps, arena_printf(ps->arena, "no column %s", name));
	return false;
}

/* =column or =column:VALUE behind a keyword. */
static void
parse_store(struct parse *ps, struct node *n)
{
	char *name;
	char *value;
	const struct type *t;

	if (*ps->p != '=')
		return;
	ps->p++;
	name = take(ps, strcspn(ps->p, " "));
	value = strchr(name, ':');
	if (value)
		*value++ = '\0';
	if (!bind_column(ps, n, name))
		return;
	t = ps->table->columns[n->column].type;
	if (t->parse(t, value ? value : "1", ps->arena, &n->value))
		fail(ps, "a value that its column does not take");
}

static struct node *
parse_word(struct parse *ps)
{
	struct node *n = new_node(ps, NODE_WORD);

	if (*ps->p == '\\')
		ps->p++;
	n->word = take(ps, 1 + strcspn(ps->p + 1, " !{=[](<>"));
	parse_help(ps, n);
	if (*ps->p == '!') {
		n->shown = true;
		ps->p++;
	}
	parse_store(ps, n);
	return n;
}

/* "table.column" */
static bool
find_model_type(struct node *n, const char *text)
{
	char name[64];
	char *dot;
	const struct table *t;
	int c;

	if (strlcpy(name, text, sizeof(name)) >= sizeof(name) || !(dot = strchr(name, '.')))
		return false;
	*dot++ = '\0';
	t = model_table(name);
	c = t ? model_column(t, dot) : -1;
	if (c < 0)
		return false;
	n->type = t->columns[c].type;
	n->ref = t->columns[c].ref;
	n->help = t->columns[c].help ? t->columns[c].help : "";
	return true;
}

static bool
find_type(struct parse *ps, struct node *n, const char *text)
{
	char *end;
	long long min = strtoll(text, &end, 10);

	if (end != text && *end == '-') {
		n->type = type_integer(ps->arena, min, strtoll(end + 1, NULL, 10));
		return true;
	}
	if (find_model_type(n, text))
		return true;
	n->type = type_find(text);
	return n->type != NULL;
}

static struct node *
parse_param(struct parse *ps)
{
	struct node *n = new_node(ps, NODE_PARAM);
	char *name;
	char *type;

	ps->p++;
	name = take(ps, strcspn(ps->p, ">"));
	if (!*ps->p)
		return fail(ps, "a parameter without >");
	ps->p++;
	n->word = name;
	type = strchr(name, ':');
	if (type) {
		*type++ = '\0';
		if (!find_type(ps, n, type))
			return fail(ps, arena_printf(ps->arena, "no type %s", type));
	} else if (!bind_column(ps, n, name)) {
		return NULL;
	} else {
		const struct column *c = &ps->table->columns[n->column];

		n->type = c->type;
		n->ref = c->ref;
		n->help = c->help ? c->help : "";
	}
	parse_help(ps, n);
	return n;
}

static struct node *
parse_group(struct parse *ps, enum node_kind kind, char close)
{
	struct node *n = new_node(ps, kind);
	struct branch **tail = &n->branches;

	do {
		struct branch *b = arena_alloc(ps->arena, sizeof(*b));

		ps->p++;
		b->first = parse_sequence(ps);
		if (ps->why)
			return NULL;
		if (!b->first)
			return fail(ps, "an empty branch");
		if (kind == NODE_SET) {
			if (ps->n_once == ONCE_MAX)
				return fail(ps, "too many branches");
			b->once = UINT32_C(1) << ps->n_once++;
		}
		for (const struct node *m = b->first; m; m = m->sibling)
			n->shown |= m->shown;
		*tail = b;
		tail = &b->next;
	} while (*ps->p == '|');
	if (*ps->p != close)
		return fail(ps, "a group without its end");
	ps->p++;
	return n;
}

static struct node *
parse_item(struct parse *ps)
{
	switch (*ps->p) {
	case '[': return parse_group(ps, NODE_OPTION, ']');
	case '{': return parse_group(ps, NODE_CHOICE, '}');
	case '(': return parse_group(ps, NODE_SET, ')');
	case '<': return parse_param(ps);
	default: return parse_word(ps);
	}
}

/* Up to the end of the text or of the group; NULL when there is nothing. */
static struct node *
parse_sequence(struct parse *ps)
{
	struct node *first = NULL;
	struct node **tail = &first;

	for (;;) {
		skip_blanks(ps);
		if (!*ps->p || strchr("]}|)", *ps->p))
			return first;
		*tail = parse_item(ps);
		if (ps->why)
			return NULL;
		tail = &(*tail)->sibling;
	}
}

/* Says where matching goes on after each node. */
static void
link_sequence(struct node *first, struct node *end)
{
	for (struct node *n = first; n; n = n->sibling) {
		n->next = n->sibling ? n->sibling : end;
		for (struct branch *b = n->branches; b; b = b->next)
			link_sequence(b->first, n->kind == NODE_SET ? n : n->next);
	}
}

static void
count_param(void *arg, const struct node *n)
{
	*(unsigned int *)arg += n->kind == NODE_PARAM;
}

static unsigned int
n_params(const struct node *n)
{
	struct node alone = *n;
	unsigned int count = 0;

	alone.sibling = NULL;
	syntax_each(&alone, count_param, &count);
	return count;
}

/* Where the part of an undo that may be left out begins. */
static struct node **
undo_tail(struct node **first, enum syntax_undo undo)
{
	struct node **at = first;

	if (undo == SYNTAX_UNDO_LINE) {
		while (*at && (*at)->kind == NODE_WORD)
			at = &(*at)->sibling;
		return at;
	}
	while (*at && !n_params(*at))
		at = &(*at)->sibling;
	return *at ? &(*at)->sibling : at;
}

static struct node *
derive_undo(struct parse *ps, struct node *first, enum syntax_undo undo)
{
	struct node *word = new_node(ps, NODE_WORD);
	struct node **tail = undo_tail(&first, undo);

	word->word = "undo";
	word->help = "Undo a command or set to its default status";
	word->sibling = first;
	if (undo != SYNTAX_UNDO && *tail) {
		struct node *option = new_node(ps, NODE_OPTION);

		option->branches = arena_alloc(ps->arena, sizeof(struct branch));
		option->branches->first = *tail;
		*tail = option;
		if (tail == &first)
			word->sibling = option;
	}
	return word;
}

struct node *
syntax_compile(const char *text, const struct table *table, enum syntax_undo undo, struct arena *a,
	const char **why)
{
	struct parse ps = { .p = text, .table = table, .arena = a };
	struct node *first = parse_sequence(&ps);

	if (!ps.why && (!first || *ps.p))
		fail(&ps, "the end was expected");
	if (ps.why) {
		*why = ps.why;
		return NULL;
	}
	if (undo != SYNTAX_PLAIN)
		first = derive_undo(&ps, first, undo);
	link_sequence(first, NULL);
	return first;
}

void
syntax_each(const struct node *n, void (*fn)(void *arg, const struct node *n), void *arg)
{
	for (; n; n = n->sibling) {
		fn(arg, n);
		for (const struct branch *b = n->branches; b; b = b->next)
			syntax_each(b->first, fn, arg);
	}
}
