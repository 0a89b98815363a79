#ifndef YD_DATAPATH_ENCAP_H
#define YD_DATAPATH_ENCAP_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/addr.h"
#include "lib/drop.h"

struct dp;
struct pkt;
struct sa;

/*
 * What ESP and AH have in common: the IP headers around them. In tunnel mode a header of our own
 * (RFC 4301 5.1.2), in transport mode the packet's, with its options and extension headers
 * (RFC 4302 3.1.1, RFC 4303 3.1.1).
 */
struct encap {
	struct addr source;
	struct addr destination;
	uint32_t len;	  /* of the whole packet, bytes */
	uint32_t hdr_len; /* of the headers in front, bytes */
	uint32_t next_at; /* where the last of them says what follows */
	uint8_t tos;
	bool v6;
};

/* Finds the ESP or AH header of a packet that arrived. DROP_NONE or what is wrong with it. */
enum drop encap_read(const uint8_t *p, uint32_t len, uint8_t protocol, struct encap *e);
/* Finds the place where transport mode puts its header: behind hop-by-hop options, routing and
 * fragment headers, in front of the destination options of the final node. Fragments have none. */
enum drop encap_split(const uint8_t *p, uint32_t len, struct encap *e);

/* Is the SA's header put behind the packet's own? In a bundle the outer one's always is. */
bool encap_is_transport(const struct pkt *p, const struct sa *sa);
/* What a packet becomes. */
struct encap_out {
	struct encap e;	  /* the headers that will be in front */
	uint8_t *payload; /* what is protected … */
	uint32_t len;	  /* … bytes */
	uint8_t next;	  /* … and what it is */
	uint8_t *hdr;	  /* where the ESP or AH header goes; set by encap_open */
	bool transport;
};

/* Says what of the packet the SA protects. */
enum drop encap_plan(const struct pkt *p, const struct sa *sa, struct encap_out *o);
/* Moves the packet's headers, or makes room for new ones, so that head_len bytes in front of the payload
 * are free and tail_len behind it. Nothing is changed when there is no room. */
enum drop encap_open(struct pkt *p, const struct sa *sa, uint32_t head_len, uint32_t tail_len,
	struct encap_out *o);
/* Writes the headers in front of o->hdr; p shows the whole packet afterwards. */
void encap_close(struct dp *dp, struct pkt *p, const struct sa *sa, const struct encap_out *o);
/* The packet's way after an outbound SA: to the SA around it, or to the path. Counts. */
void encap_sent(struct dp *dp, struct pkt *p, uint32_t len);

/* A verified payload, shown by p, whose headers are at `outer`, becomes a packet again: without them in
 * tunnel mode, with them in transport mode. Sets the packet's way and counts. */
enum drop encap_arrived(
	struct dp *dp, struct pkt *p, const struct encap *e, const uint8_t *outer, uint8_t next);

/* Was a packet that arrived by p->sa protected by all that this SA asks for, and by nothing else? (RFC 4301
 * 5.2, as of bundles) */
bool encap_chain_is_whole(const struct pkt *p);
/* How long a packet may be that has p's headers, so that it is not longer than mtu bytes when the SA, and
 * those around it, have protected it. 0: nothing fits. */
uint32_t encap_room(struct dp *dp, struct sa *sa, const uint8_t *p, uint32_t len, uint32_t mtu);

#endif
