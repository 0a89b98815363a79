#ifndef YD_IKE_EXCHANGE_H
#define YD_IKE_EXCHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/ike/wire.h"

struct ike;
struct ike_path;
struct ike_sa;
struct message;
struct request;

/* The state table of exchange.def as types. */

enum exchange_state {
#define EXCHANGE_STATE(id, shown) EXCHANGE_##id,
#include "daemon/ike/exchange.def"
#undef EXCHANGE_STATE
	EXCHANGE_STATE_N
};

enum exchange_message {
#define EXCHANGE_MESSAGE(id, text) EXCHANGE_MSG_##id,
#include "daemon/ike/exchange.def"
#undef EXCHANGE_MESSAGE
	EXCHANGE_MESSAGE_N
};

/* What a handler gets. Everything is borrowed for the call. */
struct exchange {
	struct ike *ike;
	enum exchange_message message;
	const struct ike_path *path; /* it came by */
	const uint8_t *data;	     /* as it came: what AUTH covers */
	size_t len;
	bool proved;		 /* its cookie shows that it comes from where it says */
	struct message *in;	 /* its payloads */
	uint8_t first;		 /* type of the first of them, */
	struct span text;	 /* and their bytes: what was encrypted */
	struct request *request; /* of ours, that this answers */
	uint32_t id;		 /* of the message */
	int error;		 /* signed, verified: 0 or -errno */
	const uint8_t *auth;	 /* signed: the AUTH payload's data */
	size_t auth_len;
};

/* Calls the handler of (state of sa, message), or counts the refusal. sa NULL: state none. */
void exchange_dispatch(struct ike_sa *sa, struct exchange *x);
/* NULL for a row that has a handler. */
const char *exchange_refusal(enum exchange_state state, enum exchange_message message);
/* Whether the pair has a row at all: tests. */
bool exchange_has_row(enum exchange_state state, enum exchange_message message);
const char *exchange_state_shown(enum exchange_state state);
const char *exchange_message_text(enum exchange_message message);

#endif
