/*
 * Those who only begin: limits, cookies, the budget of work, and who gets in all the same.
 */
#include "config.h"

#include "daemon/ike/compose.h"
#include "daemon/ike/message.h"
#include "daemon/ike/suite.h"
#include "lib/loop.h"
#include "tests/unit/ike/sim.h"
#include "tests/unit/ike/suites.h"

#include <string.h>

static const struct sim_child automatic = { .automatic = true };

/* What end 1 has said to the last who began. */
static struct {
	uint8_t data[8192];
	size_t len;
	unsigned int n;
} heard;

static void
hear(void *arg, const struct ike_path *path, const uint8_t *data, size_t len)
{
	heard.n++;
	heard.len = len < sizeof(heard.data) ? len : sizeof(heard.data);
	memcpy(heard.data, data, heard.len);
}

/* End 1 takes IKE SAs from anywhere, with one group. */
static struct sim *
open_house(uint8_t group)
{
	const struct sim_peer anybody = { .answers_only = true, .dh = { group } };
	struct sim *s = sim_new(1);

	sim_peer(&s->end[1], &anybody);
	sim_child(&s->end[1], NULL);
	s->end[1].ike->ops.send = hear;
	return s;
}

struct beginner {
	uint32_t address;
	uint32_t spi;
	struct crypt_dh *dh;
	size_t padding;
	uint64_t spi_r;
	bool responder;
};

/* A first message; its nonce is that of its SPI, so that the second is the first with the cookie. */
static void
begin(struct sim *s, const struct beginner *b, struct span cookie)
{
	struct ike *ike = s->end[1].ike;
	const struct ike_path path = { .local = s->end[1].addr,
		.remote = addr_v4(b->address),
		.local_port = 500,
		.remote_port = 500 };
	struct wire_hdr h = { .spi_i = b->spi,
		.spi_r = b->spi_r,
		.exchange = WIRE_IKE_SA_INIT,
		.initiator = !b->responder };
	struct proposal_config config[PROPOSAL_CONFIG_MAX];
	static const uint8_t padding[9000];
	uint8_t nonce[32] = { (uint8_t)b->spi, (uint8_t)(b->spi >> 8) };
	unsigned int n = suite_ike_config(ike, peer_find(ike, 1), config);
	struct compose c;

	heard.n = 0;
	heard.len = 0;
	compose_message(&c, &h);
	if (cookie.len > 0)
		compose_notify(&c, NOTIFY_cookie, cookie);
	proposal_write(compose_payload(&c, PAYLOAD_sa), config, n, (struct span){ 0 }, true);
	compose_ke(&c, alg_dh(crypt_dh_group(b->dh))->iana, crypt_dh_public(b->dh));
	compose_nonce(&c, (struct span){ nonce, sizeof(nonce) });
	if (b->padding > 0)
		compose_vendor(&c, (struct span){ padding, b->padding });
	CU_ASSERT_EQUAL_FATAL(compose_end(&c), 0);
	ike_input(ike, &path, compose_span(&c).p, compose_span(&c).len);
	compose_fini(&c);
}

/* It begins, and again with the cookie if it is asked for one. Whether an SA is half-open for it. */
static bool
gets_in(struct sim *s, const struct beginner *b)
{
	const struct message_notify *n;
	uint8_t cookie[COOKIE_LEN];
	struct message m;

	begin(s, b, (struct span){ 0 });
	if (heard.len == 0 || message_parse(heard.data, heard.len, &m) != FAULT_NONE)
		return false;
	n = message_notify_find(&m, NOTIFY_cookie);
	if (n) {
		CU_ASSERT_EQUAL_FATAL(n->data.len, sizeof(cookie));
		memcpy(cookie, n->data.p, sizeof(cookie));
		begin(s, b, (struct span){ cookie, sizeof(cookie) });
		if (heard.len == 0 || message_parse(heard.data, heard.len, &m) != FAULT_NONE)
			return false;
	}
	return message_has(&m, PAYLOAD_sa);
}

static struct beginner
beginner(struct sim *s, uint8_t group)
{
	return (struct beginner){ 0x01020300, 1,
		crypt_dh_new(s->end[1].ike->crypt, (enum alg_dh)group), 0, 0, false };
}

static void
test_an_address_has_so_many(void)
{
	struct sim *s = open_house(ALG_DH_x25519);
	struct st_ike_error e;
	struct beginner b = beginner(s, ALG_DH_x25519);

	for (unsigned int i = 0; i < HALFOPEN_PER_ADDRESS; i++, b.spi++) {
		CU_ASSERT_TRUE(gets_in(s, &b));
		CU_ASSERT_EQUAL(sim_statistic(&s->end[1], "Cookies asked for"),
			i < HALFOPEN_COOKIE_PER_ADDRESS ? 0 : i - HALFOPEN_COOKIE_PER_ADDRESS + 1);
	}
	CU_ASSERT_FALSE(gets_in(s, &b));
	CU_ASSERT_EQUAL(sim_statistic(&s->end[1], "Too many half-open SAs of one address"), 1);
	CU_ASSERT_STRING_EQUAL(sim_reason(&s->end[1], &e), "first packet limited");
	/* another address is another matter */
	b.address++;
	CU_ASSERT_TRUE(gets_in(s, &b));
	crypt_dh_free(b.dh);
	sim_free(s);
}

static void
test_the_oldest_makes_room(void)
{
	struct msg_ike_setup setup = { .half_open_max = 5 };
	struct sim *s = open_house(ALG_DH_x25519);
	struct beginner b = beginner(s, ALG_DH_x25519);
	struct ike *ike = s->end[1].ike;

	ike_command(ike, MSG_ike_setup, 0, &setup, NULL);
	for (unsigned int i = 0; i < 7; i++, b.spi++, b.address++)
		CU_ASSERT_TRUE(gets_in(s, &b));
	CU_ASSERT_EQUAL(sim_n_ike(&s->end[1], NULL), 5);
	CU_ASSERT_EQUAL(ike->halfopen.n, 5);
	CU_ASSERT_EQUAL(TAILQ_FIRST(&ike->half_open)->spi_remote, 3);
	CU_ASSERT_EQUAL(sim_statistic(&s->end[1], "Half-open SAs evicted"), 2);
	crypt_dh_free(b.dh);
	sim_free(s);
}

/* How many get in within a second, each from an address of its own. */
static unsigned int
in_a_second(uint8_t group, unsigned int most)
{
	struct sim *s = open_house(group);
	struct beginner b = beginner(s, group);
	unsigned int n = 0;

	for (; n < most && gets_in(s, &b); n++, b.spi++, b.address++)
		;
	CU_ASSERT_EQUAL(sim_statistic(&s->end[1], "Too much Diffie-Hellman in a second"), n < most);
	/* the next second is another one */
	sim_run(s, 1000);
	CU_ASSERT_TRUE(gets_in(s, &b));
	crypt_dh_free(b.dh);
	sim_free(s);
	return n;
}

static void
test_work_is_counted_by_what_it_costs(void)
{
	CU_ASSERT_EQUAL(in_a_second(ALG_DH_modp_4096, 1000), HALFOPEN_WORK_PER_S / 21 + 1);
	CU_ASSERT_EQUAL(in_a_second(ALG_DH_x25519, 1000), 1000);
}

/* The other half of the work is counted too, and waits for the next second; for peers at an address of their own
 * it is done at once, for the answer has reached them there. */
static void
test_the_second_half_of_the_work_counts(void)
{
	const struct sim_peer anybody = { .answers_only = true };

	for (unsigned int named = 0; named < 2; named++) {
		struct sim *s = sim_new(1);
		struct ration *work = &s->end[1].ike->halfopen.work;
		struct ike_sa *sa;

		sim_peer(&s->end[0], NULL);
		sim_peer(&s->end[1], named ? NULL : &anybody);
		sim_child(&s->end[1], NULL);
		sim_child(&s->end[0], &automatic);
		s->by_hand = true;
		sim_run(s, 2000);
		sim_deliver(s, 0);
		CU_ASSERT_EQUAL(work->left, HALFOPEN_WORK_PER_S - alg_dh(ALG_DH_x25519)->cost);
		sim_deliver(s, 0);
		*work = (struct ration){ loop_now_ms(s->loop), 0 };
		sim_deliver(s, 0);
		sa = TAILQ_FIRST(&s->end[1].ike->sa_list);
		CU_ASSERT_EQUAL(sa->keys.open != NULL, named);
		CU_ASSERT_EQUAL(
			sim_statistic(&s->end[1], "Too much Diffie-Hellman in a second"), !named);
		CU_ASSERT_EQUAL(
			sim_statistic(&s->end[1], "Encrypted messages before there are keys"), 0);
		sim_run(s, 2500);
		sim_end_settled(s, 1);
	}
}

static void
test_a_first_message_has_a_length(void)
{
	struct sim *s = open_house(ALG_DH_x25519);
	struct beginner b = beginner(s, ALG_DH_x25519);
	struct st_ike_error e;

	b.padding = HALFOPEN_FIRST_LEN - 1000;
	CU_ASSERT_TRUE(gets_in(s, &b));
	b.spi++;
	b.padding = HALFOPEN_FIRST_LEN;
	CU_ASSERT_FALSE(gets_in(s, &b));
	CU_ASSERT_EQUAL(sim_n_ike(&s->end[1], NULL), 1);
	CU_ASSERT_STRING_EQUAL(sim_reason(&s->end[1], &e), "malformed message");
	CU_ASSERT_PTR_NOT_NULL(strstr(e.detail, "too long"));
	crypt_dh_free(b.dh);
	sim_free(s);
}

/* It is of an initiator, who knows no SPI of ours yet (RFC 7296 2.6, 3.1). */
static void
test_a_first_message_is_an_initiators(void)
{
	struct sim *s = open_house(ALG_DH_x25519);
	struct beginner b = beginner(s, ALG_DH_x25519);

	b.spi_r = 5;
	CU_ASSERT_FALSE(gets_in(s, &b));
	b.spi_r = 0;
	b.responder = true;
	CU_ASSERT_FALSE(gets_in(s, &b));
	CU_ASSERT_EQUAL(heard.n, 0);
	CU_ASSERT_EQUAL(sim_statistic(&s->end[1], "Flags or SPIs that do not fit the SA"), 2);
	CU_ASSERT_EQUAL(sim_n_ike(&s->end[1], NULL), 0);
	crypt_dh_free(b.dh);
	sim_free(s);
}

/* Neither end names a group: there is no IKE SA without one. */
static void
test_an_ike_sa_has_a_group(void)
{
	struct sim *s = open_house(ALG_DH_x25519);
	struct beginner b = beginner(s, ALG_DH_x25519);
	struct st_ike_error e;

	peer_find(s->end[1].ike, 1)->proposals[0].dh.len = 0;
	CU_ASSERT_FALSE(gets_in(s, &b));
	CU_ASSERT_STRING_EQUAL(sim_reason(&s->end[1], &e), "phase1 proposal mismatch");
	CU_ASSERT_STRING_EQUAL(e.detail, "no Diffie-Hellman group in common");
	crypt_dh_free(b.dh);
	sim_free(s);
}

/* Another peer, that may be anywhere. */
static void
somebody_else(struct sim_end *e)
{
	const struct msg_ike_peer other = { .peer = 7, .name = "other", .versions = 2 };
	struct msg_ike_peer_proposal proposal = peer_find(e->ike, 1)->proposals[0];
	const struct msg_ike_peer_end end = { .peer = 7 };

	proposal.peer = 7;
	ike_command(e->ike, MSG_ike_peer, 0, &other, NULL);
	ike_command(e->ike, MSG_ike_peer_proposal, 0, &proposal, NULL);
	ike_command(e->ike, MSG_ike_peer_end, 0, &end, NULL);
}

/* Those who return their cookies, a thousand addresses a second: SAs are bounded, and the peer gets in without
 * having to ask twice, whether it has an address of its own or not. */
static void
test_a_peer_gets_in_though_many_return_cookies(void)
{
	for (unsigned int named = 0; named < 2; named++) {
		struct sim *s = open_house(ALG_DH_x25519);
		struct beginner b = beginner(s, ALG_DH_x25519);
		void (*send)(void *, const struct ike_path *, const uint8_t *, size_t) =
			s->end[0].ike->ops.send;

		if (named) {
			sim_peer(&s->end[1], NULL);
			somebody_else(&s->end[1]);
		}
		sim_peer(&s->end[0], NULL);
		sim_child(&s->end[0], &automatic);
		for (unsigned int ms = 0; ms < 5000; ms++, b.spi++, b.address++) {
			s->end[1].ike->ops.send = hear;
			gets_in(s, &b);
			s->end[1].ike->ops.send = send;
			sim_run(s, 1);
		}
		CU_ASSERT_EQUAL(sim_n_ike(&s->end[0], "established"), 1);
		CU_ASSERT_EQUAL(sim_statistic(&s->end[0], "Retransmitted requests"), 0);
		CU_ASSERT_TRUE(sim_statistic(&s->end[1], "Cookies asked for") > 4000);
		CU_ASSERT_TRUE(s->end[1].ike->halfopen.n <= HALFOPEN_MAX);
		sim_run(s, HALFOPEN_TIMEOUT_MS + 1000);
		CU_ASSERT_EQUAL(s->end[1].ike->halfopen.n, 0);
		crypt_dh_free(b.dh);
		sim_free(s);
	}
}

CU_TestInfo halfopen_tests[] = {
	{ "an address has so many", test_an_address_has_so_many },
	{ "the oldest makes room", test_the_oldest_makes_room },
	{ "work is counted by what it costs", test_work_is_counted_by_what_it_costs },
	{ "the second half of the work counts", test_the_second_half_of_the_work_counts },
	{ "a first message has a length", test_a_first_message_has_a_length },
	{ "a first message is an initiator's", test_a_first_message_is_an_initiators },
	{ "an IKE SA has a group", test_an_ike_sa_has_a_group },
	{ "a peer gets in though many return cookies",
		test_a_peer_gets_in_though_many_return_cookies },
	CU_TEST_INFO_NULL,
};
