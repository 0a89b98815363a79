/*
 * The load: many initiators as peers of one engine, which it cannot tell from as many routers. Refuses to know
 * what the responder is.
 */
#include "config.h"

#include "tests/bench/initiators.h"

#include "lib/loop.h"

#include <stdio.h>
#include <stdlib.h>

enum { AGAIN_MS = 2000, OUTSIDE = 0x0ac80000, INSIDE = 0x0a800000, FAR = 0x0a010100 };

static void
start_some(struct initiators *s)
{
	while (s->begun < s->n && s->begun - s->n_up < s->at_once)
		ike_stub_acquire(&s->stub, ++s->begun);
}

/* Those that have failed, if any. */
static void
start_again(void *arg)
{
	struct initiators *s = arg;

	for (uint32_t i = 0; i < s->begun; i++)
		if (!s->is_up[i])
			ike_stub_acquire(&s->stub, i + 1);
	if (s->n_up < s->n)
		timer_set(s->again, AGAIN_MS);
}

static void
on_up(void *arg, uint32_t child)
{
	struct initiators *s = arg;

	if (s->is_up[child - 1])
		return;
	s->is_up[child - 1] = true;
	s->n_up++;
	if (s->talks && s->n_up % ((s->n + 9) / 10) == 0) {
		printf("%u up after %.2f s\n", s->n_up, ike_stub_now() - s->began);
		fflush(stdout);
	}
	if (s->n_up == s->n)
		s->took = ike_stub_now() - s->began;
	start_some(s);
}

static void
configure(struct initiators *s, const struct initiators_plan *plan, uint32_t number)
{
	char id[32];
	const struct ike_stub_peer p = { .number = number,
		.dh = plan->dh,
		.local_id = id,
		.local = addr_v4(OUTSIDE + number),
		.remote = plan->responder,
		.inside = { addr_v4(INSIDE + number), addr_v4(INSIDE + number) },
		.far = { addr_v4(FAR), addr_v4(FAR + 0xff) } };

	snprintf(id, sizeof(id), "i%05u.example", number);
	ike_stub_peer(&s->stub, &p);
}

struct ike_stub_peer
initiators_mirror(uint8_t dh)
{
	return (struct ike_stub_peer){ .number = 1,
		.dh = dh,
		.inside = { addr_v4(FAR), addr_v4(FAR + 0xff) },
		.far = { addr_v4(INSIDE), addr_v4(INSIDE + 0xffff) } };
}

void
initiators_init(struct initiators *s, struct loop *l, const struct initiators_plan *plan)
{
	const struct ike_stub_ops ops = { .send = plan->send, .up = on_up, .arg = s };

	*s = (struct initiators){ .loop = l, .n = plan->n, .at_once = plan->at_once };
	s->is_up = calloc(plan->n, sizeof(*s->is_up));
	s->again = timer_new(l, start_again, s);
	if (!s->is_up || !s->again)
		abort();
	ike_stub_init(&s->stub, l, &ops);
	for (uint32_t i = 1; i <= plan->n; i++)
		configure(s, plan, i);
}

void
initiators_start(struct initiators *s)
{
	s->began = ike_stub_now();
	timer_set(s->again, AGAIN_MS);
	start_some(s);
}

void
initiators_fini(struct initiators *s)
{
	ike_stub_fini(&s->stub);
	timer_free(s->again);
	free(s->is_up);
}
