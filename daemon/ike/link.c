/*
 * The IKE speaker's connections: to the daemon (descriptor 3), whose messages are one row of `handlers`
 * each or the engine's; from the datapath, which hands over what comes in; and out. Refuses to know
 * what any of it means.
 */
#include "config.h"

#include "daemon/ike/link.h"

#include "daemon/ike/ike.h"
#include "daemon/ike/sender.h"
#include "lib/buf.h"
#include "lib/err.h"
#include "lib/frame.h"
#include "lib/log.h"
#include "lib/state.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

/* Bytes that wait for the daemon: beyond, lines for those who debug are not added to them. */
enum { QUEUE_MAX = 256 * 1024 };

struct link {
	struct loop *loop;
	struct ike *ike;
	struct sender *sender;
	struct frame *daemon;
	struct frame *punt; /* from the datapath; NULL: there is none now */
	void (*gone)(void *arg);
	void *arg;
};

/* One message of the daemon's. */
struct call {
	struct link *link;
	enum msg_type type;
	uint32_t request;
	const void *body; /* struct msg_NAME */
	int fd;		  /* -1, or ours: who takes it sets -1 */
	enum msg_type answer;
	struct err err;
};

/* --- what the engine wants ----------------------------------------------------------------- */

static void
ike_send(void *arg, const struct ike_path *path, const uint8_t *data, size_t len)
{
	sender_send(((struct link *)arg)->sender, path, data, len);
}

static void
ike_tell(void *arg, enum msg_type type, uint32_t request, const void *body)
{
	struct link *link = arg;
	int rc;

	if (link->daemon == NULL ||
		(type == MSG_ike_debug && frame_queued(link->daemon) > QUEUE_MAX))
		return;
	rc = frame_send(link->daemon, type, request, body, -1);
	if (rc != 0)
		log_warn("%s for the daemon: %s", msg_info(type)->record.name, strerror(-rc));
}

/* Without random numbers there is nothing that could be done right. */
static void
ike_random(void *arg, void *p, size_t len)
{
	uint8_t *at = p;

	while (len > 0) {
		ssize_t n = getrandom(at, len, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			abort();
		at += n;
		len -= (size_t)n;
	}
}

/* --- datagrams ----------------------------------------------------------------------------- */

static void
on_punt(void *arg, struct frame *f, enum msg_type type, uint32_t request, const void *body, int fd)
{
	struct link *link = arg;
	const struct msg_punt *m = body;
	const struct ike_path path = { .local = m->local,
		.remote = m->remote,
		.local_port = m->local_port,
		.remote_port = m->remote_port };

	if (fd >= 0)
		close(fd);
	ike_input(link->ike, &path, m->datagram.data, m->datagram.len);
}

/* The datapath has died; the daemon will send another socket. */
static void
on_punt_gone(void *arg, struct frame *f)
{
	struct link *link = arg;

	frame_free(f);
	link->punt = NULL;
}

/* --- what the daemon says ------------------------------------------------------------------ */

static int
engine(struct call *call)
{
	return ike_command(call->link->ike, call->type, call->request, call->body, &call->err);
}

static int
setup(struct call *call)
{
	struct link *link = call->link;
	struct frame *f =
		frame_new(link->loop, call->fd, MSG_IKE, MSG_DATAPATH, on_punt, on_punt_gone, link);

	call->fd = -1;
	if (f == NULL)
		return -ENOMEM;
	frame_free(link->punt);
	link->punt = f;
	return engine(call);
}

static int
outlet(struct call *call)
{
	const struct msg_ike_socket *m = call->body;
	int fd = call->fd;

	call->fd = -1;
	return sender_put(call->link->sender, m->af, m->port, fd);
}

/* A stream of rows. */
struct stream {
	struct call *call;
	const struct state_info *info;
	int error; /* of the first row that could not be sent */
};

static void
row_send(void *arg, const void *row)
{
	struct stream *s = arg;
	struct msg_state_row m = { 0 };
	struct wbuf b = wbuf_over(m.row.data, sizeof(m.row.data));

	if (s->error != 0)
		return;
	strlcpy(m.table, s->info->record.name, sizeof(m.table));
	s->error = record_encode(&s->info->record, row, &b);
	if (s->error == 0 && b.bad)
		s->error = -EMSGSIZE;
	m.row.len = (uint32_t)wbuf_len(&b);
	if (s->error == 0)
		s->error =
			frame_send(s->call->link->daemon, MSG_state_row, s->call->request, &m, -1);
}

/* What only the process counts. */
static void
rows_sender(struct stream *s, const char *filter)
{
	const struct sender_count n = sender_count(s->call->link->sender);
	const struct st_ike_statistic rows[] = {
		{ .group = "drop", .name = "Send failed", .count = n.failed },
		{ .group = "drop", .name = "No socket to send by", .count = n.no_socket },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (filter[0] == '\0' || strcmp(filter, rows[i].group) == 0)
			row_send(s, &rows[i]);
}

/* The engine's table of that name, or STATE_N. */
static enum state_table
table_find(const char *name, struct err *e)
{
	for (unsigned int i = 0; i < STATE_N; i++)
		if (state_info(i)->owner == MSG_IKE &&
			strcmp(state_info(i)->record.name, name) == 0)
			return i;
	err_set(e, 0, name, "The IKE speaker has no such table.");
	return STATE_N;
}

static int
state_get(struct call *call)
{
	const struct msg_state_get *m = call->body;
	enum state_table t = table_find(m->table, &call->err);
	struct stream s = { .call = call };

	if (t == STATE_N)
		return -ENOENT;
	s.info = state_info(t);
	ike_state(call->link->ike, t, m->filter, row_send, &s);
	if (t == STATE_ike_statistic)
		rows_sender(&s, m->filter);
	call->answer = MSG_state_done;
	return s.error;
}

static int
state_reset(struct call *call)
{
	const struct msg_state_reset *m = call->body;
	enum state_table t = table_find(m->table, &call->err);

	if (t == STATE_N)
		return -ENOENT;
	ike_state_reset(call->link->ike, t, m->filter);
	if (t == STATE_ike_statistic)
		sender_count_reset(call->link->sender);
	return 0;
}

/* Those that are not the engine's alone. */
static int (*const handlers[MSG_N])(struct call *call) = {
	[MSG_ike_setup] = setup,
	[MSG_ike_socket] = outlet,
	[MSG_state_get] = state_get,
	[MSG_state_reset] = state_reset,
};

/* Answers to what the engine asked: nobody answers them. */
static const bool is_answer[MSG_N] = {
	[MSG_done] = true,
	[MSG_error] = true,
	[MSG_ike_usage] = true,
	[MSG_ike_route] = true,
};

static void
on_msg(void *arg, struct frame *f, enum msg_type type, uint32_t request, const void *body, int fd)
{
	struct call call = { .link = arg,
		.type = type,
		.request = request,
		.body = body,
		.fd = fd,
		.answer = MSG_done };
	int rc = handlers[type] != NULL ? handlers[type](&call) : engine(&call);

	if (call.fd >= 0)
		close(call.fd);
	if (!is_answer[type])
		frame_answer(f, request, type, call.answer, rc, &call.err);
}

static void
on_gone(void *arg, struct frame *f)
{
	struct link *link = arg;

	link->gone(link->arg);
}

/* --- the process --------------------------------------------------------------------------- */

struct link *
link_new(struct loop *l, void (*gone)(void *arg), void *arg, struct err *e)
{
	struct link *link = calloc(1, sizeof(*link));
	const struct ike_ops ops = {
		.send = ike_send, .tell = ike_tell, .random = ike_random, .arg = link
	};

	if (link != NULL) {
		link->loop = l;
		link->gone = gone;
		link->arg = arg;
		link->sender = sender_new();
		link->ike = ike_new(l, &ops);
	}
	if (link != NULL && link->sender != NULL && link->ike != NULL)
		return link;
	err_set(e, -ENOMEM, "yongike", "memory is short");
	link_free(link);
	return NULL;
}

void
link_free(struct link *link)
{
	if (link == NULL)
		return;
	if (link->ike != NULL)
		ike_free(link->ike);
	frame_free(link->daemon);
	frame_free(link->punt);
	sender_free(link->sender);
	free(link);
}

int
link_open(struct link *link, int fd)
{
	link->daemon = frame_new(link->loop, fd, MSG_IKE, MSG_DAEMON, on_msg, on_gone, link);
	return link->daemon != NULL ? 0 : -ENOMEM;
}
