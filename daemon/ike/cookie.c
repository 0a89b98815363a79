/*
 * Stateless cookies: RFC 7296 2.6. Refuses to know when one is asked for.
 */
#include "config.h"

#include "daemon/ike/cookie.h"

#include "lib/buf.h"
#include "lib/secret.h"

#include <errno.h>
#include <string.h>

_Static_assert(COOKIE_LEN == 1 + 32, "a version and an HMAC");

static void
secret_renew(struct cookie_jar *j, uint64_t now_ms)
{
	j->version++;
	j->made_ms = now_ms;
	crypt_random(j->crypt, j->secrets[j->version & 1], sizeof(j->secrets[0]));
}

void
cookie_init(struct cookie_jar *j, struct crypt *c, uint64_t now_ms)
{
	memset(j, 0, sizeof(*j));
	j->crypt = c;
	secret_renew(j, now_ms);
}

void
cookie_fini(struct cookie_jar *j)
{
	secret_wipe(j, sizeof(*j));
}

/* A new secret when the period is over; the last one is good only when it was the one before. */
static void
rotate(struct cookie_jar *j, uint64_t now_ms)
{
	uint64_t age = now_ms - j->made_ms;

	if (age >= 2 * COOKIE_PERIOD_MS)
		j->has_old = false;
	if (age < COOKIE_PERIOD_MS)
		return;
	secret_renew(j, now_ms);
	j->has_old = age < 2 * COOKIE_PERIOD_MS;
}

static int
make(struct cookie_jar *j, const struct cookie_subject *s, uint8_t version, uint8_t out[COOKIE_LEN])
{
	uint8_t place[sizeof(uint8_t) + sizeof(uint16_t) + sizeof(uint64_t)];
	const struct span parts[] = { s->nonce, { s->remote.b, addr_len(&s->remote) },
		{ place, sizeof(place) } };
	const struct span key = { j->secrets[version & 1], sizeof(j->secrets[0]) };

	place[0] = s->remote.af;
	be16_put(place + 1, s->port);
	be64_put(place + 3, s->spi_i);
	out[0] = version;
	return crypt_hmac_sha256(j->crypt, key, parts, 3, out + 1);
}

int
cookie_make(struct cookie_jar *j, const struct cookie_subject *s, uint64_t now_ms,
	uint8_t out[COOKIE_LEN])
{
	rotate(j, now_ms);
	return make(j, s, j->version, out);
}

bool
cookie_check(
	struct cookie_jar *j, const struct cookie_subject *s, uint64_t now_ms, struct span cookie)
{
	uint8_t want[COOKIE_LEN];

	rotate(j, now_ms);
	if (cookie.len != COOKIE_LEN)
		return false;
	if (cookie.p[0] != j->version && !(j->has_old && cookie.p[0] == (uint8_t)(j->version - 1)))
		return false;
	return make(j, s, cookie.p[0], want) == 0 && secret_eq(want, cookie.p, COOKIE_LEN);
}
