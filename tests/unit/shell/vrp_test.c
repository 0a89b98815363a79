/*
 * The Huawei dialect: the lab's configurations, what is refused, what is deleted with what.
 */
#include "config.h"

#include "tests/unit/shell/cli_fixture.h"
#include "tests/unit/shell/suites.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *
read_file(const char *path)
{
	FILE *in = fopen(path, "r");
	char *text = calloc(1, 1 << 16);

	CU_ASSERT_PTR_NOT_NULL_FATAL(in);
	CU_ASSERT_FATAL(fread(text, 1, (1 << 16) - 1, in) > 0);
	fclose(in);
	return text;
}

static void
the_labs_configurations_load_and_load_again(void)
{
	static const char *const files[] = { "/1-gre/RTA.cfg", "/1-gre/RTB.cfg",
		"/2-ipsec-manual/RTA.cfg", "/2-ipsec-manual/RTB.cfg", "/3-ipsec-ike/RTA.cfg",
		"/3-ipsec-ike/RTB.cfg", "/4-gre-over-ipsec/RTA.cfg", "/4-gre-over-ipsec/RTB.cfg",
		NULL };

	for (size_t i = 0; files[i]; i++) {
		struct cli_fixture f;
		struct cli_fixture again;
		char path[512];
		char *text;

		snprintf(path, sizeof(path), "%s%s", EXAMPLES, files[i]);
		text = read_file(path);
		cli_fixture_init(&f);
		cli_fixture_init(&again);
		CU_ASSERT(fixture_load_text(&f, text));
		CU_ASSERT(fixture_load_text(&again, fixture_render(&f)));
		CU_ASSERT_STRING_EQUAL(fixture_render(&again), f.text);
		cli_fixture_fini(&f);
		cli_fixture_fini(&again);
		free(text);
	}
}

/* View to enter, line, what is expected of it. */
static const struct {
	const char *view;
	const char *line;
	enum cli_error_kind kind;
} rows[] = {
	{ "interface Tunnel0/0/1", "source Tunnel0/0/1", CLI_REFUSED },
	{ "interface Tunnel0/0/1", "source tunnel 0/0/2", CLI_OK },
	{ "interface Tunnel0/0/1", "ip address 224.0.0.1 24", CLI_WRONG_PARAMETER },
	{ "interface Tunnel0/0/1", "ip address 127.0.0.1 8", CLI_WRONG_PARAMETER },
	{ "interface Tunnel0/0/1", "ip address 0.1.2.3 8", CLI_WRONG_PARAMETER },
	{ "interface Tunnel0/0/1", "ip address 10.0.0.256 8", CLI_WRONG_PARAMETER },
	{ "interface Tunnel0/0/1", "ip address 10.0.0.1 255.0.255.0", CLI_WRONG_PARAMETER },
	{ "interface Tunnel0/0/1", "ip address 10.0.0.1 33", CLI_WRONG_PARAMETER },
	{ "interface Tunnel0/0/1", "ip address 10.0.0.1", CLI_INCOMPLETE },
	{ "interface Tunnel0/0/1", "ip address 10.0.0.1 24 sub", CLI_REFUSED },
	{ "interface Tunnel0/0/1", "ip address 10.0.0.1 24 foo", CLI_UNRECOGNIZED },
	{ "interface Tunnel0/0/1", "undo ip address", CLI_REFUSED },
	{ "interface Tunnel0/0/1", "gre key 4294967295", CLI_OK },
	{ "interface Tunnel0/0/1", "gre key plain 4294967296", CLI_WRONG_PARAMETER },
	{ "interface Tunnel0/0/1", "gre checksum on", CLI_TOO_MANY },
	{ "interface Tunnel0/0/1", "keepalive period 0", CLI_WRONG_PARAMETER },
	{ "interface Tunnel0/0/1", "device eth0", CLI_UNRECOGNIZED },
	{ "interface Tunnel0/0/1", "undo mtu 1400", CLI_REFUSED },
	{ "interface GigabitEthernet0/0/1", "device eth0", CLI_OK },
	{ "interface GigabitEthernet0/0/1", "destination 10.0.0.1", CLI_UNRECOGNIZED },
	{ "interface GigabitEthernet0/0/1", "undo interface GigabitEthernet0/0/1", CLI_OK },
	{ "interface Tunnel0/0/1", "tunnel-protocol ipsec", CLI_OK },
	{ "interface Tunnel0/0/1", "source 2001:db8::1", CLI_OK },
	{ "interface Tunnel0/0/1", "destination 2001:db8::2", CLI_OK },
	{ "interface Tunnel0/0/1", "destination ff02::1", CLI_WRONG_PARAMETER },
	{ "interface Tunnel0/0/1", "destination ::1", CLI_WRONG_PARAMETER },
	{ "interface Tunnel0/0/1", "destination ::", CLI_WRONG_PARAMETER },
	{ "interface Tunnel0/0/1", "destination ::ffff:10.0.0.1", CLI_WRONG_PARAMETER },
	{ "interface Tunnel0/0/1", "ipv6 address 2001:db8::1/64", CLI_OK },
	{ "interface Tunnel0/0/1", "ipv6 address 2001:db8::1 64", CLI_OK },
	{ "interface Tunnel0/0/1", "ipv6 address fe80::1/10", CLI_OK },
	{ "interface Tunnel0/0/1", "ipv6 address 2001:db8::1/129", CLI_WRONG_PARAMETER },
	{ "interface Tunnel0/0/1", "ipv6 address 2001:db8::1 129", CLI_WRONG_PARAMETER },
	{ "interface Tunnel0/0/1", "ipv6 address 2001:db8::1", CLI_INCOMPLETE },
	{ "interface Tunnel0/0/1", "ipv6 address 2001:db8::1/64 64", CLI_TOO_MANY },
	{ "interface Tunnel0/0/1", "ipv6 address ff02::1/64", CLI_REFUSED },
	{ "interface Tunnel0/0/1", "ipv6 address 10.0.0.1/24", CLI_WRONG_PARAMETER },
	{ "interface Tunnel0/0/1", "undo ipv6 address", CLI_REFUSED },
	{ "interface Tunnel0/0/1", "tcp adjust-mss 127", CLI_WRONG_PARAMETER },
	{ "interface Tunnel0/0/1", "tcp adjust-mss 2048", CLI_OK },
	{ "interface Tunnel0/0/1", "gre seq", CLI_OK },
	{ "interface Tunnel0/0/1", "ipsec profile pro1", CLI_OK },
	{ "interface LoopBack0", "tcp adjust-mss 1400", CLI_UNRECOGNIZED },
	{ "interface GigabitEthernet0/0/1", "gre sequence-number", CLI_UNRECOGNIZED },
	{ "ipsec policy P 1 manual", "tunnel remote 2001:db8::1", CLI_OK },
	{ "ipsec policy P 1 manual", "security acl ipv6 3000", CLI_OK },
	{ "ipsec policy P 1 manual", "anti-replay window 4096", CLI_OK },
	{ "ipsec policy P 1 manual", "anti-replay window 31", CLI_WRONG_PARAMETER },
	{ "ipsec policy P 1 manual", "anti-replay window 33", CLI_WRONG_PARAMETER },
	{ "ipsec profile p", "sa spi inbound ah 256", CLI_OK },
	{ "ipsec profile p", "security acl 3000", CLI_UNRECOGNIZED },
	{ "ipsec profile p", "tunnel local 10.0.0.1", CLI_UNRECOGNIZED },
	{ NULL, "ipsec anti-replay window 8192", CLI_WRONG_PARAMETER },
	{ NULL, "ipsec df-bit clear", CLI_OK },
	{ NULL, "ipsec df-bit", CLI_INCOMPLETE },
	{ NULL, "undo ipsec profile p", CLI_REFUSED },
	{ NULL, "ipv6", CLI_OK },
	{ NULL, "ipv6 route-static :: 0 2001:db8::2", CLI_OK },
	{ NULL, "ipv6 route-static ff00:: 8 2001:db8::2", CLI_WRONG_PARAMETER },
	{ NULL, "ipv6 route-static 2001:db8:: 129 2001:db8::2", CLI_WRONG_PARAMETER },
	{ NULL, "ipv6 route-static 10.0.0.0 8 10.0.0.1", CLI_WRONG_PARAMETER },
	{ NULL, "acl ipv6 1999", CLI_WRONG_PARAMETER },
	{ NULL, "undo acl ipv6 3000", CLI_REFUSED },
	{ NULL, "interface LoopBack 1024", CLI_WRONG_PARAMETER },
	{ NULL, "interface Tunnel 1/0/0", CLI_WRONG_PARAMETER },
	{ NULL, "interface NULL0", CLI_WRONG_PARAMETER },
	{ NULL, "acl 1999", CLI_WRONG_PARAMETER },
	{ NULL, "acl 4000", CLI_WRONG_PARAMETER },
	{ NULL, "undo acl 3000", CLI_REFUSED },
	{ NULL, "undo interface LoopBack 3", CLI_REFUSED },
	{ NULL, "ipsec policy P 10", CLI_REFUSED },
	{ NULL, "ipsec policy P 0 manual", CLI_WRONG_PARAMETER },
	{ NULL, "ipsec policy P 10 isakmp", CLI_OK },
	{ NULL, "ipsec policy P 10 template", CLI_UNRECOGNIZED },
	{ "ipsec policy P 1 manual", "ipsec policy P 1 isakmp", CLI_REFUSED },
	{ NULL, "ip route-static 10.0.0.0 8", CLI_INCOMPLETE },
	{ NULL, "ip route-static 10.0.0.0 8 0.0.0.0", CLI_WRONG_PARAMETER },
	{ NULL, "ip route-static 10.0.0.0 8 10.1.1.1 preference 0", CLI_WRONG_PARAMETER },
	{ NULL, "undo ip route-static 10.0.0.0 8 10.1.1.1", CLI_REFUSED },
	{ NULL, "undo sysname", CLI_OK },
	{ "ipsec proposal p", "esp encryption-algorithm rot13", CLI_UNRECOGNIZED },
	{ "ipsec proposal p", "esp enc aes-128", CLI_OK },
	{ "ipsec proposal p", "esp enc a", CLI_AMBIGUOUS },
	{ "ipsec policy P 1 manual", "sa spi inbound esp 255", CLI_WRONG_PARAMETER },
	{ "ipsec policy P 1 manual", "sa spi inbound esp 4294967295", CLI_OK },
	{ "ipsec policy P 1 manual", "sa string-key inbound esp simple", CLI_INCOMPLETE },
	{ "ipsec policy P 1 manual", "sa string-key inbound esp huawei", CLI_OK },
	{ "ipsec policy P 1 manual", "sa authentication-hex inbound esp 0123456789abcde",
		CLI_WRONG_PARAMETER },
	{ "ipsec policy P 1 manual", "sa authentication-hex inbound esp 0123456789abcdeg",
		CLI_WRONG_PARAMETER },
	{ "ipsec policy P 1 manual", "sa encryption-hex outbound esp simple 0123456789abcdef",
		CLI_OK },
	{ "ipsec policy P 1 manual", "sa encryption-hex outbound ah 0123456789abcdef",
		CLI_UNRECOGNIZED },
};

static void
lines_are_refused_as_vrp_refuses_them(void)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct cli_fixture f;

		cli_fixture_init(&f);
		cli_enter_system(f.cli);
		if (rows[i].view)
			CU_ASSERT_EQUAL(fixture_exec(&f, rows[i].view), 0);
		fixture_exec(&f, rows[i].line);
		CU_ASSERT_EQUAL(f.result.error.kind, rows[i].kind);
		if (f.result.error.kind != rows[i].kind)
			printf("\n%s: %d %s\n", rows[i].line, f.result.error.kind,
				f.result.error.text);
		cli_fixture_fini(&f);
	}
}

static void
a_new_primary_address_takes_the_place_of_the_old_one(void)
{
	static const char *const lines[] = { "int g0/0/0", "ip address 10.0.0.1 24",
		"ip address 10.0.0.2 24", "ip address 10.0.1.1 24 sub",
		"ip address 10.0.2.1 24 sub", "ip address 10.0.0.3 255.255.255.0", NULL };
	struct cli_fixture f;

	cli_fixture_init(&f);
	CU_ASSERT(fixture_load(&f, lines));
	CU_ASSERT_STRING_EQUAL(fixture_render_view(&f),
		"#\n"
		"interface GigabitEthernet0/0/0\n"
		" ip address 10.0.0.3 255.255.255.0\n"
		" ip address 10.0.1.1 255.255.255.0 sub\n"
		" ip address 10.0.2.1 255.255.255.0 sub\n"
		"#\n"
		"return\n");
	CU_ASSERT_EQUAL(fixture_exec(&f, "undo ip address 10.0.0.3 24"), -EINVAL);
	CU_ASSERT_EQUAL(fixture_exec(&f, "ip address 10.0.0.3 24 sub"), -EINVAL);
	CU_ASSERT_EQUAL(fixture_exec(&f, "undo ip address 10.0.1.1 24 sub"), 0);
	CU_ASSERT_EQUAL(fixture_exec(&f, "undo ip address"), 0);
	CU_ASSERT_PTR_NULL(strstr(fixture_dump(&f), "ip_address"));
	cli_fixture_fini(&f);
}

static void
what_belongs_to_a_row_goes_with_it(void)
{
	static const char *const lines[] = { "acl 3000", "rule permit ip", "rule deny ip",
		"ipsec policy P 1 manual", "ipsec policy P 2 manual", "int tunnel 0/0/1",
		"ip address 10.0.0.1 24", "ip address 10.1.0.1 24 sub", "quit", "undo int t0/0/1",
		"undo acl number 3000", "undo ipsec policy P 1", NULL };
	struct cli_fixture f;

	cli_fixture_init(&f);
	CU_ASSERT(fixture_load(&f, lines));
	CU_ASSERT_PTR_NOT_NULL(strstr(fixture_dump(&f), "ipsec_policy_group 'P'"));
	CU_ASSERT_EQUAL(fixture_exec(&f, "undo ipsec policy P"), 0);
	CU_ASSERT_PTR_NULL(strstr(fixture_dump(&f), "acl"));
	CU_ASSERT_PTR_NULL(strstr(f.text, "ipsec_policy"));
	CU_ASSERT_PTR_NULL(strstr(f.text, "interface"));
	CU_ASSERT_PTR_NULL(strstr(f.text, "ip_address"));
	cli_fixture_fini(&f);
}

static void
a_bound_physical_interface_stays(void)
{
	static const char *const lines[] = { "int g0/0/0", "device eth0", NULL };
	struct cli_fixture f;

	cli_fixture_init(&f);
	CU_ASSERT(fixture_load(&f, lines));
	CU_ASSERT_EQUAL(fixture_exec(&f, "undo interface g0/0/0"), -EINVAL);
	CU_ASSERT_STRING_EQUAL(f.result.error.text,
		"Error: The physical interface GigabitEthernet0/0/0 cannot be deleted.");
	CU_ASSERT_STRING_EQUAL(fixture_prompt(&f), "[Huawei-GigabitEthernet0/0/0]");
	cli_fixture_fini(&f);
}

static void
routes_are_undone_by_as_much_as_was_typed(void)
{
	static const char *const lines[] = { "ip route-static 10.1.2.3 24 10.9.9.1",
		"ip route-static 10.1.2.0 255.255.255.0 10.9.9.2 tag 7 preference 70",
		"ip route-static 10.1.2.0 24 Tunnel 0/0/1 10.9.9.3 description the far site",
		"ip route-static 10.1.3.0 24 t0/0/1", NULL };
	struct cli_fixture f;

	cli_fixture_init(&f);
	CU_ASSERT(fixture_load(&f, lines));
	CU_ASSERT_STRING_EQUAL(fixture_render(&f),
		"#\n"
		" sysname Huawei\n"
		"#\n"
		"ip route-static 10.1.2.0 255.255.255.0 10.9.9.1\n"
		"ip route-static 10.1.2.0 255.255.255.0 10.9.9.2 preference 70 tag 7\n"
		"ip route-static 10.1.2.0 255.255.255.0 Tunnel0/0/1 10.9.9.3 description the far "
		"site\n"
		"ip route-static 10.1.3.0 255.255.255.0 Tunnel0/0/1\n"
		"#\n"
		"return\n");
	CU_ASSERT_EQUAL(fixture_exec(&f, "undo ip route-static 10.1.2.0 24 10.9.9.1"), 0);
	CU_ASSERT_EQUAL(fixture_exec(&f, "undo ip route-static 10.1.2.9 24"), 0);
	CU_ASSERT_PTR_NULL(strstr(fixture_dump(&f), "10.1.2."));
	CU_ASSERT_PTR_NOT_NULL(strstr(f.text, "10.1.3.0"));
	CU_ASSERT_EQUAL(fixture_exec(&f, "undo ip route-static"), -EINVAL);
	CU_ASSERT_EQUAL(f.result.error.kind, CLI_INCOMPLETE);
	cli_fixture_fini(&f);
}

static void
the_whole_datapath_is_rendered_in_one_way(void)
{
	static const char *const lines[] = { "ipv6", "ipsec authentication sha2 compatible enable",
		"undo ipsec anti-replay enable", "ipsec anti-replay window 64",
		"ipsec fragmentation before-encryption", "ipsec df-bit clear", "acl 3000", "quit",
		"acl ipv6 3000", "rule permit ipv6 source 2001:DB8:1::7/48", "ipsec proposal p",
		"quit", "ipsec policy P 1 manual", "security acl 3000", "security acl ipv6 3000",
		"tunnel local 2001:db8::1", "tunnel remote 2001:DB8:0:0::2",
		"anti-replay window 4096", "ipsec profile pro1", "proposal p",
		"sa spi inbound esp 300", "anti-replay window 32", "quit", "int t0/0/1",
		"tunnel-protocol ipsec", "source 2001:db8::1", "destination 2001:db8::2",
		"ip address 10.0.0.1 30", "ipsec profile pro1", "gre sequence-number",
		"ipv6 enable", "ipv6 address 2001:DB8:9::1/64", "ipv6 address fd00::1 127",
		"tcp adjust-mss 1360", "quit", "ipv6 route-static :: 0 2001:db8::fe",
		"ipv6 route-static 2001:db8:2::5 48 Tunnel0/0/1 preference 70", NULL };
	struct cli_fixture f;

	cli_fixture_init(&f);
	CU_ASSERT(fixture_load(&f, lines));
	CU_ASSERT_STRING_EQUAL(fixture_render(&f),
		"#\n"
		" sysname Huawei\n"
		"#\n"
		"ipv6\n"
		"#\n"
		"ipsec authentication sha2 compatible enable\n"
		"undo ipsec anti-replay enable\n"
		"ipsec anti-replay window 64\n"
		"ipsec fragmentation before-encryption\n"
		"ipsec df-bit clear\n"
		"#\n"
		"acl number 3000\n"
		"#\n"
		"acl ipv6 number 3000\n"
		" rule 5 permit ipv6 source 2001:db8:1::/48\n"
		"#\n"
		"ipsec proposal p\n"
		"#\n"
		"ipsec policy P 1 manual\n"
		" security acl ipv6 3000\n"
		" tunnel local 2001:db8::1\n"
		" tunnel remote 2001:db8::2\n"
		" anti-replay window 4096\n"
		"#\n"
		"ipsec profile pro1\n"
		" proposal p\n"
		" sa spi inbound esp 300\n"
		" anti-replay window 32\n"
		"#\n"
		"interface Tunnel0/0/1\n"
		" ip address 10.0.0.1 255.255.255.252\n"
		" ipv6 enable\n"
		" ipv6 address 2001:db8:9::1/64\n"
		" ipv6 address fd00::1/127\n"
		" tcp adjust-mss 1360\n"
		" tunnel-protocol ipsec\n"
		" source 2001:db8::1\n"
		" destination 2001:db8::2\n"
		" gre sequence-number\n"
		" ipsec profile pro1\n"
		"#\n"
		"ipv6 route-static 2001:db8:2:: 48 Tunnel0/0/1 preference 70\n"
		"ipv6 route-static :: 0 2001:db8::fe\n"
		"#\n"
		"return\n");
	cli_fixture_fini(&f);
}

static void
what_is_on_by_default_is_rendered_when_it_is_off(void)
{
	static const struct {
		const char *line;
		bool off;
	} lines[] = {
		{ "ipsec anti-replay enable", false },
		{ "undo ipsec anti-replay enable", true },
		{ "undo ipsec anti-replay enable", true },
		{ "undo ipsec anti-replay window", true },
		{ "ipsec anti-replay enable", false },
	};
	struct cli_fixture f;

	cli_fixture_init(&f);
	cli_enter_system(f.cli);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		CU_ASSERT_EQUAL(fixture_exec(&f, lines[i].line), 0);
		CU_ASSERT_EQUAL(!!strstr(fixture_render(&f), "\nundo ipsec anti-replay enable\n"),
			lines[i].off);
		CU_ASSERT_EQUAL(!!strstr(f.text, "anti-replay"), lines[i].off);
	}
	cli_fixture_fini(&f);
}

static void
weak_algorithms_are_taken_with_a_warning(void)
{
	static const struct {
		const char *line;
		bool weak;
	} lines[] = {
		{ "esp encryption-algorithm des", true },
		{ "esp enc 3des", true },
		{ "esp encryption-algorithm aes-128", false },
		{ "esp authentication-algorithm md5", true },
		{ "ah authentication-algorithm sha1", true },
		{ "ah authentication-algorithm sha2-256", false },
		{ "undo ah authentication-algorithm", false },
		{ "transform ah", false },
	};
	struct cli_fixture f;

	cli_fixture_init(&f);
	cli_enter_system(f.cli);
	CU_ASSERT_EQUAL(fixture_exec(&f, "ipsec proposal p"), 0);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		CU_ASSERT_EQUAL(fixture_exec(&f, lines[i].line), 0);
		if (lines[i].weak)
			CU_ASSERT_STRING_EQUAL(f.result.warning,
				"Warning: The algorithm is not secure; use a stronger one.");
		if (!lines[i].weak)
			CU_ASSERT_PTR_NULL(f.result.warning);
	}
	cli_fixture_fini(&f);
}

static void
keys_are_never_rendered_in_clear(void)
{
	static const char *const lines[] = { "ipsec policy P1 10 manual",
		"sa string-key inbound esp simple huawei",
		"sa authentication-hex inbound ah 00112233445566778899aabbccddeeff",
		"sa string-key outbound esp cipher %^%#AAAABBBB%^%#", NULL };
	struct cli_fixture f;

	cli_fixture_init(&f);
	CU_ASSERT(fixture_load(&f, lines));
	CU_ASSERT_STRING_EQUAL(fixture_render_view(&f),
		"#\n"
		"ipsec policy P1 10 manual\n"
		" sa string-key inbound esp cipher ******\n"
		" sa string-key outbound esp cipher %^%#AAAABBBB%^%#\n"
		" sa authentication-hex inbound ah cipher ******\n"
		"#\n"
		"return\n");
	CU_ASSERT_PTR_NOT_NULL(strstr(fixture_dump(&f), "'plain:huawei'"));
	cli_fixture_fini(&f);
}

CU_TestInfo vrp_tests[] = {
	{ "the lab's configurations load, and load again",
		the_labs_configurations_load_and_load_again },
	{ "lines are refused as VRP refuses them", lines_are_refused_as_vrp_refuses_them },
	{ "a new primary address takes the place of the old one",
		a_new_primary_address_takes_the_place_of_the_old_one },
	{ "what belongs to a row goes with it", what_belongs_to_a_row_goes_with_it },
	{ "a bound physical interface stays", a_bound_physical_interface_stays },
	{ "routes are undone by as much as was typed", routes_are_undone_by_as_much_as_was_typed },
	{ "the whole datapath is rendered in one way", the_whole_datapath_is_rendered_in_one_way },
	{ "what is on by default is rendered when it is off",
		what_is_on_by_default_is_rendered_when_it_is_off },
	{ "weak algorithms are taken with a warning", weak_algorithms_are_taken_with_a_warning },
	{ "keys are never rendered in clear", keys_are_never_rendered_in_clear },
	CU_TEST_INFO_NULL,
};
