/*
 * IKE fragmentation: RFC 7383. Refuses to know what is in the pieces; each is protected by itself.
 */
#include "config.h"

#include "daemon/ike/fragment.h"

#include "daemon/ike/keys.h"
#include "lib/buf.h"
#include "lib/secret.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int
seal_one(const struct keys *k, const struct wire_hdr *h, uint8_t first, struct span text,
	struct protect_part part, fragment_emit_fn *emit, void *arg)
{
	struct wbuf w = wbuf_growing();
	int rc = protect_seal(k, h, first, text, part, &w);

	if (rc == 0)
		emit(arg, w.start, wbuf_len(&w));
	wbuf_fini(&w);
	return rc;
}

int
fragment_seal(const struct keys *k, const struct wire_hdr *h, uint8_t first, struct span text,
	size_t datagram_max, fragment_emit_fn *emit, void *arg)
{
	size_t room = protect_room(k, datagram_max, true), total;
	int rc = 0;

	if (datagram_max == 0 || protect_len(k, text.len, false) <= datagram_max)
		return seal_one(k, h, first, text, (struct protect_part){ 0 }, emit, arg);
	if (room == 0)
		return -EMSGSIZE;
	total = (text.len + room - 1) / room;
	if (total > FRAGMENT_MAX)
		return -EMSGSIZE;
	for (size_t i = 0; i < total && rc == 0; i++) {
		struct span piece = { text.p + i * room, room };

		if (i + 1 == total)
			piece.len = text.len - i * room;
		rc = seal_one(k, h, i == 0 ? first : PAYLOAD_NONE, piece,
			(struct protect_part){ (uint16_t)(i + 1), (uint16_t)total }, emit, arg);
	}
	return rc;
}

static void
piece_free(struct fragment_piece *piece)
{
	if (piece->p != NULL)
		secret_wipe(piece->p, piece->len);
	free(piece->p);
	*piece = (struct fragment_piece){ NULL, 0 };
}

void
fragment_clear(struct fragments *f)
{
	for (unsigned int i = 0; i < FRAGMENT_MAX; i++)
		piece_free(&f->pieces[i]);
	piece_free(&f->whole);
	memset(f, 0, sizeof(*f));
}

/* Takes a piece in; false when it cannot. An empty piece is none: nobody sends one. */
static bool
keep(struct fragments *f, struct fragment_piece *piece, struct span text)
{
	if (text.len == 0 || f->bytes + text.len > FRAGMENT_BYTES_MAX)
		return false;
	piece->p = malloc(text.len);
	if (piece->p == NULL)
		return false;
	memcpy(piece->p, text.p, text.len);
	piece->len = text.len;
	f->bytes += text.len;
	f->n_present++;
	return true;
}

/* All pieces are here: one after another. */
static bool
join(struct fragments *f)
{
	size_t at = 0;

	f->whole.p = malloc(f->bytes);
	if (f->whole.p == NULL)
		return false;
	for (unsigned int i = 0; i < f->total; i++) {
		memcpy(f->whole.p + at, f->pieces[i].p, f->pieces[i].len);
		at += f->pieces[i].len;
		piece_free(&f->pieces[i]);
	}
	f->whole.len = at;
	return true;
}

enum fragment_state
fragment_add(struct fragments *f, const struct message *m, struct span text, uint8_t *first,
	struct span *whole)
{
	const struct message_encrypted *e = &m->encrypted;
	struct fragment_piece *piece;

	if (!e->is_fragment || e->number == 0 || e->number > e->total || e->total > FRAGMENT_MAX)
		return FRAGMENT_IGNORED;
	if (f->total > 0 && f->whole.p == NULL && f->id == m->hdr.id && e->total < f->total)
		return FRAGMENT_IGNORED;
	if (f->whole.p != NULL || f->id != m->hdr.id || e->total != f->total) {
		fragment_clear(f);
		f->id = m->hdr.id;
		f->total = e->total;
	}
	piece = &f->pieces[e->number - 1];
	if (piece->p != NULL || !keep(f, piece, text))
		return FRAGMENT_IGNORED;
	if (e->number == 1)
		f->first = e->inner;
	if (f->n_present < f->total)
		return FRAGMENT_MORE;
	if (!join(f)) {
		fragment_clear(f);
		return FRAGMENT_IGNORED;
	}
	*first = f->first;
	*whole = (struct span){ f->whole.p, f->whole.len };
	return FRAGMENT_WHOLE;
}
