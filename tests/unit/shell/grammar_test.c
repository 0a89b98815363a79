/*
 * What must hold for every line of the grammar: what is rendered loads again as the same rows; undo
 * restores what was; every prefix of a keyword means that keyword, or several. Lines are made at random
 * from the grammar itself, so a new line is tested by being there.
 */
#include "config.h"

#include "shell/cli/grammar.h"

#include "schema/changes.h"
#include "schema/row.h"
#include "schema/store.h"
#include "shell/cli/session.h"
#include "tests/unit/shell/cli_fixture.h"
#include "tests/unit/shell/grammar_generate.h"
#include "tests/unit/shell/suites.h"

#include <stdlib.h>
#include <string.h>

enum { LINE_MAX_TEXT = 2048, TRIES = 6 };

/* A line that enters each view, once; and the one that enters a view's place. */
static const char *const views[] = { "sysname RTA", "acl 2001", "acl 3001", "ipsec proposal p",
	"ipsec policy P 1 manual", "ipsec policy P 2 isakmp", "ike proposal 1", "ike peer p",
	"acl ipv6 2001", "acl ipv6 3001", "ipsec profile p", "interface GigabitEthernet0/0/0",
	"interface LoopBack0", "interface Tunnel0/0/9", NULL };

/* "sysname RTA" stands for the system view itself. */
static const struct place *
enter(struct cli_fixture *f, size_t view)
{
	cli_enter_system(f->cli);
	if (view)
		CU_ASSERT_EQUAL_FATAL(fixture_exec(f, views[view]), 0);
	return session_top(f->cli)->place;
}

/* A line may be refused for what the view holds, never for how it is spelled. */
static bool
exec_or_refused(struct cli_fixture *f, const char *line)
{
	int err = fixture_exec(f, line);

	if (err && f->result.error.kind != CLI_REFUSED)
		printf("\n%s%s\n%s (%zu)\n", fixture_prompt(f), line, f->result.error.text,
			f->result.error.column);
	CU_ASSERT(!err || f->result.error.kind == CLI_REFUSED);
	return !err;
}

static size_t
changed_bytes(struct cli_fixture *f)
{
	void *changeset = NULL;
	size_t len = 0;

	CU_ASSERT_EQUAL(changes_take(f->store, &changeset, &len), 0);
	free(changeset);
	return len;
}

/* So many random rounds, and few where each takes fifty times as long (valgrind). */
static uint64_t
rounds(uint64_t n)
{
	return getenv("YONGDAO_SHORT") ? (n + 7) / 8 : n;
}

static bool
is_line(const struct rule *r)
{
	return r->kind == RULE_SET || r->kind == RULE_ENTER;
}

/* What some lines need before they can be typed. */
static void
prepare(struct cli_fixture *f)
{
	static const char *const lines[] = { "rule 5 permit", "rule 5 permit ip",
		"ip address 10.255.255.1 24", NULL };

	for (size_t i = 0; lines[i]; i++)
		fixture_exec(f, lines[i]);
}

static bool
is_any(const struct rule *r)
{
	(void)r;
	return true;
}

/* Calls fn for TRIES random lines of each rule of each view. */
static void
each_line(uint64_t seed, bool (*wanted)(const struct rule *r),
	void (*fn)(struct cli_fixture *f, struct generated *g, const struct rule *r, size_t view))
{
	for (size_t view = 0; views[view]; view++) {
		struct cli_fixture f;
		struct generated g = { .random = seed + view };
		const struct place *p;

		cli_fixture_init(&f);
		p = enter(&f, view);
		for (size_t i = 0; i < p->set.n * TRIES; i++) {
			const struct rule *r = p->set.rules[i / TRIES];

			if (!wanted(r))
				continue;
			g.n = 0;
			generate_line(&g, r->first);
			fn(&f, &g, r, view);
		}
		cli_fixture_fini(&f);
	}
}

/* Columns go back to their defaults by the leading keywords alone. */
static void
cut_to_keywords(struct generated *g, const struct rule *r)
{
	size_t n = 0;

	for (const struct node *node = r->first; node && node->kind == NODE_WORD;
		node = node->sibling)
		n++;
	g->n = n;
}

static bool
is_rule(const struct rule *r)
{
	return r->line && (r->table == &model_acl_rule || r->table == &model_acl6_rule) &&
		!r->line->existing;
}

static void
back_and_forth(struct cli_fixture *f, struct generated *g, const struct rule *r, size_t view)
{
	char line[LINE_MAX_TEXT];
	char undo[LINE_MAX_TEXT + 8];

	enter(f, view);
	if (r->line && r->line->existing)
		prepare(f);
	changed_bytes(f);
	generate_text(g, 0, 0, line, sizeof(line));
	if (!exec_or_refused(f, line))
		return;
	enter(f, view);
	if (r->line && !r->line->table && generate_below(g, 2)) {
		cut_to_keywords(g, r);
		generate_text(g, 0, 0, line, sizeof(line));
	}
	if (is_rule(r)) {
		/* A rule goes by its number. */
		char *end = line + strlen("rule ");

		if (*end < '0' || *end > '9')
			strcpy(line, "rule 5");
		else
			end[strspn(end, "0123456789")] = '\0';
	}
	snprintf(undo, sizeof(undo), "undo %s", line);
	if (r->line && r->line->on_by_default) {
		CU_ASSERT(exec_or_refused(f, undo));
		strlcpy(undo, line, sizeof(undo));
	}
	if (r->line && r->line->existing && strstr(undo, "description"))
		strcpy(strstr(undo, "description"), "description");
	CU_ASSERT(exec_or_refused(f, undo));
	if (changed_bytes(f)) {
		printf("\nnot undone: %s%s\n", fixture_prompt(f), line);
		CU_FAIL("something is left");
	}
}

static void
undo_of_every_line_restores_what_was(void)
{
	each_line(1, is_line, back_and_forth);
}

/* Is this a keyword itself ("ip" of "ipsec")? Then it is not short for the longer one. */
struct wanted {
	const char *word;
	size_t len;
	bool found;
};

static void
look_for(void *arg, const struct node *n)
{
	struct wanted *w = arg;
	const struct choice *c = n->kind == NODE_PARAM ? n->type->choices : NULL;

	for (; c && c->keyword; c++)
		w->found |= strlen(c->keyword) == w->len && !strncmp(c->keyword, w->word, w->len);
	w->found |= n->kind == NODE_WORD && strlen(n->word) == w->len &&
		!strncmp(n->word, w->word, w->len);
}

static bool
is_keyword(const struct cli_fixture *f, const char *word, size_t len)
{
	struct wanted w = { .word = word, .len = len };
	const struct grammar *g = &f->cli->grammar;

	for (size_t i = 0; i < g->system.set.n; i++)
		syntax_each(g->system.set.rules[i]->first, look_for, &w);
	for (size_t v = 0; v < g->n_views; v++)
		for (size_t i = 0; i < g->views[v].set.n; i++)
			syntax_each(g->views[v].set.rules[i]->first, look_for, &w);
	return w.found;
}

static void
shorten_each(struct cli_fixture *f, struct generated *g, const struct rule *r, size_t view)
{
	char line[LINE_MAX_TEXT];
	char expected[1 << 16];

	enter(f, view);
	generate_text(g, 0, 0, line, sizeof(line));
	if (!exec_or_refused(f, line))
		return;
	/* The second time nothing is new. */
	enter(f, view);
	if (is_rule(r) && (line[5] < '0' || line[5] > '9'))
		return;
	exec_or_refused(f, line);
	strlcpy(expected, fixture_dump(f), sizeof(expected));
	for (size_t w = 0; w < g->n; w++)
		for (size_t len = 1; g->keyword[w] && len < strlen(g->words[w]); len++) {
			if (is_keyword(f, g->words[w], len))
				continue;
			generate_text(g, w, len, line, sizeof(line));
			enter(f, view);
			if (fixture_exec(f, line) && f->result.error.kind != CLI_REFUSED &&
				f->result.error.kind != CLI_AMBIGUOUS) {
				printf("\n%s%s\n%s\n", fixture_prompt(f), line,
					f->result.error.text);
				CU_FAIL("a prefix means something else");
			}
			if (f->result.error.kind != CLI_AMBIGUOUS &&
				strcmp(fixture_dump(f), expected)) {
				printf("\n%s%s\n", fixture_prompt(f), line);
				CU_FAIL("a prefix does something else");
				strlcpy(expected, f->text, sizeof(expected));
			}
		}
}

static void
every_prefix_means_its_keyword_or_several(void)
{
	each_line(2, is_line, shorten_each);
}

/* A random configuration: lines of the system view and of the views they lead to. */
static void
fill(struct cli_fixture *f, struct generated *g, size_t n_lines)
{
	for (size_t i = 0; i < n_lines; i++) {
		char line[LINE_MAX_TEXT];
		const struct place *p;
		const struct rule *r;

		if (!generate_below(g, 8))
			enter(f, generate_below(g, sizeof(views) / sizeof(views[0]) - 1));
		p = session_top(f->cli)->place;
		r = p->set.rules[generate_below(g, p->set.n)];
		if (!is_line(r))
			continue;
		g->n = 0;
		generate_line(g, r->first);
		generate_text(g, 0, 0, line, sizeof(line));
		exec_or_refused(f, line);
	}
}

static void
what_is_rendered_loads_again_as_the_same_rows(void)
{
	for (uint64_t seed = 1; seed <= rounds(12); seed++) {
		struct cli_fixture from;
		struct cli_fixture to;
		struct generated g = { .random = seed };

		cli_fixture_init(&from);
		cli_fixture_init(&to);
		cli_enter_system(from.cli);
		fill(&from, &g, 300);
		CU_ASSERT_FATAL(fixture_load_text(&to, fixture_render(&from)));
		CU_ASSERT_STRING_EQUAL(fixture_render(&to), from.text);
		CU_ASSERT_STRING_EQUAL(fixture_dump(&to), fixture_dump(&from));
		if (strcmp(to.text, from.text))
			printf("\n%s\n---\n%s\n", from.text, to.text);
		cli_fixture_fini(&from);
		cli_fixture_fini(&to);
	}
}

/* Cuts, doubles, swaps and overwrites characters. */
static void
mangle(struct generated *g, char *line)
{
	static const char odd[] = " \t|#<>[]{}()\\\"'%^*?=:!-/0aZ\x01\x7f\xff";

	for (size_t n = generate_below(g, 4); n; n--) {
		size_t len = strlen(line);
		size_t at = len ? generate_below(g, len) : 0;

		if (!len)
			return;
		switch (generate_below(g, 4)) {
		case 0: line[at] = '\0'; break;
		case 1: line[at] = odd[generate_below(g, sizeof(odd) - 1)]; break;
		case 2: memmove(line + at, line + at + 1, len - at); break;
		case 3:
			if (len + 2 < LINE_MAX_TEXT)
				memmove(line + at + 1, line + at, len - at + 1);
			break;
		}
	}
}

static void
mangle_each(struct cli_fixture *f, struct generated *g, const struct rule *r, size_t view)
{
	char line[LINE_MAX_TEXT];
	char masked[LINE_MAX_TEXT];
	struct cli_error e;

	(void)r;
	enter(f, view);
	generate_text(g, 0, 0, line, sizeof(line));
	mangle(g, line);
	cli_mask(f->cli, line, masked, sizeof(masked));
	fixture_help(f, line);
	fixture_complete(f, line);
	fixture_exec(f, line);
	e = f->result.error;
	CU_ASSERT(!cli_error_has_caret(&e) || e.column <= strlen(line) + 1);
	CU_ASSERT_EQUAL(e.kind != CLI_OK, *e.text != '\0');
}

static void
no_line_however_broken_does_harm(void)
{
	for (uint64_t seed = 3; seed < 3 + rounds(6); seed++)
		each_line(seed, is_any, mangle_each);
}

CU_TestInfo grammar_tests[] = {
	{ "no line, however broken, does harm", no_line_however_broken_does_harm },
	{ "undo of every line restores what was", undo_of_every_line_restores_what_was },
	{ "every prefix means its keyword, or several", every_prefix_means_its_keyword_or_several },
	{ "what is rendered loads again as the same rows",
		what_is_rendered_loads_again_as_the_same_rows },
	CU_TEST_INFO_NULL,
};
