/*
 * Twin of daemon/compile/dirty.c: which owners a changed row makes dirty.
 */
#include "config.h"

#include "daemon/compile/dirty.h"

#include "lib/arena.h"
#include "lib/err.h"
#include "schema/store.h"

#include <stdio.h>
#include <string.h>

#include "tests/unit/daemon/rows.h"
#include "tests/unit/daemon/site.h"
#include "tests/unit/daemon/suites.h"

static void
on_owner(void *arg, enum owner_kind kind, const char *name)
{
	static const char letters[] = "IPR?";
	char *log = arg;

	snprintf(log + strlen(log), 1024 - strlen(log), "%c:%s ", letters[kind], name);
}

#define SITE                                                                           \
	SITE_INTERFACES SITE_ACL SITE_PROPOSAL SITE_POLICY SITE_APPLY                  \
		"put interface name=Tunnel0/0/2 kind=Tunnel position=2 "               \
		"source_interface=GigabitEthernet0/0/1\n"                              \
		"put route_static destination=10.9.0.0 length=16 "                     \
		"interface_name=GigabitEthernet0/0/1 interface=GigabitEthernet0/0/1\n" \
		"put acl number=2000\n"                                                \
		"put acl6 number=3001\n"                                               \
		"set ipsec_policy P1,10 acl6=3001\n"                                   \
		"put ipsec_proposal name=other\n"                                      \
		"put ike_proposal number=7\n"                                          \
		"put ike_peer name=hub ike_proposal=7\n"                               \
		"put ike_peer name=nobody\n"                                           \
		"set ipsec_policy P1,10 ike_peer=hub\n"                                \
		"put ipsec_profile name=roads ike_peer=hub\n"                          \
		"put ipsec_profile_proposal profile=roads position=1 proposal=other\n" \
		"put interface name=Tunnel0/0/3 kind=Tunnel position=3 ipsec_profile=roads\n"

static void
a_row_reaches_who_depends_on_it_over_the_foreign_keys(void)
{
	static const struct {
		const struct table *table;
		struct value key[4];
		const char *owners;
	} rows[] = {
		{ &model_system, { VALUE_OF_INT(1) }, "?: " },
		{ &model_interface, { VALUE_OF_TEXT("GigabitEthernet0/0/0") },
			"I:GigabitEthernet0/0/0 P:GigabitEthernet0/0/0 " },
		{ &model_interface, { VALUE_OF_TEXT("GigabitEthernet0/0/1") },
			"I:GigabitEthernet0/0/1 P:GigabitEthernet0/0/1 I:Tunnel0/0/2 "
			"R:10.9.0.0 16 - GigabitEthernet0/0/1 " },
		{ &model_ip_address,
			{ VALUE_OF_TEXT("GigabitEthernet0/0/0"), VALUE_OF_TEXT("10.1.1.1") },
			"I:GigabitEthernet0/0/0 P:GigabitEthernet0/0/1 " },
		{ &model_route_static,
			{ VALUE_OF_TEXT("1.0.0.0"), VALUE_OF_INT(8), VALUE_OF_TEXT("2.2.2.2"),
				VALUE_OF_TEXT("") },
			"R:1.0.0.0 8 2.2.2.2 - " },
		{ &model_acl, { VALUE_OF_INT(3001) }, "P:GigabitEthernet0/0/1 " },
		{ &model_acl_rule, { VALUE_OF_INT(3001), VALUE_OF_INT(7) },
			"P:GigabitEthernet0/0/1 " },
		{ &model_acl_rule, { VALUE_OF_INT(2000), VALUE_OF_INT(5) }, "" },
		{ &model_ipsec_proposal, { VALUE_OF_TEXT("tran1") }, "P:GigabitEthernet0/0/1 " },
		{ &model_ipsec_profile, { VALUE_OF_TEXT("roads") }, "I:Tunnel0/0/3 " },
		{ &model_ipsec_profile_proposal, { VALUE_OF_TEXT("roads"), VALUE_OF_INT(1) },
			"I:Tunnel0/0/3 " },
		{ &model_ipsec_proposal, { VALUE_OF_TEXT("other") }, "I:Tunnel0/0/3 " },
		{ &model_ipsec_global, { VALUE_OF_INT(1) },
			"P:GigabitEthernet0/0/1 I:Tunnel0/0/3 " },
		{ &model_acl6_rule, { VALUE_OF_INT(3001), VALUE_OF_INT(7) },
			"P:GigabitEthernet0/0/1 " },
		{ &model_ipv6_address,
			{ VALUE_OF_TEXT("GigabitEthernet0/0/0"), VALUE_OF_TEXT("2001:db8::1") },
			"I:GigabitEthernet0/0/0 P:GigabitEthernet0/0/1 " },
		{ &model_ipv6_route_static,
			{ VALUE_OF_TEXT("::"), VALUE_OF_INT(0), VALUE_OF_TEXT("2001:db8::2"),
				VALUE_OF_TEXT("") },
			"R::: 0 2001:db8::2 - " },
		{ &model_ipsec_policy, { VALUE_OF_TEXT("P1"), VALUE_OF_INT(10) },
			"P:GigabitEthernet0/0/1 " },
		{ &model_ipsec_policy_proposal,
			{ VALUE_OF_TEXT("P1"), VALUE_OF_INT(10), VALUE_OF_INT(1) },
			"P:GigabitEthernet0/0/1 " },
		{ &model_ipsec_policy_group, { VALUE_OF_TEXT("P1") }, "P:GigabitEthernet0/0/1 " },
		{ &model_ike_peer, { VALUE_OF_TEXT("hub") },
			"P:GigabitEthernet0/0/1 I:Tunnel0/0/3 " },
		{ &model_ike_peer_address, { VALUE_OF_TEXT("hub"), VALUE_OF_INT(1) },
			"P:GigabitEthernet0/0/1 I:Tunnel0/0/3 " },
		{ &model_ike_peer, { VALUE_OF_TEXT("nobody") }, "" },
		{ &model_ike_proposal, { VALUE_OF_INT(7) },
			"P:GigabitEthernet0/0/1 I:Tunnel0/0/3 " },
		{ &model_ike_proposal, { VALUE_OF_INT(8) }, "" },
		{ &model_ike_global, { VALUE_OF_INT(1) },
			"?: P:GigabitEthernet0/0/1 I:Tunnel0/0/3 " },
	};
	struct arena *a = arena_new();
	struct store *s = NULL;
	struct err e;

	CU_ASSERT_EQUAL_FATAL(store_new_memory(&s, &e), 0);
	CU_ASSERT_EQUAL_FATAL(rows_text(s, SITE, a), 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct value key[4];
		struct change c = { .table = rows[i].table, .key = key, .op = CHANGE_UPDATE };
		char log[1024] = "";

		memcpy(key, rows[i].key, sizeof(key));
		CU_ASSERT_EQUAL(dirty_change(s, &c, a, on_owner, log), 0);
		CU_ASSERT_STRING_EQUAL(log, rows[i].owners);
	}
	store_close(s);
	arena_free(a);
}

static void
everything_is_every_interface_protection_and_route(void)
{
	struct arena *a = arena_new();
	struct store *s = NULL;
	char log[1024] = "";
	struct err e;

	CU_ASSERT_EQUAL_FATAL(store_new_memory(&s, &e), 0);
	CU_ASSERT_EQUAL_FATAL(rows_text(s, SITE, a), 0);
	CU_ASSERT_EQUAL(dirty_all(s, a, on_owner, log), 0);
	CU_ASSERT_STRING_EQUAL(log,
		"I:GigabitEthernet0/0/0 I:GigabitEthernet0/0/1 P:GigabitEthernet0/0/1 "
		"I:Tunnel0/0/2 I:Tunnel0/0/3 R:0.0.0.0 0 198.51.100.254 - "
		"R:10.9.0.0 16 - GigabitEthernet0/0/1 ");
	store_close(s);
	arena_free(a);
}

CU_TestInfo dirty_tests[] = {
	{ "a row reaches who depends on it over the foreign keys",
		a_row_reaches_who_depends_on_it_over_the_foreign_keys },
	{ "everything is every interface, protection and route",
		everything_is_every_interface_protection_and_route },
	CU_TEST_INFO_NULL,
};
