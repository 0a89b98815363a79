/*
 * What `ike proposal` and `ipsec proposal` say, as proposal.h wants it. Refuses to know the wire.
 */
#include "config.h"

#include "daemon/ike/suite.h"

#include "daemon/ike/engine.h"

#include <string.h>

typedef bool has_fn(const struct crypt *c, unsigned int id);

static bool
has_cipher(const struct crypt *c, unsigned int id)
{
	return crypt_has_cipher(c, (enum alg_cipher)id);
}

static bool
has_auth(const struct crypt *c, unsigned int id)
{
	return crypt_has_auth(c, (enum alg_auth)id);
}

static bool
has_prf(const struct crypt *c, unsigned int id)
{
	return crypt_has_prf(c, (enum alg_prf)id);
}

static bool
has_dh(const struct crypt *c, unsigned int id)
{
	return crypt_has_dh(c, (enum alg_dh)id);
}

static bool
has_any(const struct crypt *c, unsigned int id)
{
	return true;
}

static void
take(const struct crypt *crypt, has_fn *has, const uint8_t *ids, uint32_t n,
	struct proposal_algs *out)
{
	out->n = 0;
	for (uint32_t i = 0; i < n && out->n < PROPOSAL_LIST_MAX; i++)
		if (has(crypt, ids[i]))
			out->id[out->n++] = ids[i];
}

unsigned int
suite_ike_config(const struct ike *ike, const struct peer *p, struct proposal_config *out)
{
	const struct msg_ike_peer_proposal *m;
	unsigned int n = 0;

	for (; n < p->n_proposals && n < PROPOSAL_CONFIG_MAX; n++) {
		m = &p->proposals[n];
		out[n] = (struct proposal_config){ .protocol = WIRE_PROTO_IKE };
		take(ike->crypt, has_cipher, m->encryption.data, m->encryption.len,
			&out[n].encryption);
		take(ike->crypt, has_auth, m->integrity.data, m->integrity.len, &out[n].integrity);
		take(ike->crypt, has_prf, m->prf.data, m->prf.len, &out[n].prf);
		take(ike->crypt, has_dh, m->dh.data, m->dh.len, &out[n].dh);
	}
	return n;
}

/* What protects packets is the datapath's business; of ours are the groups. */
unsigned int
suite_child_config(const struct child *c, struct proposal_config *out)
{
	const struct msg_ike_child_proposal *m;
	unsigned int n = 0;

	for (; n < c->n_proposals && n < PROPOSAL_CONFIG_MAX; n++) {
		m = &c->proposals[n];
		out[n] = (struct proposal_config){ .protocol = m->protocol == 51 ? WIRE_PROTO_AH
										 : WIRE_PROTO_ESP,
			.esn = m->esn,
			.esn_only = m->esn_only };
		take(c->ike->crypt, has_any, m->encryption.data, m->encryption.len,
			&out[n].encryption);
		take(c->ike->crypt, has_any, m->integrity.data, m->integrity.len,
			&out[n].integrity);
		take(c->ike->crypt, has_dh, m->dh.data, m->dh.len, &out[n].dh);
	}
	return n;
}

static bool
in(const struct proposal_algs *l, uint8_t id)
{
	return memchr(l->id, id, l->n) != NULL;
}

static bool
allows(const struct proposal_config *config, unsigned int n, const struct proposal_choice *suite,
	bool dh_too)
{
	for (unsigned int i = 0; i < n; i++) {
		const struct proposal_config *p = &config[i];

		if (p->protocol == suite->protocol &&
			(suite->cipher == ALG_CIPHER_NONE || in(&p->encryption, suite->cipher)) &&
			(suite->auth == ALG_AUTH_NONE || in(&p->integrity, suite->auth)) &&
			(suite->prf == ALG_PRF_NONE || in(&p->prf, suite->prf)) &&
			(!dh_too || in(&p->dh, suite->dh)) && (suite->esn ? p->esn : !p->esn_only))
			return true;
	}
	return false;
}

bool
suite_ike_allows(const struct ike *ike, const struct peer *p, const struct proposal_choice *suite)
{
	struct proposal_config config[PROPOSAL_CONFIG_MAX];
	struct proposal_choice plain = *suite;

	plain.esn = false;
	return allows(config, suite_ike_config(ike, p, config), &plain, true);
}

bool
suite_child_allows(const struct child *c, const struct proposal_choice *suite)
{
	struct proposal_config config[PROPOSAL_CONFIG_MAX];

	/* the first pair has no exchange of its own: its group says nothing */
	return allows(config, suite_child_config(c, config), suite, false);
}

uint8_t
suite_first_group(const struct proposal_config *config, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		if (config[i].dh.n > 0)
			return config[i].dh.id[0];
	return ALG_DH_NONE;
}

const char *
suite_ike_format(const struct ike *ike, const struct peer *p, char out[PROPOSAL_TEXT_MAX])
{
	struct proposal_config config[PROPOSAL_CONFIG_MAX];
	unsigned int n = suite_ike_config(ike, p, config);

	return proposal_format_offer(config, n, true, out, PROPOSAL_TEXT_MAX);
}

const char *
suite_child_format(const struct child *c, bool with_dh, char out[PROPOSAL_TEXT_MAX])
{
	struct proposal_config config[PROPOSAL_CONFIG_MAX];
	unsigned int n = suite_child_config(c, config);

	return proposal_format_offer(config, n, with_dh, out, PROPOSAL_TEXT_MAX);
}
