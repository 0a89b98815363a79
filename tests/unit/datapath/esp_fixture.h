#ifndef YD_TESTS_UNIT_DATAPATH_ESP_FIXTURE_H
#define YD_TESTS_UNIT_DATAPATH_ESP_FIXTURE_H

#include <stdbool.h>
#include <stdint.h>

#include "datapath/dp.h"
#include "datapath/sadb.h"
#include "datapath/stats.h"

/* A datapath with an SADB, an SPD and slots, without ports: for the tests of the IPsec stages. */
enum { FIX_SLOTS = 64, FIX_SPI = 0x1234, FIX_PORT = 7 };
#define FIX_OURS 0xc6336401u   /* 198.51.100.1 */
#define FIX_THEIRS 0xcb007101u /* 203.0.113.1 */

struct fix {
	struct dp dp;
	struct stats stats;
	struct sa_slot slots[FIX_SLOTS];
};

void fix_init(struct fix *f);
void fix_fini(struct fix *f);

/* A tunnel-mode ESP SA between FIX_OURS and FIX_THEIRS with keys made from the numbers of the
 * algorithms; its slot is its identity. Two of opposite direction understand each other. */
void fix_msg(
	struct msg_dp_sa *m, uint32_t id, bool inbound, unsigned int cipher, unsigned int auth);
/* Puts it; the SA, or NULL. */
struct sa *fix_sa(struct fix *f, uint32_t id, bool inbound, unsigned int cipher, unsigned int auth);

/* May an ESP SA have these two? (ALG_AUTH_NONE is a question, too.) */
bool fix_pair(unsigned int cipher, unsigned int auth);

/* A packet of its own memory, exactly PKT_HEADROOM + len + PKT_TAILROOM bytes, or without any room. */
struct pkt *fix_pkt(const void *data, uint32_t len);
struct pkt *fix_pkt_tight(const void *data, uint32_t len);
void fix_pkt_free(struct pkt *p);

/* Writes an IPv4 packet with payload_len bytes 0, 1, 2 … behind the header; its length. */
uint32_t fix_ip4(uint8_t *out, uint32_t src, uint32_t dst, uint8_t protocol, uint32_t payload_len);
/* The same with a UDP or TCP header's ports at the start of the payload. */
uint32_t fix_ports(uint8_t *out, uint32_t src, uint32_t dst, uint8_t protocol, uint16_t sport,
	uint16_t dport, uint32_t payload_len);
/* An IPv6 packet 2001:db8::1 to 2001:db8::2 of that next header. */
uint32_t fix_ip6(uint8_t *out, uint8_t next_header, uint32_t payload_len);

/* Seals text (padding and trailer included, whatever they are) as the peer that has sa would, without
 * the SA's own numbering: outer header, ESP header, IV, text, ICV. The length. */
uint32_t fix_seal(struct fix *f, struct sa *sa, uint64_t seq, const void *text, uint32_t text_len,
	uint8_t *out);
/* The same for an inner packet: with the padding and trailer it needs. */
uint32_t fix_seal_packet(
	struct fix *f, struct sa *sa, uint64_t seq, const void *inner, uint32_t len, uint8_t *out);
/* Makes the outer header's total length and checksum right after a change. */
void fix_outer(uint8_t *packet, uint32_t len);

/* One packet through one stage. */
void fix_run(struct fix *f, stage_fn *stage, struct pkt *p);
/* The rules of FIX_PORT are these n, in this order. */
void fix_spd_load(struct fix *f, const struct msg_dp_spd_rule *rules, uint32_t n);
/* The name of a drop, "" for none. */
const char *fix_drop(const struct pkt *p);
/* Pseudo-random, the same in every run. */
uint32_t fix_random(uint32_t *state);
/* Hex digits to bytes; how many. */
uint32_t fix_hex(const char *hex, uint8_t *out);

#endif
