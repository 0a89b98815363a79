/*
 * The protection of an interface: the IPsec policy group applied to it becomes one protected TUN, one
 * SPD list in the order of sequence and rule (RFC 4301 4.4.1), the SAs, the routes that steer into
 * the TUN and the filter for cleartext that comes in. What an incomplete policy should protect is
 * discarded. The scheme of steering is that of the kernel facts: routes in a table of our own.
 */
#include "config.h"

#include "daemon/compile/owner.h"

#include "daemon/compile/claims.h"
#include "daemon/compile/isakmp.h"
#include "daemon/compile/manual.h"
#include "daemon/oscfg/oscfg.h"
#include "lib/arena.h"
#include "lib/err.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { PORT_MAX = 65535, ICMP_ANY = 0xffff };

/* A destination prefix to steer; the first rule that names it decides the source. */
struct steer {
	struct prefix to;
	struct addr preferred_source;
	uint32_t mtu; /* 0 = nothing passes, so none */
	size_t order;
};

struct protection {
	struct compile_job *job;
	struct cfg_interface iface;
	char device[16]; /* protected TUN */
	char under[16];	 /* the device whose traffic is protected */
	struct msg_dp_spd_rule *rules;
	const char **key_out;
	const char **key_in;
	size_t n_rules;
	size_t n_room;
	struct steer *steers; /* malloc'd */
	size_t n_steers;
	size_t n_steer_room;
	uint32_t mtu; /* the least of the SAs'; 0 = no SA */
	bool v6;      /* a rule is of IPv6 */
	struct err *err;
	/* the policy whose rules are being read */
	const struct isakmp *isakmp; /* each rule gets its own of what is negotiated; NULL: these */
	const char *sa_out;
	const char *sa_in;
	const char *label;
	bool discards;
	uint32_t sa_mtu;
	size_t n_permits;
};

/* --- one ACL rule --------------------------------------------------------------------- */

static uint16_t
port_or(int64_t port, uint16_t otherwise)
{
	return port == CFG_NONE ? otherwise : (uint16_t)port;
}

static struct addr
all_ones(uint8_t af)
{
	struct addr a = { .af = af };

	memset(a.b, 0xff, addr_len(&a));
	return a;
}

/* An absent address is any: one that is compared in no bit. */
static void
selector_addr(const struct addr *a, const struct addr *wildcard, struct addr *out,
	struct addr *out_wildcard)
{
	bool any = a->af == 0;

	*out = any ? addr_v4(0) : *a;
	*out_wildcard = any ? all_ones(AF_INET) : wildcard->af == 0 ? addr_v4(0) : *wildcard;
}

/* The same of a prefix's length. */
static void
selector_addr6(const struct addr *a, int64_t len, struct addr *out, struct addr *out_wildcard)
{
	struct prefix host_bits = { .addr = all_ones(AF_INET6), .len = (uint8_t)len };
	struct addr network;

	*out = a->af == 0 ? (struct addr){ .af = AF_INET6 } : *a;
	*out_wildcard = all_ones(AF_INET6);
	if (a->af == 0)
		return;
	network = prefix_network(&host_bits);
	for (unsigned int i = 0; i < sizeof(network.b); i++)
		out_wildcard->b[i] = (uint8_t)~network.b[i];
}

/* What the rules of both families have in common. */
#define SELECTOR_OF(r)                                                                  \
	(struct msg_dp_spd_rule)                                                        \
	{                                                                               \
		.rule = (uint32_t)(r)->id, .acl = (uint32_t)(r)->acl,                   \
		.protocol = (uint8_t)(r)->protocol,                                     \
		.source_port_low = port_or((r)->source_port_low, 0),                    \
		.source_port_high = port_or((r)->source_port_high, PORT_MAX),           \
		.destination_port_low = port_or((r)->destination_port_low, 0),          \
		.destination_port_high = port_or((r)->destination_port_high, PORT_MAX), \
		.icmp_type = port_or((r)->icmp_type, ICMP_ANY),                         \
		.icmp_code = port_or((r)->icmp_code, ICMP_ANY),                         \
	}

static struct msg_dp_spd_rule
selector_of(const struct cfg_acl_rule *r)
{
	struct msg_dp_spd_rule s = SELECTOR_OF(r);

	selector_addr(&r->source, &r->source_wildcard, &s.source, &s.source_wildcard);
	selector_addr(
		&r->destination, &r->destination_wildcard, &s.destination, &s.destination_wildcard);
	return s;
}

static struct msg_dp_spd_rule
selector_of6(const struct cfg_acl6_rule *r)
{
	struct msg_dp_spd_rule s = SELECTOR_OF(r);

	selector_addr6(&r->source, r->source_length, &s.source, &s.source_wildcard);
	selector_addr6(
		&r->destination, r->destination_length, &s.destination, &s.destination_wildcard);
	return s;
}

/* The smallest prefix that covers an address with its wildcard. */
static struct prefix
covering(const struct addr *a, const struct addr *wildcard)
{
	struct prefix p = { .addr = *a };
	size_t bits = addr_len(a) * 8;

	while (p.len < bits && !(wildcard->b[p.len / 8] & 0x80 >> p.len % 8))
		p.len++;
	p.addr = prefix_network(&p);
	return p;
}

static void
add_rule(struct protection *p, const struct msg_dp_spd_rule *rule)
{
	if (p->n_rules == p->n_room) {
		size_t room = p->n_room == 0 ? 64 : p->n_room * 2;

		p->rules = reallocarray(p->rules, room, sizeof(*p->rules));
		p->key_out = reallocarray(p->key_out, room, sizeof(*p->key_out));
		p->key_in = reallocarray(p->key_in, room, sizeof(*p->key_in));
		if (p->rules == NULL || p->key_out == NULL || p->key_in == NULL)
			abort();
		p->n_room = room;
	}
	p->rules[p->n_rules] = *rule;
	p->key_out[p->n_rules] = rule->action == MSG_SPD_PROTECT ? p->sa_out : NULL;
	p->key_in[p->n_rules] = rule->action == MSG_SPD_PROTECT ? p->sa_in : NULL;
	p->n_rules++;
}

/* What the router itself sends there gets an own address that the rule protects. */
static void
add_steer(struct protection *p, const struct msg_dp_spd_rule *rule)
{
	struct prefix from = covering(&rule->source, &rule->source_wildcard);
	struct steer *s;

	if (p->n_steers == p->n_steer_room) {
		p->n_steer_room = p->n_steer_room == 0 ? 64 : p->n_steer_room * 2;
		p->steers = reallocarray(p->steers, p->n_steer_room, sizeof(*p->steers));
		if (p->steers == NULL)
			abort();
	}
	s = &p->steers[p->n_steers];
	*s = (struct steer){ .to = covering(&rule->destination, &rule->destination_wildcard),
		.mtu = p->sa_mtu,
		.order = p->n_steers };
	if (from.len > 0)
		claims_address_in(p->job->claims, &from, &s->preferred_source);
	p->n_steers++;
}

/* What protects the packets of a rule is negotiated. What IKE cannot say is discarded. */
static bool
negotiate_rule(struct protection *p, const struct msg_dp_spd_rule *rule)
{
	const char *why;

	p->sa_out = p->sa_in = isakmp_child(p->job, p->isakmp, rule, &why);
	if (p->sa_out == NULL)
		want_set_note(p->job->set, p->label, "%s", why);
	return p->sa_out != NULL;
}

static enum msg_spd_action
permit_action(struct protection *p, const struct msg_dp_spd_rule *rule)
{
	if (p->discards || (p->isakmp != NULL && !negotiate_rule(p, rule)))
		return MSG_SPD_DISCARD;
	return MSG_SPD_PROTECT;
}

static void
take_rule(struct protection *p, struct msg_dp_spd_rule *rule, const char *action)
{
	bool permit = strcmp(action, "permit") == 0;

	rule->action = permit ? permit_action(p, rule) : MSG_SPD_BYPASS;
	add_rule(p, rule);
	p->v6 |= rule->destination.af == AF_INET6;
	if (!permit)
		return;
	p->n_permits++;
	add_steer(p, rule);
}

static int
on_rule(void *arg, const void *cfg)
{
	const struct cfg_acl_rule *r = cfg;
	struct msg_dp_spd_rule rule = selector_of(r);

	take_rule(arg, &rule, r->action);
	return 0;
}

static int
on_rule6(void *arg, const void *cfg)
{
	const struct cfg_acl6_rule *r = cfg;
	struct msg_dp_spd_rule rule = selector_of6(r);

	take_rule(arg, &rule, r->action);
	return 0;
}

/* --- one policy ----------------------------------------------------------------------- */

/* A policy and what keys it: typed keys, or a negotiation. */
struct keyed {
	const struct cfg_ipsec_policy *policy;
	bool negotiates;
	const char *label, *name;
	struct manual manual;
	struct isakmp isakmp;
};

/* Our end: as typed, else (isakmp_read) as the peer says, else the interface's address. */
static void
isakmp_local(struct compile_job *j, const char *interface, struct isakmp *m)
{
	uint8_t af = m->n_remotes > 0 ? m->remotes[0].af : AF_INET;

	if (m->local.af == 0 && interface != NULL &&
		iface_address(j, interface, af, &m->local) != 0)
		m->local.af = 0;
}

/* interface: of the protection, NULL when only sizes are asked for. */
static int
policy_read(struct compile_job *j, const struct cfg_ipsec_policy *policy, const char *interface,
	const char *device, struct keyed *k)
{
	struct arena *a = j->set->arena;
	long long sequence = (long long)policy->sequence;
	struct value key[] = { VALUE_OF_TEXT(policy->name), VALUE_OF_INT(policy->sequence) };
	int rc;

	k->policy = policy;
	k->negotiates = strcmp(policy->mode, "isakmp") == 0;
	k->label = arena_printf(a, "IPSec policy %s %lld", policy->name, sequence);
	k->name = arena_printf(a, "%s-%lld", policy->name, sequence);
	if (!k->negotiates) {
		k->manual = (struct manual){ .keying = &policy->keying,
			.local = policy->tunnel_local,
			.remote = policy->tunnel_remote,
			.label = k->label,
			.policy = k->name,
			.device = device };
		return manual_read(j, &k->manual, &cfg_ipsec_policy_proposal, key, 2);
	}
	k->isakmp = (struct isakmp){ .negotiation = &policy->negotiation,
		.keying = &policy->keying,
		.label = k->label,
		.name = k->name,
		.interface = interface,
		.device = device,
		.automatic = strcmp(policy->sa_trigger_mode, "auto") == 0 };
	if (policy->tunnel_local_interface <= 0)
		k->isakmp.local = policy->tunnel_local;
	rc = isakmp_read(j, &k->isakmp, &cfg_ipsec_policy_proposal, key, 2);
	if (rc == 0)
		isakmp_local(j, interface, &k->isakmp);
	return rc;
}

static uint32_t
keyed_inner_mtu(const struct keyed *k, uint32_t path_mtu)
{
	return k->negotiates ? isakmp_inner_mtu(&k->isakmp, path_mtu)
			     : manual_inner_mtu(&k->manual, path_mtu);
}

static int
policy_sas(struct protection *p, struct keyed *k)
{
	uint32_t path_mtu;
	int rc;

	if (k->negotiates) {
		rc = isakmp_compile(p->job, &k->isakmp, p->err);
		p->isakmp = &k->isakmp;
		path_mtu = k->isakmp.path_mtu != 0 ? k->isakmp.path_mtu : PATH_MTU_DEFAULT;
	} else {
		rc = manual_compile(p->job, &k->manual, &p->sa_out, &p->sa_in, p->err);
		path_mtu = job_path_mtu(p->job, &k->manual.remote);
	}
	if (rc != 0)
		return rc;
	p->sa_mtu = keyed_inner_mtu(k, path_mtu);
	if (p->mtu == 0 || p->sa_mtu < p->mtu)
		p->mtu = p->sa_mtu;
	return 0;
}

/* The rules of a policy's ACLs, IPv4 first. */
static int
each_rule(struct compile_job *j, const struct cfg_ipsec_policy *policy, cfg_fn *rule, cfg_fn *rule6,
	void *arg)
{
	struct value key = VALUE_OF_INT(policy->acl), key6 = VALUE_OF_INT(policy->acl6);
	int rc = 0;

	if (policy->acl != CFG_NONE)
		rc = cfg_each(j->store, &cfg_acl_rule, &key, 1, j->set->arena, rule, arg);
	if (rc == 0 && policy->acl6 != CFG_NONE)
		rc = cfg_each(j->store, &cfg_acl6_rule, &key6, 1, j->set->arena, rule6, arg);
	return rc;
}

static const char *
policy_lacks(struct compile_job *j, const struct keyed *k)
{
	if (k->policy->acl == CFG_NONE && k->policy->acl6 == CFG_NONE)
		return "no ACL";
	return k->negotiates ? isakmp_lacks(j, &k->isakmp) : manual_lacks(j, &k->manual);
}

static int
policy_compile(struct protection *p, const struct cfg_ipsec_policy *policy, struct keyed *k)
{
	int rc = policy_read(p->job, policy, p->iface.name, p->device, k);
	const char *lacks;

	if (rc != 0)
		return rc;
	lacks = policy_lacks(p->job, k);
	p->sa_out = p->sa_in = NULL;
	p->isakmp = NULL;
	p->label = k->label;
	p->discards = lacks != NULL;
	p->sa_mtu = 0;
	p->n_permits = 0;
	if (lacks == NULL)
		rc = policy_sas(p, k);
	if (rc == 0)
		rc = each_rule(p->job, policy, on_rule, on_rule6, p);
	if (rc == 0 && lacks == NULL && p->n_permits == 0)
		lacks = "its ACL permits nothing";
	if (rc == 0 && lacks != NULL)
		want_set_note(p->job->set, k->label, "%s", lacks);
	return rc;
}

/* A disabled policy is as if it were not there. */
static int
on_policy(void *arg, const void *cfg)
{
	const struct cfg_ipsec_policy *policy = cfg;
	struct keyed k = { 0 };

	return policy->enabled > 0 ? policy_compile(arg, policy, &k) : 0;
}

/* --- what a group does to one flow ------------------------------------------------------ */

struct flow {
	struct compile_job *job;
	const struct addr *source, *destination;
	uint8_t protocol;
	uint32_t mtu; /* of the path, then of what fits into it */
	int permit;   /* -1: no rule of this policy knows it */
};

static bool
differs(const struct addr *a, const struct addr *b, const struct addr *wildcard)
{
	uint8_t bits = 0;

	for (size_t i = 0; i < addr_len(a); i++)
		bits |= (uint8_t)((a->b[i] ^ b->b[i]) & ~wildcard->b[i]);
	return a->af != b->af || bits != 0;
}

static int
flow_meets(struct flow *f, const struct msg_dp_spd_rule *r, const char *action)
{
	if ((r->protocol != 0 && r->protocol != f->protocol) ||
		differs(f->source, &r->source, &r->source_wildcard) ||
		differs(f->destination, &r->destination, &r->destination_wildcard))
		return 0;
	f->permit = strcmp(action, "permit") == 0;
	return 1;
}

static int
flow_rule(void *arg, const void *cfg)
{
	const struct cfg_acl_rule *r = cfg;
	struct msg_dp_spd_rule rule = selector_of(r);

	return flow_meets(arg, &rule, r->action);
}

static int
flow_rule6(void *arg, const void *cfg)
{
	const struct cfg_acl6_rule *r = cfg;
	struct msg_dp_spd_rule rule = selector_of6(r);

	return flow_meets(arg, &rule, r->action);
}

static int
flow_policy(void *arg, const void *cfg)
{
	struct flow *f = arg;
	const struct cfg_ipsec_policy *policy = cfg;
	struct keyed k = { 0 };
	int rc = policy->enabled > 0 ? each_rule(f->job, policy, flow_rule, flow_rule6, f) : 0;

	if (rc <= 0 || f->permit == 0)
		return rc;
	rc = policy_read(f->job, policy, NULL, NULL, &k);
	if (rc == 0 && policy_lacks(f->job, &k) == NULL)
		f->mtu = keyed_inner_mtu(&k, f->mtu);
	return rc != 0 ? rc : 1;
}

bool
ipsec_flow(struct compile_job *j, const char *group, const struct addr *source,
	const struct addr *destination, uint8_t protocol, uint32_t *mtu)
{
	struct value key = VALUE_OF_TEXT(group);
	struct flow f = { .job = j,
		.source = source,
		.destination = destination,
		.protocol = protocol,
		.mtu = *mtu,
		.permit = -1 };

	cfg_each(j->store, &cfg_ipsec_policy, &key, 1, j->set->arena, flow_policy, &f);
	*mtu = f.mtu;
	return f.permit > 0;
}

/* --- what comes of it ----------------------------------------------------------------- */

static void
want_spd(struct protection *p)
{
	struct arena *a = p->job->set->arena;
	struct want w = { .kind = WANT_SPD };

	strlcpy(w.spd.device, p->device, sizeof(w.spd.device));
	w.spd.mss = iface_mss(&p->iface);
	w.spd.n_rules = p->n_rules;
	if (p->n_rules == 0) {
		want_set_add(p->job->set, &w);
		return;
	}
	w.spd.rules = arena_memdup(a, p->rules, p->n_rules * sizeof(*p->rules));
	w.spd.sa_out_key = arena_memdup(a, p->key_out, p->n_rules * sizeof(*p->key_out));
	w.spd.sa_in_key = arena_memdup(a, p->key_in, p->n_rules * sizeof(*p->key_in));
	want_set_add(p->job->set, &w);
}

/* The same rule as it looks to what arrives. */
static struct want_filter_rule
mirrored(const struct msg_dp_spd_rule *r)
{
	return (struct want_filter_rule){
		.drop = r->action != MSG_SPD_BYPASS,
		.protocol = r->protocol,
		.source = r->destination,
		.source_wildcard = r->destination_wildcard,
		.destination = r->source,
		.destination_wildcard = r->source_wildcard,
		.source_port_low = r->destination_port_low,
		.source_port_high = r->destination_port_high,
		.destination_port_low = r->source_port_low,
		.destination_port_high = r->source_port_high,
		.icmp_type = r->icmp_type,
		.icmp_code = r->icmp_code,
	};
}

static void
want_filter(struct protection *p)
{
	struct want w = { .kind = WANT_FILTER };
	struct want_filter_rule *rules =
		arena_alloc(p->job->set->arena, (p->n_rules + 1) * sizeof(*rules));

	for (size_t i = 0; i < p->n_rules; i++)
		rules[i] = mirrored(&p->rules[i]);
	strlcpy(w.filter.device, p->under, sizeof(w.filter.device));
	w.filter.rules = rules;
	w.filter.n_rules = p->n_rules;
	want_set_add(p->job->set, &w);
}

static int
steer_cmp(const void *va, const void *vb)
{
	const struct steer *a = va, *b = vb;
	int rc = addr_cmp(&a->to.addr, &b->to.addr);

	if (rc == 0)
		rc = (int)a->to.len - (int)b->to.len;
	if (rc == 0)
		rc = a->order < b->order ? -1 : a->order > b->order;
	return rc;
}

/* One prefix: into the TUN, and into nothing should the TUN not be there. */
static void
want_steer(struct protection *p, const struct steer *s)
{
	struct want w = { .kind = WANT_ROUTE };
	uint32_t rank = iface_rank(&p->iface);

	w.route.type = WANT_ROUTE_BLACKHOLE;
	w.route.table = OSCFG_TABLE;
	w.route.destination = s->to;
	w.route.metric = ~0u - rank;
	want_set_add(p->job->set, &w);
	w.route.type = WANT_ROUTE_UNICAST;
	strlcpy(w.route.device, p->device, sizeof(w.route.device));
	w.route.preferred_source = s->preferred_source;
	w.route.metric = 1 + rank;
	w.route.mtu = s->mtu;
	want_set_add(p->job->set, &w);
}

static void
want_steers(struct protection *p)
{
	struct steer *s = p->steers;

	if (p->n_steers == 0)
		return;
	qsort(s, p->n_steers, sizeof(*s), steer_cmp);
	for (size_t i = 0, next; i < p->n_steers; i = next) {
		for (next = i + 1; next < p->n_steers && addr_eq(&s[i].to.addr, &s[next].to.addr) &&
			s[i].to.len == s[next].to.len;
			next++) {
			if (s[i].mtu == 0 || (s[next].mtu != 0 && s[next].mtu < s[i].mtu))
				s[i].mtu = s[next].mtu;
			if (s[i].preferred_source.af == 0)
				s[i].preferred_source = s[next].preferred_source;
		}
		want_steer(p, &s[i]);
	}
}

static void
want_tun(struct protection *p)
{
	struct want link = { .kind = WANT_LINK };
	struct want port = { .kind = WANT_PORT, .port.kind = MSG_PORT_TUN_PROTECTED };

	link.link.kind = WANT_LINK_PROTECTED;
	link.link.mtu = p->mtu != 0 ? p->mtu : PATH_MTU_DEFAULT;
	link.link.up = true;
	link.link.ipv6 = p->v6;
	strlcpy(link.link.device, p->device, sizeof(link.link.device));
	strlcpy(port.port.device, p->device, sizeof(port.port.device));
	want_set_add(p->job->set, &link);
	want_set_add(p->job->set, &port);
}

static int
compile_group(struct protection *p)
{
	struct compile_job *j = p->job;
	struct value group = VALUE_OF_TEXT(p->iface.ipsec_policy);
	const char *text = arena_printf(j->set->arena, "IPSec policy %s", group.s);
	int rc;

	want_set_claim_text(j->set, p->iface.name, text, text);
	rc = cfg_each(j->store, &cfg_ipsec_policy, &group, 1, j->set->arena, on_policy, p);
	if (rc != 0)
		return rc;
	want_filter(p);
	want_tun(p);
	want_spd(p);
	want_steers(p);
	want_set_need(j->set, WANT_NEED_STEER, AF_INET);
	if (p->v6)
		want_set_need(j->set, WANT_NEED_STEER, AF_INET6);
	return 0;
}

int
ipsec_compile(struct compile_job *j, const char *interface, struct err *e)
{
	struct protection p = { .job = j, .err = e };
	int rc = iface_get(j, interface, &p.iface);

	if (rc != 0 || p.iface.ipsec_policy == NULL)
		return rc == -ENOENT ? 0 : rc;
	iface_device(&p.iface, p.under);
	iface_protected_device(interface, p.device);
	if (p.under[0] == '\0')
		return 0;
	rc = compile_group(&p);
	free(p.rules);
	free(p.key_out);
	free(p.key_in);
	free(p.steers);
	return rc;
}
