/*
 * Message ids of an IKE SA and what was answered to the peer's requests (RFC 7296 2.1 to 2.3).
 * Refuses to know what a message says. Retransmission of our own requests is in request.c.
 */
#include "config.h"

#include "daemon/ike/window.h"

#include "daemon/ike/engine.h"
#include "daemon/ike/fragment.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int
datagrams_add(struct datagrams *d, const uint8_t *data, size_t len)
{
	struct datagram *more;

	if (d->n == WINDOW_DATAGRAMS)
		return -E2BIG;
	more = reallocarray(d->one, d->n + 1, sizeof(*more));
	if (!more)
		return -ENOMEM;
	d->one = more;
	more[d->n].data = malloc(len);
	if (!more[d->n].data)
		return -ENOMEM;
	memcpy(more[d->n].data, data, len);
	more[d->n++].len = len;
	return 0;
}

void
datagrams_send(struct ike *ike, const struct ike_path *path, const struct datagrams *d)
{
	for (unsigned int i = 0; i < d->n; i++) {
		statistics_count(ike, STATISTIC_out_packets);
		ike->ops.send(ike->ops.arg, path, d->one[i].data, d->one[i].len);
	}
}

void
datagrams_clear(struct datagrams *d)
{
	for (unsigned int i = 0; i < d->n; i++)
		free(d->one[i].data);
	free(d->one);
	*d = (struct datagrams){ 0 };
}

void
datagrams_take(struct datagrams *to, struct datagrams *from)
{
	datagrams_clear(to);
	*to = *from;
	*from = (struct datagrams){ 0 };
}

void
window_fragments_free(struct fragments *f)
{
	if (f)
		fragment_clear(f);
	free(f);
}

void
window_init(struct window *w)
{
	*w = (struct window){ .peer_size = 1, .size = 1 };
}

void
window_fini(struct window *w)
{
	for (unsigned int i = 0; i < WINDOW_SIZE; i++) {
		datagrams_clear(&w->answers[i].datagrams);
		window_fragments_free(w->answers[i].fragments);
		w->answers[i].fragments = NULL;
	}
}

static struct answer *
slot(struct window *w, uint32_t id)
{
	return &w->answers[id % WINDOW_SIZE];
}

enum window_place
window_place(const struct window *w, uint32_t id)
{
	const struct answer *a = &w->answers[id % WINDOW_SIZE];

	if (a->taken && a->id == id)
		return a->answered ? WINDOW_ANSWERED : WINDOW_BUSY;
	if (id < w->low || id - w->low >= w->size)
		return WINDOW_OUTSIDE;
	return WINDOW_NEW;
}

struct fragments **
window_fragments(struct window *w, uint32_t id)
{
	struct answer *a = slot(w, id);

	if (window_place(w, id) != WINDOW_NEW)
		return NULL;
	if (a->fragments_id != id) {
		window_fragments_free(a->fragments);
		a->fragments = NULL;
		a->fragments_id = id;
	}
	return &a->fragments;
}

/* What was answered WINDOW_SIZE requests ago is forgotten. */
void
window_accept(struct window *w, uint32_t id, const struct ike_path *path)
{
	struct answer *a = slot(w, id);

	datagrams_clear(&a->datagrams);
	window_fragments_free(a->fragments);
	*a = (struct answer){ .id = id, .taken = true, .path = *path };
	if (id >= w->newest)
		w->newest = id + 1;
}

const struct answer *
window_answer(struct window *w, uint32_t id, struct datagrams *d)
{
	struct answer *a = slot(w, id);

	if (!a->taken || a->id != id) {
		datagrams_clear(d);
		return NULL;
	}
	datagrams_take(&a->datagrams, d);
	a->answered = true;
	while (window_place(w, w->low) == WINDOW_ANSWERED)
		w->low++;
	return a;
}

const struct datagrams *
window_answered(const struct window *w, uint32_t id)
{
	if (window_place(w, id) != WINDOW_ANSWERED)
		return NULL;
	return &w->answers[id % WINDOW_SIZE].datagrams;
}

unsigned int
window_n_busy(const struct window *w)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < WINDOW_SIZE; i++)
		n += w->answers[i].taken && !w->answers[i].answered;
	return n;
}
