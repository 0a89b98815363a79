/*
 * A daemon that says yes, behind an IKE engine, and peers that are alike. Refuses to know who is at the
 * other end and how datagrams get there.
 */
#include "config.h"

#include "tests/bench/ike_stub.h"

#include "lib/alg.h"
#include "lib/err.h"
#include "lib/loop.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

enum { DAY_S = 86400, REPLAY_WINDOW = 1024, PORT_MAX = 65535 };

/* What the engine has told and waits for. */
struct ike_stub_job {
	STAILQ_ENTRY(ike_stub_job) link;
	enum msg_type type;
	uint32_t request;
	uint32_t up; /* the child that has a pair with this; 0: none */
};

static const char secret[] = "Road@2Walls";

double
ike_stub_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* --- what the engine wants ------------------------------------------------------------------ */

static void
random_bytes(void *arg, void *p, size_t len)
{
	if (getrandom(p, len, 0) != (ssize_t)len)
		abort();
}

static void
pass_on(void *arg, const struct ike_path *path, const uint8_t *data, size_t len)
{
	struct ike_stub *s = arg;

	s->ops.send(s->ops.arg, path, data, len);
}

static void
answer(struct ike_stub *s, const struct ike_stub_job *j)
{
	static const struct msg_done done;
	static const struct msg_ike_usage usage = { .packets = 1 };
	struct err e = { 0 };

	if (j->type == MSG_ike_usage_get)
		ike_command(s->ike, MSG_ike_usage, j->request, &usage, &e);
	else
		ike_command(s->ike, MSG_done, j->request, &done, &e);
	if (j->up == 0)
		return;
	s->n_up++;
	if (s->ops.up)
		s->ops.up(s->ops.arg, j->up);
}

static void
work(void *arg)
{
	struct ike_stub *s = arg;
	struct ike_stub_job *j;

	while ((j = STAILQ_FIRST(&s->jobs))) {
		STAILQ_REMOVE_HEAD(&s->jobs, link);
		answer(s, j);
		free(j);
	}
}

/* The answer comes later: the engine is in the middle of something. */
static void
tell(void *arg, enum msg_type type, uint32_t request, const void *body)
{
	struct ike_stub *s = arg;
	const struct msg_ike_sa_add *add = body;
	struct ike_stub_job *j;

	if (request == 0)
		return;
	j = calloc(1, sizeof(*j));
	if (!j)
		abort();
	j->type = type;
	j->request = request;
	if (type == MSG_ike_sa_add && !add->inbound)
		j->up = add->child;
	STAILQ_INSERT_TAIL(&s->jobs, j, link);
	if (!timer_pending(s->worker))
		timer_set(s->worker, 0);
}

void
ike_stub_init(struct ike_stub *s, struct loop *l, const struct ike_stub_ops *ops)
{
	static const struct msg_ike_setup setup = { .nat_keepalive_s = 20 };
	const struct ike_ops engine = {
		.send = pass_on, .tell = tell, .random = random_bytes, .arg = s
	};

	*s = (struct ike_stub){ .ops = *ops };
	STAILQ_INIT(&s->jobs);
	s->worker = timer_new(l, work, s);
	s->ike = ike_new(l, &engine);
	if (!s->worker || !s->ike)
		abort();
	ike_stub_say(s, MSG_ike_setup, &setup);
}

void
ike_stub_fini(struct ike_stub *s)
{
	struct ike_stub_job *j;

	ike_free(s->ike);
	timer_free(s->worker);
	while ((j = STAILQ_FIRST(&s->jobs))) {
		STAILQ_REMOVE_HEAD(&s->jobs, link);
		free(j);
	}
}

/* --- what it is told -------------------------------------------------------------------------- */

void
ike_stub_say(struct ike_stub *s, enum msg_type type, const void *body)
{
	struct err e = { 0 };

	if (ike_command(s->ike, type, 0, body, &e) == 0)
		return;
	fprintf(stderr, "%s: %s\n", e.object, e.text);
	exit(1);
}

static void
say_peer(struct ike_stub *s, const struct ike_stub_peer *p)
{
	const struct msg_ike_peer_address at = { .peer = p->number, .remote = p->remote };
	const struct msg_ike_peer_proposal q = { .peer = p->number,
		.number = 10,
		.encryption = { 1, { ALG_CIPHER_aes_cbc_128 } },
		.integrity = { 1, { ALG_AUTH_hmac_sha2_256_128 } },
		.prf = { 1, { ALG_PRF_hmac_sha2_256 } },
		.dh = { 1, { p->dh } },
		.lifetime_s = DAY_S };
	const struct msg_ike_peer_end end = { .peer = p->number };
	struct msg_ike_peer m = { .peer = p->number, .versions = 2 };

	snprintf(m.name, sizeof(m.name), "peer-%u", p->number);
	m.pre_shared_key.len = sizeof(secret) - 1;
	memcpy(m.pre_shared_key.data, secret, sizeof(secret) - 1);
	if (p->local_id) {
		m.local_id_type = MSG_IKE_ID_FQDN;
		strlcpy(m.local_id, p->local_id, sizeof(m.local_id));
	}
	ike_stub_say(s, MSG_ike_peer, &m);
	if (p->remote.af != 0)
		ike_stub_say(s, MSG_ike_peer_address, &at);
	ike_stub_say(s, MSG_ike_peer_proposal, &q);
	ike_stub_say(s, MSG_ike_peer_end, &end);
}

void
ike_stub_peer(struct ike_stub *s, const struct ike_stub_peer *p)
{
	const struct msg_ike_child_proposal q = { .child = p->number,
		.protocol = IPPROTO_ESP,
		.encryption = { 1, { ALG_CIPHER_aes_cbc_128 } },
		.integrity = { 1, { ALG_AUTH_hmac_sha2_256_128 } } };
	const struct msg_ike_child_end end = { .child = p->number };
	struct msg_ike_child m = { .child = p->number,
		.peer = p->number,
		.policy = p->number,
		.local = p->local,
		.mode = MSG_SA_TUNNEL,
		.local_low = p->inside[0],
		.local_high = p->inside[1],
		.local_port_high = PORT_MAX,
		.remote_low = p->far[0],
		.remote_high = p->far[1],
		.remote_port_high = PORT_MAX,
		.lifetime_s = DAY_S,
		.replay_window = REPLAY_WINDOW };

	say_peer(s, p);
	snprintf(m.name, sizeof(m.name), "vpn-%u", p->number);
	ike_stub_say(s, MSG_ike_child, &m);
	ike_stub_say(s, MSG_ike_child_proposal, &q);
	ike_stub_say(s, MSG_ike_child_end, &end);
}

/* Without selectors of its own in the offer (RFC 7296 2.9): no family. */
void
ike_stub_acquire(struct ike_stub *s, uint32_t child)
{
	const struct msg_ike_acquire m = { .child = child };

	ike_stub_say(s, MSG_ike_acquire, &m);
}
