/*
 * What the router needs as a whole as soon as any interface, tunnel or protection wants it.
 */
#include "config.h"

#include "daemon/compile/owner.h"

#include "daemon/oscfg/oscfg.h"
#include "lib/arena.h"

#include <string.h>
#include <sys/socket.h>

/* Whose need opens which raw socket. */
static const struct {
	unsigned int need;
	enum msg_port_kind kind;
} ports[] = {
	{ WANT_NEED_GRE, MSG_PORT_RAW_GRE },
	{ WANT_NEED_GRE + 1, MSG_PORT_RAW6_GRE },
	{ WANT_NEED_ESP, MSG_PORT_RAW_ESP },
	{ WANT_NEED_ESP + 1, MSG_PORT_RAW6_ESP },
	{ WANT_NEED_AH, MSG_PORT_RAW_AH },
	{ WANT_NEED_AH + 1, MSG_PORT_RAW6_AH },
	{ WANT_NEED_STEER, MSG_PORT_RAW_BYPASS },
	{ WANT_NEED_STEER + 1, MSG_PORT_RAW6_BYPASS },
};

static void
want_sysctl(struct compile_job *j, const char *path, const char *value)
{
	struct want w = { .kind = WANT_SYSCTL };

	strlcpy(w.sysctl.path, path, sizeof(w.sysctl.path));
	strlcpy(w.sysctl.value, value, sizeof(w.sysctl.value));
	want_set_add(j->set, &w);
}

/* Where IKE is spoken: by the speaker's word of setup, and by UDP (RFC 7296 2, RFC 3948 2.2). */
static int
want_ike(struct compile_job *j, const struct cfg_system *system)
{
	static const uint16_t udp[] = { 500, 4500 };
	struct want w = { .kind = WANT_IKE }, port = { .kind = WANT_PORT };
	struct msg_ike_setup *m = arena_alloc(j->set->arena, sizeof(*m));
	struct value one = VALUE_OF_INT(1);
	struct cfg_ike_global g;
	int rc = cfg_get(j->store, &cfg_ike_global, &one, j->set->arena, &g);

	if (rc != 0)
		return rc;
	strlcpy(m->local_name, g.local_name != NULL ? g.local_name : system->sysname,
		sizeof(m->local_name));
	m->nat_keepalive_s = (uint32_t)g.nat_keepalive;
	w.ike.setup = m;
	want_set_add(j->set, &w);
	port.port.kind = MSG_PORT_UDP;
	for (unsigned int i = 0; i < 4; i++) {
		if (j->n_needs[WANT_NEED_IKE + i / 2] == 0)
			continue;
		port.port.af = i / 2 == 0 ? AF_INET : AF_INET6;
		port.port.udp = udp[i % 2];
		want_set_add(j->set, &port);
	}
	return 0;
}

static void
want_port(struct compile_job *j, enum msg_port_kind kind)
{
	struct want w = { .kind = WANT_PORT, .port.kind = kind };

	want_set_add(j->set, &w);
}

static void
want_rules(struct compile_job *j, uint8_t af)
{
	static const struct want_rule rules[] = {
		{ .type = WANT_RULE_BYPASS, .priority = OSCFG_RULE_BYPASS },
		{ .type = WANT_RULE_MAIN, .priority = OSCFG_RULE_MAIN },
		{ .type = WANT_RULE_STEER, .priority = OSCFG_RULE_STEER },
	};
	struct want w = { .kind = WANT_RULE };

	for (unsigned int i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		w.rule = rules[i];
		w.rule.af = af;
		want_set_add(j->set, &w);
	}
}

int
router_compile(struct compile_job *j, const char *name, struct err *e)
{
	struct value key = VALUE_OF_INT(1);
	struct cfg_system system;
	int rc = cfg_get(j->store, &cfg_system, &key, j->set->arena, &system);

	if (rc != 0)
		return rc;
	if (j->n_needs[WANT_NEED_ROUTER] > 0) {
		want_sysctl(j, "net/ipv4/ip_forward", "1");
		if (system.ipv6 > 0)
			want_sysctl(j, "net/ipv6/conf/all/forwarding", "1");
	}
	if (j->n_needs[WANT_NEED_STEER] > 0)
		want_sysctl(j, "net/ipv4/conf/all/send_redirects", "0");
	for (unsigned int i = 0; i < sizeof(ports) / sizeof(ports[0]); i++)
		if (j->n_needs[ports[i].need] > 0)
			want_port(j, ports[i].kind);
	if (j->n_needs[WANT_NEED_STEER] > 0)
		want_rules(j, AF_INET);
	if (j->n_needs[WANT_NEED_STEER + 1] > 0)
		want_rules(j, AF_INET6);
	if (j->n_needs[WANT_NEED_IKE] + j->n_needs[WANT_NEED_IKE + 1] > 0)
		rc = want_ike(j, &system);
	return rc;
}
