#ifndef YD_IKE_EXPLAIN_H
#define YD_IKE_EXPLAIN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "lib/addr.h"
#include "lib/state.h"

struct err;
struct exchange;
struct ike;
struct ike_path;
struct ike_sa;
struct peer;

enum { EXPLAIN_KEPT = 200, EXPLAIN_CLAIMS = 50, EXPLAIN_STRANGERS = 20 };

/* Whose failure it is, and so how many places there are for it. */
enum explain_who {
	EXPLAIN_KNOWN,	  /* a peer's, or who is where a peer is configured */
	EXPLAIN_CLAIMED,  /* who says that it is there, which anybody can write into a datagram */
	EXPLAIN_STRANGER, /* anybody's */
	EXPLAIN_WHO_N
};

enum explain_reason {
#define REASON(id, text, statistic) EXPLAIN_##id,
#include "daemon/ike/explain.def"
#undef REASON
	EXPLAIN_N
};

struct explain_error {
	TAILQ_ENTRY(explain_error) link;
	enum explain_who who;
	struct st_ike_error e;
};
TAILQ_HEAD(explain_errors, explain_error);

/* The last failures, EXPLAIN_KEPT with those whom we know, and fewer with others; and the last ends, a ring. */
struct explain {
	struct explain_errors errors; /* newest first */
	struct explain_error *places;
	unsigned int n_places; /* that are in use */
	unsigned int n_of[EXPLAIN_WHO_N];
	struct st_ike_offline *offline;
	unsigned int next_offline;
	unsigned int n_offline;
};

/* What both sides wanted, where that is known; NULL or "" else. */
struct explain_terms {
	const char *offered;
	const char *configured;
};

/* -ENOMEM. */
int explain_init(struct explain *x);
void explain_fini(struct explain *x);

/* A negotiation has failed: phase 1 the IKE SA, 2 a CHILD SA; initiator: we asked; by_peer: it refused. The text is the first thing
 * that did not match. */
void explain_failure(struct ike_sa *sa, unsigned int phase, bool initiator, bool by_peer,
	enum explain_reason reason, const struct explain_terms *t, const char *fmt, ...)
	__attribute__((format(printf, 7, 8)));
/* A first message has failed, of which there is no IKE SA. peer: whom its address may be; NULL: nobody. A record, once a
 * second at most where that is not an address of its configuration. */
void explain_first(const struct exchange *x, const struct peer *peer, enum explain_reason reason,
	const struct explain_terms *t, const char *fmt, ...) __attribute__((format(printf, 5, 6)));
/* Whether we know that this is the peer, or that it is at its address; or believe where it says it is. */
enum explain_who explain_who_is(const struct ike_sa *sa);
/* There is no way to a peer. */
void explain_no_route(
	struct ike *ike, const struct peer *p, const struct addr *remote, const struct err *why);
/* Something established has ended. */
void explain_end(struct ike_sa *sa, const char *reason);
/* The reason that fits an error notification. */
enum explain_reason explain_of_notify(uint16_t notify, unsigned int phase);

void explain_report_errors(struct ike *ike, void (*row)(void *arg, const void *record), void *arg);
void explain_report_offline(struct ike *ike, void (*row)(void *arg, const void *record), void *arg);
void explain_reset_errors(struct ike *ike);
void explain_reset_offline(struct ike *ike);

#endif
