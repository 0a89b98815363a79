/*
 * Arithmetic of traffic selectors: ranges of addresses, ports and ICMP types, against each other and as
 * rules, which know prefixes. Refuses to know SAs.
 */
#include "config.h"

#include "daemon/narrow.h"

#include <netinet/in.h>
#include <string.h>

enum { PORT_MAX = 0xffff, ICMP_ANY = 0xffff, CODES = 256, BLOCKS_MOST = 256 };

static bool
holds(const struct addr *low, const struct addr *high, const struct addr *inner_low,
	const struct addr *inner_high)
{
	return low->af == inner_low->af && addr_cmp(low, inner_low) <= 0 &&
		addr_cmp(inner_high, high) <= 0;
}

bool
narrow_covers(const struct msg_ike_selector *p, const struct msg_ike_child *c)
{
	return (p->protocol == 0 || p->protocol == c->protocol) &&
		holds(&p->local_low, &p->local_high, &c->local_low, &c->local_high) &&
		holds(&p->remote_low, &p->remote_high, &c->remote_low, &c->remote_high) &&
		p->local_port_low <= c->local_port_low &&
		c->local_port_high <= p->local_port_high &&
		p->remote_port_low <= c->remote_port_low &&
		c->remote_port_high <= p->remote_port_high;
}

/* [*low, *high] becomes what it has in common with another range. */
static bool
cut_addr(struct addr *low, struct addr *high, const struct addr *l, const struct addr *h)
{
	if (low->af != l->af || low->af != high->af || l->af != h->af)
		return false;
	if (addr_cmp(low, l) < 0)
		*low = *l;
	if (addr_cmp(high, h) > 0)
		*high = *h;
	return addr_cmp(low, high) <= 0;
}

static bool
cut_port(uint16_t *low, uint16_t *high, uint16_t l, uint16_t h)
{
	if (*low < l)
		*low = l;
	if (*high > h)
		*high = h;
	return *low <= *high;
}

bool
narrow_meet(const struct msg_ike_selector *p, const struct msg_ike_child *c,
	struct msg_ike_selector *out)
{
	*out = *p;
	if (p->protocol == 0)
		out->protocol = c->protocol;
	else if (c->protocol != 0 && c->protocol != p->protocol)
		return false;
	return cut_addr(&out->local_low, &out->local_high, &c->local_low, &c->local_high) &&
		cut_addr(&out->remote_low, &out->remote_high, &c->remote_low, &c->remote_high) &&
		cut_port(&out->local_port_low, &out->local_port_high, c->local_port_low,
			c->local_port_high) &&
		cut_port(&out->remote_port_low, &out->remote_port_high, c->remote_port_low,
			c->remote_port_high);
}

/* --- ranges as prefixes --------------------------------------------------------------------- */

struct block {
	struct addr address, wildcard;
};

/* The n lowest bits set. */
static struct addr
with_ones(const struct addr *a, size_t n)
{
	struct addr out = *a;
	size_t len = addr_len(a);

	for (size_t i = 0; i < n; i++)
		out.b[len - 1 - i / 8] |= (uint8_t)(1u << i % 8);
	return out;
}

static bool
bit(const struct addr *a, size_t n)
{
	return (a->b[addr_len(a) - 1 - n / 8] >> n % 8 & 1) != 0;
}

static struct addr
next(const struct addr *a)
{
	struct addr out = *a;

	for (size_t i = addr_len(a); i-- > 0 && ++out.b[i] == 0;)
		;
	return out;
}

/* The fewest prefixes that are exactly the range: twice the bits of an address at most. */
static size_t
blocks_of(const struct addr *low, const struct addr *high, struct block out[BLOCKS_MOST])
{
	struct addr at = *low, end;
	size_t n = 0, bits = addr_len(low) * 8;

	for (; n < BLOCKS_MOST; at = next(&end)) {
		const struct addr none = { .af = at.af };
		size_t k = 0;

		end = at;
		while (k < bits && !bit(&at, k)) {
			struct addr wider = with_ones(&at, k + 1);

			if (addr_cmp(&wider, high) > 0)
				break;
			end = wider;
			k++;
		}
		out[n++] = (struct block){ .address = at, .wildcard = with_ones(&none, k) };
		if (addr_cmp(&end, high) >= 0)
			break;
	}
	return n;
}

/* --- rules -------------------------------------------------------------------------------------- */

/* Ports of ICMP are its type and code (RFC 4301 4.4.1.1). */
static bool
icmp_of(const struct msg_ike_selector *p, struct msg_dp_spd_rule *r)
{
	uint16_t low = p->local_port_low, high = p->local_port_high;

	if (low == 0 && high == PORT_MAX)
		return true;
	r->icmp_type = low / CODES;
	r->icmp_code = low == high ? low % CODES : ICMP_ANY;
	return low == high || (low % CODES == 0 && high == low + CODES - 1);
}

static bool
rule_of(const struct msg_ike_selector *p, struct msg_dp_spd_rule *r)
{
	bool icmp = p->protocol == IPPROTO_ICMP || p->protocol == IPPROTO_ICMPV6;

	*r = (struct msg_dp_spd_rule){ .action = MSG_SPD_PROTECT,
		.protocol = p->protocol,
		.source_port_low = icmp ? 0 : p->local_port_low,
		.source_port_high = icmp ? PORT_MAX : p->local_port_high,
		.destination_port_low = icmp ? 0 : p->remote_port_low,
		.destination_port_high = icmp ? PORT_MAX : p->remote_port_high,
		.icmp_type = ICMP_ANY,
		.icmp_code = ICMP_ANY };
	return !icmp || icmp_of(p, r);
}

size_t
narrow_rules(const struct msg_ike_selector *p, struct msg_dp_spd_rule *out, size_t room)
{
	struct block from[BLOCKS_MOST], to[BLOCKS_MOST];
	size_t n_from = blocks_of(&p->local_low, &p->local_high, from);
	size_t n_to = blocks_of(&p->remote_low, &p->remote_high, to);
	struct msg_dp_spd_rule rule;

	if (!rule_of(p, &rule))
		return 0;
	for (size_t i = 0; i < n_from * n_to && i < room; i++) {
		rule.source = from[i / n_to].address;
		rule.source_wildcard = from[i / n_to].wildcard;
		rule.destination = to[i % n_to].address;
		rule.destination_wildcard = to[i % n_to].wildcard;
		out[i] = rule;
	}
	return n_from * n_to;
}
