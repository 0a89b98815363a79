/*
 * The packet filter in a real kernel, with packets that come in clear from INET.
 */
#include "config.h"

#include "tests/scenario/oscfg/site.h"
#include "tests/scenario/oscfg/suites.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MANY = 10000 };

static struct want
want_rules(const char *device, const struct want_filter_rule *rules, size_t n)
{
	struct want w = { .kind = WANT_FILTER, .owner = "" };

	snprintf(w.filter.device, sizeof w.filter.device, "%s", device);
	w.filter.rules = rules;
	w.filter.n_rules = n;
	return w;
}

static void
cleartext_that_must_be_protected_is_dropped_and_counted(void)
{
	struct site s;
	struct want_filter_rule r = filter_rule(true, 0, "10.1.2.0/24", "10.1.1.0/24");
	struct want w = want_rules("wan", &r, 1);

	site_open(&s);
	CU_ASSERT_TRUE(site_ping(&s, s.inet, "10.1.1.2", "-I 10.1.2.2"));
	ADD(&s.bed, &w);
	CU_ASSERT_EQUAL(oscfg_filter_drops(s.bed.o), 0);
	CU_ASSERT_FALSE(site_ping(&s, s.inet, "10.1.1.2", "-I 10.1.2.2")); /* forwarded */
	CU_ASSERT_EQUAL(oscfg_filter_drops(s.bed.o), 1);
	CU_ASSERT_FALSE(site_ping(&s, s.inet, "10.1.1.1", "-I 10.1.2.2")); /* to the router */
	CU_ASSERT_EQUAL(oscfg_filter_drops(s.bed.o), 2);
	CU_ASSERT_TRUE(site_ping(&s, s.inet, "10.1.1.2", "-I 203.0.113.9"));
	CU_ASSERT_TRUE(site_ping(&s, s.inet, "198.51.100.1", "-I 10.1.2.2"));
	CU_ASSERT_EQUAL(oscfg_filter_drops(s.bed.o), 2);
	DEL(&s.bed, &w);
	CU_ASSERT_FALSE(sh_says("yongdao", "nft list tables"));
	CU_ASSERT_TRUE(site_ping(&s, s.inet, "10.1.1.2", "-I 10.1.2.2"));
	site_close(&s);
}

static void
rules_are_taken_in_their_order(void)
{
	struct site s;
	struct want_filter_rule r[] = {
		filter_rule(false, IPPROTO_ICMP, "10.1.2.2/32", "10.1.1.2/32"),
		filter_rule(true, 0, "10.1.2.0/24", "0.0.0.0/0"),
	};
	struct want w = want_rules("wan", r, 2);

	site_open(&s);
	ADD(&s.bed, &w);
	CU_ASSERT_TRUE(site_ping(&s, s.inet, "10.1.1.2", "-I 10.1.2.2"));
	CU_ASSERT_FALSE(site_ping(&s, s.inet, "10.1.1.1", "-I 10.1.2.2"));
	CU_ASSERT_EQUAL(oscfg_filter_drops(s.bed.o), 1);
	r[0].drop = true;
	CHANGE(&s.bed, &w);
	CU_ASSERT_FALSE(site_ping(&s, s.inet, "10.1.1.2", "-I 10.1.2.2"));
	CU_ASSERT_EQUAL(oscfg_filter_drops(s.bed.o), 2); /* the count went on */
	site_close(&s);
}

static void
any_wildcard_and_every_fragment_are_matched(void)
{
	struct site s;
	struct want_filter_rule r = filter_rule(true, IPPROTO_ICMP, "10.0.0.2/32", "10.1.1.2/32");
	struct want w = want_rules("wan", &r, 1);

	r.source_wildcard = addr_v4(0x00ffff00); /* 10.*.*.2 */
	r.icmp_type = 8;
	site_open(&s);
	ADD(&s.bed, &w);
	CU_ASSERT_FALSE(site_ping(&s, s.inet, "10.1.1.2", "-I 10.1.2.2 -s 3000"));
	CU_ASSERT_EQUAL(oscfg_filter_drops(s.bed.o), 3); /* three fragments */
	r.source = addr_v4(0x0a000003);
	CHANGE(&s.bed, &w);
	CU_ASSERT_TRUE(site_ping(&s, s.inet, "10.1.1.2", "-I 10.1.2.2 -s 3000"));
	site_close(&s);
}

static void
encapsulated_packets_for_the_router_are_let_through(void)
{
	static const char send_50[] = "import socket,sys;"
				      "s=socket.socket(socket.AF_INET,socket.SOCK_RAW,50);"
				      "s.sendto(b\"x\"*40,(sys.argv[1],0))";
	static const char send_4500[] = "import socket,sys;"
					"s=socket.socket(socket.AF_INET,socket.SOCK_DGRAM);"
					"s.sendto(b\"x\",(sys.argv[1],int(sys.argv[2])))";
	struct site s;
	struct want_filter_rule r = filter_rule(true, 0, "0.0.0.0/0", "0.0.0.0/0");
	struct want w = want_rules("wan", &r, 1);

	site_open(&s);
	ADD(&s.bed, &w);
	CU_ASSERT_EQUAL(sh("ip netns exec %s python3 -c '%s' 198.51.100.1", s.inet, send_50), 0);
	CU_ASSERT_EQUAL(
		sh("ip netns exec %s python3 -c '%s' 198.51.100.1 4500", s.inet, send_4500), 0);
	CU_ASSERT_EQUAL(oscfg_filter_drops(s.bed.o), 0);
	CU_ASSERT_EQUAL(
		sh("ip netns exec %s python3 -c '%s' 198.51.100.1 4501", s.inet, send_4500), 0);
	CU_ASSERT_EQUAL(oscfg_filter_drops(s.bed.o), 1);
	CU_ASSERT_EQUAL(sh("ip netns exec %s python3 -c '%s' 10.1.1.2", s.inet, send_50), 0);
	CU_ASSERT_EQUAL(oscfg_filter_drops(s.bed.o), 2);
	site_close(&s);
}

static void
a_killed_daemons_filter_stays_in_force_and_is_taken_over(void)
{
	struct site s;
	struct want_filter_rule r = filter_rule(true, 0, "10.1.2.0/24", "10.1.1.0/24");
	struct want wan = want_rules("wan", &r, 1), lan = want_rules("lan", &r, 1);

	site_open(&s);
	sh("nft add table inet operator");
	ADD(&s.bed, &wan);
	ADD(&s.bed, &lan);
	bed_crash(&s.bed);
	CU_ASSERT_FALSE(site_ping(&s, s.inet, "10.1.1.2", "-I 10.1.2.2"));
	CU_ASSERT_PTR_NOT_NULL(bed_dumped(&s.bed, &wan));
	CU_ASSERT_PTR_NOT_NULL(bed_dumped(&s.bed, &lan));
	DEL(&s.bed, &lan);
	CU_ASSERT_FALSE(sh_says("dev_lan", "nft list table inet yongdao"));
	CU_ASSERT_FALSE(site_ping(&s, s.inet, "10.1.1.2", "-I 10.1.2.2"));
	r = filter_rule(true, 0, "10.1.2.99/32", "10.1.1.0/24");
	CHANGE(&s.bed, &wan);
	CU_ASSERT_TRUE(site_ping(&s, s.inet, "10.1.1.2", "-I 10.1.2.2"));
	CU_ASSERT_FALSE(sh_says("10.1.2.0/24", "nft list table inet yongdao"));
	DEL(&s.bed, &wan);
	CU_ASSERT_TRUE(sh_says("operator", "nft list tables"));
	CU_ASSERT_FALSE(sh_says("yongdao", "nft list tables"));
	site_close(&s);
}

static double
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void
ten_thousand_rules_go_in_and_one_more_is_cheap(void)
{
	struct bed b;
	struct want_filter_rule *r = calloc(MANY + 1, sizeof *r);
	struct want w = want_rules("wan", r, MANY);
	char source[PREFIX_STRLEN];
	double start, all, more, read;

	CU_ASSERT_PTR_NOT_NULL_FATAL(r);
	for (int i = 0; i <= MANY; i++) {
		snprintf(source, sizeof source, "10.%d.%d.0/24", i / 256, i % 256);
		r[i] = filter_rule(i % 7 != 0, 6, source, "192.168.0.0/16");
		r[i].destination_port_low = r[i].destination_port_high = (uint16_t)(i + 1);
	}
	bed_open(&b);
	start = now_ms();
	ADD(&b, &w);
	all = now_ms();
	w.filter.n_rules++;
	memmove(r + MANY / 2 + 1, r + MANY / 2, MANY / 2 * sizeof *r);
	r[MANY / 2].protocol = 17;
	CHANGE(&b, &w);
	more = now_ms();
	CU_ASSERT_EQUAL(oscfg_filter_drops(b.o), 0);
	read = now_ms();
	CU_ASSERT_TRUE(sh_says("10.39.15.0/24", "nft list table inet yongdao"));
	printf("(%d rules %.0f ms, one more %.0f ms, counter %.1f ms) ", MANY, all - start,
		more - all, read - more);
	bed_crash(&b);
	start = now_ms();
	CU_ASSERT_PTR_NOT_NULL(bed_dumped(&b, &w));
	CHANGE(&b, &w);
	printf("(taken over in %.0f ms) ", now_ms() - start);
	DEL(&b, &w);
	bed_close(&b);
	free(r);
}

static void
a_refusal_says_why_and_changes_nothing(void)
{
	struct site s;
	struct want_filter_rule r = filter_rule(true, 0, "10.1.2.0/24", "10.1.1.0/24");
	struct want w = want_rules("wan", &r, 1), odd = want_rules("wan*", &r, 1);

	site_open(&s);
	ADD(&s.bed, &w);
	CU_ASSERT_TRUE(oscfg_add(s.bed.o, &odd, &s.bed.err) < 0);
	CU_ASSERT_STRING_EQUAL(s.bed.err.object, "wan*");
	sh("nft delete table inet yongdao");
	r = filter_rule(true, 0, "10.1.3.0/24", "10.1.1.0/24");
	CU_ASSERT_TRUE(oscfg_change(s.bed.o, &w, &w, &s.bed.err) < 0);
	CU_ASSERT_NOT_EQUAL(s.bed.err.text[0], '\0');
	site_close(&s);
}

CU_TestInfo os_filter_tests[] = {
	{ "cleartext that must be protected is dropped and counted",
		cleartext_that_must_be_protected_is_dropped_and_counted },
	{ "rules are taken in their order", rules_are_taken_in_their_order },
	{ "any wildcard and every fragment are matched",
		any_wildcard_and_every_fragment_are_matched },
	{ "encapsulated packets for the router are let through",
		encapsulated_packets_for_the_router_are_let_through },
	{ "a killed daemon's filter stays in force and is taken over",
		a_killed_daemons_filter_stays_in_force_and_is_taken_over },
	{ "ten thousand rules go in and one more is cheap",
		ten_thousand_rules_go_in_and_one_more_is_cheap },
	{ "a refusal says why and changes nothing", a_refusal_says_why_and_changes_nothing },
	CU_TEST_INFO_NULL,
};
