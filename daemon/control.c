/*
 * The shells: who is connected, who may do what, and which handler a message has. What a request means
 * is in session_*.c. A shell that goes away takes its requests with it and hurts nobody.
 */
#include "config.h"

#include "daemon/control.h"

#include "daemon/access.h"
#include "daemon/capture.h"
#include "daemon/childlink.h"
#include "daemon/daemon.h"
#include "daemon/reconcile.h"
#include "daemon/session.h"
#include "lib/err.h"
#include "lib/frame.h"
#include "lib/log.h"
#include "lib/loop.h"
#include "schema/store.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { APPLY_MOST_MS = 15000 };

/* A shell that waits until what it committed is applied. */
struct waiter {
	struct session_wait wait; /* first */
	LIST_ENTRY(waiter) link;
	uint64_t mark; /* steps that must have been answered */
	uint64_t ike_mark;
	uint64_t revision;
	struct timer *late;
};

struct control {
	struct daemon *daemon;
	char path[4096];
	int listener; /* -1: a single shell */
	struct watch *watch;
	LIST_HEAD(, session) sessions;
	LIST_HEAD(, session_wait) waits;
	LIST_HEAD(, waiter) waiters;
	void (*gone)(void *arg); /* the single shell has left */
	void *arg;
};

/* --- answers and waits ---------------------------------------------------------------------- */

void
session_answer(struct session *s, uint32_t id, enum msg_type type, const void *body, int fd)
{
	int rc;

	if (s == NULL)
		return;
	rc = frame_send(s->frame, type, id, body, fd);
	if (rc != 0 && rc != -EPIPE)
		log_warn("answer to %s: %s", s->user, strerror(-rc));
}

void
session_error(struct session *s, uint32_t id, int rc, const struct err *e)
{
	struct msg_error m = { .code = (uint32_t)(rc < 0 ? -rc : rc) };

	strlcpy(m.object, e->object, sizeof(m.object));
	strlcpy(m.text, e->text[0] != '\0' ? e->text : strerror((int)m.code), sizeof(m.text));
	session_answer(s, id, MSG_error, &m, -1);
}

struct session_wait *
session_wait_new(struct session *s, uint32_t id, size_t size)
{
	struct session_wait *w = calloc(1, size);

	if (w == NULL)
		abort();
	w->session = s;
	w->id = id;
	LIST_INSERT_HEAD(&s->control->waits, w, link);
	return w;
}

void
session_wait_free(struct session_wait *w)
{
	if (!w->orphan)
		LIST_REMOVE(w, link);
	free(w);
}

/* --- waiting for what was committed to be applied ---------------------------------------------- */

static void
waiter_free(struct waiter *w)
{
	LIST_REMOVE(w, link);
	timer_free(w->late);
	session_wait_free(&w->wait);
}

static void
first_failed(void *arg, const char *owner, const char *key, const struct err *e)
{
	struct msg_applied *m = arg;

	if (m->object[0] != '\0')
		return;
	strlcpy(m->object, owner[0] != '\0' ? owner : key, sizeof(m->object));
	strlcpy(m->text, e->text, sizeof(m->text));
}

static void
waiter_answer(struct waiter *w, struct daemon *d)
{
	struct msg_applied m = { .revision = w->revision };

	if (d->reconcile != NULL) {
		m.failed = (uint32_t)reconcile_n_failed(d->reconcile);
		reconcile_each_failed(d->reconcile, first_failed, &m);
	}
	session_answer(w->wait.session, w->wait.id, MSG_applied, &m, -1);
}

static void
on_late(void *arg)
{
	struct waiter *w = arg;
	struct err e = { 0 };

	err_set(&e, -ETIMEDOUT, "datapath",
		"It has not applied the configuration yet; see display of the system's state.");
	session_error(w->wait.session, w->wait.id, -ETIMEDOUT, &e);
	waiter_free(w);
}

/* Without a datapath nothing is applied; the IKE speaker is waited for while it runs. */
static bool
waiter_is_done(const struct waiter *w, const struct daemon *d)
{
	if (childlink_is_up(d->ikelink) && childlink_answered(d->ikelink) < w->ike_mark)
		return false;
	return d->dplink == NULL ||
		(childlink_is_up(d->dplink) && childlink_answered(d->dplink) >= w->mark);
}

void
control_progress(struct control *c)
{
	struct waiter *w, *next;
	struct daemon *d;

	if (c == NULL)
		return;
	d = c->daemon;
	LIST_FOREACH_SAFE (w, &c->waiters, link, next) {
		if (!waiter_is_done(w, d))
			continue;
		waiter_answer(w, d);
		waiter_free(w);
	}
}

void
control_datapath_changed(struct control *c)
{
	struct waiter *w;

	if (c == NULL)
		return;
	LIST_FOREACH (w, &c->waiters, link)
		w->mark = childlink_sent(c->daemon->dplink);
}

int
session_applied_wait(struct session_request *r, struct err *e)
{
	const struct msg_applied_wait *m = r->body;
	struct daemon *d = r->session->daemon;
	struct control *c = r->session->control;
	struct waiter *w;

	if (m->revision > store_revision(d->store))
		return err_set(e, -EINVAL, "configuration", "there is no such revision");
	w = (struct waiter *)session_wait_new(r->session, r->id, sizeof(*w));
	w->revision = m->revision;
	w->mark = d->dplink != NULL ? childlink_sent(d->dplink) : 0;
	w->ike_mark = d->ikelink != NULL ? childlink_sent(d->ikelink) : 0;
	w->late = timer_new(d->loop, on_late, w);
	timer_set(w->late, APPLY_MOST_MS);
	LIST_INSERT_HEAD(&c->waiters, w, link);
	control_progress(c);
	return 0;
}

/* --- debugging ------------------------------------------------------------------------------- */

/* Of one peer only while all shells agree on it. */
void
control_debugging(struct control *c)
{
	static const struct childlink_ask nobody;
	struct msg_ike_debugging m = { 0 };
	const struct session *s;
	bool first = true;

	if (c == NULL || !childlink_is_up(c->daemon->ikelink))
		return;
	LIST_FOREACH (s, &c->sessions, link) {
		if (s->debugging.mask == 0)
			continue;
		m.mask |= s->debugging.mask;
		if (first)
			m.remote = s->debugging.remote;
		else if (!addr_eq(&m.remote, &s->debugging.remote))
			m.remote.af = 0;
		first = false;
	}
	childlink_ask(c->daemon->ikelink, MSG_ike_debugging, &m, -1, &nobody);
}

void
control_debug(struct control *c, const struct msg_ike_debug *m)
{
	struct session *s;

	if (c == NULL)
		return;
	LIST_FOREACH (s, &c->sessions, link) {
		const struct msg_ike_debugging *d = &s->debugging;

		if ((d->mask & m->topic) != 0 &&
			(d->remote.af == 0 || addr_eq(&d->remote, &m->remote)))
			session_answer(s, s->debugging_id, MSG_ike_debug, m, -1);
	}
}

/* --- sessions ------------------------------------------------------------------------------- */

static int
hello(struct session_request *r, struct err *e)
{
	const struct msg_hello *m = r->body;
	struct session *s = r->session;
	struct msg_welcome w = { 0 };

	if (m->protocol != MSG_PROTOCOL)
		return err_set(e, -EPROTO, "yongd", "shell and daemon are of different releases");
	s->greeted = true;
	s->schema = m->schema;
	strlcpy(s->terminal, m->terminal, sizeof(s->terminal));
	w.may_configure = s->may_configure;
	strlcpy(w.user, s->user, sizeof(w.user));
	w.revision = store_revision(s->daemon->store);
	session_answer(s, r->id, MSG_welcome, &w, -1);
	return 0;
}

static const struct {
	session_fn *fn;
	bool configures; /* only for those who may */
} handlers[MSG_N] = {
	[MSG_hello] = { hello, false },
	[MSG_image_get] = { session_image_get, false },
	[MSG_commit] = { session_commit, true },
	[MSG_catchup] = { session_catchup, false },
	[MSG_applied_wait] = { session_applied_wait, false },
	[MSG_ike_reset] = { session_ike_reset, true },
	[MSG_ike_debugging] = { session_ike_debugging, true },
	[MSG_state_get] = { session_state_get, false },
	[MSG_state_reset] = { session_state_reset, true },
	[MSG_save] = { session_save, true },
	[MSG_saved_get] = { session_saved_get, false },
	[MSG_ping_open] = { session_ping_open, false },
	[MSG_capture_start] = { session_capture_start, true },
	[MSG_capture_stop] = { session_capture_stop, true },
};

static int
dispatch(struct session_request *r, struct err *e)
{
	const struct session *s = r->session;

	if (handlers[r->type].fn == NULL)
		return err_set(e, -ENOSYS, "yongd", "no such request");
	if (!s->greeted && r->type != MSG_hello)
		return err_set(e, -EPROTO, "yongd", "hello comes first");
	if (handlers[r->type].configures && !s->may_configure)
		return err_set(e, -EPERM, s->user,
			"no permission: only root and the group " ACCESS_GROUP " may do this");
	return handlers[r->type].fn(r, e);
}

static void
on_msg(void *arg, struct frame *f, enum msg_type type, uint32_t id, const void *body, int fd)
{
	struct session_request r = {
		.session = arg, .type = type, .id = id, .body = body, .fd = fd
	};
	struct err e = { 0 };
	int rc = dispatch(&r, &e);

	if (rc != 0)
		session_error(r.session, id, rc, &e);
	if (r.fd >= 0)
		close(r.fd);
}

static void
session_free(struct session *s)
{
	struct session_wait *w;

	LIST_FOREACH (w, &s->control->waits, link)
		if (w->session == s)
			w->session = NULL;
	captures_orphaned(s->control->daemon->captures);
	LIST_REMOVE(s, link);
	if (s->debugging.mask != 0)
		control_debugging(s->control);
	frame_free(s->frame);
	free(s);
}

static void
on_gone(void *arg, struct frame *f)
{
	struct session *s = arg;
	struct control *c = s->control;

	session_free(s);
	if (c->gone != NULL)
		c->gone(c->arg);
}

/* uid (uid_t)-1: ask the kernel. */
static int
session_new(struct control *c, int fd, uid_t uid)
{
	struct session *s = calloc(1, sizeof(*s));
	gid_t gid = (gid_t)-1;
	pid_t pid;
	int rc;

	if (s == NULL) {
		close(fd);
		return -ENOMEM;
	}
	s->control = c;
	s->daemon = c->daemon;
	s->frame = frame_new(c->daemon->loop, fd, MSG_DAEMON, MSG_SHELL, on_msg, on_gone, s);
	if (s->frame == NULL) {
		free(s);
		return -ENOMEM;
	}
	LIST_INSERT_HEAD(&c->sessions, s, link);
	s->uid = uid;
	rc = uid == (uid_t)-1 ? frame_peer(s->frame, &s->uid, &gid, &pid) : 0;
	if (rc != 0) {
		session_free(s);
		return rc;
	}
	s->may_configure = access_may_configure(s->uid, gid);
	access_user(s->uid, s->user, sizeof(s->user));
	return 0;
}

static void
on_connect(void *arg)
{
	struct control *c = arg;
	int fd, rc;

	while ((fd = frame_accept(c->listener)) >= 0) {
		rc = session_new(c, fd, (uid_t)-1);
		if (rc != 0)
			log_warn("a shell was refused: %s", strerror(-rc));
	}
}

/* --- control ---------------------------------------------------------------------------------- */

static struct control *
control_make(struct daemon *d, struct err *e)
{
	struct control *c = calloc(1, sizeof(*c));

	if (c == NULL) {
		err_set(e, -ENOMEM, "yongd", "memory is short");
		return NULL;
	}
	c->daemon = d;
	c->listener = -1;
	return c;
}

int
control_new(struct daemon *d, struct control **out, struct err *e)
{
	struct control *c = control_make(d, e);

	*out = NULL;
	if (c == NULL)
		return -ENOMEM;
	snprintf(c->path, sizeof(c->path), "%s/control.sock", d->state_dir);
	/* The lock says that we are alone: whatever is there is left over. */
	unlink(c->path);
	c->listener = frame_listen(c->path, 0666);
	if (c->listener >= 0)
		c->watch = watch_fd(d->loop, c->listener, LOOP_READ, on_connect, c);
	if (c->watch == NULL) {
		int rc = c->listener < 0 ? c->listener : -ENOMEM;

		err_set(e, rc, c->path, "shells cannot connect: %s", strerror(-rc));
		control_free(c);
		return rc;
	}
	*out = c;
	return 0;
}

int
control_new_single(struct daemon *d, int fd, uid_t uid, void (*gone)(void *arg), void *arg,
	struct control **out, struct err *e)
{
	struct control *c = control_make(d, e);
	int rc = c != NULL ? session_new(c, fd, uid) : -ENOMEM;

	*out = c;
	if (rc == 0) {
		c->gone = gone;
		c->arg = arg;
		return 0;
	}
	err_set(e, rc, "shell", "%s", strerror(-rc));
	control_free(c);
	*out = NULL;
	return rc;
}

void
control_free(struct control *c)
{
	struct session_wait *asked;
	struct session *s;
	struct waiter *w;

	if (c == NULL)
		return;
	watch_free(c->watch);
	if (c->listener >= 0) {
		close(c->listener);
		unlink(c->path);
	}
	while ((s = LIST_FIRST(&c->sessions)) != NULL)
		session_free(s);
	while ((w = LIST_FIRST(&c->waiters)) != NULL)
		waiter_free(w);
	while ((asked = LIST_FIRST(&c->waits)) != NULL) { /* the datapath still owes an answer */
		LIST_REMOVE(asked, link);
		asked->orphan = true;
	}
	free(c);
}
