/*
 * The kinds that live in the datapath: their steps are messages. Identities: a TUN port is its kernel
 * index, a raw port its kind with the highest bit set (UDP: and its number), an SA its slot in the shared file plus one.
 * Refuses to know why objects are wanted.
 */
#include "config.h"

#include "daemon/kind_dp.h"

#include "daemon/childlink.h"
#include "daemon/compile/keys.h"
#include "daemon/daemon.h"
#include "daemon/kind.h"
#include "daemon/kind_ike.h"
#include "daemon/negotiated.h"
#include "daemon/oscfg/oscfg.h"
#include "daemon/privopen.h"
#include "daemon/sastate.h"
#include "daemon/speaker.h"
#include "daemon/tree.h"
#include "lib/err.h"
#include "lib/log.h"
#include "lib/secret.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PORT_RAW 0x80000000u
#define PORT_UDP 0x00010000u  /* with its number below */
#define PORT_UDP6 0x00020000u /* the same for IPv6 */

struct sa_id {
	RB_ENTRY(sa_id) entry;
	char *key;
	uint32_t id;
	struct addr peer; /* af 0: inbound */
};

static int
sa_id_cmp(struct sa_id *a, struct sa_id *b)
{
	return strcmp(a->key, b->key);
}

RB_HEAD(sa_id_tree, sa_id);
TREE_STATIC(sa_id_tree, sa_id, entry, sa_id_cmp)

struct kind_dp {
	struct sa_id_tree sas;
	struct sa_id *by_slot[SASTATE_SLOTS];
};

struct kind_dp *
kind_dp_new(void)
{
	return calloc(1, sizeof(struct kind_dp));
}

static void
sa_id_free(struct kind_dp *k, struct sa_id *s)
{
	RB_REMOVE(sa_id_tree, &k->sas, s);
	k->by_slot[s->id - 1] = NULL;
	free(s->key);
	free(s);
}

void
kind_dp_forget(struct kind_dp *k)
{
	struct sa_id *s;

	while ((s = RB_ROOT(&k->sas)) != NULL)
		sa_id_free(k, s);
}

void
kind_dp_free(struct kind_dp *k)
{
	if (k == NULL)
		return;
	kind_dp_forget(k);
	free(k);
}

static struct sa_id *
sa_id_find(struct kind_dp *k, const char *key)
{
	struct sa_id probe = { .key = (char *)(uintptr_t)key };

	return RB_FIND(sa_id_tree, &k->sas, &probe);
}

static void
sa_id_set(struct kind_dp *k, const char *key, const struct msg_dp_sa *sa)
{
	struct sa_id *s = sa_id_find(k, key);

	if (s == NULL) {
		s = calloc(1, sizeof(*s));
		if (s == NULL || (s->key = strdup(key)) == NULL)
			abort();
		RB_INSERT(sa_id_tree, &k->sas, s);
	} else {
		k->by_slot[s->id - 1] = NULL;
	}
	s->id = sa->sa;
	k->by_slot[s->id - 1] = s;
	s->peer = sa->inbound ? (struct addr){ .af = 0 } : sa->destination;
}

const struct addr *
kind_dp_peer(const struct kind_dp *k, uint32_t sa)
{
	const struct sa_id *s = sa > 0 && sa <= SASTATE_SLOTS ? k->by_slot[sa - 1] : NULL;

	return s != NULL && s->peer.af != 0 ? &s->peer : NULL;
}

int
kind_dp_begin(struct daemon *d, int fd)
{
	static const struct childlink_ask nobody;
	struct msg_dp_setup m = { .n_slots = SASTATE_SLOTS };
	int rc = childlink_up(d->dplink, fd);

	if (rc == 0)
		childlink_ask(d->dplink, MSG_dp_setup, &m, sastate_fd(d->sastate), &nobody);
	return rc;
}

void
kind_dp_seq_need(struct daemon *d, uint32_t sa)
{
	struct msg_dp_seq_limit m = { .sa = sa };
	struct err e = { 0 };

	if (sastate_more(d->sastate, sa - 1, &m.seq_limit, &e) != 0)
		log_error("%s: %s", e.object, e.text);
	else
		childlink_tell(d->dplink, MSG_dp_seq_limit, 0, &m);
}

static bool
key_equal(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

/* The identity of the SA, or the group, with that key; NULL: none is wanted, 0. -ENOTCONN: it does not run,
 * not yet. A group may be named before there is anything in it. */
static int
sa_number(struct daemon *d, const char *key, uint32_t *id)
{
	const struct sa_id *s = key != NULL ? sa_id_find(d->kind_dp, key) : NULL;

	if (key != NULL && strncmp(key, WANT_NEGOTIATED, strlen(WANT_NEGOTIATED)) == 0) {
		*id = kind_ike_child_number(d->kind_ike, key);
		return 0;
	}

	*id = s != NULL ? s->id : 0;
	return key != NULL && s == NULL ? -ENOTCONN : 0;
}

/* Sends a step for w; `deleting` what is gone already succeeds. */
static int
step(struct daemon *d, const struct want *w, enum msg_type type, const void *body, int fd,
	struct err *e)
{
	int rc = childlink_step(d->dplink, type, body, fd, w->kind, w->key);

	return rc != 0 ? err_set(e, rc, w->key, "datapath: %s", strerror(-rc)) : 0;
}

static int
tun_port(struct daemon *d, const char *device, uint32_t *port, struct err *e)
{
	*port = oscfg_index(d->os, device);
	return *port != 0 ? 0 : err_set(e, -ENODEV, device, "there is no such device yet");
}

/* --- ports -------------------------------------------------------------------------------- */

static bool
is_tun(const struct want_port *p)
{
	return p->kind == MSG_PORT_TUN_TUNNEL || p->kind == MSG_PORT_TUN_PROTECTED;
}

static bool
port_equal(const struct want *a, const struct want *b)
{
	return a->port.kind == b->port.kind && a->port.af == b->port.af &&
		a->port.udp == b->port.udp && strcmp(a->port.device, b->port.device) == 0;
}

/* Protocol 0: sends only. */
static const struct {
	uint8_t af, protocol;
} raw_kinds[] = {
	[MSG_PORT_RAW_ESP] = { AF_INET, IPPROTO_ESP },
	[MSG_PORT_RAW_AH] = { AF_INET, IPPROTO_AH },
	[MSG_PORT_RAW_GRE] = { AF_INET, IPPROTO_GRE },
	[MSG_PORT_RAW_BYPASS] = { AF_INET, 0 },
	[MSG_PORT_RAW6_ESP] = { AF_INET6, IPPROTO_ESP },
	[MSG_PORT_RAW6_AH] = { AF_INET6, IPPROTO_AH },
	[MSG_PORT_RAW6_GRE] = { AF_INET6, IPPROTO_GRE },
	[MSG_PORT_RAW6_BYPASS] = { AF_INET6, 0 },
};

static int
raw_open(enum msg_port_kind kind, struct err *e)
{
	size_t k = (size_t)kind;

	if (k >= sizeof(raw_kinds) / sizeof(raw_kinds[0]) || raw_kinds[k].af == 0)
		return err_set(e, -EINVAL, "port", "no such kind");
	if (raw_kinds[k].protocol == 0)
		return privopen_bypass(raw_kinds[k].af, e);
	return privopen_raw(raw_kinds[k].af, raw_kinds[k].protocol, e);
}

static uint32_t
raw_number(const struct want_port *p)
{
	if (p->kind != MSG_PORT_UDP)
		return PORT_RAW | (uint32_t)p->kind;
	return PORT_RAW | (p->af == AF_INET6 ? PORT_UDP6 : PORT_UDP) | p->udp;
}

static int
port_open(struct daemon *d, const struct want_port *p, struct err *e)
{
	if (is_tun(p))
		return oscfg_tun_fd(d->os, p->device);
	if (p->kind == MSG_PORT_UDP)
		return speaker_socket(d, p->af, p->udp, e);
	return raw_open(p->kind, e);
}

static int
port_add(struct daemon *d, const struct want *w, struct err *e)
{
	struct msg_dp_port m = { .kind = (uint8_t)w->port.kind };
	bool tun = is_tun(&w->port);
	int fd, rc;

	if (!childlink_is_up(d->dplink))
		return -ENOTCONN;
	m.port = raw_number(&w->port);
	m.vnet_hdr = tun;
	strlcpy(m.name, w->port.device, sizeof(m.name));
	if (tun && (rc = tun_port(d, w->port.device, &m.port, e)) != 0)
		return rc;
	fd = port_open(d, &w->port, e);
	if (fd < 0)
		return tun ? err_set(e, fd, w->port.device, "the device is not open") : fd;
	rc = step(d, w, MSG_dp_port, &m, fd, e);
	if (!tun && w->port.kind != MSG_PORT_UDP)
		close(fd);
	return rc;
}

static int
port_del(struct daemon *d, const struct want *w, struct err *e)
{
	struct msg_dp_port_del m = { .port = raw_number(&w->port) };
	int rc = is_tun(&w->port) ? tun_port(d, w->port.device, &m.port, e) : 0;

	return rc != 0 ? rc : step(d, w, MSG_dp_port_del, &m, -1, e);
}

const struct kind_ops kind_port = {
	.name = "port", .equal = port_equal, .add = port_add, .del = port_del
};

/* --- tunnels ------------------------------------------------------------------------------ */

static bool
tunnel_equal(const struct want *wa, const struct want *wb)
{
	const struct msg_dp_tunnel *a = &wa->tunnel.tunnel, *b = &wb->tunnel.tunnel;

	return addr_eq(&a->source, &b->source) && addr_eq(&a->destination, &b->destination) &&
		a->has_key == b->has_key && a->key == b->key && a->checksum == b->checksum &&
		a->mtu == b->mtu && a->up == b->up && a->sequence == b->sequence &&
		a->keepalive == b->keepalive && a->mss == b->mss &&
		a->keepalive_period_ms == b->keepalive_period_ms &&
		a->keepalive_retries == b->keepalive_retries &&
		key_equal(wa->tunnel.sa_out_key, wb->tunnel.sa_out_key) &&
		key_equal(wa->tunnel.sa_in_key, wb->tunnel.sa_in_key) &&
		strcmp(wa->tunnel.spd_device, wb->tunnel.spd_device) == 0;
}

/* The slot that keeps a tunnel's sequence number is its device's. */
static void
tunnel_slot_id(const char *device, uint8_t id[SASTATE_ID_LEN])
{
	static const char what[] = "GRE sequence ";

	memset(id, 0, SASTATE_ID_LEN);
	memcpy(id, what, sizeof(what) - 1);
	strlcpy((char *)id + sizeof(what) - 1, device, SASTATE_ID_LEN - (sizeof(what) - 1));
}

static int
tunnel_slot(struct daemon *d, const struct want_tunnel *t, uint32_t *slot, struct err *e)
{
	uint8_t id[SASTATE_ID_LEN];
	uint64_t limit; /* a number that comes again does not harm GRE: nothing more is reserved */
	int rc;

	tunnel_slot_id(t->device, id);
	if (!t->tunnel.sequence) {
		sastate_put_id(d->sastate, id);
		return 0;
	}
	rc = sastate_take(d->sastate, id, false, slot, &limit, e);
	*slot += rc == 0;
	return rc;
}

static int
tunnel_add(struct daemon *d, const struct want *w, struct err *e)
{
	const struct want_tunnel *t = &w->tunnel;
	struct msg_dp_tunnel m = t->tunnel;
	int rc = childlink_is_up(d->dplink) ? tun_port(d, t->device, &m.port, e) : -ENOTCONN;

	if (rc == 0 && t->spd_device[0] != '\0')
		rc = tun_port(d, t->spd_device, &m.spd_port, e);
	if (rc == 0)
		rc = sa_number(d, t->sa_out_key, &m.sa_out);
	if (rc == 0)
		rc = sa_number(d, t->sa_in_key, &m.sa_in);
	if (rc == 0)
		rc = tunnel_slot(d, t, &m.slot, e);
	return rc != 0 ? rc : step(d, w, MSG_dp_tunnel, &m, -1, e);
}

static int
tunnel_change(struct daemon *d, const struct want *old, const struct want *w, struct err *e)
{
	return tunnel_add(d, w, e);
}

static int
tunnel_del(struct daemon *d, const struct want *w, struct err *e)
{
	struct msg_dp_tunnel_del m;
	uint8_t id[SASTATE_ID_LEN];
	int rc;

	tunnel_slot_id(w->tunnel.device, id);
	sastate_put_id(d->sastate, id);
	daemon_line(d, w->tunnel.device, true);
	rc = tun_port(d, w->tunnel.device, &m.port, e);

	return rc != 0 ? rc : step(d, w, MSG_dp_tunnel_del, &m, -1, e);
}

const struct kind_ops kind_tunnel = { .name = "tunnel",
	.equal = tunnel_equal,
	.add = tunnel_add,
	.change = tunnel_change,
	.del = tunnel_del };

/* --- security associations ------------------------------------------------------------------ */

/* Algorithms, keys, SPI and destination are in the fingerprint, which is in the key. */
static bool
sa_equal(const struct want *a, const struct want *b)
{
	return strcmp(a->sa.device, b->sa.device) == 0 &&
		addr_eq(&a->sa.sa.source, &b->sa.sa.source) &&
		a->sa.sa.replay_window == b->sa.sa.replay_window &&
		a->sa.sa.mode == b->sa.sa.mode && a->sa.sa.df == b->sa.sa.df &&
		a->sa.sa.fragment_before == b->sa.sa.fragment_before &&
		a->sa.sa.mtu == b->sa.sa.mtu && key_equal(a->sa.bundle_key, b->sa.bundle_key);
}

/* One wait for the disk for all of them: see sastate_prepare. */
static void
sa_prepare(struct daemon *d, const struct want *w)
{
	uint8_t identity[KEYS_IDENTITY_LEN];

	if (!childlink_is_up(d->dplink))
		return;
	keys_identity(&w->sa.sa, identity);
	(void)sastate_prepare(d->sastate, identity, w->sa.sa.inbound, NULL);
}

static int
sa_add(struct daemon *d, const struct want *w, struct err *e)
{
	struct msg_dp_sa m = w->sa.sa;
	uint8_t identity[KEYS_IDENTITY_LEN];
	int rc = childlink_is_up(d->dplink) ? tun_port(d, w->sa.device, &m.port, e) : -ENOTCONN;

	keys_identity(&m, identity);
	if (rc == 0)
		rc = sa_number(d, w->sa.bundle_key, &m.bundle);
	if (rc == 0)
		rc = sastate_take(d->sastate, identity, m.inbound, &m.slot, &m.seq_limit, e);
	if (rc == 0) {
		m.sa = m.slot + 1;
		rc = step(d, w, MSG_dp_sa, &m, -1, e);
	}
	if (rc == 0)
		sa_id_set(d->kind_dp, w->key, &m);
	secret_wipe(&m, sizeof(m));
	return rc;
}

static int
sa_change(struct daemon *d, const struct want *old, const struct want *w, struct err *e)
{
	return sa_add(d, w, e);
}

static int
sa_del(struct daemon *d, const struct want *w, struct err *e)
{
	struct sa_id *s = sa_id_find(d->kind_dp, w->key);
	struct msg_dp_sa_del m;

	if (s == NULL)
		return 0;
	m.sa = s->id;
	sastate_put(d->sastate, m.sa - 1);
	sa_id_free(d->kind_dp, s);
	return step(d, w, MSG_dp_sa_del, &m, -1, e);
}

const struct kind_ops kind_sa = { .name = "SA",
	.equal = sa_equal,
	.prepare = sa_prepare,
	.add = sa_add,
	.change = sa_change,
	.del = sa_del };

/* --- policies ------------------------------------------------------------------------------- */

static bool
rule_equal(const struct msg_dp_spd_rule *a, const struct msg_dp_spd_rule *b)
{
	return a->rule == b->rule && a->acl == b->acl && a->action == b->action &&
		a->protocol == b->protocol && addr_eq(&a->source, &b->source) &&
		addr_eq(&a->destination, &b->destination) &&
		addr_eq(&a->source_wildcard, &b->source_wildcard) &&
		addr_eq(&a->destination_wildcard, &b->destination_wildcard) &&
		a->source_port_low == b->source_port_low &&
		a->source_port_high == b->source_port_high &&
		a->destination_port_low == b->destination_port_low &&
		a->destination_port_high == b->destination_port_high &&
		a->icmp_type == b->icmp_type && a->icmp_code == b->icmp_code;
}

static bool
spd_equal(const struct want *wa, const struct want *wb)
{
	const struct want_spd *a = &wa->spd, *b = &wb->spd;

	if (a->n_rules != b->n_rules || a->mss != b->mss)
		return false;
	for (size_t i = 0; i < a->n_rules; i++)
		if (!rule_equal(&a->rules[i], &b->rules[i]) ||
			!key_equal(a->sa_out_key[i], b->sa_out_key[i]) ||
			!key_equal(a->sa_in_key[i], b->sa_in_key[i]))
			return false;
	return true;
}

/* Without its SAs a list is not sent: the TUN discards everything, and it is tried again. */
static int
spd_sas_exist(struct daemon *d, const struct want_spd *s, struct err *e)
{
	uint32_t id;

	for (size_t i = 0; i < s->n_rules; i++) {
		if (s->rules[i].action != MSG_SPD_PROTECT)
			continue;
		if (sa_number(d, s->sa_out_key[i], &id) != 0 ||
			sa_number(d, s->sa_in_key[i], &id) != 0)
			return err_set(e, -ENOENT, s->device, "an SA of its policy does not run");
	}
	return 0;
}

/* Of the rule in front of which others stand, since less was negotiated for it than is wanted. */
static uint32_t
child_of(struct daemon *d, const struct want_spd *s, size_t i)
{
	uint32_t id = 0;

	if (s->rules[i].action == MSG_SPD_PROTECT && s->sa_out_key[i] != NULL &&
		strncmp(s->sa_out_key[i], WANT_NEGOTIATED, strlen(WANT_NEGOTIATED)) == 0)
		(void)sa_number(d, s->sa_out_key[i], &id);
	return id;
}

/* All rules in front, in order; their number before is *end[i] of the rule i. */
static struct msg_dp_spd_rule *
narrow_all(struct daemon *d, const struct want_spd *s, size_t *end, size_t *n)
{
	struct msg_dp_spd_rule *all = NULL;

	*n = 0;
	for (size_t i = 0; i < s->n_rules; i++) {
		uint32_t child = child_of(d, s, i);
		size_t more = child != 0 ? negotiated_rules(d->negotiated, child, NULL, 0) : 0;

		if (more > NEGOTIATED_RULES_MOST)
			more = NEGOTIATED_RULES_MOST;
		if (more > 0) {
			all = reallocarray(all, *n + more, sizeof(*all));
			if (all == NULL)
				abort();
			(void)negotiated_rules(d->negotiated, child, all + *n, more);
		}
		*n += more;
		end[i] = *n;
	}
	return all;
}

static int
spd_rule_send(struct daemon *d, const struct want *w, uint32_t port, size_t i, struct err *e)
{
	const struct want_spd *s = &w->spd;
	struct msg_dp_spd_rule m = s->rules[i];

	m.port = port;
	(void)sa_number(d, s->sa_out_key[i], &m.sa_out);
	(void)sa_number(d, s->sa_in_key[i], &m.sa_in);
	return step(d, w, MSG_dp_spd_rule, &m, -1, e);
}

static int
spd_send(struct daemon *d, const struct want *w, uint32_t port, struct err *e)
{
	const struct want_spd *s = &w->spd;
	struct msg_dp_spd_begin begin = { .port = port, .mss = s->mss };
	const struct msg_dp_spd_end done = { .port = port };
	size_t *end = calloc(s->n_rules + 1, sizeof(*end)), n, k = 0;
	struct msg_dp_spd_rule *narrow;
	int rc;

	if (end == NULL)
		abort();
	narrow = narrow_all(d, s, end, &n);
	begin.n_rules = (uint32_t)(s->n_rules + n);
	rc = step(d, w, MSG_dp_spd_begin, &begin, -1, e);
	for (size_t i = 0; i < s->n_rules && rc == 0; i++) {
		for (; k < end[i] && rc == 0; k++) {
			narrow[k].port = port;
			rc = step(d, w, MSG_dp_spd_rule, &narrow[k], -1, e);
		}
		if (rc == 0)
			rc = spd_rule_send(d, w, port, i, e);
	}
	free(narrow);
	free(end);
	return rc != 0 ? rc : step(d, w, MSG_dp_spd_end, &done, -1, e);
}

static int
spd_add(struct daemon *d, const struct want *w, struct err *e)
{
	uint32_t port;
	int rc = childlink_is_up(d->dplink) ? tun_port(d, w->spd.device, &port, e) : -ENOTCONN;

	if (rc == 0)
		rc = spd_sas_exist(d, &w->spd, e);
	return rc != 0 ? rc : spd_send(d, w, port, e);
}

static int
spd_change(struct daemon *d, const struct want *old, const struct want *w, struct err *e)
{
	return spd_add(d, w, e);
}

static int
spd_del(struct daemon *d, const struct want *w, struct err *e)
{
	struct msg_dp_spd_del m;
	int rc = tun_port(d, w->spd.device, &m.port, e);

	return rc != 0 ? rc : step(d, w, MSG_dp_spd_del, &m, -1, e);
}

const struct kind_ops kind_spd = {
	.name = "SPD", .equal = spd_equal, .add = spd_add, .change = spd_change, .del = spd_del
};
