/*
 * The configuration as text: order, indentation, filters.
 */
#include "config.h"

#include "tests/unit/shell/cli_fixture.h"
#include "tests/unit/shell/suites.h"

#include <errno.h>
#include <string.h>

static const char *const lines[] = { "interface Tunnel 0/0/1", "ip address 172.16.40.1 24",
	"tunnel-protocol gre", "source g0/0/1", "destination 203.0.113.1", "gre key plain 12345",
	"gre checksum", "keepalive period 20 retry-times 3", "mtu 1400", "description to site B",
	"interface g0/0/1", "ip add 198.51.100.1 24", "ipsec policy P1", "shutdown", "quit",
	"interface loop 0", "ipsec policy P1 10 manual", "security acl 3001", "proposal tran1",
	"tunnel remote 203.0.113.1", "tunnel local 198.51.100.1", "sa spi outbound esp 54321",
	"sa spi inbound esp 12345", "quit", "ipsec policy P1 2 manual", "ipsec proposal tran1",
	"esp auth sha2-512", "esp enc aes-256", "transform ah-esp", "encap transport", "acl 3001",
	"rule permit ip", "ip route-static 0.0.0.0 0 198.51.100.254", "sysname RTA", NULL };

static const char whole[] = "#\n"
			    " sysname RTA\n"
			    "#\n"
			    "acl number 3001\n"
			    " rule 5 permit ip\n"
			    "#\n"
			    "ipsec proposal tran1\n"
			    " transform ah-esp\n"
			    " encapsulation-mode transport\n"
			    " esp authentication-algorithm sha2-512\n"
			    "#\n"
			    "ipsec policy P1 2 manual\n"
			    "#\n"
			    "ipsec policy P1 10 manual\n"
			    " security acl 3001\n"
			    " proposal tran1\n"
			    " tunnel local 198.51.100.1\n"
			    " tunnel remote 203.0.113.1\n"
			    " sa spi inbound esp 12345\n"
			    " sa spi outbound esp 54321\n"
			    "#\n"
			    "interface GigabitEthernet0/0/1\n"
			    " shutdown\n"
			    " ip address 198.51.100.1 255.255.255.0\n"
			    " ipsec policy P1\n"
			    "#\n"
			    "interface LoopBack0\n"
			    "#\n"
			    "interface Tunnel0/0/1\n"
			    " description to site B\n"
			    " mtu 1400\n"
			    " ip address 172.16.40.1 255.255.255.0\n"
			    " tunnel-protocol gre\n"
			    " keepalive period 20\n"
			    " source GigabitEthernet0/0/1\n"
			    " destination 203.0.113.1\n"
			    " gre key 12345\n"
			    " gre checksum\n"
			    "#\n"
			    "ip route-static 0.0.0.0 0.0.0.0 198.51.100.254\n"
			    "#\n"
			    "return\n";

static void
sections_stand_in_the_order_of_an_ar(void)
{
	struct cli_fixture f;

	cli_fixture_init(&f);
	CU_ASSERT(fixture_load(&f, lines));
	CU_ASSERT_STRING_EQUAL(fixture_render(&f), whole);
	cli_fixture_fini(&f);
}

struct text {
	char s[4096];
};

static void
append(void *arg, const char *line)
{
	struct text *t = arg;

	strlcat(t->s, line, sizeof(t->s));
	strlcat(t->s, "\n", sizeof(t->s));
}

static void
a_filter_picks_sections_or_one_interface(void)
{
	static const struct {
		struct cli_filter filter;
		int err;
		const char *text;
	} rows[] = {
		{ { "acl", NULL }, 0, "#\nacl number 3001\n rule 5 permit ip\n#\nreturn\n" },
		{ { "system", NULL }, 0, "#\n sysname RTA\n#\nreturn\n" },
		{ { NULL, "LoopBack0" }, 0, "#\ninterface LoopBack0\n#\nreturn\n" },
		{ { NULL, "LoopBack1" }, -ENOENT, "" },
		{ { "nothing", NULL }, -ENOENT, "" },
	};
	struct cli_fixture f;

	cli_fixture_init(&f);
	CU_ASSERT(fixture_load(&f, lines));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct text t = { "" };
		struct cli_sink sink = { append, &t };

		CU_ASSERT_EQUAL(cli_render(f.cli, f.store, &rows[i].filter, &sink), rows[i].err);
		CU_ASSERT_STRING_EQUAL(t.s, rows[i].text);
	}
	cli_fixture_fini(&f);
}

static void
the_current_view_shows_its_own_lines(void)
{
	struct cli_fixture f;

	cli_fixture_init(&f);
	CU_ASSERT(fixture_load(&f, lines));
	CU_ASSERT_STRING_EQUAL(
		fixture_render_view(&f), "#\nacl number 3001\n rule 5 permit ip\n#\nreturn\n");
	CU_ASSERT_EQUAL(fixture_exec(&f, "quit"), 0);
	CU_ASSERT_STRING_EQUAL(fixture_render_view(&f),
		"#\n sysname RTA\n#\nip route-static 0.0.0.0 0.0.0.0 198.51.100.254\n#\nreturn\n");
	cli_fixture_fini(&f);
}

CU_TestInfo cli_render_tests[] = {
	{ "sections stand in the order of an AR", sections_stand_in_the_order_of_an_ar },
	{ "a filter picks sections or one interface", a_filter_picks_sections_or_one_interface },
	{ "the current view shows its own lines", the_current_view_shows_its_own_lines },
	CU_TEST_INFO_NULL,
};
