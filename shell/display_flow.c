/*
 * Flows as VRP shows them beside SAs, "10.1.1.0/255.255.255.0 6/0-65535": of the rules of a policy's ACL,
 * or of the tunnel that a profile protects. Knows nothing of SAs.
 */
#include "config.h"

#include "lib/addr.h"
#include "schema/row.h"
#include "shell/display.h"
#include "shell/out.h"
#include "shell/shell.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

enum { FLOWS_MOST = 16, FLOW_STRLEN = 128 };

/* Of an ACL's rows to out. */
struct flows {
	struct shell *sh;
	size_t n;
};

static int64_t
number_or(const struct row *r, const char *column, int64_t otherwise)
{
	const struct value *v = display_column(r, column);

	return v->kind == VALUE_INT ? v->i : otherwise;
}

/* "A/M"; a wildcard whose bits are no suffix makes a mask that is none either. */
static void
network_v4(const struct row *r, const char *column, char *out, size_t cap)
{
	char name[32], a[ADDR_STRLEN], m[ADDR_STRLEN];
	struct addr addr = addr_v4(0), wildcard = addr_v4(0);
	const char *text = display_column_text(r, column);

	if (!*text || addr_parse(text, &addr)) {
		strlcpy(out, "0.0.0.0/0.0.0.0", cap);
		return;
	}
	snprintf(name, sizeof(name), "%s_wildcard", column);
	text = display_column_text(r, name);
	if (*text && addr_parse(text, &wildcard))
		wildcard = addr_v4(0);
	wildcard = addr_v4(~addr_u32(&wildcard));
	addr = addr_v4(addr_u32(&addr) & addr_u32(&wildcard));
	snprintf(out, cap, "%s/%s", addr_format(&addr, a), addr_format(&wildcard, m));
}

static void
network_v6(const struct row *r, const char *column, char *out, size_t cap)
{
	struct prefix p = { .addr = { .af = AF_INET6 } };
	const char *text = display_column_text(r, column);
	char name[32], whole[PREFIX_STRLEN];

	if (*text && !addr_parse(text, &p.addr)) {
		snprintf(name, sizeof(name), "%s_length", column);
		p.len = (uint8_t)number_or(r, name, 128);
		p.addr = prefix_network(&p);
	}
	strlcpy(out, prefix_format(&p, whole), cap);
}

/* One side of a rule: "source", "destination". */
static void
side_text(const struct row *r, const char *column, char out[FLOW_STRLEN])
{
	char low[40], high[40], network[64];

	snprintf(low, sizeof(low), "%s_port_low", column);
	snprintf(high, sizeof(high), "%s_port_high", column);
	if (r->table == &model_acl6_rule)
		network_v6(r, column, network, sizeof(network));
	else
		network_v4(r, column, network, sizeof(network));
	snprintf(out, FLOW_STRLEN, "%s %lld/%lld-%lld", network,
		(long long)number_or(r, "protocol", 0), (long long)number_or(r, low, 0),
		(long long)number_or(r, high, 65535));
}

static void
print(struct shell *sh, const char *source, const char *destination)
{
	out_linef(sh->out, "    Flow source       : %s", source);
	out_linef(sh->out, "    Flow destination  : %s", destination);
}

static int
print_rule(void *arg, const struct row *r)
{
	struct flows *f = arg;
	char source[FLOW_STRLEN], destination[FLOW_STRLEN];

	if (strcmp(display_column_text(r, "action"), "permit") != 0 || f->n++ >= FLOWS_MOST)
		return 0;
	side_text(r, "source", source);
	side_text(r, "destination", destination);
	print(f->sh, source, destination);
	return 0;
}

void
display_flows_of_policy(struct shell *sh, const struct row *policy)
{
	struct flows f = { .sh = sh };
	const struct value *acl = display_column(policy, "acl");
	const struct value *acl6 = display_column(policy, "acl6");

	if (acl->kind == VALUE_INT)
		row_each(sh->store, &model_acl_rule, acl, 1, sh->scratch, print_rule, &f);
	if (acl6->kind == VALUE_INT)
		row_each(sh->store, &model_acl6_rule, acl6, 1, sh->scratch, print_rule, &f);
	if (f.n > FLOWS_MOST)
		out_linef(sh->out, "    Flows not shown   : %zu", f.n - FLOWS_MOST);
}

void
display_flows_of_tunnel(
	struct shell *sh, bool gre, const struct addr *local, const struct addr *remote)
{
	bool v6 = local->af == AF_INET6;
	char source[FLOW_STRLEN], destination[FLOW_STRLEN], a[ADDR_STRLEN];

	if (!gre) {
		print(sh, "0.0.0.0/0.0.0.0 0/0-65535", "0.0.0.0/0.0.0.0 0/0-65535");
		return;
	}
	snprintf(source, sizeof(source), "%s%s %d/0-65535", addr_format(local, a),
		v6 ? "/128" : "/255.255.255.255", IPPROTO_GRE);
	snprintf(destination, sizeof(destination), "%s%s %d/0-65535", addr_format(remote, a),
		v6 ? "/128" : "/255.255.255.255", IPPROTO_GRE);
	print(sh, source, destination);
}
