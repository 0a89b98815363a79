/*
 * Types of IPv4 addresses, masks and wildcards. In the store an address is its canonical text, a mask
 * its number of bits, a wildcard dotted. Which addresses a host may have: RFC 1122 section 3.2.1.3.
 */
#include "config.h"

#include "schema/type.h"

#include "lib/addr.h"
#include "lib/arena.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

static int
parse_v4(const char *text, struct arena *a, uint32_t *host_order, struct value *out)
{
	struct addr addr;
	char canonical[ADDR_STRLEN];

	if (addr_parse(text, &addr) || addr.af != AF_INET)
		return -EINVAL;
	*host_order = addr_u32(&addr);
	*out = VALUE_OF_TEXT(arena_strdup(a, addr_format(&addr, canonical)));
	return 0;
}

static int
parse_any(const struct type *t, const char *text, struct arena *a, struct value *out)
{
	uint32_t n;

	(void)t;
	return parse_v4(text, a, &n, out);
}

/* Not 0.x, 127.x, multicast, class E or broadcast. */
static int
parse_host(const struct type *t, const char *text, struct arena *a, struct value *out)
{
	uint32_t n;
	int err = parse_v4(text, a, &n, out);

	(void)t;
	if (err || n >> 24 == 0 || n >> 24 == 127 || n >> 28 >= 0xe)
		return -EINVAL;
	return 0;
}

/* A route's destination: unicast, or 0.0.0.0 for the default route. */
static int
parse_network(const struct type *t, const char *text, struct arena *a, struct value *out)
{
	uint32_t n;
	int err = parse_v4(text, a, &n, out);

	(void)t;
	if (err || n >> 24 == 127 || n >> 28 >= 0xe)
		return -EINVAL;
	return 0;
}

static int
parse_mask(const struct type *t, const char *text, struct arena *a, struct value *out)
{
	uint8_t bits;

	(void)t;
	(void)a;
	if (mask_parse(text, &bits))
		return -EINVAL;
	*out = VALUE_OF_INT(bits);
	return 0;
}

static size_t
render_mask(const struct type *t, const struct value *v, char *out, size_t cap)
{
	char text[ADDR_STRLEN];
	size_t len = strlcpy(out, mask_format((uint8_t)v->i, text), cap);

	(void)t;
	return len < cap ? len : 0;
}

static int
parse_wildcard(const struct type *t, const char *text, struct arena *a, struct value *out)
{
	return parse_any(t, strcmp(text, "0") ? text : "0.0.0.0", a, out);
}

static size_t
render_wildcard(const struct type *t, const struct value *v, char *out, size_t cap)
{
	size_t len = strlcpy(out, strcmp(v->s, "0.0.0.0") ? v->s : "0", cap);

	(void)t;
	return len < cap ? len : 0;
}

const struct type type_ipv4 = {
	.name = "ipv4",
	.help_form = "X.X.X.X",
	.parse = parse_any,
	.render = type_render_text,
};
const struct type type_ipv4_host = {
	.name = "ipv4-host",
	.help_form = "X.X.X.X",
	.parse = parse_host,
	.render = type_render_text,
};
const struct type type_ipv4_network = {
	.name = "ipv4-network",
	.help_form = "X.X.X.X",
	.parse = parse_network,
	.render = type_render_text,
};
const struct type type_mask = {
	.name = "mask",
	.help_form = "INTEGER<0-32>|X.X.X.X",
	.max = 32,
	.parse = parse_mask,
	.render = render_mask,
};
const struct type type_wildcard = {
	.name = "wildcard",
	.help_form = "INTEGER<0-0>|X.X.X.X",
	.parse = parse_wildcard,
	.render = render_wildcard,
};
