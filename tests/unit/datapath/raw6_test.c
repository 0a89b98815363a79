/*
 * Twin of datapath/raw6.c, with control messages made here. (What a kernel really tells: port_raw_test.c.)
 */
#include "config.h"

#include "datapath/raw6.h"

#include "datapath/ip6.h"
#include "tests/unit/datapath/suites.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>

/* A received message: control messages one after another. */
struct message {
	struct msghdr msg;
	uint8_t control[RAW6_CONTROL_MAX] __attribute__((aligned(8)));
};

static void
add(struct message *m, int type, const void *data, size_t len)
{
	struct cmsghdr c = {
		.cmsg_level = IPPROTO_IPV6, .cmsg_type = type, .cmsg_len = CMSG_LEN(len)
	};
	uint8_t *at = m->control + m->msg.msg_controllen;

	memcpy(at, &c, sizeof(c));
	memcpy(at + CMSG_LEN(0), data, len);
	m->msg.msg_control = m->control;
	m->msg.msg_controllen += CMSG_SPACE(len);
}

static void
message_init(struct message *m)
{
	struct in6_pktinfo to = { .ipi6_addr.s6_addr = { 0x20, 1, [15] = 9 } };
	int tclass = 0xb9, hops = 61;

	memset(m, 0, sizeof(*m));
	add(m, IPV6_PKTINFO, &to, sizeof(to));
	add(m, IPV6_HOPLIMIT, &hops, sizeof(hops));
	add(m, IPV6_TCLASS, &tclass, sizeof(tclass));
}

static const uint8_t source[16] = { 0xfd, [15] = 1 };

static void
the_fixed_header_says_what_the_system_told(void)
{
	uint8_t head[RAW6_HEAD_MAX];
	struct message m;
	struct ip6 ip;
	uint32_t len;

	message_init(&m);
	CU_ASSERT_EQUAL(raw6_head(&m.msg, source, 51, 100, head, &len), DROP_NONE);
	CU_ASSERT_EQUAL(len, 40);
	CU_ASSERT_EQUAL(ip6_parse(head, 140, &ip), DROP_NONE);
	CU_ASSERT_TRUE(ip.tclass == 0xb9 && ip.hop_limit == 61 && ip.next_header == 51);
	CU_ASSERT_EQUAL(ip.payload_len, 100);
	CU_ASSERT_EQUAL(memcmp(ip.src, source, 16), 0);
	CU_ASSERT_TRUE(ip.dst[0] == 0x20 && ip.dst[15] == 9);
}

/* Next headers: 43 routing, 60 destination, 51 AH, 44 fragment. */
static void
extension_headers_come_in_their_order_or_not_at_all(void)
{
	static const struct {
		const char *what;
		struct {
			int type;
			uint8_t next, words; /* of 8 bytes, beside the first */
		} headers[4];
		uint8_t first; /* what the fixed header says */
		bool good;
	} rows[] = {
		{ "hop-by-hop", { { IPV6_HOPOPTS, 51, 0 } }, 0, true },
		{ "all three",
			{ { IPV6_HOPOPTS, 60, 0 }, { IPV6_DSTOPTS, 43, 2 }, { IPV6_RTHDR, 51, 4 } },
			0, true },
		{ "a fragment header was between",
			{ { IPV6_HOPOPTS, 44, 0 }, { IPV6_DSTOPTS, 51, 0 } }, 0, true },
		{ "and behind", { { IPV6_RTHDR, 44, 0 } }, 43, true },
		{ "one is missing at the end", { { IPV6_HOPOPTS, 60, 0 } }, 0, false },
		{ "one is missing between", { { IPV6_HOPOPTS, 43, 0 }, { IPV6_DSTOPTS, 51, 0 } }, 0,
			false },
		{ "too long", { { IPV6_DSTOPTS, 51, 59 } }, 60, false },
		{ "just not too long", { { IPV6_DSTOPTS, 51, 58 } }, 60, true },
	};

	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t head[RAW6_HEAD_MAX], ext[1024], want[1024];
		uint32_t len = 0, want_len = 0;
		enum drop why;
		struct message m;

		message_init(&m);
		for (unsigned int k = 0; k < 4 && rows[i].headers[k].type != 0; k++) {
			uint32_t n = 8 * (rows[i].headers[k].words + 1u);

			memset(ext, (int)(0x10 + k), n);
			ext[0] = rows[i].headers[k].next;
			ext[1] = rows[i].headers[k].words;
			add(&m, rows[i].headers[k].type, ext, n);
			memcpy(want + want_len, ext, n);
			want_len += n;
		}
		why = raw6_head(&m.msg, source, 51, 7, head, &len);
		CU_ASSERT_EQUAL(why, rows[i].good ? DROP_NONE : DROP_ip6_headers);
		if (why != DROP_NONE)
			continue;
		CU_ASSERT_EQUAL(len, 40 + want_len);
		CU_ASSERT_EQUAL(head[6], rows[i].first);
		CU_ASSERT_EQUAL(head[4] * 256 + head[5], want_len + 7);
		for (uint32_t k = 0; k < want_len;
			k++) /* a fragment header is not named any more */
			CU_ASSERT_TRUE(head[40 + k] == want[k] || want[k] == 44);
		CU_ASSERT_PTR_NULL(memchr(head + 40, 44, want_len));
	}
}

static void
what_is_cut_short_or_malformed_is_refused(void)
{
	uint8_t head[RAW6_HEAD_MAX], ext[16] = { 51, 0 };
	struct message m;
	uint32_t len;

	message_init(&m);
	m.msg.msg_flags = MSG_CTRUNC;
	CU_ASSERT_EQUAL(raw6_head(&m.msg, source, 51, 7, head, &len), DROP_ip6_headers);
	for (uint32_t n = 0; n <= 16; n++) { /* the header says 8 */
		message_init(&m);
		add(&m, IPV6_HOPOPTS, ext, n);
		CU_ASSERT_EQUAL(raw6_head(&m.msg, source, 51, 7, head, &len),
			n == 8 ? DROP_NONE : DROP_ip6_headers);
	}
	message_init(&m);
	add(&m, IPV6_HOPOPTS, ext, 8);
	CU_ASSERT_EQUAL(raw6_head(&m.msg, source, 51, 65535 - 8, head, &len), DROP_NONE);
	CU_ASSERT_EQUAL(raw6_head(&m.msg, source, 51, 65535 - 7, head, &len), DROP_ip6_headers);
}

CU_TestInfo raw6_tests[] = {
	{ "the fixed header says what the system told",
		the_fixed_header_says_what_the_system_told },
	{ "extension headers come in their order or not at all",
		extension_headers_come_in_their_order_or_not_at_all },
	{ "what is cut short or malformed is refused", what_is_cut_short_or_malformed_is_refused },
	CU_TEST_INFO_NULL,
};
