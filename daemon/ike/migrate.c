/*
 * Reauthentication (RFC 7296 2.8.3), and the end of an IKE SA that is one too many: its children are made anew by
 * the one that stays before it goes, so that no packet is lost.
 */
#include "config.h"

#include "daemon/ike/migrate.h"

#include "daemon/ike/child_sa.h"
#include "daemon/ike/debug.h"
#include "daemon/ike/engine.h"
#include "daemon/ike/lifetime.h"
#include "lib/loop.h"

#include <errno.h>

enum { FIRST_MS = 2000, STEP_MS = 1000, MOST_MS = 60000 };

/* Asks the heir for what the pair protects, unless it has it. Whether something is still to come. */
static bool
hand_over(struct child_sa *pair, struct ike_sa *to)
{
	struct child *c = child_find(pair->ike, pair->child);

	if (!c || pair->state > CHILD_SA_REKEYED)
		return false;
	if (child_sa_serves_by(c, to))
		return !child_sa_carries_by(c, to);
	if (!c->request)
		request_child(to, c, NULL);
	return c->request != NULL;
}

void
migrate_tick(struct ike_sa *from)
{
	struct ike_sa *to = ike_sa_find(from->ike, from->heir);
	struct child_sa *pair;
	uint64_t now = loop_now_ms(from->ike->loop);
	bool more = false;

	if (!to) {
		/* it may live on after all */
		from->heir = 0;
		from->redundant = false;
		lifetime_resume_ike(from);
		return;
	}
	TAILQ_FOREACH (pair, &from->children, link)
		if (hand_over(pair, to))
			more = true;
	if (more && now < from->ends_ms) {
		timer_set(from->timer, STEP_MS);
		return;
	}
	from->redundant = true;
	ike_sa_delete(from, NULL);
}

void
migrate_start(struct ike_sa *from, struct ike_sa *to)
{
	debug_event(from, "its children go to connection %u", to->connection);
	from->heir = to->spi_local;
	from->ends_ms = loop_now_ms(from->ike->loop) + MOST_MS;
	timer_set(from->timer, FIRST_MS);
}

int
migrate_reauthenticate(struct ike_sa *sa)
{
	struct child_sa *pair;
	struct child *c = NULL;
	struct ike_sa *made;
	int r;

	TAILQ_FOREACH (pair, &sa->children, link) {
		c = child_find(sa->ike, pair->child);
		if (c && !c->request && pair->state == CHILD_SA_ESTABLISHED)
			break;
		c = NULL;
	}
	if (!c || !sa->peer)
		return -ENOENT;
	r = ike_sa_initiate(c, sa->peer, &sa->path.at.local, &sa->path.at.remote);
	if (r != 0)
		return r;
	made = c->request ? c->request->sa : NULL;
	if (made)
		made->replaces = sa->spi_local;
	return 0;
}
