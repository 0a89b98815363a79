/*
 * Counters: those of statistics.def, each refusal of exchange.def, each kind of notification.
 */
#include "config.h"

#include "daemon/ike/statistics.h"

#include "daemon/ike/engine.h"
#include "daemon/ike/message.h"
#include "daemon/ike/wire.h"

#include <stdio.h>
#include <string.h>

static const struct {
	const char *group;
	const char *name;
} facts[STATISTIC_N] = {
#define STATISTIC(id, group, name) [STATISTIC_##id] = { group, name },
#include "daemon/ike/statistics.def"
#undef STATISTIC
};

void
statistics_count(struct ike *ike, enum statistic what)
{
	ike->statistics.count[what]++;
}

void
statistics_count_refused(struct ike *ike, enum exchange_state state, enum exchange_message message)
{
	ike->statistics.refused[state][message]++;
}

void
statistics_count_notify(struct ike *ike, uint16_t type, bool sent)
{
	struct statistics *s = &ike->statistics;
	unsigned int i = 0;

	while (i < STATISTIC_NOTIFY_N - 1 && s->notify[i].type != type && s->notify[i].type != 0)
		i++;
	/* the last place counts all that came too late for one of its own */
	s->notify[i].type = i < STATISTIC_NOTIFY_N - 1 ? type : UINT16_MAX;
	if (sent)
		s->notify[i].out++;
	else
		s->notify[i].in++;
}

void
statistics_count_notifies(struct ike *ike, const struct message *m)
{
	for (unsigned int i = 0; i < m->n_notifies; i++)
		statistics_count_notify(ike, m->notifies[i].type, false);
}

struct report {
	const char *group;
	void (*row)(void *arg, const void *record);
	void *arg;
};

static bool
asked(const struct report *r, const char *group)
{
	return r->group[0] == '\0' || strcmp(r->group, group) == 0;
}

static void
say(const struct report *r, const char *group, uint64_t count, const char *prefix, const char *name)
{
	struct st_ike_statistic s = { .count = count };

	strlcpy(s.group, group, sizeof(s.group));
	snprintf(s.name, sizeof(s.name), "%s%s", prefix, name);
	r->row(r->arg, &s);
}

static void
report_notifies(const struct report *r, const struct statistics *s)
{
	char number[24];
	const char *name;

	for (unsigned int i = 0; i < STATISTIC_NOTIFY_N && s->notify[i].type != 0; i++) {
		name = wire_notify_name(s->notify[i].type);
		if (!name) {
			snprintf(number, sizeof(number), "Notify %u", s->notify[i].type);
			name = number;
		}
		say(r, "notify", s->notify[i].in, "Received ", name);
		say(r, "notify", s->notify[i].out, "Sent ", name);
	}
}

void
statistics_report(
	struct ike *ike, const char *group, void (*row)(void *arg, const void *record), void *arg)
{
	const struct statistics *s = &ike->statistics;
	const struct report r = { group, row, arg };

	for (unsigned int i = 0; i < STATISTIC_N; i++)
		if (asked(&r, facts[i].group))
			say(&r, facts[i].group, s->count[i], "", facts[i].name);
	if (asked(&r, "notify"))
		report_notifies(&r, s);
	if (!asked(&r, "drop"))
		return;
	for (unsigned int state = 0; state < EXCHANGE_STATE_N; state++)
		for (unsigned int m = 0; m < EXCHANGE_MESSAGE_N; m++)
			if (s->refused[state][m] > 0)
				say(&r, "drop", s->refused[state][m], "",
					exchange_refusal(state, m));
}

void
statistics_reset(struct ike *ike, const char *group)
{
	struct statistics *s = &ike->statistics;
	const struct report r = { .group = group };

	for (unsigned int i = 0; i < STATISTIC_N; i++)
		if (asked(&r, facts[i].group))
			s->count[i] = 0;
	if (asked(&r, "notify"))
		memset(s->notify, 0, sizeof(s->notify));
	if (asked(&r, "drop"))
		memset(s->refused, 0, sizeof(s->refused));
}
