#ifndef YD_IKE_OFFER_H
#define YD_IKE_OFFER_H

#include <stdbool.h>
#include <stdint.h>

#include "daemon/ike/message.h"
#include "daemon/ike/proposal.h"
#include "daemon/ike/ts.h"

struct child;
struct child_sa;
struct compose;
struct ike_sa;

/* A pair of SAs as it is negotiated: offered, chosen, accepted. */

/* The child's own selectors, as seen outbound. */
void offer_selectors(const struct child *c, struct ts *local, struct ts *remote);

/* The packet that the child waits for, as selectors. false: there is none, or it is outside of the rule. */
bool offer_packet(const struct child *c, struct ts *local, struct ts *remote);
/* The same, when the rule is more than that packet. */
bool offer_packet_is_part(const struct child *c, struct ts *local, struct ts *remote);
/* Initiator: whether what was agreed holds the packet that the child waits for; if not, that is explained. */
bool offer_is_met(const struct child_sa *pair, const struct child *c);

/* The initiator's SA payload. */
void offer_write_sa(
	const struct child_sa *pair, const struct child *c, struct compose *out, bool with_dh);
/* TSi, TSr and the mode. like: the pair that is rekeyed, or NULL. */
void offer_write_ts(const struct child_sa *pair, const struct child *c, const struct child_sa *like,
	struct compose *out);
/* Initiator: the answer makes no pair, which is counted. What it tells of the reason, and what was offered. */
void offer_explain_refusal(struct ike_sa *sa, const struct child *c, const struct child_sa *like,
	const struct message *m, bool with_dh);
/*
 * Initiator: is the answer what was offered? The pair is filled and joins its connection. 0, or the reason
 * was explained: the peer has the pair and must be told that it ends (-EPROTO), or not even an SPI of it
 * is known (-EBADMSG), or memory is short.
 */
int offer_accept(
	struct child_sa *pair, const struct child *c, const struct message *m, bool with_dh);

/*
 * Responder: the pair that the request asks for, larval, in its connection. old: the pair it rekeys, or
 * NULL. 0 and *pair; or the notification to answer with, explained; *group is the IANA number for
 * INVALID_KE_PAYLOAD.
 */
uint16_t offer_choose(struct ike_sa *sa, const struct message *m, const struct child_sa *old,
	bool with_dh, struct child_sa **pair, uint16_t *group);
/* The responder's SA payload; then its selectors and mode. */
void offer_write_choice(const struct child_sa *pair, struct compose *out);
void offer_write_chosen_ts(const struct child_sa *pair, struct compose *out);

#endif
