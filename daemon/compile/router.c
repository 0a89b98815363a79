/*
 * What the router needs as a whole as soon as any interface, tunnel or protection wants it.
 */
#include "config.h"

#include "daemon/compile/owner.h"

#include "daemon/oscfg/oscfg.h"

#include <string.h>

static void
want_sysctl(struct compile_job *j, const char *path, const char *value)
{
	struct want w = { .kind = WANT_SYSCTL };

	strlcpy(w.sysctl.path, path, sizeof(w.sysctl.path));
	strlcpy(w.sysctl.value, value, sizeof(w.sysctl.value));
	want_set_add(j->set, &w);
}

static void
want_port(struct compile_job *j, enum msg_port_kind kind)
{
	struct want w = { .kind = WANT_PORT, .port.kind = kind };

	want_set_add(j->set, &w);
}

static void
want_rules(struct compile_job *j)
{
	static const struct want_rule rules[] = {
		{ WANT_RULE_BYPASS, OSCFG_RULE_BYPASS },
		{ WANT_RULE_MAIN, OSCFG_RULE_MAIN },
		{ WANT_RULE_STEER, OSCFG_RULE_STEER },
	};
	struct want w = { .kind = WANT_RULE };

	for (unsigned int i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		w.rule = rules[i];
		want_set_add(j->set, &w);
	}
}

int
router_compile(struct compile_job *j, const char *name, struct err *e)
{
	if (j->n_interfaces > 0)
		want_sysctl(j, "net/ipv4/ip_forward", "1");
	if (j->n_tunnels > 0)
		want_port(j, MSG_PORT_RAW_GRE);
	if (j->n_protections == 0)
		return 0;
	want_sysctl(j, "net/ipv4/conf/all/send_redirects", "0");
	want_port(j, MSG_PORT_RAW_ESP);
	want_port(j, MSG_PORT_RAW_BYPASS);
	want_rules(j);
	return 0;
}
