/*
 * Random lines from the grammar itself: any branch, any subset in any order, any value of each type.
 */
#include "config.h"

#include "tests/unit/shell/grammar_generate.h"

#include "schema/type.h"

#include <stdio.h>
#include <string.h>

#include <CUnit/CUnit.h>

uint64_t
generate_below(struct generated *g, uint64_t n)
{
	g->random = g->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (g->random >> 33) % n;
}

static char *
next(struct generated *g, bool keyword)
{
	CU_ASSERT_FATAL(g->n < GENERATED_WORDS);
	g->keyword[g->n] = keyword;
	return g->words[g->n++];
}

static void
put_chars(struct generated *g, char *out, const char *alphabet, size_t min, size_t max)
{
	size_t len = min + generate_below(g, max - min + 1);

	for (size_t i = 0; i < len; i++)
		out[i] = alphabet[generate_below(g, strlen(alphabet))];
	out[len] = '\0';
}

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define NAMES LETTERS "0123456789._-"

static void
put_address(struct generated *g, char *out, bool host)
{
	unsigned int first = host ? 1 + (unsigned int)generate_below(g, 126)
				  : (unsigned int)generate_below(g, 127);

	snprintf(out, 300, "%u.%u.%u.%u", first, (unsigned int)generate_below(g, 256),
		(unsigned int)generate_below(g, 256), (unsigned int)generate_below(g, 256));
}

/* Canonical and other spellings, with and without a run of zeros. */
static void
put_address6(struct generated *g, char *out)
{
	static const char *const forms[] = { "2001:db8:%x::%x", "2001:DB8::%x:%x",
		"fd00:0:%x::%x:1", "2001:0db8:0:0:%x:1:2:%x" };
	unsigned int a = (unsigned int)generate_below(g, 4);
	unsigned int b = 1 + (unsigned int)generate_below(g, 0xffff);

	snprintf(out, 300, forms[generate_below(g, 4)], a, b);
}

static void
put_mask(struct generated *g, char *out)
{
	unsigned int bits = (unsigned int)generate_below(g, 33);
	uint32_t m = bits ? UINT32_MAX << (32 - bits) : 0;

	if (generate_below(g, 2))
		snprintf(out, 300, "%u", bits);
	else
		snprintf(out, 300, "%u.%u.%u.%u", m >> 24, m >> 16 & 255, m >> 8 & 255, m & 255);
}

static void
put_prefix6(struct generated *g, char *out)
{
	put_address6(g, out);
	snprintf(out + strlen(out), 8, "/%u", (unsigned int)generate_below(g, 129));
}

/* Few of each kind, so that references meet what exists. */
static void
put_interface(struct generated *g)
{
	static const char *const kinds[] = { "GigabitEthernet", "LoopBack", "Tunnel" };
	size_t kind = generate_below(g, 3);
	unsigned int n = (unsigned int)generate_below(g, 4);
	char number[16];

	snprintf(number, sizeof(number), kind == 1 ? "%u" : "0/0/%u", n);
	if (generate_below(g, 2)) {
		snprintf(next(g, false), 300, "%s%s", kinds[kind], number);
		return;
	}
	strcpy(next(g, true), kinds[kind]);
	strcpy(next(g, false), number);
}

static void
put_sealed(struct generated *g, char *out)
{
	strcpy(out, "%^%#");
	put_chars(g, out + 4, LETTERS "0123456789+/", 40, 80);
	strcat(out, "%^%#");
}

static void
put_text(struct generated *g, char *out, size_t max)
{
	put_chars(g, out, LETTERS "0123456789 |#\"'.,", 1, max);
	out[0] = out[strlen(out) - 1] = 'x';
}

/* A value of a type without choices. */
static void
put_value(struct generated *g, const struct type *t)
{
	char *out;

	if (t->heads) {
		put_interface(g);
		return;
	}
	out = next(g, false);
	if (t->secret)
		put_sealed(g, out);
	else if (t == &type_ipv4_host)
		put_address(g, out, true);
	else if (t == &type_ipv4 || t == &type_ipv4_network)
		put_address(g, out, false);
	else if (t == &type_ipv6 || t == &type_ipv6_host || t == &type_ipv6_network)
		put_address6(g, out);
	else if (t == &type_ip_host && generate_below(g, 2))
		put_address6(g, out);
	else if (t == &type_ip_host)
		put_address(g, out, true);
	else if (t == &type_ipv6_prefix)
		put_prefix6(g, out);
	else if (t == &type_mask)
		put_mask(g, out);
	else if (t == &type_wildcard)
		strcpy(out, generate_below(g, 2) ? "0" : "0.0.0.255");
	else if (!strcmp(t->name, "window"))
		snprintf(out, 300, "%u", 32u << generate_below(g, 8));
	else if (t == &type_acl_number)
		snprintf(out, 300, "%u",
			(generate_below(g, 2) ? 2000u : 42768u) +
				(unsigned int)generate_below(g, 2000));
	else if (t->rest)
		put_text(g, out, (size_t)t->max);
	else if (t->render == type_render_integer || t->choices)
		snprintf(out, 300, "%llu",
			(unsigned long long)t->min +
				generate_below(g, (uint64_t)(t->max - t->min + 1)));
	else
		put_chars(g, out, NAMES, (size_t)t->min, (size_t)t->max);
}

/* Some of them, each once, in any order. */
static void
put_list(struct generated *g, const struct type *t, size_t n)
{
	size_t first = generate_below(g, n), step = generate_below(g, 2) ? 1 : n - 1;
	size_t count = 1 + generate_below(g, n < 5 ? n : 5);

	for (size_t i = 0; i < count; i++)
		strcpy(next(g, true), t->choices[(first + i * step) % n].keyword);
}

static void
put_param(struct generated *g, const struct type *t)
{
	size_t n = 0;

	while (t->choices && t->choices[n].keyword)
		n++;
	if (t->list)
		put_list(g, t, n);
	else if (!n || (t->help_form && !generate_below(g, 4)))
		put_value(g, t);
	else
		strcpy(next(g, true), t->choices[generate_below(g, n)].keyword);
}

static const struct branch *
pick(struct generated *g, const struct node *n)
{
	size_t count = 0;
	const struct branch *b;

	for (b = n->branches; b; b = b->next)
		count++;
	count = generate_below(g, count);
	for (b = n->branches; count--; b = b->next)
		;
	return b;
}

static bool
takes_rest(const struct node *first)
{
	for (const struct node *n = first; n; n = n->sibling)
		if (n->kind == NODE_PARAM && n->type->rest)
			return true;
	return false;
}

static void
put_set(struct generated *g, const struct node *n)
{
	const struct branch *last = NULL;
	uint32_t taken = 0;

	for (size_t tries = generate_below(g, 6); tries; tries--) {
		const struct branch *b = pick(g, n);

		if (taken & b->once)
			continue;
		taken |= b->once;
		if (takes_rest(b->first))
			last = b;
		else
			generate_line(g, b->first);
	}
	if (last)
		generate_line(g, last->first);
}

void
generate_line(struct generated *g, const struct node *first)
{
	for (const struct node *n = first; n; n = n->sibling) {
		switch (n->kind) {
		case NODE_WORD: strcpy(next(g, true), n->word); break;
		case NODE_PARAM: put_param(g, n->type); break;
		case NODE_CHOICE: generate_line(g, pick(g, n)->first); break;
		case NODE_OPTION:
			if (generate_below(g, 2))
				generate_line(g, pick(g, n)->first);
			break;
		case NODE_SET: put_set(g, n); break;
		}
	}
}

void
generate_text(const struct generated *g, size_t i, size_t len, char *out, size_t cap)
{
	out[0] = '\0';
	for (size_t w = 0; w < g->n; w++) {
		char word[300];

		strlcpy(word, g->words[w], w == i && len ? len + 1 : sizeof(word));
		if (w)
			strlcat(out, " ", cap);
		strlcat(out, word, cap);
	}
}
