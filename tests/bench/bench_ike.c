/*
 * What a handshake costs with nothing around it: N initiators and their responder in one process on one core,
 * datagrams handed over in memory under a virtual clock, daemons that say yes. Both ends' work is counted, and
 * both ends' heap. A handshake is IKE_SA_INIT and IKE_AUTH: an IKE SA and a pair of SAs.
 */
#include "config.h"

#include "lib/alg.h"
#include "lib/loop.h"
#include "tests/bench/initiators.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/types.h>
#include <time.h>

enum { AT_ONCE = 16, RESPONDER = 0xc6336401, SETTLE_MS = 60000 };

struct datagram {
	STAILQ_ENTRY(datagram) link;
	struct ike *to;
	struct ike_path path;
	size_t len;
	uint8_t data[];
};

struct bench {
	struct initiators initiators; /* first: its argument is ours */
	struct ike_stub responder;
	struct loop *loop;
	STAILQ_HEAD(, datagram) wire;
};

static size_t
heap(void)
{
	struct mallinfo2 m = mallinfo2();

	return m.uordblks + m.hblkhd;
}

static void
put(struct bench *b, struct ike *to, const struct ike_path *path, const uint8_t *data, size_t len)
{
	struct datagram *d = malloc(sizeof(*d) + len);

	if (!d)
		abort();
	d->to = to;
	d->path = (struct ike_path){ .local = path->remote,
		.remote = path->local,
		.local_port = path->remote_port,
		.remote_port = path->local_port };
	d->len = len;
	memcpy(d->data, data, len);
	STAILQ_INSERT_TAIL(&b->wire, d, link);
}

static void
to_responder(void *arg, const struct ike_path *path, const uint8_t *data, size_t len)
{
	struct bench *b = arg;

	put(b, b->responder.ike, path, data, len);
}

static void
to_initiators(void *arg, const struct ike_path *path, const uint8_t *data, size_t len)
{
	struct bench *b = arg;

	put(b, b->initiators.stub.ike, path, data, len);
}

/* Seconds of this process: whoever else runs does not count. */
static double
cpu(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* All that is under way, and what comes of it, until nobody has anything to say. */
static void
settle(struct bench *b)
{
	struct datagram *d;

	do {
		while ((d = STAILQ_FIRST(&b->wire))) {
			STAILQ_REMOVE_HEAD(&b->wire, link);
			ike_input(d->to, &d->path, d->data, d->len);
			free(d);
		}
		loop_warp(b->loop, 0);
	} while (!STAILQ_EMPTY(&b->wire));
}

static double
all_up(struct bench *b)
{
	double began = cpu();

	initiators_start(&b->initiators);
	for (unsigned int ms = 0; b->initiators.took == 0; ms++) {
		settle(b);
		loop_warp(b->loop, 1);
		if (ms < SETTLE_MS + b->initiators.n)
			continue;
		fprintf(stderr, "%u of %u came up\n", b->initiators.n_up, b->initiators.n);
		exit(1);
	}
	settle(b);
	return cpu() - began;
}

/* The responder ends all of them. */
static double
reset(struct bench *b)
{
	static const struct msg_ike_reset all;
	double began = cpu();

	ike_stub_say(&b->responder, MSG_ike_reset, &all);
	settle(b);
	loop_warp(b->loop, 1);
	settle(b);
	return cpu() - began;
}

static void
measure(uint32_t n, uint8_t dh)
{
	struct bench b = { .loop = loop_new_virtual() };
	const struct ike_stub_ops ops = { .send = to_initiators, .arg = &b };
	const struct ike_stub_peer mirror = initiators_mirror(dh);
	const struct initiators_plan plan = { .n = n,
		.at_once = AT_ONCE,
		.dh = dh,
		.responder = addr_v4(RESPONDER),
		.send = to_responder };
	size_t before, with;
	double took, ended;

	STAILQ_INIT(&b.wire);
	loop_warp(b.loop, 1000);
	initiators_init(&b.initiators, b.loop, &plan);
	ike_stub_init(&b.responder, b.loop, &ops);
	ike_stub_peer(&b.responder, &mirror);
	before = heap();
	took = all_up(&b);
	with = heap();
	ended = reset(&b);
	printf("%-10s %6u SAs %8.0f handshakes/s %6zu bytes an end, %4zd left, %6.2f us to end\n",
		alg_dh(dh)->display, n, n / took, (with - before) / n / 2,
		(ssize_t)(heap() - before) / (ssize_t)n / 2, ended / n * 1e6);
	initiators_fini(&b.initiators);
	ike_stub_fini(&b.responder);
	loop_free(b.loop);
}

int
main(void)
{
	static const uint8_t groups[] = { ALG_DH_x25519, ALG_DH_ecp_256, ALG_DH_modp_2048 };

	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		measure(1000, groups[i]);
		measure(10000, groups[i]);
	}
	return 0;
}
