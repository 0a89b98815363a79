/*
 * Filter rules as text.
 */
#include "config.h"

#include "tests/unit/daemon/oscfg/suites.h"

#include "daemon/oscfg/os_filter.h"
#include "lib/buf.h"

#include <CUnit/CUnit.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MANY = 10000 };

static struct addr
v4(const char *text)
{
	struct addr a;

	CU_ASSERT_EQUAL_FATAL(addr_parse(text, &a), 0);
	return a;
}

static struct want_filter_rule
rule(bool drop, uint8_t protocol, const char *source, const char *source_wildcard,
	const char *destination, const char *destination_wildcard)
{
	return (struct want_filter_rule){ .drop = drop,
		.protocol = protocol,
		.source = v4(source),
		.source_wildcard = v4(source_wildcard),
		.destination = v4(destination),
		.destination_wildcard = v4(destination_wildcard),
		.source_port_high = UINT16_MAX,
		.destination_port_high = UINT16_MAX,
		.icmp_type = UINT16_MAX,
		.icmp_code = UINT16_MAX };
}

/* Chunk i of w without "add rule inet yongdao CHAIN ", to be freed. */
static char *
chunk_text(const struct want_filter *w, const struct os_filter_text *t, size_t i)
{
	struct wbuf b = wbuf_growing();
	char *text, *in, *out, prefix[128];
	size_t len;

	os_filter_text_chunk(&b, w, &t->chunks[i]);
	wbuf_u8(&b, 0);
	CU_ASSERT_FALSE_FATAL(b.bad);
	text = strdup((char *)b.start);
	wbuf_fini(&b);
	len = (size_t)snprintf(
		prefix, sizeof prefix, "add rule inet yongdao %s ", t->chunks[i].chain);
	for (in = out = text; *in != '\0';) {
		size_t line = strcspn(in, "\n") + 1;

		CU_ASSERT_EQUAL_FATAL(strncmp(in, prefix, len), 0);
		memmove(out, in + len, line - len);
		out += line - len;
		in += line;
	}
	*out = '\0';
	return text;
}

static void
expect(struct want_filter_rule r, const char *want)
{
	struct want_filter w = { .device = "wan", .rules = &r, .n_rules = 1 };
	struct os_filter_text t;
	char *got;

	CU_ASSERT_EQUAL_FATAL(os_filter_text_make(&w, &t), 0);
	CU_ASSERT_EQUAL(t.n_chunks, 1);
	got = chunk_text(&w, &t, 0);
	if (strcmp(got, want) != 0)
		printf("\n%s", got);
	CU_ASSERT_STRING_EQUAL(got, want);
	free(got);
	os_filter_text_free(&t);
}

static void
each_selector_has_its_text(void)
{
	struct want_filter_rule r = rule(true, 0, "10.1.2.0", "0.0.0.255", "10.1.1.0", "0.0.0.255");

	expect(r, "ip saddr 10.1.2.0/24 ip daddr 10.1.1.0/24 counter name cleartext drop\n");
	r.drop = false;
	expect(r, "ip saddr 10.1.2.0/24 ip daddr 10.1.1.0/24 accept\n");
	r = rule(true, 0, "10.1.2.7", "0.0.0.0", "0.0.0.0", "255.255.255.255");
	expect(r, "ip saddr 10.1.2.7 counter name cleartext drop\n");
	r = rule(true, 0, "10.9.2.7", "0.255.0.255", "0.0.0.0", "255.255.255.255");
	expect(r, "ip saddr & 255.0.255.0 == 10.0.2.0 counter name cleartext drop\n");
	r = rule(true, 0, "0.0.0.0", "255.255.255.255", "0.0.0.0", "255.255.255.255");
	expect(r, "counter name cleartext drop\n");
	r.source.af = r.destination.af = 0;
	expect(r, "counter name cleartext drop\n");
	r.protocol = IPPROTO_GRE;
	expect(r, "meta l4proto 47 counter name cleartext drop\n");
	r.destination_port_low = r.destination_port_high = 80; /* of no meaning */
	expect(r, "meta l4proto 47 counter name cleartext drop\n");
}

static void
what_is_beyond_the_header_also_drops_later_fragments(void)
{
	struct want_filter_rule r =
		rule(true, IPPROTO_TCP, "10.1.2.0", "0.0.0.255", "10.1.1.1", "0.0.0.0");

	r.source_port_low = 1024;
	r.destination_port_low = r.destination_port_high = 443;
	expect(r,
		"ip saddr 10.1.2.0/24 ip daddr 10.1.1.1 meta l4proto 6 th sport 1024-65535 "
		"th dport 443 counter name cleartext drop\n"
		"ip frag-off & 0x1fff != 0 ip saddr 10.1.2.0/24 ip daddr 10.1.1.1 "
		"meta l4proto 6 counter name cleartext drop\n");
	r.drop = false;
	expect(r,
		"ip saddr 10.1.2.0/24 ip daddr 10.1.1.1 meta l4proto 6 th sport 1024-65535 "
		"th dport 443 accept\n");
	r = rule(true, IPPROTO_ICMP, "0.0.0.0", "255.255.255.255", "10.1.1.1", "0.0.0.0");
	r.icmp_type = 3;
	r.icmp_code = 4;
	expect(r,
		"ip daddr 10.1.1.1 meta l4proto 1 icmp type 3 icmp code 4 "
		"counter name cleartext drop\n"
		"ip frag-off & 0x1fff != 0 ip daddr 10.1.1.1 meta l4proto 1 "
		"counter name cleartext drop\n");
	r.icmp_type = 0;
	r.icmp_code = UINT16_MAX;
	expect(r,
		"ip daddr 10.1.1.1 meta l4proto 1 icmp type 0 counter name cleartext drop\n"
		"ip frag-off & 0x1fff != 0 ip daddr 10.1.1.1 meta l4proto 1 "
		"counter name cleartext drop\n");
}

static void
strangers_leave_at_the_door(void)
{
	struct want_filter_rule r[] = {
		rule(true, 0, "10.1.2.0", "0.0.0.255", "10.1.1.0", "0.0.0.255"),
		rule(true, 0, "10.1.3.0", "0.0.0.255", "10.1.1.7", "0.0.0.0"),
		rule(false, 0, "172.16.0.0", "0.0.0.255", "172.17.0.0", "0.0.0.255"),
		rule(true, 0, "192.168.0.9", "0.0.0.0", "10.1.1.0", "0.0.0.255"),
	};
	struct want_filter w = { .device = "wan", .rules = r, .n_rules = 4 };
	struct os_filter_text t;

	CU_ASSERT_EQUAL_FATAL(os_filter_text_make(&w, &t), 0);
	CU_ASSERT_STRING_EQUAL(t.entry,
		"add rule inet yongdao dev_wan meta nfproto ipv6 accept\n"
		"add rule inet yongdao dev_wan ip saddr != { 10.1.2.0-10.1.3.255, 192.168.0.9 } "
		"accept\n"
		"add rule inet yongdao dev_wan ip daddr != { 10.1.1.0-10.1.1.255 } accept\n");
	os_filter_text_free(&t);
	r[0] = rule(true, 0, "0.0.0.0", "255.255.255.255", "10.1.1.0", "0.0.0.255");
	CU_ASSERT_EQUAL_FATAL(os_filter_text_make(&w, &t), 0);
	CU_ASSERT_PTR_NULL(strstr(t.entry, "saddr"));
	os_filter_text_free(&t);
	w.n_rules = 0;
	CU_ASSERT_EQUAL_FATAL(os_filter_text_make(&w, &t), 0);
	CU_ASSERT_EQUAL(t.n_chunks, 0);
	CU_ASSERT_PTR_NULL(strstr(t.entry, "ip "));
	os_filter_text_free(&t);
}

static struct want_filter
many(struct want_filter_rule **rules)
{
	*rules = calloc(MANY + 1, sizeof **rules);
	CU_ASSERT_PTR_NOT_NULL_FATAL(*rules);
	for (uint32_t i = 0; i <= MANY; i++) {
		(*rules)[i] = rule(true, 0, "10.0.0.0", "0.0.0.1", "10.1.1.0", "0.0.0.255");
		(*rules)[i].source = addr_v4(0x0a000000 + i * 64);
	}
	return (struct want_filter){ .device = "wan", .rules = *rules, .n_rules = MANY };
}

static void
the_door_is_narrow_but_covers_all(void)
{
	struct want_filter_rule *r;
	struct want_filter w = many(&r);
	struct os_filter_text t;
	unsigned int n = 1;

	r[5000].source = addr_v4(0xc0a80000); /* far away from the others */
	CU_ASSERT_EQUAL_FATAL(os_filter_text_make(&w, &t), 0);
	for (const char *p = strstr(t.entry, "saddr != {"); *p != '}'; p++)
		n += *p == ',';
	CU_ASSERT_TRUE(n > 1 && n <= 64);
	CU_ASSERT_PTR_NOT_NULL(strstr(t.entry, "{ 10.0.0.0-"));
	CU_ASSERT_PTR_NOT_NULL(strstr(t.entry, "192.168.0.0-192.168.0.1 }"));
	os_filter_text_free(&t);
	free(r);
}

static unsigned int
n_new(const struct os_filter_text *old, const struct os_filter_text *t)
{
	unsigned int n = 0;

	for (size_t i = 0; i < t->n_chunks; i++) {
		bool known = false;

		for (size_t j = 0; j < old->n_chunks && !known; j++)
			known = strcmp(t->chunks[i].chain, old->chunks[j].chain) == 0;
		n += !known;
	}
	return n;
}

static void
one_more_rule_makes_few_chunks_new(void)
{
	static const size_t places[] = { 0, 1, 63, 64, MANY / 2, MANY - 1, MANY };
	struct want_filter_rule *r;
	struct want_filter w = many(&r), more = w;
	struct os_filter_text before, after;
	size_t n = 0;

	CU_ASSERT_EQUAL_FATAL(os_filter_text_make(&w, &before), 0);
	CU_ASSERT_TRUE(before.n_chunks >= MANY / 256 && before.n_chunks < MANY / 16);
	for (size_t i = 0; i < before.n_chunks; i++) {
		CU_ASSERT_EQUAL(before.chunks[i].first, n);
		n += before.chunks[i].n_rules;
	}
	CU_ASSERT_EQUAL(n, MANY);
	more.n_rules++;
	for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
		struct want_filter_rule *grown = calloc(MANY + 1, sizeof *grown);
		size_t at = places[i];

		CU_ASSERT_PTR_NOT_NULL_FATAL(grown);
		memcpy(grown, r, at * sizeof *r);
		grown[at] = rule(true, 6, "10.200.0.0", "0.0.0.255", "10.1.1.0", "0.0.0.255");
		memcpy(grown + at + 1, r + at, (MANY - at) * sizeof *r);
		more.rules = grown;
		CU_ASSERT_EQUAL_FATAL(os_filter_text_make(&more, &after), 0);
		CU_ASSERT_TRUE(n_new(&before, &after) <= 3);
		os_filter_text_free(&after);
		free(grown);
	}
	os_filter_text_free(&before);
	free(r);
}

static void
any_change_of_a_rule_changes_its_chunks_name(void)
{
	struct want_filter_rule r = rule(true, 6, "10.1.2.0", "0.0.0.255", "10.1.1.0", "0.0.0.255");
	struct want_filter_rule other[12];
	struct want_filter w = { .device = "wan", .rules = &r, .n_rules = 1 };
	struct os_filter_text first, t;

	for (size_t i = 0; i < 12; i++)
		other[i] = r;
	other[0].drop = false;
	other[1].protocol = 17;
	other[2].source = v4("10.1.3.0");
	other[3].source_wildcard = v4("0.0.0.127");
	other[4].destination = v4("10.1.4.0");
	other[5].destination_wildcard = v4("0.0.0.127");
	other[6].source_port_low = 1;
	other[7].source_port_high = 1;
	other[8].destination_port_low = 1;
	other[9].destination_port_high = 1;
	other[10].icmp_type = 1;
	other[11].icmp_code = 1;
	CU_ASSERT_EQUAL_FATAL(os_filter_text_make(&w, &first), 0);
	for (size_t i = 0; i < 12; i++) {
		w.rules = &other[i];
		CU_ASSERT_EQUAL_FATAL(os_filter_text_make(&w, &t), 0);
		CU_ASSERT_STRING_NOT_EQUAL(t.chunks[0].chain, first.chunks[0].chain);
		os_filter_text_free(&t);
	}
	os_filter_text_free(&first);
}

static void
a_devices_name_survives_as_a_chains(void)
{
	static const char *const names[] = { "wan", "eth0.100", "a_b", "x:1", "p4p1-2",
		"abcdefghijklmno", "\xc3\xa4" };
	char chain[64], back[16];

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		os_filter_chain_name(names[i], chain);
		CU_ASSERT_TRUE(os_filter_chain_device(chain, back));
		CU_ASSERT_STRING_EQUAL(back, names[i]);
	}
	os_filter_chain_name("a_b:", chain);
	CU_ASSERT_STRING_EQUAL(chain, "dev_a_5fb_3a");
	CU_ASSERT_FALSE(os_filter_chain_device("input", back));
	CU_ASSERT_FALSE(os_filter_chain_device("dev_", back));
	CU_ASSERT_FALSE(os_filter_chain_device("dev_a_", back));
	CU_ASSERT_FALSE(os_filter_chain_device("dev_a_5", back));
	CU_ASSERT_FALSE(os_filter_chain_device("dev_a_zz", back));
	CU_ASSERT_FALSE(os_filter_chain_device("dev_abcdefghijklmnop", back));
}

CU_TestInfo os_filter_text_tests[] = {
	{ "each selector has its text", each_selector_has_its_text },
	{ "what is beyond the header also drops later fragments",
		what_is_beyond_the_header_also_drops_later_fragments },
	{ "strangers leave at the door", strangers_leave_at_the_door },
	{ "the door is narrow but covers all", the_door_is_narrow_but_covers_all },
	{ "one more rule makes few chunks new", one_more_rule_makes_few_chunks_new },
	{ "any change of a rule changes its chunk's name",
		any_change_of_a_rule_changes_its_chunks_name },
	{ "a device's name survives as a chain's", a_devices_name_survives_as_a_chains },
	CU_TEST_INFO_NULL,
};
