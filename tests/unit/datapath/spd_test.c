/*
 * Twin of datapath/spd.c. The list of a test stands at its head, rule by rule; lans() is the lab's own.
 */
#include "config.h"

#include "datapath/spd.h"

#include "datapath/ip4.h"
#include "lib/alg.h"
#include "lib/buf.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "tests/unit/datapath/esp_fixture.h"
#include "tests/unit/datapath/suites.h"

enum { OUT = 1, IN = 2 };
#define LAN_A 0x0a010100u /* 10.1.1.0 */
#define LAN_B 0x0a010200u /* 10.1.2.0 */

/* A rule that matches everything. */
static struct msg_dp_spd_rule
any(uint32_t number, uint8_t action)
{
	return (struct msg_dp_spd_rule){
		.port = FIX_PORT,
		.rule = number,
		.action = action,
		.source = addr_v4(0),
		.source_wildcard = addr_v4(UINT32_MAX),
		.destination = addr_v4(0),
		.destination_wildcard = addr_v4(UINT32_MAX),
		.source_port_high = 65535,
		.destination_port_high = 65535,
		.icmp_type = 0xffff,
		.icmp_code = 0xffff,
		.sa_out = action == MSG_SPD_PROTECT ? OUT : 0,
		.sa_in = action == MSG_SPD_PROTECT ? IN : 0,
	};
}

/* The lab's: from LAN A to LAN B. */
static struct msg_dp_spd_rule
lans(uint32_t number, uint8_t action, uint8_t protocol)
{
	struct msg_dp_spd_rule r = any(number, action);

	r.protocol = protocol;
	r.source = addr_v4(LAN_A);
	r.source_wildcard = addr_v4(255);
	r.destination = addr_v4(LAN_B);
	r.destination_wildcard = addr_v4(255);
	return r;
}

static struct msg_dp_spd_rule
to_port(struct msg_dp_spd_rule r, uint16_t low, uint16_t high)
{
	r.destination_port_low = low;
	r.destination_port_high = high;
	return r;
}

static struct msg_dp_spd_rule
of_icmp(struct msg_dp_spd_rule r, uint16_t type, uint16_t code)
{
	r.icmp_type = type;
	r.icmp_code = code;
	return r;
}

static void
world(struct fix *f)
{
	fix_init(f);
	CU_ASSERT_PTR_NOT_NULL_FATAL(fix_sa(f, OUT, false, ALG_CIPHER_null, ALG_AUTH_hmac_sha1_96));
	CU_ASSERT_PTR_NOT_NULL_FATAL(fix_sa(f, IN, true, ALG_CIPHER_null, ALG_AUTH_hmac_sha1_96));
}

/* What became of a packet from the protected TUN: "esp", "clear" or the drop. */
static const char *
leaving(struct fix *f, const uint8_t *packet, uint32_t len)
{
	struct pkt *p = fix_pkt_tight(packet, len);
	const char *what;

	p->port = FIX_PORT;
	fix_run(f, spd_out_stage, p);
	what = p->next == STAGE_SA_OUT	     ? "esp"
		: p->next == STAGE_BYPASS_TX ? "clear"
		: p->next == STAGE_REASS_OUT ? "whole"
					     : fix_drop(p);
	if (p->next == STAGE_SA_OUT)
		CU_ASSERT_PTR_EQUAL(p->sa, sadb_get(f->dp.sadb, OUT));
	fix_pkt_free(p);
	return what;
}

/* What became of a packet that came out of an SA: "tun" or the drop. */
static const char *
arriving(struct fix *f, uint32_t sa, const uint8_t *packet, uint32_t len)
{
	struct pkt *p = fix_pkt_tight(packet, len);
	const char *what;

	p->sa = sadb_get(f->dp.sadb, sa);
	fix_run(f, spd_in_stage, p);
	what = p->next == STAGE_TUN_TX ? "tun" : p->next == STAGE_REASS_IN ? "whole" : fix_drop(p);
	if (p->next == STAGE_TUN_TX)
		CU_ASSERT_EQUAL(p->port, FIX_PORT);
	fix_pkt_free(p);
	return what;
}

/* From host .2 of LAN A to host .2 of LAN B, or back. */
static uint32_t
lan_packet(uint8_t *out, bool back, uint8_t protocol, uint16_t sport, uint16_t dport)
{
	return fix_ports(out, (back ? LAN_B : LAN_A) + 2, (back ? LAN_A : LAN_B) + 2, protocol,
		sport, dport, 16);
}

static void
the_labs_policy_protects_its_flow_both_ways_and_nothing_else(void)
{
	struct fix f;
	const struct msg_dp_spd_rule rules[] = { lans(5, MSG_SPD_PROTECT, 0) };
	uint8_t p[128];
	uint32_t len;

	world(&f);
	fix_spd_load(&f, rules, 1);
	len = lan_packet(p, false, 6, 1000, 80);
	CU_ASSERT_STRING_EQUAL(leaving(&f, p, len), "esp");
	CU_ASSERT_STRING_EQUAL(
		arriving(&f, IN, p, len), "spd_in_mismatch"); /* our own, come back */
	len = lan_packet(p, true, 6, 80, 1000);
	CU_ASSERT_STRING_EQUAL(arriving(&f, IN, p, len), "tun");
	CU_ASSERT_STRING_EQUAL(leaving(&f, p, len), "clear"); /* no rule of any policy */
	len = fix_ip4(p, LAN_B + 2, 0x08080808, 17, 16);
	CU_ASSERT_STRING_EQUAL(arriving(&f, IN, p, len), "spd_in_mismatch");
	len = fix_ip4(p, LAN_A + 2, 0x08080808, 17, 16);
	CU_ASSERT_STRING_EQUAL(leaving(&f, p, len), "clear");
	CU_ASSERT_EQUAL(sadb_get(f.dp.sadb, IN)->dropped, 2);
	fix_fini(&f);
}

static void
a_port_without_a_list_lets_nothing_through(void)
{
	struct fix f;
	uint8_t p[128];
	uint32_t len = lan_packet(p, false, 6, 1, 2);
	const struct msg_dp_spd_begin begin = { .port = FIX_PORT, .n_rules = 0 };

	world(&f);
	CU_ASSERT_STRING_EQUAL(leaving(&f, p, len), "spd_none");
	CU_ASSERT_STRING_EQUAL(arriving(&f, IN, p, len), "spd_none");
	/* a list that is being built is none yet */
	CU_ASSERT_EQUAL(spd_begin(&f.dp, &begin), 0);
	CU_ASSERT_STRING_EQUAL(leaving(&f, p, len), "spd_none");
	/* an empty one says that nothing is protected */
	CU_ASSERT_EQUAL(spd_end(&f.dp, FIX_PORT), 0);
	CU_ASSERT_STRING_EQUAL(leaving(&f, p, len), "clear");
	CU_ASSERT_STRING_EQUAL(arriving(&f, IN, p, len), "spd_in_mismatch");
	CU_ASSERT_EQUAL(spd_del(&f.dp, FIX_PORT), 0);
	CU_ASSERT_STRING_EQUAL(leaving(&f, p, len), "spd_none");
	CU_ASSERT_EQUAL(spd_del(&f.dp, FIX_PORT), -ENOENT);
	fix_fini(&f);
}

static void
the_first_rule_that_matches_decides(void)
{
	struct fix f;
	const struct msg_dp_spd_rule rules[] = {
		to_port(lans(5, MSG_SPD_BYPASS, 6), 22, 22),
		to_port(lans(10, MSG_SPD_DISCARD, 6), 100, 200),
		lans(15, MSG_SPD_PROTECT, 6),
		of_icmp(lans(20, MSG_SPD_PROTECT, 1), 8, 0xffff),
		lans(25, MSG_SPD_DISCARD, 1),
		to_port(lans(30, MSG_SPD_PROTECT, 17), 53, 53),
	};
	static const struct {
		uint8_t protocol;
		uint16_t sport, dport;
		const char *leaves, *answer; /* the answer to it, arriving */
	} rows[] = {
		{ 6, 1000, 22, "clear", "spd_in_mismatch" },
		{ 6, 22, 1000, "esp", "tun" }, /* the source port is not the destination port */
		{ 6, 1, 99, "esp", "tun" },
		{ 6, 1, 100, "spd_discard", "spd_in_mismatch" },
		{ 6, 1, 150, "spd_discard", "spd_in_mismatch" },
		{ 6, 1, 200, "spd_discard", "spd_in_mismatch" },
		{ 6, 1, 201, "esp", "tun" },
		{ 17, 1, 53, "esp", "tun" },
		{ 17, 1, 54, "clear", "spd_in_mismatch" },
		{ 1, 8 << 8 | 1, 0, "esp", "tun" },
		{ 1, 3 << 8 | 1, 0, "spd_discard", "spd_in_mismatch" },
		{ 47, 0, 0, "clear", "spd_in_mismatch" },
	};

	world(&f);
	fix_spd_load(&f, rules, sizeof(rules) / sizeof(rules[0]));
	/* twice: the second round is answered from the cache */
	for (unsigned int i = 0; i < 2 * sizeof(rows) / sizeof(rows[0]); i++) {
		unsigned int k = i % (sizeof(rows) / sizeof(rows[0]));
		bool icmp = rows[k].protocol == 1;
		uint8_t p[128];
		uint32_t len = lan_packet(p, false, rows[k].protocol, rows[k].sport, rows[k].dport);
		const char *leaves = leaving(&f, p, len), *answer;

		len = lan_packet(p, true, rows[k].protocol, icmp ? rows[k].sport : rows[k].dport,
			icmp ? rows[k].dport : rows[k].sport);
		answer = arriving(&f, IN, p, len);
		if (strcmp(leaves, rows[k].leaves) != 0 || strcmp(answer, rows[k].answer) != 0) {
			printf("\nrow %u: %s, %s\n", k, leaves, answer);
			CU_FAIL("the table says otherwise");
		}
	}
	fix_fini(&f);
}

static void
wildcards_need_not_be_prefixes(void)
{
	struct fix f;
	struct msg_dp_spd_rule r = any(5, MSG_SPD_PROTECT);
	uint8_t p[128];
	unsigned int wrong = 0;

	/* 10.x.1.odd */
	r.source = addr_v4(0x0a000101);
	r.source_wildcard = addr_v4(0x00ff00fe);
	world(&f);
	fix_spd_load(&f, &r, 1);
	for (uint32_t second = 0; second < 256; second += 51) {
		for (uint32_t last = 0; last < 256; last++) {
			uint32_t len = fix_ip4(p, 0x0a000100 | second << 16 | last, 1, 17, 8);

			wrong += strcmp(leaving(&f, p, len), last % 2 ? "esp" : "clear") != 0;
		}
	}
	CU_ASSERT_EQUAL(wrong, 0);
	CU_ASSERT_STRING_EQUAL(leaving(&f, p, fix_ip4(p, 0x0a000201, 1, 17, 8)), "clear");
	CU_ASSERT_STRING_EQUAL(leaving(&f, p, fix_ip4(p, 0x0b000101, 1, 17, 8)), "clear");
	fix_fini(&f);
}

static void
a_fragment_waits_for_the_rest_where_ports_decide(void)
{
	static const uint16_t words[] = { 0x2000, 0x2002, 0x0002 };

	for (unsigned int i = 0; i < 6; i++) {
		bool ports = i % 2;
		struct msg_dp_spd_rule r = lans(5, MSG_SPD_PROTECT, 6);
		struct fix f;
		uint8_t p[128];
		uint32_t len = lan_packet(p, false, 6, 1000, 22);

		world(&f);
		if (ports)
			r = to_port(r, 22, 22);
		fix_spd_load(&f, &r, 1);
		be16_put(p + 6, words[i / 2]);
		ip4_checksum_set(p, 20);
		CU_ASSERT_STRING_EQUAL(leaving(&f, p, len), ports ? "whole" : "esp");
		len = lan_packet(p, true, 6, 22, 1000);
		be16_put(p + 6, words[i / 2]);
		ip4_checksum_set(p, 20);
		CU_ASSERT_STRING_EQUAL(arriving(&f, IN, p, len), ports ? "whole" : "tun");
		fix_fini(&f);
	}
}

static void
fragments_of_protocols_without_ports_are_ordinary(void)
{
	struct fix f;
	const struct msg_dp_spd_rule rules[] = { lans(5, MSG_SPD_BYPASS, 47),
		lans(9, MSG_SPD_PROTECT, 0) };
	uint8_t p[128];
	uint32_t len = lan_packet(p, false, 47, 0, 0);

	world(&f);
	fix_spd_load(&f, rules, 2);
	be16_put(p + 6, 2);
	ip4_checksum_set(p, 20);
	CU_ASSERT_STRING_EQUAL(leaving(&f, p, len), "clear");
	fix_fini(&f);
}

static void
a_rule_whose_sa_is_not_there_sends_nothing(void)
{
	struct fix f;
	struct msg_dp_spd_rule r = lans(5, MSG_SPD_PROTECT, 0);
	uint8_t p[128];
	uint32_t len = lan_packet(p, false, 6, 1, 2);

	fix_init(&f);
	fix_spd_load(&f, &r, 1);
	CU_ASSERT_STRING_EQUAL(leaving(&f, p, len), "spd_incomplete");
	/* it comes, goes, and comes as another one: the rule follows */
	for (unsigned int i = 0; i < 3; i++) {
		CU_ASSERT_PTR_NOT_NULL(
			fix_sa(&f, OUT, false, ALG_CIPHER_aes_cbc_128, ALG_AUTH_hmac_sha1_96));
		CU_ASSERT_STRING_EQUAL(leaving(&f, p, len), "esp");
		CU_ASSERT_EQUAL(sadb_del(&f.dp, OUT), 0);
		CU_ASSERT_STRING_EQUAL(leaving(&f, p, len), "spd_incomplete");
	}
	/* an inbound SA does not encrypt */
	CU_ASSERT_PTR_NOT_NULL(
		fix_sa(&f, OUT, true, ALG_CIPHER_aes_cbc_128, ALG_AUTH_hmac_sha1_96));
	CU_ASSERT_STRING_EQUAL(leaving(&f, p, len), "spd_incomplete");
	r.sa_out = 0;
	fix_spd_load(&f, &r, 1);
	CU_ASSERT_STRING_EQUAL(leaving(&f, p, len), "spd_incomplete");
	fix_fini(&f);
}

static void
a_packet_must_come_from_the_sa_of_its_rule(void)
{
	struct fix f;
	struct msg_dp_spd_rule r = lans(5, MSG_SPD_PROTECT, 0);
	struct msg_dp_sa m;
	uint8_t p[128];
	uint32_t len = lan_packet(p, true, 6, 1, 2);

	world(&f);
	fix_msg(&m, 3, true, ALG_CIPHER_null, ALG_AUTH_hmac_sha1_96);
	m.spi++;
	CU_ASSERT_EQUAL(sadb_put(&f.dp, &m, NULL), 0);
	fix_spd_load(&f, &r, 1);
	CU_ASSERT_STRING_EQUAL(arriving(&f, IN, p, len), "tun");
	CU_ASSERT_STRING_EQUAL(arriving(&f, 3, p, len), "spd_in_mismatch");
	fix_fini(&f);
}

/* What becomes of a packet that came through these SAs, outermost first. */
static const char *
arriving_by(struct fix *f, const uint32_t chain[PKT_CHAIN], const uint8_t *packet, uint32_t len)
{
	struct pkt *p = fix_pkt_tight(packet, len);
	const char *what;

	for (; p->n_chain < PKT_CHAIN && chain[p->n_chain] != 0; p->n_chain++)
		p->sa = p->chain[p->n_chain] = sadb_get(f->dp.sadb, chain[p->n_chain]);
	fix_run(f, spd_in_stage, p);
	what = p->next == STAGE_TUN_TX ? "tun" : fix_drop(p);
	fix_pkt_free(p);
	return what;
}

/* AH (4) around ESP (2): nothing may be missing, nothing too much. */
static void
a_bundle_must_be_whole(void)
{
	static const struct {
		uint32_t chain[PKT_CHAIN];
		const char *what;
	} rows[] = {
		{ { 4, IN }, "tun" },
		{ { IN }, "spd_in_mismatch" },
		{ { 4 }, "spd_in_mismatch" },
		{ { 6, IN }, "spd_in_mismatch" },
		{ { IN, 4 }, "spd_in_mismatch" },
		{ { IN, IN }, "spd_in_mismatch" },
	};
	struct msg_dp_spd_rule r = lans(5, MSG_SPD_PROTECT, 0);
	struct msg_dp_sa m;
	uint8_t p[128];
	uint32_t len = lan_packet(p, true, 6, 1, 2);
	struct fix f;

	world(&f);
	for (uint32_t id = 4; id <= 6; id += 2) {
		fix_msg(&m, id, true, ALG_CIPHER_NONE, ALG_AUTH_hmac_sha1_96);
		m.protocol = 51;
		m.spi += id;
		CU_ASSERT_EQUAL(sadb_put(&f.dp, &m, NULL), 0);
	}
	fix_spd_load(&f, &r, 1);
	CU_ASSERT_STRING_EQUAL(arriving_by(&f, rows[1].chain, p, len), "tun");
	CU_ASSERT_STRING_EQUAL(arriving_by(&f, rows[0].chain, p, len), "spd_in_mismatch");
	sadb_get(f.dp.sadb, IN)->bundle = 4;
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		CU_ASSERT_STRING_EQUAL(arriving_by(&f, rows[i].chain, p, len), rows[i].what);
	fix_fini(&f);
}

static struct addr
addr6(const char *text)
{
	struct addr a;

	CU_ASSERT_EQUAL_FATAL(addr_parse(text, &a), 0);
	return a;
}

static void
ipv6_has_wildcards_ports_and_icmp_types_too(void)
{
	struct msg_dp_spd_rule rules[4];
	uint8_t p[256], more[256];
	uint32_t len = fix_ip6(p, 17, 16); /* 2001:db8::1 to 2001:db8::2 */
	struct fix f;

	world(&f);
	for (unsigned int i = 0; i < 4; i++) {
		rules[i] = any(5 + i, MSG_SPD_PROTECT);
		rules[i].source = addr6("2001:db8::");
		rules[i].source_wildcard = addr6("::ffff:ffff:ffff:ffff:ffff");
		rules[i].destination = addr6("2001:db8:0:7777::2");
		rules[i].destination_wildcard = addr6("0:0:0:ffff::");
	}
	rules[0].action = MSG_SPD_DISCARD;
	rules[0].protocol = 17;
	rules[0] = to_port(rules[0], 80, 90);
	rules[1].action = MSG_SPD_BYPASS;
	rules[1].protocol = 58;
	rules[1] = of_icmp(rules[1], 135, 0xffff);
	rules[2].protocol = 58;
	rules[3].protocol = 17;
	fix_spd_load(&f, rules, 4);
	be16_put(p + 42, 85);
	CU_ASSERT_STRING_EQUAL(leaving(&f, p, len), "spd_discard");
	be16_put(p + 42, 91);
	CU_ASSERT_STRING_EQUAL(leaving(&f, p, len), "esp");
	p[38] = 9; /* outside the wildcard */
	CU_ASSERT_STRING_EQUAL(leaving(&f, p, len), "clear");
	p[38] = 0;
	p[30] = 9; /* inside */
	CU_ASSERT_STRING_EQUAL(leaving(&f, p, len), "esp");
	p[30] = 0;
	p[6] = 58;
	p[40] = 135;
	CU_ASSERT_STRING_EQUAL(leaving(&f, p, len), "clear");
	p[40] = 128;
	CU_ASSERT_STRING_EQUAL(leaving(&f, p, len), "esp");
	p[6] = 6;
	CU_ASSERT_STRING_EQUAL(leaving(&f, p, len), "clear");
	/* the port is behind hop-by-hop and destination options */
	memcpy(more, p, 40);
	more[6] = 0;
	fix_hex("3c00010400000000"
		"1101010c000000000000000000000000",
		more + 40);
	memcpy(more + 64, p + 40, 16);
	be16_put(more + 66, 85);
	be16_put(more + 4, 24 + 16);
	CU_ASSERT_STRING_EQUAL(leaving(&f, more, 80), "spd_discard");
	more[49] =
		200; /* a header that does not end: nobody knows the port, so it is not let out */
	CU_ASSERT_STRING_EQUAL(leaving(&f, more, 80), "spd_discard");
	fix_fini(&f);
}

static void
what_is_no_packet_is_dropped_as_such(void)
{
	struct fix f;
	struct msg_dp_spd_rule r = any(5, MSG_SPD_PROTECT);
	uint8_t p[128];
	uint32_t len = lan_packet(p, false, 6, 1, 2);

	world(&f);
	fix_spd_load(&f, &r, 1);
	CU_ASSERT_STRING_EQUAL(leaving(&f, p, 0), "ip_short");
	CU_ASSERT_STRING_EQUAL(leaving(&f, p, len - 1), "ip_short");
	CU_ASSERT_STRING_EQUAL(arriving(&f, IN, p, 19), "ip_short");
	/* a list of IPv4 rules has nothing to say about IPv6 */
	CU_ASSERT_STRING_EQUAL(leaving(&f, p, fix_ip6(p, 6, 20)), "clear");
	fix_fini(&f);
}

static void
a_list_is_replaced_whole_or_not_at_all(void)
{
	struct fix f;
	struct msg_dp_spd_rule r = lans(5, MSG_SPD_PROTECT, 0), bad = r;
	struct msg_dp_spd_begin begin = { .port = FIX_PORT, .n_rules = 2 };
	uint8_t p[128];
	uint32_t len = lan_packet(p, false, 6, 1, 2);

	world(&f);
	CU_ASSERT_EQUAL(spd_rule(&f.dp, &r), -ENOENT);
	CU_ASSERT_EQUAL(spd_end(&f.dp, FIX_PORT), -ENOENT);
	fix_spd_load(&f, &r, 1);
	CU_ASSERT_EQUAL(spd_rule(&f.dp, &r), -ENOENT);
	CU_ASSERT_EQUAL(spd_begin(&f.dp, &begin), 0);
	r = lans(5, MSG_SPD_BYPASS, 0);
	CU_ASSERT_EQUAL(spd_rule(&f.dp, &r), 0);
	CU_ASSERT_STRING_EQUAL(leaving(&f, p, len), "esp");
	CU_ASSERT_EQUAL(spd_end(&f.dp, FIX_PORT), -EINVAL); /* one is missing */
	CU_ASSERT_STRING_EQUAL(leaving(&f, p, len), "esp");
	/* begun anew, and one too many */
	CU_ASSERT_EQUAL(spd_begin(&f.dp, &begin), 0);
	CU_ASSERT_EQUAL(spd_begin(&f.dp, &begin), 0);
	CU_ASSERT_EQUAL(spd_rule(&f.dp, &r), 0);
	bad.action = 3;
	CU_ASSERT_EQUAL(spd_rule(&f.dp, &bad), -EINVAL);
	bad = r;
	bad.source_port_low = 10;
	bad.source_port_high = 9;
	CU_ASSERT_EQUAL(spd_rule(&f.dp, &bad), -EINVAL);
	CU_ASSERT_EQUAL(spd_rule(&f.dp, &r), 0);
	CU_ASSERT_EQUAL(spd_rule(&f.dp, &r), -EINVAL);
	CU_ASSERT_EQUAL(spd_end(&f.dp, FIX_PORT), 0);
	CU_ASSERT_STRING_EQUAL(leaving(&f, p, len), "clear"); /* the cache of before is gone */
	begin.n_rules = UINT32_MAX;
	CU_ASSERT_EQUAL(spd_begin(&f.dp, &begin), -EINVAL);
	begin = (struct msg_dp_spd_begin){ 0 };
	CU_ASSERT_EQUAL(spd_begin(&f.dp, &begin), -EINVAL);
	fix_fini(&f);
}

struct counts {
	unsigned int n;
	struct st_spd_rule rows[8];
};

static void
take_row(void *arg, const struct st_spd_rule *st)
{
	struct counts *c = arg;

	c->rows[c->n++ % 8] = *st;
}

static void
matches_are_counted_and_go_on_in_the_next_list(void)
{
	struct fix f;
	struct msg_dp_spd_rule first[] = { lans(5, MSG_SPD_PROTECT, 6),
		lans(10, MSG_SPD_BYPASS, 17) };
	struct msg_dp_spd_rule next[] = { lans(7, MSG_SPD_BYPASS, 1), lans(10, MSG_SPD_PROTECT, 17),
		lans(5, MSG_SPD_PROTECT, 6) };
	struct counts c = { 0 };
	uint8_t p[128];

	world(&f);
	fix_spd_load(&f, first, 2);
	for (unsigned int i = 0; i < 3; i++)
		leaving(&f, p, lan_packet(p, false, 6, 1, 2));
	arriving(&f, IN, p, lan_packet(p, true, 6, 1, 2));
	leaving(&f, p, lan_packet(p, false, 17, 1, 2));
	spd_state(&f.dp, take_row, &c);
	CU_ASSERT_TRUE(c.n == 2 && c.rows[0].port == FIX_PORT && c.rows[0].rule == 5 &&
		c.rows[0].action == MSG_SPD_PROTECT && c.rows[0].packets == 4 &&
		c.rows[1].packets == 1);
	fix_spd_load(&f, next, 3);
	c.n = 0;
	spd_state(&f.dp, take_row, &c);
	/* rule 10 does something else now: it begins at zero */
	CU_ASSERT_TRUE(c.n == 3 && c.rows[0].packets == 0 && c.rows[1].packets == 0 &&
		c.rows[2].packets == 4);
	spd_state_reset(&f.dp, &(struct spd_which){ .port = FIX_PORT + 1 });
	spd_state(&f.dp, take_row, &c);
	CU_ASSERT_EQUAL(c.rows[5].packets, 4);
	spd_state_reset(&f.dp, &(struct spd_which){ 0 });
	spd_state(&f.dp, take_row, &c);
	CU_ASSERT_EQUAL(c.rows[0].packets, 0);
	fix_fini(&f);
}

/* Two ACLs may both have a rule 5. */
static void
matches_belong_to_their_acl(void)
{
	struct fix f;
	struct msg_dp_spd_rule first[] = { lans(5, MSG_SPD_PROTECT, 6),
		lans(5, MSG_SPD_PROTECT, 17) };
	struct msg_dp_spd_rule next[2];
	struct counts c = { 0 };
	uint8_t p[128];

	world(&f);
	first[0].acl = 3001;
	first[1].acl = 3002;
	fix_spd_load(&f, first, 2);
	for (unsigned int i = 0; i < 3; i++)
		leaving(&f, p, lan_packet(p, false, 6, 1, 2));
	leaving(&f, p, lan_packet(p, false, 17, 1, 2));
	next[0] = first[1];
	next[1] = first[0];
	fix_spd_load(&f, next, 2);
	spd_state(&f.dp, take_row, &c);
	CU_ASSERT_TRUE(c.rows[0].acl == 3002 && c.rows[0].packets == 1 && !c.rows[0].ipv6);
	CU_ASSERT_TRUE(c.rows[1].acl == 3001 && c.rows[1].packets == 3);
	spd_state_reset(&f.dp, &(struct spd_which){ .acl = 3001, .af = AF_INET6 });
	spd_state_reset(&f.dp, &(struct spd_which){ .acl = 3002, .af = AF_INET });
	c.n = 0;
	spd_state(&f.dp, take_row, &c);
	CU_ASSERT_EQUAL(c.rows[0].packets, 0);
	CU_ASSERT_EQUAL(c.rows[1].packets, 3);
	fix_fini(&f);
}

static void
ports_have_lists_of_their_own_and_batches_may_mix_them(void)
{
	struct fix f;
	struct pkt *pkts[6];
	uint8_t p[128];
	uint32_t len = lan_packet(p, false, 6, 1, 2);

	world(&f);
	for (uint32_t i = 0; i < 2; i++) { /* 256 apart: one bucket */
		struct msg_dp_spd_begin begin = { .port = FIX_PORT + 256 * i, .n_rules = 1 };
		struct msg_dp_spd_rule r = lans(5, i ? MSG_SPD_DISCARD : MSG_SPD_PROTECT, 0);

		r.port = begin.port;
		CU_ASSERT_EQUAL(spd_begin(&f.dp, &begin), 0);
		CU_ASSERT_EQUAL(spd_rule(&f.dp, &r), 0);
		CU_ASSERT_EQUAL(spd_end(&f.dp, begin.port), 0);
	}
	for (unsigned int i = 0; i < 6; i++) {
		pkts[i] = fix_pkt_tight(p, len);
		pkts[i]->port = FIX_PORT + 256 * (i % 3);
	}
	spd_out_stage(&f.dp, pkts, 6);
	for (unsigned int i = 0; i < 6; i++) {
		static const char *const expected[] = { "", "spd_discard", "spd_none" };

		CU_ASSERT_STRING_EQUAL(fix_drop(pkts[i]), expected[i % 3]);
		fix_pkt_free(pkts[i]);
	}
	CU_ASSERT_EQUAL(spd_del(&f.dp, FIX_PORT + 256), 0);
	CU_ASSERT_STRING_EQUAL(leaving(&f, p, len), "esp");
	fix_fini(&f);
}

/* Random lists and packets: with the cache the answer is that of reading the list from its start. */
static void
the_cache_never_changes_an_answer(void)
{
	enum { N = 400, ROUNDS = 20000 };
	struct msg_dp_spd_rule *rules = calloc(N, sizeof(*rules));
	struct fix f;
	uint32_t random = 1, wrong = 0;

	CU_ASSERT_PTR_NOT_NULL_FATAL(rules);
	world(&f);
	for (uint32_t i = 0; i < N; i++) {
		rules[i] = any(i, fix_random(&random) % 3);
		rules[i].source = addr_v4(fix_random(&random) % 16);
		rules[i].source_wildcard = addr_v4(0xfffffff0 | (fix_random(&random) & 5));
		rules[i].protocol = fix_random(&random) % 2 ? 6 : 17;
		rules[i] = to_port(rules[i], (uint16_t)(fix_random(&random) % 64), 64);
	}
	fix_spd_load(&f, rules, N);
	for (uint32_t round = 0; round < ROUNDS; round++) {
		uint8_t p[64], protocol = fix_random(&random) % 2 ? 6 : 17;
		uint32_t src = fix_random(&random) % 16, found = N;
		uint16_t dport = (uint16_t)(fix_random(&random) % 72);
		uint32_t len = fix_ports(p, src, 1, protocol, (uint16_t)(round % 100), dport, 8);
		const char *what = leaving(&f, p, len);
		static const char *const names[] = { "spd_discard", "clear", "esp" };

		for (uint32_t i = 0; i < N && found == N; i++) {
			if (rules[i].protocol == protocol &&
				dport >= rules[i].destination_port_low && dport <= 64 &&
				((src ^ addr_u32(&rules[i].source)) &
					~addr_u32(&rules[i].source_wildcard)) == 0)
				found = i;
		}
		wrong += strcmp(what, found == N ? "clear" : names[rules[found].action]) != 0;
	}
	CU_ASSERT_EQUAL(wrong, 0);
	free(rules);
	fix_fini(&f);
}

/* What a SYN of the flow, or of its answer, announces behind the stage. */
static uint16_t
announced(struct fix *f, bool back)
{
	enum { LEN = 44, MSS = 42 };
	uint8_t packet[100];
	struct pkt *p;
	uint16_t mss;

	CU_ASSERT_EQUAL_FATAL(fix_ports(packet, (back ? LAN_B : LAN_A) + 2,
				      (back ? LAN_A : LAN_B) + 2, 6, 1000, 22, LEN - 20),
		LEN);
	memcpy(packet + 32, "\x60\2", 2); /* 24 bytes of header, SYN */
	memcpy(packet + 40, "\2\4\5\xb4", 4);
	p = fix_pkt_tight(packet, LEN);
	p->port = FIX_PORT;
	p->sa = back ? sadb_get(f->dp.sadb, IN) : NULL;
	fix_run(f, back ? spd_in_stage : spd_out_stage, p);
	CU_ASSERT_EQUAL(p->next, back ? STAGE_TUN_TX : STAGE_SA_OUT);
	mss = be16_get(p->data + MSS);
	fix_pkt_free(p);
	return mss;
}

static void
connections_through_a_port_keep_to_its_mss(void)
{
	const struct msg_dp_spd_rule r = lans(1, MSG_SPD_PROTECT, 0);
	struct msg_dp_spd_begin begin = { .port = FIX_PORT, .n_rules = 1 };
	static const uint16_t rows[][2] = { { 0, 1460 }, { 1300, 1300 }, { 1461, 1460 } };
	struct fix f;

	world(&f);
	for (unsigned int i = 0; i < 3; i++) {
		begin.mss = rows[i][0];
		CU_ASSERT_EQUAL(spd_begin(&f.dp, &begin), 0);
		CU_ASSERT_EQUAL(spd_rule(&f.dp, &r), 0);
		CU_ASSERT_EQUAL(spd_end(&f.dp, FIX_PORT), 0);
		CU_ASSERT_EQUAL(announced(&f, false), rows[i][1]);
		CU_ASSERT_EQUAL(announced(&f, true), rows[i][1]);
	}
	fix_fini(&f);
}

CU_TestInfo spd_tests[] = {
	{ "connections through a port keep to its MSS",
		connections_through_a_port_keep_to_its_mss },
	{ "the lab's policy protects its flow both ways and nothing else",
		the_labs_policy_protects_its_flow_both_ways_and_nothing_else },
	{ "a port without a list lets nothing through",
		a_port_without_a_list_lets_nothing_through },
	{ "the first rule that matches decides", the_first_rule_that_matches_decides },
	{ "wildcards need not be prefixes", wildcards_need_not_be_prefixes },
	{ "a fragment waits for the rest where ports decide",
		a_fragment_waits_for_the_rest_where_ports_decide },
	{ "fragments of protocols without ports are ordinary",
		fragments_of_protocols_without_ports_are_ordinary },
	{ "a rule whose SA is not there sends nothing",
		a_rule_whose_sa_is_not_there_sends_nothing },
	{ "a packet must come from the SA of its rule",
		a_packet_must_come_from_the_sa_of_its_rule },
	{ "a bundle must be whole", a_bundle_must_be_whole },
	{ "IPv6 has wildcards, ports and ICMP types, too",
		ipv6_has_wildcards_ports_and_icmp_types_too },
	{ "what is no packet is dropped as such", what_is_no_packet_is_dropped_as_such },
	{ "a list is replaced whole or not at all", a_list_is_replaced_whole_or_not_at_all },
	{ "matches belong to their ACL", matches_belong_to_their_acl },
	{ "matches are counted and go on in the next list",
		matches_are_counted_and_go_on_in_the_next_list },
	{ "ports have lists of their own and batches may mix them",
		ports_have_lists_of_their_own_and_batches_may_mix_them },
	{ "the cache never changes an answer", the_cache_never_changes_an_answer },
	CU_TEST_INFO_NULL,
};
