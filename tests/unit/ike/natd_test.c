/*
 * Twin of daemon/ike/natd.c: RFC 7296 2.23. The digests were computed with sha1sum.
 */
#include "config.h"

#include "daemon/ike/compose.h"
#include "daemon/ike/natd.h"

#include "tests/unit/ike/fixture.h"
#include "tests/unit/ike/suites.h"

#define SPI_I 0x1122334455667788
#define SPI_R 0x99aabbccddeeff00

/* A response whose notifications were made for these ends. */
static void
said(struct crypt *c, struct compose *out, struct message *m, const struct addr *source,
	uint16_t source_port, const struct addr *destination, uint16_t destination_port)
{
	const struct wire_hdr h = {
		.spi_i = SPI_I, .spi_r = SPI_R, .exchange = WIRE_IKE_SA_INIT, .response = true
	};
	uint8_t hash[NATD_LEN];

	compose_message(out, &h);
	compose_notify(out, NOTIFY_nat_detection_source_ip, fix_text("another of many  +++"));
	CU_ASSERT_EQUAL(natd_hash(c, SPI_I, SPI_R, source, source_port, hash), 0);
	compose_notify(out, NOTIFY_nat_detection_source_ip, (struct span){ hash, NATD_LEN });
	CU_ASSERT_EQUAL(natd_hash(c, SPI_I, SPI_R, destination, destination_port, hash), 0);
	compose_notify(out, NOTIFY_nat_detection_destination_ip, (struct span){ hash, NATD_LEN });
	CU_ASSERT_EQUAL(compose_end(out), 0);
	CU_ASSERT_EQUAL(message_parse(compose_span(out).p, compose_span(out).len, m), FAULT_NONE);
}

static void
hashes_are_the_rfcs(void)
{
	struct crypt *c = fix_crypt(NULL);
	struct addr v4 = addr_v4(0xc0000201), v6;
	uint8_t hash[NATD_LEN];

	CU_ASSERT_EQUAL(addr_parse("2001:db8::1", &v6), 0);
	CU_ASSERT_EQUAL(natd_hash(c, SPI_I, SPI_R, &v4, 500, hash), 0);
	CU_ASSERT(fix_is(
		(struct span){ hash, NATD_LEN }, "c31e70110fc425fd1cdd03aa08eef6ef77e1d848"));
	CU_ASSERT_EQUAL(natd_hash(c, SPI_I, 0, &v6, 4500, hash), 0);
	CU_ASSERT(fix_is(
		(struct span){ hash, NATD_LEN }, "aeeab207ef09a9839358bb9e806ea2dbb3fbf04e"));
	crypt_free(c);
}

static void
nats_are_found_on_either_side(void)
{
	const struct addr us = addr_v4(0x0a000001), them = addr_v4(0xc0000201);
	const struct addr nat = addr_v4(0xcb007101), unknown = { 0 };
	/* what the peer saw itself and us as; where it came from and to */
	const struct {
		const struct addr *source, *destination, *remote, *local;
		uint16_t remote_port;
		bool nat_local, nat_remote;
	} rows[] = {
		{ &them, &us, &them, &us, 500, false, false },
		{ &them, &nat, &them, &us, 500, true, false },
		{ &us, &us, &them, &us, 500, false, true },
		{ &them, &us, &them, &us, 501, false, true },
		{ &us, &nat, &them, &us, 500, true, true },
		{ &them, &nat, &them, &unknown, 500, false, false },
	};
	struct crypt *c = fix_crypt(NULL);

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct compose out;
		struct message m;
		struct natd_verdict v;

		said(c, &out, &m, rows[i].source, 500, rows[i].destination, 500);
		CU_ASSERT_EQUAL(natd_check(c, &m, rows[i].local, 500, rows[i].remote,
					rows[i].remote_port, &v),
			0);
		CU_ASSERT(v.supported);
		CU_ASSERT_EQUAL(v.local, rows[i].nat_local);
		CU_ASSERT_EQUAL(v.remote, rows[i].nat_remote);
		compose_fini(&out);
	}
	crypt_free(c);
}

static void
a_peer_that_says_nothing_has_no_nat(void)
{
	struct crypt *c = fix_crypt(NULL);
	const struct addr a = addr_v4(1);
	struct message m = { .hdr = { .spi_i = SPI_I } };
	struct natd_verdict v;

	CU_ASSERT_EQUAL(natd_check(c, &m, &a, 500, &a, 500, &v), 0);
	CU_ASSERT(!v.supported && !v.local && !v.remote);
	crypt_free(c);
}

CU_TestInfo natd_tests[] = {
	{ "hashes are the RFC's", hashes_are_the_rfcs },
	{ "NATs are found on either side", nats_are_found_on_either_side },
	{ "a peer that says nothing has no NAT", a_peer_that_says_nothing_has_no_nat },
	CU_TEST_INFO_NULL,
};
