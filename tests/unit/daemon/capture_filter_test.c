/*
 * Twin of daemon/capture_filter.c: the expressions are compiled by libpcap and run over random packets,
 * whose fate a naive evaluator knows from the values they were made of.
 */
#include "config.h"

#include "daemon/capture_filter.h"

#include "lib/buf.h"
#include "lib/err.h"
#include "tests/unit/daemon/suites.h"

#include <errno.h>
#include <pcap.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { RULES_MAX = 12, PACKETS = 40, ROUNDS = 250, PACKET_MAX = 128 };
enum { ICMP = 1, TCP = 6, UDP = 17, GRE = 47 };
enum { HOP_BY_HOP = 0, ROUTING = 43, FRAGMENT = 44, NO_NEXT = 59, DESTINATION = 60 };

struct random {
	uint64_t s;
};

/* xorshift64*: from 0 to n - 1. */
static uint32_t
below(struct random *r, uint32_t n)
{
	r->s ^= r->s >> 12;
	r->s ^= r->s << 25;
	r->s ^= r->s >> 27;
	return (uint32_t)((r->s * 2685821657736338717u) >> 33) % n;
}

/* --- a packet, as values and as bytes --------------------------------------------------------- */

struct sample {
	bool arp; /* no IP at all */
	struct addr source;
	struct addr destination;
	uint8_t protocol;
	bool later;	   /* fragment without a transport header */
	uint16_t first[2]; /* ports */
	uint8_t type, code;
	unsigned int options; /* words of IPv4 options */
	uint8_t extension;    /* IPv6: a header in between; NO_NEXT: none */
	unsigned int longer;  /* than 8 bytes, by so many times 8 */
};

/* Few values, so that rules often match. */
static struct addr
random_addr(struct random *r, bool v6)
{
	struct addr a = addr_v4(0x0a000000u | below(r, 3) << 16 | below(r, 2) << 8 | below(r, 4));

	if (!v6)
		return a;
	a = (struct addr){ .af = AF_INET6, .b = { 0x20, 0x01, 0x0d, 0xb8 } };
	a.b[7] = (uint8_t)below(r, 2);
	a.b[11] = (uint8_t)below(r, 2);
	a.b[15] = (uint8_t)below(r, 4);
	return a;
}

static uint8_t
random_protocol(struct random *r)
{
	static const uint8_t protocols[] = { ICMP, TCP, UDP, GRE };

	return protocols[below(r, sizeof(protocols))];
}

static struct sample
random_sample(struct random *r)
{
	static const uint8_t extensions[] = { HOP_BY_HOP, ROUTING, FRAGMENT, DESTINATION };
	bool v6 = below(r, 3) == 0;
	struct sample s = { .arp = below(r, 20) == 0,
		.source = random_addr(r, v6),
		.destination = random_addr(r, v6),
		.protocol = random_protocol(r),
		.later = below(r, 6) == 0,
		.options = below(r, 5) == 0 ? 1 + below(r, 10) : 0,
		.extension = NO_NEXT };

	if (v6 && (s.later || below(r, 2))) {
		s.extension = s.later ? FRAGMENT : extensions[below(r, sizeof(extensions))];
		s.longer = s.extension == FRAGMENT ? 0 : below(r, 3);
	}

	for (int i = 0; i < 2; i++)
		s.first[i] = (uint16_t)(below(r, 2) ? 1000 + below(r, 8) : below(r, 65536));
	s.type = (uint8_t)below(r, 4);
	s.code = (uint8_t)below(r, 3);
	return s;
}

static void
write_extension(struct wbuf *b, const struct sample *s)
{
	wbuf_u8(b, s->protocol);
	wbuf_u8(b, (uint8_t)s->longer);
	wbuf_u16(b, s->later ? 185 << 3 : 1);
	wbuf_u32(b, 7);
	for (unsigned int i = 0; i < s->longer; i++)
		wbuf_u64(b, 7);
}

static void
write_ip(struct wbuf *b, const struct sample *s)
{
	unsigned int words = 5 + s->options;

	if (s->source.af == AF_INET6) {
		wbuf_u32(b, 0x60000000);
		bool extended = s->extension != NO_NEXT;

		wbuf_u16(b, (uint16_t)(20 + (extended ? 8 + 8 * s->longer : 0)));
		wbuf_u8(b, extended ? s->extension : s->protocol);
		wbuf_u8(b, 64);
		wbuf_put(b, s->source.b, 16);
		wbuf_put(b, s->destination.b, 16);
		if (extended)
			write_extension(b, s);
		return;
	}
	wbuf_u8(b, (uint8_t)(0x40 | words));
	wbuf_u8(b, 0);
	wbuf_u16(b, (uint16_t)(words * 4 + 20));
	wbuf_u16(b, 7);
	wbuf_u16(b, s->later ? 0x2000 | 185 : 0x4000);
	wbuf_u8(b, 64);
	wbuf_u8(b, s->protocol);
	wbuf_u16(b, 0);
	wbuf_put(b, s->source.b, 4);
	wbuf_put(b, s->destination.b, 4);
	for (unsigned int i = 0; i < s->options; i++)
		wbuf_u32(b, 0x01010101);
}

static size_t
write_packet(const struct sample *s, int link, uint8_t out[PACKET_MAX])
{
	struct wbuf b = wbuf_over(out, PACKET_MAX);
	bool v6 = s->source.af == AF_INET6;

	if (link == DLT_EN10MB) {
		wbuf_put(&b, "\2\0\0\0\0\1\2\0\0\0\0\2", 12);
		wbuf_u16(&b, s->arp ? 0x0806 : v6 ? 0x86dd : 0x0800);
	}
	write_ip(&b, s);
	if (s->protocol == ICMP) {
		wbuf_u8(&b, s->type);
		wbuf_u8(&b, s->code);
		wbuf_u16(&b, 0xffff);
	} else {
		wbuf_u16(&b, s->first[0]);
		wbuf_u16(&b, s->first[1]);
	}
	wbuf_put(&b, "0123456789abcdef", 16);
	CU_ASSERT_FALSE(b.bad);
	return wbuf_len(&b);
}

/* --- rules and what they should do -------------------------------------------------------------- */

static struct cfg_acl_rule
any_rule(const char *action)
{
	return (struct cfg_acl_rule){ .action = action,
		.source_port_low = CFG_NONE,
		.source_port_high = CFG_NONE,
		.destination_port_low = CFG_NONE,
		.destination_port_high = CFG_NONE,
		.icmp_type = CFG_NONE,
		.icmp_code = CFG_NONE };
}

static void
random_ports(struct random *r, int64_t *low, int64_t *high)
{
	static const int64_t ranges[][2] = { { 1003, 1003 }, { 1002, 1005 }, { 0, 1004 },
		{ 1004, 65535 }, { 0, 65535 }, { 0, 0 }, { 65535, 65535 } };
	uint32_t i = below(r, sizeof(ranges) / sizeof(ranges[0]));

	if (below(r, 2))
		return;
	*low = ranges[i][0];
	*high = ranges[i][1];
}

static void
random_match(struct random *r, bool v6, struct addr *a, struct addr *wildcard)
{
	static const uint32_t masks[] = { 0, 0xff, 0xffff, 0x00ff00ff, 0xfffffffe, 0xffffffff };

	if (below(r, 3) == 0)
		return;
	*a = random_addr(r, v6);
	if (v6) {
		*wildcard = (struct addr){ .af = AF_INET6 };
		for (unsigned int i = 8 + below(r, 9); i < 16; i++)
			wildcard->b[i] = 0xff;
	} else if (below(r, 4)) {
		*wildcard = addr_v4(masks[below(r, sizeof(masks) / sizeof(masks[0]))]);
	}
}

static struct cfg_acl_rule
random_rule(struct random *r, bool v6)
{
	struct cfg_acl_rule x = any_rule(below(r, 3) ? "permit" : "deny");

	random_match(r, v6, &x.source, &x.source_wildcard);
	random_match(r, v6, &x.destination, &x.destination_wildcard);
	x.protocol = below(r, 4) ? random_protocol(r) : 0;
	if (x.protocol == TCP || x.protocol == UDP) {
		random_ports(r, &x.source_port_low, &x.source_port_high);
		random_ports(r, &x.destination_port_low, &x.destination_port_high);
	}
	if (x.protocol == ICMP && below(r, 2)) {
		x.icmp_type = below(r, 4);
		x.icmp_code = below(r, 2) ? (int64_t)below(r, 3) : CFG_NONE;
	}
	return x;
}

static bool
addr_matches(const struct addr *a, const struct addr *rule, const struct addr *wildcard)
{
	for (size_t i = 0; rule->af && i < addr_len(rule); i++)
		if ((a->b[i] ^ rule->b[i]) & (wildcard->af ? (uint8_t)~wildcard->b[i] : 0xff))
			return false;
	return true;
}

static bool
port_matches(const struct sample *s, uint16_t port, int64_t low, int64_t high)
{
	if (low == CFG_NONE || (low == 0 && high == 65535))
		return true;
	return !s->later && port >= low && port <= high;
}

static bool
icmp_matches(const struct sample *s, uint8_t value, int64_t rule)
{
	return rule == CFG_NONE || (!s->later && value == rule);
}

static bool
rule_matches(const struct cfg_acl_rule *r, bool v6, const struct sample *s)
{
	return v6 == (s->source.af == AF_INET6) &&
		(r->protocol == 0 || r->protocol == s->protocol) &&
		addr_matches(&s->source, &r->source, &r->source_wildcard) &&
		addr_matches(&s->destination, &r->destination, &r->destination_wildcard) &&
		port_matches(s, s->first[0], r->source_port_low, r->source_port_high) &&
		port_matches(s, s->first[1], r->destination_port_low, r->destination_port_high) &&
		icmp_matches(s, s->type, r->icmp_type) && icmp_matches(s, s->code, r->icmp_code);
}

static bool
permitted(const struct cfg_acl_rule *rules, size_t n, bool v6, const struct sample *s)
{
	for (size_t i = 0; !s->arp && i < n; i++)
		if (rule_matches(&rules[i], v6, s))
			return strcmp(rules[i].action, "permit") == 0;
	return false;
}

/* --- the comparison --------------------------------------------------------------------------- */

static void
compile(int link, const char *text, bool optimize, struct bpf_program *out)
{
	pcap_t *p = pcap_open_dead(link, 262144);
	int rc = pcap_compile(p, out, text, optimize, PCAP_NETMASK_UNKNOWN);

	if (rc && optimize && strstr(pcap_geterr(p), "rejects all packets"))
		rc = pcap_compile(p, out, text, 0, PCAP_NETMASK_UNKNOWN);
	if (rc)
		printf("\n%s\n%s\n", text, pcap_geterr(p));
	pcap_close(p);
	CU_ASSERT_EQUAL_FATAL(rc, 0);
}

static bool
captured(const struct bpf_program *program, const struct sample *s, int link)
{
	uint8_t packet[PACKET_MAX];
	struct pcap_pkthdr h = { .caplen = (bpf_u_int32)write_packet(s, link, packet) };

	h.len = h.caplen;
	return pcap_offline_filter(program, &h, packet) != 0;
}

/* Compares PACKETS random packets; counts those that were permitted. */
static unsigned int
compare(struct random *r, const struct cfg_acl_rule *rules, size_t n, bool v6, const char *text,
	int link, bool optimize)
{
	struct bpf_program program;
	unsigned int n_permitted = 0, wrong = 0;

	compile(link, text, optimize, &program);
	for (int i = 0; i < PACKETS; i++) {
		struct sample s = random_sample(r);
		bool want;

		s.arp &= link == DLT_EN10MB;
		want = permitted(rules, n, v6, &s);
		n_permitted += want;
		wrong += want != captured(&program, &s, link);
	}
	if (wrong)
		printf("\n%s\n", text);
	CU_ASSERT_EQUAL(wrong, 0);
	pcap_freecode(&program);
	return n_permitted;
}

static void
random_acls_capture_what_they_permit(void)
{
	struct random r = { 20261123 };
	unsigned int n_permitted = 0, n_compared = 0;
	char *text = malloc(CAPTURE_FILTER_MAX);

	for (int round = 0; round < ROUNDS; round++) {
		struct cfg_acl_rule rules[RULES_MAX];
		size_t n = 1 + below(&r, RULES_MAX), permits = 0;
		bool v6 = below(&r, 3) == 0;
		int rc;

		for (size_t i = 0; i < n; i++) {
			rules[i] = random_rule(&r, v6);
			permits += strcmp(rules[i].action, "permit") == 0;
		}
		rc = capture_filter(rules, n, v6, text, CAPTURE_FILTER_MAX, NULL);
		CU_ASSERT_EQUAL(rc, permits ? 0 : -ENOENT);
		for (int way = 0; rc == 0 && way < 4; way++, n_compared += PACKETS)
			n_permitted += compare(
				&r, rules, n, v6, text, way & 1 ? DLT_EN10MB : DLT_RAW, way & 2);
	}
	CU_ASSERT_TRUE(n_permitted > n_compared / 10 && n_permitted < n_compared * 9 / 10);
	free(text);
}

static void
the_expression_reads_from_the_last_rule_to_the_first(void)
{
	struct cfg_acl_rule rules[] = { any_rule("deny"), any_rule("permit"), any_rule("deny") };
	char text[256];

	rules[0].protocol = TCP;
	rules[0].destination_port_low = rules[0].destination_port_high = 22;
	rules[1].source = addr_v4(0x0a010100);
	rules[1].source_wildcard = addr_v4(0xff);
	CU_ASSERT_EQUAL(capture_filter(rules, 3, false, text, sizeof(text), NULL), 0);
	CU_ASSERT_STRING_EQUAL(text,
		"(ip and ip[12:4] & 0xffffff00 = 0x0a010100) and not "
		"(ip and ((ip[9] = 6 and ip[6:2] & 0x1fff = 0"
		" and ip[(ip[0] & 15) * 4 + 2:2] = 22)))");
}

static void
an_acl_without_permits_is_refused(void)
{
	struct cfg_acl_rule deny = any_rule("deny");
	struct err e = { 0 };
	char text[64];

	CU_ASSERT_EQUAL(capture_filter(NULL, 0, false, text, sizeof(text), &e), -ENOENT);
	CU_ASSERT_EQUAL(capture_filter(&deny, 1, false, text, sizeof(text), &e), -ENOENT);
	CU_ASSERT_STRING_EQUAL(e.text, "It permits nothing.");
}

static void
an_acl_that_does_not_fit_is_refused_at_every_length(void)
{
	struct cfg_acl_rule rules[2] = { any_rule("permit"), any_rule("permit") };
	char whole[256], text[256];
	size_t len;

	rules[1].protocol = UDP;
	CU_ASSERT_EQUAL(capture_filter(rules, 2, false, whole, sizeof(whole), NULL), 0);
	len = strlen(whole);
	for (size_t cap = 1; cap <= len; cap++)
		CU_ASSERT_EQUAL(capture_filter(rules, 2, false, text, cap, NULL), -EMSGSIZE);
	CU_ASSERT_EQUAL(capture_filter(rules, 2, false, text, len + 1, NULL), 0);
	CU_ASSERT_STRING_EQUAL(text, whole);
}

/* Some hundred rules of the ordinary kind: as many as fit must still compile. */
static void
a_long_acl_compiles(void)
{
	enum { LONG = 400 };
	struct cfg_acl_rule *rules = calloc(LONG, sizeof(*rules));
	char *text = malloc(CAPTURE_FILTER_MAX);
	struct bpf_program program;

	for (unsigned int i = 0; i < LONG; i++) {
		rules[i] = any_rule(i % 7 ? "permit" : "deny");
		rules[i].source = addr_v4(0x0a000000 + (i << 8));
		rules[i].source_wildcard = addr_v4(0xff);
		rules[i].destination = addr_v4(0x0b000000 + (i << 8));
		rules[i].destination_wildcard = addr_v4(0xff);
	}
	CU_ASSERT_EQUAL(capture_filter(rules, LONG, false, text, CAPTURE_FILTER_MAX, NULL), 0);
	compile(DLT_EN10MB, text, false, &program);
	pcap_freecode(&program);
	free(text);
	free(rules);
}

CU_TestInfo capture_filter_tests[] = {
	{ "random ACLs capture what they permit", random_acls_capture_what_they_permit },
	{ "the expression reads from the last rule to the first",
		the_expression_reads_from_the_last_rule_to_the_first },
	{ "an ACL without permits is refused", an_acl_without_permits_is_refused },
	{ "an ACL that does not fit is refused at every length",
		an_acl_that_does_not_fit_is_refused_at_every_length },
	{ "a long ACL compiles", a_long_acl_compiles },
	CU_TEST_INFO_NULL,
};
