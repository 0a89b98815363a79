/*
 * The steering scheme, proved with traffic: what a policy protects reaches the protected TUN and
 * nothing else does.
 */
#include "config.h"

#include "tests/scenario/oscfg/site.h"
#include "tests/scenario/oscfg/suites.h"

#include "daemon/privopen.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PTUN "yp0"

static const struct want rules[] = {
	{ .kind = WANT_RULE,
		.rule = { .type = WANT_RULE_BYPASS,
			.af = AF_INET,
			.priority = OSCFG_RULE_BYPASS } },
	{ .kind = WANT_RULE,
		.rule = { .type = WANT_RULE_MAIN, .af = AF_INET, .priority = OSCFG_RULE_MAIN } },
	{ .kind = WANT_RULE,
		.rule = { .type = WANT_RULE_STEER, .af = AF_INET, .priority = OSCFG_RULE_STEER } },
};

/* Protects wan for 10.1.0.0/16, which holds the remote site and both of our LANs. */
static void
steer(struct site *s)
{
	struct bed *b = &s->bed;
	struct want wan = want_physical("wan", 0, OSCFG_GROUP_PROTECTED, true);
	struct want ptun = want_made(WANT_LINK_PROTECTED, PTUN, "GigabitEthernet0/0/1", 1400);
	struct want route = want_path(OSCFG_TABLE, "10.1.0.0/16", NULL, PTUN, 1);
	struct want closed = want_path(OSCFG_TABLE, "10.1.0.0/16", NULL, NULL, UINT32_MAX);

	CU_ASSERT_EQUAL(addr_parse("10.1.1.1", &route.route.preferred_source), 0);
	site_open(s);
	ADD(b, &wan);
	ADD(b, &ptun);
	ADD(b, &closed);
	ADD(b, &route);
	for (size_t i = 0; i < 3; i++)
		ADD(b, &rules[i]);
}

static bool
is(const struct addr *a, const char *text)
{
	char got[ADDR_STRLEN];

	return strcmp(addr_format(a, got), text) == 0;
}

static void
what_is_protected_goes_to_its_tun_and_never_out(void)
{
	struct addr source;
	struct site s;

	steer(&s);
	CU_ASSERT_FALSE(site_ping(&s, s.host, "10.1.2.2", ""));
	CU_ASSERT_EQUAL(site_steered_to(&s, PTUN, "10.1.2.2", &source), 1);
	CU_ASSERT_TRUE(is(&source, "10.1.1.2"));
	CU_ASSERT_EQUAL(site_left_for(&s, "10.1.2.2"), 0);
	site_close(&s);
}

static void
lan_to_lan_and_the_rest_of_the_world_are_left_alone(void)
{
	struct addr source;
	struct site s;

	steer(&s);
	CU_ASSERT_TRUE(site_ping(&s, s.host, "10.1.3.2", ""));
	CU_ASSERT_EQUAL(site_steered_to(&s, PTUN, "10.1.3.2", &source), 0);
	sh("ip -n %s route add 10.1.0.0/16 via 198.51.100.1", s.inet);
	CU_ASSERT_TRUE(site_ping(&s, s.host, "203.0.113.9", ""));
	CU_ASSERT_EQUAL(site_steered_to(&s, PTUN, "203.0.113.9", &source), 0);
	CU_ASSERT_EQUAL(site_left_for(&s, "203.0.113.9"), 1);
	site_close(&s);
}

static void
marked_packets_go_past_the_steering(void)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	struct addr source;
	uint8_t packet[28];
	struct site s;
	int fd;

	steer(&s);
	CU_ASSERT_TRUE(site_ping(&s, "", "198.51.100.254", "")); /* the neighbour is known */
	(void)site_left_for(&s, "0.0.0.0");
	site_packet(packet, "10.1.1.2", "10.1.2.2", 64);
	to.sin_addr.s_addr = inet_addr("10.1.2.2");
	fd = privopen_bypass(AF_INET, &s.bed.err);
	CU_ASSERT_TRUE(fd >= 0);
	CU_ASSERT_EQUAL(sendto(fd, packet, sizeof packet, 0, (struct sockaddr *)&to, sizeof to),
		sizeof packet);
	close(fd);
	CU_ASSERT_EQUAL(site_left_for(&s, "10.1.2.2"), 1);
	CU_ASSERT_EQUAL(site_steered_to(&s, PTUN, "10.1.2.2", &source), 0);
	site_close(&s);
}

static void
the_routers_own_packets_take_the_inner_source(void)
{
	struct addr source;
	struct site s;

	steer(&s);
	CU_ASSERT_FALSE(site_ping(&s, "", "10.1.2.2", ""));
	CU_ASSERT_EQUAL(site_steered_to(&s, PTUN, "10.1.2.2", &source), 1);
	CU_ASSERT_TRUE(is(&source, "10.1.1.1"));
	CU_ASSERT_EQUAL(site_left_for(&s, "10.1.2.2"), 0);
	site_close(&s);
}

/* RFC 1812 4.3.2.8 has the kernel answer a decapsulated packet: its error quotes decrypted bytes. */
static void
errors_about_decapsulated_packets_are_protected_too(void)
{
	uint8_t packet[10 + 28] = { 0 };
	struct addr source;
	struct site s;

	steer(&s);
	site_packet(packet + 10, "10.1.2.2", "10.1.1.2", 1); /* time exceeded */
	CU_ASSERT_EQUAL(write(oscfg_tun_fd(s.bed.o, PTUN), packet, sizeof packet), sizeof packet);
	CU_ASSERT_EQUAL(site_steered_to(&s, PTUN, "10.1.2.2", &source), 1);
	CU_ASSERT_EQUAL(site_left_for(&s, "10.1.2.2"), 0);
	site_packet(packet + 10, "10.1.2.2", "10.1.1.2", 64); /* delivered, and answered */
	CU_ASSERT_EQUAL(write(oscfg_tun_fd(s.bed.o, PTUN), packet, sizeof packet), sizeof packet);
	CU_ASSERT_FALSE(site_ping(&s, s.host, "10.1.2.3", ""));
	CU_ASSERT_EQUAL(site_steered_to(&s, PTUN, "10.1.2.2", &source), 1);
	CU_ASSERT_TRUE(is(&source, "10.1.1.2"));
	site_close(&s);
}

static void
too_big_a_packet_is_told_the_tuns_mtu(void)
{
	struct site s;
	char *out;

	steer(&s);
	out = sh_out("ip netns exec %s ping -n -c 1 -W 0.2 -M do -s 1450 10.1.2.2", s.host);
	CU_ASSERT_PTR_NOT_NULL(strstr(out, "mtu = 1400"));
	free(out);
	site_close(&s);
}

static void
a_lost_tun_closes_the_way(void)
{
	struct site s;

	steer(&s);
	CU_ASSERT_TRUE(site_ping(&s, "", "198.51.100.254", ""));
	sh("ip link set " PTUN " down");
	CU_ASSERT_FALSE(site_ping(&s, s.host, "10.1.2.2", ""));
	CU_ASSERT_EQUAL(site_left_for(&s, "10.1.2.2"), 0);
	sh("ip link del " PTUN);
	CU_ASSERT_FALSE(site_ping(&s, s.host, "10.1.2.2", ""));
	CU_ASSERT_FALSE(site_ping(&s, "", "10.1.2.2", ""));
	CU_ASSERT_EQUAL(site_left_for(&s, "10.1.2.2"), 0);
	site_close(&s);
}

static void
a_killed_daemon_leaves_the_way_closed(void)
{
	struct site s;

	steer(&s);
	CU_ASSERT_TRUE(site_ping(&s, "", "198.51.100.254", ""));
	oscfg_free(s.bed.o); /* nobody holds the TUN now: it has no carrier */
	s.bed.o = NULL;
	CU_ASSERT_FALSE(site_ping(&s, s.host, "10.1.2.2", ""));
	CU_ASSERT_FALSE(site_ping(&s, "", "10.1.2.2", ""));
	CU_ASSERT_EQUAL(site_left_for(&s, "10.1.2.2"), 0);
	site_close(&s);
}

static void
rules_are_found_again_and_foreign_ones_stay(void)
{
	struct bed b;
	char *before, *after;

	bed_open(&b);
	sh("ip rule add pref 50 from 192.0.2.1 lookup main");
	sh("ip rule add pref 95 lookup main suppress_ifgroup %u", OSCFG_GROUP_PROTECTED);
	before = sh_out("ip rule show");
	for (size_t i = 0; i < 3; i++)
		ADD(&b, &rules[i]);
	bed_crash(&b);
	CU_ASSERT_PTR_NOT_NULL(bed_dumped(&b, &rules[0]));
	CU_ASSERT_PTR_NOT_NULL(bed_dumped(&b, &rules[1])); /* beside the operator's own */
	CU_ASSERT_PTR_NOT_NULL(bed_dumped(&b, &rules[2]));
	for (size_t i = 0; i < 3; i++)
		DEL(&b, &rules[i]);
	after = sh_out("ip rule show");
	CU_ASSERT_STRING_EQUAL(before, after);
	free(before);
	free(after);
	bed_close(&b);
}

CU_TestInfo os_rule_tests[] = {
	{ "what is protected goes to its TUN and never out",
		what_is_protected_goes_to_its_tun_and_never_out },
	{ "LAN to LAN and the rest of the world are left alone",
		lan_to_lan_and_the_rest_of_the_world_are_left_alone },
	{ "marked packets go past the steering", marked_packets_go_past_the_steering },
	{ "the router's own packets take the inner source",
		the_routers_own_packets_take_the_inner_source },
	{ "errors about decapsulated packets are protected too",
		errors_about_decapsulated_packets_are_protected_too },
	{ "too big a packet is told the TUN's MTU", too_big_a_packet_is_told_the_tuns_mtu },
	{ "a lost TUN closes the way", a_lost_tun_closes_the_way },
	{ "a killed daemon leaves the way closed", a_killed_daemon_leaves_the_way_closed },
	{ "rules are found again and foreign ones stay",
		rules_are_found_again_and_foreign_ones_stay },
	CU_TEST_INFO_NULL,
};
