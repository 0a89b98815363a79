/*
 * espcat: the real ESP and AH stages on a pipe, for tests in other languages. One command a line, one
 * answer a line; bytes are hex, "-" is none.
 *   sa ID in|out SPI CIPHER AUTH CIPHER-KEY AUTH-KEY SOURCE DESTINATION [OPTION …]: ok, or refused WHY
 *       ah, transport, esn, bundle=ID, window=N, seq=N (the last number), df=N (enum msg_df),
 *       udp (RFC 3948), natt=SOURCE,DESTINATION (as the peer sees them)
 *   out ID PACKET        protect with that SA and those around it    → packet, or: drop NAME
 *   in PACKET [udp]      (in UDP) find the SAs, verify, decrypt      → packet, or: drop NAME
 *   open|seal SUITE ESN SEQ HEX [TEXT]       the engine alone: SPI … ICV of an ESP packet, or to seal
 *       its head and text; ESN 0 or 1, SEQ 64 bits                   → text or SPI … ICV, or: auth
 *   verify|make SUITE IV AAD TEXT [ICV]      the engine over parts of any length, as vectors have
 *       them that know no ESP; made where IVs are numbers            → text or text ICV, or: auth
 *
 * CIPHER and AUTH: the keywords of lib/alg.def, or none. SUITE: CIPHER AUTH CIPHER-KEY AUTH-KEY.
 */
#include "config.h"

#include "datapath/crypto.h"
#include "datapath/dp.h"
#include "datapath/encap.h"
#include "datapath/ip4.h"
#include "datapath/sadb.h"
#include "datapath/stats.h"
#include "lib/addr.h"
#include "lib/alg.h"
#include "lib/buf.h"
#include "lib/drop.h"
#include "lib/err.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { N_SLOTS = 16384, N_WORDS = 18, ENGINE_WORDS = 8, PARTS_WORDS = 8 };
enum { ESP_HDR = 8, NATT_PORT = 4500 };

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

/* The value of NAME=value, or NULL when it is another option. */
static const char *
value_of(const char *word, const char *name)
{
	size_t len = strlen(name);

	return strncmp(word, name, len) == 0 && word[len] == '=' ? word + len + 1 : NULL;
}

static int
natt_read(struct msg_dp_sa *m, const char *pair)
{
	char source[ADDR_STRLEN];
	const char *comma = strchr(pair, ',');

	if (comma == NULL || (size_t)(comma - pair) >= sizeof(source))
		return -1;
	memcpy(source, pair, (size_t)(comma - pair));
	source[comma - pair] = '\0';
	return addr_parse(source, &m->natt_source) != 0 ||
			addr_parse(comma + 1, &m->natt_destination) != 0
		? -1
		: 0;
}

static int
option(struct msg_dp_sa *m, uint64_t *seq, const char *word)
{
	const char *v;

	if (strcmp(word, "ah") == 0)
		m->protocol = IP_PROTO_AH;
	else if (strcmp(word, "transport") == 0)
		m->mode = MSG_SA_TRANSPORT;
	else if (strcmp(word, "esn") == 0)
		m->esn = true;
	else if ((v = value_of(word, "bundle")) != NULL)
		m->bundle = (uint32_t)strtoul(v, NULL, 10);
	else if ((v = value_of(word, "window")) != NULL)
		m->replay_window = (uint32_t)strtoul(v, NULL, 10);
	else if ((v = value_of(word, "seq")) != NULL)
		*seq = strtoull(v, NULL, 10);
	else if ((v = value_of(word, "df")) != NULL)
		m->df = (uint8_t)strtoul(v, NULL, 10);
	else if (strcmp(word, "udp") == 0)
		m->encap_local = m->encap_remote = NATT_PORT;
	else if ((v = value_of(word, "natt")) != NULL)
		return natt_read(m, v);
	else
		return -1;
	return 0;
}

static int
keys_read(struct msg_dp_sa *m, char **words)
{
	long cipher_len = from_hex(words[2], m->cipher_key.data, sizeof(m->cipher_key.data));
	long auth_len = from_hex(words[3], m->auth_key.data, sizeof(m->auth_key.data));

	m->cipher = (uint16_t)alg_cipher_find(words[0]);
	m->auth = (uint16_t)alg_auth_find(words[1]);
	m->cipher_key.len = (uint32_t)cipher_len;
	m->auth_key.len = (uint32_t)auth_len;
	return cipher_len < 0 || auth_len < 0 ? -1 : 0;
}

static int
add_sa(struct dp *dp, char **words, unsigned int n)
{
	struct msg_dp_sa m = {
		.sa = (uint32_t)strtoul(words[1], NULL, 10),
		.inbound = strcmp(words[2], "in") == 0,
		.spi = (uint32_t)strtoul(words[3], NULL, 10),
		.protocol = IP_PROTO_ESP,
		.mode = MSG_SA_TUNNEL,
		.replay_window = SASTATE_WINDOW_MAX,
		.seq_limit = UINT64_MAX,
	};
	struct err err = { 0 };
	uint64_t seq = 0;

	if (keys_read(&m, words + 4) != 0 || addr_parse(words[8], &m.source) != 0 ||
		addr_parse(words[9], &m.destination) != 0)
		return -1;
	for (unsigned int i = 10; i < n; i++)
		if (option(&m, &seq, words[i]) != 0)
			return -1;
	m.slot = m.sa;
	if (sadb_put(dp, &m, &err) != 0) {
		printf("refused %s: %s\n", err.object, err.text);
		return 0;
	}
	if (m.inbound)
		dp->slots[m.slot].seq = seq;
	else
		sadb_get(dp->sadb, m.sa)->seq = seq;
	puts("ok");
	return 0;
}

static void
say_hex(const uint8_t *p, uint32_t len)
{
	for (uint32_t i = 0; i < len; i++)
		printf("%02x", p[i]);
	putchar('\n');
}

/* The first stage of a packet that arrived. */
static enum stage
stage_in(const struct pkt *p)
{
	struct encap e;

	return encap_read(p->data, p->len, IP_PROTO_AH, &e) == DROP_NONE ? STAGE_AH_IN
									 : STAGE_ESP_IN;
}

static int
run_packet(struct dp *dp, struct sa *sa, const char *hex, bool udp)
{
	static stage_fn *const stages[STAGE_N] = { [STAGE_ESP_OUT] = esp_out_stage,
		[STAGE_AH_OUT] = ah_out_stage,
		[STAGE_ESP_IN] = esp_in_stage,
		[STAGE_AH_IN] = ah_in_stage };
	static uint8_t room[PKT_HEADROOM + PKT_LARGE + PKT_TAILROOM];
	struct pkt packet = { .room_start = room, .room_end = room + sizeof(room), .sa = sa };
	struct pkt *p = &packet;
	long len = from_hex(hex, room + PKT_HEADROOM, PKT_LARGE);

	if (len < 0)
		return -1;
	p->data = room + PKT_HEADROOM;
	p->len = (uint32_t)len;
	p->encap_local = p->encap_remote = udp ? NATT_PORT : 0;
	p->next = sa != NULL ? sa_stage_out(sa) : stage_in(p);
	while (stages[p->next] != NULL)
		stages[p->next](dp, &p, 1);
	if (p->next == STAGE_DROP)
		printf("drop %s\n", drop_info(p->drop)->id);
	else
		say_hex(p->data, p->len);
	return 0;
}

/* One job, and the end of its SA. false, having said so: the ICV is wrong. */
static bool
run_job(struct crypto_engine *e, struct crypto_job *job, bool seals)
{
	if (seals)
		e->encrypt_batch(e, job, 1);
	else
		e->decrypt_batch(e, job, 1);
	if (job->result != CRYPTO_OK)
		puts("auth");
	e->sa_free(e, job->sa);
	return job->result == CRYPTO_OK;
}

/* The engine without stages: words are those behind the command. */
static int
run_engine(struct dp *dp, char **words, bool seals)
{
	static uint8_t room[PKT_LARGE];
	struct crypto_engine *e = sadb_engine(dp->sadb);
	struct msg_dp_sa m = { 0 };
	struct crypto_job job = { .aad = room, .iv = room + ESP_HDR };
	struct crypto_keys keys = { .encrypts = seals,
		.esn = words[4][0] == '1',
		.cipher_key = m.cipher_key.data,
		.auth_key = m.auth_key.data };
	const struct alg_cipher_info *c;
	long len = from_hex(words[6], room, sizeof(room));
	uint32_t icv_len;

	if (keys_read(&m, words) != 0 || len < ESP_HDR || (c = alg_cipher(m.cipher)) == NULL)
		return -1;
	keys.cipher = m.cipher;
	keys.auth = m.auth;
	icv_len = m.auth != ALG_AUTH_NONE ? alg_auth(m.auth)->icv_len : c->icv_len;
	job.text = job.iv + c->iv_len;
	job.seq = strtoull(words[5], NULL, 10);
	if (seals)
		len = (job.text - room) + icv_len + from_hex(words[7], job.text, sizeof(room) / 2);
	job.icv = room + len - icv_len;
	job.text_len = (uint32_t)(job.icv - job.text);
	if (len < (job.text - room) + (long)icv_len || e->sa_init(e, &keys, &job.sa, NULL) != 0)
		return -1;
	if (run_job(e, &job, seals))
		say_hex(seals ? room : job.text, seals ? (uint32_t)len : job.text_len);
	return 0;
}

/* The IV follows what is covered (crypto.h); where nothing is enciphered it would be covered, too, and
 * so stands in front. */
static int
run_parts(struct dp *dp, char **words, bool seals)
{
	static uint8_t room[PKT_LARGE];
	struct crypto_engine *e = sadb_engine(dp->sadb);
	struct msg_dp_sa m = { 0 };
	struct crypto_keys keys = {
		.encrypts = seals, .cipher_key = m.cipher_key.data, .auth_key = m.auth_key.data
	};
	struct crypto_job job = { .aad = room };
	const struct alg_cipher_info *c;
	const struct alg_auth_info *a;
	uint8_t iv[16] = { 0 };
	long iv_len = from_hex(words[4], iv, sizeof(iv)), aad_len, text_len;

	if (keys_read(&m, words) != 0 || iv_len < 0)
		return -1;
	keys.cipher = m.cipher;
	keys.auth = m.auth;
	c = alg_cipher(m.cipher);
	a = alg_auth(m.auth);
	if (c == NULL || c->kind == ALG_KIND_null || c->kind == ALG_KIND_gmac)
		job.aad += iv_len;
	aad_len = from_hex(words[5], job.aad, sizeof(room) / 4);
	if (aad_len < 0)
		return -1;
	job.iv = job.aad == room ? room + aad_len : room;
	job.text = room + aad_len + iv_len;
	text_len = from_hex(words[6], job.text, sizeof(room) / 4);
	if (text_len < 0)
		return -1;
	job.text_len = (uint32_t)text_len;
	job.icv = job.text + text_len;
	memcpy(job.iv, iv, (size_t)iv_len);
	job.seq = be64_get(iv);
	if ((!seals && from_hex(words[7], job.icv, sizeof(room) / 4) < 0) ||
		e->sa_init(e, &keys, &job.sa, NULL) != 0)
		return -1;
	if (run_job(e, &job, seals))
		say_hex(job.text, job.text_len + (!seals ? 0u : a ? a->icv_len : c->icv_len));
	return 0;
}

static int
command(struct dp *dp, char **words, unsigned int n)
{
	struct sa *sa;

	if (n >= 10 && strcmp(words[0], "sa") == 0)
		return add_sa(dp, words, n);
	if ((n == 2 || (n == 3 && strcmp(words[2], "udp") == 0)) && strcmp(words[0], "in") == 0)
		return run_packet(dp, NULL, words[1], n == 3);
	if (n == ENGINE_WORDS && strcmp(words[0], "open") == 0)
		return run_engine(dp, words + 1, false);
	if (n == ENGINE_WORDS + 1 && strcmp(words[0], "seal") == 0)
		return run_engine(dp, words + 1, true);
	if (n == PARTS_WORDS + 1 && strcmp(words[0], "verify") == 0)
		return run_parts(dp, words + 1, false);
	if (n == PARTS_WORDS && strcmp(words[0], "make") == 0)
		return run_parts(dp, words + 1, true);
	if (n == 3 && strcmp(words[0], "out") == 0) {
		sa = sadb_get(dp->sadb, (uint32_t)strtoul(words[1], NULL, 10));
		return sa != NULL ? run_packet(dp, sa, words[2], false) : -1;
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

	setvbuf(stdout, NULL, _IOLBF, 0); /* for those who wait for each answer */
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
