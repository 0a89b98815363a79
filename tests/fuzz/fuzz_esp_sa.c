/*
 * Fuzzes the reader of Wireshark's esp_sa table, an operator's file. What is found in what was read must be
 * such that an SA can be made of it: algorithms that exist, keys of their lengths.
 */
#include "config.h"

#include "datapath/offline/esp_sa.h"

#include "lib/alg.h"
#include "lib/err.h"
#include "lib/msg.h"
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

static void
find(const struct esp_sa *t, const char *source, const char *destination, uint32_t spi)
{
	struct msg_dp_sa m = { 0 };
	struct addr from, to;
	uint8_t icv_len = 0;

	addr_parse(source, &from);
	addr_parse(destination, &to);
	if (esp_sa_find(t, &from, &to, spi, &m, &icv_len) != ESP_SA_FOUND)
		return;
	FUZZ_MUST(esp_sa_n(t) > 0 && m.spi == spi);
	FUZZ_MUST(addr_eq(&m.source, &from) && addr_eq(&m.destination, &to));
	FUZZ_MUST(alg_cipher(m.cipher) &&
		alg_cipher_keymat(alg_cipher(m.cipher)) == m.cipher_key.len);
	FUZZ_MUST(icv_len == 0 || (m.auth == ALG_AUTH_NONE && alg_cipher(m.cipher)->icv_len == 0));
	FUZZ_MUST(m.auth == ALG_AUTH_NONE ? m.auth_key.len == 0
					  : alg_auth_keymat(alg_auth(m.auth)) == m.auth_key.len);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *text = fuzz_copy(data, size);
	FILE *f = size ? fmemopen(text, size, "r") : NULL;
	struct err e = { 0 };
	struct esp_sa *t;

	if (f) {
		t = esp_sa_read(f, "esp_sa", &e);
		FUZZ_MUST(t || e.text[0] != '\0');
		fclose(f);
		if (t) {
			find(t, "192.0.2.1", "192.0.2.2", 0x1000);
			find(t, "198.51.100.1", "203.0.113.1", 256);
			find(t, "2001:db8::1", "2001:db8::2", UINT32_MAX);
		}
		esp_sa_free(t);
	}
	free(text);
	return 0;
}
