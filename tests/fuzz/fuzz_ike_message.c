/*
 * Fuzzes IKE messages. The first byte chooses an exchange and what the rest is: a datagram in clear, the text of an
 * authentic encrypted payload (sealed here), an encrypted payload that is authentic only by chance, the body of an SA payload, or two of
 * TS payloads. What is read points into what was given; what is written of it is read as the same;
 * what is chosen passes the other end's check.
 */
#include "config.h"

#include "daemon/ike/compose.h"
#include "daemon/ike/keys.h"
#include "daemon/ike/message.h"
#include "daemon/ike/proposal.h"
#include "daemon/ike/protect.h"
#include "daemon/ike/ts.h"
#include "lib/secret.h"
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

enum { CLEAR, SEALED, SPOILED, PROPOSALS, SELECTORS, N_KINDS };
enum { N_SUITES = 3, TEXT_CAP = 600, ROOM = 8192 };

static const struct keys_suite suites[N_SUITES] = {
	{ ALG_CIPHER_aes_cbc_128, ALG_AUTH_hmac_sha2_256_128, ALG_PRF_hmac_sha2_256 },
	{ ALG_CIPHER_aes_gcm_128, ALG_AUTH_NONE, ALG_PRF_hmac_sha2_256 },
	{ ALG_CIPHER_aes_ctr_128, ALG_AUTH_hmac_md5_96, ALG_PRF_hmac_sha2_256 },
};

static const struct proposal_config configs[] = {
	{ .protocol = WIRE_PROTO_IKE,
		.encryption = { 3,
			{ ALG_CIPHER_aes_cbc_256, ALG_CIPHER_aes_gcm_128, ALG_CIPHER_3des_cbc } },
		.integrity = { 2, { ALG_AUTH_hmac_sha2_256_128, ALG_AUTH_hmac_sha1_96 } },
		.prf = { 2, { ALG_PRF_hmac_sha2_256, ALG_PRF_hmac_sha1 } },
		.dh = { 3, { ALG_DH_x25519, ALG_DH_modp_2048, ALG_DH_modp_1024 } } },
	{ .protocol = WIRE_PROTO_ESP,
		.encryption = { 3,
			{ ALG_CIPHER_aes_cbc_128, ALG_CIPHER_null, ALG_CIPHER_aes_gcm_256 } },
		.integrity = { 2, { ALG_AUTH_hmac_sha2_256_128, ALG_AUTH_hmac_sha1_96 } },
		.dh = { 1, { ALG_DH_modp_2048 } },
		.esn = true },
	{ .protocol = WIRE_PROTO_AH,
		.integrity = { 2, { ALG_AUTH_hmac_sha2_256_128, ALG_AUTH_hmac_sha1_96 } },
		.esn_only = true },
};
enum { N_CONFIGS = sizeof(configs) / sizeof(configs[0]) };

struct bed {
	struct crypt *crypt;
	struct keys ours[N_SUITES];
	struct keys theirs[N_SUITES];
};

static void
random_fill(void *arg, void *p, size_t len)
{
	memset(p, 7, len);
}

static struct bed *
bed(void)
{
	static struct bed b;
	const struct span nonce = { (const uint8_t *)"0123456789abcdef", 16 };
	struct secret *shared = secret_new("shared", 6);

	for (unsigned int i = 0; b.crypt == NULL || (i > 0 && i < N_SUITES); i++) {
		struct keys_input in = { nonce, nonce, 1, 2, shared, true };

		if (b.crypt == NULL)
			b.crypt = crypt_new(random_fill, NULL, NULL);
		if (keys_init(b.crypt, &suites[i], &in, NULL, &b.theirs[i]) != 0)
			abort();
		in.initiator = false;
		if (keys_init(b.crypt, &suites[i], &in, NULL, &b.ours[i]) != 0)
			abort();
	}
	secret_free(shared);
	return &b;
}

/* The span lies in what was read (an empty one may lie anywhere). */
static void
inside(struct span s, struct span whole)
{
	FUZZ_MUST(s.len == 0 ||
		(s.p >= whole.p && s.len <= whole.len && s.p + s.len <= whole.p + whole.len));
}

/* --- selectors ----------------------------------------------------------------------------- */

static void
selectors_again(const struct ts_list *l)
{
	uint8_t room[4 + TS_MAX * 40];
	struct wbuf w = wbuf_over(room, sizeof(room));
	struct ts_list again;
	char text[TEXT_CAP];

	ts_write(&w, l);
	FUZZ_MUST(!w.bad);
	if (l->n > 0)
		FUZZ_MUST(ts_parse((struct span){ room, wbuf_len(&w) }, &again) == FAULT_NONE &&
			ts_list_eq(l, &again));
	FUZZ_MUST(strlen(ts_list_format(l, text, sizeof(text))) < sizeof(text));
}

static void
narrow(const struct ts_list *a, const struct ts_list *b)
{
	const struct ts *trigger = ts_trigger(a);
	struct ts_list out, back;
	bool narrowed = false;
	int rc = ts_narrow(a, b, &out, &narrowed);

	FUZZ_MUST((rc == 0) == (out.n > 0));
	FUZZ_MUST(ts_list_subset(&out, a) && ts_list_subset(&out, b));
	FUZZ_MUST(narrowed == (a->cut || !ts_list_subset(a, &out)));
	FUZZ_MUST((ts_narrow(b, a, &back, NULL) == 0) == (rc == 0));
	for (unsigned int i = 1; trigger != NULL && i < out.n; i++)
		FUZZ_MUST(!ts_subset(trigger, &out.ts[i]) || ts_subset(trigger, &out.ts[0]));
	if (rc == 0 && out.n < TS_MAX)
		selectors_again(&out);
}

static void
selectors(struct span one, struct span other)
{
	static struct ts_list a, b;

	if (ts_parse(one, &a) != FAULT_NONE)
		return;
	selectors_again(&a);
	if (ts_parse(other, &b) == FAULT_NONE)
		narrow(&a, &b);
}

/* --- proposals ----------------------------------------------------------------------------- */

/* The choice, as its initiator would see it: of its own proposals, if they are ours. */
static void
choice_again(const struct proposal_choice *choice, bool with_dh)
{
	static struct proposal_list l;
	struct proposal_choice again;
	uint8_t room[256];
	struct wbuf w = wbuf_over(room, sizeof(room));
	struct proposal_choice c = *choice;
	int rc;

	/* the number that the chosen one of ours would have as an offer: one of two */
	c.number = (uint8_t)(alg_cipher(c.cipher) != NULL && alg_cipher(c.cipher)->icv_len > 0 ? 2
											       : 1);
	proposal_write_choice(&w, &c, (struct span){ c.spi, c.spi_len });
	FUZZ_MUST(!w.bad);
	FUZZ_MUST(proposal_parse((struct span){ room, wbuf_len(&w) }, &l) == FAULT_NONE);
	rc = proposal_check(&configs[choice->config], 1, &l, with_dh, &again, NULL);
	FUZZ_MUST(rc == 0 && again.cipher == c.cipher && again.auth == c.auth &&
		again.prf == c.prf && again.dh == c.dh && again.esn == c.esn);
}

static void
proposals(struct span body, uint16_t group)
{
	static struct proposal_list l;
	struct proposal_choice choice;
	struct proposal_why why;
	char text[64];

	if (proposal_parse(body, &l) != FAULT_NONE)
		return;
	FUZZ_MUST(l.n <= PROPOSAL_MAX);
	for (unsigned int i = 0; i < l.n; i++) {
		inside(l.proposals[i].spi, body);
		FUZZ_MUST(strlen(proposal_format(&l.proposals[i], text, sizeof(text))) <
			sizeof(text));
	}
	for (int with_dh = 0; with_dh < 2; with_dh++) {
		if (proposal_select(configs, N_CONFIGS, &l, group, with_dh, &choice, &why) == 0)
			choice_again(&choice, with_dh);
		else
			FUZZ_MUST(why.detail[0] != '\0');
		if (proposal_check(configs, N_CONFIGS, &l, with_dh, &choice, &why) == 0)
			FUZZ_MUST(l.n == 1 && choice.number == l.proposals[0].number);
	}
}

/* --- messages ------------------------------------------------------------------------------ */

static void
check(const struct message *m, struct span whole)
{
	const struct span all[] = { m->sa, m->ke, m->id_i, m->id_r, m->id_i_body, m->id_r_body,
		m->auth, m->nonce, m->ts_i, m->ts_r };
	struct message_at at = { .type = PAYLOAD_NONE };
	struct message_delete d;

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		inside(all[i], whole);
	FUZZ_MUST(m->n_notifies <= MESSAGE_NOTIFY_MAX && m->n_vendors <= MESSAGE_VENDOR_MAX);
	for (unsigned int i = 0; i < m->n_notifies; i++) {
		inside(m->notifies[i].spi, whole);
		inside(m->notifies[i].data, whole);
	}
	while (message_delete_next(m, &at, &d)) {
		inside(d.spis, whole);
		for (unsigned int i = 0; d.spis.len > 0 && i < d.n_spis; i++)
			message_delete_spi(&d, i);
	}
	for (unsigned int i = 0; i < m->n_vendors; i++)
		inside(m->vendors[i], whole);
	if (message_has(m, PAYLOAD_nonce))
		FUZZ_MUST(m->nonce.len >= WIRE_NONCE_MIN && m->nonce.len <= WIRE_NONCE_MAX);
	if (m->sa.len > 0)
		proposals(m->sa, m->ke_group);
	if (message_has(m, PAYLOAD_ts_i) && message_has(m, PAYLOAD_ts_r))
		selectors(m->ts_i, m->ts_r);
}

/* A fault is one that can be explained; a message without is whole. */
static void
judge(const struct message *m, enum wire_fault fault, struct span whole)
{
	FUZZ_MUST(fault < FAULT_N);
	if (fault == FAULT_NONE)
		check(m, whole);
	else
		FUZZ_MUST(wire_fault(fault)->reason[0] != '\0');
}

static void
clear(struct bed *b, uint8_t *p, size_t len, unsigned int suite)
{
	struct message m;
	struct span text = { NULL, 0 };
	enum wire_fault fault;

	/* nothing random has the right length and version */
	if (len >= WIRE_HDR_LEN && p[0] != 0xff) {
		p[17] = 0x20;
		be32_put(p + 24, (uint32_t)len);
	}
	fault = message_parse(p, len, &m);
	judge(&m, fault, (struct span){ p, len });
	if (fault == FAULT_NONE && m.encrypted.payload.p != NULL)
		FUZZ_MUST(protect_open(&b->ours[suite], p, &m, &text) != FAULT_NONE);
}

static void
sealed(struct bed *b, uint8_t exchange, const uint8_t *p, size_t len, unsigned int suite,
	bool spoil)
{
	static uint8_t room[ROOM];
	const struct wire_hdr h = {
		.spi_i = 1, .spi_r = 2, .exchange = exchange, .initiator = true
	};
	struct wbuf w = wbuf_over(room, sizeof(room));
	struct message m;
	struct span text;
	uint8_t first = len > 0 ? p[0] : 0;
	enum wire_fault fault;

	if (len > 0)
		p++, len--;
	if (protect_seal(&b->theirs[suite], &h, first, (struct span){ p, len },
		    (struct protect_part){ 0 }, &w) != 0)
		return;
	FUZZ_MUST(wbuf_len(&w) == protect_len(&b->theirs[suite], len, false));
	fault = message_parse(room, wbuf_len(&w), &m);
	if (exchange == WIRE_IKE_SA_INIT) {
		FUZZ_MUST(fault == FAULT_misplaced);
		return;
	}
	FUZZ_MUST(fault == FAULT_NONE);
	if (spoil) {
		room[WIRE_HDR_LEN + 4 + (len > 0 ? p[0] : 0) % (wbuf_len(&w) - WIRE_HDR_LEN - 4)] ^=
			1;
		FUZZ_MUST(protect_open(&b->ours[suite], room, &m, &text) == FAULT_integrity);
		return;
	}
	FUZZ_MUST(protect_open(&b->ours[suite], room, &m, &text) == FAULT_NONE);
	FUZZ_MUST(text.len == len && (len == 0 || memcmp(text.p, p, len) == 0));
	{
		/* in memory of its own, so that a byte beyond is seen */
		uint8_t *copy = fuzz_copy(text.p, text.len);
		struct span whole = { copy, text.len };

		fault = message_parse_inner(&m, m.encrypted.inner, whole);
		judge(&m, fault, whole);
		free(copy);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bed *b = bed();
	uint8_t exchange;
	struct rbuf in, one;
	uint8_t *copy;

	if (size < 2 || size > ROOM / 2)
		return 0;
	exchange = (uint8_t)(WIRE_IKE_SA_INIT + data[0] / N_KINDS % 4);
	copy = fuzz_copy(data + 1, size - 1);
	switch (data[0] % N_KINDS) {
	case CLEAR: clear(b, copy, size - 1, data[0] % N_SUITES); break;
	case SEALED: sealed(b, exchange, copy, size - 1, data[0] % N_SUITES, false); break;
	case SPOILED: sealed(b, exchange, copy, size - 1, data[0] % N_SUITES, true); break;
	case PROPOSALS: proposals((struct span){ copy, size - 1 }, 14); break;
	default:
		in = rbuf_over(copy, size - 1);
		one = fuzz_piece(&in);
		selectors((struct span){ one.p, rbuf_left(&one) },
			(struct span){ in.p, rbuf_left(&in) });
	}
	free(copy);
	return 0;
}
