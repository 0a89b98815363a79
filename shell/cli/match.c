/*
 * Reading a line: all rules at once, word by word, each possible reading a thread. A keyword may be
 * shortened to any prefix that leaves one keyword; a word that is a whole keyword is nothing else.
 * Refuses to know what a line does.
 */
#include "config.h"

#include "shell/cli/match.h"

#include "lib/arena.h"
#include "schema/type.h"
#include "shell/cli/grammar.h"

#include <string.h>
#include <strings.h>

enum { THREADS_MAX = 2048 };

/* The word being read. */
struct word {
	const char *text; /* in the line */
	size_t start;
	size_t len;
};

void
matcher_init(struct matcher *m, const char *line, const struct node *pipe, struct arena *a)
{
	*m = (struct matcher){ .arena = a, .line = line, .pipe = pipe };
	m->len = strlen(line);
	while (m->len && strchr(" \t\r\n", line[m->len - 1]))
		m->len--;
}

static void
push(struct matcher *m, struct thread t)
{
	if (m->n == THREADS_MAX)
		return;
	if (m->n == m->cap) {
		struct thread *grown;

		m->cap = m->cap ? 2 * m->cap : 64;
		grown = arena_alloc(m->arena, m->cap * sizeof(*grown));
		if (m->n)
			memcpy(grown, m->threads, m->n * sizeof(*grown));
		m->threads = grown;
	}
	m->threads[m->n++] = t;
}

/* Of a list: was this choice read already, under whichever keyword? */
static bool
has_choice(const struct thread *t, const struct choice *c)
{
	for (const struct capture *p = t->last; p && p->node == t->node; p = p->prev)
		if (value_equal(&p->value, &c->value))
			return true;
	return false;
}

static void
push_param(struct matcher *m, struct thread t)
{
	const struct type *type = t.node->type;

	for (const struct choice *c = type->choices; c && c->keyword; c++) {
		if (type->list && has_choice(&t, c))
			continue;
		t.choice = c;
		push(m, t);
	}
	for (const struct choice *c = type->heads; c && c->keyword; c++) {
		t.choice = c;
		push(m, t);
	}
	t.choice = NULL;
	if (!type->choices || type->help_form)
		push(m, t);
}

/* Adds what the thread may read next, starting at its node. */
static void
expand(struct matcher *m, struct thread t)
{
	const struct node *n = t.node;

	if (!n) {
		push(m, t);
		if (t.rule->pipes) {
			t.node = m->pipe;
			push(m, t);
		}
		return;
	}
	if (n->kind == NODE_WORD) {
		push(m, t);
		return;
	}
	if (n->kind == NODE_PARAM) {
		push_param(m, t);
		return;
	}
	for (const struct branch *b = n->branches; b; b = b->next) {
		struct thread taken = t;

		if (t.once & b->once)
			continue;
		taken.node = b->first;
		taken.once |= b->once;
		expand(m, taken);
	}
	if (n->kind != NODE_CHOICE) {
		t.node = n->next;
		expand(m, t);
	}
}

void
matcher_add(struct matcher *m, const struct rule *r)
{
	expand(m, (struct thread){ .rule = r, .node = r->first });
}

const char *
thread_keyword(const struct thread *t)
{
	if (!t->node || t->number)
		return NULL;
	if (t->node->kind == NODE_WORD)
		return t->node->word;
	return t->choice ? t->choice->keyword : NULL;
}

const char *
thread_help(const struct thread *t)
{
	if (!t->node)
		return "";
	return t->choice && !t->number ? t->choice->help : t->node->help;
}

/* Which keywords the word may stand for. */
struct spelled {
	bool exact; /* it is one in full */
	bool ambiguous;
	const char *keyword; /* one of them */
};

static struct spelled
spell(const struct matcher *m, const struct word *w)
{
	struct spelled s = { 0 };

	for (size_t i = 0; i < m->n; i++) {
		const struct thread *t = &m->threads[i];
		const char *k = t->resume > w->start ? NULL : thread_keyword(t);
		bool exact;

		if (!k || strncasecmp(k, w->text, w->len))
			continue;
		exact = strlen(k) == w->len;
		if (exact && !s.exact)
			s = (struct spelled){ .exact = true, .keyword = k };
		else if (exact == s.exact && s.keyword && strcasecmp(s.keyword, k))
			s.ambiguous = true;
		else if (exact == s.exact)
			s.keyword = k;
	}
	return s;
}

static void
advance(struct matcher *to, const struct thread *t, struct capture c, size_t resume)
{
	struct thread after = *t;

	c.prev = t->last;
	after.last = arena_memdup(to->arena, &c, sizeof(c));
	after.resume = resume;
	after.choice = NULL;
	after.number = false;
	if (t->node->kind == NODE_PARAM && t->node->type->list)
		push_param(to, after);
	after.node = t->node->next;
	expand(to, after);
}

static void
read_keyword(struct matcher *to, const struct thread *t, const struct word *w)
{
	struct capture c = { .node = t->node,
		.choice = t->choice,
		.start = w->start,
		.end = w->start + w->len,
		.value = t->choice ? t->choice->value : t->node->value };
	struct thread number = *t;

	if (!t->choice || !t->node->type->heads) {
		advance(to, t, c, c.end);
		return;
	}
	number.number = true;
	number.resume = c.end;
	push(to, number);
}

/* Where a text that begins here ends: with the line, or (a pattern) before the next pipe. */
static size_t
text_end(const struct matcher *m, const struct node *n, size_t start)
{
	const char *pipe = n->type == &type_regex ? strstr(m->line + start, " |") : NULL;
	size_t end = pipe && (size_t)(pipe - m->line) < m->len ? (size_t)(pipe - m->line) : m->len;

	while (end > start && m->line[end - 1] == ' ')
		end--;
	return end;
}

static void
read_param(struct matcher *to, const struct thread *t, const struct word *w)
{
	const struct node *n = t->node;
	struct capture c = { .node = n, .start = w->start };
	char *text;

	c.end = n->type->rest ? text_end(to, n, w->start) : w->start + w->len;
	text = arena_printf(to->arena, "%s%.*s", t->number ? t->choice->keyword : "",
		(int)(c.end - c.start), to->line + c.start);
	if (n->type->parse(n->type, text, to->arena, &c.value) == 0)
		advance(to, t, c, c.end);
}

/* Is this thread for a parameter that the word could be? */
static bool
takes_param(const struct thread *t, const struct word *w)
{
	if (!t->node || thread_keyword(t))
		return false;
	return !(t->rule->pipes && w->text[0] == '|');
}

static enum cli_error_kind
complain(const struct matcher *m, const struct word *w, const struct spelled *s)
{
	bool more = false;
	bool param = false;

	if (s->ambiguous)
		return CLI_AMBIGUOUS;
	for (size_t i = 0; i < m->n; i++) {
		more |= m->threads[i].node && m->threads[i].node != m->pipe;
		param |= takes_param(&m->threads[i], w);
	}
	return param ? CLI_WRONG_PARAMETER : more ? CLI_UNRECOGNIZED : CLI_TOO_MANY;
}

static enum cli_error_kind
read_word(struct matcher *m, const struct word *w)
{
	struct matcher to = *m;
	struct spelled s = spell(m, w);

	to.threads = NULL;
	to.n = to.cap = 0;
	for (size_t i = 0; i < m->n; i++) {
		const struct thread *t = &m->threads[i];
		const char *k = thread_keyword(t);

		if (t->resume > w->start)
			push(&to, *t);
		else if (k && s.keyword && !s.ambiguous && !strcasecmp(k, s.keyword))
			read_keyword(&to, t, w);
		else if (!s.exact && takes_param(t, w))
			read_param(&to, t, w);
	}
	if (!to.n)
		return complain(m, w, &s);
	*m = to;
	return CLI_OK;
}

/* A pipe sign needs no blank behind it. */
static bool
expects_pipe(const struct matcher *m)
{
	for (size_t i = 0; i < m->n; i++)
		if (m->threads[i].node == m->pipe)
			return true;
	return false;
}

static bool
next_word(const struct matcher *m, size_t from, size_t limit, struct word *w)
{
	from += strspn(m->line + from, " \t");
	if (from >= limit || from >= m->len)
		return false;
	w->start = from;
	w->text = m->line + from;
	w->len = strcspn(w->text, " \t\r\n");
	if (w->text[0] == '|' && expects_pipe(m))
		w->len = 1;
	return true;
}

static bool
all_wait(const struct matcher *m, size_t at)
{
	for (size_t i = 0; i < m->n; i++)
		if (m->threads[i].resume <= at)
			return false;
	return true;
}

enum cli_error_kind
matcher_read(struct matcher *m, size_t limit, size_t *column)
{
	size_t at = 0;
	struct word w;

	while (next_word(m, at, limit, &w)) {
		enum cli_error_kind kind = all_wait(m, w.start) ? CLI_OK : read_word(m, &w);

		if (kind) {
			*column = w.start;
			return kind;
		}
		at = w.start + w.len;
	}
	return CLI_OK;
}

/* | include RE: the words of the pipes are captures like any others. */
static enum cli_error_kind
collect_pipes(struct cli_match *out)
{
	static const struct {
		const char *word;
		enum cli_pipe_kind kind;
	} kinds[] = { { "include", CLI_PIPE_INCLUDE }, { "exclude", CLI_PIPE_EXCLUDE },
		{ "begin", CLI_PIPE_BEGIN }, { "count", CLI_PIPE_COUNT }, { "json", CLI_PIPE_JSON },
		{ "no-more", CLI_PIPE_NO_MORE } };
	size_t n = 0;

	for (const struct capture *c = out->last; c; c = c->prev)
		n += c->node->kind == NODE_WORD && !strcmp(c->node->word, "|");
	if (n > CLI_PIPES_MAX)
		return CLI_TOO_MANY;
	out->n_pipes = n;
	for (const struct capture *c = out->last; c && n; c = c->prev) {
		struct cli_pipe *p = &out->pipes[n - 1];
		const char *word = c->node->word;

		if (c->node->kind == NODE_PARAM)
			p->regex = c->value.s;
		else if (!strcmp(word, "|"))
			n--;
		p->section |= !strcmp(word, "section");
		p->ignore_case |= !strcmp(word, "ignore-case");
		for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
			if (!strcmp(word, kinds[i].word))
				p->kind = kinds[i].kind;
	}
	return CLI_OK;
}

enum cli_error_kind
matcher_end(struct matcher *m, struct cli_match *out, size_t *column)
{
	size_t typed = strlen(m->line);

	*column = typed > m->len + 1 ? typed : m->len + 1;
	for (size_t i = 0; i < m->n; i++) {
		const struct thread *t = &m->threads[i];

		if (t->node)
			continue;
		*out = (struct cli_match){ .rule = t->rule, .last = t->last, .arena = m->arena };
		return collect_pipes(out);
	}
	return CLI_INCOMPLETE;
}

/* What the front end sees of a match. */

const struct command *
cli_match_command(const struct cli_match *m)
{
	return m->rule->command;
}

static const struct capture *
find_param(const struct cli_match *m, const char *name)
{
	for (const struct capture *c = m->last; c; c = c->prev)
		if (c->node->kind == NODE_PARAM && !strcmp(c->node->word, name))
			return c;
	return NULL;
}

const struct value *
cli_arg(const struct cli_match *m, const char *name)
{
	const struct capture *c = find_param(m, name);

	return c ? &c->value : NULL;
}

const char *
cli_arg_text(const struct cli_match *m, const char *name, const char *fallback)
{
	const struct capture *c = find_param(m, name);

	return c ? type_text(c->node->type, &c->value, m->arena) : fallback;
}

int64_t
cli_arg_int(const struct cli_match *m, const char *name, int64_t fallback)
{
	const struct capture *c = find_param(m, name);

	return c && c->value.kind == VALUE_INT ? c->value.i : fallback;
}

bool
cli_has(const struct cli_match *m, const char *keyword)
{
	for (const struct capture *c = m->last; c; c = c->prev)
		if (c->node->kind == NODE_WORD && !strcmp(c->node->word, keyword))
			return true;
	return false;
}

size_t
cli_pipes(const struct cli_match *m, const struct cli_pipe **pipes)
{
	*pipes = m->pipes;
	return m->n_pipes;
}
