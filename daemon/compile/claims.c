/*
 * Claims: two ordered trees, one of texts, one of prefixes. Prefixes of different owners never
 * overlap, so that whoever contains a new one is found by its possible lengths and whoever
 * lies inside it follows it in order.
 */
#include "config.h"

#include "daemon/compile/claims.h"

#include "daemon/tree.h"

#include "lib/err.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct node {
	RB_ENTRY(node) entry;
	const char *text;
	struct addr low;     /* of the network */
	struct addr address; /* with host bits */
	uint8_t len;
	const char *owner;
	const struct want_claim *claim;
};

static int
text_cmp(struct node *a, struct node *b)
{
	return strcmp(a->text, b->text);
}

static int
prefix_cmp(struct node *a, struct node *b)
{
	int rc = addr_cmp(&a->low, &b->low);

	if (rc == 0)
		rc = (int)a->len - (int)b->len;
	return rc != 0 ? rc : addr_cmp(&a->address, &b->address);
}

RB_HEAD(text_tree, node);
RB_HEAD(prefix_tree, node);
TREE_STATIC(text_tree, node, entry, text_cmp)
TREE_STATIC(prefix_tree, node, entry, prefix_cmp)

struct claims {
	struct text_tree texts;
	struct prefix_tree prefixes;
};

struct claims *
claims_new(void)
{
	return calloc(1, sizeof(struct claims));
}

void
claims_free(struct claims *c)
{
	struct node *n;

	if (c == NULL)
		return;
	while ((n = RB_ROOT(&c->texts)) != NULL) {
		RB_REMOVE(text_tree, &c->texts, n);
		free(n);
	}
	while ((n = RB_ROOT(&c->prefixes)) != NULL) {
		RB_REMOVE(prefix_tree, &c->prefixes, n);
		free(n);
	}
	free(c);
}

/* The first address of the network that holds a, or the last one. */
static struct addr
low_of(const struct addr *a, uint8_t len)
{
	return prefix_network(&(struct prefix){ .addr = *a, .len = len });
}

static struct addr
high_of(const struct addr *a, uint8_t len)
{
	struct addr high = low_of(a, len);

	for (size_t bit = len; bit < addr_len(a) * 8; bit++)
		high.b[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
	return high;
}

/* The first node of exactly the network of that length that holds a, or NULL. */
static struct node *
exact(struct claims *c, const struct addr *a, uint8_t len)
{
	struct node key = { .low = low_of(a, len), .len = len, .address = { .af = 0 } };
	struct node *n = RB_NFIND(prefix_tree, &c->prefixes, &key);

	return n != NULL && addr_eq(&n->low, &key.low) && n->len == len ? n : NULL;
}

/* Another owner's node that overlaps the network. */
static struct node *
overlapping(struct claims *c, const struct addr *low, uint8_t len, const char *owner)
{
	struct node key = { .low = *low, .len = len }, *n;
	struct addr high = high_of(low, len);

	for (unsigned int l = 0; l < len; l++) {
		n = exact(c, low, (uint8_t)l);
		if (n != NULL && strcmp(n->owner, owner) != 0)
			return n;
	}
	for (n = RB_NFIND(prefix_tree, &c->prefixes, &key);
		n != NULL && addr_cmp(&n->low, &high) <= 0;
		n = RB_NEXT(prefix_tree, &c->prefixes, n))
		if (strcmp(n->owner, owner) != 0)
			return n;
	return NULL;
}

static struct node *
node_of(const struct want_set *s, const struct want_claim *claim)
{
	struct node *n = calloc(1, sizeof(*n));

	if (n == NULL)
		abort();
	n->owner = s->owner;
	n->claim = claim;
	n->text = claim->text;
	n->address = claim->prefix.addr;
	n->len = claim->prefix.len;
	n->low = low_of(&n->address, n->len);
	return n;
}

/* Enters n, or returns who has it already. */
static struct node *
enter(struct claims *c, struct node *n)
{
	struct node *other;

	if (n->text != NULL)
		return RB_INSERT(text_tree, &c->texts, n);
	other = overlapping(c, &n->low, n->len, n->owner);
	return other != NULL ? other : RB_INSERT(prefix_tree, &c->prefixes, n);
}

static void
leave(struct claims *c, struct want_set *s, const struct want_claim *claim)
{
	struct node *key = node_of(s, claim), *n;

	if (claim->text != NULL)
		n = RB_FIND(text_tree, &c->texts, key);
	else
		n = RB_FIND(prefix_tree, &c->prefixes, key);
	free(key);
	if (n == NULL || n->claim != claim)
		return;
	if (claim->text != NULL)
		RB_REMOVE(text_tree, &c->texts, n);
	else
		RB_REMOVE(prefix_tree, &c->prefixes, n);
	free(n);
}

int
claims_add(struct claims *c, struct want_set *s, struct err *e)
{
	struct want_claim *claim;

	STAILQ_FOREACH (claim, &s->claims, link) {
		struct node *n = node_of(s, claim);
		const struct node *other = enter(c, n);

		if (other == NULL)
			continue;
		free(n);
		err_set(e, -EINVAL, claim->object, "%s conflicts with %s of %s", claim->what,
			other->claim->what, other->claim->object);
		claims_remove(c, s);
		return -EINVAL;
	}
	return 0;
}

void
claims_remove(struct claims *c, struct want_set *s)
{
	struct want_claim *claim;

	STAILQ_FOREACH (claim, &s->claims, link)
		leave(c, s, claim);
}

const char *
claims_owner_of(struct claims *c, const struct addr *a, struct prefix *found)
{
	for (int len = (int)addr_len(a) * 8; len >= 0; len--) {
		struct node *n = exact(c, a, (uint8_t)len);

		if (n == NULL)
			continue;
		*found = n->claim->prefix;
		return n->owner;
	}
	return NULL;
}

static bool
is_within(const struct addr *a, const struct addr *low, const struct addr *high)
{
	return addr_cmp(a, low) >= 0 && addr_cmp(a, high) <= 0;
}

bool
claims_address_in(struct claims *c, const struct prefix *p, struct addr *out)
{
	struct addr low = low_of(&p->addr, p->len), high = high_of(&p->addr, p->len);
	struct node *n, *best = NULL;
	struct node key = { .low = low };

	/* An own network that contains the prefix may still have its address outside of it. */
	for (unsigned int len = 0; len < p->len; len++) {
		struct addr network = low_of(&low, (uint8_t)len);

		for (n = exact(c, &low, (uint8_t)len);
			n != NULL && addr_eq(&n->low, &network) && n->len == len;
			n = RB_NEXT(prefix_tree, &c->prefixes, n))
			if (is_within(&n->address, &low, &high))
				best = n;
	}
	for (n = RB_NFIND(prefix_tree, &c->prefixes, &key);
		n != NULL && addr_cmp(&n->low, &high) <= 0;
		n = RB_NEXT(prefix_tree, &c->prefixes, n))
		if (is_within(&n->address, &low, &high) &&
			(best == NULL || addr_cmp(&n->address, &best->address) < 0))
			best = n;
	if (best == NULL)
		return false;
	*out = best->claim->prefix.addr;
	return true;
}
