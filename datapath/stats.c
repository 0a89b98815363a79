/*
 * The datapath's counters and their rows. Refuses to know who counts and who reads.
 */
#include "config.h"

#include "datapath/stats.h"

#include "datapath/esp.h"
#include "datapath/ip4.h"

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

struct stats_protocol *
stats_protocol(struct stats *s, unsigned int protocol)
{
	return protocol == ESP_PROTOCOL ? &s->esp : protocol == IP_PROTO_AH ? &s->ah : NULL;
}

void
stats_reset_protocol(struct stats *s, unsigned int protocol)
{
	struct stats_protocol *of = stats_protocol(s, protocol);
	const char *prefix = of == &s->esp ? "esp_" : "ah_";

	if (of == NULL)
		return;
	memset(of, 0, sizeof(*of));
	for (unsigned int i = DROP_NONE + 1; i < DROP_N; i++) {
		if (strncmp(drop_info(i)->id, prefix, strlen(prefix)) == 0)
			s->drops[i] = 0;
	}
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
		.esp_in_packets = s->esp.in_packets,
		.esp_in_bytes = s->esp.in_bytes,
		.esp_in_dropped = s->esp.in_dropped,
		.esp_out_packets = s->esp.out_packets,
		.esp_out_bytes = s->esp.out_bytes,
		.esp_out_dropped = s->esp.out_dropped,
		.ah_in_packets = s->ah.in_packets,
		.ah_in_bytes = s->ah.in_bytes,
		.ah_in_dropped = s->ah.in_dropped,
		.ah_out_packets = s->ah.out_packets,
		.ah_out_bytes = s->ah.out_bytes,
		.ah_out_dropped = s->ah.out_dropped,
	};
}
