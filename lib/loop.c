/*
 * The event loop: the one user of libevent. Timers are kept here, in one ordered tree for both
 * kinds of loop, so that the virtual clock of tests and the real one fire in the same order;
 * libevent gets one timeout, the earliest. Everything may be freed inside any callback.
 */
#include "config.h"

#include "lib/loop.h"

#include <event2/event.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <sys/tree.h>
#include <time.h>

struct timer {
	RB_ENTRY(timer) node;
	struct loop *loop;
	uint64_t due; /* ms */
	uint64_t seq; /* of arming: equal times fire in that order */
	bool pending;
	loop_fn *fn;
	void *arg;
};

struct watch {
	TAILQ_ENTRY(watch) node;
	struct loop *loop;
	int fd;
	int what;
	bool dead; /* freed while a virtual loop walks its list */
	loop_fn *fn;
	void *arg;
	struct event *ev; /* real loops */
};

RB_HEAD(timer_tree, timer);
TAILQ_HEAD(watch_list, watch);

struct loop {
	struct event_base *base; /* NULL: virtual */
	struct event *tick;	 /* fires when the earliest timer is due */
	struct event *deadline;	 /* of loop_turn */
	struct timer_tree timers;
	uint64_t next_seq;
	uint64_t virtual_ms;
	struct watch_list watches; /* virtual loops */
	size_t n_watches;
	bool walking;
	bool stopped;
};

static int
timer_order(const struct timer *a, const struct timer *b)
{
	if (a->due != b->due)
		return a->due < b->due ? -1 : 1;
	return a->seq < b->seq ? -1 : a->seq > b->seq;
}

RB_GENERATE_INTERNAL(timer_tree, timer, node, timer_order, static __attribute__((unused)))

uint64_t
loop_now_ms(const struct loop *l)
{
	struct timespec ts;

	if (!l->base)
		return l->virtual_ms;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static void
event_after(struct event *ev, uint64_t ms)
{
	struct timeval tv = { .tv_sec = (time_t)(ms / 1000),
		.tv_usec = (suseconds_t)(ms % 1000 * 1000) };

	event_add(ev, &tv);
}

/* Points libevent's timeout at the earliest timer. */
static void
tick_arm(struct loop *l)
{
	struct timer *t = RB_MIN(timer_tree, &l->timers);
	uint64_t now;

	if (!l->base)
		return;
	if (!t) {
		event_del(l->tick);
		return;
	}
	now = loop_now_ms(l);
	event_after(l->tick, t->due > now ? t->due - now : 0);
}

/* Fires what is due at time now, in order. */
static void
timers_fire(struct loop *l, uint64_t now)
{
	struct timer *t;

	while (!l->stopped && (t = RB_MIN(timer_tree, &l->timers)) && t->due <= now) {
		if (!l->base && t->due > l->virtual_ms)
			l->virtual_ms = t->due;
		timer_cancel(t);
		t->fn(t->arg);
	}
}

static void
tick_cb(evutil_socket_t fd, short what, void *arg)
{
	struct loop *l = arg;

	timers_fire(l, loop_now_ms(l));
	tick_arm(l);
}

static void
deadline_cb(evutil_socket_t fd, short what, void *arg)
{
}

struct loop *
loop_new_virtual(void)
{
	struct loop *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	RB_INIT(&l->timers);
	TAILQ_INIT(&l->watches);
	return l;
}

static struct event_base *
base_new(void)
{
	struct event_config *config = event_config_new();
	struct event_base *base = NULL;

	if (!config)
		return NULL;
	/* else timeouts count from when the loop woke up, not from now */
	event_config_set_flag(config, EVENT_BASE_FLAG_NO_CACHE_TIME);
	base = event_base_new_with_config(config);
	event_config_free(config);
	return base;
}

struct loop *
loop_new(void)
{
	struct loop *l = loop_new_virtual();

	if (!l)
		return NULL;
	l->base = base_new();
	if (l->base) {
		l->tick = event_new(l->base, -1, 0, tick_cb, l);
		l->deadline = event_new(l->base, -1, 0, deadline_cb, l);
	}
	if (!l->tick || !l->deadline) {
		loop_free(l);
		return NULL;
	}
	return l;
}

void
loop_free(struct loop *l)
{
	if (!l)
		return;
	if (l->tick)
		event_free(l->tick);
	if (l->deadline)
		event_free(l->deadline);
	if (l->base)
		event_base_free(l->base);
	free(l);
}

static void
watches_sweep(struct loop *l)
{
	struct watch *w, *next;

	TAILQ_FOREACH_SAFE (w, &l->watches, node, next)
		if (w->dead)
			watch_free(w);
}

/* Serves each watch of a virtual loop that is ready now, once. */
static void
watches_serve(struct loop *l)
{
	struct pollfd *fds = calloc(l->n_watches + 1, sizeof(*fds));
	struct watch **ws = calloc(l->n_watches + 1, sizeof(struct watch *));
	struct watch *w;
	size_t n = 0;

	if (l->walking || !fds || !ws)
		goto out;
	TAILQ_FOREACH (w, &l->watches, node) {
		fds[n].fd = w->what ? w->fd : -1;
		fds[n].events = (short)((w->what & LOOP_READ ? POLLIN : 0) |
			(w->what & LOOP_WRITE ? POLLOUT : 0));
		ws[n++] = w;
	}
	if (poll(fds, n, 0) <= 0)
		goto out;
	l->walking = true;
	for (size_t i = 0; i < n; i++)
		/* what may have been set to 0 meanwhile */
		if (fds[i].revents && !ws[i]->dead && ws[i]->what)
			ws[i]->fn(ws[i]->arg);
	l->walking = false;
	watches_sweep(l);
out:
	free(fds);
	free(ws);
}

/* A virtual loop has nobody to wait for: time jumps to the next timer, and ends with the last. */
static void
run_virtual(struct loop *l)
{
	struct timer *t;

	while (!l->stopped) {
		watches_serve(l);
		t = RB_MIN(timer_tree, &l->timers);
		if (!t || l->stopped)
			return;
		timers_fire(l, t->due);
	}
}

void
loop_run(struct loop *l)
{
	if (!l->base)
		run_virtual(l);
	while (l->base && !l->stopped)
		event_base_loop(l->base, EVLOOP_ONCE | EVLOOP_NO_EXIT_ON_EMPTY);
	l->stopped = false;
}

void
loop_once(struct loop *l)
{
	if (l->base) {
		/* without ONCE it would go on for as long as anything is ready */
		event_base_loop(l->base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
	} else {
		watches_serve(l);
		timers_fire(l, l->virtual_ms);
	}
}

void
loop_turn(struct loop *l, uint64_t max_ms)
{
	if (!l->base) {
		loop_once(l);
		return;
	}
	event_after(l->deadline, max_ms);
	event_base_loop(l->base, EVLOOP_ONCE);
	event_del(l->deadline);
}

void
loop_stop(struct loop *l)
{
	l->stopped = true;
	if (l->base)
		event_base_loopbreak(l->base);
}

void
loop_warp(struct loop *l, uint64_t ms)
{
	uint64_t until = l->virtual_ms + ms;

	if (l->base)
		return;
	timers_fire(l, until);
	if (!l->stopped)
		l->virtual_ms = until;
	l->stopped = false;
}

struct timer *
timer_new(struct loop *l, loop_fn *fn, void *arg)
{
	struct timer *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->loop = l;
	t->fn = fn;
	t->arg = arg;
	return t;
}

void
timer_free(struct timer *t)
{
	if (!t)
		return;
	timer_cancel(t);
	free(t);
}

void
timer_set(struct timer *t, uint64_t ms)
{
	struct loop *l = t->loop;
	uint64_t now = loop_now_ms(l);

	timer_cancel(t);
	t->due = ms < UINT64_MAX - now ? now + ms : UINT64_MAX;
	t->seq = l->next_seq++;
	t->pending = true;
	RB_INSERT(timer_tree, &l->timers, t);
	if (RB_MIN(timer_tree, &l->timers) == t)
		tick_arm(l);
}

/* An early tick after this finds nothing due and arms itself anew. */
void
timer_cancel(struct timer *t)
{
	if (!t->pending)
		return;
	RB_REMOVE(timer_tree, &t->loop->timers, t);
	t->pending = false;
}

bool
timer_pending(const struct timer *t)
{
	return t->pending;
}

static void
watch_cb(evutil_socket_t fd, short what, void *arg)
{
	struct watch *w = arg;

	w->fn(w->arg);
}

static struct watch *
watch_new(struct loop *l, int fd, loop_fn *fn, void *arg)
{
	struct watch *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	w->loop = l;
	w->fd = fd;
	w->fn = fn;
	w->arg = arg;
	TAILQ_INSERT_TAIL(&l->watches, w, node);
	l->n_watches++;
	return w;
}

struct watch *
watch_fd(struct loop *l, int fd, int what, loop_fn *fn, void *arg)
{
	struct watch *w = watch_new(l, fd, fn, arg);

	if (!w)
		return NULL;
	if (l->base)
		w->ev = event_new(l->base, fd, EV_PERSIST, watch_cb, w);
	if (l->base && !w->ev) {
		watch_free(w);
		return NULL;
	}
	watch_set(w, what);
	return w;
}

void
watch_set(struct watch *w, int what)
{
	short flags = EV_PERSIST;

	if (w->what == what)
		return;
	w->what = what;
	if (!w->ev)
		return;
	event_del(w->ev);
	if (what & LOOP_READ)
		flags |= EV_READ;
	if (what & LOOP_WRITE)
		flags |= EV_WRITE;
	if (what) {
		event_assign(w->ev, w->loop->base, w->fd, flags, watch_cb, w);
		event_add(w->ev, NULL);
	}
}

struct watch *
watch_signal(struct loop *l, int sig, loop_fn *fn, void *arg)
{
	struct watch *w = watch_new(l, -1, fn, arg);

	if (!w || !l->base)
		return w;
	w->ev = evsignal_new(l->base, sig, watch_cb, w);
	if (!w->ev || event_add(w->ev, NULL)) {
		watch_free(w);
		return NULL;
	}
	return w;
}

void
watch_free(struct watch *w)
{
	if (!w)
		return;
	if (w->loop->walking) {
		w->dead = true;
		w->what = 0;
		return;
	}
	TAILQ_REMOVE(&w->loop->watches, w, node);
	w->loop->n_watches--;
	if (w->ev)
		event_free(w->ev);
	free(w);
}
