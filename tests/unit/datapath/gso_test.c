/*
 * Twin of datapath/gso.c: random super-packets are cut and put together again by plain code that
 * knows only the protocols.
 */
#include "config.h"

#include "datapath/gso.h"

#include "lib/buf.h"
#include "tests/unit/datapath/fixture.h"
#include "tests/unit/datapath/suites.h"

#include <errno.h>
#include <string.h>

enum { NEEDS_CSUM = 1, TCP4 = 1, UFO = 3, TCP6 = 4, UDP_L4 = 5, ECN = 0x80 };
enum { FIN = 1, PSH = 8, ACK = 16, CWR = 0x80 };

static uint8_t super[65536], joined[65536], segment[65536];

/* What a test makes: a packet, its order, and where things are. */
struct sample {
	bool v6, udp;
	uint32_t ip_len, l4_len, payload, len;
	uint16_t size;
	uint8_t flags;
	uint8_t vnet[GSO_VNET_LEN];
};

static void
host16_put(uint8_t *p, uint16_t v)
{
	memcpy(p, &v, 2);
}

static void
order_write(struct sample *s)
{
	uint8_t type = s->udp ? UDP_L4 : s->v6 ? TCP6 : TCP4;

	memset(s->vnet, 0, sizeof(s->vnet));
	s->vnet[0] = NEEDS_CSUM;
	s->vnet[1] = type | (s->flags & CWR ? ECN : 0);
	host16_put(s->vnet + 2, (uint16_t)(s->ip_len + s->l4_len));
	host16_put(s->vnet + 4, s->size);
	host16_put(s->vnet + 6, (uint16_t)s->ip_len);
	host16_put(s->vnet + 8, s->udp ? 6 : 16);
}

static void
ip_write(const struct sample *s)
{
	if (s->v6) {
		super[0] = 0x60;
		be16_put(super + 4, (uint16_t)(s->len - 40));
		super[6] = s->udp ? 17 : 6;
		if (s->ip_len > 40) { /* destination options of 8 bytes */
			super[6] = 60;
			memset(super + 40, 0, 8);
			super[40] = s->udp ? 17 : 6;
		}
		return;
	}
	super[0] = (uint8_t)(0x40 | s->ip_len / 4);
	be16_put(super + 2, (uint16_t)s->len);
	be16_put(super + 6, 0x4000);
	super[9] = s->udp ? 17 : 6;
	memset(super + 20, 1, s->ip_len - 20);
	ip4_checksum_set(super, s->ip_len);
}

static void
sample_make(struct sample *s, uint64_t *d)
{
	*s = (struct sample){ .v6 = dice(d) % 2, .udp = dice(d) % 4 == 0 };
	s->ip_len = (s->v6 ? 40 : 20) + (dice(d) % 3 ? 0 : 8);
	s->l4_len = s->udp ? 8 : 20 + dice(d) % 11 * 4;
	s->payload = 1 + dice(d) % (dice(d) % 3 ? 9000 : 65535 - s->ip_len - s->l4_len);
	s->size = (uint16_t)(dice(d) % 8 ? 500 + dice(d) % 1000 : 1 + dice(d) % 200);
	s->len = s->ip_len + s->l4_len + s->payload;
	for (uint32_t i = 0; i < s->len; i++)
		super[i] = (uint8_t)dice(d);
	ip_write(s);
	if (!s->udp) {
		s->flags = super[s->ip_len + 13] = ACK | (dice(d) & (FIN | PSH | CWR));
		super[s->ip_len + 12] = (uint8_t)(s->l4_len << 2);
	}
	order_write(s);
}

/* One segment, looked at on its own. */
static void
segment_check(const struct sample *s, uint32_t len, uint32_t n, uint32_t done)
{
	const uint8_t *l4 = segment + s->ip_len;
	uint32_t payload = len - s->ip_len - s->l4_len;
	bool last = done + payload == s->payload;
	struct ip4 ip;

	CU_ASSERT_TRUE_FATAL(payload > 0 && payload <= s->size);
	CU_ASSERT_TRUE(payload == s->size || last);
	if (s->v6) {
		CU_ASSERT_EQUAL(be16_get(segment + 4), len - 40);
		CU_ASSERT_EQUAL(memcmp(segment + 6, super + 6, s->ip_len - 6), 0);
	} else {
		CU_ASSERT_EQUAL_FATAL(ip4_parse(segment, len, &ip), DROP_NONE);
		CU_ASSERT_EQUAL(ip.total_len, len);
		CU_ASSERT_EQUAL(ip.id, (uint16_t)(be16_get(super + 4) + n));
		CU_ASSERT_TRUE(ip.df);
	}
	CU_ASSERT_TRUE(naive_transport_ok(segment, len, s->ip_len, s->udp ? 17 : 6));
	if (s->udp) {
		CU_ASSERT_EQUAL(be16_get(l4 + 4), len - s->ip_len);
		CU_ASSERT_NOT_EQUAL(be16_get(l4 + 6), 0);
		return;
	}
	CU_ASSERT_EQUAL(be32_get(l4 + 4), be32_get(super + s->ip_len + 4) + done);
	CU_ASSERT_EQUAL(l4[13] & CWR, n == 0 ? s->flags & CWR : 0);
	CU_ASSERT_EQUAL(l4[13] & (FIN | PSH), last ? s->flags & (FIN | PSH) : 0);
	CU_ASSERT_EQUAL(memcmp(l4 + 20, super + s->ip_len + 20, s->l4_len - 20), 0);
}

static void
segments_put_together_are_the_super_packet(void)
{
	uint64_t d = 42;

	for (unsigned int round = 0; round < 250; round++) {
		uint32_t len, n = 0, done = 0;
		struct sample s;
		struct gso g;

		sample_make(&s, &d);
		CU_ASSERT_EQUAL_FATAL(gso_init(&g, s.vnet, super, s.len), 0);
		while ((len = gso_next_len(&g)) > 0) {
			gso_next(&g, segment);
			segment_check(&s, len, n++, done);
			len -= s.ip_len + s.l4_len;
			memcpy(joined + done, segment + s.ip_len + s.l4_len, len);
			done += len;
		}
		CU_ASSERT_EQUAL(done, s.payload);
		CU_ASSERT_EQUAL(n, (s.payload + s.size - 1) / s.size);
		CU_ASSERT_EQUAL(memcmp(joined, super + s.ip_len + s.l4_len, done), 0);
	}
}

/* The order of a packet that only lacks its checksum: the field holds the pseudo-header's sum. */
static void
a_plain_packet_gets_its_checksum_completed(void)
{
	uint64_t d = 43;

	for (unsigned int round = 0; round < 200; round++) {
		struct sample s;
		struct gso g;
		uint32_t l4;
		uint16_t sum;

		sample_make(&s, &d);
		s.vnet[1] = 0;
		l4 = s.len - s.ip_len;
		sum = (uint16_t)~naive_checksum(super + (s.v6 ? 8 : 12), s.v6 ? 32 : 8, 0);
		sum = (uint16_t)~naive_checksum(NULL, 0, sum + (s.udp ? 17u : 6u) + l4 % 65536);
		sum = (uint16_t)((uint32_t)sum % 65535);
		be16_put(super + s.ip_len + (s.udp ? 6 : 16), sum);
		CU_ASSERT_EQUAL_FATAL(gso_init(&g, s.vnet, super, s.len), 0);
		CU_ASSERT_EQUAL(gso_next_len(&g), s.len);
		gso_next(&g, segment);
		CU_ASSERT_EQUAL(gso_next_len(&g), 0);
		CU_ASSERT_TRUE(naive_transport_ok(segment, s.len, s.ip_len, s.udp ? 17 : 6));
	}
}

static void
a_packet_without_an_order_goes_as_it_is(void)
{
	uint8_t vnet[GSO_VNET_LEN] = { 0 }, p[50];
	uint64_t d = 2;
	struct gso g;

	packet_ip4(p, sizeof(p), 17, &d);
	CU_ASSERT_EQUAL_FATAL(gso_init(&g, vnet, p, sizeof(p)), 0);
	CU_ASSERT_EQUAL_FATAL(gso_next_len(&g), sizeof(p));
	gso_next(&g, segment);
	CU_ASSERT_EQUAL(memcmp(segment, p, sizeof(p)), 0);
	CU_ASSERT_EQUAL(gso_next_len(&g), 0);
}

static void
an_order_that_contradicts_the_packet_is_refused(void)
{
	uint64_t d = 44;
	struct sample s;
	struct gso g;

	do
		sample_make(&s, &d);
	while (s.v6 || s.udp || s.payload < 2000 || (s.flags & CWR));
	CU_ASSERT_EQUAL_FATAL(gso_init(&g, s.vnet, super, s.len), 0);
	CU_ASSERT_EQUAL(gso_init(&g, s.vnet, super, s.len - 1), -EBADMSG);
	CU_ASSERT_EQUAL(gso_init(&g, s.vnet, super, 0), -EBADMSG);
	for (unsigned int i = 0; i < GSO_VNET_LEN; i++) {
		static const uint8_t values[] = { 0, 1, 2, 3, 4, 5, 0x10, 0x80, 0xff };

		for (unsigned int v = 0; v < sizeof(values); v++) {
			uint8_t vnet[GSO_VNET_LEN];
			bool harmless = i == 2 || i == 3 || i == 4 || i == 5 ||
				(i == 0 && values[v] == 3) || (i == 1 && values[v] == 0);

			memcpy(vnet, s.vnet, sizeof(vnet));
			if (vnet[i] == values[v])
				continue;
			vnet[i] = values[v];
			if (i == 1 && values[v] == (TCP4 | ECN))
				continue;
			if (!harmless)
				CU_ASSERT_EQUAL(gso_init(&g, vnet, super, s.len), -EBADMSG);
		}
	}
	host16_put(s.vnet + 4, 0);
	CU_ASSERT_EQUAL(gso_init(&g, s.vnet, super, s.len), -EBADMSG);
}

static void
a_header_that_does_not_fit_is_refused(void)
{
	uint64_t d = 45;
	struct sample s;
	struct gso g;

	do
		sample_make(&s, &d);
	while (s.v6 || s.udp);
	super[s.ip_len + 12] = 0x40; /* TCP header of 16 bytes */
	CU_ASSERT_EQUAL(gso_init(&g, s.vnet, super, s.len), -EBADMSG);
	for (uint32_t len = 1; len <= s.ip_len + s.l4_len; len++) {
		super[s.ip_len + 12] = (uint8_t)(s.l4_len << 2);
		be16_put(super + 2, (uint16_t)len);
		ip4_checksum_set(super, s.ip_len);
		CU_ASSERT_EQUAL(gso_init(&g, s.vnet, super, len), -EBADMSG);
	}
}

static void
random_orders_and_packets_do_no_harm(void)
{
	uint64_t d = 46;

	for (unsigned int round = 0; round < 30000; round++) {
		uint32_t len = 1 + dice(&d) % 300, total = 0, n;
		uint8_t vnet[GSO_VNET_LEN];
		struct sample s;
		struct gso g;

		if (round % 64 == 0)
			sample_make(&s, &d);
		for (unsigned int i = 0; i < GSO_VNET_LEN; i++)
			vnet[i] = (uint8_t)(dice(&d) % 3 ? dice(&d) % 48 : dice(&d));
		if (round % 2)
			vnet[0] = 1, vnet[1] = (uint8_t)(dice(&d) % 6);
		super[dice(&d) % 60] = (uint8_t)dice(&d);
		if (round % 3 == 0 && super[0] >> 4 == 4 && (super[0] & 15) >= 5) {
			be16_put(super + 2, (uint16_t)len);
			be16_put(super + 6, 0);
			super[9] = round % 2 ? 6 : 17;
			ip4_checksum_set(super, (super[0] & 15u) * 4);
			host16_put(vnet + 6, (uint16_t)((super[0] & 15) * 4));
			host16_put(vnet + 8, round % 2 ? 16 : 6);
			vnet[1] = round % 2 ? TCP4 : UDP_L4;
		}
		if (gso_init(&g, vnet, super, len) < 0)
			continue;
		while ((n = gso_next_len(&g)) > 0) {
			CU_ASSERT_TRUE_FATAL(n <= len);
			gso_next(&g, segment);
			total += n - (g.size ? g.hdr_len : 0);
		}
		CU_ASSERT_EQUAL(total, len - (g.size ? g.hdr_len : 0));
	}
}

CU_TestInfo gso_tests[] = {
	{ "segments put together are the super-packet",
		segments_put_together_are_the_super_packet },
	{ "a plain packet gets its checksum completed",
		a_plain_packet_gets_its_checksum_completed },
	{ "a packet without an order goes as it is", a_packet_without_an_order_goes_as_it_is },
	{ "an order that contradicts the packet is refused",
		an_order_that_contradicts_the_packet_is_refused },
	{ "a header that does not fit is refused", a_header_that_does_not_fit_is_refused },
	{ "random orders and packets do no harm", random_orders_and_packets_do_no_harm },
	CU_TEST_INFO_NULL,
};
