/*
 * Fuzzes ESP in UDP (RFC 3948) through a whole datapath: datagrams reach its socket over the loopback device
 * from one of two places. A step begins with an octet: from where, whether time passes before, and whether
 * the bytes are the datagram or what an authentic ESP packet holds. Each datagram must end in one counted
 * way, and an SA's peer moves only for an authentic packet.
 */
#include "config.h"

#include "datapath/natt.h"

#include "datapath/esp.h"
#include "datapath/group.h"
#include "datapath/ip4.h"
#include "datapath/port_mem.h"
#include "datapath/punt.h"
#include "datapath/sadb.h"
#include "datapath/spd.h"
#include "datapath/stats.h"
#include "lib/alg.h"
#include "lib/frame.h"
#include "lib/frame_wire.h"
#include "lib/log.h"
#include "lib/loop.h"
#include "tests/fuzz/fuzz.h"
#include "tests/unit/datapath/esp_fixture.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { UDP = 1, OUT = 1, IN = 2, SEAL = 3, GROUP = 9 };
enum { N_PEERS = 2, TEXT_MAX = 1400, STEPS_MAX = 16 };
enum { STEP_PEER = 1, STEP_SEALED = 2, STEP_PACKET = 4, STEP_TIME = 8, STEP_OLD = 16 };
enum { HDR = IP4_HDR_LEN };

struct bed {
	struct fix seal; /* the peer's side */
	struct dp *dp;
	struct port *udp;
	struct port_mem *tun;
	int speaker; /* the IKE speaker's end */
	int peers[N_PEERS];
	uint16_t ports[N_PEERS];
	uint16_t local;
	struct sa_slot slots[4];
};

static int
socket_make(uint16_t *port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(a);
	int s = socket(AF_INET, SOCK_DGRAM, 0);

	if (s < 0 || bind(s, (struct sockaddr *)&a, sizeof(a)) != 0 ||
		getsockname(s, (struct sockaddr *)&a, &len) != 0)
		abort();
	*port = ntohs(a.sin_port);
	return s;
}

static void
sa_put(struct bed *b, uint32_t id, bool inbound)
{
	struct msg_dp_sa m;

	fix_msg(&m, id, inbound, ALG_CIPHER_null, ALG_AUTH_hmac_md5_96);
	m.source = m.destination = addr_v4(INADDR_LOOPBACK);
	m.encap_local = b->local;
	m.encap_remote = b->ports[0];
	m.may_move = true;
	m.group = GROUP;
	m.seq_limit = UINT32_MAX;
	if (sadb_put(b->dp, &m, NULL) != 0)
		abort();
}

static void
policy_put(struct bed *b)
{
	const struct msg_dp_spd_begin begin = { .port = FIX_PORT, .n_rules = 1 };
	const struct msg_dp_spd_rule rule = { .port = FIX_PORT,
		.rule = 5,
		.action = MSG_SPD_PROTECT,
		.source = addr_v4(0),
		.source_wildcard = addr_v4(UINT32_MAX),
		.destination = addr_v4(0),
		.destination_wildcard = addr_v4(UINT32_MAX),
		.source_port_high = 65535,
		.destination_port_high = 65535,
		.icmp_type = 0xffff,
		.icmp_code = 0xffff,
		.sa_out = GROUP,
		.sa_in = GROUP };
	const struct msg_dp_group group = { .group = GROUP, .sa = OUT };

	if (group_put(b->dp, &group) != 0 || spd_begin(b->dp, &begin) != 0 ||
		spd_rule(b->dp, &rule) != 0 || spd_end(b->dp, FIX_PORT) != 0)
		abort();
}

static struct bed *
bed(void)
{
	static struct bed b;
	struct msg_dp_port m = { .port = UDP, .kind = MSG_PORT_UDP, .name = "udp" };
	struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int s, pair[2];

	if (b.dp)
		return &b;
	log_init("fuzz_natt", 1, LOG_LV_ERROR);
	b.dp = fuzz_dp();
	b.dp->slots = b.slots;
	b.dp->n_slots = sizeof(b.slots) / sizeof(b.slots[0]);
	s = socket_make(&b.local);
	if (port_put(b.dp, &m, s, NULL) != 0)
		abort();
	b.udp = port_get(b.dp, UDP);
	to.sin_port = htons(b.local);
	for (unsigned int i = 0; i < N_PEERS; i++) {
		b.peers[i] = socket_make(&b.ports[i]);
		if (connect(b.peers[i], (struct sockaddr *)&to, sizeof(to)) != 0)
			abort();
	}
	if (frame_pair(pair) != 0 || punt_open(b.dp, pair[0]) != 0)
		abort();
	b.speaker = pair[1];
	b.tun = port_mem_new();
	port_mem_put(b.dp, b.tun, FIX_PORT, MSG_PORT_TUN_PROTECTED);
	policy_put(&b);
	fix_init(&b.seal);
	if (!fix_sa(&b.seal, SEAL, false, ALG_CIPHER_null, ALG_AUTH_hmac_md5_96))
		abort();
	return &b;
}

/* The datagram of a step; its length. */
static uint32_t
datagram(struct bed *b, uint8_t step, const struct rbuf *text, uint32_t seq, uint8_t *out)
{
	struct sa *sa = sadb_get(b->seal.dp.sadb, SEAL);
	uint8_t padded[TEXT_MAX + 4] = { 0 };
	uint32_t len = (uint32_t)rbuf_left(text);

	len = len < TEXT_MAX ? len : TEXT_MAX;
	memcpy(padded, text->p, len);
	if (!(step & STEP_SEALED)) {
		memcpy(out + HDR, padded, len);
		return len;
	}
	if ((step & STEP_PACKET) && len > 0) {
		fuzz_ip_repair(padded, len);
		return fix_seal_packet(&b->seal, sa, seq, padded, len, out) - HDR;
	}
	return fix_seal(&b->seal, sa, seq, padded, (len + 3) / 4 * 4, out) - HDR;
}

/* What must become of a datagram that is no ESP. DROP_NONE: it is. */
static enum drop
fate(const uint8_t *p, uint32_t len)
{
	if (len == 1 && p[0] == 0xff)
		return DROP_natt_keepalive;
	if (len <= 4)
		return DROP_natt_short;
	return be32_get(p) == 0 ? DROP_natt_ike : DROP_NONE;
}

/* How many datagrams the speaker was given: what is behind the marker, and from where. */
static unsigned int
punted(struct bed *b, const uint8_t *datagram, uint32_t len, uint16_t from)
{
	static uint8_t rx[FRAME_WIRE_MAX];
	struct frame_arrival a;
	unsigned int n = 0;

	for (; frame_wire_recv(b->speaker, MSG_IKE, MSG_DATAPATH, rx, MSG_DONTWAIT, &a) == 1; n++) {
		const struct msg_punt *m = a.body;

		FUZZ_MUST(a.type == MSG_punt && len > 4 && m->datagram.len == len - 4);
		FUZZ_MUST(memcmp(m->datagram.data, datagram + 4, len - 4) == 0);
		FUZZ_MUST(m->remote_port == from && m->local_port == b->local);
		frame_wire_done(&a);
	}
	return n;
}

static void
take(struct bed *b, uint8_t step, struct rbuf *text, uint32_t seq)
{
	static uint8_t out[HDR + 2 * TEXT_MAX];
	struct stats *stats = b->dp->stats;
	uint32_t len = datagram(b, step, text, seq, out);
	uint64_t drops = fuzz_drops(b->dp), of_kind;
	unsigned int peer = step & STEP_PEER, n_punted, sent;
	uint16_t was = sadb_get(b->dp->sadb, OUT)->path.encap_remote, now;
	enum drop why = fate(out + HDR, len);

	of_kind = stats->drops[why];
	if (send(b->peers[peer], out + HDR, len, MSG_DONTWAIT) < 0)
		return;
	port_rx(b->udp);
	for (sent = 0; port_mem_sent(b->tun, &(uint32_t){ 0 }); sent++)
		;
	n_punted = punted(b, out + HDR, len, b->ports[peer]);
	FUZZ_MUST(sent + n_punted + (fuzz_drops(b->dp) - drops) == 1);
	FUZZ_MUST(pkt_pool_used(b->dp->pool) == 0 && n_punted == (why == DROP_natt_ike));
	FUZZ_MUST(why == DROP_NONE || n_punted || stats->drops[why] == of_kind + 1);
	now = sadb_get(b->dp->sadb, OUT)->path.encap_remote;
	FUZZ_MUST(now == was || ((step & STEP_SEALED) && now == b->ports[peer]));
	FUZZ_MUST(now == sadb_get(b->dp->sadb, IN)->path.encap_remote);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bed *b = bed();
	struct rbuf in = rbuf_over(data, size);
	uint32_t seq = 1;

	sa_put(b, OUT, false);
	sa_put(b, IN, true);
	for (unsigned int i = 0; i < STEPS_MAX && rbuf_left(&in) > 2; i++) {
		uint8_t step = rbuf_u8(&in);
		struct rbuf text = fuzz_piece(&in);

		if (step & STEP_TIME)
			loop_warp(b->dp->loop, 1000);
		seq += step & STEP_OLD ? 0 : 1;
		take(b, step, &text, seq);
	}
	sadb_del(b->dp, IN);
	sadb_del(b->dp, OUT);
	memset(b->slots, 0, sizeof(b->slots));
	return 0;
}
