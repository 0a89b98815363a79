#ifndef YD_IKE_CALL_H
#define YD_IKE_CALL_H

#include <stdint.h>
#include <sys/queue.h>
#include <sys/tree.h>

#include "lib/msg.h"

struct err;
struct ike;

/*
 * A question to the daemon that is answered later: its answer finds the function that goes on. Who
 * asks owns a list of them and forgets them when it dies; an answer to a forgotten one is dropped.
 */
struct call;
LIST_HEAD(call_list, call);
RB_HEAD(call_tree, call);

/* type MSG_done, MSG_error (error is a negative errno, why says more) or what the message names (body). */
typedef void call_fn(
	void *arg, enum msg_type type, const void *body, int error, const struct err *why);

/* Tells the daemon; fn is called with the answer unless owner is forgotten. -ENOMEM: nothing was told. */
int call_daemon(struct ike *ike, struct call_list *owner, enum msg_type type, const void *body,
	call_fn *fn, void *arg);
/* Tells the daemon what it does whatever comes; a refusal is only logged. */
void call_order(struct ike *ike, enum msg_type type, const void *body);
/* Tells the daemon what it does not answer. */
void call_tell(struct ike *ike, enum msg_type type, const void *body);
void call_forget(struct ike *ike, struct call_list *owner);
/* 0, or -ENOENT when nobody waits for it (any more). */
int call_answer(struct ike *ike, enum msg_type type, uint32_t request, const void *body);

#endif
