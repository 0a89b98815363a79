/*
 * Traffic selectors: RFC 7296 3.13 and 2.9, RFC 4301 4.4.1.1. Refuses to know which rule they come
 * from and what becomes of them.
 */
#include "config.h"

#include "daemon/ike/ts.h"

#include "lib/buf.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { TYPE_V4 = 7, TYPE_V6 = 8, TS_HDR_LEN = 8 };

static bool
is_opaque(const struct ts *t)
{
	return t->port_low == UINT16_MAX && t->port_high == 0;
}

static bool
is_any_port(const struct ts *t)
{
	return t->port_low == 0 && t->port_high == UINT16_MAX;
}

/* One selector, whose length is right for its family or not. */
static bool
selector_parse(struct rbuf *b, uint8_t af, struct ts *out)
{
	size_t len = af == AF_INET ? 4 : 16;

	memset(out, 0, sizeof(*out));
	out->protocol = rbuf_u8(b);
	rbuf_u16(b);
	out->port_low = rbuf_u16(b);
	out->port_high = rbuf_u16(b);
	out->low.af = out->high.af = af;
	rbuf_copy(b, out->low.b, len);
	rbuf_copy(b, out->high.b, len);
	return !b->bad && rbuf_left(b) == 0 && memcmp(out->low.b, out->high.b, len) <= 0 &&
		(out->port_low <= out->port_high || is_opaque(out));
}

enum wire_fault
ts_parse(struct span body, struct ts_list *out)
{
	struct rbuf b = rbuf_over(body.p, body.len);
	unsigned int n = rbuf_u8(&b);
	struct ts beyond;

	out->n = 0;
	out->cut = false;
	rbuf_take(&b, 3);
	if (b.bad || n == 0)
		return FAULT_payload;
	for (unsigned int i = 0; i < n; i++) {
		uint8_t type = rbuf_u8(&b);
		struct rbuf head = b;
		uint16_t len;
		struct rbuf one;

		rbuf_u8(&head);
		len = rbuf_u16(&head);
		if (head.bad || len < TS_HDR_LEN)
			return FAULT_payload;
		one = rbuf_sub(&b, len - 1u);
		if (b.bad)
			return FAULT_payload;
		if (type != TYPE_V4 && type != TYPE_V6)
			continue;
		/* protocol, then the length that was read above */
		if (!selector_parse(&one, type == TYPE_V4 ? AF_INET : AF_INET6,
			    out->n < TS_MAX ? &out->ts[out->n] : &beyond))
			return FAULT_payload;
		if (out->n < TS_MAX)
			out->n++;
		else
			out->cut = true;
	}
	return rbuf_left(&b) == 0 ? FAULT_NONE : FAULT_payload;
}

void
ts_write(struct wbuf *w, const struct ts_list *l)
{
	wbuf_u32(w, (uint32_t)l->n << 24);
	for (unsigned int i = 0; i < l->n; i++) {
		const struct ts *t = &l->ts[i];
		size_t len = addr_len(&t->low);

		wbuf_u8(w, t->low.af == AF_INET ? TYPE_V4 : TYPE_V6);
		wbuf_u8(w, t->protocol);
		wbuf_u16(w, (uint16_t)(TS_HDR_LEN + 2 * len));
		wbuf_u16(w, t->port_low);
		wbuf_u16(w, t->port_high);
		wbuf_put(w, t->low.b, len);
		wbuf_put(w, t->high.b, len);
	}
}

struct ts
ts_of_prefix(const struct prefix *p)
{
	struct ts t = { .low = prefix_network(p), .port_high = UINT16_MAX };

	t.high = t.low;
	for (unsigned int bit = p->len; bit < addr_len(&t.low) * 8; bit++)
		t.high.b[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
	return t;
}

bool
ts_eq(const struct ts *a, const struct ts *b)
{
	return a->protocol == b->protocol && a->port_low == b->port_low &&
		a->port_high == b->port_high && addr_eq(&a->low, &b->low) &&
		addr_eq(&a->high, &b->high);
}

static bool
ports_subset(const struct ts *a, const struct ts *b)
{
	if (is_any_port(b))
		return true;
	if (is_opaque(a) || is_opaque(b))
		return is_opaque(a) && is_opaque(b);
	return a->port_low >= b->port_low && a->port_high <= b->port_high;
}

bool
ts_subset(const struct ts *a, const struct ts *b)
{
	return a->low.af == b->low.af && addr_cmp(&a->low, &b->low) >= 0 &&
		addr_cmp(&a->high, &b->high) <= 0 &&
		(b->protocol == 0 || a->protocol == b->protocol) && ports_subset(a, b);
}

/* Ports of b, or what they share with a's; false when nothing. */
static bool
ports_intersect(const struct ts *a, const struct ts *b, struct ts *out)
{
	const struct ts *narrow = is_any_port(a) ? b : a;

	if (is_opaque(a) || is_opaque(b)) {
		if (!ports_subset(a, b) && !ports_subset(b, a))
			return false;
		out->port_low = narrow->port_low;
		out->port_high = narrow->port_high;
		return true;
	}
	out->port_low = a->port_low > b->port_low ? a->port_low : b->port_low;
	out->port_high = a->port_high < b->port_high ? a->port_high : b->port_high;
	return out->port_low <= out->port_high;
}

bool
ts_intersect(const struct ts *a, const struct ts *b, struct ts *out)
{
	struct ts both = { .protocol = a->protocol != 0 ? a->protocol : b->protocol };

	if (a->low.af != b->low.af)
		return false;
	if (a->protocol != 0 && b->protocol != 0 && a->protocol != b->protocol)
		return false;
	if (!ports_intersect(a, b, &both))
		return false;
	both.low = addr_cmp(&a->low, &b->low) > 0 ? a->low : b->low;
	both.high = addr_cmp(&a->high, &b->high) < 0 ? a->high : b->high;
	if (addr_cmp(&both.low, &both.high) > 0)
		return false;
	if (out != NULL)
		*out = both;
	return true;
}

bool
ts_is_host(const struct ts *t)
{
	return addr_eq(&t->low, &t->high);
}

static bool
inside_one_of(const struct ts *t, const struct ts_list *l)
{
	for (unsigned int i = 0; i < l->n; i++)
		if (ts_subset(t, &l->ts[i]))
			return true;
	return false;
}

bool
ts_list_subset(const struct ts_list *a, const struct ts_list *b)
{
	for (unsigned int i = 0; i < a->n; i++)
		if (!inside_one_of(&a->ts[i], b))
			return false;
	return true;
}

static bool
has(const struct ts_list *l, const struct ts *t)
{
	for (unsigned int i = 0; i < l->n; i++)
		if (ts_eq(&l->ts[i], t))
			return true;
	return false;
}

bool
ts_list_eq(const struct ts_list *a, const struct ts_list *b)
{
	for (unsigned int i = 0; i < a->n; i++)
		if (!has(b, &a->ts[i]))
			return false;
	for (unsigned int i = 0; i < b->n; i++)
		if (!has(a, &b->ts[i]))
			return false;
	return true;
}

struct ts_list *
ts_list_dup(const struct ts_list *l)
{
	size_t len = offsetof(struct ts_list, ts) + l->n * sizeof(l->ts[0]);
	struct ts_list *copy = malloc(len);

	if (copy)
		memcpy(copy, l, len);
	return copy;
}

/* FNV-1a. */
static uint32_t
hash_bytes(uint32_t h, const uint8_t *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		h = (h ^ p[i]) * 16777619;
	return h;
}

static uint32_t
hash_one(const struct ts *t)
{
	const uint8_t rest[] = { t->protocol, (uint8_t)(t->port_low >> 8), (uint8_t)t->port_low,
		(uint8_t)(t->port_high >> 8), (uint8_t)t->port_high };
	uint32_t h = hash_bytes(2166136261, t->low.b, addr_len(&t->low));

	h = hash_bytes(h, t->high.b, addr_len(&t->high));
	return hash_bytes(h, rest, sizeof(rest));
}

/* Of the least and the greatest: neither order nor repetition matters. */
uint32_t
ts_list_hash(const struct ts_list *l)
{
	uint32_t least = UINT32_MAX, most = 0, h;

	for (unsigned int i = 0; i < l->n; i++) {
		h = hash_one(&l->ts[i]);
		least = h < least ? h : least;
		most = h > most ? h : most;
	}
	return 31 * least + most;
}

const struct ts *
ts_trigger(const struct ts_list *offered)
{
	const struct ts *first = &offered->ts[0];

	for (unsigned int i = 1; i < offered->n; i++)
		if (ts_subset(first, &offered->ts[i]) && !ts_eq(first, &offered->ts[i]))
			return first;
	return NULL;
}

/* Adds t unless it lies in one that is there; what lies in t goes. false: there is no room. */
static bool
list_add(struct ts_list *l, const struct ts *t)
{
	unsigned int kept = 0;

	if (inside_one_of(t, l))
		return true;
	for (unsigned int i = 0; i < l->n; i++)
		if (!ts_subset(&l->ts[i], t))
			l->ts[kept++] = l->ts[i];
	l->n = kept;
	if (l->n == TS_MAX)
		return false;
	l->ts[l->n++] = *t;
	return true;
}

int
ts_narrow(const struct ts_list *offered, const struct ts_list *mine, struct ts_list *out,
	bool *narrowed)
{
	const struct ts *trigger = ts_trigger(offered);

	out->n = 0;
	out->cut = false;
	for (unsigned int i = 0; i < offered->n; i++) {
		for (unsigned int j = 0; j < mine->n; j++) {
			struct ts both;

			/* more than there is room for is not in the answer: that is narrowing */
			if (ts_intersect(&offered->ts[i], &mine->ts[j], &both))
				list_add(out, &both);
		}
	}
	for (unsigned int i = 1; trigger != NULL && i < out->n; i++) {
		if (ts_subset(trigger, &out->ts[i]) && !ts_subset(trigger, &out->ts[0])) {
			struct ts first = out->ts[i];

			memmove(&out->ts[1], &out->ts[0], i * sizeof(first));
			out->ts[0] = first;
		}
	}
	if (narrowed != NULL)
		*narrowed = offered->cut || !ts_list_subset(offered, out);
	return out->n > 0 ? 0 : -ENOENT;
}

/* Bits of the prefix that low and high are the ends of; -1 when they are not. */
static int
prefix_len(const struct ts *t)
{
	int bits = (int)addr_len(&t->low) * 8, len = 0;
	struct prefix p = { .addr = t->low };
	struct ts whole;

	while (len < bits && !((t->low.b[len / 8] ^ t->high.b[len / 8]) & 0x80 >> len % 8))
		len++;
	p.len = (uint8_t)len;
	whole = ts_of_prefix(&p);
	return addr_eq(&whole.low, &t->low) && addr_eq(&whole.high, &t->high) ? len : -1;
}

const char *
ts_format(const struct ts *t, char out[TS_STRLEN])
{
	char low[ADDR_STRLEN], high[ADDR_STRLEN], mask[ADDR_STRLEN];
	int len = prefix_len(t);

	addr_format(&t->low, low);
	if (len < 0)
		snprintf(out, TS_STRLEN, "%s-%s %u/%u-%u", low, addr_format(&t->high, high),
			t->protocol, t->port_low, t->port_high);
	else if (t->low.af == AF_INET)
		snprintf(out, TS_STRLEN, "%s/%s %u/%u-%u", low, mask_format((uint8_t)len, mask),
			t->protocol, t->port_low, t->port_high);
	else
		snprintf(out, TS_STRLEN, "%s/%d %u/%u-%u", low, len, t->protocol, t->port_low,
			t->port_high);
	return out;
}

const char *
ts_list_format(const struct ts_list *l, char *out, size_t cap)
{
	static const char more[] = "…";
	size_t at = 0;

	out[0] = '\0';
	for (unsigned int i = 0; i < l->n; i++) {
		char one[TS_STRLEN];
		const char *gap = i > 0 ? "; " : "";
		size_t reserve = i + 1 < l->n ? sizeof(more) + 1 : 0;

		ts_format(&l->ts[i], one);
		if (at + strlen(gap) + strlen(one) + reserve >= cap) {
			snprintf(out + at, cap - at, "%s%s", gap, more);
			break;
		}
		at += (size_t)snprintf(out + at, cap - at, "%s%s", gap, one);
	}
	return out;
}
