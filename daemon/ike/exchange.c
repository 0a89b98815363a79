/*
 * exchange.def as a table: which function handles what comes in which state.
 */
#include "config.h"

#include "daemon/ike/exchange.h"

#include "daemon/ike/debug.h"
#include "daemon/ike/ike_sa.h"
#include "daemon/ike/statistics.h"
#include "daemon/ike/x.h"

typedef void exchange_fn(struct ike_sa *sa, struct exchange *x);

struct row {
	exchange_fn *handler;
	const char *refusal;
};

static const struct row table[EXCHANGE_STATE_N][EXCHANGE_MESSAGE_N] = {
#define EXCHANGE(s, m, fn) [EXCHANGE_##s][EXCHANGE_MSG_##m] = { .handler = fn },
#define REFUSE(s, m, why) [EXCHANGE_##s][EXCHANGE_MSG_##m] = { .refusal = why },
#include "daemon/ike/exchange.def"
#undef EXCHANGE
#undef REFUSE
};

static const char *const shown[EXCHANGE_STATE_N] = {
#define EXCHANGE_STATE(id, text) [EXCHANGE_##id] = text,
#include "daemon/ike/exchange.def"
#undef EXCHANGE_STATE
};

static const char *const messages[EXCHANGE_MESSAGE_N] = {
#define EXCHANGE_MESSAGE(id, text) [EXCHANGE_MSG_##id] = text,
#include "daemon/ike/exchange.def"
#undef EXCHANGE_MESSAGE
};

const char *
exchange_state_shown(enum exchange_state state)
{
	return shown[state];
}

const char *
exchange_message_text(enum exchange_message message)
{
	return messages[message];
}

const char *
exchange_refusal(enum exchange_state state, enum exchange_message message)
{
	return table[state][message].refusal;
}

bool
exchange_has_row(enum exchange_state state, enum exchange_message message)
{
	const struct row *r = &table[state][message];

	return (r->handler != NULL) != (r->refusal != NULL);
}

void
exchange_dispatch(struct ike_sa *sa, struct exchange *x)
{
	enum exchange_state state = sa ? sa->state : EXCHANGE_none;
	const struct row *r = &table[state][x->message];

	if (r->handler) {
		r->handler(sa, x);
		return;
	}
	statistics_count_refused(x->ike, state, x->message);
	debug_line(x->ike, MSG_IKE_DEBUG_ERROR, x->path ? &x->path->remote : NULL, "refused: %s",
		r->refusal);
}
