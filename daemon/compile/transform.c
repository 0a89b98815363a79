/*
 * What a proposal does to packets: ESP, AH, or AH around ESP, and what room that takes. Refuses to know
 * keys and where they come from.
 */
#include "config.h"

#include "daemon/compile/transform.h"

#include <netinet/in.h>
#include <string.h>

enum { IP_HDR_LEN = 20, IP6_HDR_LEN = 40, ESP_HDR_LEN = 8, ESP_TRAILER_LEN = 2, ESP_ALIGN = 4 };
enum { AH_HDR_LEN = 12, AH_ALIGN = 4, AH6_ALIGN = 8 };

static enum alg_auth
auth_of(const struct cfg_ipsec_global *g, const char *keyword)
{
	enum alg_auth auth = alg_auth_find(keyword);

	return g->sha2_compatible > 0 ? alg_auth_compatible(auth) : auth;
}

unsigned int
transform_of(const struct cfg_ipsec_proposal *p, const struct cfg_ipsec_global *g,
	struct transform out[TRANSFORMS_MOST])
{
	unsigned int n = 0;

	if (strncmp(p->transform, "ah", 2) == 0)
		out[n++] = (struct transform){ .protocol = IPPROTO_AH,
			.name = "AH",
			.auth = auth_of(g, p->ah_authentication) };
	if (strcmp(p->transform, "ah") != 0)
		out[n++] = (struct transform){ .protocol = IPPROTO_ESP,
			.name = "ESP",
			.cipher = alg_cipher_find(p->esp_encryption),
			.auth = auth_of(g, p->esp_authentication) };
	return n;
}

bool
transform_runs(const struct transform *t)
{
	return t->auth != ALG_AUTH_NONE && (t->protocol == IPPROTO_AH || t->cipher != 0);
}

bool
transform_is_tunnel(const struct cfg_ipsec_proposal *p)
{
	return strcmp(p->encapsulation_mode, "tunnel") == 0;
}

/* --- size ----------------------------------------------------------------------------- */

static uint32_t
ah_len(const struct transform *t, uint8_t af)
{
	const struct alg_auth_info *a = alg_auth(t->auth);
	uint32_t align = af == AF_INET6 ? AH6_ALIGN : AH_ALIGN;

	return (AH_HDR_LEN + a->iv_len + a->icv_len + align - 1) / align * align;
}

/* What fits into ESP of that many bytes, its header included. */
static uint32_t
esp_room(const struct transform *t, uint32_t len)
{
	const struct alg_cipher_info *c = alg_cipher(t->cipher);
	const struct alg_auth_info *a = alg_auth(t->auth);
	uint32_t block = c->block > ESP_ALIGN ? c->block : ESP_ALIGN;
	uint32_t around = ESP_HDR_LEN + c->iv_len + c->icv_len;

	if (c->icv_len == 0)
		around += a->icv_len;
	if (len < around + block)
		return 0;
	return (len - around) / block * block - ESP_TRAILER_LEN;
}

uint32_t
transform_inner_mtu(const struct cfg_ipsec_proposal *p, const struct cfg_ipsec_global *g,
	uint8_t af, uint32_t path_mtu)
{
	uint32_t header = af == AF_INET6 ? IP6_HDR_LEN : IP_HDR_LEN, room = path_mtu;
	struct transform t[TRANSFORMS_MOST];
	unsigned int n = transform_of(p, g, t);

	room = room > header ? room - header : 0;
	for (unsigned int i = 0; i < n; i++) {
		if (t[i].protocol == IPPROTO_ESP)
			room = esp_room(&t[i], room);
		else
			room = room > ah_len(&t[i], af) ? room - ah_len(&t[i], af) : 0;
	}
	/* in transport mode the packet's own header is the one outside */
	return room == 0 || transform_is_tunnel(p) ? room : room + header;
}

/* --- what holds for all ----------------------------------------------------------------- */

uint32_t
transform_window(const struct cfg_ipsec_global *g, const struct cfg_keying *keying)
{
	if (g->anti_replay <= 0)
		return 0;
	return (uint32_t)(keying->anti_replay_window != CFG_NONE ? keying->anti_replay_window
								 : g->anti_replay_window);
}

enum msg_df
transform_df(const struct cfg_ipsec_global *g)
{
	static const struct {
		const char *keyword;
		enum msg_df df;
	} rows[] = { { "set", MSG_DF_SET }, { "clear", MSG_DF_CLEAR } };

	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (g->df_bit != NULL && strcmp(g->df_bit, rows[i].keyword) == 0)
			return rows[i].df;
	return MSG_DF_COPY;
}
