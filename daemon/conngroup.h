#ifndef YD_DAEMON_CONNGROUP_H
#define YD_DAEMON_CONNGROUP_H

#include "daemon/conntable.h"

/* What the datapath should know of connections: worked out from the tables, and told where it has changed.
 * For negotiated.c alone. */

/* To the speaker; request 0: it did not ask. */
void conngroup_answer(struct daemon *d, uint32_t request, int rc, const struct err *e);
/* To the datapath; the speaker's request is answered with its answer. */
void conngroup_tell(struct daemon *d, enum msg_type type, const void *body, uint32_t request);

/* The SA as it is, or all of a connection. Whoever waits for it is answered. */
void conngroup_sa_send(struct daemon *d, struct sa *s);
void conngroup_sas_send(struct daemon *d, struct conn *c);
void conngroup_sa_remove(struct daemon *d, struct sa *s, uint32_t request);
/* With its SAs; a refresh follows. */
void conngroup_remove(struct daemon *d, struct conn *c, uint32_t request);

/* Does the connection protect all that the child does? */
bool conngroup_covers(const struct conn *conn, const struct child *c);
/* Which group it serves: settled before its SAs are told, and again when its selectors or the child's
 * have changed. */
void conngroup_settle(struct daemon *d, struct conn *c);
/* The child is new, or another one: may the connection serve a part of it, too? */
void conngroup_widen(struct conn *conn, const struct child *c);

/* The group of a child as it should be, and is told from now on. */
struct msg_dp_group conngroup_of(struct child *c);
/* The group of a connection, when it is not its child's. */
void conngroup_send(struct daemon *d, const struct conn *c);
/* All that follows from SAs being used, or not any more: for a connection, which mostly concerns nobody but
 * its child; for a child alone (whether that is served has changed); for its whole policy. */
void conngroup_refresh(struct daemon *d, struct conn *c);
/* One of the child's that is not wide has changed, or gone; changed: so have the rules in front. */
void conngroup_refresh_alone(struct daemon *d, struct child *c, bool changed);
bool conngroup_refresh_child(struct daemon *d, struct child *c);
void conngroup_refresh_policy(struct daemon *d, struct policy *p);
/* Which connections of a policy need rules in front; whether those that there are are not those any more,
 * and the SPD must be told again. */
bool conngroup_narrow(struct policy *p);
/* A child has come or gone. */
void conngroup_refresh_siblings(struct daemon *d, const struct policy *p);

#endif
