/*
 * Fuzzes IKE speakers: two of them under a virtual clock (the simulator of tests/unit/ike), between them somebody who
 * has the keys. The first octet is how they are set up; a step is an octet, what happens, another, to which
 * packet, and a piece: packets are delivered, lost, doubled, spoiled, or opened, changed and sealed again;
 * messages are made up; time passes; operators intervene. Whatever is said, nobody without keys gets an
 * SA, what is kept stays within bounds, all of it can be shown, and it ends when it is told to.
 */
#include "config.h"

#include "daemon/ike/crypt_private.h"
#include "daemon/ike/ike_sa.h"
#include "daemon/ike/message.h"
#include "daemon/ike/protect.h"
#include "lib/buf.h"
#include "lib/loop.h"
#include "lib/record.h"
#include "tests/fuzz/fuzz.h"
#include "tests/unit/ike/sim.h"

#include <CUnit/CUnit.h>
#include <stdlib.h>
#include <string.h>

enum { STEPS_MAX = 48, TEXT_MAX = 2048, PACKETS_MAX = 200, SAS_MAX = 400 };
enum { TIME_MAX_MS = 3 * 3600 * 1000 }; /* of an input: each minute may cost a negotiation */
enum { SET_AUTO = 1, SET_NAT = 2, SET_CBC = 4, SET_STRANGER = 8, SET_PFS = 16 };

/* The simulator's own checks, outside of CUnit. */
CU_BOOL
CU_assertImplementation(CU_BOOL value, unsigned int line, const char *condition, const char *file,
	const char *function, CU_BOOL fatal)
{
	if (!value)
		fuzz_found(condition, file, (int)line);
	return value;
}

/* What takes most of an engine's start is kept from one input to the next (see local.mk). */
static struct crypt *spare[4];
struct crypt *__real_crypt_new(crypt_random_fn *random, void *arg, struct err *err);
struct crypt *__wrap_crypt_new(crypt_random_fn *random, void *arg, struct err *err);
void __wrap_crypt_free(struct crypt *c);

struct crypt *
__wrap_crypt_new(crypt_random_fn *random, void *arg, struct err *err)
{
	for (size_t i = 0; i < sizeof(spare) / sizeof(spare[0]); i++) {
		struct crypt *c = spare[i];

		if (c == NULL)
			continue;
		spare[i] = NULL;
		crypt_random_from(c, random, arg);
		return c;
	}
	return __real_crypt_new(random, arg, err);
}

void
__wrap_crypt_free(struct crypt *c)
{
	for (size_t i = 0; c != NULL && i < sizeof(spare) / sizeof(spare[0]); i++) {
		if (spare[i] == NULL) {
			spare[i] = c;
			return;
		}
	}
	FUZZ_MUST(c == NULL);
}

static struct sim_packet *
packet(struct sim *s, unsigned int n)
{
	struct sim_packet *p = TAILQ_FIRST(&s->packets);

	while (n-- > 0)
		p = TAILQ_NEXT(p, link);
	return p;
}

/* Gives an end bytes as if they had come the packet's way, in memory of their own. */
static void
give(struct sim_end *to, const struct ike_path *path, const uint8_t *data, size_t len)
{
	uint8_t *copy = fuzz_copy(data, len);

	ike_input(to->ike, path, copy, len);
	free(copy);
	sim_run(to->sim, 2);
}

/* A few octets of it are others. */
static void
change(uint8_t *p, size_t len, struct rbuf *how)
{
	while (len > 0 && rbuf_left(how) >= 3) {
		uint16_t at = rbuf_u16(how);

		p[at % len] ^= rbuf_u8(how);
	}
}

static void
spoiled(struct sim *s, const struct sim_packet *p, struct rbuf *how)
{
	uint8_t *copy = fuzz_copy(p->data, p->len);

	change(copy, p->len, how);
	give(&s->end[p->to], &p->path, copy, p->len);
	free(copy);
}

/* A message of an SA, sealed by the end that has it. */
static void
say(struct sim_end *to, const struct ike_path *path, const struct ike_sa *from, struct wire_hdr h,
	uint8_t first, struct span text)
{
	struct wbuf w = wbuf_growing();

	if (from->keys.seal != NULL &&
		protect_seal(&from->keys, &h, first, text, (struct protect_part){ 0 }, &w) == 0)
		give(to, path, w.start, wbuf_len(&w));
	wbuf_fini(&w);
}

/* Opens a packet, changes its text (or puts another into its place), seals it again. */
static void
resealed(struct sim *s, const struct sim_packet *p, struct rbuf *how, bool another)
{
	struct sim_end *to = &s->end[p->to], *from = &s->end[!p->to];
	uint8_t *copy = fuzz_copy(p->data, p->len), *text_copy = NULL;
	struct ike_sa *a = NULL, *b = NULL;
	struct message m;
	struct span text;
	uint8_t first;

	if (message_parse(copy, p->len, &m) == FAULT_NONE && m.encrypted.payload.p != NULL &&
		!m.encrypted.is_fragment) {
		a = ike_sa_find(from->ike, m.hdr.initiator ? m.hdr.spi_i : m.hdr.spi_r);
		b = ike_sa_find(to->ike, m.hdr.initiator ? m.hdr.spi_r : m.hdr.spi_i);
	}
	if (a != NULL && b != NULL && b->keys.open != NULL &&
		protect_open(&b->keys, copy, &m, &text) == FAULT_NONE) {
		first = m.encrypted.inner;
		if (another) {
			first = rbuf_u8(how);
			text = (struct span){ how->p, rbuf_left(how) };
		}
		text_copy = fuzz_copy(text.p, text.len);
		if (!another)
			change(text_copy, text.len, how);
		say(to, &p->path, a, m.hdr, first, (struct span){ text_copy, text.len });
	}
	free(text_copy);
	free(copy);
}

/* A message that nobody thought of, of the newest SA: exchange, flags, number, first payload, payloads. */
static void
made_up(struct sim *s, unsigned int to, struct rbuf *how)
{
	struct sim_end *e = &s->end[to], *from = &s->end[!to];
	struct ike_sa *a = sim_ike(from);
	struct ike_path path = {
		.local = e->addr, .remote = from->addr, .local_port = 500, .remote_port = 500
	};
	struct wire_hdr h = { .major = 2, .exchange = (uint8_t)(34 + rbuf_u8(how) % 5) };
	uint8_t flags = rbuf_u8(how), first;

	if (a == NULL)
		return;
	h.spi_i = a->initiator ? a->spi_local : a->spi_remote;
	h.spi_r = a->initiator ? a->spi_remote : a->spi_local;
	h.initiator = a->initiator;
	h.response = flags & 1;
	h.id = (h.response ? a->window.low : a->window.next_id) + rbuf_u8(how) % 4 - 1;
	first = rbuf_u8(how);
	say(e, &path, a, h, first, (struct span){ how->p, rbuf_left(how) });
}

/* In clear, from a stranger. */
static void
stray(struct sim *s, unsigned int to, struct rbuf *how)
{
	struct sim_end *e = &s->end[to];
	struct ike_path path = { .local = e->addr, .local_port = 500, .remote_port = 500 };
	uint8_t data[TEXT_MAX + WIRE_HDR_LEN];
	struct wbuf w = wbuf_over(data, sizeof(data));
	struct wire_hdr h = { .spi_i = 7, .initiator = true };
	size_t len;

	path.remote = addr_v4(0xc6336400 + rbuf_u8(how) % 4);
	h.exchange = (uint8_t)(34 + rbuf_u8(how) % 5);
	h.response = rbuf_u8(how) & 1;
	h.next = rbuf_u8(how);
	len = rbuf_left(how);
	h.len = (uint32_t)(WIRE_HDR_LEN + len);
	wire_hdr_write(&w, &h);
	wbuf_put(&w, how->p, len);
	give(e, &path, data, wbuf_len(&w));
}

/* --- what must hold ------------------------------------------------------------------------ */

static void
row_show(void *arg, const void *row)
{
	const struct record *d = arg;
	char text[4096];

	FUZZ_MUST(record_print(d, row, text, sizeof(text)) < sizeof(text));
}

static void
check(struct sim *s, bool stranger)
{
	for (unsigned int i = 0; i < 2; i++) {
		struct sim_end *e = &s->end[i];

		FUZZ_MUST(sim_n_ike(e, NULL) <= SAS_MAX && sim_n_pairs(e, NULL) <= SAS_MAX);
		FUZZ_MUST(!stranger || (TAILQ_EMPTY(&e->sas) && sim_n_ike(e, "established") == 0));
		for (unsigned int t = 0; t < STATE_N; t++)
			if (state_info(t)->owner == MSG_IKE)
				ike_state(e->ike, t, "", row_show,
					(void *)(uintptr_t)&state_info(t)->record);
	}
}

/* --- steps --------------------------------------------------------------------------------- */

static void
to_packet(struct sim *s, uint8_t step, unsigned int n, struct rbuf *how)
{
	struct sim_packet *p = packet(s, n);

	switch (step) {
	case 0: sim_deliver(s, n); break;
	case 1: sim_drop(s, n); break;
	case 2: give(&s->end[p->to], &p->path, p->data, p->len); break;
	case 3: spoiled(s, p, how); break;
	case 4: resealed(s, p, how, false); break;
	default: resealed(s, p, how, true); break;
	}
}

static void
operate(struct sim *s, uint8_t what, unsigned int end)
{
	struct sim_end *e = &s->end[end];

	switch (what % 8) {
	case 0: sim_rekey_child(e, 1); break;
	case 1: sim_rekey_ike(e); break;
	case 2: sim_reauth(e); break;
	case 3: sim_reset(e, true); break;
	case 4: sim_reset(e, false); break;
	case 5: sim_acquire(e, 1); break;
	case 6: sim_esp(e); break;
	default: e->refuse = 1; break;
	}
}

static void
pass(struct sim *s, uint64_t ms)
{
	uint64_t left = TIME_MAX_MS - loop_now_ms(s->loop);

	if (loop_now_ms(s->loop) < TIME_MAX_MS)
		sim_run(s, ms < left ? ms : left);
}

static void
take(struct sim *s, uint8_t step, uint8_t n, struct rbuf *how)
{
	unsigned int waiting = sim_n_packets(s);

	if (step % 16 < 6) {
		if (waiting > 0)
			to_packet(s, step % 16, n % waiting, how);
		return;
	}
	switch (step % 16) {
	case 6:
	case 7: made_up(s, n & 1, how); break;
	case 8: stray(s, n & 1, how); break;
	case 9: pass(s, (uint64_t)n * 100); break;
	case 10: pass(s, (uint64_t)n * 60000); break;
	case 11: operate(s, n >> 1, n & 1); break;
	default:
		/* all goes well for a while */
		for (unsigned int i = 0; i < 8 && sim_n_packets(s) > 0; i++)
			sim_deliver(s, 0);
	}
	while (sim_n_packets(s) > PACKETS_MAX)
		sim_drop(s, 0);
}

static struct sim *
set_up(uint8_t how)
{
	struct sim *s = sim_new(1);

	for (unsigned int i = 0; i < 2; i++) {
		const struct sim_peer peer = { .psk = (how & SET_STRANGER) && i == 1 ? "guessed"
										     : NULL,
			.cipher = how & SET_CBC ? ALG_CIPHER_aes_cbc_128 : 0,
			.auth = how & SET_CBC ? ALG_AUTH_hmac_sha2_256_128 : 0,
			.dpd = MSG_IKE_DPD_PERIODIC };
		const struct sim_child child = { .automatic = (how & SET_AUTO) && i == 0,
			.dh = { how & SET_PFS ? ALG_DH_x25519 : 0 } };

		s->end[i].nat_port = (how & SET_NAT) && i == 0 ? 40000 : 0;
		s->by_hand = true;
		sim_peer(&s->end[i], &peer);
		sim_child(&s->end[i], &child);
	}
	sim_run(s, 2000);
	if (!(how & SET_AUTO))
		sim_acquire(&s->end[0], 1);
	return s;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rbuf in = rbuf_over(data, size);
	uint8_t how = rbuf_u8(&in);
	struct sim *s;

	if (size < 2)
		return 0;
	s = set_up(how);
	for (unsigned int i = 0; i < STEPS_MAX && rbuf_left(&in) >= 2; i++) {
		uint8_t step = rbuf_u8(&in), n = rbuf_u8(&in);
		struct rbuf piece = rbuf_over(NULL, 0);

		/* steps with something to say carry it */
		if (step % 16 >= 3 && step % 16 <= 8)
			piece = fuzz_piece(&in);
		if (rbuf_left(&piece) > TEXT_MAX)
			piece.end = piece.p + TEXT_MAX;
		take(s, step, n, &piece);
		check(s, how & SET_STRANGER);
	}
	sim_free(s);
	return 0;
}
