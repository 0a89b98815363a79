/*
 * ACLs as filter expressions of libpcap. Its `and` and `or` have equal precedence and associate to the
 * left, so that the rules, from the last to the first, need no nesting: "R3 or R2 and not R1" is
 * ((R3 or R2) and not R1), where R1 decides about what it matches. Refuses to know libpcap itself.
 */
#include "config.h"

#include "daemon/capture_filter.h"

#include "lib/buf.h"
#include "lib/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { PORT_MAX = 65535 };

struct text {
	char *p;
	size_t len;
	size_t cap;
	bool full;
};

/* Where the protocol and the header behind may be. */
struct way {
	const char *is; /* "", or when it is this one */
	unsigned int protocol;
	const char *transport;
	const char *first; /* "", or what the first of a packet's fragments has */
};

enum { WAYS_MAX = 3 };

/* Where a family has what rules look at. */
struct family {
	const char *header;
	unsigned int source;
	unsigned int destination;
	unsigned int words; /* of an address */
	unsigned int n_ways;
	struct way ways[WAYS_MAX];
};

/* Of extension headers one is stepped over: an expression has no loop that the kernel would take. */
static const struct family families[] = {
	{ "ip", 12, 16, 1, 1, { { "", 9, "(ip[0] & 15) * 4", " and ip[6:2] & 0x1fff = 0" } } },
	{ "ip6", 8, 24, 4, 3,
		{ { "", 6, "40", "" },
			{ "(ip6[6] = 0 or ip6[6] = 43 or ip6[6] = 60) and ", 40, "ip6[41] * 8 + 48",
				"" },
			{ "ip6[6] = 44 and ", 40, "48", " and ip6[42:2] & 0xfff8 = 0" } } },
};

static void __attribute__((format(printf, 2, 3))) add(struct text *t, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(t->p + t->len, t->cap - t->len, fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= t->cap - t->len)
		t->full = true;
	else
		t->len += (size_t)n;
}

static void
add_address(struct text *t, const struct family *f, unsigned int at, const struct addr *a,
	const struct addr *wildcard)
{
	for (unsigned int i = 0; a->af != 0 && i < f->words; i++) {
		uint32_t mask = wildcard->af == 0 ? ~0u : ~be32_get(wildcard->b + 4 * i);
		uint32_t value = be32_get(a->b + 4 * i) & mask;

		if (mask == ~0u)
			add(t, " and %s[%u:4] = 0x%08x", f->header, at + 4 * i, value);
		else if (mask != 0)
			add(t, " and %s[%u:4] & 0x%08x = 0x%08x", f->header, at + 4 * i, mask,
				value);
	}
}

static void
add_port(struct text *t, const char *header, const char *transport, unsigned int at, int64_t low,
	int64_t high)
{
	if (low == high && low != CFG_NONE) {
		add(t, " and %s[%s + %u:2] = %d", header, transport, at, (int)low);
		return;
	}
	if (low > 0)
		add(t, " and %s[%s + %u:2] >= %d", header, transport, at, (int)low);
	if (high != CFG_NONE && high < PORT_MAX)
		add(t, " and %s[%s + %u:2] <= %d", header, transport, at, (int)high);
}

static bool
any_port(int64_t low, int64_t high)
{
	return low <= 0 && (high == CFG_NONE || high >= PORT_MAX);
}

/* The rule's protocol, there, and what it says of the header behind. */
static void
add_way(struct text *t, const char *header, const struct way *w, const struct cfg_acl_rule *r)
{
	bool ports = !any_port(r->source_port_low, r->source_port_high) ||
		!any_port(r->destination_port_low, r->destination_port_high);

	add(t, "%s%s[%u] = %d", w->is, header, w->protocol, (int)r->protocol);
	if (ports || r->icmp_type != CFG_NONE || r->icmp_code != CFG_NONE)
		add(t, "%s", w->first);
	add_port(t, header, w->transport, 0, r->source_port_low, r->source_port_high);
	add_port(t, header, w->transport, 2, r->destination_port_low, r->destination_port_high);
	if (r->icmp_type != CFG_NONE)
		add(t, " and %s[%s] = %d", header, w->transport, (int)r->icmp_type);
	if (r->icmp_code != CFG_NONE)
		add(t, " and %s[%s + 1] = %d", header, w->transport, (int)r->icmp_code);
}

static void
add_rule(struct text *t, const struct family *f, const struct cfg_acl_rule *r)
{
	add(t, "(%s", f->header);
	add_address(t, f, f->source, &r->source, &r->source_wildcard);
	add_address(t, f, f->destination, &r->destination, &r->destination_wildcard);
	for (unsigned int i = 0; r->protocol > 0 && i < f->n_ways; i++) {
		add(t, i == 0 ? " and ((" : ") or (");
		add_way(t, f->header, &f->ways[i], r);
	}
	add(t, r->protocol > 0 ? ")))" : ")");
}

int
capture_filter(
	const struct cfg_acl_rule *rules, size_t n, bool v6, char *out, size_t cap, struct err *e)
{
	struct text t = { .p = out, .cap = cap };

	out[0] = '\0';
	for (size_t i = n; i-- > 0 && !t.full;) {
		bool permit = strcmp(rules[i].action, "permit") == 0;

		if (t.len == 0 && !permit)
			continue; /* denied anyway */
		if (t.len > 0)
			add(&t, permit ? " or " : " and not ");
		add_rule(&t, &families[v6], &rules[i]);
	}
	if (t.full)
		return err_set(e, -EMSGSIZE, "ACL", "It has too many rules for a capture.");
	if (t.len == 0)
		return err_set(e, -ENOENT, "ACL", "It permits nothing.");
	return 0;
}
