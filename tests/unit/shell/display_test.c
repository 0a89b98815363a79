/*
 * Every display of the fake router, compared with tests/golden/. YD_UPDATE_GOLDEN=1 writes them anew.
 */
#include "config.h"

#include "tests/unit/shell/display_test.h"

#include "tests/unit/shell/shell_fixture.h"
#include "tests/unit/shell/suites.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *const display_test_commands[] = {
	"display version",
	"display clock",
	"display startup",
	"display current-configuration",
	"display current-configuration configuration acl",
	"display current-configuration interface GigabitEthernet0/0/1",
	"display interface",
	"display interface Tunnel0/0/1",
	"display interface brief",
	"display ip interface brief",
	"display ip routing-table",
	"display acl all",
	"display acl 3001",
	"display ipsec proposal",
	"display ipsec proposal name tran1",
	"display ipsec policy",
	"display ipsec policy brief",
	"display ipsec sa",
	"display ipsec sa brief",
	"display ipsec sa policy P1 10",
	"display ipsec sa remote 203.0.113.1",
	"display ipsec statistics",
	"display ipsec statistics esp",
	"display ipsec statistics ah",
	"display ipsec sa profile prof-1",
	"display ipsec sa remote 2001:db8::2",
	"display ipsec profile",
	"display ipsec profile name prof-1",
	"display acl ipv6 all",
	"display acl ipv6 3002",
	"display ipv6 interface brief",
	"display ipv6 routing-table",
	"display users",
	"display configuration status",
	"display ike sa",
	"display ike sa v2",
	"display ike sa verbose",
	"display ike sa remote 203.0.113.9",
	"display ike sa remote-id-type user-fqdn remote-id b@example",
	"display ike sa verbose connection-id 4",
	"display ike peer",
	"display ike peer name far",
	"display ike peer brief",
	"display ike proposal",
	"display ike proposal number 10",
	"display ike global config",
	"display ike statistics",
	"display ikev2 statistics error",
	"display ikev2 statistics notify-info",
	"display ikev2 statistics packet",
	"display ikev2 statistics sa",
	"display ike error-info",
	"display ike error-info verbose",
	"display ike error-info verbose peer 2001:db8::7",
	"display ike offline-info",
	"display ike offline-info peer 203.0.113.9",
	"display ipsec sa policy vpn",
	"display ipsec sa profile roads",
	"display ipsec sa duration",
	NULL,
};

/* tests/golden/display-version.txt */
static FILE *
golden(const char *command, const char *mode)
{
	char path[512];

	snprintf(path, sizeof(path), GOLDEN "/%s.txt", command);
	for (char *p = path + strlen(GOLDEN "/"); *p; p++)
		if (*p == ' ')
			*p = '-';
		else if (*p == '/' || *p == ':')
			*p = '.';
	return fopen(path, mode);
}

/* Sealed secrets differ each time. */
static void
blank_secrets(char *text)
{
	char *from, *to;

	while ((from = strstr(text, "%^%#")) && (to = strstr(from + 4, "%^%#"))) {
		memcpy(from, "<sealed>", 8);
		memmove(from + 8, to + 4, strlen(to + 4) + 1);
	}
}

static void
compare(const char *command, char *text)
{
	char expect[65536] = "";
	FILE *f;
	size_t len;

	blank_secrets(text);
	if (getenv("YD_UPDATE_GOLDEN")) {
		f = golden(command, "we");
		if (f) {
			fputs(text, f);
			fclose(f);
		}
	}
	f = golden(command, "re");
	if (!f) {
		CU_FAIL("no golden file");
		return;
	}
	len = fread(expect, 1, sizeof(expect) - 1, f);
	fclose(f);
	expect[len] = '\0';
	if (strcmp(text, expect) != 0)
		fprintf(stderr, "%s: printed\n%s\n", command, text);
	CU_ASSERT_STRING_EQUAL(text, expect);
}

static void
test_text(void)
{
	struct shell_fixture f;

	shell_fixture_init(&f);
	fixture_lab(&f);
	for (size_t i = 0; display_test_commands[i]; i++) {
		CU_ASSERT_EQUAL(fixture_line(&f, display_test_commands[i]), 0);
		CU_ASSERT_STRING_EQUAL(f.error_text, "");
		compare(display_test_commands[i], f.text);
	}
	shell_fixture_fini(&f);
}

/* Names and values that programs rely on; columns may be added. */
static void
test_json(void)
{
	static const struct {
		const char *command, *holds;
	} cases[] = {
		{ "display version", "[{\"sysname\":\"RTA\",\"version\":\"0.1\"," },
		{ "display interface", "\n,{\"name\":\"Tunnel0/0/1\",\"device\":\"Tunnel0-0-1\"," },
		{ "display interface", "\"in_packets\":1200,\"in_bytes\":123456," },
		{ "display interface Tunnel0/0/1", "[{\"name\":\"Tunnel0/0/1\"," },
		{ "display ip routing-table",
			"[{\"destination\":\"0.0.0.0/0\",\"protocol\":\"Static\"," },
		{ "display acl all", "[{\"number\":3001,\"description\":null,\"step\":5" },
		{ "display acl 3001", "\"packets\":30,\"acl\":3001,\"ipv6\":false}" },
		{ "display acl all",
			"{\"acl\":3001,\"id\":5,\"action\":\"permit\",\"protocol\":0," },
		{ "display ipsec proposal", "{\"name\":\"tran1\",\"transform\":\"esp\"," },
		{ "display ipsec policy", "\"in_esp_spi\":12345,\"out_esp_spi\":54321," },
		{ "display ipsec policy", "\"in_esp_string_key\":\"%^%#" },
		{ "display ipsec sa", "\"spi\":54321,\"protocol\":50," },
		{ "display ipsec sa",
			"{\"policy\":\"vpn-10\",\"connection\":4,\"ike_connection\":3," },
		{ "display ipsec policy",
			"{\"name\":\"vpn\",\"sequence\":10,\"position\":2,\"proposal\":\"gcm\"}" },
		{ "display ike sa", "[{\"policy\":\"vpn-10\"," },
		{ "display ike sa verbose",
			"\"spi_i\":\"0x0123456789abcdef\",\"spi_r\":\"0xfedcba9876543210\"," },
		{ "display ike sa",
			"{\"remote\":\"203.0.113.9\",\"connection\":9,\"peer\":\"dead\"," },
		{ "display ike peer", "\"pre_shared_key\":\"%^%#" },
		{ "display ike peer",
			"{\"peer\":\"site\",\"position\":2,\"address\":\"203.0.113.2\"}" },
		{ "display ike proposal", "\"dh\":\"group14 group31\"," },
		{ "display ike global config", "\"dpd_type\":\"on-demand\"," },
		{ "display ike error-info", "\"reason\":\"phase1 proposal mismatch\"," },
		{ "display ike offline-info", "\"reason\":\"dpd-timeout\"," },
		{ "display ike statistics",
			"{\"group\":\"packet\",\"name\":\"Received packets\"," },
		{ "display ipsec statistics", "[{\"tunnels\":1,\"in_packets\":3," },
		{ "display ipsec statistics", "{\"reason\":\"gre_key\",\"group\":\"gre\"," },
		{ "display configuration status", "[{\"name\":\"Tunnel0/0/2\"," },
		{ "display clock", "[\"2026-01-01 00:10:00\"\n,\"Thursday\"\n," },
	};
	struct shell_fixture f;
	char line[128];

	shell_fixture_init(&f);
	fixture_lab(&f);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(line, sizeof(line), "%s | json", cases[i].command);
		CU_ASSERT_EQUAL(fixture_line(&f, line), 0);
		CU_ASSERT_TRUE(f.text[0] == '[');
		CU_ASSERT_TRUE(f.len > 3 && !strcmp(f.text + f.len - 3, "\n]\n"));
		if (!strstr(f.text, cases[i].holds))
			fprintf(stderr, "%s: %s is not in\n%s", line, cases[i].holds, f.text);
		CU_ASSERT_PTR_NOT_NULL(strstr(f.text, cases[i].holds));
	}
	shell_fixture_fini(&f);
}

/* Of the tunnel in whose view it is asked. */
static void
test_keepalive(void)
{
	static const char command[] = "display keepalive packets count";
	struct shell_fixture f;

	shell_fixture_init(&f);
	fixture_lab(&f);
	CU_ASSERT_EQUAL(fixture_line(&f, command), -EINVAL);
	CU_ASSERT_PTR_NOT_NULL(strstr(f.error_text, "view of a tunnel"));
	CU_ASSERT_EQUAL(fixture_line(&f, "reset keepalive packets count"), -EINVAL);
	fixture_line(&f, "system-view");
	fixture_line(&f, "interface Tunnel 0/0/1");
	CU_ASSERT_EQUAL(fixture_line(&f, command), 0);
	CU_ASSERT_STRING_EQUAL(f.text,
		"Send 7 keepalive packets to peers, Receive 6 keepalive response packets from "
		"peers\n"
		"Receive 2 keepalive packets from peers, Send 2 keepalive response packets to "
		"peers.\n");
	CU_ASSERT_EQUAL(fixture_line(&f, "display keepalive packets count | json"), 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(f.text, "\"sent_requests\":7,"));
	CU_ASSERT_EQUAL(fixture_line(&f, "reset keepalive packets count"), 0);
	fixture_line(&f, "interface Tunnel 0/0/2");
	CU_ASSERT_EQUAL(fixture_line(&f, command), 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(f.text, "Send 0 keepalive packets"));
	fixture_line(&f, "interface GigabitEthernet 0/0/1");
	CU_ASSERT_EQUAL(fixture_line(&f, command), -EINVAL);
	shell_fixture_fini(&f);
}

/* What is asked for in a routing table, and how many rows come. */
static void
test_routes(void)
{
	static const struct {
		const char *command, *holds;
		int n; /* rows */
	} cases[] = {
		{ "display ip routing-table", "Routes : 5", 5 },
		{ "display ip routing-table 10.1.1.1",
			"Summary Count : 1\n"
			"Destination/Mask    Proto   Pre  Cost      Flags NextHop         "
			"Interface\n\n       10.1.1.1/32  Direct",
			1 },
		{ "display ip routing-table 10.1.1.77", "   10.1.1.0/24  Direct", 2 },
		{ "display ip routing-table 192.0.2.1", "    0.0.0.0/0   Static", 1 },
		{ "display ip routing-table 10.1.1.0 24", "Summary Count : 2\n", 2 },
		{ "display ip routing-table 10.1.1.0 255.255.255.0 longer-match", "10.1.1.1/32",
			3 },
		{ "display ip routing-table 10.0.0.0 8", "Summary Count : 0\n", 0 },
		{ "display ip routing-table 10.0.0.0 8 longer-match", "Summary Count : 3\n", 3 },
		{ "display ipv6 routing-table 2001:db8:1::1",
			"Routing Table : Public\nSummary Count : 1\n\nDestination  : "
			"2001:db8:1::1 ",
			1 },
		{ "display ipv6 routing-table 2001:db8:1:: 64", "PrefixLength : 64\n", 1 },
		{ "display ipv6 routing-table 2001:db8:1:: 64 longer-match", "Summary Count : 2",
			2 },
		{ "display ipv6 routing-table 2001:db8:9::", "Destination  : :: ", 1 },
	};
	struct shell_fixture f;

	shell_fixture_init(&f);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int n = 0;

		CU_ASSERT_EQUAL(fixture_line(&f, cases[i].command), 0);
		for (const char *p = f.text; (p = strstr(p, "GigabitEthernet")); p++)
			n++;
		CU_ASSERT_EQUAL(n, cases[i].n);
		if (!strstr(f.text, cases[i].holds))
			fprintf(stderr, "%s: printed\n%s\n", cases[i].command, f.text);
		CU_ASSERT_PTR_NOT_NULL(strstr(f.text, cases[i].holds));
	}
	CU_ASSERT_NOT_EQUAL(fixture_line(&f, "display ip routing-table 10.0.0.0 33"), 0);
	CU_ASSERT_NOT_EQUAL(fixture_line(&f, "display ipv6 routing-table 2001:db8:: 129"), 0);
	shell_fixture_fini(&f);
}

/* The flows of a policy are what the rules of its ACL permit; a long list is cut. */
static void
test_flows(void)
{
	static const char *const rules[] = { "system-view", "acl 3001",
		"rule 1 permit tcp source 10.1.0.5 0.0.255.0 destination 10.9.9.9 0 "
		"destination-port range 80 443",
		"rule 2 deny ip source 10.7.7.7 0", "rule 3 permit udp source-port eq 500",
		"return", NULL };
	struct shell_fixture f;
	char line[64];

	shell_fixture_init(&f);
	fixture_lab(&f);
	fixture_lines(&f, rules);
	CU_ASSERT_EQUAL(fixture_line(&f, "display ipsec sa policy P1 10"), 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(f.text,
		"    Tunnel remote     : 203.0.113.1\n"
		"    Flow source       : 10.1.0.5/255.255.0.255 6/0-65535\n"
		"    Flow destination  : 10.9.9.9/255.255.255.255 6/80-443\n"
		"    Flow source       : 0.0.0.0/0.0.0.0 17/500-500\n"
		"    Flow destination  : 0.0.0.0/0.0.0.0 17/0-65535\n"
		"    Flow source       : 10.1.1.0/255.255.255.0 0/0-65535\n"
		"    Flow destination  : 10.1.2.0/255.255.255.0 0/0-65535\n\n"));
	CU_ASSERT_PTR_NULL(strstr(f.text, "not shown"));
	fixture_line(&f, "system-view");
	fixture_line(&f, "acl 3001");
	for (int i = 0; i < 20; i++) {
		snprintf(line, sizeof(line), "rule %d permit icmp", 100 + i);
		CU_ASSERT_EQUAL(fixture_line(&f, line), 0);
	}
	CU_ASSERT_EQUAL(fixture_line(&f, "display ipsec sa policy P1 10"), 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(f.text, "    Flows not shown   : 7\n\n"));
	shell_fixture_fini(&f);
}

/* What the router was asked to set to zero since the last time. */
static void
resets_take(const struct shell_fixture *f, char *out, size_t cap)
{
	char path[512];
	FILE *in;
	size_t len = 0;

	snprintf(path, sizeof(path), "%s/" FAKE_RESETS, f->router.dir);
	in = fopen(path, "re");
	if (in) {
		len = fread(out, 1, cap - 1, in);
		fclose(in);
		unlink(path);
	}
	out[len] = '\0';
}

static void
test_reset(void)
{
	static const struct {
		const char *command, *asks;
	} cases[] = {
		{ "reset ipsec statistics", "ipsec_statistics \ndrop \nipsec_sa \n" },
		{ "reset ipsec statistics esp",
			"ipsec_statistics protocol 50\nipsec_sa protocol 50\n" },
		{ "reset ipsec statistics ah",
			"ipsec_statistics protocol 51\nipsec_sa protocol 51\n" },
		{ "reset counters interface", "interface \n" },
		{ "reset counters interface Tunnel0/0/1", "interface Tunnel0/0/1\n" },
		{ "reset acl counter all", "spd_rule acl\n" },
		{ "reset acl counter 3001", "spd_rule acl 3001\n" },
		{ "reset acl ipv6 counter all", "spd_rule acl6\n" },
		{ "reset acl ipv6 counter 3002", "spd_rule acl6 3002\n" },
		{ "reset ike sa", "ike connection 0 remote - name \n" },
		{ "reset ike sa all", "ike connection 0 remote - name \n" },
		{ "reset ike sa conn-id 3", "ike connection 3 remote - name \n" },
		{ "reset ike sa remote 203.0.113.1",
			"ike connection 0 remote 203.0.113.1 name \n" },
		{ "reset ipsec sa", "ipsec connection 0 remote - name \n" },
		{ "reset ipsec sa policy vpn", "ipsec connection 0 remote - name vpn-10\n" },
		{ "reset ipsec sa policy P1",
			"ipsec connection 0 remote - name P1-10\n"
			"ipsec connection 0 remote - name P1-20\n" },
		{ "reset ipsec sa policy P1 20", "ipsec connection 0 remote - name P1-20\n" },
		{ "reset ipsec sa profile roads", "ipsec connection 0 remote - name roads\n" },
		{ "reset ipsec sa remote 2001:db8::2",
			"ipsec connection 0 remote 2001:db8::2 name \n" },
		{ "reset ike statistics", "ike_statistic \n" },
		{ "reset ike error-info", "ike_error \n" },
		{ "reset ike offline-info", "ike_offline \n" },
	};
	struct shell_fixture f;
	char asked[512];

	shell_fixture_init(&f);
	fixture_lab(&f);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		CU_ASSERT_EQUAL(fixture_line(&f, cases[i].command), 0);
		CU_ASSERT_STRING_EQUAL(f.text, "");
		resets_take(&f, asked, sizeof(asked));
		CU_ASSERT_STRING_EQUAL(asked, cases[i].asks);
	}
	CU_ASSERT_NOT_EQUAL(fixture_line(&f, "reset acl counter 3999"), 0);
	shell_fixture_fini(&f);
}

static void
test_weak(void)
{
	struct shell_fixture f;

	shell_fixture_init(&f);
	fixture_line(&f, "system-view");
	fixture_line(&f, "ipsec proposal weak");
	CU_ASSERT_EQUAL(fixture_line(&f, "esp encryption-algorithm des"), 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(f.error_text, "Warning: The algorithm is not secure"));
	CU_ASSERT_EQUAL(fixture_line(&f, "esp encryption-algorithm aes-256"), 0);
	CU_ASSERT_STRING_EQUAL(f.error_text, "");
	shell_fixture_fini(&f);
}

static void
test_empty_router(void)
{
	struct shell_fixture f;

	shell_fixture_init(&f);
	CU_ASSERT_EQUAL(fixture_line(&f, "display acl all"), 0);
	CU_ASSERT_STRING_EQUAL(f.text, " Total quantity of nonempty ACL number is 0\n\n");
	CU_ASSERT_EQUAL(fixture_line(&f, "display ipsec policy"), 0);
	CU_ASSERT_STRING_EQUAL(f.text, "Info: No IPSec policy is configured.\n");
	CU_ASSERT_EQUAL(fixture_line(&f, "display ipsec proposal"), 0);
	CU_ASSERT_STRING_EQUAL(f.text, "Number of proposals: 0\n");
	CU_ASSERT_EQUAL(fixture_line(&f, "display ipsec profile"), 0);
	CU_ASSERT_STRING_EQUAL(f.text, "Info: No IPSec profile is configured.\n");
	CU_ASSERT_EQUAL(fixture_line(&f, "display acl all | json"), 0);
	CU_ASSERT_STRING_EQUAL(f.text, "[]\n");
	shell_fixture_fini(&f);
}

CU_TestInfo display_tests[] = {
	{ "displays print what they did", test_text },
	{ "and as JSON", test_json },
	{ "a router without configuration has displays too", test_empty_router },
	{ "keepalives are those of the tunnel in whose view one is", test_keepalive },
	{ "flows are those of the policy's ACL", test_flows },
	{ "routes are those that were asked for", test_routes },
	{ "counters are reset without a word", test_reset },
	{ "a weak algorithm draws a warning", test_weak },
	CU_TEST_INFO_NULL,
};
