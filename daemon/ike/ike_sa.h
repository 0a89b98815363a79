#ifndef YD_IKE_IKE_SA_H
#define YD_IKE_IKE_SA_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/tree.h>

#include "daemon/ike/call.h"
#include "daemon/ike/exchange.h"
#include "daemon/ike/identity.h"
#include "daemon/ike/ike.h"
#include "daemon/ike/keys.h"
#include "daemon/ike/path.h"
#include "daemon/ike/proposal.h"
#include "daemon/ike/request.h"
#include "daemon/ike/window.h"

struct child;
struct child_sa;
struct handshake;
struct peer;
struct timer;

TAILQ_HEAD(child_sa_list, child_sa);
TAILQ_HEAD(ike_sa_list, ike_sa);

/* One IKE SA (RFC 7296), from its first message to its last. */
struct ike_sa {
	RB_ENTRY(ike_sa) node;
	TAILQ_ENTRY(ike_sa) link;
	TAILQ_ENTRY(ike_sa) peer_link;
	TAILQ_ENTRY(ike_sa) half_open_link;
	RB_ENTRY(ike_sa) half_open_node;
	RB_ENTRY(ike_sa) identity_node;
	struct ike *ike;
	struct peer *peer;   /* NULL: not known yet, or taken out of the configuration */
	uint32_t connection; /* as displayed */
	uint64_t number;     /* of all there ever were */
	enum exchange_state state;
	bool initiator; /* of this very IKE SA: the flag of its messages */
	bool dead;
	uint64_t spi_local;
	uint64_t spi_remote;
	struct path path;
	struct proposal_choice suite; /* what was agreed */
	struct keys keys;
	struct identity local_id;
	struct identity remote_id;
	struct handshake *handshake; /* until it is established */
	struct window window;
	struct request_list waiting;
	struct request_list out;
	struct call_list calls;
	struct child_sa_list children;
	uint32_t early[8]; /* SPIs that the peer deleted before we knew them */
	unsigned int n_early;
	bool fragmentation; /* RFC 7383 was agreed */
	bool half_open;	    /* counted by halfopen.c */
	bool named;	    /* found by its peer's identity: it was established once */
	struct addr from;   /* half-open: where it began */
	uint8_t lowest[32]; /* nonce of its making, for collisions; padded with zeros */

	/* rekeying and its collisions (collide.c); others by their SPI of ours, 0: none */
	uint64_t replaced_by; /* rekeyed: where its children are */
	uint64_t theirs;      /* made by a request of the peer while ours is out */
	uint64_t origin;      /* that was rekeyed to make this one */
	uint64_t replaces;    /* reauthentication: the one that ends when this has its children */
	bool redundant;	      /* another carries its children: it ends */
	uint64_t ends_ms;     /* no new children until then: another takes its place */
	uint64_t heir;	      /* its children are made anew there, then it ends (migrate.c) */

	/* time (lifetime.c, dpd.c, path.c) */
	uint64_t made_ms;
	uint64_t established_ms;
	uint32_t lifetime_s;
	uint32_t reauth_s;   /* the peer insists (RFC 4478); 0: no */
	uint64_t reauth_ms;  /* when it is authenticated anew; 0: never */
	uint64_t soft_ms;    /* when it is rekeyed; 0: never */
	uint64_t hard_ms;    /* when it ends */
	uint64_t review_ms;  /* when it is looked at whether its peer has forsaken it; 0: never */
	struct timer *timer; /* of the negotiation, then of the lifetime */
	struct timer *dpd;
	struct timer *keepalive;
	struct timer *moving; /* armed: its SAs are still to be told where the peer is */
	uint64_t heard_ms;    /* the last authentic message */
	uint64_t sent_ms;     /* the last datagram of ours */
	uint64_t suspected_ms;
	unsigned int dpd_asked; /* answers of the daemon that are still to come */
	bool dpd_demand;	/* packets went out since it was looked */
	uint32_t dpd_sent;
	uint32_t dpd_lost;
	uint32_t temporary; /* TEMPORARY_FAILURE in a row */
	const char *reason; /* why it ends, for display ike offline-info */
};
RB_HEAD(ike_sa_tree, ike_sa);
RB_HEAD(ike_sa_half_open_tree, ike_sa); /* by where they began, and the initiator's SPI */
RB_HEAD(ike_sa_identity_tree, ike_sa);	/* by the peer's identity, oldest first */

/* In all, those included that are becoming so; established between the same ends. */
enum { IKE_SAS_MOST = 131072, IKE_SAS_OF_PEER = 64 };

/* Makes one with a fresh SPI, in the tables. NULL when memory is short or there are too many,
 * which is counted. */
struct ike_sa *ike_sa_new(struct ike *ike, struct peer *peer, bool initiator);
struct ike_sa *ike_sa_find(struct ike *ike, uint64_t spi_local);
/* It ends here and now, and what depends on it, without a word to the peer; freed by the reaper. */
void ike_sa_kill(struct ike_sa *sa, const char *reason);
/* It ends in good order: Delete, the answer, the end. Its children carry until then, unless abrupt. */
void ike_sa_delete(struct ike_sa *sa, const char *reason);
void ike_sa_free_all(struct ike *ike);
/* Keys are there and the peer is who it should be. */
void ike_sa_establish(struct ike_sa *sa);

/* Starts a negotiation for a child. 0 or -errno; failures of the negotiation come by child_failed. */
int ike_sa_initiate(
	struct child *c, struct peer *p, const struct addr *local, const struct addr *remote);
/* The one that serves for a child: established, or becoming so; NULL: none. */
struct ike_sa *ike_sa_for_child(const struct child *c, const struct peer *p);
/* Whether requests may be queued: not so while the peer is making it. */
bool ike_sa_may_request(const struct ike_sa *sa);
/* The next after `after` (NULL: the first, the oldest) of a peer's that were established once and whose
 * remote identity this is, or NULL. */
struct ike_sa *ike_sa_of_identity(
	struct peer *p, const struct identity *remote, struct ike_sa *after);
/* The same peer and identities. */
bool ike_sa_same_ends(const struct ike_sa *a, const struct ike_sa *b);
/* Configuration: now is NULL when it was deleted. */
void ike_sa_peer_changed(struct ike *ike, struct peer *old, struct peer *now);

/* `reset ike sa`: how many were deleted. */
unsigned int ike_sa_reset(struct ike *ike, const struct msg_ike_reset *m);
void ike_sa_free(struct ike_sa *sa);
void ike_sa_set_peer(struct ike_sa *sa, struct peer *p);

/* SPIs as in the header. */
uint64_t ike_sa_spi_i(const struct ike_sa *sa);
uint64_t ike_sa_spi_r(const struct ike_sa *sa);

#endif
