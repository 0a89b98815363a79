#ifndef YD_DAEMON_CONNTABLE_H
#define YD_DAEMON_CONNTABLE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/tree.h>

#include "daemon/negotiated.h"
#include "daemon/sastate.h"
#include "lib/msg.h"

struct err;
struct timer;

/*
 * The tables behind negotiated.h, for conngroup.c and negotiated.c alone: policies with children, children
 * with connections, connections with SAs. Nothing here tells anybody anything.
 */

struct policy {
	RB_ENTRY(policy) entry;
	uint32_t number;
	struct daemon *daemon;
	unsigned int n_narrow; /* connections that have rules in front */
	unsigned int n_wide;   /* connections that may serve others than their child */
	bool stale;	       /* rules in front are there that should not be */
	struct timer *spd;     /* the next turn of the SPD; NULL: there was none yet */
	uint64_t spd_ms;       /* no sooner than then */
	LIST_HEAD(, child) children;
};

struct child {
	RB_ENTRY(child) entry;
	LIST_ENTRY(child) sibling;
	uint32_t id; /* its group in the datapath */
	struct policy *policy;
	char *key;	 /* of the WANT_GROUP */
	char device[16]; /* the protected TUN */
	uint32_t port;
	struct msg_ike_child wanted;
	uint32_t mtu;
	uint8_t df;
	bool fragment_before;
	bool whole; /* what is negotiated may not be less */
	LIST_HEAD(, conn) conns;
	unsigned int n_whole; /* of them, with its group */
	bool told;	      /* the datapath knows the group, as the next two say */
	uint32_t sa, same_as;
};

struct conn {
	RB_ENTRY(conn) entry;
	LIST_ENTRY(conn) of_child;
	uint32_t epoch, id;
	struct child *child;
	uint32_t group;	    /* the child's or its own */
	uint32_t own_group; /* 0 = it has none yet */
	bool narrow;	    /* rules in front are made for it */
	bool wide;	    /* it has something of what its child's siblings protect */
	bool overflow;	    /* more pairs than we take */
	struct msg_ike_selector *pairs;
	size_t n_pairs;
	LIST_HEAD(, sa) sas;
	struct sa *used;   /* outbound, carries; NULL = none */
	uint64_t used_at;  /* the later one is the better one */
	uint64_t until_ms; /* of a speaker that is gone: kept until then */
};

struct sa {
	RB_ENTRY(sa) entry;
	LIST_ENTRY(sa) of_conn;
	uint32_t epoch, id; /* at the speaker */
	struct conn *conn;
	uint64_t serial;  /* of all SAs there ever were */
	uint32_t request; /* of the speaker, who waits for the datapath's word; 0 = not any more */
	struct msg_dp_sa m;
};

RB_HEAD(policy_tree, policy);
RB_HEAD(child_tree, child);
RB_HEAD(conn_tree, conn);
RB_HEAD(sa_tree, sa);

struct negotiated {
	struct daemon *daemon;
	struct policy_tree policies;
	struct child_tree children;
	struct conn_tree conns;
	struct sa_tree sas;
	struct sa *by_slot[SASTATE_SLOTS]; /* an SA's identity in the datapath is its slot + 1 */
	unsigned int n_conns;
	unsigned int n_orphans; /* of them, of speakers that are gone */
	uint32_t epoch;
	uint32_t last_group;
	uint64_t serial;
	struct timer *expiry;
};

/* NULL: there is none. Connections and SAs: of the speaker that runs now. */
struct child *conntable_child(const struct negotiated *n, uint32_t id);
struct conn *conntable_conn(struct negotiated *n, uint32_t id);
struct sa *conntable_sa(const struct negotiated *n, uint32_t id);

/* Found or new. */
struct child *conntable_child_make(
	struct negotiated *n, uint32_t id, uint32_t policy, const char *key);
/* NULL: there are too many, or it is another child's. */
struct conn *conntable_conn_make(struct negotiated *n, uint32_t id, struct child *child);
/* A new one, with a slot of its own. NULL with err. */
struct sa *conntable_sa_make(
	struct negotiated *n, struct conn *c, const struct msg_ike_sa_add *m, struct err *e);

/* With all that belongs to them. The slot of a single SA is the caller's to put. */
void conntable_child_free(struct negotiated *n, struct child *c);
void conntable_conn_free(struct negotiated *n, struct conn *c);
void conntable_sa_free(struct negotiated *n, struct sa *s);

/* One after the other, from NULL on; NULL: that was the last. */
struct conn *conntable_next(struct negotiated *n, struct conn *c);
struct child *conntable_next_child(struct negotiated *n, struct child *c);

#endif
