/*
 * A played process, see peer.h.
 */
#include "config.h"

#include "tests/unit/daemon/peer.h"

#include "lib/frame.h"
#include "lib/loop.h"

#include <CUnit/CUnit.h>
#include <string.h>
#include <unistd.h>

enum { TURNS = 20 };

static void
on_msg(void *arg, struct frame *f, enum msg_type type, uint32_t id, const void *body, int fd)
{
	struct peer *p = arg;
	size_t size = msg_info(type)->record.size, at = strlen(p->log);
	static const struct msg_done done;

	p->type = type;
	p->id = id;
	p->n++;
	if (fd >= 0 && p->fd >= 0)
		close(p->fd);
	if (fd >= 0)
		p->fd = fd;
	memcpy(&p->body, body, size < sizeof(p->body) ? size : sizeof(p->body));
	if (type == MSG_state_row) {
		p->n_rows++;
		p->last_row = p->body.row;
	}
	strlcat(p->said, msg_info(type)->record.name, sizeof(p->said));
	strlcat(p->said, " ", sizeof(p->said));
	record_print(&msg_info(type)->record, body, p->log + at, sizeof(p->log) - at - 1);
	strlcat(p->log, "\n", sizeof(p->log));
	if (p->obliging && id != 0 && type != MSG_done && type != MSG_error)
		frame_send(f, MSG_done, id, &done, -1);
}

static void
on_gone(void *arg, struct frame *f)
{
	((struct peer *)arg)->gone = true;
}

void
peer_init(struct peer *p, struct loop *l, int fd, enum msg_party self, enum msg_party other)
{
	memset(p, 0, sizeof(*p));
	p->loop = l;
	p->fd = -1;
	p->frame = frame_new(l, fd, self, other, on_msg, on_gone, p);
	CU_ASSERT_PTR_NOT_NULL_FATAL(p->frame);
}

void
peer_fini(struct peer *p)
{
	frame_free(p->frame);
	if (p->fd >= 0)
		close(p->fd);
	p->frame = NULL;
	p->fd = -1;
}

void
peer_forget(struct peer *p)
{
	p->said[0] = p->log[0] = '\0';
	p->n = p->n_rows = 0;
	p->type = MSG_NONE;
}

bool
peer_heard(const struct peer *p, const char *text)
{
	return strstr(p->log, text) != NULL;
}

void
peer_hear(struct peer *p)
{
	for (unsigned int i = 0; i < TURNS; i++)
		loop_once(p->loop);
}

void
peer_say(struct peer *p, enum msg_type type, uint32_t id, const void *body, int fd)
{
	peer_forget(p);
	CU_ASSERT_EQUAL(frame_send(p->frame, type, id, body, fd), 0);
	peer_hear(p);
}
