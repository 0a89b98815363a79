/*
 * The door of the engine: what ike.h promises, and who in the room does it.
 */
#include "config.h"

#include "daemon/ike/ike.h"

#include "daemon/ike/child_sa.h"
#include "daemon/ike/engine.h"
#include "daemon/ike/input.h"
#include "daemon/ike/lifetime.h"
#include "daemon/ike/report.h"
#include "lib/err.h"
#include "lib/loop.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { NAT_KEEPALIVE_S = 20 };

uint32_t
engine_random(struct ike *ike, uint32_t below)
{
	uint32_t r;

	if (below < 2)
		return 0;
	crypt_random(ike->crypt, &r, sizeof(r));
	return r % below;
}

uint32_t
engine_connection(struct ike *ike)
{
	if (++ike->last_connection == 0)
		ike->last_connection = 1;
	return ike->last_connection;
}

static void
reap(void *arg)
{
	struct ike *ike = arg;
	struct ike_sa *sa;

	while ((sa = TAILQ_FIRST(&ike->dead))) {
		TAILQ_REMOVE(&ike->dead, sa, link);
		ike_sa_free(sa);
	}
	child_sa_reap(ike);
}

void
engine_reap(struct ike *ike)
{
	if (!timer_pending(ike->reaper))
		timer_set(ike->reaper, 0);
}

struct ike *
ike_new(struct loop *l, const struct ike_ops *ops)
{
	struct ike *ike = calloc(1, sizeof(*ike));
	struct err e;

	if (!ike)
		return NULL;
	ike->loop = l;
	ike->ops = *ops;
	ike->nat_keepalive_s = NAT_KEEPALIVE_S;
	TAILQ_INIT(&ike->sa_list);
	TAILQ_INIT(&ike->half_open);
	TAILQ_INIT(&ike->dead);
	TAILQ_INIT(&ike->dead_pairs);
	ike->crypt = crypt_new(ops->random, ops->arg, &e);
	ike->reaper = timer_new(l, reap, ike);
	if (!ike->crypt || !ike->reaper || explain_init(&ike->explain) != 0) {
		ike_free(ike);
		return NULL;
	}
	halfopen_init(ike);
	return ike;
}

static void
silence(void *arg, enum msg_type type, uint32_t request, const void *body)
{
}

static void
no_send(void *arg, const struct ike_path *path, const uint8_t *data, size_t len)
{
}

void
ike_free(struct ike *ike)
{
	if (!ike)
		return;
	ike->ops.tell = silence;
	ike->ops.send = no_send;
	if (ike->reaper) {
		ike_sa_free_all(ike);
		child_sa_free_all(ike);
	}
	call_forget(ike, &ike->no_owner);
	child_free_all(ike);
	peer_free_all(ike);
	halfopen_fini(ike);
	explain_fini(&ike->explain);
	timer_free(ike->reaper);
	crypt_free(ike->crypt);
	free(ike);
}

void
ike_input(struct ike *ike, const struct ike_path *path, const uint8_t *data, size_t len)
{
	uint8_t *copy;

	if (len == 0)
		return;
	copy = malloc(len);
	if (!copy) {
		statistics_count(ike, STATISTIC_no_memory);
		return;
	}
	memcpy(copy, data, len);
	input_datagram(ike, path, copy, len);
	free(copy);
}

/* --- what the daemon says ------------------------------------------------------------- */

static int
setup(struct ike *ike, const struct msg_ike_setup *m, struct err *e)
{
	struct ike_sa *sa;

	strlcpy(ike->local_name, m->local_name, sizeof(ike->local_name));
	ike->nat_keepalive_s = m->nat_keepalive_s;
	TAILQ_FOREACH (sa, &ike->sa_list, link)
		if (sa->state == EXCHANGE_established)
			path_keep(sa);
	ike->halfopen.max = m->half_open_max ? m->half_open_max : HALFOPEN_MAX;
	return 0;
}

static int
used(struct ike *ike, const struct msg_ike_sa_used *m, struct err *e)
{
	struct child_sa *pair = child_sa_find(ike, m->sa);

	if (!pair)
		return err_set(e, -ENOENT, "ike", "there is no SA %u", m->sa);
	lifetime_used(pair, m->hard);
	return 0;
}

static int
moved(struct ike *ike, const struct msg_ike_moved *m, struct err *e)
{
	struct child_sa *pair = child_sa_find(ike, m->sa);

	/* one that ends had the datapath send by the others of its connection to that place */
	if (pair && !pair->ike_sa)
		pair = connection_other(pair);
	if (!pair || !pair->ike_sa)
		return err_set(e, -ENOENT, "ike", "there is no SA %u", m->sa);
	path_moved(pair->ike_sa, &m->remote, m->remote_port);
	return 0;
}

static int
reset(struct ike *ike, const struct msg_ike_reset *m, struct err *e)
{
	unsigned int n = m->children_only ? child_sa_reset(ike, m) : ike_sa_reset(ike, m);

	if (n == 0 && m->connection != 0)
		return err_set(e, -ENOENT, "ike", "there is no connection %u", m->connection);
	return 0;
}

static int
debugging(struct ike *ike, const struct msg_ike_debugging *m, struct err *e)
{
	ike->debug_mask = m->mask;
	ike->debug_remote = m->remote;
	return 0;
}

#define COMMAND(name, fn)                                                   \
	static int do_##name(struct ike *ike, const void *m, struct err *e) \
	{                                                                   \
		return fn(ike, m, e);                                       \
	}
COMMAND(ike_setup, setup)
COMMAND(ike_peer, peer_begin)
COMMAND(ike_peer_address, peer_add_address)
COMMAND(ike_peer_proposal, peer_add_proposal)
COMMAND(ike_peer_end, peer_commit)
COMMAND(ike_peer_del, peer_delete)
COMMAND(ike_child, child_begin)
COMMAND(ike_child_proposal, child_add_proposal)
COMMAND(ike_child_end, child_commit)
COMMAND(ike_child_del, child_delete)
COMMAND(ike_acquire, child_acquire)
COMMAND(ike_sa_used, used)
COMMAND(ike_moved, moved)
COMMAND(ike_reset, reset)
COMMAND(ike_debugging, debugging)
#undef COMMAND

static int (*const commands[MSG_N])(struct ike *ike, const void *m, struct err *e) = {
#define COMMAND(name) [MSG_##name] = do_##name,
	COMMAND(ike_setup) COMMAND(ike_peer) COMMAND(ike_peer_address) COMMAND(ike_peer_proposal)
		COMMAND(ike_peer_end) COMMAND(ike_peer_del) COMMAND(ike_child)
			COMMAND(ike_child_proposal) COMMAND(ike_child_end) COMMAND(ike_child_del)
				COMMAND(ike_acquire) COMMAND(ike_sa_used) COMMAND(ike_moved)
					COMMAND(ike_reset) COMMAND(ike_debugging)
#undef COMMAND
};

int
ike_command(struct ike *ike, enum msg_type type, uint32_t request, const void *body, struct err *e)
{
	if ((unsigned int)type < MSG_N && commands[type])
		return commands[type](ike, body, e);
	switch (type) {
	case MSG_done:
	case MSG_error:
	case MSG_ike_usage:
	case MSG_ike_route:
		/* who asked may be gone */
		call_answer(ike, type, request, body);
		return 0;
	default: return err_set(e, -EOPNOTSUPP, "ike", "not a message for the IKE speaker");
	}
}

/* --- what displays ask ------------------------------------------------------------------ */

void
ike_state(struct ike *ike, enum state_table table, const char *filter,
	void (*row)(void *arg, const void *record), void *arg)
{
	report_table(ike, table, filter, row, arg);
}

void
ike_state_reset(struct ike *ike, enum state_table table, const char *filter)
{
	switch (table) {
	case STATE_ike_statistic: statistics_reset(ike, filter); break;
	case STATE_ike_error: explain_reset_errors(ike); break;
	case STATE_ike_offline: explain_reset_offline(ike); break;
	default: break;
	}
}
