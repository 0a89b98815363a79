#ifndef YD_DAEMON_CHILDLINK_H
#define YD_DAEMON_CHILDLINK_H

#include <stdbool.h>
#include <stdint.h>

#include "daemon/want.h"
#include "lib/msg.h"

struct err;
struct loop;

/*
 * The connection to a child process that carries out steps: those on their way and their answers, which
 * come in the order of the requests, questions about live state, and what the child says by itself.
 */
struct childlink;

struct childlink_ops {
	/* A step that had been sent was refused. */
	void (*refused)(void *arg, enum want_kind kind, const char *key, const struct err *e);
	/* Everything that was asked is answered. */
	void (*progress)(void *arg);
	/* The connection broke. */
	void (*broken)(void *arg);
	void *arg;
	/* What is no answer of ours; with a request of the child's, or 0. NULL: nobody listens. */
	void (*heard)(void *arg, enum msg_type type, uint32_t request, const void *body);
};

/* Who asks, and hears the answers. */
struct childlink_ask {
	/* A row, to state_get. */
	void (*row)(void *arg, const struct msg_state_row *row);
	/* e NULL: done. Nothing is called after it. */
	void (*done)(void *arg, const struct msg_error *e);
	void *arg;
};

/* name, as operators know the child, is borrowed. */
struct childlink *childlink_new(
	struct loop *l, const char *name, enum msg_party child, const struct childlink_ops *ops);
void childlink_free(struct childlink *cl);

/* A new child at the other end of fd (taken). 0 or -ENOMEM. */
int childlink_up(struct childlink *cl, int fd);
/* It is dead: what was on its way is lost, who had asked gets told (ENOTCONN). */
void childlink_down(struct childlink *cl);
bool childlink_is_up(const struct childlink *cl);

/* One step for an object; -ENOTCONN when there is no child. fd is borrowed, -1 = none. */
int childlink_step(struct childlink *cl, enum msg_type type, const void *body, int fd,
	enum want_kind kind, const char *key);
/* A request whose asker hears the answer; done may be called at once (no child). */
void childlink_ask(struct childlink *cl, enum msg_type type, const void *body, int fd,
	const struct childlink_ask *ask);
/* A message that is no request of ours: request is the child's, or 0. 0 or -errno. */
int childlink_tell(struct childlink *cl, enum msg_type type, uint32_t request, const void *body);
/* Rows of a table; counters back to zero. */
void childlink_get(struct childlink *cl, const char *table, const char *filter,
	const struct childlink_ask *ask);
void childlink_reset(struct childlink *cl, const char *table, const char *filter,
	const struct childlink_ask *ask);
/* Steps sent so far, and answered so far: applied is who has seen answered reach what sent was. */
uint64_t childlink_sent(const struct childlink *cl);
uint64_t childlink_answered(const struct childlink *cl);

#endif
