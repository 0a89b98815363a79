/*
 * The daemon's end of the socket to a child process. Answers come in the order of the requests, so that
 * what is on its way is a queue. Refuses to know why a step was taken, and what the child is.
 */
#include "config.h"

#include "daemon/childlink.h"

#include "lib/err.h"
#include "lib/frame.h"
#include "lib/log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <unistd.h>

/* A request on its way: a step (with the object it is for), or somebody's question. */
struct request {
	STAILQ_ENTRY(request) link;
	uint32_t id;
	enum want_kind kind; /* WANT_N_KINDS: a question */
	char *key;
	struct childlink_ask ask;
};

struct childlink {
	struct loop *loop;
	const char *name;
	enum msg_party child;
	struct childlink_ops ops;
	struct frame *frame;
	STAILQ_HEAD(, request) requests;
	uint32_t last_id;
	uint64_t sent;
	uint64_t answered;
};

struct childlink *
childlink_new(
	struct loop *l, const char *name, enum msg_party child, const struct childlink_ops *ops)
{
	struct childlink *cl = calloc(1, sizeof(*cl));

	if (cl == NULL)
		return NULL;
	cl->loop = l;
	cl->name = name;
	cl->child = child;
	cl->ops = *ops;
	STAILQ_INIT(&cl->requests);
	return cl;
}

static void
request_free(struct request *r)
{
	free(r->key);
	free(r);
}

void
childlink_free(struct childlink *cl)
{
	if (cl == NULL)
		return;
	childlink_down(cl);
	free(cl);
}

static struct request *
request_new(struct childlink *cl)
{
	struct request *r = calloc(1, sizeof(*r));

	if (r == NULL)
		abort();
	r->kind = WANT_N_KINDS;
	if (++cl->last_id == 0)
		cl->last_id = 1; /* 0 is for messages without request */
	r->id = cl->last_id;
	return r;
}

static int
request_send(struct childlink *cl, struct request *r, enum msg_type type, const void *body, int fd)
{
	int rc = cl->frame == NULL ? -ENOTCONN : frame_send(cl->frame, type, r->id, body, fd);

	if (rc == -EPIPE)
		rc = -ENOTCONN;
	if (rc != 0)
		return rc;
	STAILQ_INSERT_TAIL(&cl->requests, r, link);
	return 0;
}

int
childlink_step(struct childlink *cl, enum msg_type type, const void *body, int fd,
	enum want_kind kind, const char *key)
{
	struct request *r;
	int rc;

	if (!childlink_is_up(cl))
		return -ENOTCONN;
	r = request_new(cl);
	r->kind = kind;
	r->key = key != NULL ? strdup(key) : NULL;
	rc = request_send(cl, r, type, body, fd);
	if (rc != 0) {
		request_free(r);
		return rc;
	}
	cl->sent++;
	return 0;
}

static void
no_answer(const struct childlink *cl, const struct childlink_ask *a, int rc, const char *why)
{
	struct msg_error e = { .code = (uint32_t)-rc };

	strlcpy(e.object, cl->name, sizeof(e.object));
	strlcpy(e.text, why, sizeof(e.text));
	if (a->done != NULL)
		a->done(a->arg, &e);
}

void
childlink_ask(struct childlink *cl, enum msg_type type, const void *body, int fd,
	const struct childlink_ask *a)
{
	struct request *r = request_new(cl);
	int rc;

	r->ask = *a;
	rc = request_send(cl, r, type, body, fd);
	if (rc == 0)
		return;
	request_free(r);
	no_answer(cl, a, rc, rc == -ENOTCONN ? "It does not run." : strerror(-rc));
}

int
childlink_tell(struct childlink *cl, enum msg_type type, uint32_t request, const void *body)
{
	return childlink_is_up(cl) ? frame_send(cl->frame, type, request, body, -1) : -ENOTCONN;
}

void
childlink_get(
	struct childlink *cl, const char *table, const char *filter, const struct childlink_ask *a)
{
	struct msg_state_get m = { 0 };

	strlcpy(m.table, table, sizeof(m.table));
	strlcpy(m.filter, filter, sizeof(m.filter));
	childlink_ask(cl, MSG_state_get, &m, -1, a);
}

void
childlink_reset(
	struct childlink *cl, const char *table, const char *filter, const struct childlink_ask *a)
{
	struct msg_state_reset m = { 0 };

	strlcpy(m.table, table, sizeof(m.table));
	strlcpy(m.filter, filter, sizeof(m.filter));
	childlink_ask(cl, MSG_state_reset, &m, -1, a);
}

/* --- answers ------------------------------------------------------------------------------ */

static void
complete(struct childlink *cl, struct request *r, const struct msg_error *m)
{
	struct err e = { 0 };

	if (r->ask.done != NULL)
		r->ask.done(r->ask.arg, m);
	if (r->kind == WANT_N_KINDS)
		return;
	cl->answered++;
	if (m == NULL)
		return;
	err_set(&e, -(int)m->code, m->object, "%s", m->text);
	cl->ops.refused(cl->ops.arg, r->kind, r->key != NULL ? r->key : "", &e);
}

static void
on_answer(struct childlink *cl, uint32_t id, const struct msg_error *m)
{
	struct request *r = STAILQ_FIRST(&cl->requests);

	if (r == NULL || r->id != id) {
		log_warn("%s: answer %u to nothing", cl->name, id);
		return;
	}
	STAILQ_REMOVE_HEAD(&cl->requests, link);
	complete(cl, r, m);
	request_free(r);
	if (STAILQ_EMPTY(&cl->requests))
		cl->ops.progress(cl->ops.arg);
}

static void
on_msg(void *arg, struct frame *f, enum msg_type type, uint32_t id, const void *body, int fd)
{
	struct childlink *cl = arg;
	struct request *r = STAILQ_FIRST(&cl->requests);

	if (fd >= 0)
		close(fd);
	if (type == MSG_error && id == 0)
		log_warn("%s: %s", cl->name, ((const struct msg_error *)body)->text);
	else if (type == MSG_done || type == MSG_state_done || type == MSG_error)
		on_answer(cl, id, type == MSG_error ? body : NULL);
	else if (type != MSG_state_row && cl->ops.heard != NULL)
		cl->ops.heard(cl->ops.arg, type, id, body);
	else if (type == MSG_state_row && r != NULL && r->id == id && r->ask.row != NULL)
		r->ask.row(r->ask.arg, body);
}

static void
on_gone(void *arg, struct frame *f)
{
	struct childlink *cl = arg;

	cl->ops.broken(cl->ops.arg);
}

/* --- up and down -------------------------------------------------------------------------- */

int
childlink_up(struct childlink *cl, int fd)
{
	childlink_down(cl);
	cl->frame = frame_new(cl->loop, fd, MSG_DAEMON, cl->child, on_msg, on_gone, cl);
	return cl->frame != NULL ? 0 : -ENOMEM;
}

void
childlink_down(struct childlink *cl)
{
	struct request *r;

	frame_free(cl->frame);
	cl->frame = NULL;
	cl->answered = cl->sent; /* what was lost is sent again, and counted again */
	while ((r = STAILQ_FIRST(&cl->requests)) != NULL) {
		STAILQ_REMOVE_HEAD(&cl->requests, link);
		no_answer(cl, &r->ask, -ENOTCONN, "It has ended.");
		request_free(r);
	}
}

bool
childlink_is_up(const struct childlink *cl)
{
	return cl != NULL && cl->frame != NULL;
}

uint64_t
childlink_sent(const struct childlink *cl)
{
	return cl->sent;
}

uint64_t
childlink_answered(const struct childlink *cl)
{
	return cl->answered;
}
