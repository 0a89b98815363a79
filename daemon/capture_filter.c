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

/* Where a family has what rules look at. */
struct family {
	const char *header;
	unsigned int protocol;
	unsigned int source;
	unsigned int destination;
	unsigned int words;    /* of an address */
	const char *first;     /* of the fragments of a packet, or NULL */
	const char *transport; /* where the next header begins */
};

static const struct family families[] = {
	{ "ip", 9, 12, 16, 1, "ip[6:2] & 0x1fff = 0", "(ip[0] & 15) * 4" },
	{ "ip6", 6, 8, 24, 4, NULL, "40" },
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
add_port(struct text *t, const struct family *f, unsigned int at, int64_t low, int64_t high)
{
	if (low == high && low != CFG_NONE) {
		add(t, " and %s[%s + %u:2] = %d", f->header, f->transport, at, (int)low);
		return;
	}
	if (low > 0)
		add(t, " and %s[%s + %u:2] >= %d", f->header, f->transport, at, (int)low);
	if (high != CFG_NONE && high < PORT_MAX)
		add(t, " and %s[%s + %u:2] <= %d", f->header, f->transport, at, (int)high);
}

static bool
any_port(int64_t low, int64_t high)
{
	return low <= 0 && (high == CFG_NONE || high >= PORT_MAX);
}

static void
add_rule(struct text *t, const struct family *f, const struct cfg_acl_rule *r)
{
	bool ports = !any_port(r->source_port_low, r->source_port_high) ||
		!any_port(r->destination_port_low, r->destination_port_high);

	add(t, "(%s", f->header);
	if (r->protocol > 0)
		add(t, " and %s[%u] = %d", f->header, f->protocol, (int)r->protocol);
	add_address(t, f, f->source, &r->source, &r->source_wildcard);
	add_address(t, f, f->destination, &r->destination, &r->destination_wildcard);
	if (f->first != NULL && (ports || r->icmp_type != CFG_NONE || r->icmp_code != CFG_NONE))
		add(t, " and %s", f->first);
	add_port(t, f, 0, r->source_port_low, r->source_port_high);
	add_port(t, f, 2, r->destination_port_low, r->destination_port_high);
	if (r->icmp_type != CFG_NONE)
		add(t, " and %s[%s] = %d", f->header, f->transport, (int)r->icmp_type);
	if (r->icmp_code != CFG_NONE)
		add(t, " and %s[%s + 1] = %d", f->header, f->transport, (int)r->icmp_code);
	add(t, ")");
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
