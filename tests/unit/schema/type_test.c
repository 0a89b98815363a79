/*
 * Types of values: what each takes, what it makes of it, what it refuses.
 */
#include "config.h"

#include "schema/type.h"

#include "lib/alg.h"
#include "lib/arena.h"
#include "schema/seal.h"
#include "tests/unit/schema/suites.h"

#include <stdio.h>
#include <string.h>

/* canonical NULL: refused. */
struct sample {
	const struct type *type;
	const char *text;
	const char *canonical;
};

static void
check_samples(const struct sample *samples, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct type *t = samples[i].type;
		struct arena *a = arena_new();
		struct value v = { 0 };
		int err = t->parse(t, samples[i].text, a, &v);
		const char *word = err ? NULL : type_text(t, &v, a);
		const char *expected = samples[i].canonical;

		CU_ASSERT_EQUAL(err != 0, expected == NULL);
		if (word && expected)
			CU_ASSERT_STRING_EQUAL(word, expected);
		if (!word != !expected || (word && strcmp(word, expected)))
			printf("\n%s \"%s\": %s\n", t->name, samples[i].text, word ? word : "-");
		arena_free(a);
	}
}

#define CHECK(samples) check_samples(samples, sizeof(samples) / sizeof((samples)[0]))

static void
integers_stay_in_their_range(void)
{
	static const struct type small = TYPE_INTEGER("small", 5, 300);
	static const struct type big = TYPE_INTEGER("big", 0, 4294967295);
	static const struct sample samples[] = {
		{ &small, "4", NULL },
		{ &small, "5", "5" },
		{ &small, "300", "300" },
		{ &small, "0300", "300" },
		{ &small, "301", NULL },
		{ &small, "", NULL },
		{ &small, "-6", NULL },
		{ &small, "+6", NULL },
		{ &small, "6x", NULL },
		{ &small, " 6", NULL },
		{ &big, "4294967295", "4294967295" },
		{ &big, "4294967296", NULL },
		{ &big, "99999999999999999999", NULL },
	};
	struct arena *a = arena_new();

	CHECK(samples);
	CU_ASSERT_STRING_EQUAL(small.help_form, "INTEGER<5-300>");
	CU_ASSERT_STRING_EQUAL(type_integer(a, 5, 300)->help_form, small.help_form);
	arena_free(a);
}

static void
names_hold_what_a_prompt_can(void)
{
	static const struct sample samples[] = {
		{ &type_name15, "a", "a" },
		{ &type_name15, "A-b.c_9", "A-b.c_9" },
		{ &type_name15, "123456789012345", "123456789012345" },
		{ &type_name15, "1234567890123456", NULL },
		{ &type_name15, "", NULL },
		{ &type_name15, "a b", NULL },
		{ &type_name15, "a@b", NULL },
		{ &type_name15, "a/b", NULL },
		{ &type_name15, "caf\xc3\xa9", NULL },
		{ &type_sysname, "R1", "R1" },
		{ &type_description, "two words", "two words" },
		{ &type_description, "caf\xc3\xa9", "caf\xc3\xa9" },
		{ &type_description, "tab\there", NULL },
		{ &type_description, "bell\x07", NULL },
		{ &type_description, "", NULL },
		{ &type_word, "two words", NULL },
	};
	char long_text[300];

	CHECK(samples);
	memset(long_text, 'x', sizeof(long_text));
	long_text[242] = '\0';
	check_samples(&(struct sample){ &type_description, long_text, long_text }, 1);
	long_text[242] = 'x';
	long_text[243] = '\0';
	check_samples(&(struct sample){ &type_description, long_text, NULL }, 1);
}

static void
addresses_masks_and_wildcards_have_one_form(void)
{
	static const struct sample samples[] = {
		{ &type_ipv4, "0.0.0.0", "0.0.0.0" },
		{ &type_ipv4, "255.255.255.255", "255.255.255.255" },
		{ &type_ipv4, "1.2.3", NULL },
		{ &type_ipv4, "1.2.3.256", NULL },
		{ &type_ipv4, "::1", NULL },
		{ &type_ipv4_host, "10.0.0.1", "10.0.0.1" },
		{ &type_ipv4_host, "0.1.2.3", NULL },
		{ &type_ipv4_host, "127.0.0.1", NULL },
		{ &type_ipv4_host, "223.255.255.255", "223.255.255.255" },
		{ &type_ipv4_host, "224.0.0.1", NULL },
		{ &type_ipv4_host, "255.255.255.255", NULL },
		{ &type_ipv4_network, "0.0.0.0", "0.0.0.0" },
		{ &type_ipv4_network, "224.0.0.0", NULL },
		{ &type_mask, "0", "0.0.0.0" },
		{ &type_mask, "24", "255.255.255.0" },
		{ &type_mask, "32", "255.255.255.255" },
		{ &type_mask, "33", NULL },
		{ &type_mask, "255.255.252.0", "255.255.252.0" },
		{ &type_mask, "255.0.255.0", NULL },
		{ &type_wildcard, "0", "0" },
		{ &type_wildcard, "0.0.0.0", "0" },
		{ &type_wildcard, "0.255.0.255", "0.255.0.255" },
		{ &type_wildcard, "1", NULL },
	};

	CHECK(samples);
}

static void
interfaces_are_named_in_full(void)
{
	static const struct sample samples[] = {
		{ &type_interface, "GigabitEthernet0/0/0", "GigabitEthernet0/0/0" },
		{ &type_interface, "g0/0/1", "GigabitEthernet0/0/1" },
		{ &type_interface, "GIG 15/15/255", "GigabitEthernet15/15/255" },
		{ &type_interface, "g0/0/256", NULL },
		{ &type_interface, "g0/0", NULL },
		{ &type_interface, "g0/0/0/0", NULL },
		{ &type_interface, "g0/0/01", NULL },
		{ &type_interface, "g", NULL },
		{ &type_interface, "0/0/0", NULL },
		{ &type_interface, "", NULL },
		{ &type_interface, "LoopBack1023", "LoopBack1023" },
		{ &type_interface, "loop1024", NULL },
		{ &type_interface, "tunnel 0/0/4095", "Tunnel0/0/4095" },
		{ &type_interface, "t0/0/4096", NULL },
		{ &type_interface, "t0/1/0", NULL },
		{ &type_interface, "t  0/0/1", NULL },
		{ &type_interface, "Vlanif1", NULL },
	};

	CHECK(samples);
}

static void
keys_are_kept_plain_until_sealed_and_never_shown(void)
{
	static const struct sample samples[] = {
		{ &type_string_key, "h", "******" },
		{ &type_string_key, "%^%#AAAA%^%#", "%^%#AAAA%^%#" },
		{ &type_string_key, "", NULL },
		{ &type_string_key, "a b", NULL },
		{ &type_hex_key, "0123456789abcdef", "******" },
		{ &type_hex_key, "0123456789ABCDEF", "******" },
		{ &type_hex_key, "0123456789abcde", NULL },
		{ &type_hex_key, "0123456789abcdeg", NULL },
		{ &type_hex_key, "01234567", NULL },
		{ &type_hex_key, "%^%#AAAA%^%#", "%^%#AAAA%^%#" },
	};
	struct arena *a = arena_new();
	struct value v;
	char key[129];

	CHECK(samples);
	CU_ASSERT_EQUAL(type_string_key.parse(&type_string_key, "huawei", a, &v), 0);
	CU_ASSERT_STRING_EQUAL(v.s, SEAL_PLAIN "huawei");
	memset(key, 'k', sizeof(key));
	key[127] = '\0';
	check_samples(&(struct sample){ &type_string_key, key, "******" }, 1);
	key[127] = 'k';
	key[128] = '\0';
	check_samples(&(struct sample){ &type_string_key, key, NULL }, 1);
	arena_free(a);
}

static void
ports_and_icmp_messages_have_names(void)
{
	static const struct sample samples[] = {
		{ &type_tcp_port, "www", "www" },
		{ &type_tcp_port, "WWW", "www" },
		{ &type_tcp_port, "80", "www" },
		{ &type_tcp_port, "8080", "8080" },
		{ &type_tcp_port, "dns", NULL },
		{ &type_tcp_port, "65535", "65535" },
		{ &type_tcp_port, "65536", NULL },
		{ &type_udp_port, "53", "dns" },
		{ &type_icmp_name, "echo", "echo" },
		{ &type_icmp_name, "fragmentneed-dfset", "fragmentneed-DFset" },
		{ &type_icmp_name, "8", NULL },
	};

	CHECK(samples);
}

/* The choices of a column are the algorithms offered for its protocol, in the table's order. */
static void
check_auths(const char *column, enum alg_offered from)
{
	const struct table *t = &model_ipsec_proposal;
	const struct choice *c = t->columns[model_column(t, column)].type->choices;

	for (unsigned int i = ALG_AUTH_NONE + 1; i < ALG_AUTH_N; i++) {
		if (alg_auth(i)->offered < from)
			continue;
		CU_ASSERT_PTR_NOT_NULL_FATAL(c->keyword);
		CU_ASSERT_EQUAL(alg_auth_find(c->keyword), i);
		c++;
	}
	CU_ASSERT_PTR_NULL(c->keyword);
}

/* Every algorithm of the table can be configured, and nothing else. */
static void
algorithms_are_those_of_the_table(void)
{
	const struct table *t = &model_ipsec_proposal;
	const struct choice *c = t->columns[model_column(t, "esp_encryption")].type->choices;
	unsigned int n = ALG_CIPHER_NONE;

	for (; c->keyword; c++)
		CU_ASSERT_EQUAL(alg_cipher_find(c->keyword), ++n);
	CU_ASSERT_EQUAL(n + 1, ALG_CIPHER_N);
	check_auths("ah_authentication", ALG_OFFERED_ah);
	check_auths("esp_authentication", ALG_OFFERED_both);
}

static void
types_are_found_by_name(void)
{
	static const char *const names[] = { "word", "text", "regex", "name", "ipv4", "ipv4-host",
		"mask", "wildcard", "interface", "tcp-port", "udp-port", NULL };

	for (size_t i = 0; names[i]; i++) {
		const struct type *t = type_find(names[i]);

		CU_ASSERT_PTR_NOT_NULL_FATAL(t);
		CU_ASSERT_STRING_EQUAL(t->name, names[i]);
	}
	CU_ASSERT_PTR_NULL(type_find("nothing"));
}

CU_TestInfo type_tests[] = {
	{ "integers stay in their range", integers_stay_in_their_range },
	{ "names hold what a prompt can", names_hold_what_a_prompt_can },
	{ "addresses, masks and wildcards have one form",
		addresses_masks_and_wildcards_have_one_form },
	{ "interfaces are named in full", interfaces_are_named_in_full },
	{ "keys are kept plain until sealed, and never shown",
		keys_are_kept_plain_until_sealed_and_never_shown },
	{ "ports and ICMP messages have names", ports_and_icmp_messages_have_names },
	{ "algorithms are those of the table", algorithms_are_those_of_the_table },
	{ "types are found by name", types_are_found_by_name },
	CU_TEST_INFO_NULL,
};
