/*
 * Twin of datapath/mss.c.
 */
#include "config.h"

#include "datapath/mss.h"

#include "datapath/ip4.h"
#include "lib/buf.h"
#include "tests/unit/datapath/fixture.h"
#include "tests/unit/datapath/suites.h"

#include <string.h>

enum { SYN = 2, ACK = 16 };

/* A TCP packet of these flags and options; its length. */
static uint32_t
tcp_make(uint8_t *p, bool v6, uint8_t flags, const char *options, uint32_t options_len)
{
	uint32_t off = v6 ? 40 : 20, len = off + 20 + options_len;

	memset(p, 0, len);
	if (v6) {
		p[0] = 0x60;
		be16_put(p + 4, (uint16_t)(len - 40));
		p[6] = 6;
		memset(p + 8, 7, 32);
	} else {
		ip4_build(p,
			&(struct ip4){ .total_len = (uint16_t)len,
				.ttl = 9,
				.protocol = 6,
				.src = 0x01020304,
				.dst = 0x05060708 });
	}
	p[off + 12] = (uint8_t)((20 + options_len) << 2);
	p[off + 13] = flags;
	memcpy(p + off + 20, options, options_len);
	/* the checksum that makes the whole come out right, found the slow way */
	be16_put(p + off + 16,
		naive_checksum(p + off, len - off,
			(uint16_t)~naive_checksum(p + (v6 ? 8 : 12), v6 ? 32 : 8, 0) + 6u + len -
				off));
	return len;
}

static void
a_syn_announces_what_fits(void)
{
	static const struct {
		const char *options;
		uint32_t len;
		uint8_t flags;
		uint32_t at; /* where the value is */
		uint16_t want;
	} rows[] = {
		{ "\2\4\5\xb4", 4, SYN, 2, 1300 }, { "\2\4\5\xb4", 4, SYN | ACK, 2, 1300 },
		{ "\2\4\5\xb4", 4, ACK, 2, 1460 },
		{ "\2\4\2\x00", 4, SYN, 2, 512 },	   /* less already */
		{ "\1\2\4\5\xb4\0\0\0", 8, SYN, 3, 1300 }, /* at an odd byte */
		{ "\4\2\1\1\2\4\5\xb4", 8, SYN, 6, 1300 },
		{ "\0\2\4\5\xb4\0\0\0", 8, SYN, 3, 1460 }, /* behind the end */
		{ "\3\0\2\4\5\xb4\0\0", 8, SYN, 4, 1460 }, /* behind nonsense */
		{ "\2\5\5\xb4\0\0\0\0", 8, SYN, 2, 1460 }, /* of another length */
	};
	uint8_t p[100];

	for (unsigned int i = 0; i < 2 * sizeof(rows) / sizeof(rows[0]); i++) {
		bool v6 = i % 2;
		uint32_t off = v6 ? 40 : 20;
		uint32_t len =
			tcp_make(p, v6, rows[i / 2].flags, rows[i / 2].options, rows[i / 2].len);

		CU_ASSERT_TRUE_FATAL(naive_transport_ok(p, len, off, 6));
		mss_clamp(p, len, 1300);
		CU_ASSERT_EQUAL(be16_get(p + off + 20 + rows[i / 2].at), rows[i / 2].want);
		CU_ASSERT_TRUE(naive_transport_ok(p, len, off, 6));
	}
}

static void
anything_else_is_left_alone(void)
{
	uint8_t p[100], was[100];
	uint64_t d = 3;

	for (unsigned int round = 0; round < 5000; round++) {
		uint32_t len = tcp_make(p, round % 2, SYN, "\1\1\1\1\2\4\5\xb4", 8), cut;

		cut = dice(&d) % len;
		memcpy(was, p, sizeof(p));
		mss_clamp(p, cut, 1300);
		CU_ASSERT_EQUAL(memcmp(was, p, sizeof(p)), 0);
		p[dice(&d) % len] = (uint8_t)dice(&d);
		mss_clamp(p, len, 1300); /* does not crash */
	}
}

CU_TestInfo mss_tests[] = {
	{ "a SYN announces what fits", a_syn_announces_what_fits },
	{ "anything else is left alone", anything_else_is_left_alone },
	CU_TEST_INFO_NULL,
};
