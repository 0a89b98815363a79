/*
 * The Internet checksum, RFC 1071, with its properties used: sums may be taken in the machine's
 * byte order and swapped at the end, and eight bytes at a time with the carry added back.
 */
#include "config.h"

#include "datapath/checksum.h"

#include "lib/buf.h"

#include <endian.h>
#include <string.h>

static uint64_t
carry_add(uint64_t a, uint64_t b)
{
	a += b;
	return a + (a < b);
}

static uint16_t
fold(uint64_t sum)
{
	sum = (sum >> 32) + (sum & 0xffffffff);
	sum = (sum >> 32) + (sum & 0xffffffff);
	sum = (sum >> 16) + (sum & 0xffff);
	sum = (sum >> 16) + (sum & 0xffff);
	return (uint16_t)sum;
}

uint64_t
checksum_add(uint64_t sum, const void *data, size_t len)
{
	const uint8_t *p = data;
	uint64_t native = 0, w;
	uint32_t w4;
	uint16_t w2 = 0;

	for (; len >= 8; len -= 8, p += 8) {
		memcpy(&w, p, 8);
		native = carry_add(native, w);
	}
	if (len >= 4) {
		memcpy(&w4, p, 4);
		native = carry_add(native, w4);
		len -= 4;
		p += 4;
	}
	if (len >= 2) {
		memcpy(&w2, p, 2);
		native = carry_add(native, w2);
		len -= 2;
		p += 2;
	}
	if (len > 0) {
		w2 = 0;
		memcpy(&w2, p, 1);
		native = carry_add(native, w2);
	}
	return carry_add(sum, be16toh(fold(native)));
}

uint16_t
checksum_fold(uint64_t sum)
{
	return (uint16_t)~fold(sum);
}

uint16_t
checksum(const void *p, size_t len)
{
	return checksum_fold(checksum_add(0, p, len));
}

uint16_t
checksum_update(uint16_t sum, uint16_t from, uint16_t to)
{
	return checksum_fold((uint64_t)(uint16_t)~sum + (uint16_t)~from + to);
}

uint64_t
checksum_pseudo(const uint8_t *addrs, size_t addr_len, uint8_t protocol, uint32_t len)
{
	return checksum_add((uint64_t)protocol + (len >> 16) + (len & 0xffff), addrs, 2 * addr_len);
}
