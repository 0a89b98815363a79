#ifndef YD_DAEMON_SESSION_H
#define YD_DAEMON_SESSION_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/types.h>

#include "lib/msg.h"

struct daemon;
struct err;
struct frame;

/* One shell, inside of the control room (control.c, session_*.c) only. */
struct session {
	LIST_ENTRY(session) link;
	struct control *control;
	struct daemon *daemon;
	struct frame *frame;
	bool greeted;
	bool may_configure;
	uint32_t schema;
	uid_t uid;
	char user[64];
	char terminal[64];
	struct msg_ike_debugging debugging; /* what it wants to be told of IKE; mask 0 = nothing */
	uint32_t debugging_id;		    /* of the request */
};

/* One request of a shell. */
struct session_request {
	struct session *session;
	enum msg_type type;
	uint32_t id;
	const void *body; /* struct msg_NAME */
	int fd;		  /* -1, or the request's: closed after the handler, unless set to -1 */
};

/* A handler answers, or returns -errno with err, which is then the answer. */
typedef int session_fn(struct session_request *r, struct err *e);

session_fn session_image_get, session_commit, session_catchup, session_save, session_saved_get,
	session_ping_open, session_capture_start, session_capture_stop, session_state_get,
	session_state_reset, session_applied_wait, session_ike_reset, session_ike_debugging;

void session_answer(struct session *s, uint32_t id, enum msg_type type, const void *body, int fd);
void session_error(struct session *s, uint32_t id, int rc, const struct err *e);

/* Shells that wait or ask while their session may go away: what they wait for holds this, not the
 * session. */
struct session_wait {
	LIST_ENTRY(session_wait) link;
	struct session *session; /* NULL: gone */
	bool orphan;		 /* the whole control is gone */
	uint32_t id;
};
struct session_wait *session_wait_new(struct session *s, uint32_t id, size_t size);
void session_wait_free(struct session_wait *w);

#endif
