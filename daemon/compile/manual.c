/*
 * Manual security associations (RFC 4301 4.5.1) from a policy or a profile and its proposal: ESP, AH, or
 * AH around ESP. Refuses to know selectors and routes.
 */
#include "config.h"

#include "daemon/compile/manual.h"

#include "daemon/compile/keys.h"
#include "lib/arena.h"
#include "lib/err.h"
#include "lib/secret.h"
#include "schema/seal.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

enum { IP_HDR_LEN = 20, IP6_HDR_LEN = 40, ESP_HDR_LEN = 8, ESP_TRAILER_LEN = 2, ESP_ALIGN = 4 };
enum { AH_HDR_LEN = 12, AH_ALIGN = 4, AH6_ALIGN = 8 };

/* One protocol of a proposal: its algorithms, and its SAs' configuration. */
struct part {
	uint8_t protocol;
	const char *name;
	enum alg_cipher cipher;
	enum alg_auth auth;
	const struct cfg_manual_sa *out, *in;
};

enum { MOST_PARTS = 2 };

static enum alg_auth
auth_of(const struct manual *m, const char *keyword)
{
	enum alg_auth auth = alg_auth_find(keyword);

	return m->global.sha2_compatible > 0 ? alg_auth_compatible(auth) : auth;
}

/* The outermost first. */
static unsigned int
parts_of(const struct manual *m, struct part parts[MOST_PARTS])
{
	const struct cfg_ipsec_proposal *p = &m->proposal;
	unsigned int n = 0;

	if (strncmp(p->transform, "ah", 2) == 0)
		parts[n++] = (struct part){ .protocol = IPPROTO_AH,
			.name = "AH",
			.auth = auth_of(m, p->ah_authentication),
			.out = &m->keying->out_ah,
			.in = &m->keying->in_ah };
	if (strcmp(p->transform, "ah") != 0)
		parts[n++] = (struct part){ .protocol = IPPROTO_ESP,
			.name = "ESP",
			.cipher = alg_cipher_find(p->esp_encryption),
			.auth = auth_of(m, p->esp_authentication),
			.out = &m->keying->out_esp,
			.in = &m->keying->in_esp };
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
is_tunnel(const struct manual *m)
{
	return strcmp(m->proposal.encapsulation_mode, "tunnel") == 0;
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
	const struct alg_cipher_info *c = alg_cipher(p->cipher);
	const struct cfg_manual_sa *sas[] = { p->in, p->out };
	static const char *const ways[] = { "inbound", "outbound" };

	if ((p->protocol == IPPROTO_ESP && c == NULL) || p->auth == ALG_AUTH_NONE)
		return "the proposal names an algorithm that does not run here";
	for (unsigned int i = 0; i < 2; i++)
		if (sas[i]->spi == CFG_NONE)
			return arena_printf(
				j->set->arena, "no SPI for the %s %s SA", ways[i], p->name);
	for (unsigned int i = 0; i < 2; i++)
		if (!has_keys(sas[i], c))
			return arena_printf(
				j->set->arena, "no keys for the %s %s SA", ways[i], p->name);
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

/* --- size ----------------------------------------------------------------------------- */

static uint32_t
ah_len(const struct manual *m, const struct part *p)
{
	const struct alg_auth_info *a = alg_auth(p->auth);
	uint32_t align = m->remote.af == AF_INET6 ? AH6_ALIGN : AH_ALIGN;

	return (AH_HDR_LEN + a->iv_len + a->icv_len + align - 1) / align * align;
}

/* What fits into ESP of that many bytes, its header included. */
static uint32_t
esp_room(const struct part *p, uint32_t len)
{
	const struct alg_cipher_info *c = alg_cipher(p->cipher);
	const struct alg_auth_info *a = alg_auth(p->auth);
	uint32_t block = c->block > ESP_ALIGN ? c->block : ESP_ALIGN;
	uint32_t around = ESP_HDR_LEN + c->iv_len + c->icv_len;

	if (c->icv_len == 0)
		around += a->icv_len;
	if (len < around + block)
		return 0;
	return (len - around) / block * block - ESP_TRAILER_LEN;
}

uint32_t
manual_inner_mtu(const struct manual *m, uint32_t path_mtu)
{
	uint32_t header = m->remote.af == AF_INET6 ? IP6_HDR_LEN : IP_HDR_LEN, room = path_mtu;
	struct part parts[MOST_PARTS];
	unsigned int n = parts_of(m, parts);

	room = room > header ? room - header : 0;
	for (unsigned int i = 0; i < n; i++) {
		if (parts[i].protocol == IPPROTO_ESP)
			room = esp_room(&parts[i], room);
		else
			room = room > ah_len(m, &parts[i]) ? room - ah_len(m, &parts[i]) : 0;
	}
	/* in transport mode the packet's own header is the one outside */
	return room == 0 || is_tunnel(m) ? room : room + header;
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
			p->name);
	rc = cfg->string_key != NULL ? keys_by_string(j, cfg, sa, &why)
				     : keys_by_hex(j, cfg, sa, &why);
	if (rc != 0)
		err_set(e, rc, m->label, "%s %s SA, %s: %s", way, p->name, why.object, why.text);
	return rc;
}

/* --- SAs ------------------------------------------------------------------------------ */

static uint32_t
replay_window(const struct manual *m)
{
	if (m->global.anti_replay <= 0)
		return 0;
	return (uint32_t)(m->keying->anti_replay_window != CFG_NONE ? m->keying->anti_replay_window
								    : m->global.anti_replay_window);
}

static enum msg_df
df_of(const struct manual *m)
{
	static const struct {
		const char *keyword;
		enum msg_df df;
	} rows[] = { { "set", MSG_DF_SET }, { "clear", MSG_DF_CLEAR } };

	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (m->global.df_bit != NULL && strcmp(m->global.df_bit, rows[i].keyword) == 0)
			return rows[i].df;
	return MSG_DF_COPY;
}

/* In a bundle the outer header of tunnel mode is ESP's: AH goes behind it. */
static enum msg_sa_mode
mode_of(const struct manual *m, const struct part *p)
{
	bool around = p->protocol == IPPROTO_AH && strcmp(m->proposal.transform, "ah") != 0;

	return is_tunnel(m) && !around ? MSG_SA_TUNNEL : MSG_SA_TRANSPORT;
}

static void
sa_base(struct compile_job *j, const struct manual *m, const struct part *p, bool inbound,
	struct msg_dp_sa *sa)
{
	struct want_answer path;

	sa->inbound = inbound;
	sa->protocol = p->protocol;
	sa->mode = (uint8_t)mode_of(m, p);
	sa->spi = (uint32_t)(inbound ? p->in->spi : p->out->spi);
	sa->source = inbound ? m->remote : m->local;
	sa->destination = inbound ? m->local : m->remote;
	sa->cipher = (uint16_t)p->cipher;
	sa->auth = (uint16_t)p->auth;
	if (inbound) {
		sa->replay_window = replay_window(m);
		return;
	}
	sa->df = (uint8_t)df_of(m);
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
		? arena_printf(j->set->arena, "inbound %s SPI %u", p->name, sa->spi)
		: arena_printf(j->set->arena, "outbound %s SPI %u to %s", p->name, sa->spi,
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
	const struct alg_cipher_info *c = alg_cipher(p->cipher);
	const struct alg_auth_info *a = alg_auth(p->auth);
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
		bool ah = parts[i].protocol == IPPROTO_AH;

		rc = check_part(m, &parts[i], e);
		if (rc == 0)
			rc = compile_sa(j, m, &parts[i], false, key_out, e);
		if (rc == 0)
			rc = compile_sa(j, m, &parts[i], true, key_in, e);
		want_set_need(j->set, ah ? WANT_NEED_AH : WANT_NEED_ESP, m->remote.af);
	}
	return rc;
}
