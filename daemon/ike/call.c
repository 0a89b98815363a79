/*
 * Questions to the daemon and their answers, matched by number. Refuses to know what is asked.
 */
#include "config.h"

#include "daemon/ike/call.h"

#include "daemon/ike/engine.h"
#include "lib/err.h"
#include "lib/log.h"

#include <errno.h>
#include <stdlib.h>

struct call {
	RB_ENTRY(call) node;
	LIST_ENTRY(call) link;
	uint32_t number;
	call_fn *fn;
	void *arg;
};

static int
number_order(const struct call *a, const struct call *b)
{
	return a->number < b->number ? -1 : a->number > b->number;
}

RB_GENERATE_INTERNAL(call_tree, call, node, number_order, static __attribute__((unused)))

static void
call_free(struct ike *ike, struct call *c)
{
	RB_REMOVE(call_tree, &ike->calls, c);
	LIST_REMOVE(c, link);
	free(c);
}

int
call_daemon(struct ike *ike, struct call_list *owner, enum msg_type type, const void *body,
	call_fn *fn, void *arg)
{
	struct call *c = calloc(1, sizeof(*c));

	if (!c)
		return -ENOMEM;
	c->fn = fn;
	c->arg = arg;
	do {
		if (++ike->last_call == 0)
			ike->last_call = 1;
		c->number = ike->last_call;
	} while (RB_INSERT(call_tree, &ike->calls, c));
	LIST_INSERT_HEAD(owner, c, link);
	ike->ops.tell(ike->ops.arg, type, c->number, body);
	return 0;
}

void
call_tell(struct ike *ike, enum msg_type type, const void *body)
{
	ike->ops.tell(ike->ops.arg, type, 0, body);
}

static void
ordered(void *arg, enum msg_type type, const void *body, int error, const struct err *why)
{
	if (error != 0)
		log_warn("%s: %s", why->object, why->text);
}

void
call_order(struct ike *ike, enum msg_type type, const void *body)
{
	if (call_daemon(ike, &ike->no_owner, type, body, ordered, ike) != 0)
		log_error("out of memory");
}

void
call_forget(struct ike *ike, struct call_list *owner)
{
	struct call *c;

	while ((c = LIST_FIRST(owner)))
		call_free(ike, c);
}

int
call_answer(struct ike *ike, enum msg_type type, uint32_t request, const void *body)
{
	struct call key = { .number = request };
	struct call *c = RB_FIND(call_tree, &ike->calls, &key);
	const struct msg_error *e = type == MSG_error ? body : NULL;
	struct err why;
	call_fn *fn;
	void *arg;

	if (!c)
		return -ENOENT;
	fn = c->fn;
	arg = c->arg;
	call_free(ike, c);
	err_clear(&why);
	if (e)
		err_set(&why, 0, e->object, "%s", e->text);
	fn(arg, type, body, e ? -(int)(e->code ? e->code : EIO) : 0, &why);
	return 0;
}
