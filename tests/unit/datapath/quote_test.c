/*
 * Twin of datapath/quote.c. What is quoted is a packet of before: its selectors, read from it and from the
 * quote, are the same.
 */
#include "config.h"

#include "datapath/quote.h"

#include "datapath/ip4.h"
#include "lib/buf.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "tests/unit/datapath/esp_fixture.h"
#include "tests/unit/datapath/suites.h"

enum { ROOM = 256, HDR4 = 20, HDR6 = 40, ICMP = 8 };
#define HERE 0x0a010102u   /* 10.1.1.2, who sent what is quoted */
#define THERE 0x0a010202u  /* 10.1.2.2 */
#define ROUTER 0x0a010901u /* 10.1.9.1, who says that it did not arrive */

/* An error of this type from the router, to the sender of the quote. */
static uint32_t
error_about(uint8_t *out, uint8_t type, const uint8_t *quote, uint32_t quote_len)
{
	bool v6 = quote[0] >> 4 == 6;
	uint32_t hdr = v6 ? HDR6 : HDR4;
	uint32_t len = v6 ? fix_ip6(out, 58, ICMP + quote_len)
			  : fix_ip4(out, ROUTER, be32_get(quote + 12), 1, ICMP + quote_len);

	if (v6) {
		out[23] = 9;
		memcpy(out + 24, quote + 8, 16);
	}
	memset(out + hdr, 0, ICMP);
	out[hdr] = type;
	memcpy(out + hdr + ICMP, quote, quote_len);
	return len;
}

/* Read from memory that ends where the packet does. */
static bool
read_tight(const uint8_t *packet, uint32_t len, bool mirrored, struct selector *s)
{
	uint8_t *tight = malloc(len + 1);
	bool got;

	CU_ASSERT_PTR_NOT_NULL_FATAL(tight);
	memcpy(tight + 1, packet, len);
	got = quote_selector(tight + 1, len, mirrored, s);
	free(tight);
	return got;
}

static bool
is_in(const uint8_t *packet, uint32_t len)
{
	struct selector s;

	CU_ASSERT_EQUAL_FATAL(selector_read(packet, len, false, &s), DROP_NONE);
	return quote_is_in(&s);
}

static void
a_quote_has_the_selectors_of_the_packet(void)
{
	static const uint8_t protocols[] = { 6, 17, 132, 47, 50, 1, 58 };
	uint8_t p[ROOM], e[ROOM];

	for (unsigned int i = 0; i < 4 * sizeof(protocols); i++) {
		uint8_t protocol = protocols[i / 4];
		bool mirrored = i % 2;
		uint32_t len = i & 2 ? fix_ip6(p, protocol, 16)
				     : fix_ports(p, HERE, THERE, protocol, 0x8123, 443, 16);
		struct selector was, s;

		if (i & 2)
			memcpy(p + HDR6, "\x81\x23\1\2", 4);
		CU_ASSERT_EQUAL(selector_read(p, len, mirrored, &was), DROP_NONE);
		CU_ASSERT_TRUE(read_tight(e, error_about(e, i & 2 ? 1 : 3, p, len), mirrored, &s));
		CU_ASSERT_EQUAL(memcmp(&was, &s, sizeof(s)), 0);
	}
}

static void
only_errors_that_quote_are_such(void)
{
	uint8_t p[ROOM], e[ROOM];
	uint32_t len = fix_ports(p, HERE, THERE, 6, 1, 2, 16);

	for (unsigned int type = 0; type < 256; type++) {
		bool quotes = type == 3 || type == 4 || type == 11 || type == 12;

		CU_ASSERT_EQUAL(is_in(e, error_about(e, (uint8_t)type, p, len)), quotes);
	}
	len = fix_ip6(p, 6, 16);
	for (unsigned int type = 0; type < 256; type++) {
		bool quotes = type >= 1 && type <= 4;

		CU_ASSERT_EQUAL(is_in(e, error_about(e, (uint8_t)type, p, len)), quotes);
	}
	/* the other family's ICMP is none */
	CU_ASSERT_FALSE(is_in(e, fix_ip6(e, 1, 48)));
	CU_ASSERT_FALSE(is_in(e, fix_ip4(e, HERE, THERE, 58, 48)));
}

/* Addresses, then the protocol, then ports: what is there is seen, and nothing is made up. */
static void
a_quote_may_be_cut_anywhere(void)
{
	uint8_t p[ROOM], e[ROOM];

	for (unsigned int v6 = 0; v6 < 2; v6++) {
		uint32_t hdr = v6 ? HDR6 : HDR4;
		uint32_t len = v6 ? fix_ip6(p, 17, 16) : fix_ports(p, HERE, THERE, 17, 1, 2, 16);
		struct selector s;

		for (uint32_t n = 0; n <= len; n++) {
			bool got = read_tight(e, error_about(e, v6 ? 1 : 3, p, n), true, &s);

			CU_ASSERT_EQUAL(got, n >= hdr);
			if (got)
				CU_ASSERT_EQUAL(
					s.seen, n >= hdr + 4 ? SELECTOR_ALL : SELECTOR_NO_PORTS);
		}
		/* the ICMP header, too */
		len = error_about(e, v6 ? 1 : 3, p, len);
		for (uint32_t n = 0; n < hdr + ICMP + hdr; n++)
			CU_ASSERT_FALSE(read_tight(e, n, false, &s));
	}
}

static void
what_is_behind_the_packet_is_not_its_own(void)
{
	uint8_t p[ROOM], e[ROOM];
	struct selector s;

	fix_ports(p, HERE, THERE, 17, 1, 2, 64);
	be16_put(p + 2, HDR4 + 2); /* says that it is shorter than its ports */
	CU_ASSERT_TRUE(read_tight(e, error_about(e, 3, p, HDR4 + 64), false, &s));
	CU_ASSERT_EQUAL(s.seen, SELECTOR_NO_PORTS);
	be16_put(p + 2, 3); /* nonsense: some systems change the length */
	CU_ASSERT_TRUE(read_tight(e, error_about(e, 3, p, HDR4 + 64), false, &s));
	CU_ASSERT_TRUE(s.seen == SELECTOR_ALL && s.destination_port == 2);
}

static void
a_quoted_fragment_shows_what_it_has(void)
{
	uint8_t p[ROOM], e[ROOM];
	struct selector s;
	uint32_t len = fix_ports(p, HERE, THERE, 17, 1, 2, 16);

	be16_put(p + 6, 0x2000);
	CU_ASSERT_TRUE(read_tight(e, error_about(e, 11, p, len), false, &s));
	CU_ASSERT_TRUE(s.seen == SELECTOR_ALL && s.destination_port == 2);
	be16_put(p + 6, 0x2002);
	CU_ASSERT_TRUE(read_tight(e, error_about(e, 11, p, len), false, &s));
	CU_ASSERT_TRUE(s.seen == SELECTOR_NO_PORTS && s.protocol == 17);
	len = fix_ip6(p, 44, 16);
	memcpy(p + HDR6, "\x11\0\0\1\0\0\0\7\0\1\0\2", 12);
	CU_ASSERT_TRUE(read_tight(e, error_about(e, 3, p, len), false, &s));
	CU_ASSERT_TRUE(s.seen == SELECTOR_ALL && s.protocol == 17 && s.destination_port == 2);
	p[HDR6 + 3] = 9; /* a later one */
	CU_ASSERT_TRUE(read_tight(e, error_about(e, 3, p, len), false, &s));
	CU_ASSERT_EQUAL(s.seen, SELECTOR_NO_PROTOCOL);
}

static void
extension_headers_are_passed_over_and_end(void)
{
	enum { LONG = 4000 };
	uint8_t p[ROOM], e[ROOM], *longer;
	struct selector s;
	uint32_t len = fix_ip6(p, 0, 24);

	memcpy(p + HDR6, "\x3c\0\1\4\0\0\0\0\x06\0\1\4\0\0\0\0\0\7\0\x50", 20);
	CU_ASSERT_TRUE(read_tight(e, error_about(e, 3, p, len), false, &s));
	CU_ASSERT_TRUE(s.protocol == 6 && s.source_port == 7 && s.destination_port == 80);
	/* cut, or lying about its length: the addresses are all that is known */
	CU_ASSERT_TRUE(read_tight(e, error_about(e, 3, p, HDR6 + 9), false, &s));
	CU_ASSERT_EQUAL(s.seen, SELECTOR_NO_PROTOCOL);
	p[HDR6 + 1] = 255;
	CU_ASSERT_TRUE(read_tight(e, error_about(e, 3, p, len), false, &s));
	CU_ASSERT_EQUAL(s.seen, SELECTOR_NO_PROTOCOL);
	/* more of them than an error has room for are not walked through */
	longer = calloc(1, HDR6 + ICMP + LONG);
	CU_ASSERT_PTR_NOT_NULL_FATAL(longer);
	error_about(longer, 3, p, HDR6);
	be16_put(longer + 4, ICMP + LONG);
	longer[HDR6 + ICMP + 6] = 60;
	for (uint32_t at = HDR6 + ICMP + HDR6; at + 8 <= HDR6 + ICMP + LONG; at += 8)
		longer[at] = at < HDR6 + ICMP + LONG - 16 ? 60 : 17;
	CU_ASSERT_TRUE(read_tight(longer, HDR6 + ICMP + LONG, false, &s));
	CU_ASSERT_EQUAL(s.seen, SELECTOR_NO_PROTOCOL);
	free(longer);
}

static void
what_is_no_packet_of_the_receiver_is_no_quote(void)
{
	uint8_t p[ROOM], e[ROOM];
	struct selector s;
	uint32_t len = fix_ports(p, HERE, THERE, 17, 1, 2, 16), n = error_about(e, 3, p, len);

	e[HDR4 - 1] ^= 1; /* somebody else receives it */
	ip4_checksum_set(e, HDR4);
	CU_ASSERT_FALSE(read_tight(e, n, false, &s));
	n = error_about(e, 3, p, len);
	e[HDR4 + ICMP] = 0x44; /* a header shorter than headers are */
	CU_ASSERT_FALSE(read_tight(e, n, false, &s));
	e[HDR4 + ICMP] = 0x4f; /* longer than the quote */
	CU_ASSERT_FALSE(read_tight(e, n, false, &s));
	e[HDR4 + ICMP] = 0x65;
	CU_ASSERT_FALSE(read_tight(e, n, false, &s));
	/* the other family, both ways */
	len = fix_ip6(p, 17, 16);
	n = fix_ip4(e, ROUTER, 0x20010db8, 1, ICMP + len);
	memcpy(e + HDR4 + ICMP, p, len);
	CU_ASSERT_FALSE(read_tight(e, n, false, &s));
	n = fix_ip6(e, 58, ICMP + 36);
	fix_ports(e + HDR6 + ICMP, HERE, THERE, 17, 1, 2, 16);
	CU_ASSERT_FALSE(read_tight(e, n, false, &s));
}

static void
no_error_is_about_an_error(void)
{
	uint8_t p[ROOM], e[ROOM];
	struct selector s;

	for (unsigned int type = 0; type < 256; type++) {
		bool error = type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
		uint32_t len = fix_ip4(p, HERE, THERE, 1, 36);

		p[HDR4] = (uint8_t)type;
		CU_ASSERT_EQUAL(read_tight(e, error_about(e, 3, p, len), false, &s), !error);
		len = fix_ip6(p, 58, 56);
		p[HDR6] = (uint8_t)type;
		CU_ASSERT_EQUAL(read_tight(e, error_about(e, 1, p, len), false, &s), type >= 128);
	}
}

static void
pieces_of_icmp_are_known(void)
{
	uint8_t p[ROOM];
	uint32_t len = fix_ip4(p, HERE, THERE, 1, 16);

	CU_ASSERT_FALSE(quote_is_cut(p, len));
	for (unsigned int i = 0; i < 3; i++) {
		static const uint16_t words[] = { 0x2000, 0x2001, 1 };

		be16_put(p + 6, words[i]);
		fix_outer(p, len);
		p[9] = 1;
		ip4_checksum_set(p, HDR4);
		CU_ASSERT_TRUE(quote_is_cut(p, len));
		p[9] = 17;
		ip4_checksum_set(p, HDR4);
		CU_ASSERT_FALSE(quote_is_cut(p, len));
	}
	len = fix_ip6(p, 44, 24); /* errors of IPv6 are short enough */
	memcpy(p + HDR6, "\x3a\0\0\1", 4);
	CU_ASSERT_FALSE(quote_is_cut(p, len));
	for (uint32_t n = 0; n < HDR4; n++)
		CU_ASSERT_FALSE(quote_is_cut(p, n));
}

CU_TestInfo quote_tests[] = {
	{ "a quote has the selectors of the packet", a_quote_has_the_selectors_of_the_packet },
	{ "only errors that quote are such", only_errors_that_quote_are_such },
	{ "a quote may be cut anywhere", a_quote_may_be_cut_anywhere },
	{ "what is behind the packet is not its own", what_is_behind_the_packet_is_not_its_own },
	{ "a quoted fragment shows what it has", a_quoted_fragment_shows_what_it_has },
	{ "extension headers are passed over, and end", extension_headers_are_passed_over_and_end },
	{ "what is no packet of the receiver is no quote",
		what_is_no_packet_of_the_receiver_is_no_quote },
	{ "no error is about an error", no_error_is_about_an_error },
	{ "pieces of ICMP are known", pieces_of_icmp_are_known },
	CU_TEST_INFO_NULL,
};
