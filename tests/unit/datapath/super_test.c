/*
 * Single packets and super-packets give the same bytes, through the whole datapath: a stream that the
 * kernel hands over as one super-packet and as single segments is the same on the wire, and the wire's
 * packets are the same to the kernel, one by one or glued. The ciphers are those whose IV is the packet's
 * number, so that there is nothing to excuse. Segments are made here, not by gso.c.
 */
#include "config.h"

#include "datapath/gso.h"

#include "datapath/ip6.h"
#include "datapath/port.h"
#include "datapath/port_mem.h"
#include "datapath/sadb.h"
#include "datapath/spd.h"
#include "lib/alg.h"
#include "lib/buf.h"
#include "tests/unit/datapath/esp_fixture.h"
#include "tests/unit/datapath/fixture.h"
#include "tests/unit/datapath/suites.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { TUN = 1, RAW_ESP, RAW_AH, RAW6_ESP, RAW6_AH, N_PORTS };
enum { ESP_OUT = 1, ESP_IN, AH_OUT, AH_IN, N_SLOTS };
enum { FIN = 1, PSH = 8, ACK = 16, ECE = 0x40, CWR = 0x80 };
enum { N_MAX = 48, LEN_MAX = 1700, ROUNDS = 12 };

struct suite {
	unsigned int cipher, auth, ah;
};

static const struct suite suites[] = {
	{ ALG_CIPHER_null, ALG_AUTH_hmac_sha2_256_128, ALG_AUTH_NONE },
	{ ALG_CIPHER_aes_gcm_128, ALG_AUTH_NONE, ALG_AUTH_NONE },
	{ ALG_CIPHER_aes_ctr_256, ALG_AUTH_hmac_sha1_96, ALG_AUTH_NONE },
	{ ALG_CIPHER_chacha20_poly1305, ALG_AUTH_NONE, ALG_AUTH_NONE },
	{ ALG_CIPHER_aes_gmac_256, ALG_AUTH_NONE, ALG_AUTH_NONE },
	{ ALG_CIPHER_NONE, ALG_AUTH_NONE, ALG_AUTH_hmac_sha2_512_256 },
	{ ALG_CIPHER_NONE, ALG_AUTH_NONE, ALG_AUTH_aes_gmac_128 },
	{ ALG_CIPHER_aes_gcm_256, ALG_AUTH_NONE, ALG_AUTH_hmac_sha1_96 },
};
enum { N_SUITES = sizeof(suites) / sizeof(suites[0]) };

/* Packets in a row. */
struct row {
	unsigned int n;
	uint32_t len[N_MAX];
	uint8_t p[N_MAX][LEN_MAX];
};

static struct row singles, wire, other_wire, back, other_back;
static uint8_t super[70000];

/* --- a datapath between a kernel and a wire ---------------------------------------------- */

struct bed {
	struct world w;
	struct sa_slot slots[N_SLOTS];
	struct port_mem *ports[N_PORTS]; /* but for the TUN */
	int kernel;
};

static void
put_sa(struct bed *b, const struct suite *s, bool v6, uint32_t id)
{
	bool ah = id >= AH_OUT;
	struct msg_dp_sa m;

	if (ah ? s->ah == ALG_AUTH_NONE : s->cipher == ALG_CIPHER_NONE)
		return;
	fix_msg(&m, id, id == ESP_IN || id == AH_IN, ah ? ALG_CIPHER_NONE : s->cipher,
		ah ? s->ah : s->auth);
	m.protocol = ah ? IP_PROTO_AH : IP_PROTO_ESP;
	m.port = TUN;
	m.esn = true;
	m.bundle = !ah && s->ah != ALG_AUTH_NONE ? id + 2 : 0;
	if (v6) {
		addr_parse("2001:db8::1", &m.source);
		addr_parse("2001:db8::2", &m.destination);
	}
	CU_ASSERT_EQUAL_FATAL(sadb_put(&b->w.dp, &m, NULL), 0);
}

/* One rule: all is protected. */
static void
put_policy(struct bed *b, const struct suite *s)
{
	bool esp = s->cipher != ALG_CIPHER_NONE;
	struct msg_dp_spd_begin begin = { .port = TUN, .n_rules = 1 };
	struct msg_dp_spd_rule rule = { .port = TUN,
		.action = MSG_SPD_PROTECT,
		.source_port_high = 65535,
		.destination_port_high = 65535,
		.icmp_type = 0xffff,
		.icmp_code = 0xffff,
		.sa_out = esp ? ESP_OUT : AH_OUT,
		.sa_in = esp ? ESP_IN : AH_IN };

	CU_ASSERT_EQUAL_FATAL(spd_begin(&b->w.dp, &begin), 0);
	CU_ASSERT_EQUAL_FATAL(spd_rule(&b->w.dp, &rule), 0);
	CU_ASSERT_EQUAL_FATAL(spd_end(&b->w.dp, TUN), 0);
}

static void
bed_init(struct bed *b, const struct suite *s, bool v6)
{
	static const enum msg_port_kind kinds[N_PORTS] = { [RAW_ESP] = MSG_PORT_RAW_ESP,
		[RAW_AH] = MSG_PORT_RAW_AH,
		[RAW6_ESP] = MSG_PORT_RAW6_ESP,
		[RAW6_AH] = MSG_PORT_RAW6_AH };
	struct msg_dp_port m = { .port = TUN, .kind = MSG_PORT_TUN_PROTECTED, .name = "tun" };
	int fds[2], room = 1 << 20;

	memset(b, 0, sizeof(*b));
	world_init(&b->w);
	b->w.dp.slots = b->slots;
	b->w.dp.n_slots = N_SLOTS;
	b->w.dp.ip_id = 7;
	CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds), 0);
	for (unsigned int i = 0; i < 2; i++)
		setsockopt(fds[i], SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	CU_ASSERT_EQUAL_FATAL(port_put(&b->w.dp, &m, fds[0], NULL), 0);
	port_get(&b->w.dp, TUN)->vnet_hdr = true; /* a socket could not be asked for it */
	b->kernel = fds[1];
	for (uint32_t i = RAW_ESP; i < N_PORTS; i++) {
		b->ports[i] = port_mem_new();
		port_mem_put(&b->w.dp, b->ports[i], i, kinds[i]);
	}
	for (uint32_t id = ESP_OUT; id <= AH_IN; id++)
		put_sa(b, s, v6, id);
	put_policy(b, s);
}

static void
bed_fini(struct bed *b)
{
	for (unsigned int i = DROP_NONE + 1; i < DROP_N; i++)
		CU_ASSERT_EQUAL(b->w.dp.stats->drops[i], 0);
	b->w.dp.slots = NULL; /* not a mapping */
	world_fini(&b->w);
	for (uint32_t i = RAW_ESP; i < N_PORTS; i++)
		port_mem_free(b->ports[i]);
	close(b->kernel);
}

static struct port_mem *
raw_of(struct bed *b, const struct suite *s, bool v6)
{
	bool ah = s->ah != ALG_AUTH_NONE;

	return b->ports[v6 ? (ah ? RAW6_AH : RAW6_ESP) : (ah ? RAW_AH : RAW_ESP)];
}

/* --- a stream, as single segments and as one super-packet ---------------------------------- */

struct stream {
	bool v6, udp;
	uint32_t ip_len, l4_len, payload;
	uint16_t size, id;
	uint8_t flags, tos;
	uint32_t seq;
};

static struct stream
stream_make(uint64_t *d)
{
	struct stream s = { .v6 = dice(d) % 2, .udp = dice(d) % 4 == 0 };
	unsigned int n = 1 + dice(d) % (dice(d) % 2 ? 4 : N_MAX);

	s.ip_len = s.v6 ? 40 : 20;
	s.l4_len = s.udp ? 8 : 20 + dice(d) % 4 * 4;
	s.size = (uint16_t)(dice(d) % 4 ? 1 + dice(d) % 1400 : 1 + dice(d) % 20);
	s.payload = (n - 1) * s.size + 1 + dice(d) % s.size; /* the last: as long, or shorter */
	s.id = (uint16_t)dice(d);
	s.tos = (uint8_t)dice(d);
	s.flags = s.udp ? 0 : ACK | (dice(d) & (FIN | PSH | ECE | CWR));
	s.seq = dice(d);
	return s;
}

/* Headers of a packet with that much payload of the stream, from `done` on; their length. */
static uint32_t
headers_write(const struct stream *s, uint8_t *p, uint32_t done, uint32_t payload, uint8_t flags)
{
	uint32_t len = s->ip_len + s->l4_len + payload;
	uint8_t *l4 = p + s->ip_len;

	memset(p, 0, s->ip_len + s->l4_len);
	if (s->v6) {
		be32_put(p, 6u << 28 | (uint32_t)s->tos << 20 | 0x12345);
		be16_put(p + 4, (uint16_t)(len - 40));
		p[6] = s->udp ? 17 : 6;
		p[7] = 61;
		memset(p + 8, 0xfd, 32);
	} else {
		const struct ip4 ip = { .tos = s->tos,
			.total_len = (uint16_t)len,
			.id = (uint16_t)(s->id + done / s->size),
			.df = true,
			.ttl = 61,
			.protocol = s->udp ? 17 : 6,
			.src = 0x0a010102,
			.dst = 0x0a010202 };

		ip4_build(p, &ip);
	}
	be32_put(l4, 0x12345678); /* ports */
	if (s->udp) {
		be16_put(l4 + 4, (uint16_t)(8 + payload));
		return s->ip_len + 8;
	}
	be32_put(l4 + 4, s->seq + done);
	l4[12] = (uint8_t)(s->l4_len << 2);
	l4[13] = flags;
	be16_put(l4 + 14, 4321);
	memset(l4 + 20, 1, s->l4_len - 20);
	return s->ip_len + s->l4_len;
}

static void
payload_write(uint8_t *p, uint32_t done, uint32_t len)
{
	for (uint32_t i = 0; i < len; i++)
		p[i] = (uint8_t)((done + i) * 7 + (done + i) / 256);
}

/* Sum of the pseudo-header: what the kernel leaves where a checksum is to be completed. */
static uint32_t
pseudo_sum(const struct stream *s, const uint8_t *p, uint32_t l4_len)
{
	const uint8_t *addrs = p + (s->v6 ? 8 : 12);
	uint16_t sum = (uint16_t)~naive_checksum(addrs, s->v6 ? 32 : 8, 0);

	return sum + (s->udp ? 17u : 6u) + l4_len;
}

/* RFC 3168 6.1.2: CWR is of the first segment only; FIN and PSH of the last. */
static void
singles_make(const struct stream *s)
{
	singles.n = 0;
	for (uint32_t done = 0, n; done < s->payload; done += n, singles.n++) {
		uint8_t *p = singles.p[singles.n], flags = s->flags;
		uint32_t hdr, at = s->ip_len + (s->udp ? 6u : 16u);
		uint16_t sum;

		n = s->payload - done < s->size ? s->payload - done : s->size;
		flags &= (uint8_t) ~(done > 0 ? CWR : 0);
		flags &= (uint8_t) ~(done + n < s->payload ? FIN | PSH : 0);
		hdr = headers_write(s, p, done, n, flags);
		payload_write(p + hdr, done, n);
		singles.len[singles.n] = hdr + n;
		sum = naive_checksum(
			p + s->ip_len, hdr - s->ip_len + n, pseudo_sum(s, p, hdr - s->ip_len + n));
		be16_put(p + at, s->udp && sum == 0 ? 0xffff : sum);
	}
}

static void
host16_put(uint8_t *p, uint32_t v)
{
	uint16_t v16 = (uint16_t)v;

	memcpy(p, &v16, 2);
}

/* With its order in front; the length of both. */
static uint32_t
super_make(const struct stream *s)
{
	uint8_t *p = super + GSO_VNET_LEN;
	uint32_t hdr = headers_write(s, p, 0, s->payload, s->flags);
	uint32_t sum = pseudo_sum(s, p, hdr - s->ip_len + s->payload);

	memset(super, 0, GSO_VNET_LEN);
	super[0] = VNET_NEEDS_CSUM;
	super[1] = (uint8_t)(s->udp ? VNET_UDP_L4 : s->v6 ? VNET_TCP6 : VNET_TCP4);
	super[1] |= s->flags & CWR ? VNET_ECN : 0;
	host16_put(super + 2, hdr);
	host16_put(super + 4, s->size);
	host16_put(super + 6, s->ip_len);
	host16_put(super + 8, s->udp ? 6 : 16);
	if (s->payload <= s->size) /* one segment: no super-packet, but a checksum to complete */
		memset(super + 1, 0, 5);
	be16_put(p + s->ip_len + (s->udp ? 6 : 16), (uint16_t)(sum % 65536 + sum / 65536));
	payload_write(p + hdr, 0, s->payload);
	return GSO_VNET_LEN + hdr + s->payload;
}

/* --- through the datapath ------------------------------------------------------------------- */

static void
kernel_sends(struct bed *b, const void *frame, uint32_t len)
{
	CU_ASSERT_EQUAL_FATAL(send(b->kernel, frame, len, 0), (ssize_t)len);
}

static void
kernel_sends_singles(struct bed *b, bool at_once)
{
	for (unsigned int i = 0; i < singles.n; i++) {
		static uint8_t frame[GSO_VNET_LEN + LEN_MAX];

		memcpy(frame + GSO_VNET_LEN, singles.p[i], singles.len[i]);
		kernel_sends(b, frame, GSO_VNET_LEN + singles.len[i]);
		if (!at_once)
			port_rx(port_get(&b->w.dp, TUN));
	}
	port_rx(port_get(&b->w.dp, TUN));
}

static void
row_add(struct row *r, const uint8_t *p, uint32_t len)
{
	CU_ASSERT_TRUE_FATAL(r->n < N_MAX && len <= LEN_MAX);
	memcpy(r->p[r->n], p, len);
	r->len[r->n++] = len;
}

static void
wire_take(struct port_mem *m, struct row *r)
{
	const uint8_t *p;
	uint32_t len;

	for (r->n = 0; (p = port_mem_sent(m, &len)) != NULL;)
		row_add(r, p, len);
}

/* What the kernel gets, cut again as it would be by a card; how many writes it were. */
static unsigned int
kernel_gets(struct bed *b, struct row *r)
{
	static uint8_t frame[70000], segment[LEN_MAX];
	unsigned int n = 0;
	ssize_t len;

	for (; (len = recv(b->kernel, frame, sizeof(frame), MSG_DONTWAIT)) > 0; n++) {
		struct gso g;

		CU_ASSERT_EQUAL_FATAL(
			gso_init(&g, frame, frame + GSO_VNET_LEN, (uint32_t)len - GSO_VNET_LEN), 0);
		if (g.size == 0)
			row_add(r, frame + GSO_VNET_LEN, (uint32_t)len - GSO_VNET_LEN);
		for (uint32_t next; g.size != 0 && (next = gso_next_len(&g)) != 0;) {
			CU_ASSERT_TRUE_FATAL(next <= LEN_MAX);
			gso_next(&g, segment);
			row_add(r, segment, next);
		}
	}
	return n;
}

static void
rows_are_equal(const struct row *a, const struct row *b)
{
	CU_ASSERT_EQUAL_FATAL(a->n, b->n);
	for (unsigned int i = 0; i < a->n; i++) {
		CU_ASSERT_EQUAL_FATAL(a->len[i], b->len[i]);
		CU_ASSERT_EQUAL(memcmp(a->p[i], b->p[i], a->len[i]), 0);
	}
}

static void
one_stream_out(const struct suite *s, bool v6, const struct stream *stream)
{
	struct bed b;

	bed_init(&b, s, v6);
	kernel_sends(&b, super, super_make(stream));
	port_rx(port_get(&b.w.dp, TUN));
	wire_take(raw_of(&b, s, v6), &wire);
	CU_ASSERT_EQUAL_FATAL(wire.n, singles.n);
	bed_fini(&b);
	for (unsigned int at_once = 0; at_once < 2; at_once++) {
		bed_init(&b, s, v6);
		kernel_sends_singles(&b, at_once);
		wire_take(raw_of(&b, s, v6), &other_wire);
		rows_are_equal(&wire, &other_wire);
		bed_fini(&b);
	}
}

static void
the_wire_does_not_show_what_was_a_super_packet(void)
{
	uint64_t d = 11;

	for (unsigned int i = 0; i < ROUNDS * N_SUITES; i++) {
		struct stream stream = stream_make(&d);

		singles_make(&stream);
		one_stream_out(&suites[i % N_SUITES], dice(&d) % 2, &stream);
	}
}

/* The network marks every third packet or none (RFC 3168 5): the same ones for both. */
static void
network_marks(bool v6, bool marks)
{
	for (unsigned int i = 1; marks && i < wire.n; i += 3) {
		uint8_t *p = wire.p[i];

		if (v6)
			p[1] |= 0x30;
		else
			p[1] |= 3;
		if (!v6)
			ip4_checksum_set(p, 20);
	}
}

static unsigned int
one_stream_in(const struct suite *s, bool v6, bool at_once, struct row *r)
{
	bool ah = s->ah != ALG_AUTH_NONE;
	uint32_t port = v6 ? (ah ? RAW6_AH : RAW6_ESP) : (ah ? RAW_AH : RAW_ESP);
	unsigned int writes = 0;
	struct bed b;

	bed_init(&b, s, v6);
	r->n = 0;
	for (unsigned int i = 0; i < wire.n; i++) {
		port_mem_inject(b.ports[port], wire.p[i], wire.len[i]);
		if (at_once)
			continue;
		port_rx(port_get(&b.w.dp, port));
		CU_ASSERT_EQUAL(kernel_gets(&b, r), 1);
	}
	if (at_once) {
		port_rx(port_get(&b.w.dp, port));
		writes = kernel_gets(&b, r);
	}
	bed_fini(&b);
	return writes;
}

static void
the_kernel_gets_the_same_one_by_one_or_glued(void)
{
	unsigned int glued = 0;
	uint64_t d = 12;

	for (unsigned int i = 0; i < ROUNDS * N_SUITES; i++) {
		const struct suite *s = &suites[i % N_SUITES];
		struct stream stream = stream_make(&d);
		bool v6 = dice(&d) % 2, marks = dice(&d) % 2 && stream.tos % 4 != 0;
		unsigned int writes;

		singles_make(&stream);
		one_stream_out(s, v6, &stream);
		network_marks(v6, marks);
		one_stream_in(s, v6, false, &back);
		writes = one_stream_in(s, v6, true, &other_back);
		rows_are_equal(&back, &other_back);
		if (!marks)
			rows_are_equal(&back, &singles);
		CU_ASSERT_TRUE(writes <= singles.n);
		if (!stream.udp && !marks && singles.n > 1) {
			CU_ASSERT_EQUAL(writes, 1);
			glued++;
		}
	}
	CU_ASSERT_TRUE(glued > ROUNDS);
}

CU_TestInfo super_tests[] = {
	{ "the wire does not show what was a super-packet",
		the_wire_does_not_show_what_was_a_super_packet },
	{ "the kernel gets the same one by one or glued",
		the_kernel_gets_the_same_one_by_one_or_glued },
	CU_TEST_INFO_NULL,
};
