/*
 * The reference manual of the command language, printed from the grammar itself: every line of every
 * view with its help, its parameters, their defaults, and its level. Runs when the manual is built.
 */
#include "config.h"

#include "lib/arena.h"
#include "lib/err.h"
#include "schema/row.h"
#include "schema/store.h"
#include "schema/type.h"
#include "shell/cli/grammar.h"
#include "shell/commands.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char head[] =
	".Dd November 23, 2026\n"
	".Dt YONGDAO-COMMANDS 7\n"
	".Os\n"
	".Sh NAME\n"
	".Nm yongdao-commands\n"
	".Nd the command language of a Yongdao router\n"
	".Sh DESCRIPTION\n"
	"This page lists all commands by the views in which they are typed; it is made from\n"
	"the grammar that\n"
	".Xr yongsh 1\n"
	"reads.\n"
	"Keywords are typed in any case and may be shortened while they stay unique;\n"
	".Ar parameters\n"
	"stand for values.\n"
	"In the forms below, one of the words between\n"
	".Brq\n"
	"must be typed and one of those between\n"
	".Bq\n"
	"may be; of those between\n"
	".Bq\n"
	"with a star any, in any order.\n"
	"Commands of the system view are taken in every view below it.\n"
	".Ic undo\n"
	"before the leading keywords of a configuration line takes the line back; what follows\n"
	"them may be left out.\n"
	"A level is that of the least privileged user who may run the command: 0 visit,\n"
	"1 monitoring, 2 configuration, 3 management.\n"
	"Configuration lines are of level 2.\n";

static const char tail[] = ".Sh SEE ALSO\n"
			   ".Xr yongsh 1 ,\n"
			   ".Xr yongdao 7\n";

struct reference {
	struct grammar grammar;
	struct store *store; /* empty: for the defaults */
	struct arena *arena;
};

/* --- words ------------------------------------------------------------------------ */

/* A word on a macro line: what mdoc would take for its own is escaped. */
static void
put_argument(const char *word)
{
	putchar(' ');
	if (!word[1] && strchr(".,:;()[]?!|", *word))
		fputs("\\&", stdout);
	for (; *word; word++) {
		if (*word == '\\')
			fputs("\\e", stdout);
		else if (*word == '"')
			fputs("\\(dq", stdout);
		else if (*word == '-')
			fputs("\\-", stdout);
		else
			putchar(*word);
	}
}

/* A text line of its own. */
static void
put_text(const char *text)
{
	if (*text == '.' || *text == '\'')
		fputs("\\&", stdout);
	for (; *text; text++)
		fputs(*text == '\\' ? "\\e" : (char[]){ *text, '\0' }, stdout);
	putchar('\n');
}

static const char *
param_name(struct reference *ref, const struct node *n)
{
	char *name = arena_strdup(ref->arena, n->word);

	for (char *p = name; *p; p++)
		if (*p == '_')
			*p = '-';
	return name;
}

/* --- forms ------------------------------------------------------------------------ */

static void put_sequence(struct reference *ref, const struct node *first);

static void
put_group(struct reference *ref, const struct node *n)
{
	bool choice = n->kind == NODE_CHOICE;

	fputs(choice ? " Bro" : " Bo", stdout);
	for (const struct branch *b = n->branches; b; b = b->next) {
		put_sequence(ref, b->first);
		if (b->next)
			fputs(" |", stdout);
	}
	fputs(choice ? " Brc" : " Bc", stdout);
	if (n->kind == NODE_SET)
		fputs(" Ns *", stdout);
}

static void
put_sequence(struct reference *ref, const struct node *first)
{
	for (const struct node *n = first; n; n = n->sibling) {
		if (n->kind == NODE_WORD) {
			fputs(" Ic", stdout);
			put_argument(n->word);
		} else if (n->kind == NODE_PARAM) {
			fputs(" Ar", stdout);
			put_argument(param_name(ref, n));
			if (n->type->list)
				fputs(" No ...", stdout);
		} else {
			put_group(ref, n);
		}
	}
}

/* --- what the words mean ---------------------------------------------------------- */

struct words {
	struct reference *ref;
	const struct table *table;
	const struct node *seen[128];
	size_t n;
};

static bool
is_new(struct words *w, const struct node *n)
{
	for (size_t i = 0; i < w->n; i++)
		if (w->seen[i]->kind == n->kind && !strcmp(w->seen[i]->word, n->word))
			return false;
	if (w->n < sizeof(w->seen) / sizeof(w->seen[0]))
		w->seen[w->n++] = n;
	return true;
}

static void
put_choices(const struct type *t)
{
	puts(t->list ? "One or more, the preferred first, of" : "One of");
	for (const struct choice *c = t->choices; c->keyword; c++) {
		printf(".Ic");
		put_argument(c->keyword);
		printf(" Pq");
		/* The help of a choice is a phrase of its own. */
		for (const char *p = c->help; *p; p++)
			printf("%s%s", p == c->help ? " \"" : "",
				*p == '"' ? "\\(dq" : (char[]){ *p, '\0' });
		printf("\" %s\n", c[1].keyword ? "," : ".");
	}
}

static void
put_default(struct words *w, const struct node *n)
{
	struct value v = { .kind = VALUE_NULL };
	unsigned int column = (unsigned int)n->column;
	const char *text;

	if (!w->table || n->column < (int)w->table->n_key ||
		row_default(w->ref->store, w->table, column, w->ref->arena, &v))
		return;
	text = type_text(n->type, &v, w->ref->arena);
	if (*text)
		printf("Default: %s.\n", text);
}

static void
put_param(struct words *w, const struct node *n)
{
	const struct type *t = n->type;

	printf(".It Ar");
	put_argument(param_name(w->ref, n));
	printf("\n");
	if (*n->help)
		put_text(arena_printf(w->ref->arena, "%s.", n->help));
	for (const struct choice *c = t->heads; c && c->keyword; c++)
		put_text(arena_printf(w->ref->arena, "%s %s%s", c->keyword, c->value.s,
			c[1].keyword ? "," : "."));
	if (t->help_form && !t->heads)
		put_text(arena_printf(w->ref->arena, "Form: %s.", t->help_form));
	if (t->choices)
		put_choices(t);
	put_default(w, n);
}

static void
put_word(void *arg, const struct node *n)
{
	struct words *w = arg;

	if ((n->kind != NODE_WORD && n->kind != NODE_PARAM) || !is_new(w, n))
		return;
	if (n->kind == NODE_PARAM) {
		put_param(w, n);
	} else if (*n->help) {
		printf(".It Ic");
		put_argument(n->word);
		printf("\n");
		put_text(arena_printf(w->ref->arena, "%s.", n->help));
	}
}

/* --- rules ------------------------------------------------------------------------ */

static void
put_rule(struct reference *ref, const struct rule *r, const struct rule *undo)
{
	struct words w = { .ref = ref, .table = r->table };

	printf(".It Xo\n.");
	/* The first macro begins the line. */
	put_sequence(ref, r->first);
	printf("\n.Xc\n");
	if (undo) {
		printf("Taken back by\n.");
		put_sequence(ref, undo->first);
		printf(" .\n");
	}
	if (r->line && r->line->on_by_default)
		printf("This is so by default.\n");
	if (r->kind == RULE_COMMAND || r->kind == RULE_MOVE)
		printf("Level %u.\n", r->level);
	if (r->pipes)
		printf("A display: may be followed by pipes.\n");
	printf(".Bl -tag -width 20n -compact\n");
	syntax_each(r->first, put_word, &w);
	printf(".El\n");
}

static const struct rule *
undo_of(const struct place *p, const struct rule *r)
{
	for (size_t i = 0; i < p->set.n; i++) {
		const struct rule *u = p->set.rules[i];

		if (r->kind == RULE_SET && u->kind == RULE_UNDO && u->line == r->line)
			return u;
		if (r->kind == RULE_ENTER && u->kind == RULE_DELETE && u->section == r->section)
			return u;
	}
	return NULL;
}

/* The rules of a view that fit. */
static void
put_rules(struct reference *ref, const struct place *p, bool (*fits)(const struct rule *r))
{
	printf(".Bl -tag -width Ds\n");
	for (size_t i = 0; i < p->set.n; i++)
		if (fits(p->set.rules[i]))
			put_rule(ref, p->set.rules[i], undo_of(p, p->set.rules[i]));
	printf(".El\n");
}

static bool
is_line(const struct rule *r)
{
	return r->kind == RULE_SET || r->kind == RULE_ENTER;
}

static bool
is_anywhere(const struct rule *r)
{
	return r->kind == RULE_COMMAND && r->command->views == CLI_ANY_VIEW;
}

static bool
is_user_only(const struct rule *r)
{
	return r->kind == RULE_COMMAND && r->command->views == CLI_USER_VIEW;
}

static bool
is_move(const struct rule *r)
{
	return r->kind == RULE_MOVE;
}

static void
put_view(struct reference *ref, const struct place *p)
{
	const char *title = p->view->title;
	const char *end = strstr(title, " commands:");

	printf(".Ss %.*s\n", end ? (int)(end - title) : (int)strlen(title), title);
	printf("Entered by\n.");
	put_sequence(ref, grammar_enter(&ref->grammar, p->section)->first);
	printf(" .\n");
	put_rules(ref, p, is_line);
}

static void
put_page(struct reference *ref)
{
	const struct grammar *g = &ref->grammar;
	struct rule pipe = { .kind = RULE_COMMAND, .first = g->pipe };

	fputs(head, stdout);
	printf(".Sh ANY VIEW\n");
	put_rules(ref, &g->user, is_move);
	put_rules(ref, &g->user, is_anywhere);
	printf(".Sh PIPES\nWhat follows a display, also several times:\n.Bl -tag -width Ds\n");
	put_rule(ref, &pipe, NULL);
	printf(".El\n.Sh USER VIEW\n");
	put_rules(ref, &g->user, is_user_only);
	printf(".Sh SYSTEM VIEW\n");
	put_rules(ref, &g->system, is_line);
	printf(".Sh OTHER VIEWS\n");
	for (size_t i = 0; i < g->n_views; i++)
		put_view(ref, &g->views[i]);
	fputs(tail, stdout);
}

int
main(void)
{
	struct reference ref = { .arena = arena_new() };
	const char *why;
	struct err e;
	int rc = EXIT_FAILURE;

	if (store_new_memory(&ref.store, &e))
		fprintf(stderr, "cliref: %s\n", e.text);
	else if (grammar_init(&ref.grammar, &vrp_dialect, shell_commands, &why))
		fprintf(stderr, "cliref: %s\n", why);
	else
		put_page(&ref);
	if (ref.grammar.arena) {
		rc = ferror(stdout) || fflush(stdout) ? EXIT_FAILURE : EXIT_SUCCESS;
		grammar_fini(&ref.grammar);
	}
	store_close(ref.store);
	arena_free(ref.arena);
	return rc;
}
