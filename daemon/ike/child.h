#ifndef YD_IKE_CHILD_H
#define YD_IKE_CHILD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/tree.h>

#include "daemon/ike/call.h"
#include "lib/msg.h"

struct err;
struct ike;
struct request;
struct timer;

enum { CHILD_PROPOSALS = 16, CHILD_MAX = 65536 };

/* What is proposed when a packet asks (RFC 7296 2.9): not every peer takes two selectors. */
enum child_form { CHILD_FORM_BOTH, CHILD_FORM_RULE, CHILD_FORM_PACKET };

/*
 * One rule that a pair of SAs is to protect, as configured; and the will to have one: at once and always
 * (automatic), or when a packet asks.
 */
struct child {
	RB_ENTRY(child) number_node;
	RB_ENTRY(child) peer_node;
	RB_ENTRY(child) policy_node;
	struct ike *ike;
	struct msg_ike_child cfg;
	struct msg_ike_child_proposal *proposals;
	unsigned int n_proposals;
	struct call_list calls;
	struct request *request; /* that asks for a pair; NULL: none */
	struct timer *retry;
	uint32_t backoff_ms; /* before the next try, when this one fails */
	bool has_packet;     /* one waits: the first selectors of what we propose are its own */
	struct msg_ike_acquire packet;
	enum child_form form; /* that the peer may take */
};
RB_HEAD(child_tree, child);
RB_HEAD(child_peer_tree, child);   /* by peer, then number */
RB_HEAD(child_policy_tree, child); /* by policy, then number */

/* ike_child, _proposal, _end, _del, ike_acquire. 0 or -errno. */
int child_begin(struct ike *ike, const struct msg_ike_child *m, struct err *e);
int child_add_proposal(struct ike *ike, const struct msg_ike_child_proposal *m, struct err *e);
int child_commit(struct ike *ike, const struct msg_ike_child_end *m, struct err *e);
int child_delete(struct ike *ike, const struct msg_ike_child_del *m, struct err *e);
int child_acquire(struct ike *ike, const struct msg_ike_acquire *m, struct err *e);
void child_free(struct child *c);
void child_free_all(struct ike *ike);

struct child *child_find(struct ike *ike, uint32_t id);
/* The next child of a peer after this one (NULL: the first), or NULL. */
struct child *child_next(struct ike *ike, uint32_t peer, struct child *after);
/* The next child of its policy, the first after the last: all of them come by until it is c again. */
struct child *child_sibling(const struct child *c);
/* A peer was configured: its children may go on. */
void child_peer_changed(struct ike *ike, uint32_t peer);
/* Sees to it that a pair is made, if one is wanted, there is none, and none is being made. */
void child_try(struct child *c);
/* A pair protects it: forget earlier failures. */
void child_succeeded(struct child *c);
/* What was tried has failed, or was lost: if it is wanted still, again after a while. */
void child_failed(struct child *c);
/* The peer refuses the selectors: whether they are to be proposed in another form at once. */
bool child_refused(struct child *c, uint16_t notify);
/* Children of a peer that wait for another try have it now. */
void child_hurry(struct ike *ike, uint32_t peer);
/* The peer has forgotten its pair: another, asked for or not. */
void child_revive(struct child *c);
/* A pair has ended in good order: if it was the last and the child is automatic, another within a second. That is
 * looked at then, and not for each of many that end at once. */
void child_ended(struct child *c);

#endif
