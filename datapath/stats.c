/*
 * The datapath's counters and their rows. Refuses to know who counts and who reads.
 */
#include "config.h"

#include "datapath/stats.h"

#include <stdlib.h>
#include <string.h>

struct stats *
stats_new(void)
{
	return calloc(1, sizeof(struct stats));
}

void
stats_free(struct stats *s)
{
	free(s);
}

void
stats_reset(struct stats *s)
{
	memset(s, 0, sizeof(*s));
}

void
stats_drops(const struct stats *s, void (*row)(void *arg, const struct st_drop *), void *arg)
{
	for (unsigned int i = DROP_NONE + 1; i < DROP_N; i++) {
		const struct drop_info *d = drop_info(i);
		struct st_drop st = { .packets = s->drops[i] };

		strlcpy(st.reason, d->id, sizeof(st.reason));
		strlcpy(st.group, d->group, sizeof(st.group));
		strlcpy(st.text, d->text, sizeof(st.text));
		row(arg, &st);
	}
}

void
stats_ipsec(const struct stats *s, struct st_ipsec_statistics *out)
{
	*out = (struct st_ipsec_statistics){
		.in_packets = s->ipsec_in_packets,
		.in_bytes = s->ipsec_in_bytes,
		.in_dropped = s->ipsec_in_dropped,
		.out_packets = s->ipsec_out_packets,
		.out_bytes = s->ipsec_out_bytes,
		.out_dropped = s->ipsec_out_dropped,
		.bypassed = s->bypassed,
	};
}
