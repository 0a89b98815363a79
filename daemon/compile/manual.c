/*
 * Manual security associations (RFC 4301 4.5.1) from a policy and its proposal: ESP in tunnel mode.
 * Refuses to know selectors and routes.
 */
#include "config.h"

#include "daemon/compile/manual.h"

#include "daemon/compile/keys.h"
#include "lib/arena.h"
#include "lib/err.h"
#include "lib/secret.h"
#include "schema/seal.h"

#include <errno.h>
#include <string.h>

enum { PROTOCOL_ESP = 50, REPLAY_WINDOW = 1024 };
enum { IP_HDR_LEN = 20, ESP_HDR_LEN = 8, ESP_TRAILER_LEN = 2, ESP_ALIGN = 4 };

static bool
has_keys(const struct cfg_manual_sa *sa, bool wants_cipher_key)
{
	if (sa->string_key != NULL)
		return true;
	return sa->authentication_key != NULL && (!wants_cipher_key || sa->encryption_key != NULL);
}

const char *
manual_lacks(const struct manual *m)
{
	const struct cfg_ipsec_policy *p = m->policy;
	const struct alg_cipher_info *c;

	if (p->proposal == NULL)
		return "no proposal";
	if (strcmp(m->proposal.transform, "esp") != 0)
		return "the proposal's transform is not esp, which is all that runs yet";
	if (strcmp(m->proposal.encapsulation_mode, "tunnel") != 0)
		return "the proposal's encapsulation mode is not tunnel, which is all that runs "
		       "yet";
	c = alg_cipher(alg_cipher_find(m->proposal.esp_encryption));
	if (c == NULL || alg_auth_find(m->proposal.esp_authentication) == ALG_AUTH_NONE)
		return "the proposal names an algorithm that does not run here";
	if (p->tunnel_remote.af == 0)
		return "no tunnel remote address";
	if (p->tunnel_local.af == 0)
		return "no tunnel local address";
	if (p->in_esp.spi == CFG_NONE)
		return "no SPI for the inbound ESP SA";
	if (p->out_esp.spi == CFG_NONE)
		return "no SPI for the outbound ESP SA";
	if (!has_keys(&p->in_esp, c->key_len > 0))
		return "no keys for the inbound ESP SA";
	return has_keys(&p->out_esp, c->key_len > 0) ? NULL : "no keys for the outbound ESP SA";
}

uint32_t
manual_inner_mtu(const struct cfg_ipsec_proposal *p, uint32_t path_mtu)
{
	const struct alg_cipher_info *c = alg_cipher(alg_cipher_find(p->esp_encryption));
	const struct alg_auth_info *a = alg_auth(alg_auth_find(p->esp_authentication));
	uint32_t block = c->block > ESP_ALIGN ? c->block : ESP_ALIGN;
	uint32_t around = IP_HDR_LEN + ESP_HDR_LEN + c->iv_len + a->icv_len;

	if (path_mtu < around + block)
		return 0;
	return (path_mtu - around) / block * block - ESP_TRAILER_LEN;
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
	if (rc == 0)
		rc = keys_cipher_from_hex(cipher, sa, e);
	secret_free(auth);
	secret_free(cipher);
	return rc;
}

static int
keys_of(struct compile_job *j, const struct manual *m, const struct cfg_manual_sa *cfg,
	struct msg_dp_sa *sa, struct err *e)
{
	const char *way = sa->inbound ? "inbound" : "outbound";
	struct err why = { 0 };
	int rc;

	if (cfg->string_key != NULL &&
		(cfg->authentication_key != NULL || cfg->encryption_key != NULL))
		return err_set(e, -EINVAL, m->label,
			"the %s ESP SA has a string key and hexadecimal keys: undo one of them",
			way);
	rc = cfg->string_key != NULL ? keys_by_string(j, cfg, sa, &why)
				     : keys_by_hex(j, cfg, sa, &why);
	if (rc != 0)
		err_set(e, rc, m->label, "%s ESP SA, %s: %s", way, why.object, why.text);
	return rc;
}

/* --- SAs ------------------------------------------------------------------------------ */

static void
sa_base(const struct manual *m, bool inbound, struct msg_dp_sa *sa)
{
	const struct cfg_ipsec_policy *p = m->policy;

	sa->inbound = inbound;
	sa->protocol = PROTOCOL_ESP;
	sa->mode = MSG_SA_TUNNEL;
	sa->spi = (uint32_t)(inbound ? p->in_esp.spi : p->out_esp.spi);
	sa->source = inbound ? p->tunnel_remote : p->tunnel_local;
	sa->destination = inbound ? p->tunnel_local : p->tunnel_remote;
	sa->cipher = (uint16_t)alg_cipher_find(m->proposal.esp_encryption);
	sa->auth = (uint16_t)alg_auth_find(m->proposal.esp_authentication);
	sa->replay_window = inbound ? REPLAY_WINDOW : 0;
}

/* Inbound an SPI stands alone (RFC 4301 4.1); outbound it is the peer's to choose. */
static void
claim_spi(struct compile_job *j, const struct manual *m, const struct msg_dp_sa *sa)
{
	char dst[ADDR_STRLEN];
	const char *what = sa->inbound ? arena_printf(j->set->arena, "inbound ESP SPI %u", sa->spi)
				       : arena_printf(j->set->arena, "outbound ESP SPI %u to %s",
						 sa->spi, addr_format(&sa->destination, dst));

	want_set_claim_text(j->set, m->label, what, what);
}

static int
compile_sa(struct compile_job *j, const struct manual *m, bool inbound, const char **key,
	struct err *e)
{
	const struct cfg_ipsec_policy *p = m->policy;
	struct want w = { .kind = WANT_SA };
	struct msg_dp_sa *sa = &w.sa.sa;
	int rc;

	sa_base(m, inbound, sa);
	strlcpy(w.sa.device, m->device, sizeof(w.sa.device));
	strlcpy(sa->policy, arena_printf(j->set->arena, "%s-%lld", p->name, (long long)p->sequence),
		sizeof(sa->policy));
	rc = keys_of(j, m, inbound ? &p->in_esp : &p->out_esp, sa, e);
	if (rc == 0) {
		w.sa.fingerprint = keys_fingerprint(j->keys, sa);
		claim_spi(j, m, sa);
		*key = want_set_add(j->set, &w)->key;
	}
	secret_wipe(&w, sizeof(w));
	return rc;
}

/* Under keys that never change a counter would repeat after a reboot (RFC 3686 2, RFC 4106 2). */
static int
check_manual(const struct manual *m, struct err *e)
{
	const struct alg_cipher_info *c = alg_cipher(alg_cipher_find(m->proposal.esp_encryption));

	if (c->manual)
		return 0;
	return err_set(e, -EINVAL, m->label,
		"%s needs keys that IKE makes: it cannot be used in a manual policy", c->display);
}

int
manual_compile(struct compile_job *j, const struct manual *m, const char **key_out,
	const char **key_in, struct err *e)
{
	int rc = check_manual(m, e);

	if (rc == 0)
		rc = compile_sa(j, m, false, key_out, e);
	return rc != 0 ? rc : compile_sa(j, m, true, key_in, e);
}
