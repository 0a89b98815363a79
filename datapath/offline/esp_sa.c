/*
 * Wireshark's esp_sa table: reading, and finding the row for a packet. Refuses to know packets; the
 * facts about algorithms are in alg.def, here are only Wireshark's names for them.
 */
#include "config.h"

#include "datapath/offline/esp_sa.h"

#include "lib/addr.h"
#include "lib/alg.h"
#include "lib/buf.h"
#include "lib/err.h"
#include "lib/msg.h"
#include "lib/secret.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

enum { N_FIELDS = 8, N_FIELDS_MAX = 9, FIELD_MAX = 256, ROWS_MAX = 4096, KEY_MAX = 64 };
enum { N_GROUPS = 8, SPI_DIGITS = 8 };
enum { PROTOCOL, SOURCE, DESTINATION, SPI, CIPHER, CIPHER_KEY, AUTH, AUTH_KEY, NUMBERS };

struct key {
	uint32_t len;
	uint8_t data[KEY_MAX];
};

/* An address of which only some bits are compared. */
struct pattern {
	uint8_t af; /* 0: any */
	uint8_t value[16];
	uint8_t care[16];
};

struct row {
	struct pattern source;
	struct pattern destination;
	uint32_t spi;
	uint32_t spi_care;
	bool esn;
	bool unsupported;
	uint8_t af;	 /* 0 = any */
	uint8_t icv_len; /* that nobody checks */
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
	uint16_t iana; /* 0: not one of ours */
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
	{ "AES-GCM with IIV and 16 octet ICV", 0 },
	{ "ChaCha20 with Poly1305", 28 },
	{ "ChaCha20 with Poly1305 and IIV", 0 },
	{ "CAST5-CBC", 0 },
	{ "BLOWFISH-CBC", 0 },
	{ "TWOFISH-CBC", 0 },
};

static const struct {
	const char *name;
	enum alg_auth auth; /* NONE: no key is asked for */
	uint8_t icv_len;    /* that is not checked */
	bool unsupported;
} auths[] = {
	{ "NULL", ALG_AUTH_NONE, 0, false },
	{ "HMAC-MD5-96", ALG_AUTH_hmac_md5_96, 0, false },
	{ "HMAC-SHA-1-96", ALG_AUTH_hmac_sha1_96, 0, false },
	{ "HMAC-SHA-256-96", ALG_AUTH_hmac_sha2_256_96, 0, false },
	{ "HMAC-SHA-256-128", ALG_AUTH_hmac_sha2_256_128, 0, false },
	{ "HMAC-SHA-384-192", ALG_AUTH_hmac_sha2_384_192, 0, false },
	{ "HMAC-SHA-512-256", ALG_AUTH_hmac_sha2_512_256, 0, false },
	{ "MAC-RIPEMD-160-96", ALG_AUTH_NONE, 0, true },
	{ "ANY 64 bit authentication", ALG_AUTH_NONE, 8, false },
	{ "ANY 96 bit authentication", ALG_AUTH_NONE, 12, false },
	{ "ANY 128 bit authentication", ALG_AUTH_NONE, 16, false },
	{ "ANY 192 bit authentication", ALG_AUTH_NONE, 24, false },
	{ "ANY 256 bit authentication", ALG_AUTH_NONE, 32, false },
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

/* Four fields, each a number or "*". */
static int
pattern4_read(const char *s, struct pattern *p)
{
	p->af = AF_INET;
	for (unsigned int i = 0; i < 4; i++) {
		unsigned int v = 0, n = 0;

		if (i > 0 && *s++ != '.')
			return -EINVAL;
		for (; n < 3 && isdigit((unsigned char)s[n]); n++)
			v = v * 10 + (unsigned int)(s[n] - '0');
		if ((n == 0 && *s != '*') || v > 255)
			return -EINVAL;
		p->value[i] = (uint8_t)v;
		p->care[i] = n > 0 ? 0xff : 0;
		s += n > 0 ? n : 1;
	}
	return *s == '\0' ? 0 : -EINVAL;
}

/* Hexadecimal digits and "*" up to another character, as many as n and no more: one digit is 4 bits of
 * value and care. How many, 0 when there are none or too many. */
static unsigned int
digits_read(const char *s, unsigned int n, uint32_t *value, uint32_t *care)
{
	static const char hex[] = "0123456789abcdef";
	unsigned int i = 0;

	*value = 0;
	*care = UINT32_MAX;
	for (; s[i] != '\0' && (s[i] == '*' || isxdigit((unsigned char)s[i])); i++) {
		const char *at = strchr(hex, tolower((unsigned char)s[i]));

		if (i == n)
			return 0;
		*value = *value << 4 | (at != NULL ? (uint32_t)(at - hex) : 0);
		*care = *care << 4 | (at != NULL ? 0xf : 0);
	}
	return i;
}

/* Groups of digits between colons; *gap: which of them "::" stands in front of, N_GROUPS for none. How
 * many, or -EINVAL. */
static int
groups_read(const char *s, uint32_t value[N_GROUPS], uint32_t care[N_GROUPS], unsigned int *gap)
{
	unsigned int n = 0, digits;

	*gap = N_GROUPS;
	for (;;) {
		if (s[0] == ':' && (n > 0 || s[1] == ':')) {
			s += n > 0 ? 1 : 2;
			if (*gap != N_GROUPS)
				return -EINVAL;
			*gap = n;
			if (*s == '\0')
				return (int)n;
		}
		digits = n < N_GROUPS ? digits_read(s, 4, &value[n], &care[n]) : 0;
		if (digits == 0)
			return -EINVAL;
		n++;
		s += digits;
		if (*s == '\0')
			return (int)n;
		if (*s++ != ':')
			return -EINVAL;
	}
}

/* "*" stands for a digit; digits that are not written are 0. */
static int
pattern6_read(const char *s, struct pattern *p)
{
	uint32_t value[N_GROUPS], care[N_GROUPS];
	unsigned int gap;
	int n = groups_read(s, value, care, &gap);

	if (n < 0 || (gap == N_GROUPS) != (n == N_GROUPS))
		return -EINVAL;
	p->af = AF_INET6;
	memset(p->care, 0xff, sizeof(p->care));
	for (unsigned int i = 0; i < (unsigned int)n; i++) {
		unsigned int at = i < gap ? i : i + N_GROUPS - (unsigned int)n;

		be16_put(p->value + 2 * at, (uint16_t)value[i]);
		be16_put(p->care + 2 * at, (uint16_t)care[i]);
	}
	return 0;
}

/* The bits behind the first len are not compared. */
static void
pattern_cut(struct pattern *p, unsigned int len)
{
	for (unsigned int i = 0; i < sizeof(p->care); i++) {
		if (i * 8 >= len)
			p->care[i] = 0;
		else if (i * 8 + 8 > len)
			p->care[i] &= (uint8_t)(0xff << (i * 8 + 8 - len));
	}
}

static int
prefix_len_read(const char *text, unsigned int *len)
{
	char *end = NULL;
	unsigned long v = strtoul(text, &end, 10);

	*len = (unsigned int)v;
	return isdigit((unsigned char)text[0]) && *end == '\0' && v <= 128 ? 0 : -EINVAL;
}

static int
place_read(char *text, struct pattern *p)
{
	char *slash = strchr(text, '/');
	unsigned int len = 128;
	struct addr a;
	int rc = 0;

	*p = (struct pattern){ 0 };
	if (slash != NULL) {
		*slash = '\0';
		if (prefix_len_read(slash + 1, &len) < 0)
			return -EINVAL;
	}
	if (strcmp(text, "*") == 0)
		return 0;
	if (addr_parse(text, &a) == 0) {
		p->af = a.af;
		memcpy(p->value, a.b, addr_len(&a));
		memset(p->care, 0xff, addr_len(&a));
	} else {
		rc = strchr(text, ':') != NULL ? pattern6_read(text, p) : pattern4_read(text, p);
	}
	if (rc < 0 || (slash != NULL && p->af == AF_INET && len > 32))
		return -EINVAL;
	pattern_cut(p, len);
	return 0;
}

static bool
spi_digits_read(const char *text, struct row *r)
{
	return strncasecmp(text, "0x", 2) == 0 &&
		digits_read(text + 2, SPI_DIGITS, &r->spi, &r->spi_care) == SPI_DIGITS &&
		text[2 + SPI_DIGITS] == '\0';
}

static int
spi_read(const char *text, struct row *r)
{
	char *end;
	unsigned long v;

	r->spi_care = 0;
	if (strcmp(text, "*") == 0)
		return 0;
	if (strchr(text, '*') != NULL)
		return spi_digits_read(text, r) ? 0 : -EINVAL;
	errno = 0;
	v = strtoul(text, &end, 0);
	r->spi = (uint32_t)v;
	r->spi_care = UINT32_MAX;
	return text[0] == '\0' || *end != '\0' || errno != 0 || v > UINT32_MAX ? -EINVAL : 0;
}

/* Hex digits behind 0x (a first one may be missing: it is 0), else the bytes themselves. */
static int
key_read(const char *text, struct key *k)
{
	bool hex = strncasecmp(text, "0x", 2) == 0;
	size_t len = strlen(text), at = 0;

	k->len = 0;
	if (!hex) {
		if (len > KEY_MAX)
			return -EINVAL;
		memcpy(k->data, text, len);
		k->len = (uint32_t)len;
		return 0;
	}
	text += 2;
	len -= 2;
	if ((len + 1) / 2 > KEY_MAX || strspn(text, "0123456789abcdefABCDEF") != len)
		return -EINVAL;
	while (at < len) {
		size_t n = at == 0 && len % 2 ? 1 : 2;
		char digits[3] = { text[at], n > 1 ? text[at + 1] : '\0', '\0' };

		k->data[k->len++] = (uint8_t)strtoul(digits, NULL, 16);
		at += n;
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
	size_t i = 0, n = sizeof(ciphers) / sizeof(ciphers[0]);

	while (i < n && !is_named(text, ciphers[i].name))
		i++;
	if (i == n)
		return -EINVAL;
	r->unsupported |= ciphers[i].iana == 0;
	if (ciphers[i].iana == 0)
		return 0;
	for (unsigned int id = 1; id < ALG_CIPHER_N; id++) {
		const struct alg_cipher_info *c = alg_cipher(id);

		if (c->iana != ciphers[i].iana)
			continue;
		if (c->kind == ALG_KIND_null)
			r->cipher_key.len = 0; /* whatever stands there */
		if (alg_cipher_keymat(c) == r->cipher_key.len) {
			r->cipher = (uint16_t)id;
			return 0;
		}
	}
	return -EINVAL;
}

/* An AEAD has an ICV of its own, and it is that which is there. */
static int
auth_read(const char *text, struct row *r)
{
	const struct alg_cipher_info *c = alg_cipher(r->cipher);
	size_t i = 0, n = sizeof(auths) / sizeof(auths[0]);

	while (i < n && !is_named(text, auths[i].name))
		i++;
	if (i == n)
		return -EINVAL;
	r->auth = (uint16_t)auths[i].auth;
	r->icv_len = auths[i].icv_len;
	r->unsupported |= auths[i].unsupported;
	if (r->auth == ALG_AUTH_NONE)
		r->auth_key.len = 0;
	if (c != NULL && c->icv_len != 0) {
		r->icv_len = 0;
		r->unsupported |= r->auth != ALG_AUTH_NONE;
	}
	return alg_auth_keymat(alg_auth(r->auth)) == r->auth_key.len ? 0 : -EINVAL;
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
place_matches(const struct pattern *p, const struct addr *a)
{
	if (p->af != 0 && p->af != a->af)
		return false;
	for (unsigned int i = 0; i < sizeof(p->care); i++) {
		if (((p->value[i] ^ a->b[i]) & p->care[i]) != 0)
			return false;
	}
	return true;
}

static void
row_fill(const struct row *r, struct msg_dp_sa *m, uint8_t *icv_len)
{
	m->cipher = r->cipher;
	m->auth = r->auth;
	m->esn = r->esn;
	m->cipher_key.len = r->cipher_key.len;
	memcpy(m->cipher_key.data, r->cipher_key.data, r->cipher_key.len);
	m->auth_key.len = r->auth_key.len;
	memcpy(m->auth_key.data, r->auth_key.data, r->auth_key.len);
	*icv_len = r->icv_len;
}

enum esp_sa_found
esp_sa_find(const struct esp_sa *t, const struct addr *source, const struct addr *destination,
	uint32_t spi, struct msg_dp_sa *m, uint8_t *icv_len)
{
	for (unsigned int i = 0; i < t->n; i++) {
		const struct row *r = &t->rows[i];

		if ((r->af != 0 && r->af != source->af) || ((r->spi ^ spi) & r->spi_care) != 0 ||
			!place_matches(&r->source, source) ||
			!place_matches(&r->destination, destination))
			continue;
		if (r->unsupported)
			return ESP_SA_UNSUPPORTED;
		m->spi = spi;
		m->source = *source;
		m->destination = *destination;
		row_fill(r, m, icv_len);
		return ESP_SA_FOUND;
	}
	return ESP_SA_NONE;
}
