#ifndef YD_IKE_PEER_H
#define YD_IKE_PEER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/tree.h>

#include "daemon/ike/identity.h"
#include "daemon/ike/ike_sa.h"
#include "lib/msg.h"

struct err;
struct ike;
struct ike_path;
struct ike_sa;
struct secret;

enum { PEER_ADDRESSES = 8, PEER_PROPOSALS = 16, PEER_MAX = 65536 };

/* What the peers of one place are found by: nothing but their turn, what they propose, who they are. */
enum peer_view { PEER_BY_TURN, PEER_BY_PROPOSALS, PEER_BY_IDENTITY };

/* One of a peer's places: an address, or anywhere (af 0). */
struct peer_place {
	RB_ENTRY(peer_place) node;
	struct addr remote;
	enum peer_view view;
	struct identity id;	 /* by identity; without value: any of the type, or (type 0) any */
	uint64_t turn;		 /* of its peer */
	const struct peer *like; /* by proposals and by identity: whose proposals they are */
	struct peer *peer;
	bool known; /* in the tree */
};

/* One `ike peer` as configured. */
struct peer {
	RB_ENTRY(peer) node;
	uint64_t turn;		 /* among those at one address: who was configured first */
	struct msg_ike_peer cfg; /* without its key */
	struct secret *psk;	 /* NULL: none */
	struct addr address[PEER_ADDRESSES];
	unsigned int n_addresses;
	struct peer_place *places;
	unsigned int n_places;
	struct msg_ike_peer_proposal *proposals;
	unsigned int n_proposals;
	struct ike_sa_list sas;			 /* with it, oldest first */
	struct ike_sa_identity_tree by_identity; /* of those, which were established once */
	unsigned int next_address;		 /* where the next negotiation goes */
};
RB_HEAD(peer_tree, peer);	      /* by identity */
RB_HEAD(peer_place_tree, peer_place); /* by address, view and what belongs to it, then turn */

/* Whether it is the one; depends on nothing but its proposals. */
typedef bool peer_judge_fn(void *arg, struct peer *p);

/* ike_peer, _address, _proposal, _end, _del. 0 or -errno. */
int peer_begin(struct ike *ike, const struct msg_ike_peer *m, struct err *e);
int peer_add_address(struct ike *ike, const struct msg_ike_peer_address *m, struct err *e);
int peer_add_proposal(struct ike *ike, const struct msg_ike_peer_proposal *m, struct err *e);
int peer_commit(struct ike *ike, const struct msg_ike_peer_end *m, struct err *e);
int peer_delete(struct ike *ike, const struct msg_ike_peer_del *m, struct err *e);
void peer_free(struct peer *p);
void peer_free_all(struct ike *ike);

struct peer *peer_find(struct ike *ike, uint32_t id);
/* Whether a datagram from there may be this peer's: one of its addresses, or it has none. */
bool peer_may_be_at(const struct peer *p, const struct addr *remote);
/* The peers that a datagram from there may come from, the named ones first; returns how many (≤ max). */
unsigned int peer_candidates(
	struct ike *ike, const struct addr *remote, struct peer **out, unsigned int max);
/* Of those, the first that is judged to fit; NULL: none. Those with equal proposals are judged once. */
struct peer *peer_choose(
	struct ike *ike, const struct addr *remote, peer_judge_fn *judge, void *arg);
/* The same, of those who accept the identity: who names it comes before who takes any. */
struct peer *peer_choose_id(struct ike *ike, const struct addr *remote, const struct identity *id,
	peer_judge_fn *judge, void *arg);
/* Who we are towards the peer, seen from this local address. -EINVAL: it cannot be made. */
int peer_local_id(
	const struct ike *ike, const struct peer *p, const struct addr *local, struct identity *id);
/* The same pre-shared key. Constant time. */
bool peer_same_secret(const struct peer *a, const struct peer *b);
/* Whether an identity that was proved is the one configured. */
bool peer_accepts_id(const struct peer *p, const struct identity *id);

#endif
