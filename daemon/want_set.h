#ifndef YD_DAEMON_WANT_SET_H
#define YD_DAEMON_WANT_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/queue.h>

#include "daemon/want.h"

struct arena;

/*
 * What one configuration object (the owner) wants to run, in an arena of its own: made by compile/,
 * kept by reconcile.c as long as anything of it runs. Keys in it are wiped when it is freed.
 */
struct want_item {
	struct want want;
	STAILQ_ENTRY(want_item) link;
};

/* Why (a part of) the owner does not run although the configuration is legal. */
struct want_note {
	const char *name; /* as the operator knows it: "IPSec policy P1 10" */
	const char *reason;
	STAILQ_ENTRY(want_note) link;
};

/* What only one owner may have. */
struct want_claim {
	const char *text;     /* equal texts clash; NULL: the prefix counts */
	struct prefix prefix; /* clashes with an overlapping one of another owner */
	const char *object;   /* for the operator, when it clashes: who */
	const char *what;     /* and over what: "address 10.1.1.1/24" */
	STAILQ_ENTRY(want_claim) link;
};

/* A question that compile asked the kernel; the set is compiled again when the answer changes. */
struct want_query {
	enum { WANT_QUERY_PATH, WANT_QUERY_DEVICE_ADDR, WANT_QUERY_DEVICE } kind;
	struct addr destination;
	char device[16];
	struct want_answer {
		int rc;
		uint32_t mtu;
		struct addr addr;
		char device[16];
	} answer;
	STAILQ_ENTRY(want_query) link;
};

struct want_set {
	struct arena *arena;
	unsigned int refs;
	const char *owner;
	STAILQ_HEAD(, want_item) items;
	STAILQ_HEAD(, want_note) notes;
	STAILQ_HEAD(, want_claim) claims;
	STAILQ_HEAD(, want_query) queries;
	bool tunnel;	 /* a GRE tunnel runs here */
	bool protection; /* an IPsec policy is applied here */
};

struct want_set *want_set_new(const char *owner);
struct want_set *want_set_ref(struct want_set *s);
void want_set_unref(struct want_set *s);

/* Copies the object (what it points to must be in the set's arena) and gives it its key and owner. */
struct want *want_set_add(struct want_set *s, const struct want *w);
void want_set_note(struct want_set *s, const char *name, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void want_set_claim_text(
	struct want_set *s, const char *object, const char *what, const char *text);
void want_set_claim_prefix(struct want_set *s, const char *object, const struct prefix *p);

#endif
