/*
 * Twin of daemon/compile/isakmp.c: a policy that negotiates as peer, children and groups.
 */
#include "config.h"

#include "daemon/compile/isakmp.h"

#include <errno.h>
#include <string.h>

#include "tests/unit/daemon/bench.h"
#include "tests/unit/daemon/site.h"
#include "tests/unit/daemon/suites.h"

#define OWNER "protection GigabitEthernet0/0/1"
#define PEER                                                                             \
	"peer site: site versions 2 key Road@2Walls id 0  remote 0  natt dpd 0 30/15/3 " \
	"reauth 0\n  at 203.0.113.1\n"                                                   \
	"  proposal 10 encryption 6 integrity 3 prf 3 dh 7 lifetime 86400\n"
#define CHILD_HEAD                                                                  \
	"child P1-10 GigabitEthernet0/0/1 5 of P1-10 GigabitEthernet0/0/1 by site " \
	"rule 5 tunnel auto from 198.51.100.1 "
#define CHILD_REST                                                            \
	"protocol 0 10.1.1.0-10.1.1.255:0-65535 10.1.2.0-10.1.2.255:0-65535 " \
	"lifetime 3600/1887436800 window 1024\n"
#define PROPOSAL "  proposal tran1 50 encryption 4 integrity 3 dh 4\n"

static bool
wants(struct bench *b, const char *owner, const char *text)
{
	return strstr(bench_wants(b, owner), text) != NULL;
}

static void
a_policy_becomes_a_peer_a_child_a_rule_and_its_group(void)
{
	struct bench b;

	bench_init(&b);
	CU_ASSERT_EQUAL(bench_commit(&b, SITE_INTERFACES SITE_ISAKMP), 0);
	CU_ASSERT_STRING_EQUAL(bench_notes(&b), "");
	CU_ASSERT_TRUE(wants(&b, OWNER,
		PEER CHILD_HEAD CHILD_REST PROPOSAL
		"group P1-10 GigabitEthernet0/0/1 5 on yp-ge0-0-1 mtu 1500 df 0\n"));
	/* there is no way in clear from the start on */
	CU_ASSERT_TRUE(wants(&b, OWNER, "spd yp-ge0-0-1\n  rule 5 protect "));
	CU_ASSERT_TRUE(wants(&b, OWNER, "mtu 1438 metric"));
	CU_ASSERT_TRUE(
		wants(&b, "router ", "ike name Huawei keepalive 20\nport 11 500\nport 11 4500\n"));
	CU_ASSERT_FALSE(wants(&b, "router ", "ipv6"));
	bench_fini(&b);
}

/* Each row changes one thing; what is expected is a part of what is wanted then. */
static void
every_line_of_the_configuration_reaches_the_speaker(void)
{
	static const struct {
		const char *rows, *text;
	} rows[] = {
		{ "set ike_peer site local_id_type=fqdn local_id=rta", "id 2 rta remote 0  natt" },
		{ "set ike_peer site local_id_type=fqdn", "id 2  remote" },
		{ "set ike_peer site local_id_type=user-fqdn local_id=a@b", "id 3 a@b remote" },
		{ "set ike_peer site local_id=192.0.2.1", "id 1 192.0.2.1 remote" },
		{ "set ike_peer site remote_id_type=ip", "remote 1 203.0.113.1 natt" },
		{ "set ike_peer site remote_id_type=ip\n"
		  "put ike_peer_address peer=site position=2 address=203.0.113.9",
			"remote 1  natt" },
		{ "set ike_peer site remote_id_type=ip\ndel ike_peer_address site,1",
			"remote 1  natt" },
		{ "set ike_peer site remote_id_type=ip\ndel ike_peer_address site,1\n"
		  "set ipsec_policy P1,10 tunnel_local=2001:db8::9",
			"remote 5  natt" },
		{ "set ike_peer site remote_id_type=ip remote_id=2001:db8::1",
			"remote 5 2001:db8::1 natt" },
		{ "set ike_peer site remote_id_type=key-id remote_id=x", "remote 11 x natt" },
		{ "set ike_peer site nat_traversal=0", "remote 0  dpd" },
		{ "set ike_peer site dpd_type=periodic dpd_idle=40", "dpd 2 40/15/3" },
		{ "set ike_global 1 dpd_type=on-demand dpd_retries=5", "dpd 1 30/15/5" },
		{ "set ike_peer site reauthentication=7200", "reauth 7200" },
		{ "set ike_peer site ike_proposal=",
			"proposal 0 encryption 6 integrity 3 prf 3 dh 4 lifetime 86400" },
		{ "set ike_proposal 10 duration=600", "lifetime 600\n" },
		{ "set ike_proposal 10 encryption=aes-gcm-256",
			"encryption 13 integrity prf 3 dh 7" },
		{ "put ike_peer_address peer=site position=2 address=203.0.113.9",
			"at 203.0.113.1\n  at 203.0.113.9\n" },
		{ "set ike_peer site local_address=198.51.100.9", "auto from 198.51.100.9 " },
		{ "set ipsec_policy P1,10 tunnel_local=198.51.100.8", "auto from 198.51.100.8 " },
		{ "set ipsec_policy P1,10 sa_trigger_mode=traffic-based", "tunnel traffic from " },
		{ "set ipsec_policy P1,10 pfs=", "integrity 3 dh\n" },
		{ "set ipsec_policy P1,10 sa_duration_time=1200", "lifetime 1200/" },
		{ "set ipsec_policy P1,10 sa_duration_traffic=0", "lifetime 3600/0 " },
		{ "set ipsec_global 1 sa_duration_traffic=2560", "lifetime 3600/2621440 " },
		{ "set ipsec_policy P1,10 anti_replay_window=64", "window 64\n" },
		{ "set ipsec_proposal tran1 esn=1", "dh 4 esn\n" },
		{ "set ipsec_proposal tran1 encapsulation_mode=transport", "rule 5 transport" },
		{ "set ipsec_proposal tran1 transform=ah", "tran1 51 encryption integrity 3" },
		{ "set ipsec_proposal tran1 esp_encryption=aes-gcm-256",
			"tran1 50 encryption 13 integrity dh 4\n" },
		{ "set ipsec_global 1 sha2_compatible=1", "encryption 4 integrity 7 dh" },
		{ "set ipsec_global 1 df_bit=set fragmentation_before=1",
			"mtu 1500 df 1 fragment-before\n" },
		{ "put ipsec_proposal name=t2 esp_encryption=3des\n"
		  "put ipsec_policy_proposal name=P1 sequence=10 position=2 proposal=t2",
			PROPOSAL "  proposal t2 50 encryption 2 integrity 3 dh 4\n" },
		{ "set acl_rule 3001,5 protocol=6 source_port_low=1024 source_port_high=65535 "
		  "destination_port_low=443 destination_port_high=443",
			"protocol 6 10.1.1.0-10.1.1.255:1024-65535 "
			"10.1.2.0-10.1.2.255:443-443 " },
		{ "set acl_rule 3001,5 protocol=1 icmp_type=8 icmp_code=0",
			"protocol 1 10.1.1.0-10.1.1.255:2048-2048 "
			"10.1.2.0-10.1.2.255:2048-2048 " },
		{ "set acl_rule 3001,5 protocol=1 icmp_type=3",
			"10.1.1.0-10.1.1.255:768-1023 10.1.2.0-10.1.2.255:768-1023 " },
		{ "set acl_rule 3001,5 source= source_wildcard=",
			"protocol 0 0.0.0.0-255.255.255.255:0-65535 " },
		{ "put acl_rule acl=3001 id=10 action=permit destination=10.1.3.1 "
		  "destination_wildcard=0.0.0.0",
			"child P1-10 GigabitEthernet0/0/1 10 of P1-10 GigabitEthernet0/0/1 " },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct bench b;

		bench_init(&b);
		CU_ASSERT_EQUAL(bench_commit(&b, SITE_INTERFACES SITE_ISAKMP), 0);
		CU_ASSERT_EQUAL(bench_commit(&b, rows[i].rows), 0);
		CU_ASSERT_TRUE(wants(&b, OWNER, rows[i].text));
		CU_ASSERT_STRING_EQUAL(bench_notes(&b), "");
		bench_fini(&b);
	}
}

/* Half a configuration protects nothing, and sends nothing in clear. */
static void
what_an_incomplete_negotiation_should_protect_is_discarded(void)
{
	static const struct {
		const char *rows, *why;
	} rows[] = {
		{ "set ipsec_policy P1,10 ike_peer=", "no IKE peer" },
		{ "del ipsec_policy_proposal P1,10,1", "no proposal" },
		{ "set ipsec_policy P1,10 acl=", "no ACL" },
		{ "set ike_peer site pre_shared_key=", "no pre-shared key for the IKE peer site" },
		{ "set ike_peer site version_1=1 version_2=0",
			"the IKE peer site is not to speak IKEv2: nothing else runs here" },
		{ "set ike_peer site remote_id=moon",
			"the IKE peer site has a remote-id without remote-id-type" },
		{ "set ike_peer site remote_id_type=fqdn",
			"the IKE peer site has a remote-id-type without remote-id" },
		{ "set ike_peer site remote_id_type=ip remote_id=moon",
			"the remote-id of the IKE peer site is no address, as its type says" },
		{ "set ike_peer site local_id=sun",
			"the local-id of the IKE peer site is no address, as its type says" },
		{ "set ike_peer site local_id_type=user-fqdn",
			"the IKE peer site has a local-id-type without local-id" },
		{ "set ipsec_proposal tran1 transform=ah-esp",
			"the proposal tran1 is AH around ESP, which IKEv2 cannot negotiate" },
		{ "put ipsec_proposal name=t2 encapsulation_mode=transport\n"
		  "put ipsec_policy_proposal name=P1 sequence=10 position=2 proposal=t2",
			"its proposals differ in the encapsulation mode" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char note[160] = "IPSec policy P1 10: ";
		struct bench b;

		strlcat(note, rows[i].why, sizeof(note));
		strlcat(note, "\n", sizeof(note));
		bench_init(&b);
		CU_ASSERT_EQUAL(bench_commit(&b, SITE_INTERFACES SITE_ISAKMP), 0);
		CU_ASSERT_EQUAL(bench_commit(&b, rows[i].rows), 0);
		CU_ASSERT_STRING_EQUAL(bench_notes(&b), note);
		CU_ASSERT_FALSE(wants(&b, OWNER, "child"));
		CU_ASSERT_FALSE(wants(&b, OWNER, "protect "));
		CU_ASSERT_FALSE(wants(&b, "router ", "ike"));
		bench_fini(&b);
	}
}

static void
a_rule_that_ike_cannot_say_is_discarded_and_the_others_go_on(void)
{
	struct bench b;

	bench_init(&b);
	CU_ASSERT_EQUAL(bench_commit(&b, SITE_INTERFACES SITE_ISAKMP), 0);
	CU_ASSERT_EQUAL(bench_commit(&b,
				"put acl_rule acl=3001 id=10 action=permit source=10.1.1.0 "
				"source_wildcard=0.0.255.0"),
		0);
	CU_ASSERT_STRING_EQUAL(bench_notes(&b),
		"IPSec policy P1 10: rule 10 has a wildcard that is no prefix: IKE cannot say "
		"what it selects\n");
	CU_ASSERT_TRUE(wants(&b, OWNER, "rule 5 protect"));
	CU_ASSERT_TRUE(wants(&b, OWNER, "rule 10 discard"));
	bench_fini(&b);
}

static void
ends_of_two_families_are_refused(void)
{
	struct bench b;

	bench_init(&b);
	CU_ASSERT_EQUAL(bench_commit(&b, SITE_INTERFACES SITE_ISAKMP), 0);
	CU_ASSERT_EQUAL(bench_commit(&b,
				"put ike_peer_address peer=site position=2 "
				"address=2001:db8::1"),
		-EINVAL);
	CU_ASSERT_STRING_EQUAL(
		b.err.text, "our address and the IKE peer site's are of two families");
	bench_fini(&b);
}

static void
a_peer_reached_by_ipv6_needs_sockets_of_ipv6(void)
{
	struct bench b;

	bench_init(&b);
	CU_ASSERT_EQUAL(bench_commit(&b,
				SITE_INTERFACES SITE_ISAKMP
				"set ike_peer_address site,1 address=2001:db8::1\n"
				"set ipsec_policy P1,10 tunnel_local=2001:db8::9\n"),
		0);
	CU_ASSERT_TRUE(wants(&b, "router ", "port 11 500 ipv6\nport 11 4500 ipv6\n"));
	CU_ASSERT_FALSE(wants(&b, "router ", "port 11 500\n"));
	CU_ASSERT_TRUE(wants(&b, "router ", "port 7 \n")); /* raw ESP */
	bench_fini(&b);
}

static void
a_disabled_policy_is_as_if_it_were_not_there(void)
{
	struct bench b;

	bench_init(&b);
	CU_ASSERT_EQUAL(bench_commit(&b, SITE_INTERFACES SITE_ISAKMP), 0);
	CU_ASSERT_EQUAL(bench_commit(&b, "set ipsec_policy P1,10 enabled=0"), 0);
	CU_ASSERT_FALSE(wants(&b, OWNER, "child"));
	CU_ASSERT_FALSE(wants(&b, OWNER, "rule"));
	bench_fini(&b);
}

/* Whatever a negotiation refers to, a change of it is seen, and changes what it must and no more. */
static void
changes_are_steps_at_the_peer_or_at_the_child(void)
{
	static const struct {
		const char *rows, *steps;
	} rows[] = {
		{ "set ike_peer site pre_shared_key=Another1", "~ peer site\n" },
		{ "set ike_peer site dpd_type=periodic", "~ peer site\n" },
		{ "set ike_proposal 10 dh=group14", "~ peer site\n" },
		{ "set ike_peer_address site,1 address=203.0.113.7", "~ peer site\n" },
		{ "set ipsec_policy P1,10 pfs=", "~ child ike P1-10 GigabitEthernet0/0/1 5\n" },
		{ "set ike_global 1 local_name=rta", "~ ike ike\n" },
		{ "set system 1 sysname=RTA", "~ ike ike\n" },
		{ "set ipsec_global 1 df_bit=set", "~ group ike P1-10 GigabitEthernet0/0/1 5\n" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct bench b;

		bench_init(&b);
		CU_ASSERT_EQUAL(bench_commit(&b, SITE_INTERFACES SITE_ISAKMP), 0);
		bench_steps(&b);
		CU_ASSERT_EQUAL(bench_commit(&b, rows[i].rows), 0);
		CU_ASSERT_STRING_EQUAL(bench_steps(&b), rows[i].steps);
		bench_fini(&b);
	}
}

static void
one_peer_of_two_policies_is_one_object(void)
{
	struct bench b;

	bench_init(&b);
	CU_ASSERT_EQUAL(bench_commit(&b,
				SITE_INTERFACES SITE_ISAKMP
				"put acl number=3002\n"
				"put acl_rule acl=3002 id=5 action=permit "
				"destination=10.1.9.0 destination_wildcard=0.0.0.255\n"
				"put ipsec_policy name=P1 sequence=20 mode=isakmp acl=3002 "
				"ike_peer=site\n"
				"put ipsec_policy_proposal name=P1 sequence=20 position=1 "
				"proposal=tran1\n"),
		0);
	bench_steps(&b);
	CU_ASSERT_EQUAL(bench_commit(&b, "set ipsec_policy P1,10 ike_peer="), 0);
	CU_ASSERT_PTR_NULL(strstr(bench_steps(&b), "peer"));
	CU_ASSERT_EQUAL(bench_commit(&b, "set ipsec_policy P1,20 ike_peer="), 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(bench_steps(&b), "- peer site\n"));
	bench_fini(&b);
}

CU_TestInfo isakmp_tests[] = {
	{ "a policy becomes a peer, a child, a rule and its group",
		a_policy_becomes_a_peer_a_child_a_rule_and_its_group },
	{ "every line of the configuration reaches the speaker",
		every_line_of_the_configuration_reaches_the_speaker },
	{ "what an incomplete negotiation should protect is discarded",
		what_an_incomplete_negotiation_should_protect_is_discarded },
	{ "a rule that IKE cannot say is discarded, and the others go on",
		a_rule_that_ike_cannot_say_is_discarded_and_the_others_go_on },
	{ "ends of two families are refused", ends_of_two_families_are_refused },
	{ "a peer reached by IPv6 needs sockets of IPv6",
		a_peer_reached_by_ipv6_needs_sockets_of_ipv6 },
	{ "a disabled policy is as if it were not there",
		a_disabled_policy_is_as_if_it_were_not_there },
	{ "changes are steps at the peer or at the child",
		changes_are_steps_at_the_peer_or_at_the_child },
	{ "one peer of two policies is one object", one_peer_of_two_policies_is_one_object },
	CU_TEST_INFO_NULL,
};
