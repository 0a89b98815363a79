#ifndef YD_IKE_SEAL_H
#define YD_IKE_SEAL_H

#include <stdbool.h>
#include <stdint.h>

#include "daemon/ike/compose.h"
#include "daemon/ike/message.h"

struct datagrams;
struct exchange;
struct ike;
struct ike_path;
struct ike_sa;

/* Makes the datagrams of a message out of a chain of payloads (compose_inner), which is ended and freed. Replies
 * are remembered for the peer's retransmissions. */

/* 0 or -errno. */
int seal_message(struct ike_sa *sa, uint8_t exchange, bool response, uint32_t id, struct compose *c,
	struct datagrams *out);
/* Counts a message that goes out for the first time, and what it notifies of. */
void seal_count(struct ike *ike, uint8_t exchange, bool response, const struct compose *c);
/* Answers the request of this id. */
void seal_reply(struct ike_sa *sa, uint8_t exchange, uint32_t id, struct compose *c);
/* Answers with one notification. data.p may be NULL. */
void seal_reply_notify(
	struct ike_sa *sa, uint8_t exchange, uint32_t id, uint16_t notify, struct span data);
/* Sends datagrams of the SA by a path: requests by the SA's, answers by that of their request (RFC 7296 2.11). */
void seal_send(struct ike_sa *sa, const struct ike_path *path, const struct datagrams *d);
/* A message in clear with one notification, in answer to one for which there is no SA (RFC 7296 1.5). */
void seal_stray(struct exchange *x, const struct wire_hdr *to, uint16_t notify, struct span data);

#endif
