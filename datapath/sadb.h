#ifndef YD_DATAPATH_SADB_H
#define YD_DATAPATH_SADB_H

#include <stdbool.h>
#include <stdint.h>

#include "datapath/limit.h"
#include "datapath/pkt.h"
#include "lib/addr.h"
#include "lib/msg.h"
#include "lib/sastate.h"
#include "lib/state.h"

struct crypto_engine;
struct crypto_sa;
struct dp;
struct err;
struct secret;

/* How an outbound SA's packets travel: as the daemon says, and as was learned since. */
struct sa_path {
	uint16_t mtu;	       /* of the path, bytes; 0 = not known */
	uint16_t mtu_told;     /* what it was before something smaller was learned */
	uint64_t mtu_until_ms; /* when that is forgotten again; 0 = nothing learned */
	uint16_t encap_local;  /* UDP ports of RFC 3948; 0 = native */
	uint16_t encap_remote;
	bool may_move; /* inbound: the peer may show up elsewhere (RFC 7296 2.23) */
	uint8_t df;    /* enum msg_df, of the outer header */
	bool fragment_before;
	struct addr natt_source; /* inbound: the addresses that the peer sees; af 0 = not known */
	struct addr natt_destination;
};

/* One security association (RFC 4301 4.4.2). What every packet needs comes first. */
struct sa {
	struct crypto_sa *crypto;
	struct sa_slot *slot; /* shared with the daemon; we are the only writer */
	uint64_t seq;	      /* outbound: last number used */
	uint64_t seq_limit;   /* outbound: last number reserved for us */
	uint64_t seq_ask;     /* outbound: from this one on, ask for more */
	uint32_t spi;
	uint32_t group;	 /* what names it in rules (group.h) */
	uint32_t port;	 /* the protected TUN of its packets */
	uint32_t window; /* inbound: packets, 0 = no replay protection */
	bool inbound;
	bool esn; /* 64-bit numbers, of which the low half is sent (RFC 4303 2.2.1) */
	uint8_t protocol;
	uint8_t mode;  /* enum msg_sa_mode */
	uint8_t block; /* lengths of the algorithms, bytes */
	uint8_t iv_len;
	uint8_t icv_len;
	uint64_t packets;
	uint64_t bytes; /* of the protected packets, before encryption */
	uint64_t dropped;
	uint64_t soft_at;   /* bytes: the daemon is told; UINT64_MAX = never (again) */
	uint64_t hard_at;   /* bytes: it carries nothing more */
	struct addr source; /* outer */
	struct addr destination;
	struct sa_path path;
	struct limit moves; /* inbound: of its peer */
	uint32_t bundle;    /* identity of the SA around this one; 0 = none */
	struct sa *outer;   /* that, when the SADB was of this generation */
	uint64_t outer_generation;

	/* What only the control side reads. */
	uint32_t id;
	uint32_t slot_no;
	uint64_t n_blocked; /* packets since seq_limit was reached */
	uint16_t cipher;
	uint16_t auth;
	char policy[32];
	struct secret *keys; /* cipher's, then auth's: to see whether a replacement changes them */
	struct sa *next_id;
	struct sa *next_spi;
	uint64_t nonce_mark; /* noncekey.c's; 0: its nonces are not its numbers */
	struct sa *next_nonce;
};

/* All SAs of a worker: by identity, and the inbound ones by SPI. Owns the SAs and the crypto engine. */
struct sadb *sadb_new(void);
void sadb_free(struct sadb *db);
/* fn is called when an outbound SA wants more sequence numbers (dp_seq_need). */
void sadb_on_seq_need(struct sadb *db, void (*fn)(void *arg, uint32_t sa), void *arg);

/*
 * Adds an SA, or replaces the one of equal identity. Replaced with the same direction, SPI, slot and
 * keys it goes on: counters, sequence and window. One that this process did not have starts outbound
 * SASTATE_SKIP after the number in its slot, unless that is 0. Refuses (-errno, err): what alg.def
 * contradicts, SPI < 256, an inbound SPI or a slot that another SA has, a key that another outbound SA
 * counts under (noncekey.h).
 */
int sadb_put(struct dp *dp, const struct msg_dp_sa *m, struct err *err);
/* 0 or -ENOENT. */
int sadb_del(struct dp *dp, uint32_t sa);
/* The daemon reserved more. 0, -ENOENT, or -EINVAL for an inbound SA or a lower limit. */
int sadb_seq_limit(struct dp *dp, const struct msg_dp_seq_limit *m);
/* Calls row for each SA, in the order of identities. */
void sadb_state(struct dp *dp, void (*row)(void *arg, const struct st_ipsec_sa *), void *arg);
/* The same for the one of this identity, if it is there; no other is looked at. */
void sadb_state_one(
	struct dp *dp, uint32_t sa, void (*row)(void *arg, const struct st_ipsec_sa *), void *arg);
/* Counters back to zero, of one policy, of "protocol N" or ("") of all. */
void sadb_state_reset(struct dp *dp, const char *filter);
/* Is it "protocol N"? */
bool sadb_filter_protocol(const char *filter, unsigned int *protocol);
/* Is it "sa N"? */
bool sadb_filter_sa(const char *filter, uint32_t *sa);

/* By identity; NULL when there is none. */
struct sa *sadb_get(const struct sadb *db, uint32_t sa);
/* fn is called when an SA nears the end of its bytes or numbers (hard false), and at the end. */
void sadb_on_used(struct sadb *db, void (*fn)(void *arg, uint32_t sa, bool hard), void *arg);
/* An SA's bytes are at soft_at: tells who listens. */
void sadb_used(struct sadb *db, struct sa *sa);
/* What rules name leads to other SAs now: a new generation begins. */
void sadb_changed(struct sadb *db);
/* Has an SA this slot of the shared file? */
bool sadb_has_slot(const struct sadb *db, uint32_t slot);
/* Changes whenever a pointer that sadb_get gave may not be good any more. */
uint64_t sadb_generation(const struct sadb *db);
/* The inbound SA for a packet: that of protocol, SPI and destination; failing that, one with the
 * SPI alone, whose destination the caller must then refuse. NULL when nobody has the SPI. */
struct sa *sadb_get_inbound(
	const struct sadb *db, uint8_t protocol, uint32_t spi, const struct addr *destination);
/* The outbound SA of these; NULL when there is none. Looks at every SA: not for packets. */
struct sa *sadb_get_outbound(
	const struct sadb *db, uint8_t protocol, uint32_t spi, const struct addr *destination);
/* Calls fn for each SA, in no order. */
void sadb_each(struct sadb *db, void (*fn)(void *arg, struct sa *sa), void *arg);
/* The SA around an outbound one; NULL when it does not exist (yet). */
struct sa *sadb_outer(const struct sadb *db, struct sa *sa);
/* fn is called when an authentic, newest packet shows that the peer of an SA in UDP has moved. */
void sadb_on_moved(struct sadb *db,
	void (*fn)(void *arg, struct sa *sa, const struct addr *source, uint16_t port), void *arg);
void sadb_moved(struct sadb *db, struct sa *sa, const struct addr *source, uint16_t port);
struct crypto_engine *sadb_engine(const struct sadb *db);

/* The next outbound number. 0, or the drop reason (enum drop) why there is none. */
int sadb_seq_next(struct sadb *db, struct sa *sa, uint64_t *seq);
/* The number of a received packet that shows seq: with ESN the high half is inferred (RFC 4303 A2). */
uint64_t sadb_seq_infer(const struct sa *sa, uint32_t seq);
/* The stage in which an outbound SA works. */
enum stage sa_stage_out(const struct sa *sa);

#endif
