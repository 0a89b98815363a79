/*
 * ikecat: IKE's wire on a pipe, for tests in other languages. One command a line, answers of one
 * or more lines up to "ok" or "fault NAME"; bytes are hex, "-" is none.
 *
 *   talk N CIPHER AUTH PRF DH   two ends negotiate and say all there is to say: lines "NAME HEX" of keys
 *                               and datagrams; N is the initiator's SPI
 *   read HEX                    what a message in clear says
 *   open CIPHER AUTH KEY AUTH-KEY HEX    the same of an encrypted one
 *
 * CIPHER and so on are the keywords of lib/alg.def ("none" for no authentication).
 */
#include "config.h"

#include "daemon/ike/compose.h"
#include "daemon/ike/fragment.h"
#include "daemon/ike/keys.h"
#include "daemon/ike/message.h"
#include "daemon/ike/natd.h"
#include "daemon/ike/proposal.h"
#include "daemon/ike/ts.h"
#include "lib/secret.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { N_WORDS = 8, BYTES_MAX = 32768, FRAGMENT_SIZE = 300 };

static const uint64_t spi_r = 0x99aabbccddeeff00;

/* What one end or the other has: everything, for they are both here. */
struct talk {
	struct crypt *crypt;
	uint64_t spi_i;
	struct proposal_config ike;
	struct proposal_config esp;
	struct crypt_dh *dh_i, *dh_r;
	struct secret *shared;
	struct keys keys_i, keys_r;
	uint8_t nonce_i[32], nonce_r[16];
	struct compose init, init_answer;
	const char *label; /* of what is sent */
};

static void
random_fill(void *arg, void *p, size_t len)
{
	uint32_t *state = arg;
	uint8_t *out = p;

	for (size_t i = 0; i < len; i++) {
		*state = *state * 1664525 + 1013904223;
		out[i] = (uint8_t)(*state >> 24);
	}
}

static size_t
from_hex(const char *s, uint8_t *out)
{
	size_t n = 0;
	unsigned int v;

	for (; n < BYTES_MAX && sscanf(s, "%2x", &v) == 1; s += 2)
		out[n++] = (uint8_t)v;
	return n;
}

static void
print_hex(const char *name, struct span s)
{
	printf("%s ", name);
	for (size_t i = 0; i < s.len; i++)
		printf("%02x", s.p[i]);
	puts(s.len == 0 ? "-" : "");
}

static void
print_secret(const char *name, const struct secret *s)
{
	print_hex(name, (struct span){ s->data, s->len });
}

static void
emit(void *arg, const uint8_t *datagram, size_t len)
{
	print_hex(((struct talk *)arg)->label, (struct span){ datagram, len });
}

static struct span
text(const char *s)
{
	return (struct span){ (const uint8_t *)s, strlen(s) };
}

/* --- talk ---------------------------------------------------------------------------------- */

static void
natd_put(struct talk *t, struct compose *c, uint64_t responder, bool swapped)
{
	const struct addr ends[] = { addr_v4(0xc6336401), addr_v4(0xcb007101) };
	uint8_t hash[NATD_LEN];

	natd_hash(t->crypt, t->spi_i, responder, &ends[swapped], 500, hash);
	compose_notify(c, NOTIFY_nat_detection_source_ip, (struct span){ hash, NATD_LEN });
	natd_hash(t->crypt, t->spi_i, responder, &ends[!swapped], 500, hash);
	compose_notify(c, NOTIFY_nat_detection_destination_ip, (struct span){ hash, NATD_LEN });
}

static bool
say_init(struct talk *t)
{
	const struct wire_hdr request = {
		.spi_i = t->spi_i, .exchange = WIRE_IKE_SA_INIT, .initiator = true
	};
	const struct wire_hdr answer = {
		.spi_i = t->spi_i, .spi_r = spi_r, .exchange = WIRE_IKE_SA_INIT, .response = true
	};
	struct proposal_choice choice = { .number = 1,
		.protocol = WIRE_PROTO_IKE,
		.cipher = t->ike.encryption.id[0],
		.auth = t->ike.integrity.n > 0 ? t->ike.integrity.id[0] : 0,
		.prf = t->ike.prf.id[0],
		.dh = t->ike.dh.id[0] };
	uint16_t group = alg_dh(t->ike.dh.id[0])->iana;

	compose_message(&t->init, &request);
	proposal_write(
		compose_payload(&t->init, PAYLOAD_sa), &t->ike, 1, (struct span){ NULL, 0 }, true);
	compose_ke(&t->init, group, crypt_dh_public(t->dh_i));
	compose_nonce(&t->init, (struct span){ t->nonce_i, sizeof(t->nonce_i) });
	natd_put(t, &t->init, 0, false);
	compose_notify(&t->init, NOTIFY_fragmentation_supported, (struct span){ NULL, 0 });
	compose_vendor(&t->init, text("a vendor"));
	compose_message(&t->init_answer, &answer);
	proposal_write_choice(
		compose_payload(&t->init_answer, PAYLOAD_sa), &choice, (struct span){ NULL, 0 });
	compose_ke(&t->init_answer, group, crypt_dh_public(t->dh_r));
	compose_nonce(&t->init_answer, (struct span){ t->nonce_r, sizeof(t->nonce_r) });
	natd_put(t, &t->init_answer, spi_r, true);
	if (compose_end(&t->init) != 0 || compose_end(&t->init_answer) != 0)
		return false;
	print_hex("init", compose_span(&t->init));
	print_hex("init-answer", compose_span(&t->init_answer));
	return true;
}

static bool
derive(struct talk *t)
{
	const struct keys_suite suite = { t->ike.encryption.id[0],
		t->ike.integrity.n > 0 ? t->ike.integrity.id[0] : ALG_AUTH_NONE, t->ike.prf.id[0] };
	struct keys_input in = { { t->nonce_i, sizeof(t->nonce_i) },
		{ t->nonce_r, sizeof(t->nonce_r) }, t->spi_i, spi_r, NULL, true };
	struct keys_child child;

	if (crypt_dh_shared(t->dh_i, crypt_dh_public(t->dh_r), &t->shared) != 0)
		return false;
	in.shared = t->shared;
	if (keys_init(t->crypt, &suite, &in, NULL, &t->keys_i) != 0)
		return false;
	in.initiator = false;
	if (keys_init(t->crypt, &suite, &in, NULL, &t->keys_r) != 0 ||
		keys_child_init(t->crypt, &t->keys_i, t->esp.encryption.id[0],
			t->esp.integrity.id[0], NULL, in.nonce_i, in.nonce_r, &child) != 0)
		return false;
	print_secret("shared", t->shared);
	print_secret("sk-d", t->keys_i.d);
	print_secret("sk-ai", t->keys_i.ai);
	print_secret("sk-ar", t->keys_i.ar);
	print_secret("sk-ei", t->keys_i.ei);
	print_secret("sk-er", t->keys_i.er);
	print_secret("sk-pi", t->keys_i.pi);
	print_secret("sk-pr", t->keys_i.pr);
	print_hex("child-ei", (struct span){ child.cipher_i, child.cipher_len });
	print_hex("child-ai", (struct span){ child.auth_i, child.auth_len });
	print_hex("child-er", (struct span){ child.cipher_r, child.cipher_len });
	print_hex("child-ar", (struct span){ child.auth_r, child.auth_len });
	return true;
}

static void
selectors_put(struct compose *c)
{
	struct ts_list mine = { .n = 2 }, theirs = { .n = 1 };
	struct prefix p;

	prefix_parse("10.1.0.0/16", &p);
	mine.ts[1] = ts_of_prefix(&p);
	prefix_parse("10.1.1.5/32", &p);
	mine.ts[0] = ts_of_prefix(&p);
	mine.ts[0].protocol = 6;
	mine.ts[0].port_low = mine.ts[0].port_high = 443;
	prefix_parse("2001:db8:2::/48", &p);
	theirs.ts[0] = ts_of_prefix(&p);
	ts_write(compose_payload(c, PAYLOAD_ts_i), &mine);
	ts_write(compose_payload(c, PAYLOAD_ts_r), &theirs);
}

/* IDi, AUTH and the rest of an IKE_AUTH message of one end. */
static void
auth_put(struct talk *t, struct compose *c, bool initiator)
{
	static const uint8_t type_and_id[] = "\x02\0\0\0rta.example";
	const struct span body = { type_and_id, sizeof(type_and_id) - 1 };
	const struct keys *k = initiator ? &t->keys_i : &t->keys_r;
	struct span nonce = initiator ? (struct span){ t->nonce_r, sizeof(t->nonce_r) }
				      : (struct span){ t->nonce_i, sizeof(t->nonce_i) };
	uint8_t auth[CRYPT_PRF_MAX];
	int len = keys_auth_psk(t->crypt, k, initiator, text("Huawei@123"),
		compose_span(initiator ? &t->init : &t->init_answer), nonce, body, auth);

	compose_id(c, initiator ? PAYLOAD_id_i : PAYLOAD_id_r, 2, text("rta.example"));
	compose_auth(c, WIRE_AUTH_PSK, (struct span){ auth, len > 0 ? (size_t)len : 0 });
	if (initiator)
		compose_notify(c, NOTIFY_initial_contact, (struct span){ NULL, 0 });
	proposal_write(compose_payload(c, PAYLOAD_sa), &t->esp, 1, text("\x0a\x0b\x0c\x0d"), false);
	selectors_put(c);
}

/* Ends c and sends it. */
static bool
say(struct talk *t, struct compose *c, const char *label, uint8_t exchange, uint32_t id,
	bool initiator, size_t max)
{
	const struct wire_hdr h = { .spi_i = t->spi_i,
		.spi_r = spi_r,
		.exchange = exchange,
		.initiator = initiator,
		.response = !initiator,
		.id = id };
	bool ok = compose_end(c) == 0;

	t->label = label;
	ok = ok &&
		fragment_seal(initiator ? &t->keys_i : &t->keys_r, &h, c->first, compose_span(c),
			max, emit, t) == 0;
	compose_fini(c);
	return ok;
}

static bool
say_rest(struct talk *t)
{
	const uint32_t spis[] = { 0x01020304, 0xa1b2c3d4 };
	struct compose c;
	bool ok;

	compose_inner(&c);
	auth_put(t, &c, true);
	ok = say(t, &c, "auth", WIRE_IKE_AUTH, 1, true, 0);
	compose_inner(&c);
	auth_put(t, &c, false);
	ok = ok && say(t, &c, "auth-answer", WIRE_IKE_AUTH, 1, false, 0);
	compose_inner(&c);
	compose_notify_spi(&c, NOTIFY_rekey_sa, WIRE_PROTO_ESP, 0x0a0b0c0d);
	proposal_write(compose_payload(&c, PAYLOAD_sa), &t->esp, 1, text("\x0a\x0b\x0c\x0e"), true);
	compose_nonce(&c, (struct span){ t->nonce_r, sizeof(t->nonce_r) });
	compose_ke(&c, alg_dh(t->ike.dh.id[0])->iana, crypt_dh_public(t->dh_i));
	selectors_put(&c);
	ok = ok && say(t, &c, "child", WIRE_CREATE_CHILD_SA, 2, true, FRAGMENT_SIZE);
	compose_inner(&c);
	compose_delete(&c, WIRE_PROTO_ESP, spis, 2);
	ok = ok && say(t, &c, "delete", WIRE_INFORMATIONAL, 3, true, 0);
	compose_inner(&c);
	return ok && say(t, &c, "liveness", WIRE_INFORMATIONAL, 3, false, 0);
}

static const char *
talk_go(struct talk *t)
{
	t->dh_i = crypt_dh_new(t->crypt, t->ike.dh.id[0]);
	t->dh_r = crypt_dh_new(t->crypt, t->ike.dh.id[0]);
	crypt_random(t->crypt, t->nonce_i, sizeof(t->nonce_i));
	crypt_random(t->crypt, t->nonce_r, sizeof(t->nonce_r));
	if (t->dh_i == NULL || t->dh_r == NULL)
		return "fault group";
	return say_init(t) && derive(t) && say_rest(t) ? "ok" : "fault talk";
}

static const char *
talk(struct crypt *c, char *words[N_WORDS])
{
	struct talk t = { .crypt = c, .spi_i = strtoull(words[1], NULL, 10) };
	enum alg_auth auth = alg_auth_find(words[3]);
	const char *result;

	t.ike = (struct proposal_config){ .protocol = WIRE_PROTO_IKE,
		.encryption = { 1, { alg_cipher_find(words[2]) } },
		.integrity = { auth != ALG_AUTH_NONE, { auth } },
		.prf = { 1, { alg_prf_find(words[4]) } },
		.dh = { 1, { alg_dh_find(words[5]) } } };
	t.esp = (struct proposal_config){ .protocol = WIRE_PROTO_ESP,
		.encryption = { 3,
			{ ALG_CIPHER_aes_cbc_256, ALG_CIPHER_aes_gcm_128, ALG_CIPHER_3des_cbc } },
		.integrity = { 1, { ALG_AUTH_hmac_sha2_256_128 } },
		.dh = t.ike.dh,
		.esn = true };
	result = talk_go(&t);
	compose_fini(&t.init);
	compose_fini(&t.init_answer);
	keys_fini(&t.keys_i);
	keys_fini(&t.keys_r);
	secret_free(t.shared);
	crypt_dh_free(t.dh_i);
	crypt_dh_free(t.dh_r);
	return result;
}

/* --- read, open ---------------------------------------------------------------------------- */

static void
show_proposals(struct span body)
{
	static struct proposal_list l;
	char line[1024];

	if (proposal_parse(body, &l) != FAULT_NONE)
		puts("SA malformed");
	for (unsigned int i = 0; i < l.n; i++)
		printf("SA %u %s\n", l.proposals[i].number,
			proposal_format(&l.proposals[i], line, sizeof(line)));
}

static void
show_selectors(const char *name, struct span body)
{
	struct ts_list l;
	char line[4096];

	if (ts_parse(body, &l) != FAULT_NONE)
		printf("%s malformed\n", name);
	else
		printf("%s %s\n", name, ts_list_format(&l, line, sizeof(line)));
}

static void
show(const struct message *m)
{
	struct message_at at = { .type = PAYLOAD_NONE };
	struct message_delete d;

	printf("header %s %u %s %u\n", wire_exchange_name(m->hdr.exchange), m->hdr.id,
		m->hdr.response ? "response" : "request", m->hdr.initiator);
	if (message_has(m, PAYLOAD_sa))
		show_proposals(m->sa);
	if (message_has(m, PAYLOAD_ke)) {
		printf("KE-group %u\n", m->ke_group);
		print_hex("KE", m->ke);
	}
	if (message_has(m, PAYLOAD_nonce))
		print_hex("Nonce", m->nonce);
	if (message_has(m, PAYLOAD_id_i))
		print_hex("IDi", m->id_i_body);
	if (message_has(m, PAYLOAD_id_r))
		print_hex("IDr", m->id_r_body);
	if (message_has(m, PAYLOAD_auth))
		print_hex("AUTH", m->auth);
	if (message_has(m, PAYLOAD_ts_i))
		show_selectors("TSi", m->ts_i);
	if (message_has(m, PAYLOAD_ts_r))
		show_selectors("TSr", m->ts_r);
	for (unsigned int i = 0; i < m->n_notifies; i++) {
		const struct message_notify *n = &m->notifies[i];

		printf("N %u %u ", n->type, n->protocol);
		print_hex("data", n->data);
	}
	while (message_delete_next(m, &at, &d))
		for (unsigned int i = 0; i < d.n_spis && d.protocol != WIRE_PROTO_IKE; i++)
			printf("D %u %08x\n", d.protocol, message_delete_spi(&d, i));
}

static const char *
fault_text(enum wire_fault fault)
{
	static char line[64];

	snprintf(line, sizeof(line), "fault %s", wire_fault(fault)->name);
	return fault == FAULT_NONE ? "ok" : line;
}

static const char *
read_clear(uint8_t *p, size_t len)
{
	struct message m;
	enum wire_fault fault = message_parse(p, len, &m);

	if (fault == FAULT_NONE)
		show(&m);
	return fault_text(fault);
}

static const char *
open_sealed(struct crypt *c, char *words[N_WORDS], uint8_t *p, size_t len)
{
	uint8_t key[256], auth_key[256];
	struct keys k = { 0 };
	struct message m;
	struct span inside;
	enum wire_fault fault = message_parse(p, len, &m);

	k.open = crypt_box_new(c, alg_cipher_find(words[1]), alg_auth_find(words[2]),
		(struct span){ key, from_hex(words[3], key) },
		(struct span){ auth_key, from_hex(words[4], auth_key) }, false);
	if (k.open == NULL)
		return "fault keys";
	if (fault == FAULT_NONE)
		fault = protect_open(&k, p, &m, &inside);
	if (fault == FAULT_NONE)
		fault = message_parse_inner(&m, m.encrypted.inner, inside);
	if (fault == FAULT_NONE)
		show(&m);
	keys_fini(&k);
	return fault_text(fault);
}

static const char *
command(struct crypt *c, char *words[N_WORDS], unsigned int n)
{
	static uint8_t p[BYTES_MAX];

	if (n == 6 && strcmp(words[0], "talk") == 0)
		return talk(c, words);
	if (n == 2 && strcmp(words[0], "read") == 0)
		return read_clear(p, from_hex(words[1], p));
	if (n == 6 && strcmp(words[0], "open") == 0)
		return open_sealed(c, words, p, from_hex(words[5], p));
	return "fault command";
}

int
main(void)
{
	static char line[2 * BYTES_MAX + 2048];
	uint32_t state = 1;
	struct crypt *c = crypt_new(random_fill, &state, NULL);

	if (c == NULL)
		return 1;
	while (fgets(line, sizeof(line), stdin) != NULL) {
		char *words[N_WORDS] = { NULL }, *rest = line, *word;
		unsigned int n = 0;

		while (n < N_WORDS && (word = strsep(&rest, " \n")) != NULL)
			if (*word != '\0')
				words[n++] = word;
		puts(command(c, words, n));
		fflush(stdout);
	}
	crypt_free(c);
	return 0;
}
