/*
 * Between yongike and everybody else. The UDP sockets stay ours, so that neither process takes them with it
 * when it dies. Refuses to know IKE, and never sees a packet.
 */
#include "config.h"

#include "daemon/speaker.h"

#include "daemon/childlink.h"
#include "daemon/control.h"
#include "daemon/daemon.h"
#include "daemon/negotiated.h"
#include "daemon/oscfg/oscfg.h"
#include "daemon/privopen.h"
#include "daemon/proc.h"
#include "daemon/reconcile.h"
#include "lib/buf.h"
#include "lib/err.h"
#include "lib/frame.h"
#include "lib/log.h"
#include "lib/loop.h"
#include "lib/state.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LINGER_MS = 3000, FAREWELL_MS = 300, FAREWELL_TURN_MS = 20 };
enum { SPEAKER_KINDS = 1 << WANT_IKE | 1 << WANT_IKE_PEER | 1 << WANT_IKE_CHILD };

static const struct {
	uint8_t af;
	uint16_t port;
} sockets[] = { { AF_INET, 500 }, { AF_INET, 4500 }, { AF_INET6, 500 }, { AF_INET6, 4500 } };
enum { N_SOCKETS = sizeof(sockets) / sizeof(sockets[0]) };

struct speaker {
	struct daemon *daemon;
	struct proc *proc; /* NULL: nobody wants it */
	struct timer *end; /* armed while nobody wants it and it still runs */
	int fds[N_SOCKETS];
};

/* --- what it is asked without an object ---------------------------------------------------- */

static void
on_answer(void *arg, const struct msg_error *m)
{
	if (m != NULL && m->code != ENOTCONN)
		log_info("IKE: %s: %s", m->object, m->text);
}

static const struct childlink_ask nobody = { .done = on_answer };

void
speaker_acquire(struct daemon *d, const struct msg_dp_acquire *m)
{
	const struct msg_ike_acquire a = { .child = m->group,
		.protocol = m->protocol,
		.source = m->source,
		.destination = m->destination,
		.source_port = m->source_port,
		.destination_port = m->destination_port };

	childlink_ask(d->ikelink, MSG_ike_acquire, &a, -1, &nobody);
}

void
speaker_used(struct daemon *d, const struct msg_dp_sa_soft *m)
{
	struct negotiated_sa sa;
	struct msg_ike_sa_used used = { .hard = m->hard };

	if (!negotiated_by_datapath(d->negotiated, m->sa, &sa) || sa.speaker == 0)
		return;
	used.sa = sa.speaker;
	childlink_ask(d->ikelink, MSG_ike_sa_used, &used, -1, &nobody);
}

void
speaker_moved(struct daemon *d, const struct msg_dp_sa_path *m)
{
	struct negotiated_sa sa;
	struct msg_ike_moved moved = { .remote = m->destination, .remote_port = m->encap_remote };

	if (m->destination.af == 0 || !negotiated_by_datapath(d->negotiated, m->sa, &sa) ||
		sa.speaker == 0)
		return;
	moved.sa = sa.speaker;
	childlink_ask(d->ikelink, MSG_ike_moved, &moved, -1, &nobody);
}

/* --- what it asks --------------------------------------------------------------------------- */

/* One SA, which the datapath is asked for by its identity: there may be thousands of a policy. */
struct usage {
	struct daemon *daemon;
	uint32_t request, epoch;
	struct msg_ike_usage answer;
};

static void
usage_row(void *arg, const struct msg_state_row *row)
{
	struct usage *u = arg;
	struct rbuf b = rbuf_over(row->row.data, row->row.len);
	struct st_ipsec_sa st;

	if (record_decode(&state_info(STATE_ipsec_sa)->record, &b, &st) != 0)
		return;
	u->answer.packets = st.packets;
	u->answer.bytes = st.bytes;
}

/* Without a datapath nothing has come in. */
static void
usage_done(void *arg, const struct msg_error *m)
{
	struct usage *u = arg;
	struct daemon *d = u->daemon;

	if (u->epoch == negotiated_epoch(d->negotiated))
		childlink_tell(d->ikelink, MSG_ike_usage, u->request, &u->answer);
	free(u);
}

static void
on_usage_get(struct daemon *d, uint32_t request, const void *body)
{
	const struct msg_ike_usage_get *m = body;
	struct usage *u = calloc(1, sizeof(*u));
	const struct childlink_ask ask = { .row = usage_row, .done = usage_done, .arg = u };
	struct negotiated_sa sa;
	char filter[16];

	if (u == NULL)
		abort();
	*u = (struct usage){ .daemon = d,
		.request = request,
		.epoch = negotiated_epoch(d->negotiated),
		.answer.sa = m->sa };
	if (!negotiated_by_speaker(d->negotiated, m->sa, &sa)) {
		usage_done(u, NULL);
		return;
	}
	snprintf(filter, sizeof(filter), "sa %u", sa.datapath);
	childlink_get(d->dplink, state_info(STATE_ipsec_sa)->record.name, filter, &ask);
}

static void
on_route_get(struct daemon *d, uint32_t request, const void *body)
{
	const struct msg_ike_route_get *m = body;
	struct msg_ike_route answer = { .destination = m->destination };
	char device[16];
	uint32_t mtu;

	if (d->env.path == NULL ||
		d->env.path(d->env.arg, &m->destination, &mtu, &answer.source, device) != 0)
		answer.source.af = 0;
	childlink_tell(d->ikelink, MSG_ike_route, request, &answer);
}

static void
on_debug(struct daemon *d, uint32_t request, const void *body)
{
	control_debug(d->control, body);
}

static void
heard(void *arg, enum msg_type type, uint32_t request, const void *body)
{
	static const struct {
		enum msg_type type;
		void (*heard)(struct daemon *d, uint32_t request, const void *body);
	} handlers[] = {
		{ MSG_ike_usage_get, on_usage_get },
		{ MSG_ike_route_get, on_route_get },
		{ MSG_ike_debug, on_debug },
	};

	if (negotiated_heard(arg, type, request, body))
		return;
	for (size_t i = 0; i < sizeof(handlers) / sizeof(handlers[0]); i++)
		if (handlers[i].type == type)
			handlers[i].heard(arg, request, body);
}

/* --- sockets ---------------------------------------------------------------------------------- */

static void
socket_send(struct daemon *d, unsigned int i)
{
	const struct msg_ike_socket m = { .af = sockets[i].af, .port = sockets[i].port };

	if (childlink_is_up(d->ikelink) && d->speaker->fds[i] >= 0)
		childlink_ask(d->ikelink, MSG_ike_socket, &m, d->speaker->fds[i], &nobody);
}

int
speaker_socket(struct daemon *d, uint8_t af, uint16_t port, struct err *e)
{
	for (unsigned int i = 0; i < N_SOCKETS; i++) {
		int *fd = &d->speaker->fds[i];

		if (sockets[i].af != af || sockets[i].port != port)
			continue;
		if (*fd < 0) {
			*fd = privopen_udp(af, port, e);
			socket_send(d, i);
		}
		return *fd;
	}
	return err_set(e, -EINVAL, "IKE", "nothing of it is on UDP port %u", port);
}

static void
sockets_close(struct speaker *s)
{
	for (unsigned int i = 0; i < N_SOCKETS; i++) {
		if (s->fds[i] >= 0)
			close(s->fds[i]);
		s->fds[i] = -1;
	}
}

int
speaker_setup(struct daemon *d, const struct want *w, struct err *e)
{
	static const struct msg_dp_punt punt;
	int fds[2], rc;

	if (!childlink_is_up(d->ikelink))
		return -ENOTCONN;
	rc = frame_pair(fds);
	if (rc != 0)
		return err_set(e, rc, "IKE", "no socket pair: %s", strerror(-rc));
	rc = childlink_step(d->ikelink, MSG_ike_setup, w->ike.setup, fds[0], w->kind, w->key);
	if (childlink_is_up(d->dplink))
		childlink_ask(d->dplink, MSG_dp_punt, &punt, fds[1], &nobody);
	close(fds[0]);
	close(fds[1]);
	for (unsigned int i = 0; i < N_SOCKETS && rc == 0; i++)
		socket_send(d, i);
	control_debugging(d->control);
	return rc;
}

/* --- life ------------------------------------------------------------------------------------- */

int
speaker_begin(struct daemon *d, int fd)
{
	int rc = childlink_up(d->ikelink, fd);

	if (rc == 0)
		reconcile_retry(d->reconcile);
	return rc;
}

void
speaker_gone(struct daemon *d)
{
	childlink_down(d->ikelink);
	negotiated_speaker_gone(d);
	reconcile_forget(d->reconcile, SPEAKER_KINDS);
	control_progress(d->control);
}

static void
on_started(void *arg, int fd)
{
	struct daemon *d = arg;
	int rc = speaker_begin(d, fd);

	if (rc != 0)
		log_error("IKE: %s", strerror(-rc));
	else
		log_info("IKE runs");
}

static void
on_gone(void *arg)
{
	speaker_gone(arg);
}

static void
on_broken(void *arg)
{
	struct daemon *d = arg;

	childlink_down(d->ikelink);
	if (d->speaker->proc != NULL)
		proc_restart(d->speaker->proc);
}

static void
on_refused(void *arg, enum want_kind kind, const char *key, const struct err *e)
{
	struct daemon *d = arg;

	reconcile_failed(d->reconcile, kind, key, e);
}

static void
on_progress(void *arg)
{
	struct daemon *d = arg;

	control_progress(d->control);
}

static void
start(struct daemon *d)
{
	const struct proc_ops ops = { .started = on_started, .gone = on_gone, .arg = d };
	struct speaker *s = d->speaker;
	char path[4096];

	snprintf(path, sizeof(path), "%s/yongike", d->libexec_dir);
	s->proc = proc_new(d->loop, path, &ops);
	if (s->proc == NULL)
		log_error("IKE: memory is short");
	else
		proc_start(s->proc);
}

static void
on_end(void *arg)
{
	struct speaker *s = arg;

	proc_free(s->proc);
	s->proc = NULL;
	speaker_gone(s->daemon);
	sockets_close(s);
	log_info("IKE is not wanted any more");
}

void
speaker_supervise(struct daemon *d)
{
	struct speaker *s = d->speaker;
	bool wanted;

	if (s == NULL || d->reconcile == NULL)
		return;
	wanted = reconcile_wants(d->reconcile, WANT_IKE, "ike");
	if (wanted)
		timer_cancel(s->end);
	if (wanted && s->proc == NULL)
		start(d);
	if (!wanted && s->proc != NULL && !timer_pending(s->end))
		timer_set(s->end, LINGER_MS); /* it tells its peers meanwhile */
}

/* A peer answers the end of its SAs, before it hears of the end of IKE itself. */
void
speaker_farewell(struct daemon *d)
{
	uint64_t now = loop_now_ms(d->loop), until = now + FAREWELL_MS;

	if (!childlink_is_up(d->ikelink))
		return;
	reconcile_withdraw(d->reconcile, SPEAKER_KINDS);
	for (; now < until && childlink_is_up(d->ikelink); now = loop_now_ms(d->loop))
		loop_turn(d->loop, FAREWELL_TURN_MS);
}

bool
speaker_reaped(struct daemon *d, pid_t pid, int status)
{
	return d->speaker != NULL && d->speaker->proc != NULL &&
		proc_reaped(d->speaker->proc, pid, status);
}

uint32_t
speaker_restarts(const struct speaker *s)
{
	return s != NULL && s->proc != NULL ? proc_restarts(s->proc) : 0;
}

struct speaker *
speaker_new(struct daemon *d)
{
	const struct childlink_ops ops = { .refused = on_refused,
		.progress = on_progress,
		.broken = on_broken,
		.arg = d,
		.heard = heard };
	struct speaker *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	s->daemon = d;
	for (unsigned int i = 0; i < N_SOCKETS; i++)
		s->fds[i] = -1;
	s->end = timer_new(d->loop, on_end, s);
	d->ikelink = childlink_new(d->loop, "IKE", MSG_IKE, &ops);
	if (d->ikelink == NULL) {
		speaker_free(s);
		return NULL;
	}
	return s;
}

void
speaker_free(struct speaker *s)
{
	if (s == NULL)
		return;
	proc_free(s->proc);
	childlink_free(s->daemon->ikelink);
	s->daemon->ikelink = NULL;
	timer_free(s->end);
	sockets_close(s);
	free(s);
}
