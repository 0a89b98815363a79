#ifndef YD_IKE_STATISTICS_H
#define YD_IKE_STATISTICS_H

#include <stdbool.h>
#include <stdint.h>

#include "daemon/ike/exchange.h"

struct ike;
struct message;

enum statistic {
#define STATISTIC(id, group, name) STATISTIC_##id,
#include "daemon/ike/statistics.def"
#undef STATISTIC
	STATISTIC_N
};

enum { STATISTIC_NOTIFY_N = 64 }; /* different notifies that are counted; the rest counts as one */

struct statistics {
	uint64_t count[STATISTIC_N];
	uint64_t refused[EXCHANGE_STATE_N][EXCHANGE_MESSAGE_N];
	struct {
		uint16_t type;
		uint64_t in;
		uint64_t out;
	} notify[STATISTIC_NOTIFY_N];
};

void statistics_count(struct ike *ike, enum statistic what);
void statistics_count_refused(
	struct ike *ike, enum exchange_state state, enum exchange_message message);
void statistics_count_notify(struct ike *ike, uint16_t type, bool sent);
/* Those of a message that is worth something: authentic, or answered. */
void statistics_count_notifies(struct ike *ike, const struct message *m);
/* Calls row with a struct st_ike_statistic of each counter of the group ("" = all). */
void statistics_report(
	struct ike *ike, const char *group, void (*row)(void *arg, const void *record), void *arg);
void statistics_reset(struct ike *ike, const char *group);

#endif
