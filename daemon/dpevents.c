/*
 * Lines and paths as the datapath has seen them last, see dpevents.h. Refuses to know who asks, and what
 * a device is.
 */
#include "config.h"

#include "daemon/dpevents.h"

#include "lib/loop.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

enum { PATH_KEPT_MS = 10 * 60 * 1000, PATHS_MOST = 1024 };

struct down {
	LIST_ENTRY(down) link;
	char device[16];
};

struct path {
	TAILQ_ENTRY(path) link;
	struct addr peer;
	uint32_t mtu;
	uint64_t until_ms;
};

struct dpevents {
	struct loop *loop;
	struct timer *expiry;
	LIST_HEAD(, down) downs;
	TAILQ_HEAD(, path) paths; /* the one that ends first, first */
	unsigned int n_paths;
	void (*changed)(void *arg);
	void *arg;
};

static void
path_free(struct dpevents *ev, struct path *p)
{
	TAILQ_REMOVE(&ev->paths, p, link);
	ev->n_paths--;
	free(p);
}

static void
on_expiry(void *arg)
{
	struct dpevents *ev = arg;
	uint64_t now = loop_now_ms(ev->loop);
	struct path *p;

	while ((p = TAILQ_FIRST(&ev->paths)) != NULL && p->until_ms <= now)
		path_free(ev, p);
	if (p != NULL)
		timer_set(ev->expiry, p->until_ms - now);
	ev->changed(ev->arg);
}

struct dpevents *
dpevents_new(struct loop *l, void (*changed)(void *arg), void *arg)
{
	struct dpevents *ev = calloc(1, sizeof(*ev));

	if (ev == NULL)
		return NULL;
	ev->loop = l;
	ev->changed = changed;
	ev->arg = arg;
	TAILQ_INIT(&ev->paths);
	ev->expiry = timer_new(l, on_expiry, ev);
	return ev;
}

void
dpevents_free(struct dpevents *ev)
{
	char device[16];

	if (ev == NULL)
		return;
	while (dpevents_take_down(ev, device))
		;
	while (!TAILQ_EMPTY(&ev->paths))
		path_free(ev, TAILQ_FIRST(&ev->paths));
	timer_free(ev->expiry);
	free(ev);
}

/* --- lines ---------------------------------------------------------------------------- */

static struct down *
down_find(const struct dpevents *ev, const char *device)
{
	struct down *d;

	LIST_FOREACH (d, &ev->downs, link)
		if (strcmp(d->device, device) == 0)
			return d;
	return NULL;
}

bool
dpevents_line(struct dpevents *ev, const char *device, bool up)
{
	struct down *d = down_find(ev, device);

	if (up == (d == NULL))
		return false;
	if (up) {
		LIST_REMOVE(d, link);
		free(d);
	} else {
		d = calloc(1, sizeof(*d));
		if (d == NULL)
			return false;
		strlcpy(d->device, device, sizeof(d->device));
		LIST_INSERT_HEAD(&ev->downs, d, link);
	}
	ev->changed(ev->arg);
	return true;
}

bool
dpevents_is_down(const struct dpevents *ev, const char *device)
{
	return down_find(ev, device) != NULL;
}

bool
dpevents_take_down(struct dpevents *ev, char device[16])
{
	struct down *d = LIST_FIRST(&ev->downs);

	if (d == NULL)
		return false;
	memcpy(device, d->device, sizeof(d->device));
	LIST_REMOVE(d, link);
	free(d);
	return true;
}

/* --- paths ---------------------------------------------------------------------------- */

static struct path *
path_find(const struct dpevents *ev, const struct addr *peer)
{
	struct path *p;

	TAILQ_FOREACH (p, &ev->paths, link)
		if (addr_eq(&p->peer, peer))
			return p;
	return NULL;
}

void
dpevents_path(struct dpevents *ev, const struct addr *peer, uint32_t mtu)
{
	struct path *p = path_find(ev, peer);
	bool news = p == NULL || p->mtu != mtu;

	if (p != NULL)
		path_free(ev, p);
	else if (ev->n_paths >= PATHS_MOST)
		path_free(ev, TAILQ_FIRST(&ev->paths));
	p = calloc(1, sizeof(*p));
	if (p == NULL)
		return;
	*p = (struct path){
		.peer = *peer, .mtu = mtu, .until_ms = loop_now_ms(ev->loop) + PATH_KEPT_MS
	};
	TAILQ_INSERT_TAIL(&ev->paths, p, link);
	ev->n_paths++;
	if (!timer_pending(ev->expiry))
		timer_set(ev->expiry, PATH_KEPT_MS);
	if (news)
		ev->changed(ev->arg);
}

uint32_t
dpevents_path_mtu(const struct dpevents *ev, const struct addr *peer)
{
	const struct path *p = path_find(ev, peer);

	return p != NULL ? p->mtu : 0;
}
