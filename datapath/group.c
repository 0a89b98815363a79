/*
 * Groups of SAs (lib/msg.def, dp_group): how rules go on over a rekey without being told, and who is
 * asked when there is no SA. Refuses to know rules and what a connection is.
 */
#include "config.h"

#include "datapath/group.h"

#include "datapath/dp.h"
#include "datapath/sadb.h"
#include "datapath/selector.h"
#include "lib/loop.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { N_BUCKETS = 1024, ASK_EVERY_MS = 1000 };

struct group {
	struct group *next;
	uint32_t id;
	uint32_t sa;
	uint32_t same_as;
	bool acquire;
	bool asked;
	uint64_t asked_ms;
};

struct group_table {
	struct group *buckets[N_BUCKETS];
	group_acquire_fn *acquire;
	void *arg;
};

struct group_table *
group_table_new(void)
{
	return calloc(1, sizeof(struct group_table));
}

void
group_table_free(struct group_table *t)
{
	if (!t)
		return;
	for (unsigned int i = 0; i < N_BUCKETS; i++) {
		for (struct group *g = t->buckets[i], *next; g; g = next) {
			next = g->next;
			free(g);
		}
	}
	free(t);
}

void
group_on_acquire(struct group_table *t, group_acquire_fn *fn, void *arg)
{
	t->acquire = fn;
	t->arg = arg;
}

/* Where the group is linked, or where it would be. */
static struct group **
group_at(struct group_table *t, uint32_t id)
{
	struct group **at = &t->buckets[id % N_BUCKETS];

	while (*at && (*at)->id != id)
		at = &(*at)->next;
	return at;
}

static const struct group *
group_get(const struct dp *dp, uint32_t id)
{
	return *group_at(dp->groups, id);
}

int
group_put(struct dp *dp, const struct msg_dp_group *m)
{
	struct group **at = group_at(dp->groups, m->group), *g = *at;

	if (m->group == 0 || m->same_as == m->group)
		return -EINVAL;
	if (!g) {
		g = *at = calloc(1, sizeof(*g));
		if (!g)
			return -ENOMEM;
		g->id = m->group;
	}
	g->sa = m->sa;
	g->same_as = m->same_as;
	g->acquire = m->acquire;
	g->asked = false;
	sadb_changed(dp->sadb);
	return 0;
}

int
group_del(struct dp *dp, uint32_t id)
{
	struct group **at = group_at(dp->groups, id), *g = *at;

	if (!g)
		return -ENOENT;
	*at = g->next;
	free(g);
	sadb_changed(dp->sadb);
	return 0;
}

uint32_t
group_serving(const struct dp *dp, uint32_t id)
{
	const struct group *g = group_get(dp, id);

	return g && g->same_as != 0 ? g->same_as : id;
}

struct sa *
group_out(const struct dp *dp, uint32_t id)
{
	uint32_t serving = group_serving(dp, id);
	const struct group *g = group_get(dp, serving);
	struct sa *sa = sadb_get(dp->sadb, g ? g->sa : serving);

	return sa && !sa->inbound && sa->group == serving ? sa : NULL;
}

static struct addr
address_at(const uint8_t *p, uint8_t af)
{
	struct addr a = { .af = af };

	memcpy(a.b, p, addr_len(&a));
	return a;
}

static void
ask(struct dp *dp, uint32_t id, const struct pkt *p)
{
	struct group_table *t = dp->groups;
	struct msg_dp_acquire m = { .group = id };
	struct selector s;

	if (!t->acquire || selector_read(p->data, p->len, false, &s) != DROP_NONE)
		return;
	m.source = address_at(p->data + (s.af == AF_INET6 ? 8 : 12), s.af);
	m.destination = address_at(p->data + (s.af == AF_INET6 ? 24 : 16), s.af);
	m.protocol = s.protocol;
	m.source_port = s.source_port;
	m.destination_port = s.destination_port;
	t->acquire(t->arg, &m);
}

enum drop
group_missed(struct dp *dp, uint32_t id, const struct pkt *p)
{
	struct group *g = *group_at(dp->groups, group_serving(dp, id));
	uint64_t now;

	if (!g || !g->acquire)
		return DROP_spd_incomplete;
	now = loop_now_ms(dp->loop);
	if (!g->asked || now - g->asked_ms >= ASK_EVERY_MS) {
		g->asked = true;
		g->asked_ms = now;
		ask(dp, g->id, p);
	}
	return DROP_sa_pending;
}
