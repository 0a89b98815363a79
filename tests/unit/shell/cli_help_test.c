/*
 * `?` and TAB.
 */
#include "config.h"

#include "tests/unit/shell/cli_fixture.h"
#include "tests/unit/shell/suites.h"

#include <string.h>

#define CR "Please press ENTER to execute command \n"

static const struct {
	const char *view; /* NULL: user view; "": system view */
	const char *line;
	const char *text;
} helps[] = {
	{ NULL, "",
		"User view commands:\n"
		"  display        Display information\n"
		"  quit           Exit from current mode and enter prior mode\n"
		"  return         Enter the privileged mode\n"
		"  save           Save the configuration\n"
		"  screen-length  Set lines\n"
		"  system-view    Enter the system view\n" },
	{ NULL, "display v", "  version  Display version\n" },
	{ NULL, "display version ",
		"  |     Matching output\n"
		"  <cr>  " CR },
	{ NULL, "display interface ",
		"  GigabitEthernet  GigabitEthernet interface\n"
		"  LoopBack         LoopBack interface\n"
		"  Tunnel           Tunnel interface\n"
		"  |                Matching output\n"
		"  <cr>             " CR },
	{ NULL, "display interface Tunnel ", "  <0-0>/<0-0>/<0-4095>  Interface name\n" },
	{ NULL, "screen-length ", "  INTEGER<0-512>  Lines\n" },
	{ NULL, "screen-length 1", "  INTEGER<0-512>  Lines\n" },
	{ "", "ipsec policy p ", "  INTEGER<1-10000>  The sequence number of IPSec policy\n" },
	{ "", "ipsec policy p 1 ",
		"  isakmp  Indicate setup IPSec SAs by IKE negotiation\n"
		"  manual  Indicate setup IPSec SAs manually\n"
		"  <cr>    " CR },
	{ "", "ip route-static 10.0.0.0 ",
		"  INTEGER<0-32>  IP address mask\n"
		"  X.X.X.X        IP address mask\n" },
	{ "ike proposal 1", "dh group19 group1",
		"  group1   MODP-768 (weak)\n"
		"  group14  MODP-2048\n"
		"  group15  MODP-3072\n"
		"  group16  MODP-4096\n" },
	{ "ike proposal 1", "integrity-algorithm hmac-md5 hmac-sha1 hmac-sha2-256 hmac-sha2-384 ",
		"  hmac-sha2-512  SHA2-HMAC-512\n"
		"  hmac-sm3       SM3-HMAC-256\n"
		"  <cr>           " CR },
	{ "", "undo i",
		"  ike        Specify IKE(Internet Key Exchange) configuration information\n"
		"  interface  Specify the interface configuration view\n"
		"  ip         Specify IP configurations for the system\n"
		"  ipsec      Specify IPSec(IP Security) configuration information\n"
		"  ipv6       Specify IPv6 configurations for the system\n" },
	{ "ipsec proposal p", "transform ",
		"  ah      AH protocol defined in RFC2402\n"
		"  ah-esp  ESP protocol first, then AH protocol\n"
		"  esp     ESP protocol defined in RFC2406\n" },
	{ "acl 3000", "rule permit ",
		"  <1-255>  Protocol number\n"
		"  gre      GRE tunneling(47)\n"
		"  icmp     Internet Control Message Protocol(1)\n"
		"  igmp     Internet Group Management Protocol(2)\n"
		"  ip       Any IP protocol\n"
		"  ipinip   IP in IP tunneling(4)\n"
		"  ospf     OSPF routing protocol(89)\n"
		"  tcp      Transmission Control Protocol (6)\n"
		"  udp      User Datagram Protocol (17)\n" },
	{ "acl 3000", "acl ",
		"  INTEGER<2000-3999,42768-75535>  ACL number\n"
		"  ipv6                            Specify IPv6 ACL\n"
		"  number                          Specify a numbered ACL\n" },
	{ "interface Tunnel0/0/1", "undo gre ",
		"  checksum         Verify checksums from end to end\n"
		"  key              Specify the key of the tunnel\n"
		"  sequence-number  Number packets and drop those that come late\n" },
	{ "interface Tunnel0/0/1", "ipv6 address ",
		"  X:X::X:X    IPv6 address\n"
		"  X:X::X:X/M  IPv6 address and prefix length\n" },
	{ "", "ipsec anti-replay window ",
		"  INTEGER<32,64,128,256,512,1024,2048,4096>  Anti-replay window size\n" },
};

static void
begin(struct cli_fixture *f, const char *view)
{
	cli_fixture_init(f);
	if (view)
		cli_enter_system(f->cli);
	if (view && *view)
		CU_ASSERT_EQUAL(fixture_exec(f, view), 0);
}

static void
help_has_vrps_layout(void)
{
	for (size_t i = 0; i < sizeof(helps) / sizeof(helps[0]); i++) {
		struct cli_fixture f;

		begin(&f, helps[i].view);
		CU_ASSERT_STRING_EQUAL(fixture_help(&f, helps[i].line), helps[i].text);
		CU_ASSERT_EQUAL(f.result.error.kind, CLI_OK);
		if (strcmp(f.text, helps[i].text))
			printf("\n%s?\n%s", helps[i].line, f.text);
		cli_fixture_fini(&f);
	}
}

static void
help_behind_an_error_says_where_it_is(void)
{
	static const struct {
		const char *line;
		enum cli_error_kind kind;
		size_t column;
	} rows[] = {
		{ "display foo ", CLI_UNRECOGNIZED, 8 },
		{ "nonsense", CLI_UNRECOGNIZED, 0 },
		{ "screen-length x t", CLI_WRONG_PARAMETER, 14 },
		{ "s ", CLI_AMBIGUOUS, 0 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct cli_fixture f;

		begin(&f, NULL);
		CU_ASSERT_STRING_EQUAL(fixture_help(&f, rows[i].line), "");
		CU_ASSERT_EQUAL(f.result.error.kind, rows[i].kind);
		CU_ASSERT_EQUAL(f.result.error.column, rows[i].column);
		cli_fixture_fini(&f);
	}
}

static void
tab_knows_keywords_values_and_existing_names(void)
{
	static const char *const setup[] = { "ipsec proposal tran1", "ipsec proposal tran2",
		"ipsec proposal other", "ipsec policy P1 10 manual", "acl 3001", "acl 2002",
		"int g0/0/0", "int g0/0/1", "int t0/0/1", NULL };
	static const struct {
		const char *view;
		const char *line;
		const char *words;
	} rows[] = {
		{ "", "int", "interface" },
		{ "", "interface ", "GigabitEthernet LoopBack Tunnel" },
		{ "", "interface g", "GigabitEthernet" },
		{ "", "interface g0/", "GigabitEthernet0/0/0 GigabitEthernet0/0/1" },
		{ "", "interface Tunnel ", "0/0/1" },
		{ "", "ipsec p", "policy profile proposal" },
		{ "", "ipsec proposal t", "tran1 tran2" },
		{ "", "ipsec policy ", "P1" },
		{ "", "acl 3", "3001" },
		{ "", "display ipsec proposal name o", "other" },
		{ "", "display version | i", "ignore-case include" },
		{ "", "nonsense ", "" },
		{ "ipsec proposal tran1", "esp encryption-algorithm aes-1", "aes-128 aes-192" },
		{ "ipsec proposal tran1", "esp encryption-algorithm aes-gcm-128",
			"aes-gcm-128 aes-gcm-128-icv12 aes-gcm-128-icv8" },
		{ "ipsec proposal tran1", "undo tr", "transform" },
		{ "ipsec proposal tran1", "interf", "interface" },
		{ "ipsec policy P1 10", "proposal ", "other tran1 tran2" },
		{ "ipsec policy P1 10", "security acl ", "2002 3001 ipv6" },
		{ "int t0/0/1", "source gig0/0/1", "GigabitEthernet0/0/1" },
	};
	struct cli_fixture f;

	cli_fixture_init(&f);
	CU_ASSERT(fixture_load(&f, setup));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		cli_enter_system(f.cli);
		if (*rows[i].view)
			CU_ASSERT_EQUAL(fixture_exec(&f, rows[i].view), 0);
		CU_ASSERT_STRING_EQUAL(fixture_complete(&f, rows[i].line), rows[i].words);
		if (strcmp(f.text, rows[i].words))
			printf("\n%s: %s\n", rows[i].line, f.text);
	}
	cli_fixture_fini(&f);
}

CU_TestInfo cli_help_tests[] = {
	{ "help has VRP's layout", help_has_vrps_layout },
	{ "help behind an error says where it is", help_behind_an_error_says_where_it_is },
	{ "TAB knows keywords, values and existing names",
		tab_knows_keywords_values_and_existing_names },
	CU_TEST_INFO_NULL,
};
