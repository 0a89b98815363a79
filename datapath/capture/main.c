/*
 * yongcap: one capture for yongd, as dumpcap does for Wireshark. It is told device, filter and limits
 * over its control socket (descriptor 3) and writes to a file that comes with them; of all rights it has
 * CAP_NET_RAW until the device is open, and none when the first packet is read. It ends with the
 * capture, or with the socket. Refuses to know interfaces, ACLs and file names.
 */
#include "config.h"

#include "datapath/capture/capture.h"
#include "datapath/capture/source.h"
#include "lib/err.h"
#include "lib/frame.h"
#include "lib/log.h"
#include "lib/loop.h"
#include "lib/priv.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CONTROL_FD = 3, TICK_MS = 1000, FILTER_MOST = 64 * 1024 };

static const char usage[] =
	"usage: yongcap [-dhV]\n"
	"Captures packets for yongd, which starts it with a socket as descriptor 3.\n"
	"  -d  log everything\n"
	"  -h  this text\n"
	"  -V  the version\n";

struct yongcap {
	struct loop *loop;
	struct frame *frame;
	uint32_t request;
	struct capture *capture;
	struct watch *readable;
	struct watch *term;
	struct timer *tick;   /* progress */
	struct timer *limit;  /* of time */
	struct timer *linger; /* told to stop: what waits in the kernel is still to come */
	uint64_t told;	      /* packets of the last progress */
	bool ended;
	char filter[FILTER_MOST];
};

/* --- the end ------------------------------------------------------------------------------ */

static void
on_said(void *arg, struct frame *f)
{
	loop_stop(((struct yongcap *)arg)->loop);
}

/* The last message, and then the end of the program. */
static void
leave(struct yongcap *y, enum msg_type type, const void *body)
{
	y->ended = true;
	watch_free(y->readable);
	y->readable = NULL;
	frame_on_drained(y->frame, on_said);
	if (frame_send(y->frame, type, y->request, body, -1) || !frame_queued(y->frame))
		loop_stop(y->loop);
}

static void
fail(struct yongcap *y, int rc, const struct err *e)
{
	struct msg_error m = { .code = (uint32_t)-rc };

	strlcpy(m.object, e->object, sizeof(m.object));
	strlcpy(m.text, e->text, sizeof(m.text));
	leave(y, MSG_error, &m);
}

static void
finish(struct yongcap *y, enum msg_capture_end end)
{
	struct msg_capture_done m = { .end = (uint8_t)end };
	struct msg_capture_progress p = { 0 };
	struct err e = { 0 };
	int rc = capture_close(y->capture, &p, &e);

	y->capture = NULL;
	m.packets = p.packets;
	m.bytes = p.bytes;
	m.dropped = p.dropped;
	if (rc)
		fail(y, rc, &e);
	else
		leave(y, MSG_capture_done, &m);
}

/* --- while it runs ------------------------------------------------------------------------ */

static void
on_readable(void *arg)
{
	struct yongcap *y = arg;
	enum msg_capture_end end;
	struct err e = { 0 };
	int rc = capture_read(y->capture, &end, &e);

	if (rc < 0)
		fail(y, rc, &e);
	else if (rc > 0)
		finish(y, end);
}

static void
progress(struct yongcap *y)
{
	struct msg_capture_progress m;

	capture_count(y->capture, &m);
	y->told = m.packets;
	frame_send(y->frame, MSG_capture_progress, y->request, &m, -1);
}

static void
on_tick(void *arg)
{
	struct yongcap *y = arg;
	struct msg_capture_progress m;
	struct err e = { 0 };
	int rc;

	if (y->ended)
		return;
	timer_set(y->tick, TICK_MS);
	capture_count(y->capture, &m);
	if (m.packets == y->told)
		return;
	rc = capture_flush(y->capture, &e);
	if (rc)
		fail(y, rc, &e);
	else
		progress(y);
}

static void
on_limit(void *arg)
{
	struct yongcap *y = arg;

	if (!y->ended)
		finish(y, MSG_CAPTURE_SECONDS);
}

static void
on_linger(void *arg)
{
	struct yongcap *y = arg;

	if (!y->ended)
		on_readable(y);
	if (!y->ended)
		finish(y, MSG_CAPTURE_STOPPED);
}

static void
stop(void *arg)
{
	struct yongcap *y = arg;

	if (!y->capture)
		loop_stop(y->loop);
	else if (!timer_pending(y->linger))
		timer_set(y->linger, 2 * SOURCE_WAIT_MS);
}

/* --- the start ---------------------------------------------------------------------------- */

/* What fd is for has begun, or it is closed. */
static int
begin(struct yongcap *y, const struct msg_cap_open *m, int fd, struct err *e)
{
	pcap_t *p;
	int rc;

	if (y->capture || m->snaplen > INT32_MAX) {
		close(fd);
		return err_set(e, -EINVAL, m->device, "One capture at a time.");
	}
	rc = source_open(m->device, (int)m->snaplen, y->filter, &p, e);
	if (rc) {
		close(fd);
		return rc;
	}
	rc = capture_new(p, fd, m->packets, m->bytes, &y->capture, e);
	if (!rc)
		rc = priv_drop(PRIV_CAPTURE, e);
	if (rc)
		return rc;
	y->readable = watch_fd(y->loop, pcap_get_selectable_fd(p), LOOP_READ, on_readable, y);
	if (!y->readable)
		return err_set(e, -ENOMEM, m->device, "Out of memory.");
	timer_set(y->tick, TICK_MS);
	timer_set(y->limit, (uint64_t)m->seconds * 1000);
	return capture_flush(y->capture, e);
}

static void
on_msg(void *arg, struct frame *f, enum msg_type type, uint32_t request, const void *body, int fd)
{
	struct yongcap *y = arg;
	struct err e = { 0 };
	int rc = 0;

	y->request = request;
	if (y->ended) {
		if (fd >= 0)
			close(fd);
		return;
	}
	switch (type) {
	case MSG_cap_filter:
		if (strlcat(y->filter, ((const struct msg_cap_filter *)body)->text,
			    sizeof(y->filter)) >= sizeof(y->filter))
			rc = err_set(&e, -EMSGSIZE, "filter", "It is too long.");
		break;
	case MSG_cap_open:
		rc = begin(y, body, fd, &e);
		if (!rc)
			progress(y);
		break;
	default: stop(y); break;
	}
	if (rc)
		fail(y, rc, &e);
}

static void
on_gone(void *arg, struct frame *f)
{
	struct yongcap *y = arg;

	if (y->ended)
		loop_stop(y->loop);
	else
		stop(y);
}

static int
run(struct yongcap *y)
{
	struct err e = { 0 };
	int rc;

	y->term = watch_signal(y->loop, SIGTERM, stop, y);
	y->tick = timer_new(y->loop, on_tick, y);
	y->limit = timer_new(y->loop, on_limit, y);
	y->linger = timer_new(y->loop, on_linger, y);
	y->frame = frame_new(y->loop, CONTROL_FD, MSG_CAPTURE, MSG_DAEMON, on_msg, on_gone, y);
	if (!y->term || !y->tick || !y->limit || !y->linger || !y->frame) {
		log_error("start: %s", strerror(ENOMEM));
		return 1;
	}
	rc = priv_keep_raw(&e);
	if (rc)
		fail(y, rc, &e);
	else
		loop_run(y->loop);
	capture_close(y->capture, NULL, &e);
	return 0;
}

int
main(int argc, char **argv)
{
	struct yongcap *y;
	enum log_level level = LOG_LV_INFO;
	int c, rc;

	while ((c = getopt(argc, argv, "dhV")) != -1) {
		switch (c) {
		case 'd': level = LOG_LV_DEBUG; break;
		case 'h': fputs(usage, stdout); return 0;
		case 'V': puts("yongcap " PACKAGE_VERSION); return 0;
		default: fputs(usage, stderr); return 2;
		}
	}
	log_init("yongcap", 1, level);
	if (optind < argc || fcntl(CONTROL_FD, F_GETFD) < 0) {
		fputs(usage, stderr);
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	y = calloc(1, sizeof(*y));
	if (y)
		y->loop = loop_new();
	if (!y || !y->loop) {
		log_error("start: %s", strerror(ENOMEM));
		free(y);
		return 1;
	}
	rc = run(y);
	frame_free(y->frame);
	watch_free(y->readable);
	watch_free(y->term);
	timer_free(y->tick);
	timer_free(y->limit);
	timer_free(y->linger);
	loop_free(y->loop);
	free(y);
	return rc;
}
