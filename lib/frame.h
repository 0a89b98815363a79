#ifndef YD_LIB_FRAME_H
#define YD_LIB_FRAME_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/msg.h"

struct err;
struct loop;

/*
 * One connection between two of our processes: AF_UNIX SOCK_SEQPACKET, one message a packet,
 * type, request id, body encoded field by field, at most one descriptor (SCM_RIGHTS).
 * What the other side may not send, by msg.def, closes the connection.
 * Sending never blocks: what the socket does not take is queued in order.
 */
struct frame;

/* A message arrived. body is the struct msg_NAME of its type, borrowed for the call and wiped after it.
 * fd is -1 or a descriptor that is the handler's from now on. */
typedef void frame_msg_fn(
	void *arg, struct frame *f, enum msg_type type, uint32_t request, const void *body, int fd);
/* The connection is gone; the handler calls frame_free (it may do so here). */
typedef void frame_gone_fn(void *arg, struct frame *f);

/* Takes the socket fd (closed by frame_free; also on failure). self and peer say who may send what. */
struct frame *frame_new(struct loop *l, int fd, enum msg_party self, enum msg_party peer,
	frame_msg_fn *on_msg, frame_gone_fn *on_gone, void *arg);
void frame_free(struct frame *f);
/* Sends a copy of body, and of the descriptor fd when not -1 (the caller keeps its own).
 * 0, -EPERM (not ours to send), -EMSGSIZE, or -EPIPE when the peer is gone. */
int frame_send(struct frame *f, enum msg_type type, uint32_t request, const void *body, int fd);
/* Answers a request of type asked: rc 0 or more by a message type ok that has no fields, rc -errno by error,
 * which says what e says, or else what -errno means. A peer that is gone is logged. */
void frame_answer(struct frame *f, uint32_t request, enum msg_type asked, enum msg_type ok, int rc,
	const struct err *e);
/* Bytes that wait to be sent. */
size_t frame_queued(const struct frame *f);
/* Called each time the queue has run empty again; NULL = none. */
void frame_on_drained(struct frame *f, frame_gone_fn *fn);
/* Credentials of the other end as the kernel knows them. 0 or -errno. */
int frame_peer(const struct frame *f, uid_t *uid, gid_t *gid, pid_t *pid);

/* For programs that talk one request at a time (the shell): send and wait for the answer with the
 * same request id. *body is malloc'd (record_wipe'd and freed by the caller), *fd_out -1 or the caller's.
 * 0 or -errno (-EPIPE: the peer is gone). */
int frame_call(int sock, enum msg_party self, enum msg_party peer, enum msg_type type,
	uint32_t request, const void *body, int fd, enum msg_type *answer, void **answer_body,
	int *fd_out);
/* The first half of frame_call: sends, for a caller who waits with poll and then calls frame_next. */
int frame_post(int sock, enum msg_party self, enum msg_party peer, enum msg_type type,
	uint32_t request, const void *body, int fd);
/* The next message with that request id, after frame_post, or frame_call with a stream as answer. */
int frame_next(int sock, enum msg_party self, enum msg_party peer, uint32_t request,
	enum msg_type *answer, void **answer_body, int *fd_out);

/* SOCK_SEQPACKET at a path. Listening replaces a stale socket; mode is the file's. fd or -errno. */
int frame_listen(const char *path, mode_t mode);
int frame_connect(const char *path);
/* Non-blocking, close-on-exec. fd or -errno. */
int frame_accept(int listener);
/* A connected pair; [1] is for the child and is left open over exec. */
int frame_pair(int fds[2]);

#endif
