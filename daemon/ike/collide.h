#ifndef YD_IKE_COLLIDE_H
#define YD_IKE_COLLIDE_H

#include <stdbool.h>

struct child_sa;
struct ike_sa;
struct request;

/*
 * Both ends do the same at the same time (RFC 7296 2.8.1, 2.8.2, 2.25). Of two SAs in one place the one made
 * with the lowest of the four nonces goes; who made it deletes it.
 */

/* --- CHILD SAs --- */

/* A request of the peer makes this pair: when one of ours is out for the same place, they collide. */
void collide_child_asked(struct child_sa *pair, struct child_sa *old);
/* It is made and answered. */
void collide_child_given(struct child_sa *pair);
/* It could not be made after all. */
void collide_child_failed(struct child_sa *pair);
/* Our request is granted (r->made, with keys): it is installed, or loses against the peer's. */
void collide_child_answered(struct request *r, struct child_sa *old);
/* Our request is refused: has the peer's own taken its place? */
bool collide_child_superseded(struct request *r);
/* It is rekeyed already, or about to be. */
bool collide_child_is_replaced(const struct child_sa *old);
/* The peer deletes a pair: the one that followed it is known to be there. */
void collide_child_deleted(struct child_sa *pair);

/* --- IKE SAs --- */

/* A request of ours to rekey it is out. */
bool collide_ike_is_rekeying(const struct ike_sa *sa);
/* The peer's request has made another. */
void collide_ike_given(struct ike_sa *sa, struct ike_sa *made);
/* Our request has. */
void collide_ike_answered(struct ike_sa *sa, struct ike_sa *made);
bool collide_ike_superseded(struct ike_sa *sa);
/* The peer uses it: if that was open, it is the one. */
void collide_ike_adopt(struct ike_sa *sa);
/* The peer deletes it: what was made meanwhile takes its place. */
void collide_ike_deleted(struct ike_sa *sa);

/* Two IKE SAs between the same ends, begun by each at the same time: one goes. */
void collide_established(struct ike_sa *sa);
/* Another between the same ends that is newer: one of them is enough. NULL: none. */
struct ike_sa *collide_younger(const struct ike_sa *sa);
/* What its pairs protect is carried by others: its peer does not use it any more. */
bool collide_is_forsaken(const struct ike_sa *sa);
/* Another of the same peer is established: no INITIAL_CONTACT then. */
bool collide_has_sibling(const struct ike_sa *sa);
/* The peer says that this is its only IKE SA (2.4). */
void collide_initial_contact(struct ike_sa *sa);

#endif
