#ifndef YD_IKE_DEBUG_H
#define YD_IKE_DEBUG_H

#include "lib/addr.h"
#include "lib/msg.h"

struct ike;
struct ike_sa;

/* Lines for those who debug (`debugging ike …`): nothing is formatted while nobody does. Never a secret. */
void debug_line(struct ike *ike, enum msg_ike_topic topic, const struct addr *remote,
	const char *fmt, ...) __attribute__((format(printf, 4, 5)));
/* About one IKE SA. */
void debug_event(struct ike_sa *sa, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
