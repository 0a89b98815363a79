#ifndef YD_TESTS_IKE_SIM_H
#define YD_TESTS_IKE_SIM_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "daemon/ike/engine.h"
#include "daemon/ike/wire.h"
#include "lib/msg.h"

/*
 * Two IKE speakers in one process: a virtual clock, a network between them that loses, doubles and
 * delays (or does what a test tells it, packet by packet), and at each end a daemon with a datapath
 * that installs what it is told and keeps the books.
 */
struct compose;
struct sim;

/* An SA as a datapath has it. */
struct sim_sa {
	TAILQ_ENTRY(sim_sa) link;
	struct msg_ike_sa_add m;
	uint64_t packets;
};

/* A connection as a daemon has it. */
struct sim_connection {
	TAILQ_ENTRY(sim_connection) link;
	uint32_t number;
	uint32_t child;
	uint32_t used; /* outbound SA; 0: none */
	unsigned int n_selectors;
	struct msg_ike_selector selectors[8];
};

/* What was told and is not yet done. */
struct sim_job {
	TAILQ_ENTRY(sim_job) link;
	enum msg_type type;
	uint32_t request;
	void *body;
};

struct sim_end {
	struct sim *sim;
	unsigned int index;
	struct ike *ike;
	struct addr addr;
	uint16_t nat_port; /* behind a NAT: the port it gives; 0: there is none */
	struct addr nat_addr;
	TAILQ_HEAD(, sim_sa) sas;
	TAILQ_HEAD(, sim_connection) connections;
	TAILQ_HEAD(, sim_job) jobs;
	struct timer *worker;
	unsigned int refuse;	 /* so many ike_sa_add are answered by error */
	unsigned int refuse_use; /* so many ike_sa_use */
	bool no_route;
	unsigned int n_moves;
	uint32_t spis[4096]; /* of inbound SAs that were there once */
	unsigned int n_spis;
	uint32_t version; /* of the configuration */
};

struct sim_packet {
	TAILQ_ENTRY(sim_packet) link;
	struct sim *sim;
	unsigned int to; /* end */
	struct ike_path path;
	struct timer *timer;
	size_t len;
	uint8_t *data;
	/* ESP */
	bool esp;
	bool fresh; /* the first SA of its connection: the other end may not have it yet */
	uint32_t spi;
	uint8_t key[8];
};
TAILQ_HEAD(sim_packets, sim_packet);

struct sim {
	struct loop *loop;
	uint64_t seed;
	struct sim_end end[2];
	struct sim_packets packets; /* under way */
	bool by_hand;		    /* they wait for sim_deliver, sim_drop */
	unsigned int loss;	    /* per thousand */
	unsigned int twice;
	unsigned int delay_ms; /* at most */
	bool outage;
	unsigned int n_sent;
	unsigned int n_esp;
	bool lossless;	   /* nothing but rekeying happens: no packet may be lost */
	uint64_t lost_sas; /* IKE SAs that had died when that began */
	unsigned int n_violations;
	char violation[256]; /* the first */
};

struct sim *sim_new(uint64_t seed);
void sim_free(struct sim *s);
uint32_t sim_random(struct sim *s, uint32_t below);
/* Lets so much time pass. */
void sim_run(struct sim *s, uint64_t ms);
/* A new speaker at this end; the old one and its SAs are gone without a word. */
void sim_restart(struct sim_end *e);

/* Configuration of one end as the daemon tells it. What is NULL in opt is usual. */
struct sim_peer {
	const char *psk;
	uint32_t ike_lifetime_s;
	uint32_t reauth_s;
	uint8_t dpd;
	uint32_t dpd_idle_s;
	uint8_t dh[4];	/* enum alg_dh */
	uint8_t prf;	/* enum alg_prf */
	uint8_t cipher; /* enum alg_cipher */
	uint8_t auth;	/* enum alg_auth */
	bool no_nat;
	const struct addr *remotes[3]; /* NULL: the other end */
	bool answers_only;
	uint8_t remote_id_type;
	const char *remote_id;
	uint8_t local_id_type;
	const char *local_id;
};
void sim_peer(struct sim_end *e, const struct sim_peer *opt);

struct sim_child {
	uint32_t number;
	bool automatic;
	uint32_t lifetime_s;
	uint64_t lifetime_bytes;
	uint8_t dh[4]; /* PFS */
	uint8_t cipher;
	uint8_t auth;
	uint8_t protocol; /* 0: 50 */
	uint8_t mode;
	bool esn;
	bool esn_only;
	const char *local; /* prefixes */
	const char *remote;
	uint32_t policy;
	unsigned int n_more; /* proposals in front of it that nobody else has */
};
void sim_child(struct sim_end *e, const struct sim_child *opt);
void sim_child_del(struct sim_end *e, uint32_t number);
void sim_acquire(struct sim_end *e, uint32_t number);
void sim_reset(struct sim_end *e, bool children_only);
/* Rekeys now, as if the time had come. */
void sim_rekey_child(struct sim_end *e, uint32_t child);
void sim_rekey_ike(struct sim_end *e);
void sim_reauth(struct sim_end *e);
/* From now on only what is meant to lose packets may (lossless). */
void sim_expect_no_loss(struct sim *s);
bool sim_is_lossless(const struct sim *s);
/* A packet by each connection of this end. */
void sim_esp(struct sim_end *e);
/* Its datapath sees a packet of its nth inbound SA come from another port of the other end's NAT, and follows it;
 * *told is what the speaker is to hear of that (sa 0: there is no such SA). */
void sim_moves(struct sim_end *e, unsigned int nth, uint16_t port, struct msg_ike_moved *told);

/* Packets by hand: the n-th under way (0: the oldest). */
unsigned int sim_n_packets(const struct sim *s);
void sim_deliver(struct sim *s, unsigned int n);
void sim_drop(struct sim *s, unsigned int n);
/* All of them, and what they bring about, in order. */
void sim_deliver_all(struct sim *s);
/* What this end says by one of its IKE SAs besides, authentic as all it says; c is taken. */
void sim_say(struct ike_sa *sa, uint8_t exchange, bool response, uint32_t id, struct compose *c);
/* The n-th is such a message for this end. */
bool sim_is(const struct sim *s, unsigned int n, unsigned int to, uint8_t exchange, bool response);
/* Two ends with the same peer (NULL: usual) and a child, automatic at end 0, up, and everything by hand
 * from here. */
struct sim *sim_up(uint64_t seed, const struct sim_peer *peer, const struct sim_child *child);
/* By itself again, for a while; then both ends must have n connections and nothing lost. Frees s. */
void sim_end_settled(struct sim *s, unsigned int n);

/* --- looking --- */
/* IKE SAs in a state of `ike_sa`, all for NULL. */
unsigned int sim_n_ike(const struct sim_end *e, const char *state);
unsigned int sim_n_pairs(const struct sim_end *e, const char *state);
/* The newest established one. */
struct ike_sa *sim_ike(const struct sim_end *e);
struct child_sa *sim_pair(const struct sim_end *e, uint32_t child);
/* The last failure's reason; "" when there is none. */
const char *sim_reason(struct sim_end *e, struct st_ike_error *out);
uint64_t sim_statistic(struct sim_end *e, const char *name);
/* The tables of one end, for who looks for a fault. */
void sim_print(const struct sim_end *e);
/* Whether both ends have exactly n connections, each carried by one pair, with equal keys and mirrored
 * selectors, and nothing else; why (256 bytes) tells what not. */
bool sim_is_settled(struct sim *s, unsigned int n, char *why);

#endif
