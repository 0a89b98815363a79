/*
 * Negotiated security associations: from a policy or a profile with an `ike peer` to a peer and children,
 * which the IKE speaker is told, and the groups that rules name meanwhile (RFC 7296, RFC 4301 4.4.1). The
 * pre-shared key is opened here and goes nowhere but into the peer. Refuses to know routes and the SPD.
 */
#include "config.h"

#include "daemon/compile/isakmp.h"

#include "daemon/compile/transform.h"
#include "lib/arena.h"
#include "lib/err.h"
#include "lib/secret.h"
#include "schema/seal.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

enum { KILOBYTE = 1024, ICMP_ANY = 0xffff, PORT_MAX = 0xffff };

/* --- reading ---------------------------------------------------------------------------- */

struct reading {
	struct compile_job *job;
	struct isakmp *isakmp;
};

static int
on_proposal(void *arg, const void *cfg)
{
	struct reading *r = arg;
	struct isakmp *m = r->isakmp;
	struct value key = VALUE_OF_TEXT(((const struct cfg_proposal_ref *)cfg)->proposal);

	if (m->n_proposals == ISAKMP_PROPOSALS_MOST)
		return 0;
	return cfg_get(r->job->store, &cfg_ipsec_proposal, &key, r->job->set->arena,
		&m->proposals[m->n_proposals++]);
}

static int
on_remote(void *arg, const void *cfg)
{
	struct isakmp *m = arg;

	if (m->n_remotes < ISAKMP_REMOTES_MOST)
		m->remotes[m->n_remotes++] = ((const struct cfg_ike_peer_address *)cfg)->address;
	return 0;
}

static int
peer_read(struct compile_job *j, struct isakmp *m)
{
	struct value key = VALUE_OF_TEXT(m->negotiation->ike_peer);
	struct arena *a = j->set->arena;
	char text[ADDR_STRLEN];
	int rc = cfg_get(j->store, &cfg_ike_peer, &key, a, &m->peer);

	if (rc == 0)
		rc = cfg_each(j->store, &cfg_ike_peer_address, &key, 1, a, on_remote, m);
	if (rc != 0)
		return rc;
	m->peer_key = m->peer.name;
	if (m->n_remotes == 0 && m->destination.af != 0) {
		m->remotes[m->n_remotes++] = m->destination;
		m->peer_key =
			arena_printf(a, "%s %s", m->peer.name, addr_format(&m->destination, text));
	}
	if (m->local.af == 0)
		m->local = m->peer.local_address;
	return 0;
}

int
isakmp_read(struct compile_job *j, struct isakmp *m, const struct cfg_shape *shape,
	const struct value *key, unsigned int n_key)
{
	struct reading r = { j, m };
	struct value one = VALUE_OF_INT(1);
	int rc = cfg_get(j->store, &cfg_ipsec_global, &one, j->set->arena, &m->global);

	m->n_proposals = m->n_remotes = 0;
	if (rc == 0)
		rc = cfg_each(j->store, shape, key, n_key, j->set->arena, on_proposal, &r);
	return rc != 0 || m->negotiation->ike_peer == NULL ? rc : peer_read(j, m);
}

/* --- what is lacking ---------------------------------------------------------------------- */

static const char *
proposal_lacks(struct compile_job *j, const struct isakmp *m, const struct cfg_ipsec_proposal *p)
{
	struct transform t[TRANSFORMS_MOST];
	unsigned int n = transform_of(p, &m->global, t);

	if (n > 1)
		return arena_printf(j->set->arena,
			"the proposal %s is AH around ESP, which IKEv2 cannot negotiate", p->name);
	if (!transform_runs(&t[0]))
		return arena_printf(j->set->arena,
			"the proposal %s names an algorithm that does not run here", p->name);
	if (transform_is_tunnel(p) != transform_is_tunnel(&m->proposals[0]))
		return "its proposals differ in the encapsulation mode";
	return NULL;
}

/* What makes an identity of a name and a type unsayable: whoever is meant must never become anybody. Of the
 * type ip it may be left out (an address of the end's), as may be our name. */
static const char *
identity_lacks(struct compile_job *j, const struct cfg_ike_peer *p, const char *which,
	const char *type, const char *id, bool has_name)
{
	struct arena *a = j->set->arena;
	struct addr addr;
	bool is_ip = type != NULL && strcmp(type, "ip") == 0;

	if (type == NULL && id != NULL)
		return arena_printf(
			a, "the IKE peer %s has a %s without %s-type", p->name, which, which);
	if (type != NULL && !is_ip && id == NULL && !has_name)
		return arena_printf(
			a, "the IKE peer %s has a %s-type without %s", p->name, which, which);
	if (is_ip && id != NULL && addr_parse(id, &addr) != 0)
		return arena_printf(a, "the %s of the IKE peer %s is no address, as its type says",
			which, p->name);
	return NULL;
}

static const char *
peer_lacks(struct compile_job *j, const struct cfg_ike_peer *p)
{
	bool has_name = p->local_id_type != NULL && strcmp(p->local_id_type, "fqdn") == 0;
	const char *lacks;

	if (p->pre_shared_key == NULL)
		return arena_printf(
			j->set->arena, "no pre-shared key for the IKE peer %s", p->name);
	if (p->version_2 <= 0)
		return arena_printf(j->set->arena,
			"the IKE peer %s is not to speak IKEv2: nothing else runs here", p->name);
	lacks = identity_lacks(j, p, "local-id", p->local_id_type, p->local_id, has_name);
	return lacks != NULL
		? lacks
		: identity_lacks(j, p, "remote-id", p->remote_id_type, p->remote_id, false);
}

const char *
isakmp_lacks(struct compile_job *j, const struct isakmp *m)
{
	const char *lacks = NULL;

	if (m->negotiation->ike_peer == NULL)
		return "no IKE peer";
	if (m->n_proposals == 0)
		return "no proposal";
	for (size_t i = 0; i < m->n_proposals && lacks == NULL; i++)
		lacks = proposal_lacks(j, m, &m->proposals[i]);
	return lacks != NULL ? lacks : peer_lacks(j, &m->peer);
}

/* --- the peer --------------------------------------------------------------------------- */

/* The field that a word of a list names an algorithm of; id: 0 when it does not. */
typedef unsigned int find_fn(const char *keyword);

static unsigned int
find_cipher(const char *keyword)
{
	return alg_cipher_find(keyword);
}

static unsigned int
find_auth(const char *keyword)
{
	return alg_auth_find(keyword);
}

static unsigned int
find_prf(const char *keyword)
{
	return alg_prf_find(keyword);
}

static unsigned int
find_dh(const char *keyword)
{
	return alg_dh_find(keyword);
}

/* "aes-256 aes-128" as numbers of alg.def, in order. Returns how many. */
static uint32_t
list_of(const char *words, find_fn *find, uint8_t *out, size_t room)
{
	char copy[512], *rest = copy, *word;
	uint32_t n = 0;

	strlcpy(copy, words != NULL ? words : "", sizeof(copy));
	while ((word = strsep(&rest, " ")) != NULL && n < room) {
		unsigned int id = find(word);

		if (id != 0)
			out[n++] = (uint8_t)id;
	}
	return n;
}

#define LIST_OF(words, find, field) \
	((field).len = list_of(words, find, (field).data, sizeof((field).data)))

static bool
all_aead(const uint8_t *ciphers, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (alg_cipher(ciphers[i])->icv_len == 0)
			return false;
	return n > 0;
}

static int
ike_proposal(struct compile_job *j, const struct isakmp *m, struct msg_ike_peer_proposal *out)
{
	struct value key = VALUE_OF_INT(m->peer.ike_proposal);
	struct cfg_ike_proposal p;
	struct arena *a = j->set->arena;
	int rc = m->peer.ike_proposal == CFG_NONE
		? cfg_defaults(j->store, &cfg_ike_proposal, a, &p)
		: cfg_get(j->store, &cfg_ike_proposal, &key, a, &p);

	if (rc != 0)
		return rc;
	*out = (struct msg_ike_peer_proposal){ .number = (uint32_t)(p.number > 0 ? p.number : 0),
		.lifetime_s = (uint32_t)p.duration };
	LIST_OF(p.encryption, find_cipher, out->encryption);
	LIST_OF(p.prf, find_prf, out->prf);
	LIST_OF(p.dh, find_dh, out->dh);
	if (!all_aead(out->encryption.data, out->encryption.len))
		LIST_OF(p.integrity, find_auth, out->integrity);
	return 0;
}

/* An identity as typed, which isakmp_lacks has looked at; of the type ip without a text it is any address
 * that the end has, of this family (0: our own, whatever it is). */
static uint8_t
identity(const char *type, const char *id, uint8_t af, char out[128])
{
	static const struct {
		const char *keyword;
		uint8_t type;
	} types[] = { { "fqdn", MSG_IKE_ID_FQDN }, { "user-fqdn", MSG_IKE_ID_USER_FQDN },
		{ "key-id", MSG_IKE_ID_KEY_ID } };
	struct addr a = { .af = af };

	out[0] = '\0';
	if (type == NULL)
		return MSG_IKE_ID_NONE;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (strcmp(type, types[i].keyword) != 0)
			continue;
		strlcpy(out, id != NULL ? id : "", 128);
		return types[i].type;
	}
	if (id != NULL && addr_parse(id, &a) == 0)
		addr_format(&a, out);
	return a.af == 0 ? MSG_IKE_ID_NONE : a.af == AF_INET6 ? MSG_IKE_ID_IPV6 : MSG_IKE_ID_IPV4;
}

static uint32_t
first_of(int64_t own, int64_t general)
{
	int64_t v = own != CFG_NONE ? own : general;

	return v > 0 ? (uint32_t)v : 0;
}

static void
dpd(const struct cfg_dpd *own, const struct cfg_dpd *general, struct msg_ike_peer *out)
{
	const char *type = own->type != NULL ? own->type : general->type;

	out->dpd = type == NULL			? MSG_IKE_DPD_OFF
		: strcmp(type, "periodic") == 0 ? MSG_IKE_DPD_PERIODIC
						: MSG_IKE_DPD_ON_DEMAND;
	out->dpd_idle_s = first_of(own->idle, general->idle);
	out->dpd_interval_s = first_of(own->interval, general->interval);
	out->dpd_retries = first_of(own->retries, general->retries);
}

static int
pre_shared_key(
	struct compile_job *j, const struct isakmp *m, struct msg_ike_peer *out, struct err *e)
{
	struct secret *s = NULL;
	int rc = seal_reveal(j->seal, m->peer.pre_shared_key, &s, e);

	if (rc == 0 && s->len > sizeof(out->pre_shared_key.data))
		rc = err_set(
			e, -EINVAL, m->label, "the pre-shared key of %s is too long", m->peer.name);
	if (rc == 0) {
		memcpy(out->pre_shared_key.data, s->data, s->len);
		out->pre_shared_key.len = (uint32_t)s->len;
	}
	secret_free(s);
	return rc;
}

static int
peer_of(struct compile_job *j, const struct isakmp *m, struct msg_ike_peer *out, struct err *e)
{
	const struct cfg_ike_peer *p = &m->peer;
	const char *remote_id = p->remote_id;
	uint8_t af = m->n_remotes > 0 ? m->remotes[0].af : m->local.af;
	char text[ADDR_STRLEN];
	struct value one = VALUE_OF_INT(1);
	struct cfg_ike_global g;
	int rc = cfg_get(j->store, &cfg_ike_global, &one, j->set->arena, &g);

	if (rc != 0)
		return rc;
	strlcpy(out->name, p->name, sizeof(out->name));
	out->versions = (uint8_t)((p->version_1 > 0) | (p->version_2 > 0) << 1);
	out->local_id_type = identity(p->local_id_type, p->local_id, 0, out->local_id);
	if (remote_id == NULL && m->n_remotes == 1)
		remote_id = addr_format(&m->remotes[0], text);
	out->remote_id_type =
		identity(p->remote_id_type, remote_id, af != 0 ? af : AF_INET, out->remote_id);
	out->nat_traversal = p->nat_traversal > 0;
	out->reauth_s = first_of(p->reauthentication, 0);
	dpd(&p->dpd, &g.dpd, out);
	return pre_shared_key(j, m, out, e);
}

static int
want_peer(struct compile_job *j, const struct isakmp *m, struct err *e)
{
	struct arena *a = j->set->arena;
	struct want w = { .kind = WANT_IKE_PEER };
	struct msg_ike_peer_proposal *p = arena_alloc(a, sizeof(*p));
	int rc = ike_proposal(j, m, p);

	if (rc != 0)
		return rc;
	w.ike_peer = (struct want_ike_peer){ .name = m->peer_key,
		.peer = arena_alloc(a, sizeof(*w.ike_peer.peer)),
		.n_remotes = m->n_remotes,
		.proposals = p,
		.n_proposals = 1 };
	if (m->n_remotes > 0)
		w.ike_peer.remotes =
			arena_memdup(a, m->remotes, m->n_remotes * sizeof(m->remotes[0]));
	rc = peer_of(j, m, w.ike_peer.peer, e);
	if (rc != 0)
		secret_wipe(w.ike_peer.peer, sizeof(*w.ike_peer.peer));
	else
		want_set_add(j->set, &w);
	return rc;
}

/* A peer without address may come from anywhere, in the family of our end. */
static void
need(struct compile_job *j, const struct isakmp *m)
{
	struct transform t[TRANSFORMS_MOST];
	uint8_t af = m->local.af != 0 ? m->local.af : AF_INET;

	for (size_t r = 0; r < m->n_remotes || r == 0; r++) {
		if (m->n_remotes > 0)
			af = m->remotes[r].af;
		want_set_need(j->set, WANT_NEED_IKE, af);
		for (size_t i = 0; i < m->n_proposals; i++) {
			transform_of(&m->proposals[i], &m->global, t);
			want_set_need(j->set,
				t[0].protocol == IPPROTO_AH ? WANT_NEED_AH : WANT_NEED_ESP, af);
		}
	}
}

static void
child_proposal(const struct isakmp *m, const struct cfg_ipsec_proposal *p,
	struct msg_ike_child_proposal *out)
{
	struct transform t[TRANSFORMS_MOST];

	transform_of(p, &m->global, t);
	strlcpy(out->name, p->name, sizeof(out->name));
	out->protocol = t[0].protocol;
	out->esn = p->esn > 0;
	if (t[0].protocol == IPPROTO_ESP)
		out->encryption.data[out->encryption.len++] = (uint8_t)t[0].cipher;
	if (!all_aead(out->encryption.data, out->encryption.len))
		out->integrity.data[out->integrity.len++] = (uint8_t)t[0].auth;
	LIST_OF(m->negotiation->pfs, find_dh, out->dh);
}

static struct msg_ike_child_proposal *
child_proposals(struct compile_job *j, const struct isakmp *m)
{
	struct msg_ike_child_proposal *p = arena_alloc(j->set->arena, m->n_proposals * sizeof(*p));

	for (size_t i = 0; i < m->n_proposals; i++)
		child_proposal(m, &m->proposals[i], &p[i]);
	return p;
}

static uint32_t
path_mtu(struct compile_job *j, const struct isakmp *m)
{
	struct want_answer path;
	uint32_t least = 0;

	for (size_t i = 0; i < m->n_remotes; i++)
		if (job_path(j, &m->remotes[i], &path) == 0 && path.mtu != 0 &&
			(least == 0 || path.mtu < least))
			least = path.mtu;
	return least;
}

int
isakmp_compile(struct compile_job *j, struct isakmp *m, struct err *e)
{
	int rc;

	for (size_t i = 0; i < m->n_remotes; i++)
		if (m->local.af != 0 && m->remotes[i].af != m->local.af)
			return err_set(e, -EINVAL, m->label,
				"our address and the IKE peer %s's are of two families",
				m->peer.name);
	rc = want_peer(j, m, e);
	if (rc != 0)
		return rc;
	need(j, m);
	m->path_mtu = path_mtu(j, m);
	m->child_proposals = child_proposals(j, m);
	return 0;
}

/* --- size ------------------------------------------------------------------------------- */

uint32_t
isakmp_inner_mtu(const struct isakmp *m, uint32_t path_mtu)
{
	uint8_t af = m->n_remotes > 0 ? m->remotes[0].af : m->local.af;
	uint32_t least = path_mtu;

	for (size_t i = 0; i < m->n_proposals; i++) {
		uint32_t mtu = transform_inner_mtu(&m->proposals[i], &m->global, af, path_mtu);

		least = i == 0 || mtu < least ? mtu : least;
	}
	return least;
}

/* --- children ----------------------------------------------------------------------------- */

/* The addresses that a wildcard leaves, when they are one range. */
static bool
range_of(const struct addr *a, const struct addr *wildcard, struct addr *low, struct addr *high)
{
	size_t bits = addr_len(a) * 8;
	bool open = false;

	*low = *high = *a;
	for (size_t i = 0; i < bits; i++) {
		bool bit = (wildcard->b[i / 8] & 0x80 >> i % 8) != 0;

		if (open && !bit)
			return false;
		open = bit;
	}
	for (size_t i = 0; i < bits / 8; i++) {
		low->b[i] &= (uint8_t)~wildcard->b[i];
		high->b[i] |= wildcard->b[i];
	}
	return true;
}

/* ICMP's type and code stand where ports do (RFC 4301 4.4.1.1). */
static void
icmp_as_ports(const struct msg_dp_spd_rule *r, struct msg_ike_child *c)
{
	uint16_t low = (uint16_t)(r->icmp_type << 8), high = low | 0xff;

	if (r->icmp_type == ICMP_ANY)
		return;
	if (r->icmp_code != ICMP_ANY)
		low = high = (uint16_t)(low | (r->icmp_code & 0xff));
	c->local_port_low = c->remote_port_low = low;
	c->local_port_high = c->remote_port_high = high;
}

static bool
selectors(const struct msg_dp_spd_rule *r, struct msg_ike_child *c)
{
	c->rule = r->rule;
	c->protocol = r->protocol;
	c->local_port_low = r->source_port_low;
	c->local_port_high = r->source_port_high;
	c->remote_port_low = r->destination_port_low;
	c->remote_port_high = r->destination_port_high;
	icmp_as_ports(r, c);
	return range_of(&r->source, &r->source_wildcard, &c->local_low, &c->local_high) &&
		range_of(
			&r->destination, &r->destination_wildcard, &c->remote_low, &c->remote_high);
}

static void
child_fill(const struct isakmp *m, struct msg_ike_child *c)
{
	const struct cfg_negotiation *n = m->negotiation;

	strlcpy(c->name, m->name, sizeof(c->name));
	strlcpy(c->interface, m->interface, sizeof(c->interface));
	c->local = m->local;
	c->mode = transform_is_tunnel(&m->proposals[0]) ? MSG_SA_TUNNEL : MSG_SA_TRANSPORT;
	c->automatic = m->automatic;
	c->lifetime_s = first_of(n->sa_duration_time, m->global.sa_duration_time);
	c->lifetime_bytes =
		(uint64_t)first_of(n->sa_duration_traffic, m->global.sa_duration_traffic) *
		KILOBYTE;
	c->replay_window = transform_window(&m->global, m->keying);
}

static const char *
child_name(struct compile_job *j, const struct isakmp *m, const struct msg_ike_child *c)
{
	const char *v6 = c->local_low.af == AF_INET6 ? " ipv6" : "";

	if (c->rule == 0)
		return arena_printf(j->set->arena, "%s %s%s", m->name, m->interface, v6);
	return arena_printf(j->set->arena, "%s %s %u%s", m->name, m->interface, c->rule, v6);
}

const char *
isakmp_child(struct compile_job *j, const struct isakmp *m, const struct msg_dp_spd_rule *rule,
	const char **why)
{
	struct arena *a = j->set->arena;
	struct want group = { .kind = WANT_GROUP }, child = { .kind = WANT_IKE_CHILD };
	struct msg_ike_child *c = arena_alloc(a, sizeof(*c));

	if (!selectors(rule, c)) {
		*why = arena_printf(a,
			"rule %u has a wildcard that is no prefix: IKE cannot say what it selects",
			rule->rule);
		return NULL;
	}
	child_fill(m, c);
	group.group = (struct want_group){ .name = child_name(j, m, c),
		.child = c,
		.policy = arena_printf(a, "%s %s", m->name, m->interface),
		.mtu = m->path_mtu,
		.df = (uint8_t)transform_df(&m->global),
		.fragment_before = m->global.fragmentation_before > 0,
		.whole = c->rule == 0 && c->protocol == IPPROTO_GRE };
	strlcpy(group.group.device, m->device, sizeof(group.group.device));
	child.ike_child = (struct want_ike_child){ .group = group.group,
		.peer = m->peer_key,
		.proposals = m->child_proposals,
		.n_proposals = m->n_proposals };
	want_set_add(j->set, &child);
	return want_set_add(j->set, &group)->key;
}
