/*
 * Types of IPv6 addresses and prefixes, and of addresses of either family. In the store an address is
 * its canonical text (RFC 5952), a prefix length a number. Which addresses a host may have: RFC 4291.
 */
#include "config.h"

#include "schema/type.h"

#include "lib/addr.h"
#include "lib/arena.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

static int
parse_v6(const char *text, struct arena *a, struct addr *addr, struct value *out)
{
	char canonical[ADDR_STRLEN];

	if (addr_parse(text, addr) || addr->af != AF_INET6)
		return -EINVAL;
	*out = VALUE_OF_TEXT(arena_strdup(a, addr_format(addr, canonical)));
	return 0;
}

/* Multicast, the loopback address, or an IPv4 address in disguise: nothing to send a packet to here. */
static bool
is_special(const struct addr *addr)
{
	static const uint8_t loopback[16] = { [15] = 1 };
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	return addr->b[0] == 0xff || !memcmp(addr->b, loopback, sizeof(loopback)) ||
		!memcmp(addr->b, mapped, sizeof(mapped));
}

static int
parse_any(const struct type *t, const char *text, struct arena *a, struct value *out)
{
	struct addr addr;

	(void)t;
	return parse_v6(text, a, &addr, out);
}

static int
parse_network(const struct type *t, const char *text, struct arena *a, struct value *out)
{
	struct addr addr;

	(void)t;
	return parse_v6(text, a, &addr, out) || is_special(&addr) ? -EINVAL : 0;
}

static int
parse_host(const struct type *t, const char *text, struct arena *a, struct value *out)
{
	struct addr addr;

	(void)t;
	if (parse_v6(text, a, &addr, out) || is_special(&addr) || addr_is_unspecified(&addr))
		return -EINVAL;
	return 0;
}

static int
parse_ip_host(const struct type *t, const char *text, struct arena *a, struct value *out)
{
	if (!strchr(text, ':'))
		return type_ipv4_host.parse(&type_ipv4_host, text, a, out);
	return parse_host(t, text, a, out);
}

/* "A/L" in one word; both halves are typed, or it is two words. */
static int
parse_prefix(const struct type *t, const char *text, struct arena *a, struct value *out)
{
	char canonical[PREFIX_STRLEN];
	struct prefix p;

	(void)t;
	if (prefix_parse(text, &p) || p.addr.af != AF_INET6)
		return -EINVAL;
	*out = VALUE_OF_TEXT(arena_strdup(a, prefix_format(&p, canonical)));
	return 0;
}

const struct type type_ipv6 = {
	.name = "ipv6",
	.help_form = "X:X::X:X",
	.parse = parse_any,
	.render = type_render_text,
};
const struct type type_ipv6_host = {
	.name = "ipv6-host",
	.help_form = "X:X::X:X",
	.parse = parse_host,
	.render = type_render_text,
};
const struct type type_ipv6_network = {
	.name = "ipv6-network",
	.help_form = "X:X::X:X",
	.parse = parse_network,
	.render = type_render_text,
};
const struct type type_ipv6_prefix = {
	.name = "ipv6-prefix",
	.help_form = "X:X::X:X/M",
	.parse = parse_prefix,
	.render = type_render_text,
};
const struct type type_ip_host = {
	.name = "ip-host",
	.help_form = "X.X.X.X|X:X::X:X",
	.parse = parse_ip_host,
	.render = type_render_text,
};
const struct type type_ipv6_length = TYPE_INTEGER("ipv6-length", 0, 128);
