/*
 * Filter rules as nft text. A rule drops what the policy wants protected, or accepts what it exempts;
 * both in the order of the ACL. Cheap tests come first: a packet whose addresses no dropping rule
 * knows leaves at once, a chunk is entered only by packets within its bounds. Runs nothing.
 */
#include "config.h"

#include "daemon/oscfg/os_filter.h"

#include "daemon/oscfg/oscfg.h"
#include "lib/buf.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <endian.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ADD_RULE "add rule inet " OSCFG_NFT_TABLE " "

enum {
	TEXT_FORMAT = 2, /* raised when the same rules make other text */
	CHUNK_MEAN = 64, /* rules, a power of two */
	CHUNK_MAX = 256,
	RANGES_MAX = 64, /* of the test at the door */
	CHAIN_MAX = 64,
};

struct range {
	uint32_t low, high; /* host order */
};

static void put(struct wbuf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void
put(struct wbuf *b, const char *fmt, ...)
{
	char line[512];
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(line, sizeof line, fmt, ap);
	va_end(ap);
	if (len < 0 || len >= (int)sizeof line)
		b->bad = true;
	else
		wbuf_put(b, line, (size_t)len);
}

/* The text, terminated, to be freed; NULL when memory was short. */
static char *
finish(struct wbuf *b)
{
	char *out = NULL;

	wbuf_u8(b, 0);
	if (!b->bad)
		out = strdup((const char *)b->start);
	wbuf_fini(b);
	return out;
}

void
os_filter_chain_name(const char *device, char out[CHAIN_MAX])
{
	size_t at = (size_t)snprintf(out, CHAIN_MAX, "dev_");

	for (const char *p = device; *p != '\0'; p++) {
		bool plain = isalnum((unsigned char)*p) || *p == '.' || *p == '-';

		at += (size_t)snprintf(
			out + at, CHAIN_MAX - at, plain ? "%c" : "_%02x", (unsigned char)*p);
	}
}

bool
os_filter_chain_device(const char *chain, char out[16])
{
	const char *p = chain + 4;
	unsigned int code;
	size_t at = 0;

	if (strncmp(chain, "dev_", 4) != 0)
		return false;
	for (; *p != '\0' && at < 15; p++) {
		if (*p != '_') {
			out[at++] = *p;
			continue;
		}
		if (!isxdigit((unsigned char)p[1]) || !isxdigit((unsigned char)p[2]) ||
			sscanf(p + 1, "%2x", &code) != 1 || code == 0)
			return false;
		out[at++] = (char)code;
		p += 2;
	}
	out[at] = '\0';
	return *p == '\0' && at > 0;
}

static struct range
range_of(const struct addr *a, const struct addr *wildcard)
{
	uint32_t w = addr_u32(wildcard);

	if (a->af != AF_INET)
		return (struct range){ 0, UINT32_MAX };
	return (struct range){ addr_u32(a) & ~w, addr_u32(a) | w };
}

static bool
is_all(struct range r)
{
	return r.low == 0 && r.high == UINT32_MAX;
}

static void
put_range(struct wbuf *b, struct range r)
{
	struct addr low = addr_v4(r.low), high = addr_v4(r.high);
	char x[ADDR_STRLEN], y[ADDR_STRLEN];

	if (r.low == r.high)
		put(b, "%s", addr_format(&low, x));
	else
		put(b, "%s-%s", addr_format(&low, x), addr_format(&high, y));
}

static bool
is_v6(const struct want_filter_rule *r)
{
	return r->source.af == AF_INET6 || r->destination.af == AF_INET6;
}

/* "ip6 saddr 2001:db8::/32 ", with a mask where the wildcard's bits are no suffix; "" for any. */
static void
put_address6(struct wbuf *b, const char *field, const struct addr *a, const struct addr *wildcard)
{
	struct addr value = *a, mask = *a;
	unsigned int len = 0, bits = 0;
	char x[ADDR_STRLEN], y[ADDR_STRLEN];

	for (unsigned int i = 0; i < sizeof value.b; i++) {
		mask.b[i] = (uint8_t)~wildcard->b[i];
		value.b[i] &= mask.b[i];
		bits += (unsigned int)__builtin_popcount(mask.b[i]);
	}
	while (len < 128 && (mask.b[len / 8] & 0x80 >> len % 8))
		len++;
	addr_format(&value, x);
	if (bits != len)
		put(b, "ip6 %s & %s == %s ", field, addr_format(&mask, y), x);
	else if (len > 0)
		put(b, "ip6 %s %s/%u ", field, x, len);
}

/* "ip saddr 10.1.0.0/16 ", with a mask where the wildcard's bits are no suffix; "" for any. */
static void
put_address(struct wbuf *b, const char *field, const struct addr *a, const struct addr *wildcard)
{
	uint32_t w = addr_u32(wildcard);
	struct addr value = addr_v4(addr_u32(a) & ~w), mask = addr_v4(~w);
	char x[ADDR_STRLEN], y[ADDR_STRLEN];

	if (a->af == AF_INET6) {
		put_address6(b, field, a, wildcard);
		return;
	}
	if (is_all(range_of(a, wildcard)) && (a->af != AF_INET || w == UINT32_MAX))
		return;
	if ((w & (w + 1)) != 0)
		put(b, "ip %s & %s == %s ", field, addr_format(&mask, x), addr_format(&value, y));
	else if (w == 0)
		put(b, "ip %s %s ", field, addr_format(&value, x));
	else
		put(b, "ip %s %s/%d ", field, addr_format(&value, x), 32 - __builtin_popcount(w));
}

static void
put_ports(struct wbuf *b, const char *field, uint16_t low, uint16_t high)
{
	if (low == 0 && high == UINT16_MAX)
		return;
	if (low == high)
		put(b, "th %s %u ", field, low);
	else
		put(b, "th %s %u-%u ", field, low, high);
}

static bool
has_ports(uint8_t protocol)
{
	return protocol == IPPROTO_TCP || protocol == IPPROTO_UDP || protocol == IPPROTO_UDPLITE ||
		protocol == IPPROTO_SCTP || protocol == IPPROTO_DCCP;
}

static bool
has_type(const struct want_filter_rule *r)
{
	return r->protocol == (is_v6(r) ? IPPROTO_ICMPV6 : IPPROTO_ICMP);
}

/* What is read from beyond the IP header. */
static void
put_transport(struct wbuf *b, const struct want_filter_rule *r)
{
	const char *icmp = r->protocol == IPPROTO_ICMPV6 ? "icmpv6" : "icmp";

	if (has_ports(r->protocol)) {
		put_ports(b, "sport", r->source_port_low, r->source_port_high);
		put_ports(b, "dport", r->destination_port_low, r->destination_port_high);
	}
	if (has_type(r) && r->icmp_type != UINT16_MAX)
		put(b, "%s type %u ", icmp, r->icmp_type);
	if (has_type(r) && r->icmp_code != UINT16_MAX)
		put(b, "%s code %u ", icmp, r->icmp_code);
}

static void
put_addresses(struct wbuf *b, const struct want_filter_rule *r)
{
	put_address(b, "saddr", &r->source, &r->source_wildcard);
	put_address(b, "daddr", &r->destination, &r->destination_wildcard);
	if (r->protocol != 0)
		put(b, "meta l4proto %u ", r->protocol);
}

static bool
reads_transport(const struct want_filter_rule *r)
{
	if (has_type(r))
		return r->icmp_type != UINT16_MAX || r->icmp_code != UINT16_MAX;
	return has_ports(r->protocol) &&
		(r->source_port_low != 0 || r->source_port_high != UINT16_MAX ||
			r->destination_port_low != 0 || r->destination_port_high != UINT16_MAX);
}

static bool
same_addresses(const struct want_filter_rule *a, const struct want_filter_rule *b)
{
	return a->protocol == b->protocol && addr_eq(&a->source, &b->source) &&
		addr_eq(&a->source_wildcard, &b->source_wildcard) &&
		addr_eq(&a->destination, &b->destination) &&
		addr_eq(&a->destination_wildcard, &b->destination_wildcard);
}

void
os_filter_text_chunk(struct wbuf *b, const struct want_filter *w, const struct os_filter_chunk *c)
{
	static const char dropped[] = "counter name cleartext drop\n";
	const struct want_filter_rule *fragments = NULL;

	for (size_t i = c->first; i < c->first + c->n_rules; i++) {
		const struct want_filter_rule *r = &w->rules[i];

		put(b, ADD_RULE "%s ", c->chain);
		put_addresses(b, r);
		put_transport(b, r);
		put(b, "%s", r->drop ? dropped : "accept\n");
		if (!r->drop || !reads_transport(r))
			continue;
		/* A fragment without its transport header cannot be told from what must be
		 * protected: it is dropped, once for the ports of a pair. */
		if (fragments != NULL && same_addresses(fragments, r))
			continue;
		put(b, ADD_RULE "%s %s != 0 ", c->chain,
			is_v6(r) ? "frag frag-off" : "ip frag-off & 0x1fff");
		put_addresses(b, r);
		put(b, "%s", dropped);
		fragments = r;
	}
}

static uint64_t
hash(uint64_t h, uint64_t value)
{
	for (int i = 0; i < 8; i++, value >>= 8)
		h = (h ^ (value & 0xff)) * 0x100000001b3u; /* FNV-1a */
	return h;
}

static uint64_t
addr_hash(uint64_t h, const struct addr *a)
{
	uint64_t half[2];

	memcpy(half, a->b, sizeof half);
	return hash(hash(hash(h, a->af), be64toh(half[0])), addr_len(a) > 4 ? be64toh(half[1]) : 0);
}

/* Changes whenever the text of a rule would, and with the format of the text. */
static uint64_t
rule_hash(uint64_t h, const struct want_filter_rule *r)
{
	h = hash(h, (uint64_t)r->drop << 8 | r->protocol);
	h = addr_hash(h, &r->source);
	h = addr_hash(h, &r->source_wildcard);
	h = addr_hash(h, &r->destination);
	h = addr_hash(h, &r->destination_wildcard);
	h = hash(h,
		(uint64_t)r->source_port_low << 48 | (uint64_t)r->source_port_high << 32 |
			(uint64_t)r->destination_port_low << 16 | r->destination_port_high);
	return hash(h, (uint64_t)r->icmp_type << 16 | r->icmp_code);
}

static const uint64_t hash_start = 0xcbf29ce484222325u + TEXT_FORMAT;

static struct range
join(struct range a, struct range b)
{
	return (struct range){ a.low < b.low ? a.low : b.low, a.high > b.high ? a.high : b.high };
}

static int
make_chunk(const char *device_chain, const struct want_filter *w, size_t first, size_t n,
	struct os_filter_chunk *out)
{
	const struct want_filter_rule *r = &w->rules[first];
	struct range source = range_of(&r->source, &r->source_wildcard);
	struct range destination = range_of(&r->destination, &r->destination_wildcard);
	struct wbuf jump = wbuf_growing();
	uint64_t h = hash_start;

	for (size_t i = 0; i < n; i++, r++) {
		h = rule_hash(h, r);
		source = join(source, range_of(&r->source, &r->source_wildcard));
		destination =
			join(destination, range_of(&r->destination, &r->destination_wildcard));
	}
	snprintf(out->chain, sizeof out->chain, "c%016" PRIx64 "_%s", h, device_chain + 4);
	out->first = first;
	out->n_rules = n;
	put(&jump, ADD_RULE "%s ", device_chain);
	if (is_v6(&w->rules[first]))
		put(&jump, "meta nfproto ipv6 ");
	else if (is_all(source) && is_all(destination))
		put(&jump, "meta nfproto ipv4 ");
	if (!is_all(source)) {
		put(&jump, "ip saddr ");
		put_range(&jump, source);
	}
	if (!is_all(destination)) {
		put(&jump, " ip daddr ");
		put_range(&jump, destination);
	}
	put(&jump, " jump %s\n", out->chain);
	out->jump = finish(&jump);
	return out->jump != NULL ? 0 : -ENOMEM;
}

static int
range_cmp(const void *a, const void *b)
{
	const struct range *x = a, *y = b;

	return x->low < y->low ? -1 : x->low > y->low;
}

static uint64_t
gap_before(const struct range *r, size_t i)
{
	return (uint64_t)r[i].low - r[i - 1].high;
}

static int
gap_cmp(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x > *y ? -1 : *x < *y; /* widest first */
}

/* Joins every neighbour that is no further than gap; returns how many are left. */
static size_t
join_within(struct range *r, size_t n, uint64_t gap)
{
	size_t out = 0;

	for (size_t i = 1; i < n; i++) {
		if (r[i].low <= r[out].high || r[i].low - (uint64_t)r[out].high <= gap)
			r[out] = join(r[out], r[i]);
		else
			r[++out] = r[i];
	}
	return n > 0 ? out + 1 : 0;
}

/* Sorts and merges; of more than RANGES_MAX the ones with the narrowest gaps are joined, so that the
 * result covers at least what it was made from. */
static size_t
merge(struct range *r, size_t n)
{
	uint64_t *gaps, limit;

	if (n == 0)
		return 0;
	qsort(r, n, sizeof *r, range_cmp);
	n = join_within(r, n, 1);
	if (n <= RANGES_MAX)
		return n;
	gaps = calloc(n - 1, sizeof *gaps);
	if (gaps == NULL)
		return join_within(r, n, UINT32_MAX);
	for (size_t i = 1; i < n; i++)
		gaps[i - 1] = gap_before(r, i);
	qsort(gaps, n - 1, sizeof *gaps, gap_cmp);
	limit = gaps[RANGES_MAX - 1];
	free(gaps);
	return join_within(r, n, limit);
}

/* "ip saddr != { … } accept" over the dropping rules. */
static int
put_door(struct wbuf *b, const char *chain, const struct want_filter *w, bool by_source)
{
	struct range *r = calloc(w->n_rules + 1, sizeof *r);
	size_t n = 0;

	if (r == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < w->n_rules; i++) {
		const struct want_filter_rule *f = &w->rules[i];

		if (f->drop && !is_v6(f))
			r[n++] = by_source ? range_of(&f->source, &f->source_wildcard)
					   : range_of(&f->destination, &f->destination_wildcard);
	}
	n = merge(r, n);
	if (n > 0 && !is_all(r[0])) {
		put(b, ADD_RULE "%s ip %s != { ", chain, by_source ? "saddr" : "daddr");
		for (size_t i = 0; i < n; i++) {
			put(b, i > 0 ? ", " : "");
			put_range(b, r[i]);
		}
		put(b, " } accept\n");
	}
	free(r);
	return 0;
}

static bool
drops(const struct want_filter *w, bool v6)
{
	for (size_t i = 0; i < w->n_rules; i++)
		if (w->rules[i].drop && is_v6(&w->rules[i]) == v6)
			return true;
	return false;
}

static int
make_entry(const struct want_filter *w, struct os_filter_text *out)
{
	struct wbuf b = wbuf_growing();
	int rc;

	if (!drops(w, true))
		put(&b, ADD_RULE "%s meta nfproto ipv6 accept\n", out->chain);
	if (!drops(w, false))
		put(&b, ADD_RULE "%s meta nfproto ipv4 accept\n", out->chain);
	rc = put_door(&b, out->chain, w, true);
	if (rc == 0)
		rc = put_door(&b, out->chain, w, false);
	out->entry = finish(&b);
	return rc < 0 || out->entry == NULL ? -ENOMEM : 0;
}

/* r is not the last: a chunk has rules of one family. */
static bool
ends_chunk(const struct want_filter_rule *r, size_t n)
{
	return n == CHUNK_MAX || is_v6(r) != is_v6(r + 1) ||
		rule_hash(hash_start, r) % CHUNK_MEAN == 0;
}

static int
make_chunks(const struct want_filter *w, struct os_filter_text *out)
{
	size_t start = 0;
	int rc = 0;

	out->chunks = calloc(w->n_rules + 1, sizeof *out->chunks);
	if (out->chunks == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < w->n_rules && rc == 0; i++) {
		if (i + 1 < w->n_rules && !ends_chunk(&w->rules[i], i + 1 - start))
			continue;
		rc = make_chunk(out->chain, w, start, i + 1 - start, &out->chunks[out->n_chunks++]);
		start = i + 1;
	}
	return rc;
}

int
os_filter_text_make(const struct want_filter *w, struct os_filter_text *out)
{
	int rc;

	memset(out, 0, sizeof *out);
	os_filter_chain_name(w->device, out->chain);
	rc = make_entry(w, out);
	if (rc == 0)
		rc = make_chunks(w, out);
	if (rc < 0)
		os_filter_text_free(out);
	return rc;
}

void
os_filter_text_free(struct os_filter_text *t)
{
	free(t->entry);
	for (size_t i = 0; i < t->n_chunks; i++)
		free(t->chunks[i].jump);
	free(t->chunks);
	memset(t, 0, sizeof *t);
}
