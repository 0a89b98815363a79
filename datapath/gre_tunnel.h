#ifndef YD_DATAPATH_GRE_TUNNEL_H
#define YD_DATAPATH_GRE_TUNNEL_H

#include <stdbool.h>
#include <stdint.h>

#include "datapath/gre.h"
#include "lib/addr.h"

/* What the files of GRE share: a tunnel, how it is found, its header. Nobody else includes this. */

struct sa;
struct sa_slot;
struct timer;

/* Keepalives of one tunnel (keepalive.c). */
struct keepalive {
	struct timer *probe;	/* NULL: off */
	struct timer *deadline; /* when it fires, the line is down */
	uint32_t period_ms;
	uint32_t retries;
	uint32_t unanswered; /* since the last answer */
	bool line_down;
	uint64_t sent_requests;
	uint64_t sent_answers;
	uint64_t received_requests;
	uint64_t received_answers;
};

/* The two ends, in words that compare fast (selector_addr). */
struct gre_ends {
	uint64_t addr[4]; /* source, destination */
	uint8_t af;
};

struct gre_tunnel {
	struct gre_tunnel *port_next, *flow_next, *pair_next; /* in the three hashes */
	struct gre_table *table;
	uint32_t port;
	struct gre_ends ends; /* ours, then the other's */
	struct addr src;      /* ours */
	struct addr dst;
	uint32_t key;
	bool has_key;
	bool checksum;
	bool sequence;
	bool up;
	uint16_t mss;
	uint16_t mtu;	       /* of the path, learned; 0 = not known */
	uint64_t mtu_until_ms; /* when that is forgotten */
	uint32_t spd_port;
	uint32_t sa_out;
	uint32_t sa_in;
	struct sa *out;		 /* that of sa_out, when the SADB was of this generation */
	uint64_t out_generation; /* UINT64_MAX: never looked */
	uint64_t next_seq;	 /* to be sent; its low half */
	struct sa_slot *slot;	 /* keeps that; NULL: nobody does */
	uint32_t last_seq;	 /* decapsulated last */
	uint64_t last_seq_ms;	 /* and when; 0 = none yet */
	struct keepalive keepalive;
};

/* --- gre_table.c -------------------------------------------------------------- */

struct gre_ends gre_ends(const struct addr *src, const struct addr *dst);
bool gre_ends_eq(const struct gre_ends *a, const struct gre_ends *b);
struct gre_tunnel *gre_find_port(const struct gre_table *t, uint32_t port);
struct gre_tunnel *gre_find_flow(
	const struct gre_table *t, const struct gre_ends *ends, bool has_key, uint32_t key);
bool gre_pair_exists(const struct gre_table *t, const struct gre_ends *ends);
struct dp *gre_dp(const struct gre_table *t);
/* The number to be sent next, also for a datapath that comes after us. */
void gre_seq_set(struct gre_tunnel *g, uint64_t next);
/* Tells who listens (gre_on_line). */
void gre_line_changed(const struct gre_tunnel *g, bool up);

/* --- gre.c ---------------------------------------------------------------------- */

/* What a GRE header says. */
struct gre_hdr {
	uint32_t len; /* bytes */
	uint16_t type;
	uint32_t key;
	uint32_t seq;
	bool has_checksum;
	bool has_key;
	bool has_seq;
};

/* Reads the header at p; the checksum over all len bytes is not verified. DROP_NONE or why not. */
enum drop gre_hdr_read(const uint8_t *p, uint32_t len, struct gre_hdr *h);
/* Writes a header with the tunnel's key and checksum in front of p's view; seq: and that number. */
void gre_hdr_push(const struct gre_tunnel *g, struct pkt *p, uint16_t type, const uint32_t *seq);
/* The path to the other end carries no more than mtu bytes. Says if that is news. */
bool gre_learn(struct dp *dp, struct gre_tunnel *g, uint32_t mtu);
/* The view is an IP packet: puts it into the tunnel, as what comes from its TUN. Sets p->next. */
void gre_encapsulate(struct dp *dp, struct gre_tunnel *g, struct pkt *p);
/* The view is a complete packet between the tunnel's ends: where it goes (SA, SPD or the wire). */
void gre_send(struct dp *dp, struct gre_tunnel *g, struct pkt *p);

/* --- keepalive.c ---------------------------------------------------------------- */

/* Does what the daemon says about keepalives of a tunnel that is filled in. 0 or -ENOMEM. */
int keepalive_set(struct gre_tunnel *g, const struct msg_dp_tunnel *m);
void keepalive_stop(struct gre_tunnel *g);
/* An answer has arrived. */
void keepalive_answered(struct gre_tunnel *g);
/* Is the view, what the other end sent through the tunnel, a request? It is then made the answer, on its
 * way back: p->next is set. */
bool keepalive_answer(struct dp *dp, struct gre_tunnel *g, struct pkt *p);

#endif
