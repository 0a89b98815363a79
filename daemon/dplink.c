/*
 * The daemon's end of the socket to yongdp. Answers come in the order of the requests, so that what is
 * on its way is a queue. Refuses to know why a step was taken.
 */
#include "config.h"

#include "daemon/dplink.h"

#include "daemon/sastate.h"
#include "lib/err.h"
#include "lib/frame.h"
#include "lib/log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <unistd.h>

/* A request on its way: a step (with the object it is for), or a question. */
struct request {
	STAILQ_ENTRY(request) link;
	uint32_t id;
	enum want_kind kind; /* WANT_N_KINDS: a question, or the setup */
	char *key;
	struct dplink_ask ask;
};

struct dplink {
	struct loop *loop;
	struct sastate *sastate;
	struct dplink_ops ops;
	struct frame *frame;
	STAILQ_HEAD(, request) requests;
	uint32_t last_id;
	uint64_t sent;
	uint64_t answered;
};

struct dplink *
dplink_new(struct loop *l, struct sastate *s, const struct dplink_ops *ops)
{
	struct dplink *dl = calloc(1, sizeof(*dl));

	if (dl == NULL)
		return NULL;
	dl->loop = l;
	dl->sastate = s;
	dl->ops = *ops;
	STAILQ_INIT(&dl->requests);
	return dl;
}

static void
request_free(struct request *r)
{
	free(r->key);
	free(r);
}

void
dplink_free(struct dplink *dl)
{
	if (dl == NULL)
		return;
	dplink_down(dl);
	free(dl);
}

static struct request *
request_new(struct dplink *dl)
{
	struct request *r = calloc(1, sizeof(*r));

	if (r == NULL)
		abort();
	r->kind = WANT_N_KINDS;
	if (++dl->last_id == 0)
		dl->last_id = 1; /* 0 is for messages without request */
	r->id = dl->last_id;
	return r;
}

static int
request_send(struct dplink *dl, struct request *r, enum msg_type type, const void *body, int fd)
{
	int rc = dl->frame == NULL ? -ENOTCONN : frame_send(dl->frame, type, r->id, body, fd);

	if (rc == -EPIPE)
		rc = -ENOTCONN;
	if (rc != 0)
		return rc;
	STAILQ_INSERT_TAIL(&dl->requests, r, link);
	return 0;
}

int
dplink_send(struct dplink *dl, enum msg_type type, const void *body, int fd, enum want_kind kind,
	const char *key)
{
	struct request *r;
	int rc;

	if (!dplink_is_up(dl))
		return -ENOTCONN;
	r = request_new(dl);
	r->kind = kind;
	r->key = key != NULL ? strdup(key) : NULL;
	rc = request_send(dl, r, type, body, fd);
	if (rc != 0) {
		request_free(r);
		return rc;
	}
	dl->sent++;
	return 0;
}

static void
ask(struct dplink *dl, enum msg_type type, const void *body, const struct dplink_ask *a)
{
	struct request *r = request_new(dl);
	struct msg_error e = { .code = ENOTCONN, .object = "datapath", .text = "It does not run." };

	r->ask = *a;
	if (request_send(dl, r, type, body, -1) == 0)
		return;
	request_free(r);
	a->done(a->arg, &e);
}

void
dplink_get(struct dplink *dl, const char *table, const char *filter, const struct dplink_ask *a)
{
	struct msg_state_get m = { 0 };

	strlcpy(m.table, table, sizeof(m.table));
	strlcpy(m.filter, filter, sizeof(m.filter));
	ask(dl, MSG_state_get, &m, a);
}

void
dplink_reset(struct dplink *dl, const char *table, const char *filter, const struct dplink_ask *a)
{
	struct msg_state_reset m = { 0 };

	strlcpy(m.table, table, sizeof(m.table));
	strlcpy(m.filter, filter, sizeof(m.filter));
	ask(dl, MSG_state_reset, &m, a);
}

/* --- answers ------------------------------------------------------------------------------ */

static void
on_seq_need(struct dplink *dl, uint32_t sa)
{
	struct msg_dp_seq_limit m = { .sa = sa };
	struct err e = { 0 };

	/* An SA's identity is its slot + 1, see kind_dp.c. */
	if (sastate_more(dl->sastate, sa - 1, &m.seq_limit, &e) != 0)
		log_error("%s: %s", e.object, e.text);
	else
		frame_send(dl->frame, MSG_dp_seq_limit, 0, &m, -1);
}

static void
complete(struct dplink *dl, struct request *r, const struct msg_error *m)
{
	struct err e = { 0 };

	if (r->ask.done != NULL)
		r->ask.done(r->ask.arg, m);
	if (r->kind == WANT_N_KINDS)
		return;
	dl->answered++;
	if (m == NULL)
		return;
	err_set(&e, -(int)m->code, m->object, "%s", m->text);
	dl->ops.refused(dl->ops.arg, r->kind, r->key != NULL ? r->key : "", &e);
}

static void
on_answer(struct dplink *dl, uint32_t id, const struct msg_error *m)
{
	struct request *r = STAILQ_FIRST(&dl->requests);

	if (r == NULL || r->id != id) {
		log_warn("datapath: answer %u to nothing", id);
		return;
	}
	STAILQ_REMOVE_HEAD(&dl->requests, link);
	complete(dl, r, m);
	request_free(r);
	if (STAILQ_EMPTY(&dl->requests))
		dl->ops.progress(dl->ops.arg);
}

static void
on_msg(void *arg, struct frame *f, enum msg_type type, uint32_t id, const void *body, int fd)
{
	struct dplink *dl = arg;
	struct request *r = STAILQ_FIRST(&dl->requests);

	if (fd >= 0)
		close(fd);
	if (type == MSG_dp_seq_need)
		on_seq_need(dl, ((const struct msg_dp_seq_need *)body)->sa);
	else if ((type == MSG_dp_tunnel_line || type == MSG_dp_sa_path) && dl->ops.unasked != NULL)
		dl->ops.unasked(dl->ops.arg, type, body);
	else if (type == MSG_state_row && r != NULL && r->id == id && r->ask.row != NULL)
		r->ask.row(r->ask.arg, body);
	else if (type == MSG_error && id == 0)
		log_warn("datapath: %s", ((const struct msg_error *)body)->text);
	else if (type == MSG_done || type == MSG_state_done || type == MSG_error)
		on_answer(dl, id, type == MSG_error ? body : NULL);
}

static void
on_gone(void *arg, struct frame *f)
{
	struct dplink *dl = arg;

	dl->ops.broken(dl->ops.arg);
}

/* --- up and down -------------------------------------------------------------------------- */

int
dplink_up(struct dplink *dl, int fd)
{
	struct msg_dp_setup m = { .n_slots = SASTATE_SLOTS };
	struct request *r;
	int rc;

	dplink_down(dl);
	dl->frame = frame_new(dl->loop, fd, MSG_DAEMON, MSG_DATAPATH, on_msg, on_gone, dl);
	if (dl->frame == NULL)
		return -ENOMEM;
	r = request_new(dl);
	rc = request_send(dl, r, MSG_dp_setup, &m, sastate_fd(dl->sastate));
	if (rc != 0)
		request_free(r);
	return rc;
}

void
dplink_down(struct dplink *dl)
{
	struct msg_error e = { .code = ENOTCONN, .object = "datapath", .text = "It has ended." };
	struct request *r;

	frame_free(dl->frame);
	dl->frame = NULL;
	dl->answered = dl->sent; /* what was lost is sent again, and counted again */
	while ((r = STAILQ_FIRST(&dl->requests)) != NULL) {
		STAILQ_REMOVE_HEAD(&dl->requests, link);
		if (r->ask.done != NULL)
			r->ask.done(r->ask.arg, &e);
		request_free(r);
	}
}

bool
dplink_is_up(const struct dplink *dl)
{
	return dl != NULL && dl->frame != NULL;
}

uint64_t
dplink_sent(const struct dplink *dl)
{
	return dl->sent;
}

uint64_t
dplink_answered(const struct dplink *dl)
{
	return dl->answered;
}
