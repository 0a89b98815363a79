/*
 * Wireshark's esp_sa table: reading, and finding the row for a packet. Refuses to know packets; the
 * facts about algorithms are in alg.def, here are only Wireshark's names for them.
 */
#include "config.h"

#include "datapath/offline/esp_sa.h"

#include "lib/alg.h"
#include "lib/err.h"
#include "lib/msg.h"
#include "lib/secret.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

enum { N_FIELDS = 8, N_FIELDS_MAX = 9, FIELD_MAX = 256, ROWS_MAX = 4096, KEY_MAX = 64 };
enum { PROTOCOL, SOURCE, DESTINATION, SPI, CIPHER, CIPHER_KEY, AUTH, AUTH_KEY, NUMBERS };

struct key {
	uint32_t len;
	uint8_t data[KEY_MAX];
};

struct row {
	struct prefix source; /* len 0: any */
	struct prefix destination;
	uint32_t spi;
	bool any_spi;
	bool esn;
	uint8_t af; /* 0 = any */
	uint16_t cipher;
	uint16_t auth;
	struct key cipher_key;
	struct key auth_key;
};

struct esp_sa {
	unsigned int n;
	struct row rows[ROWS_MAX];
};

/* Names up to " [", and the IANA number; the length of the key says which of that number it is. */
static const struct {
	const char *name;
	uint16_t iana;
} ciphers[] = {
	{ "NULL", 11 },
	{ "DES-CBC", 2 },
	{ "TripleDES-CBC", 3 },
	{ "AES-CBC", 12 },
	{ "AES-CTR", 13 },
	{ "AES-GCM", 20 },
	{ "AES-GCM with 16 octet ICV", 20 },
	{ "AES-GCM with 12 octet ICV", 19 },
	{ "AES-GCM with 8 octet ICV", 18 },
	{ "ChaCha20 with Poly1305", 28 },
};

static const struct {
	const char *name;
	enum alg_auth auth;
} auths[] = {
	{ "NULL", ALG_AUTH_NONE },
	{ "HMAC-MD5-96", ALG_AUTH_hmac_md5_96 },
	{ "HMAC-SHA-1-96", ALG_AUTH_hmac_sha1_96 },
	{ "HMAC-SHA-256-96", ALG_AUTH_hmac_sha2_256_96 },
	{ "HMAC-SHA-256-128", ALG_AUTH_hmac_sha2_256_128 },
	{ "HMAC-SHA-384-192", ALG_AUTH_hmac_sha2_384_192 },
	{ "HMAC-SHA-512-256", ALG_AUTH_hmac_sha2_512_256 },
};

/* --- one line --------------------------------------------------------------------------- */

/* One quoted value at *p into out, \xHH being one byte. 0, or -EINVAL. */
static int
value_read(const char **p, char out[FIELD_MAX])
{
	const char *s = *p;
	size_t n = 0;

	if (*s++ != '"')
		return -EINVAL;
	while (*s && *s != '"') {
		char c = *s++;

		if (c == '\\' && *s == 'x' && s[1] && s[2]) {
			char hex[3] = { s[1], s[2], '\0' };

			c = (char)strtoul(hex, NULL, 16);
			s += 3;
		}
		if (n + 1 == FIELD_MAX)
			return -EINVAL;
		out[n++] = c;
	}
	out[n] = '\0';
	if (*s++ != '"')
		return -EINVAL;
	*p = s;
	return 0;
}

/* The values of a line; how many, or -EINVAL. */
static int
values_read(const char *line, char values[N_FIELDS_MAX][FIELD_MAX])
{
	int n = 0;

	for (;;) {
		if (n == N_FIELDS_MAX || value_read(&line, values[n]) < 0)
			return -EINVAL;
		n++;
		line += strspn(line, " \t\r\n");
		if (*line == '\0')
			return n;
		if (*line++ != ',')
			return -EINVAL;
		line += strspn(line, " \t");
	}
}

static int
place_read(const char *text, struct prefix *p)
{
	struct addr a;

	*p = (struct prefix){ 0 };
	if (strcmp(text, "*") == 0 || prefix_parse(text, p) == 0)
		return 0;
	if (addr_parse(text, &a) < 0)
		return -EINVAL;
	*p = (struct prefix){ .addr = a, .len = (uint8_t)(addr_len(&a) * 8) };
	return 0;
}

static int
spi_read(const char *text, struct row *r)
{
	char *end;
	unsigned long v;

	r->any_spi = strcmp(text, "*") == 0;
	if (r->any_spi)
		return 0;
	errno = 0;
	v = strtoul(text, &end, 0);
	r->spi = (uint32_t)v;
	return text[0] == '\0' || *end != '\0' || errno != 0 || v > UINT32_MAX ? -EINVAL : 0;
}

/* Hex digits behind 0x, else the bytes themselves. */
static int
key_read(const char *text, struct key *k)
{
	bool hex = strncasecmp(text, "0x", 2) == 0;
	size_t len = strlen(text);

	if (!hex) {
		if (len > KEY_MAX)
			return -EINVAL;
		memcpy(k->data, text, len);
		k->len = (uint32_t)len;
		return 0;
	}
	text += 2;
	if ((len - 2) % 2 || (len - 2) / 2 > KEY_MAX ||
		strspn(text, "0123456789abcdefABCDEF") != len - 2)
		return -EINVAL;
	for (k->len = 0; k->len < (len - 2) / 2; k->len++) {
		char two[3] = { text[2 * k->len], text[2 * k->len + 1], '\0' };

		k->data[k->len] = (uint8_t)strtoul(two, NULL, 16);
	}
	return 0;
}

/* Is it this name, or this name and " [RFC…]"? */
static bool
is_named(const char *text, const char *name)
{
	size_t len = strlen(name);

	return strncmp(text, name, len) == 0 &&
		(text[len] == '\0' || strncmp(text + len, " [", 2) == 0);
}

static int
cipher_read(const char *text, struct row *r)
{
	for (size_t i = 0; i < sizeof(ciphers) / sizeof(ciphers[0]); i++) {
		if (!is_named(text, ciphers[i].name))
			continue;
		for (unsigned int id = 1; id < ALG_CIPHER_N; id++) {
			const struct alg_cipher_info *c = alg_cipher(id);

			if (c->iana == ciphers[i].iana &&
				alg_cipher_keymat(c) == r->cipher_key.len) {
				r->cipher = (uint16_t)id;
				return 0;
			}
		}
	}
	return -EINVAL;
}

static int
auth_read(const char *text, struct row *r)
{
	for (size_t i = 0; i < sizeof(auths) / sizeof(auths[0]); i++) {
		if (!is_named(text, auths[i].name))
			continue;
		r->auth = (uint16_t)auths[i].auth;
		return alg_auth_keymat(alg_auth(r->auth)) == r->auth_key.len ? 0 : -EINVAL;
	}
	return -EINVAL;
}

static const char *
protocol_read(const char *text, struct row *r)
{
	if (strcasecmp(text, "IPv4") == 0)
		r->af = AF_INET;
	else if (strcasecmp(text, "IPv6") == 0)
		r->af = AF_INET6;
	else if (strcasecmp(text, "*") != 0 && strcasecmp(text, "Any") != 0)
		return "the protocol is IPv4, IPv6 or *";
	return NULL;
}

/* NULL, or what is wrong with it. */
static const char *
row_read(char values[N_FIELDS_MAX][FIELD_MAX], int n, struct row *r)
{
	const char *why = protocol_read(values[PROTOCOL], r);

	if (why)
		return why;
	if (place_read(values[SOURCE], &r->source) < 0 ||
		place_read(values[DESTINATION], &r->destination) < 0)
		return "an address is not one";
	if (spi_read(values[SPI], r) < 0)
		return "the SPI is not a number";
	if (key_read(values[CIPHER_KEY], &r->cipher_key) < 0 ||
		key_read(values[AUTH_KEY], &r->auth_key) < 0)
		return "a key is not 0x and hexadecimal digits";
	if (cipher_read(values[CIPHER], r) < 0)
		return "no such encryption with a key of that length";
	if (auth_read(values[AUTH], r) < 0)
		return "no such authentication with a key of that length";
	r->esn = n > NUMBERS && strncmp(values[NUMBERS], "64", 2) == 0;
	return NULL;
}

/* --- the table -------------------------------------------------------------------------- */

static int
line_take(struct esp_sa *t, const char *line, const char *name, unsigned int number, struct err *e)
{
	char values[N_FIELDS_MAX][FIELD_MAX];
	const char *why = "not eight quoted values";
	int n;

	line += strspn(line, " \t\r\n");
	if (*line == '\0' || *line == '#')
		return 0;
	n = values_read(line, values);
	if (t->n == ROWS_MAX)
		why = "too many rows";
	else if (n >= N_FIELDS)
		why = row_read(values, n, &t->rows[t->n]);
	secret_wipe(values, sizeof(values));
	if (why)
		return err_set(e, -EINVAL, name, "Line %u: %s.", number, why);
	t->n++;
	return 0;
}

struct esp_sa *
esp_sa_read(FILE *f, const char *name, struct err *e)
{
	struct esp_sa *t = calloc(1, sizeof(*t));
	unsigned int number = 0;
	char *line = NULL;
	size_t size = 0;
	int r = 0;

	if (!t) {
		err_set(e, -ENOMEM, name, "Out of memory.");
		return NULL;
	}
	while (r == 0 && getline(&line, &size, f) >= 0)
		r = line_take(t, line, name, ++number, e);
	if (line)
		secret_wipe(line, size);
	free(line);
	if (r == 0)
		return t;
	esp_sa_free(t);
	return NULL;
}

void
esp_sa_free(struct esp_sa *t)
{
	if (!t)
		return;
	secret_wipe(t, sizeof(*t));
	free(t);
}

unsigned int
esp_sa_n(const struct esp_sa *t)
{
	return t->n;
}

static bool
place_matches(const struct prefix *p, const struct addr *a)
{
	return p->addr.af == 0 || (p->addr.af == a->af && prefix_contains(p, a));
}

bool
esp_sa_find(const struct esp_sa *t, const struct addr *source, const struct addr *destination,
	uint32_t spi, struct msg_dp_sa *m)
{
	for (unsigned int i = 0; i < t->n; i++) {
		const struct row *r = &t->rows[i];

		if ((r->af != 0 && r->af != source->af) || (!r->any_spi && r->spi != spi) ||
			!place_matches(&r->source, source) ||
			!place_matches(&r->destination, destination))
			continue;
		m->spi = spi;
		m->source = *source;
		m->destination = *destination;
		m->cipher = r->cipher;
		m->auth = r->auth;
		m->esn = r->esn;
		m->cipher_key.len = r->cipher_key.len;
		memcpy(m->cipher_key.data, r->cipher_key.data, r->cipher_key.len);
		m->auth_key.len = r->auth_key.len;
		memcpy(m->auth_key.data, r->auth_key.data, r->auth_key.len);
		return true;
	}
	return false;
}
