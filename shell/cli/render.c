/*
 * From a row back to the line that makes it, by the same syntax tree that parses it. Of several ways to
 * write a row the one is chosen that says most; options whose columns have their defaults are left out.
 */
#include "config.h"

#include "shell/cli/render.h"

#include <string.h>

#include "schema/type.h"

struct text {
	char *out;
	size_t len;
	size_t cap;
	bool bad; /* it does not fit */
};

struct source {
	const struct row *row;
	const struct value *defaults;
};

static bool write_sequence(const struct node *first, const struct source *src, struct text *t);

static void
put_word(struct text *t, const char *word)
{
	size_t len = strlen(word);

	if (t->len + len + 2 > t->cap) {
		t->bad = true;
		return;
	}
	if (t->len)
		t->out[t->len++] = ' ';
	memcpy(t->out + t->len, word, len + 1);
	t->len += len;
}

struct count {
	const struct source *src;
	int from; /* the first column that counts */
	unsigned int n;
};

static void
count_column(void *arg, const struct node *n)
{
	struct count *c = arg;

	if (n->column < c->from)
		return;
	c->n += !value_equal(&c->src->row->v[n->column], &c->src->defaults[n->column]);
}

/* How many columns of a sequence, from this one on, are not default. */
static unsigned int
n_set_from(const struct node *first, const struct source *src, unsigned int from)
{
	struct count c = { .src = src, .from = (int)from };

	syntax_each(first, count_column, &c);
	return c.n;
}

static unsigned int
n_set(const struct node *first, const struct source *src)
{
	return n_set_from(first, src, 0);
}

static bool
write_param(const struct node *n, const struct source *src, struct text *t)
{
	char word[512];
	const struct value *v;

	if (n->column < 0)
		return false;
	v = &src->row->v[n->column];
	if (v->kind == VALUE_NULL || !n->type->render(n->type, v, word, sizeof(word)))
		return false;
	put_word(t, word);
	return true;
}

static bool
try_branch(const struct branch *b, const struct source *src, struct text *t)
{
	size_t len = t->len;

	if (write_sequence(b->first, src, t))
		return true;
	t->len = len;
	t->out[len] = '\0';
	return false;
}

/* The weight of a branch that can be written: columns said, then whether it is the canonical one. */
static int
weigh(const struct branch *b, const struct source *src)
{
	char scratch[RENDER_LINE_MAX];
	struct text t = { .out = scratch, .cap = sizeof(scratch) };
	bool shown = false;

	scratch[0] = '\0';
	if (!try_branch(b, src, &t))
		return -1;
	for (const struct node *n = b->first; n; n = n->sibling)
		shown |= n->shown;
	return (int)n_set(b->first, src) * 2 + shown;
}

static bool
write_choice(const struct node *n, const struct source *src, struct text *t)
{
	const struct branch *best = NULL;
	int most = -1;

	for (const struct branch *b = n->branches; b; b = b->next) {
		int weight = weigh(b, src);

		if (weight > most) {
			most = weight;
			best = b;
		}
	}
	return best && try_branch(best, src, t);
}

static bool
any_set(const struct node *n, const struct source *src)
{
	for (const struct branch *b = n->branches; b; b = b->next)
		if (n_set(b->first, src))
			return true;
	return false;
}

static bool
write_node(const struct node *n, const struct source *src, struct text *t)
{
	switch (n->kind) {
	case NODE_WORD:
		if (n->column >= 0 && !value_equal(&n->value, &src->row->v[n->column]))
			return false;
		put_word(t, n->word);
		return true;
	case NODE_PARAM: return write_param(n, src, t);
	case NODE_CHOICE: return write_choice(n, src, t);
	case NODE_OPTION:
		if (n->shown || any_set(n, src))
			write_choice(n, src, t);
		return true;
	case NODE_SET:
		for (const struct branch *b = n->branches; b; b = b->next)
			if (n_set(b->first, src))
				try_branch(b, src, t);
		return true;
	}
	return false;
}

static bool
write_sequence(const struct node *first, const struct source *src, struct text *t)
{
	for (const struct node *n = first; n; n = n->sibling)
		if (!write_node(n, src, t))
			return false;
	return !t->bad;
}

size_t
render_enter(const struct rule *rule, const struct row *r, const struct value *defaults, char *out,
	size_t cap)
{
	struct source src = { .row = r, .defaults = defaults };
	struct text t = { .out = out, .cap = cap };

	out[0] = '\0';
	return write_sequence(rule->first, &src, &t) ? t.len : 0;
}

/* undo + the line as it would be by default. */
static size_t
render_off(const struct rule *rule, const struct table *table, const struct value *defaults,
	char *out, size_t cap)
{
	struct row on = { .table = table, .v = (struct value *)defaults };
	struct source src = { .row = &on, .defaults = defaults };
	struct text t = { .out = out, .cap = cap };

	put_word(&t, "undo");
	return write_sequence(rule->first, &src, &t) ? t.len : 0;
}

size_t
render_line(const struct rule *rule, const struct row *r, const struct value *defaults, char *out,
	size_t cap)
{
	struct source src = { .row = r, .defaults = defaults };

	if (rule->line->render)
		return rule->line->render(r, out, cap);
	if ((!rule->line->table || rule->line->existing) && !rule->line->always &&
		!n_set_from(rule->first, &src, r->table->n_key))
		return 0;
	if (rule->line->on_by_default)
		return render_off(rule, r->table, defaults, out, cap);
	return render_enter(rule, r, defaults, out, cap);
}
