#ifndef YD_IKE_HALFOPEN_H
#define YD_IKE_HALFOPEN_H

#include <stdbool.h>
#include <stdint.h>

#include "daemon/ike/cookie.h"

struct exchange;
struct ike;
struct ike_sa;

enum {
	HALFOPEN_MAX = 1000,	   /* of all peers, by default */
	HALFOPEN_PER_ADDRESS = 10, /* without a cookie: HALFOPEN_COOKIE_PER_ADDRESS */
	HALFOPEN_COOKIE = 30,	   /* from so many on, a cookie is asked for */
	HALFOPEN_COOKIE_PER_ADDRESS = 3,
	HALFOPEN_WORK_PER_S =
		4000, /* tenths of a millisecond of Diffie-Hellman for who never authenticates */
	HALFOPEN_EXPLAIN_PER_S = 1, /* records of strangers */
	HALFOPEN_ANSWER_PER_S = 10, /* answers in clear to what nobody asked for */
	HALFOPEN_FIRST_LEN = 8192,  /* bytes of a first message, which is kept */
	HALFOPEN_TIMEOUT_MS = 30000 /* an IKE_AUTH must come by then */
};

/* So much a second. */
struct ration {
	uint64_t since_ms; /* when it was last filled */
	uint32_t left;
};

/* The defence against those who only begin (RFC 7296 2.6, 2.7). */
struct halfopen {
	struct cookie_jar jar;
	uint32_t max;
	uint32_t n; /* half-open SAs of which we are the responder */
	struct ration work;
	struct ration explanations;
	struct ration answers;
};

enum halfopen_verdict {
	HALFOPEN_GO,
	HALFOPEN_ASK_COOKIE,
	HALFOPEN_DROP /* counted */
};

void halfopen_init(struct ike *ike);
void halfopen_fini(struct ike *ike);
/* What is to be done with an IKE_SA_INIT request, and whether its cookie proves where it comes from. known: a configured peer has the address. */
enum halfopen_verdict halfopen_check(struct exchange *x, bool known);
/* The other half of the work, when IKE_AUTH comes: now? Else counted; it will come again. */
bool halfopen_may_go_on(const struct ike_sa *sa);
/* The cookie for it. 0 or -errno. */
int halfopen_cookie(struct exchange *x, uint8_t out[COOKIE_LEN]);
/* Whether one more stranger may leave a record, or have an answer, in this second. */
bool halfopen_may_explain(struct ike *ike);
bool halfopen_may_answer(struct ike *ike);
/* An SA joins; the oldest makes room. */
void halfopen_enter(struct ike_sa *sa);
/* The one that this request has made already, or NULL. */
struct ike_sa *halfopen_of_request(const struct exchange *x);
/* It leaves because it dies; or because its peer is authentic: the work was not for nothing. */
void halfopen_leave(struct ike_sa *sa);
void halfopen_prove(struct ike_sa *sa);

#endif
