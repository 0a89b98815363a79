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

	CU_ASSERT_EQUAL_FATAL(addr_parse(from, &source), 0);
	CU_ASSERT_EQUAL_FATAL(addr_parse(to, &destination), 0);
	memset(m, 0, sizeof(*m));
	return esp_sa_find(t, &source, &destination, spi, m);
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
	static const char bits[] = "\"\",,\\x*0123/:. IPv4AES\n";
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
	{ "what is malformed names its line", what_is_malformed_names_its_line },
	{ "garbage is refused or taken", garbage_is_refused_or_taken },
	CU_TEST_INFO_NULL,
};
