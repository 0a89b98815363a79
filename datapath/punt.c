/*
 * IKE datagrams on their way to the IKE speaker. Refuses to know what is in them.
 */
#include "config.h"

#include "datapath/punt.h"

#include "datapath/dp.h"
#include "lib/frame.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Bytes that may wait for a speaker that is slow. First messages, which anybody can send, leave room for
 * those of negotiations under way. */
enum { QUEUE_MAX = 256 * 1024, QUEUE_FIRST_MAX = 64 * 1024 };
/* Where the responder's SPI is in an IKE header (RFC 7296 3.1): zero in first messages. */
enum { SPI_R = 8, SPI_LEN = 8 };

struct punt {
	struct dp *dp;
	struct frame *frame; /* NULL: the speaker is gone */
	struct msg_punt msg;
};

/* The speaker says nothing here: msg.def lets nothing through. */
static void
on_msg(void *arg, struct frame *f, enum msg_type type, uint32_t request, const void *body, int fd)
{
	if (fd >= 0)
		close(fd);
}

static void
on_gone(void *arg, struct frame *f)
{
	struct punt *p = arg;

	frame_free(f);
	p->frame = NULL;
}

int
punt_open(struct dp *dp, int fd)
{
	struct punt *p = calloc(1, sizeof(*p));

	if (!p) {
		close(fd);
		return -ENOMEM;
	}
	p->dp = dp;
	p->frame = frame_new(dp->loop, fd, MSG_DATAPATH, MSG_IKE, on_msg, on_gone, p);
	if (!p->frame) {
		free(p);
		return -ENOMEM;
	}
	punt_free(dp->punt);
	dp->punt = p;
	return 0;
}

void
punt_free(struct punt *p)
{
	if (!p)
		return;
	frame_free(p->frame);
	free(p);
}

static size_t
queue_max(const uint8_t *data, uint32_t len)
{
	static const uint8_t none[SPI_LEN];
	bool first = len < SPI_R + SPI_LEN || memcmp(data + SPI_R, none, SPI_LEN) == 0;

	return first ? QUEUE_FIRST_MAX : QUEUE_MAX;
}

bool
punt_send(struct dp *dp, const struct addr *local, uint16_t local_port, const struct addr *remote,
	uint16_t remote_port, const uint8_t *data, uint32_t len)
{
	struct punt *p = dp->punt;
	struct msg_punt *m = p ? &p->msg : NULL;

	if (!p || !p->frame || len > sizeof(m->datagram.data) ||
		frame_queued(p->frame) > queue_max(data, len))
		return false;
	m->local = *local;
	m->local_port = local_port;
	m->remote = *remote;
	m->remote_port = remote_port;
	m->datagram.len = len;
	memcpy(m->datagram.data, data, len);
	return frame_send(p->frame, MSG_punt, 0, m, -1) == 0;
}
