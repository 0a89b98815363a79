#ifndef YD_IKE_LIFETIME_H
#define YD_IKE_LIFETIME_H

#include <stdbool.h>
#include <stdint.h>

struct child;
struct child_sa;
struct ike_sa;

/* When SAs are rekeyed, and when they end because nobody did (RFC 7296 2.8). */

void lifetime_start_ike(struct ike_sa *sa);
/* It is to be authenticated anew within this time (RFC 4478). */
void lifetime_reauthenticate(struct ike_sa *sa, uint32_t within_s);
/* Its peer has begun another: after a while it is looked at whether this one is still of use. */
void lifetime_review_ike(struct ike_sa *sa);
/* Goes on as if nothing had been begun. */
void lifetime_resume_ike(struct ike_sa *sa);
/* The timer of an IKE SA has fired. */
void lifetime_tick(struct ike_sa *sa);
/* Rekeying has failed: again after a while. */
void lifetime_retry_ike(struct ike_sa *sa);
/* The peer is to delete it; if it does not, we do. */
void lifetime_wait_for_ike_delete(struct ike_sa *sa);

/* Lifetimes in bytes, before it is installed. */
void lifetime_plan_child(struct child_sa *pair, const struct child *c);
void lifetime_start_child(struct child_sa *pair);
void lifetime_tick_child(struct child_sa *pair);
void lifetime_retry_child(struct child_sa *pair);
void lifetime_wait_for_delete(struct child_sa *pair);
/* One too many of ours: it goes as soon as the other is known to be there. */
void lifetime_settle(struct child_sa *pair);
/* Its bytes or sequence numbers: soft, or used up. */
void lifetime_used(struct child_sa *pair, bool hard);

#endif
