/*
 * Manual security associations (RFC 4301 4.5.1) from a policy or a profile and its proposal: ESP, AH, or
 * AH around ESP. Refuses to know selectors and routes.
 */
#include "config.h"

#include "daemon/compile/manual.h"

#include "daemon/compile/keys.h"
#include "daemon/compile/transform.h"
#include "lib/arena.h"
#include "lib/err.h"
#include "lib/secret.h"
#include "schema/seal.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

/* One protocol of the proposal, and its SAs' configuration. */
struct part {
	struct transform t;
	const struct cfg_manual_sa *out, *in;
};

enum { MOST_PARTS = TRANSFORMS_MOST };

/* The outermost first. */
static unsigned int
parts_of(const struct manual *m, struct part parts[MOST_PARTS])
{
	struct transform t[TRANSFORMS_MOST];
	unsigned int n = transform_of(&m->proposal, &m->global, t);

	for (unsigned int i = 0; i < n; i++) {
		bool ah = t[i].protocol == IPPROTO_AH;

		parts[i] = (struct part){ .t = t[i],
			.out = ah ? &m->keying->out_ah : &m->keying->out_esp,
			.in = ah ? &m->keying->in_ah : &m->keying->in_esp };
	}
	return n;
}

struct reading {
	struct compile_job *job;
	struct manual *manual;
};

static int
on_proposal(void *arg, const void *cfg)
{
	struct reading *r = arg;
	struct value key = VALUE_OF_TEXT(((const struct cfg_proposal_ref *)cfg)->proposal);

	if (r->manual->n_proposals++ > 0)
		return 0;
	return cfg_get(
		r->job->store, &cfg_ipsec_proposal, &key, r->job->set->arena, &r->manual->proposal);
}

int
manual_read(struct compile_job *j, struct manual *m, const struct cfg_shape *shape,
	const struct value *key, unsigned int n_key)
{
	struct reading r = { j, m };
	struct value one = VALUE_OF_INT(1);
	int rc = cfg_get(j->store, &cfg_ipsec_global, &one, j->set->arena, &m->global);

	m->n_proposals = 0;
	return rc != 0 ? rc : cfg_each(j->store, shape, key, n_key, j->set->arena, on_proposal, &r);
}

static bool
has_keys(const struct cfg_manual_sa *sa, const struct alg_cipher_info *c)
{
	if (sa->string_key != NULL)
		return true;
	return sa->authentication_key != NULL &&
		(alg_cipher_keymat(c) == 0 || sa->encryption_key != NULL);
}

static const char *
part_lacks(struct compile_job *j, const struct part *p)
{
	const struct alg_cipher_info *c = alg_cipher(p->t.cipher);
	const struct cfg_manual_sa *sas[] = { p->in, p->out };
	static const char *const ways[] = { "inbound", "outbound" };

	if (!transform_runs(&p->t))
		return "the proposal names an algorithm that does not run here";
	for (unsigned int i = 0; i < 2; i++)
		if (sas[i]->spi == CFG_NONE)
			return arena_printf(
				j->set->arena, "no SPI for the %s %s SA", ways[i], p->t.name);
	for (unsigned int i = 0; i < 2; i++)
		if (!has_keys(sas[i], c))
			return arena_printf(
				j->set->arena, "no keys for the %s %s SA", ways[i], p->t.name);
	return NULL;
}

const char *
manual_lacks(struct compile_job *j, const struct manual *m)
{
	struct part parts[MOST_PARTS];
	const char *lacks = NULL;
	unsigned int n;

	if (m->n_proposals != 1)
		return m->n_proposals == 0 ? "no proposal"
					   : "keys typed by hand go with one proposal";
	if (m->remote.af == 0)
		return "no tunnel remote address";
	if (m->local.af == 0)
		return "no tunnel local address";
	n = parts_of(m, parts);
	for (unsigned int i = 0; i < n && lacks == NULL; i++)
		lacks = part_lacks(j, &parts[n - 1 - i]);
	return lacks;
}

uint32_t
manual_inner_mtu(const struct manual *m, uint32_t path_mtu)
{
	return transform_inner_mtu(&m->proposal, &m->global, m->remote.af, path_mtu);
}

/* --- keys ----------------------------------------------------------------------------- */

static int
reveal(struct compile_job *j, const char *sealed, struct secret **out, struct err *e)
{
	*out = NULL;
	return sealed == NULL ? 0 : seal_reveal(j->seal, sealed, out, e);
}

static int
keys_by_string(
	struct compile_job *j, const struct cfg_manual_sa *cfg, struct msg_dp_sa *sa, struct err *e)
{
	struct secret *s;
	int rc = reveal(j, cfg->string_key, &s, e);

	if (rc == 0 && (rc = keys_from_string(j->keys, s, sa)) != 0)
		err_set(e, rc, "string key", "keys cannot be derived: %s", strerror(-rc));
	secret_free(s);
	return rc;
}

static int
keys_by_hex(
	struct compile_job *j, const struct cfg_manual_sa *cfg, struct msg_dp_sa *sa, struct err *e)
{
	struct secret *auth = NULL, *cipher = NULL;
	int rc = reveal(j, cfg->authentication_key, &auth, e);

	if (rc == 0)
		rc = reveal(j, cfg->encryption_key, &cipher, e);
	if (rc == 0)
		rc = keys_auth_from_hex(auth, sa, e);
	if (rc == 0 && sa->cipher != ALG_CIPHER_NONE)
		rc = keys_cipher_from_hex(cipher, sa, e);
	secret_free(auth);
	secret_free(cipher);
	return rc;
}

static int
keys_of(struct compile_job *j, const struct manual *m, const struct part *p, struct msg_dp_sa *sa,
	struct err *e)
{
	const struct cfg_manual_sa *cfg = sa->inbound ? p->in : p->out;
	const char *way = sa->inbound ? "inbound" : "outbound";
	struct err why = { 0 };
	int rc;

	if (cfg->string_key != NULL &&
		(cfg->authentication_key != NULL || cfg->encryption_key != NULL))
		return err_set(e, -EINVAL, m->label,
			"the %s %s SA has a string key and hexadecimal keys: undo one of them", way,
			p->t.name);
	rc = cfg->string_key != NULL ? keys_by_string(j, cfg, sa, &why)
				     : keys_by_hex(j, cfg, sa, &why);
	if (rc != 0)
		err_set(e, rc, m->label, "%s %s SA, %s: %s", way, p->t.name, why.object, why.text);
	return rc;
}

/* --- SAs ------------------------------------------------------------------------------ */

/* In a bundle the outer header of tunnel mode is ESP's: AH goes behind it. */
static enum msg_sa_mode
mode_of(const struct manual *m, const struct part *p)
{
	bool around = p->t.protocol == IPPROTO_AH && strcmp(m->proposal.transform, "ah") != 0;

	return transform_is_tunnel(&m->proposal) && !around ? MSG_SA_TUNNEL : MSG_SA_TRANSPORT;
}

static void
sa_base(struct compile_job *j, const struct manual *m, const struct part *p, bool inbound,
	struct msg_dp_sa *sa)
{
	struct want_answer path;

	sa->inbound = inbound;
	sa->protocol = p->t.protocol;
	sa->mode = (uint8_t)mode_of(m, p);
	sa->spi = (uint32_t)(inbound ? p->in->spi : p->out->spi);
	sa->source = inbound ? m->remote : m->local;
	sa->destination = inbound ? m->local : m->remote;
	sa->cipher = (uint16_t)p->t.cipher;
	sa->auth = (uint16_t)p->t.auth;
	if (inbound) {
		sa->replay_window = transform_window(&m->global, m->keying);
		return;
	}
	sa->df = (uint8_t)transform_df(&m->global);
	sa->fragment_before = m->global.fragmentation_before > 0;
	sa->mtu = job_path(j, &m->remote, &path) == 0 ? path.mtu : 0;
}

/* Inbound an SPI stands alone (RFC 4301 4.1); outbound it is the peer's to choose. */
static void
claim_spi(struct compile_job *j, const struct manual *m, const struct part *p,
	const struct msg_dp_sa *sa)
{
	char dst[ADDR_STRLEN];
	const char *what = sa->inbound
		? arena_printf(j->set->arena, "inbound %s SPI %u", p->t.name, sa->spi)
		: arena_printf(j->set->arena, "outbound %s SPI %u to %s", p->t.name, sa->spi,
			  addr_format(&sa->destination, dst));

	want_set_claim_text(j->set, m->label, what, what);
}

/* *key: of the SA around this one, or NULL; becomes this one's. */
static int
compile_sa(struct compile_job *j, const struct manual *m, const struct part *p, bool inbound,
	const char **key, struct err *e)
{
	struct want w = { .kind = WANT_SA };
	struct msg_dp_sa *sa = &w.sa.sa;
	int rc;

	sa_base(j, m, p, inbound, sa);
	w.sa.bundle_key = *key;
	strlcpy(w.sa.device, m->device, sizeof(w.sa.device));
	strlcpy(sa->policy, m->policy, sizeof(sa->policy));
	rc = keys_of(j, m, p, sa, e);
	if (rc == 0) {
		w.sa.fingerprint = keys_fingerprint(j->keys, sa);
		claim_spi(j, m, p, sa);
		*key = want_set_add(j->set, &w)->key;
	}
	secret_wipe(&w, sizeof(w));
	return rc;
}

/* Counters that start again with the same key would repeat a nonce. */
static int
check_part(const struct manual *m, const struct part *p, struct err *e)
{
	const struct alg_cipher_info *c = alg_cipher(p->t.cipher);
	const struct alg_auth_info *a = alg_auth(p->t.auth);
	const char *name = c != NULL && !c->manual ? c->display : !a->manual ? a->display : NULL;

	if (name == NULL)
		return 0;
	return err_set(e, -EINVAL, m->label,
		"%s cannot be used with keys typed by hand: it needs keys that change", name);
}

int
manual_compile(struct compile_job *j, const struct manual *m, const char **key_out,
	const char **key_in, struct err *e)
{
	struct part parts[MOST_PARTS];
	unsigned int n = parts_of(m, parts);
	int rc = 0;

	*key_out = *key_in = NULL;
	if (m->local.af != m->remote.af)
		return err_set(e, -EINVAL, m->label,
			"the tunnel's local and remote address are of two families");
	for (unsigned int i = 0; i < n && rc == 0; i++) {
		bool ah = parts[i].t.protocol == IPPROTO_AH;

		rc = check_part(m, &parts[i], e);
		if (rc == 0)
			rc = compile_sa(j, m, &parts[i], false, key_out, e);
		if (rc == 0)
			rc = compile_sa(j, m, &parts[i], true, key_in, e);
		want_set_need(j->set, ah ? WANT_NEED_AH : WANT_NEED_ESP, m->remote.af);
	}
	return rc;
}
