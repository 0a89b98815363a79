/*
 * Addresses, prefixes and IPv4 masks: numeric text in, numeric text out, comparison.
 * Refuses to know names, zones (%eth0) and the system's resolver.
 */
#include "config.h"

#include "lib/addr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

size_t
addr_len(const struct addr *a)
{
	return a->af == AF_INET ? 4 : a->af == AF_INET6 ? 16 : 0;
}

int
addr_parse(const char *s, struct addr *a)
{
	*a = (struct addr){ 0 };
	a->af = strchr(s, ':') ? AF_INET6 : AF_INET;
	if (inet_pton(a->af, s, a->b) == 1)
		return 0;
	*a = (struct addr){ 0 };
	return -EINVAL;
}

const char *
addr_format(const struct addr *a, char out[ADDR_STRLEN])
{
	if (!addr_len(a) || !inet_ntop(a->af, a->b, out, ADDR_STRLEN))
		strlcpy(out, "-", ADDR_STRLEN);
	return out;
}

struct addr
addr_v4(uint32_t host_order)
{
	struct addr a = { .af = AF_INET };

	host_order = htonl(host_order);
	memcpy(a.b, &host_order, 4);
	return a;
}

uint32_t
addr_u32(const struct addr *a)
{
	uint32_t v;

	if (a->af != AF_INET)
		return 0;
	memcpy(&v, a->b, 4);
	return ntohl(v);
}

bool
addr_eq(const struct addr *a, const struct addr *b)
{
	return addr_cmp(a, b) == 0;
}

int
addr_cmp(const struct addr *a, const struct addr *b)
{
	if (a->af != b->af)
		return a->af < b->af ? -1 : 1;
	return memcmp(a->b, b->b, addr_len(a));
}

bool
addr_is_unspecified(const struct addr *a)
{
	static const uint8_t zero[16];

	return memcmp(a->b, zero, addr_len(a)) == 0;
}

/* A decimal number of at most max without sign, blanks or leading zeros. 0 or -EINVAL. */
static int
bits_parse(const char *s, unsigned int max, uint8_t *bits)
{
	unsigned int v = 0;

	if (!*s || (s[0] == '0' && s[1]))
		return -EINVAL;
	for (; *s; s++) {
		if (*s < '0' || *s > '9')
			return -EINVAL;
		v = v * 10 + (unsigned int)(*s - '0');
		if (v > max)
			return -EINVAL;
	}
	*bits = (uint8_t)v;
	return 0;
}

int
prefix_parse(const char *s, struct prefix *p)
{
	char text[ADDR_STRLEN];
	const char *slash = strchr(s, '/');

	*p = (struct prefix){ 0 };
	if (!slash || (size_t)(slash - s) >= sizeof(text))
		return -EINVAL;
	memcpy(text, s, (size_t)(slash - s));
	text[slash - s] = '\0';
	if (addr_parse(text, &p->addr) ||
		bits_parse(slash + 1, (unsigned int)addr_len(&p->addr) * 8, &p->len)) {
		*p = (struct prefix){ 0 };
		return -EINVAL;
	}
	return 0;
}

const char *
prefix_format(const struct prefix *p, char out[PREFIX_STRLEN])
{
	char text[ADDR_STRLEN];

	if (p->addr.af)
		snprintf(out, PREFIX_STRLEN, "%s/%u", addr_format(&p->addr, text), p->len);
	else
		strlcpy(out, "-", PREFIX_STRLEN);
	return out;
}

static bool
bits_equal(const uint8_t *a, const uint8_t *b, unsigned int bits)
{
	unsigned int whole = bits / 8, rest = bits % 8;

	if (memcmp(a, b, whole))
		return false;
	return !rest || !((a[whole] ^ b[whole]) & (0xff << (8 - rest)) & 0xff);
}

bool
prefix_contains(const struct prefix *p, const struct addr *a)
{
	return p->addr.af && p->addr.af == a->af && bits_equal(p->addr.b, a->b, p->len);
}

bool
prefix_overlaps(const struct prefix *a, const struct prefix *b)
{
	return a->len <= b->len ? prefix_contains(a, &b->addr) : prefix_contains(b, &a->addr);
}

struct addr
prefix_network(const struct prefix *p)
{
	struct addr a = p->addr;
	size_t n_bits = addr_len(&a) * 8;

	for (size_t i = p->len; i < n_bits; i++)
		a.b[i / 8] &= (uint8_t) ~(0x80 >> i % 8);
	return a;
}

int
mask_parse(const char *s, uint8_t *bits)
{
	struct addr a;
	uint32_t host_part;
	uint8_t n = 0;

	if (!strchr(s, '.'))
		return bits_parse(s, 32, bits);
	if (addr_parse(s, &a) || a.af != AF_INET)
		return -EINVAL;
	host_part = ~addr_u32(&a);
	if (host_part & (host_part + 1))
		return -EINVAL;
	for (; n < 32 && !(host_part >> (31 - n)); n++)
		;
	*bits = n;
	return 0;
}

const char *
mask_format(uint8_t bits, char out[ADDR_STRLEN])
{
	struct addr a = addr_v4(bits ? UINT32_MAX << (32 - (bits < 32 ? bits : 32)) : 0);

	return addr_format(&a, out);
}
