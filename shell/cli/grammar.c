/*
 * Compiling a dialect and the front end's commands: which rules each view offers. A rule is one line
 * in one of its forms. Refuses to know any keyword but those of moving about, undo and pipes.
 */
#include "config.h"

#include "shell/cli/grammar.h"

#include "lib/arena.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PIPE_SYNTAX                                                                      \
	"\\|{Matching output} { "                                                        \
	"begin{Begin with the line that matches} <regex:regex>{Regular expression} | "   \
	"count{Count the lines} | "                                                      \
	"exclude{Exclude the lines that match} <regex:regex>{Regular expression} | "     \
	"ignore-case{Ignore case} { "                                                    \
	"begin <regex:regex> | exclude <regex:regex> | include <regex:regex> | "         \
	"section{Whole sections} { include <regex:regex> | exclude <regex:regex> } } | " \
	"include{Include the lines that match} <regex:regex>{Regular expression} | "     \
	"json{Write JSON} | "                                                            \
	"no-more{Do not stop at each page} | "                                           \
	"section{Whole sections} { "                                                     \
	"include{Include the sections that match} <regex:regex>{Regular expression} | "  \
	"exclude{Exclude the sections that match} <regex:regex>{Regular expression} } }"

static const struct {
	const char *syntax;
	unsigned int views;
	enum rule_move move;
} moves[] = {
	{ "system-view{Enter the system view} [ immediately{Without a commit} ]", CLI_USER_VIEW,
		MOVE_SYSTEM },
	{ "quit{Exit from current mode and enter prior mode}", CLI_ANY_VIEW, MOVE_QUIT },
	{ "return{Enter the privileged mode}", CLI_ANY_VIEW, MOVE_RETURN },
};

struct build {
	struct grammar *g;
	const char *why;
};

static void
set_add(struct grammar *g, struct ruleset *s, const struct rule *r)
{
	if (!r)
		return;
	if (s->n == s->cap) {
		const struct rule **grown;

		s->cap = s->cap ? 2 * s->cap : 32;
		grown = arena_alloc(g->arena, s->cap * sizeof(struct rule *));
		if (s->n)
			memcpy(grown, s->rules, s->n * sizeof(struct rule *));
		s->rules = grown;
	}
	s->rules[s->n++] = r;
}

static void
note_column(void *arg, const struct node *n)
{
	if (n->column >= 0)
		*(uint64_t *)arg |= UINT64_C(1) << n->column;
}

/* NULL once anything failed: the first failure is the one reported. */
static struct rule *
new_rule(struct build *b, enum rule_kind kind, const char *syntax, const struct table *table,
	enum syntax_undo undo)
{
	struct rule *r = arena_alloc(b->g->arena, sizeof(*r));
	const char *why;

	r->kind = kind;
	r->level = CLI_CONFIGURE;
	r->table = table;
	r->first = syntax_compile(syntax, table, undo, b->g->arena, &why);
	if (!r->first) {
		if (!b->why)
			b->why = arena_printf(b->g->arena, "\"%s\": %s", syntax, why);
		return NULL;
	}
	syntax_each(r->first, note_column, &r->bound);
	return r;
}

static void
add_line(struct build *b, struct ruleset *set, const struct line *l, const struct table *of_view)
{
	const struct table *table = l->table ? l->table : of_view;
	struct rule *enter = new_rule(b, RULE_SET, l->syntax, table, SYNTAX_PLAIN);
	struct rule *undo = new_rule(b, RULE_UNDO, l->undo ? l->undo : l->syntax, table,
		l->undo ? SYNTAX_UNDO : SYNTAX_UNDO_LINE);

	if (!enter || !undo)
		return;
	enter->line = undo->line = l;
	/* What an undo resets is what the line sets, however little of it was typed. */
	undo->bound |= enter->bound;
	set_add(b->g, set, enter);
	set_add(b->g, set, undo);
}

static void
add_section(struct build *b, const struct section *s)
{
	struct ruleset *set = &b->g->system.set;
	struct rule *enter;
	struct rule *undo;

	for (const struct line *l = s->lines; l && l->syntax; l++)
		add_line(b, set, l, s->table ? s->table : &model_system);
	if (!s->enter)
		return;
	enter = new_rule(b, RULE_ENTER, s->enter, s->table, SYNTAX_PLAIN);
	undo = new_rule(b, RULE_DELETE, s->undo ? s->undo : s->enter, s->table,
		s->undo ? SYNTAX_UNDO : SYNTAX_UNDO_ENTER);
	if (!enter || !undo)
		return;
	enter->section = undo->section = s;
	set_add(b->g, set, enter);
	set_add(b->g, set, undo);
}

static void
add_views(struct build *b, const struct section *s)
{
	for (const struct view *v = s->views; v && v->prompt; v++) {
		struct place *p = &b->g->views[b->g->n_views++];

		p->section = s;
		p->view = v;
		for (size_t i = 0; v->lines[i]; i++)
			for (const struct line *l = v->lines[i]; l->syntax; l++)
				add_line(b, &p->set, l, s->table);
	}
}

/* Adds a rule to the user view, or to the system view and all below it. */
static void
add_everywhere(struct build *b, const struct rule *r, unsigned int views)
{
	struct grammar *g = b->g;

	if (views & CLI_USER_VIEW)
		set_add(g, &g->user.set, r);
	if (!(views & CLI_CONFIG_VIEW))
		return;
	set_add(g, &g->system.set, r);
	for (size_t i = 0; i < g->n_views; i++)
		set_add(g, &g->views[i].set, r);
}

static void
add_commands(struct build *b, const struct command *commands)
{
	for (size_t i = 0; i < sizeof(moves) / sizeof(moves[0]); i++) {
		struct rule *r = new_rule(b, RULE_MOVE, moves[i].syntax, NULL, SYNTAX_PLAIN);

		if (!r)
			return;
		r->move = moves[i].move;
		r->level = moves[i].move == MOVE_SYSTEM ? CLI_CONFIGURE : CLI_VISIT;
		add_everywhere(b, r, moves[i].views);
	}
	for (const struct command *c = commands; c && c->syntax; c++) {
		struct rule *r = new_rule(b, RULE_COMMAND, c->syntax, NULL, SYNTAX_PLAIN);

		if (!r)
			return;
		r->command = c;
		r->level = c->level;
		r->pipes = c->pipes;
		add_everywhere(b, r, c->views);
	}
}

int
grammar_init(struct grammar *g, const struct dialect *d, const struct command *commands,
	const char **why)
{
	struct build b = { .g = g };
	size_t n_views = 0;

	*g = (struct grammar){ .dialect = d, .arena = arena_new() };
	for (const struct section *s = d->sections; s->name; s++)
		for (const struct view *v = s->views; v && v->prompt; v++)
			n_views++;
	g->views = arena_alloc(g->arena, (n_views + 1) * sizeof(*g->views));
	for (const struct section *s = d->sections; s->name; s++) {
		add_section(&b, s);
		add_views(&b, s);
	}
	add_commands(&b, commands);
	g->pipe = syntax_compile(PIPE_SYNTAX, NULL, SYNTAX_PLAIN, g->arena, &b.why);
	*why = b.why;
	return b.why ? -EINVAL : 0;
}

void
grammar_fini(struct grammar *g)
{
	arena_free(g->arena);
	*g = (struct grammar){ 0 };
}

const struct place *
grammar_place(const struct grammar *g, const struct view *v)
{
	for (size_t i = 0; i < g->n_views; i++)
		if (g->views[i].view == v)
			return &g->views[i];
	return NULL;
}

const struct rule *
grammar_line(const struct grammar *g, const struct place *p, const struct line *l)
{
	for (size_t i = 0; i < p->set.n; i++)
		if (p->set.rules[i]->kind == RULE_SET && p->set.rules[i]->line == l)
			return p->set.rules[i];
	return NULL;
}

const struct rule *
grammar_enter(const struct grammar *g, const struct section *s)
{
	const struct ruleset *set = &g->system.set;

	for (size_t i = 0; i < set->n; i++)
		if (set->rules[i]->kind == RULE_ENTER && set->rules[i]->section == s)
			return set->rules[i];
	return NULL;
}
