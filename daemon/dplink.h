#ifndef YD_DAEMON_DPLINK_H
#define YD_DAEMON_DPLINK_H

#include <stdbool.h>
#include <stdint.h>

#include "daemon/want.h"
#include "lib/msg.h"
#include "lib/state.h"

struct err;
struct loop;
struct sastate;

/*
 * The connection to the datapath: steps on their way and their answers, questions about live state,
 * and the sequence numbers it asks for.
 */
struct dplink;

struct dplink_ops {
	/* A step that had been sent was refused. */
	void (*refused)(void *arg, enum want_kind kind, const char *key, const struct err *e);
	/* Steps were answered, or all are lost with the datapath. */
	void (*progress)(void *arg);
	/* The connection broke. */
	void (*broken)(void *arg);
	void *arg;
	/* What it tells unasked about lines and paths; NULL: nobody listens. */
	void (*unasked)(void *arg, enum msg_type type, const void *body);
};

/* sastate is borrowed. */
struct dplink *dplink_new(struct loop *l, struct sastate *s, const struct dplink_ops *ops);
void dplink_free(struct dplink *dl);

/* A new datapath at the other end of fd (taken): its first message is sent. 0 or -errno. */
int dplink_up(struct dplink *dl, int fd);
/* It is dead: what was on its way is lost, who had asked gets told. */
void dplink_down(struct dplink *dl);
bool dplink_is_up(const struct dplink *dl);

/* One step for an object; -ENOTCONN when there is no datapath. fd is borrowed, -1 = none. */
int dplink_send(struct dplink *dl, enum msg_type type, const void *body, int fd,
	enum want_kind kind, const char *key);
/* Steps sent so far, and answered so far: applied is who has seen answered reach what sent was. */
uint64_t dplink_sent(const struct dplink *dl);
uint64_t dplink_answered(const struct dplink *dl);

struct dplink_ask {
	void (*row)(void *arg, const struct msg_state_row *row);
	/* e NULL: complete. Nothing is called after it. */
	void (*done)(void *arg, const struct msg_error *e);
	void *arg;
};

/* Rows of a table; done may be called at once (no datapath). */
void dplink_get(
	struct dplink *dl, const char *table, const char *filter, const struct dplink_ask *ask);
void dplink_reset(
	struct dplink *dl, const char *table, const char *filter, const struct dplink_ask *ask);

#endif
