/*
 * A tunnel interface: GRE (RFC 2784, 2890), in clear, by a profile or through the policy of the
 * interface it leaves by; or IPsec alone, whose TUN protects whatever is routed into it. What lacks
 * something does not run: nothing that should be protected leaves in clear.
 */
#include "config.h"

#include "daemon/compile/owner.h"

#include "daemon/compile/isakmp.h"
#include "daemon/compile/manual.h"
#include "daemon/compile/transform.h"
#include "lib/arena.h"
#include "lib/err.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

enum { IP_HDR_LEN = 20, IP6_HDR_LEN = 40, GRE_HDR_LEN = 4, GRE_FIELD_LEN = 4, MS = 1000 };

struct tunnel {
	struct compile_job *job;
	const struct cfg_interface *iface;
	const char *device;
	struct addr source;
	uint32_t path_mtu;
	uint32_t mtu; /* of what is to be encapsulated and needs no more than IP around it */
	/* by profile, which has typed keys or negotiates: keys of the objects */
	struct cfg_ipsec_profile profile;
	bool negotiates;
	struct manual manual;
	struct isakmp isakmp;
	const char *sa_out, *sa_in;
	const char *sa6; /* IPsec alone: what is negotiated for IPv6, or NULL */
	/* by the policy of the interface that it leaves by */
	struct cfg_interface leaves_by; /* name NULL: none of ours */
};

/* --- ends ----------------------------------------------------------------------------- */

/* Typed, or the first address of the source interface, of the destination's family. af 0: none. */
static int
tunnel_source(struct tunnel *t, struct err *e)
{
	const struct cfg_interface *i = t->iface;
	uint8_t af = i->destination.af == AF_INET6 ? AF_INET6 : AF_INET;

	t->source = i->source_address;
	if (i->source_interface == NULL)
		return 0;
	if (strcmp(i->source_interface, i->name) == 0)
		return err_set(e, -EINVAL, i->name, "a tunnel cannot be its own source interface");
	if (iface_address(t->job, i->source_interface, af, &t->source) != 0)
		t->source.af = 0;
	return 0;
}

static bool
is_protocol(const struct cfg_interface *i, const char *protocol)
{
	return i->tunnel_protocol != NULL && strcmp(i->tunnel_protocol, protocol) == 0;
}

/* What keeps the tunnel from running, or NULL. */
static const char *
tunnel_lacks(const struct tunnel *t)
{
	const struct cfg_interface *i = t->iface;

	if (!is_protocol(i, "gre") && !is_protocol(i, "ipsec"))
		return "no tunnel protocol";
	if (t->source.af == 0)
		return i->source_interface != NULL ? "the source interface has no address"
						   : "no source";
	if (i->destination.af == 0)
		return "no destination";
	if (i->destination.af != t->source.af)
		return "source and destination are of two families";
	return is_protocol(i, "ipsec") && i->ipsec_profile == NULL ? "no IPSec profile" : NULL;
}

/* --- protection ----------------------------------------------------------------------- */

static bool
is_tunnel_mode(const struct tunnel *t)
{
	const struct cfg_ipsec_proposal *p =
		t->negotiates ? &t->isakmp.proposals[0] : &t->manual.proposal;

	return transform_is_tunnel(p);
}

static const char *
profile_lacks(struct tunnel *t)
{
	const char *why =
		t->negotiates ? isakmp_lacks(t->job, &t->isakmp) : manual_lacks(t->job, &t->manual);

	if (why == NULL && is_protocol(t->iface, "ipsec") && !is_tunnel_mode(t))
		why = "the proposal's encapsulation mode is not tunnel";
	return why;
}

/* Typed keys serve one tunnel: a second one would use their sequence numbers again. */
static int
manual_read_profile(struct tunnel *t, const struct value *key, const char *label)
{
	want_set_claim_text(t->job->set, t->iface->name, label, label);
	t->manual = (struct manual){ .keying = &t->profile.keying,
		.local = t->source,
		.remote = t->iface->destination,
		.label = label,
		.policy = key->s,
		.device = t->device };
	return manual_read(t->job, &t->manual, &cfg_ipsec_profile_proposal, key, 1);
}

static int
isakmp_read_profile(struct tunnel *t, const struct value *key, const char *label)
{
	t->isakmp = (struct isakmp){ .negotiation = &t->profile.negotiation,
		.keying = &t->profile.keying,
		.label = label,
		.name = key->s,
		.interface = t->iface->name,
		.device = t->device,
		.local = t->source,
		.destination = t->iface->destination,
		.automatic = true };
	return isakmp_read(t->job, &t->isakmp, &cfg_ipsec_profile_proposal, key, 1);
}

/* Of two addresses (af 0: any of a family), as a rule would select them. */
static struct msg_dp_spd_rule
flow_rule(uint8_t protocol, uint8_t af, const struct addr *source, const struct addr *destination)
{
	struct addr none = { .af = af }, all = none;

	memset(all.b, 0xff, addr_len(&all));
	return (struct msg_dp_spd_rule){ .action = MSG_SPD_PROTECT,
		.protocol = protocol,
		.source = source != NULL ? *source : none,
		.source_wildcard = source != NULL ? none : all,
		.destination = destination != NULL ? *destination : none,
		.destination_wildcard = destination != NULL ? none : all,
		.source_port_high = 0xffff,
		.destination_port_high = 0xffff,
		.icmp_type = 0xffff,
		.icmp_code = 0xffff };
}

/* GRE between the ends; or, of IPsec alone, everything. Of two tunnels with the same ends only one can be
 * told from the other by what is negotiated. */
static int
profile_negotiated(struct tunnel *t, struct err *e)
{
	struct compile_job *j = t->job;
	const struct cfg_interface *i = t->iface;
	bool gre = is_protocol(i, "gre");
	struct msg_dp_spd_rule rule = gre
		? flow_rule(IPPROTO_GRE, i->destination.af, &t->source, &i->destination)
		: flow_rule(0, AF_INET, NULL, NULL);
	char s[ADDR_STRLEN], d[ADDR_STRLEN];
	const char *claim, *why;
	int rc = isakmp_compile(j, &t->isakmp, e);

	if (rc != 0)
		return rc;
	claim = arena_printf(j->set->arena, "IKE for source %s destination %s",
		addr_format(&t->source, s), addr_format(&i->destination, d));
	want_set_claim_text(j->set, i->name, claim, claim);
	t->sa_out = t->sa_in = isakmp_child(j, &t->isakmp, &rule, &why);
	if (!gre && i->ipv6_enable > 0) {
		rule = flow_rule(0, AF_INET6, NULL, NULL);
		t->sa6 = isakmp_child(j, &t->isakmp, &rule, &why);
	}
	return 0;
}

/* What protects the tunnel by its profile; *lacks says why there is nothing. */
static int
profile_sas(struct tunnel *t, const char **lacks, struct err *e)
{
	struct compile_job *j = t->job;
	struct value key = VALUE_OF_TEXT(t->iface->ipsec_profile);
	const char *why, *label;
	int rc;

	if (t->iface->ipsec_profile == NULL)
		return 0;
	label = arena_printf(j->set->arena, "IPSec profile %s", key.s);
	rc = cfg_get(j->store, &cfg_ipsec_profile, &key, j->set->arena, &t->profile);
	t->negotiates = rc == 0 && t->profile.negotiation.ike_peer != NULL;
	if (rc == 0)
		rc = t->negotiates ? isakmp_read_profile(t, &key, label)
				   : manual_read_profile(t, &key, label);
	if (rc != 0)
		return rc;
	why = profile_lacks(t);
	if (why != NULL)
		*lacks = arena_printf(j->set->arena, "%s: %s", label, why);
	else
		rc = t->negotiates ? profile_negotiated(t, e)
				   : manual_compile(j, &t->manual, &t->sa_out, &t->sa_in, e);
	return rc;
}

static int
on_protected(void *arg, const void *cfg)
{
	struct tunnel *t = arg;
	const struct cfg_interface *i = cfg;

	t->mtu = t->path_mtu;
	if (!ipsec_flow(t->job, i->ipsec_policy, &t->source, &t->iface->destination, IPPROTO_GRE,
		    &t->mtu))
		return 0;
	t->leaves_by = *i;
	return 1;
}

/* A policy on a tunnel is for what the kernel routes into it: if it does, we know (find_path). */
static int
on_protected_port(void *arg, const void *cfg)
{
	return strcmp(((const struct cfg_interface *)cfg)->kind, "Tunnel") == 0
		? 0
		: on_protected(arg, cfg);
}

static int
on_group(void *arg, const void *cfg)
{
	struct tunnel *t = arg;
	struct value group = VALUE_OF_TEXT(((const struct cfg_ipsec_policy_group *)cfg)->name);

	return cfg_each_where(t->job->store, &cfg_interface, "ipsec_policy", group,
		t->job->set->arena, on_protected_port, t);
}

static int
on_leaving(void *arg, const void *cfg)
{
	*(struct cfg_interface *)arg = *(const struct cfg_interface *)cfg;
	return 1;
}

/* The row of the tunnel interface that has this device. -ENOENT: it is no tunnel's. */
static int
tunnel_of_device(struct compile_job *j, const char *device, struct cfg_interface *out)
{
	char name[16];

	if (strncmp(device, "Tunnel", strlen("Tunnel")) != 0)
		return -ENOENT;
	strlcpy(name, device, sizeof(name));
	for (char *s = name; *s != '\0'; s++)
		if (*s == '-')
			*s = '/';
	return iface_get(j, name, out);
}

/* Would the tunnel's packets come into it again, be it through other tunnels? By what the kernel knows
 * besides the configuration. While it is so, nothing is sent, and the device stays up: taking it down
 * would withdraw the route, and bring the tunnel up again. What says so, or NULL. */
static const char *
leads_into_itself(const struct tunnel *t)
{
	struct cfg_interface at = *t->iface;
	struct want_answer a;

	for (unsigned int i = 0; i < TUNNELS_NESTED; i++) {
		if (job_path(t->job, &at.destination, &a) != 0)
			return NULL;
		if (strcmp(a.device, t->device) == 0)
			return "recursive: the kernel's route to the destination leads into the "
			       "tunnel itself";
		if (tunnel_of_device(t->job, a.device, &at) != 0)
			return NULL;
		t->job->set->asks_interfaces = true;
	}
	return "recursive: the kernel's route to the destination leads through too many tunnels";
}

/* Which of our interfaces the encapsulated packets leave by, and what the path carries. A policy that
 * protects them counts wherever the kernel has them leave just now: a route may change before we
 * hear of it, and nothing that must be protected may leave in clear meanwhile. */
static void
find_path(struct tunnel *t)
{
	struct compile_job *j = t->job;
	struct value device;
	struct want_answer a;

	t->path_mtu = PATH_MTU_DEFAULT;
	if (job_path(j, &t->iface->destination, &a) == 0) {
		t->path_mtu = a.mtu != 0 ? a.mtu : PATH_MTU_DEFAULT;
		device = VALUE_OF_TEXT(a.device);
		if (tunnel_of_device(j, a.device, &t->leaves_by) != 0)
			cfg_each_where(j->store, &cfg_interface, "device", device, j->set->arena,
				on_leaving, &t->leaves_by);
	}
	t->mtu = t->path_mtu;
	if (t->sa_out != NULL)
		return;
	j->set->asks_interfaces = true;
	if (t->leaves_by.ipsec_policy != NULL)
		(void)on_protected(t, &t->leaves_by);
	else
		cfg_each(j->store, &cfg_ipsec_policy_group, NULL, 0, j->set->arena, on_group, t);
}

/* --- GRE ------------------------------------------------------------------------------ */

static uint32_t
gre_overhead(const struct cfg_interface *i)
{
	return (i->destination.af == AF_INET6 ? IP6_HDR_LEN : IP_HDR_LEN) + GRE_HDR_LEN +
		(i->gre_checksum > 0 ? GRE_FIELD_LEN : 0) +
		(i->gre_key != CFG_NONE ? GRE_FIELD_LEN : 0) +
		(i->gre_sequence > 0 ? GRE_FIELD_LEN : 0);
}

/* What is left for what is routed into the tunnel. */
static uint32_t
tunnel_mtu(const struct tunnel *t)
{
	const struct cfg_interface *i = t->iface;
	uint32_t mtu = t->mtu, around = is_protocol(i, "gre") ? gre_overhead(i) : 0;

	if (i->mtu != CFG_NONE)
		return (uint32_t)i->mtu;
	if (t->sa_out != NULL)
		mtu = t->negotiates ? isakmp_inner_mtu(&t->isakmp, mtu)
				    : manual_inner_mtu(&t->manual, mtu);
	return mtu > around ? mtu - around : 0;
}

static void
claim_tunnel(const struct tunnel *t)
{
	const struct cfg_interface *i = t->iface;
	char s[ADDR_STRLEN], d[ADDR_STRLEN], text[160], key[32] = "no key";

	if (i->gre_key != CFG_NONE)
		snprintf(key, sizeof(key), "key %u", (unsigned int)i->gre_key);
	snprintf(text, sizeof(text), "gre source %s destination %s %s", addr_format(&t->source, s),
		addr_format(&i->destination, d), key);
	want_set_claim_text(t->job->set, i->name, text + strlen("gre "), text);
}

static void
want_gre(const struct tunnel *t, uint32_t mtu)
{
	const struct cfg_interface *i = t->iface;
	struct want w = { .kind = WANT_TUNNEL };
	struct msg_dp_tunnel *m = &w.tunnel.tunnel;

	strlcpy(w.tunnel.device, t->device, sizeof(w.tunnel.device));
	m->source = t->source;
	m->destination = i->destination;
	m->has_key = i->gre_key != CFG_NONE;
	m->key = m->has_key ? (uint32_t)i->gre_key : 0;
	m->checksum = i->gre_checksum > 0;
	m->sequence = i->gre_sequence > 0;
	m->mtu = mtu;
	m->up = i->shutdown == 0;
	m->keepalive = i->keepalive > 0;
	m->keepalive_period_ms = m->keepalive ? (uint32_t)i->keepalive_period * MS : 0;
	m->keepalive_retries = m->keepalive ? (uint32_t)i->keepalive_retries : 0;
	m->mss = iface_mss(i);
	w.tunnel.sa_out_key = t->sa_out;
	w.tunnel.sa_in_key = t->sa_in;
	if (t->sa_out == NULL && t->leaves_by.ipsec_policy != NULL)
		iface_protected_device(t->leaves_by.name, w.tunnel.spd_device);
	claim_tunnel(t);
	want_set_add(t->job->set, &w);
	want_set_need(t->job->set, WANT_NEED_GRE, i->destination.af);
}

/* --- IPsec alone ------------------------------------------------------------------------ */

static void
want_any(const struct tunnel *t)
{
	static const uint8_t families[] = { AF_INET, AF_INET6 };
	enum { N = sizeof(families) / sizeof(families[0]) };
	struct arena *a = t->job->set->arena;
	struct want w = { .kind = WANT_SPD };
	struct msg_dp_spd_rule *rules = arena_alloc(a, N * sizeof(*rules));
	const char **out = arena_alloc(a, N * sizeof(*out)), **in = arena_alloc(a, N * sizeof(*in));

	for (unsigned int i = 0; i < N; i++) {
		bool own = t->negotiates && families[i] == AF_INET6;

		rules[i] = flow_rule(0, families[i], NULL, NULL);
		out[i] = own ? t->sa6 : t->sa_out;
		in[i] = own ? t->sa6 : t->sa_in;
		if (out[i] == NULL)
			rules[i].action = MSG_SPD_DISCARD;
	}
	strlcpy(w.spd.device, t->device, sizeof(w.spd.device));
	w.spd.rules = rules;
	w.spd.sa_out_key = out;
	w.spd.sa_in_key = in;
	w.spd.n_rules = N;
	w.spd.mss = iface_mss(t->iface);
	want_set_add(t->job->set, &w);
}

/* --- the tunnel ------------------------------------------------------------------------- */

int
tunnel_compile(
	struct compile_job *j, const struct cfg_interface *i, struct want *link, struct err *e)
{
	struct tunnel t = { .job = j, .iface = i, .device = link->link.device };
	struct want port = { .kind = WANT_PORT, .port.kind = MSG_PORT_TUN_TUNNEL };
	const char *lacks;
	int rc = tunnel_source(&t, e);

	if (rc != 0)
		return rc;
	if (is_protocol(i, "ipsec"))
		port.port.kind = MSG_PORT_TUN_PROTECTED;
	strlcpy(port.port.device, t.device, sizeof(port.port.device));
	want_set_add(j->set, &port);
	lacks = tunnel_lacks(&t);
	if (lacks == NULL)
		lacks = leads_into_itself(&t);
	if (lacks == NULL)
		rc = profile_sas(&t, &lacks, e);
	if (rc != 0 || lacks != NULL) {
		if (rc == 0)
			want_set_note(j->set, i->name, "%s", lacks);
		return rc;
	}
	find_path(&t);
	link->link.mtu = tunnel_mtu(&t);
	if (is_protocol(i, "ipsec"))
		want_any(&t);
	else
		want_gre(&t, link->link.mtu);
	return 0;
}
