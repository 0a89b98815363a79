#ifndef YD_IKE_CHILD_SA_H
#define YD_IKE_CHILD_SA_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/tree.h>

#include "daemon/ike/call.h"
#include "daemon/ike/connection.h"
#include "daemon/ike/keys.h"
#include "daemon/ike/proposal.h"
#include "daemon/ike/ts.h"
#include "lib/addr.h"
#include "lib/msg.h"

struct child;
struct crypt_dh;
struct err;
struct ike;
struct ike_sa;
struct timer;

enum child_sa_state {
	CHILD_SA_LARVAL,      /* an SPI is ours, nothing is agreed */
	CHILD_SA_INSTALLING,  /* agreed; the datapath gets it */
	CHILD_SA_ESTABLISHED, /* may carry */
	CHILD_SA_REKEYED,     /* another has taken its place; it will be deleted */
	CHILD_SA_DELETING,    /* the peer is told that it ends */
	CHILD_SA_LINGERING    /* ended; what was under way may still come in */
};

/* A pair of SAs (RFC 4301 4.1): one each way, negotiated together. */
struct child_sa {
	TAILQ_ENTRY(child_sa) link;	 /* of its IKE SA */
	TAILQ_ENTRY(child_sa) pair_link; /* of its connection */
	RB_ENTRY(child_sa) node;
	RB_ENTRY(child_sa) spi_node;
	struct ike *ike;
	struct ike_sa *ike_sa; /* NULL: lingering */
	struct connection *connection;
	uint32_t child; /* number of its configuration */
	enum child_sa_state state;
	bool initiator; /* of this pair */
	bool dead;
	uint32_t sa; /* identities for the daemon: sa inbound, sa + 1 outbound; even */
	bool told_in;
	bool told_out;
	uint8_t protocol; /* 50, 51 */
	uint8_t mode;	  /* enum msg_sa_mode */
	uint32_t spi_in;
	uint32_t spi_out;
	struct proposal_choice suite; /* what was agreed */
	struct keys_child *keys;      /* until both are installed */
	struct addr natt_local; /* transport mode behind a NAT: as the peer sees us, and itself */
	struct addr natt_remote;
	struct call_list calls;
	/* when the datapath has both, or -errno when it refuses; arg is the IKE SA's business */
	void (*installed)(struct child_sa *pair, int error, const struct err *why);
	/* responder: the request that is answered then, and what goes into the answer */
	uint32_t request_id;
	struct crypt_dh *dh;
	uint8_t nonce[32];

	/* rekeying and its collisions (collide.c) */
	uint32_t replaces;  /* identity of the pair that this one rekeys; 0: none */
	bool rekeying;	    /* a request of ours is queued or out */
	bool redundant;	    /* another has won: it ends */
	uint8_t lowest[32]; /* nonce of its making, padded with zeros */

	uint64_t seen_in; /* packets, when dpd.c last looked */
	uint64_t seen_out;

	/* time (lifetime.c) */
	uint64_t established_ms;
	uint32_t lifetime_s;
	uint64_t soft_bytes;
	uint64_t hard_bytes;
	uint64_t soft_ms;
	uint64_t hard_ms;
	struct timer *timer; /* lifetime, lingering */
	struct timer *proof; /* responder: until the peer shows that it has it */
	unsigned int proofs; /* how often it was looked for */
};
RB_HEAD(child_sa_tree, child_sa);
RB_HEAD(child_sa_spi_tree, child_sa);

/* A larval pair with an SPI and identities. NULL: short of memory. */
struct child_sa *child_sa_new(struct ike_sa *sa, struct child *c, bool initiator);
struct child_sa *child_sa_find(struct ike *ike, uint32_t sa);
/* By the SPI the peer sends to (inbound) or we send to. */
struct child_sa *child_sa_by_spi(struct ike_sa *sa, uint8_t protocol, uint32_t spi, bool inbound);
/* Tells the daemon both, inbound first, then calls installed. 0, or -errno (nothing is called). */
int child_sa_install(struct child_sa *pair,
	void (*installed)(struct child_sa *pair, int error, const struct err *why));
/* Both directions are there. */
void child_sa_establish(struct child_sa *pair);
/* Responder of a rekeying: it carries as soon as the peer shows that it has it. */
void child_sa_await_proof(struct child_sa *pair);
/* The peer has shown it. */
void child_sa_proved(struct child_sa *pair);
/* It has not even got the answer to this request. */
void child_sa_asked_again(struct ike_sa *sa, uint32_t request_id);
/* It ends in good order: the peer is told, and answers. */
void child_sa_delete(struct child_sa *pair);
/* It ends here and now. With linger, and if its connection lives on, what is under way still comes in. */
void child_sa_end(struct child_sa *pair, bool linger);
/* Another pair of its connection carries, if there is one. */
void child_sa_step_back(struct child_sa *pair);
/* Another IKE SA takes all of them over (RFC 7296 2.8). */
void child_sa_inherit(struct ike_sa *from, struct ike_sa *to);
/* The daemon learns of a new path of their IKE SA. */
void child_sa_moved(struct ike_sa *sa);
/* Whether a pair protects what the child waits for, or is about to: the packet that asks, else some of its rule. */
bool child_sa_serves(const struct child *c);
/* The same by one IKE SA; and whether it carries already. */
bool child_sa_serves_by(const struct child *c, const struct ike_sa *sa);
bool child_sa_carries_by(const struct child *c, const struct ike_sa *sa);
/* How many the IKE SA has for it, each for a part when there are several. */
unsigned int child_sa_count_by(const struct child *c, const struct ike_sa *sa);
/* Configuration: now is NULL when it was deleted. */
void child_sa_child_changed(struct ike *ike, struct child *old, struct child *now);
/* `reset ipsec sa`: how many were deleted. */
unsigned int child_sa_reset(struct ike *ike, const struct msg_ike_reset *m);
/* Frees what has ended. */
void child_sa_reap(struct ike *ike);
void child_sa_free_all(struct ike *ike);

#endif
