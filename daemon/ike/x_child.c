/*
 * What exchanges have in common: how they refuse; those that make CHILD SAs: keys, installation, and who takes
 * whose place.
 */
#include "config.h"

#include "daemon/ike/x.h"

#include "daemon/ike/child_sa.h"
#include "daemon/ike/compose.h"
#include "daemon/ike/debug.h"
#include "daemon/ike/engine.h"
#include "daemon/ike/handshake.h"
#include "daemon/ike/seal.h"
#include "lib/buf.h"
#include "lib/err.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

void
x_write_window(struct compose *c)
{
	uint8_t window[4];

	be32_put(window, WINDOW_SIZE);
	compose_notify(c, NOTIFY_set_window_size, (struct span){ window, sizeof(window) });
}

void
x_heed_window(struct ike_sa *sa, const struct message *m)
{
	const struct message_notify *n = message_notify_find(m, NOTIFY_set_window_size);
	uint32_t size = n && n->data.len == 4 ? be32_get(n->data.p) : 0;

	if (size > 0)
		sa->window.peer_size = size < WINDOW_PEER ? size : WINDOW_PEER;
}

void
x_refuse(struct ike_sa *sa, uint8_t exchange, uint32_t id, uint16_t notify, struct span data)
{
	seal_reply_notify(sa, exchange, id, notify, data);
	if (notify == NOTIFY_invalid_syntax)
		ike_sa_kill(sa, "invalid-syntax");
}

int
x_child_keys(struct child_sa *pair, struct ike_sa *sa, const struct secret *shared,
	struct span nonce_i, struct span nonce_r)
{
	pair->keys = calloc(1, sizeof(*pair->keys));
	if (!pair->keys)
		return -ENOMEM;
	handshake_lowest(nonce_i, nonce_r, pair->lowest);
	return keys_child_init(sa->ike->crypt, &sa->keys, (enum alg_cipher)pair->suite.cipher,
		(enum alg_auth)pair->suite.auth, shared, nonce_i, nonce_r, pair->keys);
}

void
x_child_explain_install(struct child_sa *pair, int error, const struct err *why)
{
	explain_failure(pair->ike_sa, 2, pair->initiator, false, EXPLAIN_local_failure, NULL,
		"the SAs could not be installed: %s",
		why && why->text[0] ? why->text : strerror(-error));
	statistics_count(pair->ike, STATISTIC_child_failed);
}

void
x_child_unusable(struct child_sa *pair, int error, const struct err *why)
{
	struct child *c = child_find(pair->ike, pair->child);

	x_child_explain_install(pair, error, why);
	child_sa_delete(pair);
	if (c)
		child_failed(c);
}

static void
taken(struct child_sa *pair, int error, const struct err *why)
{
	struct child *c = child_find(pair->ike, pair->child);
	struct child_sa *old = child_sa_find(pair->ike, pair->replaces);

	if (error != 0) {
		x_child_explain_install(pair, error, why);
		x_child_drop(pair, NULL);
		if (c && !old)
			child_failed(c);
		return;
	}
	child_sa_establish(pair);
	connection_use(pair);
	debug_event(pair->ike_sa, "pair %08x/%08x carries", pair->spi_in, pair->spi_out);
	if (old && old->ike_sa && old->state == CHILD_SA_ESTABLISHED) {
		statistics_count(pair->ike, STATISTIC_child_rekeyed);
		old->state = CHILD_SA_REKEYED;
		child_sa_delete(old);
	}
}

void
x_child_take(struct child_sa *pair)
{
	int r = child_sa_install(pair, taken);

	if (r != 0)
		taken(pair, r, NULL);
}

void
x_child_deleted_early(struct ike_sa *sa, uint32_t spi)
{
	const unsigned int room = sizeof(sa->early) / sizeof(sa->early[0]);

	if (request_of(sa, REQUEST_child_new, NULL) || request_of(sa, REQUEST_child_rekey, NULL))
		sa->early[sa->n_early++ % room] = spi;
}

bool
x_child_is_gone(struct ike_sa *sa, const struct child_sa *pair)
{
	const unsigned int room = sizeof(sa->early) / sizeof(sa->early[0]);

	for (unsigned int i = 0; i < room && i < sa->n_early; i++)
		if (sa->early[i] == pair->spi_out)
			return true;
	return false;
}

void
x_child_drop(struct child_sa *pair, const struct message *m)
{
	struct proposal_list answer;

	if (pair->protocol == 0 && m && message_has(m, PAYLOAD_sa) &&
		proposal_parse(m->sa, &answer) == FAULT_NONE && answer.n > 0)
		pair->protocol =
			answer.proposals[0].protocol == WIRE_PROTO_AH ? IPPROTO_AH : IPPROTO_ESP;
	if (pair->protocol == 0) {
		child_sa_end(pair, false);
		return;
	}
	/* the peer has it: it is deleted as if it had been there */
	call_forget(pair->ike, &pair->calls);
	pair->redundant = true;
	pair->state = CHILD_SA_ESTABLISHED;
	child_sa_delete(pair);
}
