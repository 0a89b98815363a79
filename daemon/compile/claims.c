/*
 * Claims: two ordered trees, one of texts, one of IPv4 prefixes. Prefixes of different owners never
 * overlap, so that whoever contains a new one is found by its at most 33 possible lengths and whoever
 * lies inside it follows it in order.
 */
#include "config.h"

#include "daemon/compile/claims.h"

#include "daemon/tree.h"

#include "lib/err.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

struct node {
	RB_ENTRY(node) entry;
	const char *text;
	uint32_t low;	  /* of the network */
	uint32_t address; /* with host bits */
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
u32_cmp(uint32_t a, uint32_t b)
{
	return a < b ? -1 : a > b;
}

static int
prefix_cmp(struct node *a, struct node *b)
{
	int rc = u32_cmp(a->low, b->low);

	if (rc == 0)
		rc = u32_cmp(a->len, b->len);
	return rc != 0 ? rc : u32_cmp(a->address, b->address);
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

static uint32_t
mask_of(uint8_t len)
{
	return len == 0 ? 0 : ~0u << (32 - len);
}

/* The first node of exactly this network, or NULL. */
static struct node *
exact(struct claims *c, uint32_t low, uint8_t len)
{
	struct node key = { .low = low, .len = len, .address = 0 };
	struct node *n = RB_NFIND(prefix_tree, &c->prefixes, &key);

	return n != NULL && n->low == low && n->len == len ? n : NULL;
}

/* Another owner's node that overlaps [low, low/len]. */
static struct node *
overlapping(struct claims *c, uint32_t low, uint8_t len, const char *owner)
{
	struct node key = { .low = low, .len = len }, *n;
	uint32_t high = low | ~mask_of(len);

	for (unsigned int l = 0; l < len; l++) {
		n = exact(c, low & mask_of((uint8_t)l), (uint8_t)l);
		if (n != NULL && strcmp(n->owner, owner) != 0)
			return n;
	}
	for (n = RB_NFIND(prefix_tree, &c->prefixes, &key); n != NULL && n->low <= high;
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
	n->address = addr_u32(&claim->prefix.addr);
	n->len = claim->prefix.len;
	n->low = n->address & mask_of(n->len);
	return n;
}

/* Enters n, or returns who has it already. */
static struct node *
enter(struct claims *c, struct node *n)
{
	struct node *other;

	if (n->text != NULL)
		return RB_INSERT(text_tree, &c->texts, n);
	other = overlapping(c, n->low, n->len, n->owner);
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
	uint32_t v = addr_u32(a);

	for (int len = 32; len >= 0; len--) {
		struct node *n = exact(c, v & mask_of((uint8_t)len), (uint8_t)len);

		if (n == NULL)
			continue;
		*found = n->claim->prefix;
		return n->owner;
	}
	return NULL;
}

bool
claims_address_in(struct claims *c, const struct prefix *p, struct addr *out)
{
	uint32_t low = addr_u32(&p->addr) & mask_of(p->len), high = low | ~mask_of(p->len);
	struct node *n, *best = NULL;
	struct node key = { .low = low };

	/* An own network that contains the prefix may still have its address outside of it. */
	for (unsigned int len = 0; len < p->len; len++)
		for (n = exact(c, low & mask_of((uint8_t)len), (uint8_t)len);
			n != NULL && n->low == (low & mask_of((uint8_t)len)) && n->len == len;
			n = RB_NEXT(prefix_tree, &c->prefixes, n))
			if (n->address >= low && n->address <= high)
				best = n;
	for (n = RB_NFIND(prefix_tree, &c->prefixes, &key); n != NULL && n->low <= high;
		n = RB_NEXT(prefix_tree, &c->prefixes, n))
		if (n->address >= low && n->address <= high &&
			(best == NULL || n->address < best->address))
			best = n;
	if (best == NULL)
		return false;
	*out = best->claim->prefix.addr;
	return true;
}
