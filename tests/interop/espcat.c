/*
 * espcat: the real ESP stages on a pipe, for tests in other languages. One command a line, one answer
 * a line; bytes are hex, "-" is none.
 *
 *   sa ID in|out SPI CIPHER AUTH CIPHER-KEY AUTH-KEY SOURCE DESTINATION   → ok, or: refused WHY
 *   out ID PACKET        encrypt with that SA                             → packet, or: drop NAME
 *   in PACKET            find the SA, verify, decrypt                     → packet, or: drop NAME
 *
 * CIPHER and AUTH are the keywords of lib/alg.def ("none" for no authentication).
 */
#include "config.h"

#include "datapath/dp.h"
#include "datapath/sadb.h"
#include "datapath/stats.h"
#include "lib/addr.h"
#include "lib/alg.h"
#include "lib/drop.h"
#include "lib/err.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { N_SLOTS = 1024, N_WORDS = 10 };

static int
nibble(char c)
{
	const char digits[] = "0123456789abcdef", *at = c != '\0' ? strchr(digits, c) : NULL;

	return at != NULL ? (int)(at - digits) : -1;
}

/* Bytes written, or -1. */
static long
from_hex(const char *s, uint8_t *out, size_t cap)
{
	size_t n = 0;

	if (strcmp(s, "-") == 0)
		return 0;
	for (; s[0] != '\0'; s += 2, n++) {
		int high = nibble(s[0]), low = high >= 0 ? nibble(s[1]) : -1;

		if (low < 0 || n >= cap)
			return -1;
		out[n] = (uint8_t)(high << 4 | low);
	}
	return (long)n;
}

static int
add_sa(struct dp *dp, char **words)
{
	struct msg_dp_sa m = {
		.sa = (uint32_t)strtoul(words[1], NULL, 10),
		.inbound = strcmp(words[2], "in") == 0,
		.spi = (uint32_t)strtoul(words[3], NULL, 10),
		.protocol = 50,
		.mode = MSG_SA_TUNNEL,
		.cipher = (uint16_t)alg_cipher_find(words[4]),
		.auth = (uint16_t)alg_auth_find(words[5]),
		.replay_window = SASTATE_WINDOW_MAX,
		.seq_limit = UINT32_MAX,
	};
	long cipher_len = from_hex(words[6], m.cipher_key.data, sizeof(m.cipher_key.data));
	long auth_len = from_hex(words[7], m.auth_key.data, sizeof(m.auth_key.data));
	struct err err = { 0 };

	if (cipher_len < 0 || auth_len < 0 || addr_parse(words[8], &m.source) != 0 ||
		addr_parse(words[9], &m.destination) != 0)
		return -1;
	m.slot = m.sa;
	m.cipher_key.len = (uint32_t)cipher_len;
	m.auth_key.len = (uint32_t)auth_len;
	if (sadb_put(dp, &m, &err) != 0)
		printf("refused %s: %s\n", err.object, err.text);
	else
		puts("ok");
	return 0;
}

static int
run_packet(struct dp *dp, stage_fn *stage, struct sa *sa, const char *hex)
{
	static uint8_t room[PKT_HEADROOM + PKT_LARGE + PKT_TAILROOM];
	struct pkt packet = { .room_start = room, .room_end = room + sizeof(room), .sa = sa };
	struct pkt *p = &packet;
	long len = from_hex(hex, room + PKT_HEADROOM, PKT_LARGE);

	if (len < 0)
		return -1;
	p->data = room + PKT_HEADROOM;
	p->len = (uint32_t)len;
	stage(dp, &p, 1);
	if (p->next == STAGE_DROP) {
		printf("drop %s\n", drop_info(p->drop)->id);
		return 0;
	}
	for (uint32_t i = 0; i < p->len; i++)
		printf("%02x", p->data[i]);
	putchar('\n');
	return 0;
}

static int
command(struct dp *dp, char **words, unsigned int n)
{
	struct sa *sa;

	if (n == 10 && strcmp(words[0], "sa") == 0)
		return add_sa(dp, words);
	if (n == 2 && strcmp(words[0], "in") == 0)
		return run_packet(dp, esp_in_stage, NULL, words[1]);
	if (n == 3 && strcmp(words[0], "out") == 0) {
		sa = sadb_get(dp->sadb, (uint32_t)strtoul(words[1], NULL, 10));
		return sa != NULL ? run_packet(dp, esp_out_stage, sa, words[2]) : -1;
	}
	return -1;
}

int
main(void)
{
	struct dp dp = { .sadb = sadb_new(), .stats = stats_new(), .n_slots = N_SLOTS };
	char *line = NULL, *words[N_WORDS], *rest;
	size_t cap = 0;
	int rc = 0;

	dp.slots = calloc(N_SLOTS, sizeof(*dp.slots));
	if (dp.sadb == NULL || dp.stats == NULL || dp.slots == NULL)
		return 1;
	while (rc == 0 && getline(&line, &cap, stdin) > 0) {
		unsigned int n = 0;

		for (char *w = strtok_r(line, " \n", &rest); w != NULL && n < N_WORDS;
			w = strtok_r(NULL, " \n", &rest))
			words[n++] = w;
		rc = command(&dp, words, n);
		if (rc != 0)
			fprintf(stderr, "espcat: cannot read this line: %.40s …\n",
				n > 0 ? words[0] : "");
	}
	free(line);
	sadb_free(dp.sadb);
	stats_free(dp.stats);
	free(dp.slots);
	return rc != 0;
}
