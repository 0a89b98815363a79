/*
 * Requests of shells for the IKE speaker: reset, and debugging, which ends with the shell. Without a speaker
 * there is nothing to reset.
 */
#include "config.h"

#include "daemon/session.h"

#include "daemon/childlink.h"
#include "daemon/control.h"
#include "daemon/daemon.h"

static const struct msg_done done;

static void
on_reset(void *arg, const struct msg_error *m)
{
	struct session_wait *w = arg;

	if (m != NULL)
		session_answer(w->session, w->id, MSG_error, m, -1);
	else
		session_answer(w->session, w->id, MSG_done, &done, -1);
	session_wait_free(w);
}

int
session_ike_reset(struct session_request *r, struct err *e)
{
	struct daemon *d = r->session->daemon;
	struct childlink_ask ask = { .done = on_reset };

	if (!childlink_is_up(d->ikelink)) {
		session_answer(r->session, r->id, MSG_done, &done, -1);
		return 0;
	}
	ask.arg = session_wait_new(r->session, r->id, sizeof(struct session_wait));
	childlink_ask(d->ikelink, MSG_ike_reset, r->body, -1, &ask);
	return 0;
}

int
session_ike_debugging(struct session_request *r, struct err *e)
{
	struct session *s = r->session;

	s->debugging = *(const struct msg_ike_debugging *)r->body;
	s->debugging_id = r->id;
	session_answer(s, r->id, MSG_done, &done, -1);
	control_debugging(s->control);
	return 0;
}
