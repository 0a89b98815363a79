/*
 * ICMP errors before the SPD (RFC 4301 6.2). Networks 1 and 2 are what a rule protects, 9 is where a router is
 * that no rule knows; each of both families: 10.1.N.2 and 2001:db8:0:N::2.
 */
#include "config.h"

#include "datapath/spd.h"

#include "datapath/group.h"
#include "datapath/ip4.h"
#include "lib/alg.h"
#include "lib/buf.h"
#include "lib/loop.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "tests/unit/datapath/esp_fixture.h"
#include "tests/unit/datapath/suites.h"

enum { OUT = 1, IN = 2, OTHER_OUT = 3, OTHER_IN = 4, ROOM = 256, ICMP = 8, TEXT = 16 };
enum { TCP = 6, UDP = 17, EVERY = 0 };
enum { HERE = 1, THERE = 2, LOST = 3, ROUTER = 9, ELSEWHERE = 7 };

static struct addr
at(bool v6, uint8_t net)
{
	struct addr a = addr_v4(0x0a010002u | (uint32_t)net << 8);

	if (v6) {
		a = (struct addr){ .af = AF_INET6, .b = { 0x20, 1, 0xd, 0xb8 } };
		a.b[7] = net;
		a.b[15] = 2;
	}
	return a;
}

static struct addr
rest(bool v6)
{
	struct addr a = addr_v4(255);

	if (v6) {
		a = (struct addr){ .af = AF_INET6 };
		memset(a.b + 8, 0xff, 8);
	}
	return a;
}

static struct msg_dp_spd_rule
rule(uint32_t number, uint8_t action, bool v6, uint8_t from, uint8_t to, uint8_t protocol)
{
	return (struct msg_dp_spd_rule){
		.port = FIX_PORT,
		.rule = number,
		.action = action,
		.protocol = protocol,
		.source = at(v6, from),
		.source_wildcard = rest(v6),
		.destination = at(v6, to),
		.destination_wildcard = rest(v6),
		.source_port_high = 65535,
		.destination_port_high = 65535,
		.icmp_type = 0xffff,
		.icmp_code = 0xffff,
		.sa_out = action == MSG_SPD_PROTECT ? OUT : 0,
		.sa_in = action == MSG_SPD_PROTECT ? IN : 0,
	};
}

static void
sas(struct fix *f)
{
	struct msg_dp_sa m;

	fix_init(f);
	for (uint32_t id = OUT; id <= OTHER_IN; id++) {
		fix_msg(&m, id, id % 2 == 0, ALG_CIPHER_null, ALG_AUTH_hmac_sha1_96);
		m.spi += id;
		CU_ASSERT_EQUAL_FATAL(sadb_put(&f->dp, &m, NULL), 0);
	}
}

/* UDP to port 53 is let out, all else between the two is protected, except to a network that is lost. */
static void
world(struct fix *f, bool v6)
{
	struct msg_dp_spd_rule rules[] = {
		rule(5, MSG_SPD_BYPASS, v6, HERE, THERE, UDP),
		rule(10, MSG_SPD_PROTECT, v6, HERE, THERE, EVERY),
		rule(15, MSG_SPD_DISCARD, v6, HERE, LOST, EVERY),
		rule(20, MSG_SPD_PROTECT, v6, HERE, 4, EVERY),
	};

	rules[0].destination_port_low = rules[0].destination_port_high = 53;
	rules[3].sa_out = OTHER_OUT;
	rules[3].sa_in = OTHER_IN;
	sas(f);
	fix_spd_load(f, rules, 4);
}

/* A packet with ports, or ICMP's type and code, in front of its text. */
static uint32_t
packet(uint8_t *out, bool v6, uint8_t from, uint8_t to, uint8_t protocol, uint16_t a, uint16_t b)
{
	struct addr src = at(v6, from), dst = at(v6, to);
	uint32_t len;

	if (!v6)
		return fix_ports(out, addr_u32(&src), addr_u32(&dst), protocol, a, b, TEXT);
	len = fix_ip6(out, protocol, TEXT);
	memcpy(out + 8, src.b, 16);
	memcpy(out + 24, dst.b, 16);
	be16_put(out + 40, a);
	be16_put(out + 42, b);
	return len;
}

/* ICMP of a type, quoting. */
static uint32_t
icmp(uint8_t *out, bool v6, uint8_t from, uint8_t to, uint8_t type, const uint8_t *quote,
	uint32_t quote_len)
{
	struct addr src = at(v6, from), dst = at(v6, to);
	uint32_t hdr = v6 ? 40 : 20, len;

	len = v6 ? fix_ip6(out, 58, ICMP + quote_len)
		 : fix_ip4(out, addr_u32(&src), addr_u32(&dst), 1, ICMP + quote_len);
	if (v6) {
		memcpy(out + 8, src.b, 16);
		memcpy(out + 24, dst.b, 16);
	}
	memset(out + hdr, 0, ICMP);
	out[hdr] = type;
	memcpy(out + hdr + ICMP, quote, quote_len);
	return len;
}

/* Time exceeded, about a packet with ports. */
static uint32_t
exceeded(uint8_t *out, bool v6, uint8_t to, uint8_t from, uint8_t dest, uint16_t sport)
{
	uint8_t q[ROOM];
	uint32_t len = packet(q, v6, from, dest, UDP, sport, 7777);

	return icmp(out, v6, ROUTER, to, v6 ? 3 : 11, q, len);
}

/* The same packet shorter, and saying so. */
static uint32_t
cut(uint8_t *p, uint32_t len)
{
	if (p[0] >> 4 == 6) {
		be16_put(p + 4, (uint16_t)(len - 40));
	} else {
		be16_put(p + 2, (uint16_t)len);
		ip4_checksum_set(p, 20);
	}
	return len;
}

static const char *
leaving(struct fix *f, const uint8_t *p, uint32_t len)
{
	struct pkt *pkt = fix_pkt_tight(p, len);
	const char *what;

	pkt->port = FIX_PORT;
	fix_run(f, spd_out_stage, pkt);
	what = pkt->next == STAGE_BYPASS_TX    ? "clear"
		: pkt->next == STAGE_REASS_OUT ? "whole"
		: pkt->next == STAGE_SA_OUT    ? (pkt->sa->id == OUT ? "esp" : "other")
					       : fix_drop(pkt);
	fix_pkt_free(pkt);
	return what;
}

static const char *
arriving(struct fix *f, uint32_t sa, const uint8_t *p, uint32_t len)
{
	struct pkt *pkt = fix_pkt_tight(p, len);
	const char *what;

	pkt->sa = sadb_get(f->dp.sadb, sa);
	fix_run(f, spd_in_stage, pkt);
	what = pkt->next == STAGE_TUN_TX      ? "tun"
		: pkt->next == STAGE_REASS_IN ? "whole"
					      : fix_drop(pkt);
	fix_pkt_free(pkt);
	return what;
}

static void
an_error_leaves_as_the_answer_to_what_it_quotes(void)
{
	static const uint8_t types[2][4] = { { 3, 4, 11, 12 }, { 1, 2, 3, 4 } };
	static const struct {
		uint8_t from, to;
		uint16_t sport;
		const char *what;
	} rows[] = {
		{ THERE, HERE, 1000, "esp" },
		{ THERE, HERE, 53, "clear" }, /* its answer would be */
		{ THERE, ELSEWHERE, 1000, "clear" },
		{ LOST, HERE, 1000, "spd_discard" },
		{ 4, HERE, 1000, "other" },
		{ ELSEWHERE, HERE, 1000, "clear" },
	};
	uint8_t q[ROOM], p[ROOM];
	struct fix f;

	for (unsigned int v6 = 0; v6 < 2; v6++) {
		world(&f, v6);
		/* twice: the second round is answered from the cache */
		for (unsigned int i = 0; i < 2 * 4 * 6; i++) {
			unsigned int k = i % 6;
			uint32_t len =
				packet(q, v6, rows[k].from, rows[k].to, UDP, rows[k].sport, 9);

			len = icmp(p, v6, ROUTER, rows[k].from, types[v6][i / 6 % 4], q, len);
			CU_ASSERT_STRING_EQUAL(leaving(&f, p, len), rows[k].what);
		}
		fix_fini(&f);
	}
}

static void
an_error_arrives_by_the_sa_of_what_it_quotes(void)
{
	uint8_t p[ROOM];
	struct fix f;

	for (unsigned int v6 = 0; v6 < 2; v6++) {
		uint32_t len;

		world(&f, v6);
		len = exceeded(p, v6, HERE, HERE, THERE, 1000);
		CU_ASSERT_STRING_EQUAL(arriving(&f, IN, p, len), "tun");
		CU_ASSERT_STRING_EQUAL(arriving(&f, OTHER_IN, p, len), "spd_in_mismatch");
		len = exceeded(p, v6, HERE, HERE, 4, 1000);
		CU_ASSERT_STRING_EQUAL(arriving(&f, IN, p, len), "spd_in_mismatch");
		CU_ASSERT_STRING_EQUAL(arriving(&f, OTHER_IN, p, len), "tun");
		/* what this SA never carried: not ours, the way back, an exempted, a lost one */
		len = exceeded(p, v6, HERE, HERE, ELSEWHERE, 1000);
		CU_ASSERT_STRING_EQUAL(arriving(&f, IN, p, len), "spd_in_mismatch");
		len = exceeded(p, v6, THERE, THERE, HERE, 1000);
		CU_ASSERT_STRING_EQUAL(arriving(&f, IN, p, len), "spd_in_mismatch");
		len = exceeded(p, v6, HERE, HERE, LOST, 1000);
		CU_ASSERT_STRING_EQUAL(arriving(&f, IN, p, len), "spd_in_mismatch");
		/* to somebody who has not sent it: hosts of no rule are not reached by a pretext */
		len = exceeded(p, v6, ELSEWHERE, HERE, THERE, 1000);
		CU_ASSERT_STRING_EQUAL(arriving(&f, IN, p, len), "spd_in_mismatch");
		len = exceeded(p, v6, THERE, ELSEWHERE, HERE, 1000);
		CU_ASSERT_STRING_EQUAL(leaving(&f, p, len), "spd_quote");
		CU_ASSERT_TRUE(sadb_get(f.dp.sadb, IN)->dropped >= 4);
		fix_fini(&f);
	}
}

static void
other_icmp_is_ordinary(void)
{
	uint8_t q[ROOM], p[ROOM];
	struct fix f;

	for (unsigned int v6 = 0; v6 < 2; v6++) {
		uint32_t quote_len, len;

		world(&f, v6);
		for (unsigned int type = 0; type < 256; type++) {
			bool error = v6 ? type >= 1 && type <= 4
					: type == 3 || type == 4 || type == 11 || type == 12;

			quote_len = packet(q, v6, THERE, HERE, TCP, 1, 2);
			len = icmp(p, v6, ROUTER, THERE, (uint8_t)type, q, quote_len);
			CU_ASSERT_STRING_EQUAL(leaving(&f, p, len), error ? "esp" : "clear");
			quote_len = packet(q, v6, HERE, THERE, TCP, 1, 2);
			len = icmp(p, v6, ROUTER, HERE, (uint8_t)type, q, quote_len);
			CU_ASSERT_STRING_EQUAL(
				arriving(&f, IN, p, len), error ? "tun" : "spd_in_mismatch");
		}
		/* nor is what only looks like one */
		len = icmp(p, v6, ROUTER, THERE, 3, q, quote_len);
		p[v6 ? 6 : 9] = UDP;
		CU_ASSERT_STRING_EQUAL(leaving(&f, p, cut(p, len)), "clear");
		fix_fini(&f);
	}
}

/* What is left of an error never leaves in clear, and never arrives without the addresses that let it in. */
static void
a_truncated_error_stays_at_home(void)
{
	uint8_t p[ROOM];
	struct fix f;

	for (unsigned int v6 = 0; v6 < 2; v6++) {
		uint32_t hdr = v6 ? 40 : 20, seen = hdr + ICMP + hdr, len;

		world(&f, v6);
		len = exceeded(p, v6, THERE, THERE, HERE, 1000);
		for (uint32_t n = len; n >= hdr; n--)
			CU_ASSERT_STRING_EQUAL(leaving(&f, p, cut(p, n)),
				n >= seen	       ? "esp"
					: n >= hdr + 2 ? "spd_quote"
						       : "clear"); /* quotes nothing */
		len = exceeded(p, v6, HERE, HERE, THERE, 1000);
		for (uint32_t n = len; n >= hdr; n--)
			CU_ASSERT_STRING_EQUAL(arriving(&f, IN, p, cut(p, n)),
				n >= seen ? "tun" : "spd_in_mismatch");
		/* nothing is guarded there */
		len = exceeded(p, v6, ELSEWHERE, ELSEWHERE, HERE, 1000);
		for (uint32_t n = len; n >= hdr; n--)
			CU_ASSERT_STRING_EQUAL(leaving(&f, p, cut(p, n)), "clear");
		/* what would be discarded must not leave either */
		len = exceeded(p, v6, LOST, LOST, HERE, 1000);
		CU_ASSERT_STRING_EQUAL(leaving(&f, p, cut(p, seen - 1)), "spd_quote");
		fix_fini(&f);
	}
}

static void
an_error_about_an_error_is_none(void)
{
	uint8_t q[ROOM], p[ROOM];
	struct fix f;

	for (unsigned int v6 = 0; v6 < 2; v6++) {
		uint32_t len;

		world(&f, v6);
		len = packet(q, v6, THERE, HERE, v6 ? 58 : 1, 0x0300, 0);
		len = icmp(p, v6, ROUTER, THERE, 3, q, len);
		CU_ASSERT_STRING_EQUAL(leaving(&f, p, len), "spd_quote");
		len = packet(q, v6, HERE, THERE, v6 ? 58 : 1, 0x0300, 0);
		len = icmp(p, v6, ROUTER, HERE, 3, q, len);
		CU_ASSERT_STRING_EQUAL(arriving(&f, IN, p, len), "spd_in_mismatch");
		/* about a ping it is one */
		len = packet(q, v6, THERE, HERE, v6 ? 58 : 1, v6 ? 0x8000 : 0x0800, 0);
		len = icmp(p, v6, ROUTER, THERE, 3, q, len);
		CU_ASSERT_STRING_EQUAL(leaving(&f, p, len), "esp");
		fix_fini(&f);
	}
}

/* Errors of the same router to the same host differ in nothing but their quotes. */
static void
the_cache_tells_quotes_apart(void)
{
	struct fix f;
	uint32_t random = 5, wrong = 0;

	for (unsigned int v6 = 0; v6 < 2; v6++) {
		world(&f, v6);
		for (unsigned int i = 0; i < 5000; i++) {
			uint8_t p[ROOM];
			bool clear = fix_random(&random) % 2, in = fix_random(&random) % 2;
			uint16_t port = (uint16_t)(clear ? 53 : 100 + fix_random(&random) % 200);
			uint32_t len = exceeded(p, v6, THERE, THERE, HERE, port);

			if (!in) {
				wrong += strcmp(leaving(&f, p, len), clear ? "clear" : "esp") != 0;
				len = packet(p, v6, HERE, THERE, UDP, 7777, port);
				wrong += strcmp(leaving(&f, p, len), clear ? "clear" : "esp") != 0;
				continue;
			}
			len = exceeded(p, v6, HERE, HERE, clear ? ELSEWHERE : THERE, port);
			wrong += strcmp(arriving(&f, IN, p, len),
					 clear ? "spd_in_mismatch" : "tun") != 0;
		}
		CU_ASSERT_EQUAL(wrong, 0);
		fix_fini(&f);
	}
}

static void
pieces_of_icmp_wait_for_the_rest(void)
{
	struct msg_dp_spd_rule r;
	uint8_t p[ROOM];
	struct fix f;
	uint32_t len;

	sas(&f);
	r = rule(5, MSG_SPD_PROTECT, false, HERE, THERE, EVERY);
	fix_spd_load(&f, &r, 1);
	for (unsigned int i = 0; i < 2; i++) {
		len = exceeded(p, false, THERE, THERE, HERE, 1000);
		be16_put(p + 6, i ? 2 : 0x2000);
		CU_ASSERT_STRING_EQUAL(leaving(&f, p, cut(p, len)), "whole");
		len = exceeded(p, false, HERE, HERE, THERE, 1000);
		be16_put(p + 6, i ? 2 : 0x2000);
		CU_ASSERT_STRING_EQUAL(arriving(&f, IN, p, cut(p, len)), "whole");
		/* not those that a rule knows, nor of another protocol */
		len = packet(p, false, HERE, THERE, 1, 0x0800, 0);
		be16_put(p + 6, i ? 2 : 0x2000);
		CU_ASSERT_STRING_EQUAL(leaving(&f, p, cut(p, len)), "esp");
		len = packet(p, false, ROUTER, THERE, UDP, 1, 2);
		be16_put(p + 6, i ? 2 : 0x2000);
		CU_ASSERT_STRING_EQUAL(arriving(&f, IN, p, cut(p, len)), "spd_in_mismatch");
	}
	fix_fini(&f);
}

static void
count(void *arg, const struct msg_dp_acquire *m)
{
	++*(unsigned int *)arg;
}

static void
no_sa_is_made_for_an_error(void)
{
	const struct msg_dp_group group = { .group = 50, .acquire = true };
	struct msg_dp_spd_rule r = rule(5, MSG_SPD_PROTECT, false, HERE, THERE, EVERY);
	unsigned int asked = 0;
	uint8_t p[ROOM];
	struct fix f;

	sas(&f);
	f.dp.loop = loop_new_virtual();
	CU_ASSERT_PTR_NOT_NULL_FATAL(f.dp.loop);
	r.sa_out = 50;
	fix_spd_load(&f, &r, 1);
	CU_ASSERT_EQUAL(group_put(&f.dp, &group), 0);
	group_on_acquire(f.dp.groups, count, &asked);
	CU_ASSERT_STRING_EQUAL(
		leaving(&f, p, exceeded(p, false, THERE, THERE, HERE, 1000)), "spd_incomplete");
	CU_ASSERT_EQUAL(asked, 0);
	CU_ASSERT_STRING_EQUAL(
		leaving(&f, p, packet(p, false, HERE, THERE, UDP, 1, 2)), "sa_pending");
	CU_ASSERT_EQUAL(asked, 1);
	loop_free(f.dp.loop);
	fix_fini(&f);
}

/* RFC 4301 6.2: a rule for the error itself is the operator's wish not to look into it. */
static void
a_rule_that_protects_the_error_itself_goes_first(void)
{
	struct msg_dp_spd_rule rules[] = {
		rule(5, MSG_SPD_PROTECT, false, ROUTER, THERE, 1),
		rule(10, MSG_SPD_PROTECT, false, HERE, THERE, EVERY),
	};
	uint8_t p[ROOM];
	uint32_t len = exceeded(p, false, THERE, THERE, HERE, 1000);
	struct fix f;

	sas(&f);
	rules[0].sa_out = OTHER_OUT;
	rules[0].sa_in = OTHER_IN;
	fix_spd_load(&f, rules, 2);
	CU_ASSERT_STRING_EQUAL(leaving(&f, p, len), "other");
	CU_ASSERT_STRING_EQUAL(leaving(&f, p, cut(p, 30)), "other");
	len = icmp(p, false, THERE, ROUTER, 3, p, 0);
	CU_ASSERT_STRING_EQUAL(arriving(&f, OTHER_IN, p, len), "tun");
	rules[0].action = MSG_SPD_DISCARD;
	fix_spd_load(&f, rules, 2);
	len = exceeded(p, false, THERE, THERE, HERE, 1000);
	CU_ASSERT_STRING_EQUAL(leaving(&f, p, len), "spd_discard");
	/* one that lets it out does not: it speaks of what is protected */
	rules[0].action = MSG_SPD_BYPASS;
	fix_spd_load(&f, rules, 2);
	CU_ASSERT_STRING_EQUAL(leaving(&f, p, len), "esp");
	CU_ASSERT_STRING_EQUAL(
		leaving(&f, p, exceeded(p, false, THERE, THERE, ELSEWHERE, 1)), "clear");
	fix_fini(&f);
}

static void
transport_mode_knows_ends_alone(void)
{
	uint8_t p[ROOM];
	struct fix f;
	uint32_t len;

	world(&f, false);
	sadb_get(f.dp.sadb, OUT)->mode = sadb_get(f.dp.sadb, IN)->mode = MSG_SA_TRANSPORT;
	len = exceeded(p, false, THERE, THERE, HERE, 1000);
	CU_ASSERT_STRING_EQUAL(leaving(&f, p, len), "clear");
	len = exceeded(p, false, HERE, HERE, THERE, 1000);
	CU_ASSERT_STRING_EQUAL(arriving(&f, IN, p, len), "spd_in_mismatch");
	fix_fini(&f);
}

/* Where ports decide and the quote has none, the first rule that protects takes it. */
static void
a_quote_without_ports_is_taken_for_what_is_protected(void)
{
	struct msg_dp_spd_rule rules[] = {
		rule(5, MSG_SPD_BYPASS, false, HERE, THERE, UDP),
		rule(10, MSG_SPD_PROTECT, false, HERE, THERE, UDP),
	};
	uint8_t q[ROOM], p[ROOM];
	uint32_t len;
	struct fix f;

	sas(&f);
	rules[0].destination_port_low = rules[0].destination_port_high = 53;
	rules[1].destination_port_low = rules[1].destination_port_high = 99;
	fix_spd_load(&f, rules, 2);
	CU_ASSERT_STRING_EQUAL(leaving(&f, p, exceeded(p, false, THERE, THERE, HERE, 53)), "clear");
	CU_ASSERT_STRING_EQUAL(leaving(&f, p, exceeded(p, false, THERE, THERE, HERE, 98)), "clear");
	CU_ASSERT_STRING_EQUAL(leaving(&f, p, exceeded(p, false, THERE, THERE, HERE, 99)), "esp");
	len = packet(q, false, THERE, HERE, UDP, 53, 7777);
	be16_put(q + 6, 100); /* a later fragment */
	len = icmp(p, false, ROUTER, THERE, 11, q, len);
	CU_ASSERT_STRING_EQUAL(leaving(&f, p, len), "esp");
	len = exceeded(p, false, THERE, THERE, HERE, 53);
	CU_ASSERT_STRING_EQUAL(leaving(&f, p, cut(p, 20 + ICMP + 20)), "esp");
	fix_fini(&f);
}

static void
take_row(void *arg, const struct st_spd_rule *st)
{
	uint64_t *packets = arg;

	packets[st->rule] = st->packets;
}

static void
the_rule_that_decides_counts(void)
{
	uint64_t packets[32] = { 0 };
	uint8_t p[ROOM];
	struct fix f;

	world(&f, false);
	leaving(&f, p, exceeded(p, false, THERE, THERE, HERE, 1000));
	arriving(&f, IN, p, exceeded(p, false, HERE, HERE, THERE, 1000));
	leaving(&f, p, exceeded(p, false, THERE, THERE, HERE, 53));
	arriving(&f, IN, p, exceeded(p, false, HERE, HERE, ELSEWHERE, 1000));
	spd_state(&f.dp, take_row, packets);
	CU_ASSERT_TRUE(packets[5] == 0 && packets[10] == 2 && packets[15] == 0);
	fix_fini(&f);
}

CU_TestInfo spd_icmp_tests[] = {
	{ "an error leaves as the answer to what it quotes",
		an_error_leaves_as_the_answer_to_what_it_quotes },
	{ "an error arrives by the SA of what it quotes",
		an_error_arrives_by_the_sa_of_what_it_quotes },
	{ "other ICMP is ordinary", other_icmp_is_ordinary },
	{ "a truncated error stays at home", a_truncated_error_stays_at_home },
	{ "an error about an error is none", an_error_about_an_error_is_none },
	{ "the cache tells quotes apart", the_cache_tells_quotes_apart },
	{ "pieces of ICMP wait for the rest", pieces_of_icmp_wait_for_the_rest },
	{ "no SA is made for an error", no_sa_is_made_for_an_error },
	{ "a rule that protects the error itself goes first",
		a_rule_that_protects_the_error_itself_goes_first },
	{ "transport mode knows ends alone", transport_mode_knows_ends_alone },
	{ "a quote without ports is taken for what is protected",
		a_quote_without_ports_is_taken_for_what_is_protected },
	{ "the rule that decides counts", the_rule_that_decides_counts },
	CU_TEST_INFO_NULL,
};
