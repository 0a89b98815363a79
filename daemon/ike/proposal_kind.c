/*
 * The kinds of transform (RFC 7296 3.3.2), and what the algorithms of alg.def are on the wire. The key length
 * attribute stands only where a number has several lengths (3.3.5).
 */
#include "config.h"

#include "daemon/ike/proposal_kind.h"

#include <stdio.h>
#include <string.h>

static uint16_t
cipher_key_bits(enum alg_cipher id)
{
	const struct alg_cipher_info *c = alg_cipher(id);

	for (unsigned int i = 1; i < ALG_CIPHER_N; i++)
		if (alg_cipher(i)->iana == c->iana && alg_cipher(i)->key_len != c->key_len)
			return (uint16_t)(c->key_len * 8);
	return 0;
}

static struct kind_value
cipher_value(uint8_t id)
{
	const struct alg_cipher_info *c = alg_cipher(id);

	return (struct kind_value){ id, c->iana, cipher_key_bits((enum alg_cipher)id) };
}

static struct kind_value
prf_value(uint8_t id)
{
	return (struct kind_value){ id, alg_prf(id)->iana, 0 };
}

static struct kind_value
auth_value(uint8_t id)
{
	return (struct kind_value){ id, alg_auth(id)->iana, 0 };
}

static struct kind_value
dh_value(uint8_t id)
{
	return (struct kind_value){ id, alg_dh(id)->iana, 0 };
}

static struct kind_value
esn_value(uint8_t id)
{
	return (struct kind_value){ id, id, 0 };
}

static const char *
cipher_display(uint8_t id)
{
	return alg_cipher(id)->display;
}

static const char *
prf_display(uint8_t id)
{
	return alg_prf(id)->display;
}

static const char *
auth_display(uint8_t id)
{
	return alg_auth(id)->display;
}

static const char *
dh_display(uint8_t id)
{
	return alg_dh(id)->display;
}

static const char *
esn_display(uint8_t id)
{
	return id != 0 ? "64-bit sequence numbers" : "32-bit sequence numbers";
}

static const struct kind {
	uint8_t type;  /* enum proposal_transform_type */
	uint8_t first; /* of the algorithms */
	uint8_t end;
	const char *text;
	struct kind_value (*value)(uint8_t id);
	const char *(*display)(uint8_t id);
} kinds[KIND_N] = {
	{ TRANSFORM_ENCR, 1, ALG_CIPHER_N, "encryption algorithm", cipher_value, cipher_display },
	{ TRANSFORM_PRF, 1, ALG_PRF_N, "pseudo-random function", prf_value, prf_display },
	{ TRANSFORM_INTEG, 1, ALG_AUTH_N, "authentication algorithm", auth_value, auth_display },
	{ TRANSFORM_DH, 1, ALG_DH_N, "Diffie-Hellman group", dh_value, dh_display },
	{ TRANSFORM_ESN, 0, 2, "length of sequence numbers", esn_value, esn_display },
};

uint8_t
kind_type(unsigned int kind)
{
	return kinds[kind].type;
}

const char *
kind_text(unsigned int kind)
{
	return kinds[kind].text;
}

static bool
is_aead(uint8_t cipher)
{
	const struct alg_cipher_info *c = alg_cipher(cipher);

	return c != NULL && c->icv_len > 0;
}

/* Has the configuration ciphers for this half of it? AH has none, and is the half without. */
static bool
half_exists(const struct proposal_config *c, bool aead)
{
	for (unsigned int i = 0; i < c->encryption.n; i++)
		if (is_aead(c->encryption.id[i]) == aead)
			return true;
	return !aead && c->encryption.n == 0;
}

unsigned int
kind_offers(
	const struct proposal_config *config, unsigned int n, struct kind_offer out[KIND_OFFER_MAX])
{
	unsigned int n_out = 0;

	for (unsigned int i = 0; i < n && i < PROPOSAL_CONFIG_MAX; i++) {
		/* the half that the operator's first choice is in comes first */
		bool first = config[i].encryption.n > 0 && is_aead(config[i].encryption.id[0]);

		if (half_exists(&config[i], first))
			out[n_out++] = (struct kind_offer){ &config[i], i, first };
		if (half_exists(&config[i], !first))
			out[n_out++] = (struct kind_offer){ &config[i], i, !first };
	}
	return n_out;
}

/* Adds an algorithm that exists (NONE and numbers beyond the table do not). */
static void
add(struct kind_values *values, unsigned int kind, uint8_t id)
{
	const struct kind *k = &kinds[kind];

	if (id >= k->first && id < k->end && values->n < PROPOSAL_LIST_MAX)
		values->v[values->n++] = k->value(id);
}

static void
add_all(struct kind_values *values, unsigned int kind, const struct proposal_algs *algs)
{
	for (unsigned int i = 0; i < algs->n; i++)
		add(values, kind, algs->id[i]);
}

void
kind_configured(const struct kind_offer *offer, bool with_dh, struct kind_values values[KIND_N])
{
	const struct proposal_config *c = offer->config;

	for (unsigned int k = 0; k < KIND_N; k++)
		values[k].n = 0;
	for (unsigned int i = 0; i < c->encryption.n; i++)
		if (is_aead(c->encryption.id[i]) == offer->aead)
			add(&values[0], 0, c->encryption.id[i]);
	if (c->protocol == WIRE_PROTO_IKE)
		add_all(&values[1], 1, &c->prf);
	if (!offer->aead)
		add_all(&values[2], 2, &c->integrity);
	if (with_dh)
		add_all(&values[3], 3, &c->dh);
	if (c->protocol == WIRE_PROTO_IKE)
		return;
	if (c->esn || c->esn_only)
		add(&values[4], 4, 1);
	if (!c->esn_only)
		add(&values[4], 4, 0);
}

void
kind_chosen(const struct proposal_choice *choice, struct kind_values values[KIND_N])
{
	for (unsigned int k = 0; k < KIND_N; k++)
		values[k].n = 0;
	add(&values[0], 0, choice->cipher);
	add(&values[1], 1, choice->prf);
	add(&values[2], 2, choice->auth);
	add(&values[3], 3, choice->dh);
	if (choice->protocol != WIRE_PROTO_IKE)
		add(&values[4], 4, choice->esn);
}

const char *
kind_name(const struct proposal_transform *t, char out[KIND_NAMELEN])
{
	for (unsigned int k = 0; k < KIND_N; k++) {
		for (unsigned int i = kinds[k].first; t->type == kinds[k].type && i < kinds[k].end;
			i++) {
			struct kind_value v = kinds[k].value((uint8_t)i);

			if (v.id == t->id && v.key_bits == t->key_bits) {
				snprintf(out, KIND_NAMELEN, "%s", kinds[k].display((uint8_t)i));
				return out;
			}
		}
	}
	if (t->key_bits > 0)
		snprintf(out, KIND_NAMELEN, "type %u number %u/%u", t->type, t->id, t->key_bits);
	else
		snprintf(out, KIND_NAMELEN, "type %u number %u", t->type, t->id);
	return out;
}
