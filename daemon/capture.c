/*
 * Captures that run: their processes, what these say, and who is to hear it. A capture ends by itself, by
 * the word of its shell, and with its shell. Knows neither interfaces nor ACLs.
 */
#include "config.h"

#include "daemon/capture.h"

#include "daemon/capture_file.h"
#include "daemon/daemon.h"
#include "daemon/proc.h"
#include "daemon/session.h"
#include "lib/err.h"
#include "lib/frame.h"
#include "lib/log.h"
#include "lib/state.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOST_AT_ONCE = 8, SNAPLEN = 262144, MOST_BYTES = 64 << 20, MOST_SECONDS = 3600 };

struct capture {
	struct session_wait wait; /* first */
	LIST_ENTRY(capture) link;
	struct captures *all;
	struct proc *proc;
	struct frame *frame; /* NULL: it has not begun, or is over */
	int fd;		     /* the file, until yongcap has it */
	char *filter;
	struct msg_cap_open open;
	struct st_capture st;
	bool answered; /* the session has heard of its end */
};

struct captures {
	struct daemon *daemon;
	LIST_HEAD(, capture) list;
	unsigned int n;
};

struct captures *
captures_new(struct daemon *d)
{
	struct captures *cs = calloc(1, sizeof(*cs));

	if (cs != NULL)
		cs->daemon = d;
	return cs;
}

/* --- the end ---------------------------------------------------------------------------------- */

static void
capture_free(struct capture *c)
{
	LIST_REMOVE(c, link);
	c->all->n--;
	frame_free(c->frame);
	c->frame = NULL;
	proc_free(c->proc);
	if (c->fd >= 0)
		close(c->fd);
	free(c->filter);
	session_wait_free(&c->wait);
}

void
captures_free(struct captures *cs)
{
	struct capture *c;

	if (cs == NULL)
		return;
	while ((c = LIST_FIRST(&cs->list)) != NULL)
		capture_free(c);
	free(cs);
}

/* It failed; a file without a packet is of no use. */
static void
answer_error(struct capture *c, int rc, const char *text)
{
	struct err e = { 0 };

	c->answered = true;
	if (c->st.packets == 0)
		capture_file_remove(c->all->daemon->state_dir, c->st.file);
	err_set(&e, rc, c->st.interface, "%s", text);
	session_error(c->wait.session, c->wait.id, rc, &e);
}

static void
on_proc_gone(void *arg)
{
	struct capture *c = arg;

	if (!c->answered)
		answer_error(c, -ECHILD, "The capture has ended for no known reason.");
	capture_free(c);
}

bool
captures_reaped(struct captures *cs, pid_t pid, int status)
{
	struct capture *c;

	if (cs == NULL)
		return false;
	LIST_FOREACH (c, &cs->list, link)
		if (proc_pid(c->proc) == pid)
			return proc_reaped(c->proc, pid, status);
	return false;
}

static void
stop(struct capture *c)
{
	static const struct msg_capture_stop m;

	if (c->frame != NULL)
		frame_send(c->frame, MSG_capture_stop, 0, &m, -1);
}

void
captures_stop(struct captures *cs, const struct session *s, uint32_t request)
{
	struct capture *c;

	LIST_FOREACH (c, &cs->list, link)
		if (c->wait.session == s && c->wait.id == request)
			stop(c);
}

void
captures_orphaned(struct captures *cs)
{
	struct capture *c;

	if (cs == NULL)
		return;
	LIST_FOREACH (c, &cs->list, link)
		if (c->wait.session == NULL)
			stop(c);
}

/* --- what yongcap says -------------------------------------------------------------------------- */

static void
take_counts(struct capture *c, uint64_t packets, uint64_t bytes, uint64_t dropped)
{
	c->st.packets = packets;
	c->st.bytes = bytes;
	c->st.dropped = dropped;
}

static void
on_done(struct capture *c, const struct msg_capture_done *m)
{
	struct msg_capture_done answer = *m;

	take_counts(c, m->packets, m->bytes, m->dropped);
	c->answered = true;
	strlcpy(answer.file, c->st.file, sizeof(answer.file));
	session_answer(c->wait.session, c->wait.id, MSG_capture_done, &answer, -1);
}

static void
on_msg(void *arg, struct frame *f, enum msg_type type, uint32_t request, const void *body, int fd)
{
	const struct msg_capture_progress *p = body;
	const struct msg_error *e = body;
	struct capture *c = arg;

	if (c->answered)
		return;
	switch (type) {
	case MSG_capture_progress:
		take_counts(c, p->packets, p->bytes, p->dropped);
		session_answer(c->wait.session, c->wait.id, MSG_capture_progress, p, -1);
		break;
	case MSG_capture_done: on_done(c, body); break;
	case MSG_error: answer_error(c, -(int)e->code, e->text); break;
	default: break;
	}
}

/* It ends now; the rest when it is reaped. */
static void
on_frame_gone(void *arg, struct frame *f)
{
	struct capture *c = arg;

	c->frame = NULL;
	frame_free(f);
}

/* --- the start -------------------------------------------------------------------------------- */

static void
send_filter(struct capture *c)
{
	struct msg_cap_filter m;
	const char *p = c->filter;

	while (*p != '\0') {
		strlcpy(m.text, p, sizeof(m.text));
		p += strlen(m.text);
		frame_send(c->frame, MSG_cap_filter, c->wait.id, &m, -1);
	}
}

static void
on_started(void *arg, int fd)
{
	struct capture *c = arg;

	c->frame = frame_new(
		c->all->daemon->loop, fd, MSG_DAEMON, MSG_CAPTURE, on_msg, on_frame_gone, c);
	if (c->frame == NULL)
		return; /* it ends, and that is noticed */
	send_filter(c);
	frame_send(c->frame, MSG_cap_open, c->wait.id, &c->open, c->fd);
	close(c->fd);
	c->fd = -1;
}

static int
check_room(const struct captures *cs, const char *file, struct err *e)
{
	const struct capture *c;

	if (cs->n >= MOST_AT_ONCE)
		return err_set(e, -EBUSY, "capture", "%d captures run already.", MOST_AT_ONCE);
	LIST_FOREACH (c, &cs->list, link)
		if (strcmp(c->st.file, file) == 0)
			return err_set(e, -EBUSY, file, "Another capture writes this file.");
	return 0;
}

static struct capture *
capture_new(struct captures *cs, struct session *s, uint32_t request, const struct capture_spec *x)
{
	struct capture *c = (struct capture *)session_wait_new(s, request, sizeof(*c));
	const struct proc_ops ops = {
		.started = on_started, .gone = on_proc_gone, .arg = c, .once = true
	};
	char path[4096];

	c->all = cs;
	c->open = (struct msg_cap_open){ .snaplen = SNAPLEN,
		.packets = x->packets,
		.bytes = MOST_BYTES,
		.seconds = MOST_SECONDS };
	strlcpy(c->open.device, x->device, sizeof(c->open.device));
	strlcpy(c->st.file, x->file, sizeof(c->st.file));
	strlcpy(c->st.interface, x->interface, sizeof(c->st.interface));
	c->st.decrypted = x->decrypted;
	c->st.acl = x->acl;
	c->st.acl6 = x->acl6;
	c->fd = -1;
	snprintf(path, sizeof(path), "%s/yongcap", cs->daemon->libexec_dir);
	c->proc = proc_new(cs->daemon->loop, path, &ops);
	c->filter = strdup(x->filter);
	LIST_INSERT_HEAD(&cs->list, c, link);
	cs->n++;
	return c;
}

int
captures_start(struct captures *cs, struct session *s, uint32_t request,
	const struct capture_spec *spec, struct err *e)
{
	struct capture *c;
	int fd, rc = check_room(cs, spec->file, e);

	if (rc != 0)
		return rc;
	fd = capture_file_open(cs->daemon->state_dir, spec->file, MOST_BYTES, e);
	if (fd < 0)
		return fd;
	c = capture_new(cs, s, request, spec);
	c->fd = fd;
	if (c->proc == NULL || c->filter == NULL) {
		capture_free(c);
		return err_set(e, -ENOMEM, "capture", "Out of memory.");
	}
	log_info("%s captures %s into %s", s->user, spec->device, spec->file);
	proc_start(c->proc);
	return 0;
}

void
captures_describe(const struct captures *cs, struct st_capture *st)
{
	const struct capture *c;

	if (cs == NULL)
		return;
	LIST_FOREACH (c, &cs->list, link) {
		if (c->answered || strcmp(c->st.file, st->file) != 0)
			continue;
		strlcpy(st->interface, c->st.interface, sizeof(st->interface));
		st->running = true;
		st->decrypted = c->st.decrypted;
		st->acl = c->st.acl;
		st->acl6 = c->st.acl6;
		st->packets = c->st.packets;
		st->dropped = c->st.dropped;
	}
}
