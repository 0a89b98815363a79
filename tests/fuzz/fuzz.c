/*
 * What the fuzz targets share: properties, copies that ASan watches, and plain arithmetic to compare with.
 */
#include "config.h"

#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATTERN_LEN = 65536, PATTERN_STRIDE = 977 };

void
fuzz_found(const char *what, const char *file, int line)
{
	fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
	abort();
}

uint8_t *
fuzz_copy(const void *data, size_t size)
{
	uint8_t *p = malloc(size);

	if (!p)
		abort();
	if (size)
		memcpy(p, data, size);
	return p;
}

struct rbuf
fuzz_piece(struct rbuf *in)
{
	size_t len = rbuf_u16(in);

	return rbuf_sub(in, len < rbuf_left(in) ? len : rbuf_left(in));
}

uint16_t
fuzz_sum(const uint8_t *p, size_t len, uint32_t sum)
{
	for (size_t i = 0; i < len; i++) {
		sum += i % 2 ? p[i] : p[i] * 256u;
		sum = (sum & 0xffff) + (sum >> 16);
	}
	return (uint16_t)((sum & 0xffff) + (sum >> 16));
}

uint16_t
fuzz_sum_l4(const uint8_t *p, size_t len, size_t off, uint8_t protocol)
{
	bool v6 = p[0] >> 4 == 6;
	uint16_t sum = fuzz_sum(p + (v6 ? 8 : 12), v6 ? 32 : 8, protocol);

	return fuzz_sum(p + off, len - off, sum + (uint32_t)(len - off));
}

/* len bytes, at most PATTERN_LEN. */
static const uint8_t *
pattern(size_t len, size_t off, uint32_t salt)
{
	static uint8_t table[2 * PATTERN_LEN];

	if (len > PATTERN_LEN)
		abort();
	for (size_t i = 0; table[1] == 0 && i < sizeof(table); i++)
		table[i] = (uint8_t)(i % PATTERN_LEN * 31 + (i >> 8) * 7);
	return table + (off + salt * (size_t)PATTERN_STRIDE) % PATTERN_LEN;
}

void
fuzz_pattern(uint8_t *p, size_t len, size_t off, uint32_t salt)
{
	memcpy(p, pattern(len, off, salt), len);
}

bool
fuzz_is_pattern(const uint8_t *p, size_t len, size_t off, uint32_t salt)
{
	return memcmp(p, pattern(len, off, salt), len) == 0;
}

bool
fuzz_is_zero(const uint8_t *p, size_t len)
{
	size_t i = 0;

	while (i < len && p[i] == 0)
		i++;
	return i == len;
}
