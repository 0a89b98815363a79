/*
 * Twin of datapath/offline/esp_sa.c.
 */
#include "config.h"

#include "datapath/offline/esp_sa.h"

#include "lib/alg.h"
#include "lib/err.h"
#include "lib/msg.h"
#include "tests/unit/datapath/fixture.h"
#include "tests/unit/datapath/suites.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

#define GCM "\"AES-GCM with 16 octet ICV [RFC4106]\",\"0x000102030405060708090a0b0c0d0e0f10111213\""
#define NO_AUTH "\"NULL\",\"\""

static struct esp_sa *
read_text(const char *text, struct err *e)
{
	FILE *f = fmemopen((void *)(uintptr_t)text, strlen(text), "r");
	struct esp_sa *t;

	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	t = esp_sa_read(f, "table", e);
	fclose(f);
	return t;
}

static bool
find(const struct esp_sa *t, const char *from, const char *to, uint32_t spi, struct msg_dp_sa *m)
{
	struct addr source, destination;
	uint8_t icv_len = 0;

	CU_ASSERT_EQUAL_FATAL(addr_parse(from, &source), 0);
	CU_ASSERT_EQUAL_FATAL(addr_parse(to, &destination), 0);
	memset(m, 0, sizeof(*m));
	return esp_sa_find(t, &source, &destination, spi, m, &icv_len) == ESP_SA_FOUND;
}

static void
a_row_becomes_an_sa(void)
{
	static const char text[] =
		"# a comment\n\n"
		"\"IPv4\",\"192.0.2.1\",\"192.0.2.2\",\"0x00001000\",\"AES-CBC [RFC3602]\","
		"\"0x00112233445566778899aabbccddeeff\",\"HMAC-SHA-1-96 [RFC2404]\","
		"\"01234567890123456789\"\r\n"
		"\"IPv6\", \"2001:db8::/32\", \"*\", \"*\", " GCM ", " NO_AUTH ",\"64-bit\"\n";
	struct err e = { 0 };
	struct esp_sa *t = read_text(text, &e);
	struct msg_dp_sa m;

	CU_ASSERT_PTR_NOT_NULL_FATAL(t);
	CU_ASSERT_EQUAL(esp_sa_n(t), 2);
	CU_ASSERT_TRUE(find(t, "192.0.2.1", "192.0.2.2", 0x1000, &m));
	CU_ASSERT_EQUAL(m.cipher, ALG_CIPHER_aes_cbc_128);
	CU_ASSERT_EQUAL(m.auth, ALG_AUTH_hmac_sha1_96);
	CU_ASSERT_TRUE(m.cipher_key.len == 16 && m.cipher_key.data[15] == 0xff);
	CU_ASSERT_TRUE(m.auth_key.len == 20 && m.auth_key.data[0] == '0'); /* not hexadecimal */
	CU_ASSERT_FALSE(m.esn);
	CU_ASSERT_FALSE(find(t, "192.0.2.1", "192.0.2.2", 0x1001, &m));
	CU_ASSERT_FALSE(find(t, "192.0.2.2", "192.0.2.1", 0x1000, &m));
	CU_ASSERT_TRUE(find(t, "2001:db8::5", "fd00::1", 77, &m));
	CU_ASSERT_EQUAL(m.cipher, ALG_CIPHER_aes_gcm_128);
	CU_ASSERT_TRUE(m.spi == 77 && m.esn && m.auth == ALG_AUTH_NONE);
	CU_ASSERT_FALSE(find(t, "2001:db9::5", "fd00::1", 77, &m));
	esp_sa_free(t);
	esp_sa_free(NULL);
}

/* An asterisk is an octet of IPv4, a digit of IPv6 or of an SPI; what a prefix cuts off is anything. */
static void
patterns_match_what_wireshark_s_do(void)
{
	static const struct {
		const char *source, *spi, *from;
		uint32_t packet_spi;
		bool found;
	} rows[] = {
		{ "192.*.2.*", "*", "192.7.2.250", 1, true },
		{ "192.*.2.*", "*", "192.7.3.250", 1, false },
		{ "*.*.*.*", "*", "192.7.3.250", 1, true },
		{ "*.*.*.*", "*", "fd00::1", 1, false },
		{ "10.*.0.0/20", "*", "10.9.15.1", 1, true },
		{ "10.*.0.0/20", "*", "10.9.16.1", 1, false },
		{ "2001:db8::*", "*", "2001:db8::f", 1, true },
		{ "2001:db8::*", "*", "2001:db8::1f", 1, false },
		{ "2001:db8:**::1", "*", "2001:db8:ab::1", 1, true },
		{ "2001:db8:**::1", "*", "2001:db8:1ab::1", 1, false },
		{ "::*", "*", "::9", 1, true },
		{ "*::", "*", "a::", 1, true },
		{ "1:2:3:4:5:6:7:*", "*", "1:2:3:4:5:6:7:c", 1, true },
		{ "2001:*::/20", "*", "2001:fff::1", 1, true },
		{ "*", "0x0000100*", "192.0.2.1", 0x100f, true },
		{ "*", "0x0000100*", "192.0.2.1", 0x101f, false },
		{ "*", "0x********", "192.0.2.1", 0xffffffff, true },
		{ "*", "0xABCD00*0", "192.0.2.1", 0xabcd0030, true },
	};

	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct err e = { 0 };
		struct esp_sa *t;
		struct msg_dp_sa m;
		char text[256];

		snprintf(text, sizeof(text), "\"*\",\"%s\",\"*\",\"%s\"," GCM "," NO_AUTH,
			rows[i].source, rows[i].spi);
		t = read_text(text, &e);
		CU_ASSERT_PTR_NOT_NULL_FATAL(t);
		CU_ASSERT_EQUAL(
			find(t, rows[i].from, rows[i].from, rows[i].packet_spi, &m), rows[i].found);
		esp_sa_free(t);
	}
}

static enum esp_sa_found
look_up(const char *row, struct msg_dp_sa *m, uint8_t *icv_len)
{
	const struct addr a = addr_v4(1);
	struct esp_sa *t;
	enum esp_sa_found found;
	char text[512];

	snprintf(text, sizeof(text), "\"IPv4\",\"*\",\"*\",\"*\",%s\n", row);
	t = read_text(text, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(t);
	*m = (struct msg_dp_sa){ 0 };
	*icv_len = 0;
	found = esp_sa_find(t, &a, &a, 256, m, icv_len);
	esp_sa_free(t);
	return found;
}

#define KEY16 "\"0x00112233445566778899aabbccddeeff\""
#define ANY(bits) "\"ANY " #bits " bit authentication [no checking]\",\"0x99\""

static void
an_icv_that_nobody_checks_has_a_length(void)
{
	static const struct {
		const char *row;
		uint8_t icv_len;
	} rows[] = {
		{ "\"AES-CBC [RFC3602]\"," KEY16 "," ANY(64), 8 },
		{ "\"AES-CBC [RFC3602]\"," KEY16 "," ANY(96), 12 },
		{ "\"AES-CBC [RFC3602]\"," KEY16 "," ANY(128), 16 },
		{ "\"NULL\",\"\"," ANY(192), 24 },
		{ "\"NULL\",\"0x1234\"," ANY(256), 32 },
		{ GCM "," ANY(96), 0 }, /* its own is checked */
		{ "\"AES-CBC [RFC3602]\"," KEY16 ",\"NULL\",\"0x55\"", 0 },
	};

	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct msg_dp_sa m;
		uint8_t icv_len;

		CU_ASSERT_EQUAL(look_up(rows[i].row, &m, &icv_len), ESP_SA_FOUND);
		CU_ASSERT_EQUAL(icv_len, rows[i].icv_len);
		CU_ASSERT_TRUE(m.auth == ALG_AUTH_NONE && m.auth_key.len == 0);
		CU_ASSERT_EQUAL(m.cipher_key.len, alg_cipher_keymat(alg_cipher(m.cipher)));
	}
}

static void
an_algorithm_that_is_not_ours_keeps_its_row(void)
{
	static const char *const rows[] = {
		"\"CAST5-CBC [RFC2144]\"," KEY16 "," NO_AUTH,
		"\"BLOWFISH-CBC [RFC2451]\"," KEY16 "," ANY(96),
		"\"TWOFISH-CBC\"," KEY16 ",\"HMAC-MD5-96 [RFC2403]\"," KEY16,
		"\"AES-CBC [RFC3602]\"," KEY16 ",\"MAC-RIPEMD-160-96 [RFC2857]\",\"0x01\"",
		"\"AES-GCM with IIV and 16 octet ICV [RFC4106 & RFC8750]\"," KEY16 "," NO_AUTH,
		GCM ",\"HMAC-MD5-96 [RFC2403]\"," KEY16, /* two ICVs */
	};

	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct msg_dp_sa m;
		uint8_t icv_len;

		CU_ASSERT_EQUAL(look_up(rows[i], &m, &icv_len), ESP_SA_UNSUPPORTED);
		CU_ASSERT_EQUAL(m.cipher_key.len, 0);
	}
}

static void
a_key_of_an_odd_number_of_digits_begins_with_0(void)
{
	struct msg_dp_sa m;
	uint8_t icv_len;

	CU_ASSERT_EQUAL(
		look_up("\"DES-CBC [RFC2405]\",\"0x123456789abcdef\"," NO_AUTH, &m, &icv_len),
		ESP_SA_FOUND);
	CU_ASSERT_EQUAL(m.cipher_key.len, 8);
	CU_ASSERT_EQUAL(memcmp(m.cipher_key.data, "\x01\x23\x45\x67\x89\xab\xcd\xef", 8), 0);
}

static void
what_is_malformed_names_its_line(void)
{
	static const char *const rows[] = {
		"IPv4",
		"\"IPv4\"",
		"\"IPv4\",",
		"\"IPX\",\"*\",\"*\",\"*\"," GCM "," NO_AUTH,
		"\"IPv4\",\"*\",\"*\",\"\"," GCM "," NO_AUTH,
		"\"IPv4\",\"*\",\"*\",\"4294967296\"," GCM "," NO_AUTH,
		"\"IPv4\",\"*\",\"1.2.3\",\"*\"," GCM "," NO_AUTH,
		"\"IPv4\",\"*\",\"1.*.3\",\"*\"," GCM "," NO_AUTH,
		"\"IPv4\",\"*\",\"1.*.3.256\",\"*\"," GCM "," NO_AUTH,
		"\"IPv4\",\"*\",\"1.*.3.4.5\",\"*\"," GCM "," NO_AUTH,
		"\"IPv4\",\"*\",\"1.*.3.4/33\",\"*\"," GCM "," NO_AUTH,
		"\"IPv4\",\"*\",\"1.*.3.4/\",\"*\"," GCM "," NO_AUTH,
		"\"IPv6\",\"*\",\"1:*::2::3\",\"*\"," GCM "," NO_AUTH,
		"\"IPv6\",\"*\",\"1:*****::\",\"*\"," GCM "," NO_AUTH,
		"\"IPv6\",\"*\",\"1:*:3\",\"*\"," GCM "," NO_AUTH,
		"\"IPv6\",\"*\",\"1:2:3:4:5:6:7:8:*\",\"*\"," GCM "," NO_AUTH,
		"\"IPv6\",\"*\",\"1:2:3:4::5:6:7:*\",\"*\"," GCM "," NO_AUTH,
		"\"IPv6\",\"*\",\"*:\",\"*\"," GCM "," NO_AUTH,
		"\"IPv6\",\"*\",\":*\",\"*\"," GCM "," NO_AUTH,
		"\"IPv4\",\"*\",\"*\",\"0x100*\"," GCM "," NO_AUTH,
		"\"IPv4\",\"*\",\"*\",\"0x000010**0\"," GCM "," NO_AUTH,
		"\"IPv4\",\"*\",\"*\",\"*\"," GCM ",\"HMAC-SHA-1-96\",\"0x00\"",
		"\"IPv4\",\"*\",\"*\",\"*\"," GCM "," NO_AUTH ",\"32\",\"more\"",
		"\"IPv4\",\"*\",\"*\",\"*\"," GCM "," NO_AUTH " x",
	};

	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[512];
		struct err e = { 0 };

		snprintf(text, sizeof(text), "\n# two\n%s\n", rows[i]);
		CU_ASSERT_PTR_NULL(read_text(text, &e));
		CU_ASSERT_STRING_EQUAL(e.object, "table");
		CU_ASSERT_EQUAL(strncmp(e.text, "Line 3: ", 8), 0);
	}
}

static void
garbage_is_refused_or_taken(void)
{
	static const char bits[] = "\"\",,*:\\x*0123/:. IPv4AES\n";
	uint64_t d = 4;

	for (unsigned int round = 0; round < 3000; round++) {
		char text[200];
		unsigned int n = 1 + dice(&d) % (sizeof(text) - 1);

		for (unsigned int i = 0; i < n; i++)
			text[i] = bits[dice(&d) % (sizeof(bits) - 1)];
		text[n - 1] = '\0';
		if (n > 1)
			esp_sa_free(read_text(text, NULL));
	}
}

CU_TestInfo esp_sa_tests[] = {
	{ "a row becomes an SA", a_row_becomes_an_sa },
	{ "patterns match what Wireshark's do", patterns_match_what_wireshark_s_do },
	{ "an ICV that nobody checks has a length", an_icv_that_nobody_checks_has_a_length },
	{ "an algorithm that is not ours keeps its row",
		an_algorithm_that_is_not_ours_keeps_its_row },
	{ "a key of an odd number of digits begins with 0",
		a_key_of_an_odd_number_of_digits_begins_with_0 },
	{ "what is malformed names its line", what_is_malformed_names_its_line },
	{ "garbage is refused or taken", garbage_is_refused_or_taken },
	CU_TEST_INFO_NULL,
};
