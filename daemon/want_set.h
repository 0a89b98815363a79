#ifndef YD_DAEMON_WANT_SET_H
#define YD_DAEMON_WANT_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/queue.h>
#include <sys/tree.h>

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
	enum { WANT_QUERY_PATH, WANT_QUERY_DEVICE_ADDR, WANT_QUERY_DEVICE, WANT_QUERY_LINE } kind;
	struct addr destination; /* of a path; the family of a device's address */
	char device[16];
	struct want_answer {
		int rc;
		uint32_t mtu;
		struct addr addr;
		char device[16];
	} answer;
	STAILQ_ENTRY(want_query) link;
	RB_ENTRY(want_query) entry; /* by what is asked */
};

/* What an owner needs of the router as a whole, in IPv4 and (the next) in IPv6. */
enum want_need {
	WANT_NEED_ROUTER,  /* forwarding */
	WANT_NEED_GRE = 2, /* raw sockets */
	WANT_NEED_ESP = 4,
	WANT_NEED_AH = 6,
	WANT_NEED_STEER = 8, /* rules, and the socket for what is bypassed */
	WANT_NEED_IKE = 10,  /* the speaker and its sockets */
	WANT_N_NEEDS = 12
};

struct want_set {
	struct arena *arena;
	unsigned int refs;
	const char *owner;
	STAILQ_HEAD(, want_item) items;
	STAILQ_HEAD(, want_note) notes;
	STAILQ_HEAD(, want_claim) claims;
	STAILQ_HEAD(, want_query) queries; /* each once */
	RB_HEAD(want_query_tree, want_query) asked;
	unsigned char needs[WANT_N_NEEDS]; /* 1: of the router as a whole, see want_set_need */
	bool asks_interfaces; /* a tunnel: other interfaces may protect it, or be tunnels on its way */
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
/* af: which of the two. */
void want_set_need(struct want_set *s, enum want_need need, uint8_t af);
void want_set_claim_prefix(struct want_set *s, const char *object, const struct prefix *p);

#endif
