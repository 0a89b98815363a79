/*
 * Which outbound SA counts under which key, and how far it has come; of SAs that are gone a mark of the
 * key is kept, not the key. Refuses to know how nonces are made (crypto_openssl.c) and what is
 * done about a key that is there twice (sadb.c).
 */
#include "config.h"

#include "datapath/noncekey.h"

#include "datapath/crypto.h"
#include "datapath/sadb.h"
#include "lib/alg.h"
#include "lib/secret.h"

#include <stdlib.h>

enum { N_BUCKETS = 4096, N_GONE = 1024 };

struct gone {
	uint64_t mark; /* 0: empty */
	uint64_t seq;
};

struct noncekeys {
	struct crypto_engine *engine;
	struct sa *buckets[N_BUCKETS];
	struct gone gone[N_GONE]; /* a ring: the oldest is forgotten */
	unsigned int next_gone;
};

/* A key, borrowed, with the mark that stands for it; len 0: it is not of that kind. */
struct key {
	const uint8_t *data;
	uint32_t len;
	uint64_t mark;
};

struct noncekeys *
noncekeys_new(struct crypto_engine *e)
{
	struct noncekeys *t = calloc(1, sizeof(*t));

	if (t != NULL)
		t->engine = e;
	return t;
}

void
noncekeys_free(struct noncekeys *t)
{
	free(t);
}

/* Salts are not compared: who repeats a key may repeat its salt later. */
static struct key
key_of(uint16_t cipher, uint16_t auth, const uint8_t *cipher_key, const uint8_t *auth_key)
{
	const struct alg_cipher_info *c = alg_cipher(cipher);
	const struct alg_auth_info *a = alg_auth(auth);

	if (c != NULL &&
		(c->kind == ALG_KIND_ctr || c->kind == ALG_KIND_aead || c->kind == ALG_KIND_gmac))
		return (struct key){ .data = cipher_key, .len = c->key_len };
	if (a != NULL && a->kind == ALG_KIND_gmac)
		return (struct key){ .data = auth_key, .len = a->key_len };
	return (struct key){ 0 };
}

static struct key
key_of_sa(const struct sa *sa)
{
	uint32_t cipher_len = alg_cipher_keymat(alg_cipher(sa->cipher));

	return key_of(sa->cipher, sa->auth, sa->keys->data, sa->keys->data + cipher_len);
}

/* With its mark. */
static struct key
key_of_msg(struct noncekeys *t, const struct msg_dp_sa *m)
{
	struct key k = key_of(m->cipher, m->auth, m->cipher_key.data, m->auth_key.data);

	if (!m->inbound && k.len != 0)
		k.mark = t->engine->mark(t->engine, k.data, k.len);
	return k;
}

static struct sa **
bucket(struct noncekeys *t, uint64_t mark)
{
	return &t->buckets[mark % N_BUCKETS];
}

static struct sa *
find(struct noncekeys *t, const struct key *k)
{
	struct sa *sa = k->mark != 0 ? *bucket(t, k->mark) : NULL;

	for (; sa != NULL; sa = sa->next_nonce) {
		struct key other = key_of_sa(sa);

		if (sa->nonce_mark == k->mark && other.len == k->len &&
			secret_eq(other.data, k->data, k->len))
			return sa;
	}
	return NULL;
}

struct sa *
noncekeys_find(struct noncekeys *t, const struct msg_dp_sa *m)
{
	struct key k = key_of_msg(t, m);

	return find(t, &k);
}

uint64_t
noncekeys_last(struct noncekeys *t, const struct msg_dp_sa *m)
{
	struct key k = key_of_msg(t, m);
	const struct sa *sa = find(t, &k);
	uint64_t last = sa != NULL ? sa->seq : 0;

	for (unsigned int i = 0; k.mark != 0 && i < N_GONE; i++) {
		if (t->gone[i].mark == k.mark && t->gone[i].seq > last)
			last = t->gone[i].seq;
	}
	return last;
}

void
noncekeys_add(struct noncekeys *t, struct sa *sa)
{
	struct key k = key_of_sa(sa);

	if (sa->inbound || k.len == 0)
		return;
	sa->nonce_mark = t->engine->mark(t->engine, k.data, k.len);
	sa->next_nonce = *bucket(t, sa->nonce_mark);
	*bucket(t, sa->nonce_mark) = sa;
}

static void
remember(struct noncekeys *t, uint64_t mark, uint64_t seq)
{
	struct gone *g = &t->gone[t->next_gone];

	if (seq == 0)
		return;
	*g = (struct gone){ mark, seq };
	t->next_gone = (t->next_gone + 1) % N_GONE;
}

void
noncekeys_remove(struct noncekeys *t, struct sa *sa)
{
	struct sa **at;

	if (sa->nonce_mark == 0)
		return;
	for (at = bucket(t, sa->nonce_mark); *at != sa; at = &(*at)->next_nonce)
		;
	*at = sa->next_nonce;
	remember(t, sa->nonce_mark, sa->seq);
	sa->nonce_mark = 0;
}
