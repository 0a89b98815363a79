/*
 * Records with arbitrary valid contents, for round trips.
 */
#include "config.h"

#include "tests/unit/lib/samples.h"

#include <string.h>
#include <sys/socket.h>

uint32_t
sample_u32(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 8 ^ *seed << 16;
}

static void
fill_bytes(uint8_t *p, size_t len, uint32_t *seed)
{
	for (size_t i = 0; i < len; i++)
		p[i] = (uint8_t)sample_u32(seed);
}

static void
fill_addr(struct addr *a, uint32_t *seed)
{
	static const uint8_t families[] = { 0, AF_INET, AF_INET6 };

	a->af = families[sample_u32(seed) % 3];
	fill_bytes(a->b, addr_len(a), seed);
}

static void
fill_str(char *s, size_t size, uint32_t *seed, bool full)
{
	size_t len = full ? size - 1 : sample_u32(seed) % size;

	for (size_t i = 0; i < len; i++)
		s[i] = (char)(sample_u32(seed) % 255 + 1);
}

void
sample_fill(const struct record *d, void *rec, uint32_t *seed, bool full)
{
	memset(rec, 0, d->size);
	for (unsigned int i = 0; i < d->n_fields; i++) {
		const struct field *f = &d->fields[i];
		uint8_t *p = (uint8_t *)rec + f->offset;
		uint32_t len = (uint32_t)(f->size - sizeof(uint32_t));

		switch (f->kind) {
		case FIELD_BOOL: *(bool *)p = full || sample_u32(seed) & 1; break;
		case FIELD_ADDR: fill_addr((struct addr *)p, seed); break;
		case FIELD_STR: fill_str((char *)p, f->size, seed, full); break;
		case FIELD_BYTES:
		case FIELD_SECRET:
			len = full ? len : sample_u32(seed) % (len + 1);
			memcpy(p, &len, sizeof(len));
			fill_bytes(p + sizeof(len), len, seed);
			break;
		default:
			fill_bytes(p, f->size, seed);
			if (full)
				memset(p, 0xff, f->size);
		}
	}
}
