/*
 * Fuzzes IKE fragments: a sequence of opened ones, each of four bytes (message, number, total, what is inside) and
 * a length. What is put together is what a slow and simple collector would have put together; what is
 * kept stays within bounds.
 */
#include "config.h"

#include "daemon/ike/fragment.h"
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

enum { STEPS_MAX = 200, PIECE_MAX = 4096 };

/* The simple collector. */
struct simple {
	uint32_t id;
	uint16_t total;
	uint8_t first;
	unsigned int n;
	size_t bytes;
	size_t len[FRAGMENT_MAX];
	uint8_t fill[FRAGMENT_MAX];
};

/* Does the piece complete the message? */
static enum fragment_state
simple_add(struct simple *s, const struct message *m, size_t len, uint8_t fill)
{
	const struct message_encrypted *e = &m->encrypted;

	if (e->number == 0 || e->number > e->total || e->total > FRAGMENT_MAX)
		return FRAGMENT_IGNORED;
	if (s->total > 0 && s->n < s->total && s->id == m->hdr.id && e->total < s->total)
		return FRAGMENT_IGNORED;
	if (s->n == s->total || s->id != m->hdr.id || s->total != e->total) {
		memset(s, 0, sizeof(*s));
		s->id = m->hdr.id;
		s->total = e->total;
	}
	if (len == 0 || s->len[e->number - 1] > 0 || s->bytes + len > FRAGMENT_BYTES_MAX)
		return FRAGMENT_IGNORED;
	s->len[e->number - 1] = len;
	s->fill[e->number - 1] = fill;
	s->bytes += len;
	if (e->number == 1)
		s->first = e->inner;
	return ++s->n == s->total ? FRAGMENT_WHOLE : FRAGMENT_MORE;
}

static void
compare(const struct simple *s, struct span whole, uint8_t first)
{
	size_t at = 0;

	FUZZ_MUST(whole.len == s->bytes && first == s->first);
	for (unsigned int i = 0; i < s->total; i++)
		for (size_t j = 0; j < s->len[i]; j++)
			FUZZ_MUST(whole.p[at++] == s->fill[i]);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rbuf in = rbuf_over(data, size);
	struct fragments f = { 0 };
	struct simple s = { 0 };

	for (unsigned int i = 0; i < STEPS_MAX && rbuf_left(&in) >= 6; i++) {
		struct message m = { .encrypted = { .is_fragment = true } };
		uint8_t fill, *piece, first = 0;
		struct span whole = { NULL, 0 };
		enum fragment_state state;
		size_t len;

		m.hdr.id = rbuf_u8(&in) % 3;
		m.encrypted.number = rbuf_u8(&in) % 70;
		m.encrypted.total = rbuf_u8(&in) % 70;
		fill = rbuf_u8(&in);
		m.encrypted.inner = m.encrypted.number == 1 ? fill : 0;
		len = rbuf_u16(&in) % PIECE_MAX;
		piece = malloc(len + 1);
		if (piece == NULL)
			abort();
		memset(piece, fill, len);
		state = fragment_add(&f, &m, (struct span){ piece, len }, &first, &whole);
		free(piece);
		FUZZ_MUST(state == simple_add(&s, &m, len, fill));
		FUZZ_MUST(f.bytes <= FRAGMENT_BYTES_MAX && f.n_present <= f.total);
		if (state == FRAGMENT_WHOLE)
			compare(&s, whole, first);
	}
	fragment_clear(&f);
	return 0;
}
