/*
 * IPsec as it runs: security associations, from the datapath. What a policy or a profile says of them
 * (ACL, interface) comes from the candidate.
 */
#include "config.h"

#include "lib/alg.h"
#include "lib/arena.h"
#include "lib/err.h"
#include "schema/row.h"
#include "shell/cli/cli.h"
#include "shell/display.h"
#include "shell/out.h"
#include "shell/shell.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#define SA(obj) ((const struct st_ipsec_sa *)(obj))

/* What stands above the SAs of one policy or profile. */
struct policy_view {
	struct display_policy policy;
	char interface[32];
	bool gre;		      /* it is a GRE tunnel */
	int64_t rule;		      /* the first of the ACL that protects; -1: none */
	const struct st_ipsec_sa *sa; /* the first of them */
};

#define VIEW(obj) ((const struct policy_view *)(obj))

static int
take_interface(void *arg, const struct row *r)
{
	struct policy_view *v = arg;

	strlcpy(v->interface, r->v[0].s, sizeof(v->interface));
	v->gre = strcmp(display_column_text(r, "tunnel_protocol"), "gre") == 0;
	return 1;
}

static int
take_rule(void *arg, const struct row *r)
{
	struct policy_view *v = arg;

	if (strcmp(display_column_text(r, "action"), "permit") != 0)
		return 0;
	v->rule = r->v[1].i;
	return 1;
}

static void
view_fill(struct shell *sh, struct policy_view *v, const struct st_ipsec_sa *sa)
{
	const struct value *acl, *acl6;
	int column;

	*v = (struct policy_view){ .sa = sa, .rule = -1 };
	display_policy_find(sh, sa->policy, &v->policy);
	column = model_column(
		&model_interface, v->policy.sequence ? "ipsec_policy" : "ipsec_profile");
	row_each_where(sh->store, &model_interface, (unsigned int)column,
		&VALUE_OF_TEXT(v->policy.name), sh->scratch, take_interface, v);
	if (!v->policy.row || !v->policy.sequence)
		return;
	acl = display_column(v->policy.row, "acl");
	acl6 = display_column(v->policy.row, "acl6");
	if (acl->kind == VALUE_INT)
		row_each(sh->store, &model_acl_rule, acl, 1, sh->scratch, take_rule, v);
	else if (acl6->kind == VALUE_INT)
		row_each(sh->store, &model_acl6_rule, acl6, 1, sh->scratch, take_rule, v);
}

static size_t
name_text(const void *obj, char *out, size_t cap)
{
	return strlcpy(out, VIEW(obj)->policy.name, cap);
}

static size_t
sequence_text(const void *obj, char *out, size_t cap)
{
	return layout_number((unsigned long long)VIEW(obj)->policy.sequence, out, cap);
}

static size_t
interface_text(const void *obj, char *out, size_t cap)
{
	return strlcpy(out, *VIEW(obj)->interface ? VIEW(obj)->interface : "-", cap);
}

static size_t
acl_text(const void *obj, char *out, size_t cap)
{
	return display_policy_acl(&VIEW(obj)->policy, out, cap);
}

static size_t
rule_text(const void *obj, char *out, size_t cap)
{
	if (VIEW(obj)->rule < 0)
		return strlcpy(out, "-", cap);
	return layout_number((unsigned long long)VIEW(obj)->rule, out, cap);
}

static size_t
mode_text(const void *obj, char *out, size_t cap)
{
	static const struct layout l = { .table = &model_ipsec_policy };

	if (!VIEW(obj)->policy.row)
		return strlcpy(out, "-", cap);
	return layout_text(&l, "{mode!Capital}", VIEW(obj)->policy.row, 0, out, cap);
}

static size_t
of_sa(const void *obj, const char *inbound, const char *outbound, char *out, size_t cap)
{
	const struct layout l = { .record = &state_info(STATE_ipsec_sa)->record };
	const struct st_ipsec_sa *sa = VIEW(obj)->sa;

	return layout_text(&l, sa->inbound ? inbound : outbound, sa, 0, out, cap);
}

static size_t
local_text(const void *obj, char *out, size_t cap)
{
	return of_sa(obj, "{destination}", "{source}", out, cap);
}

static size_t
remote_text(const void *obj, char *out, size_t cap)
{
	return of_sa(obj, "{source}", "{destination}", out, cap);
}

static size_t
encapsulation_text(const void *obj, char *out, size_t cap)
{
	return of_sa(obj, "{mode!mode}", "{mode!mode}", out, cap);
}

static const struct layout_value view_values[] = {
	{ "name", name_text },
	{ "sequence", sequence_text },
	{ "interface", interface_text },
	{ "acl", acl_text },
	{ "rule", rule_text },
	{ "mode", mode_text },
	{ "local", local_text },
	{ "remote", remote_text },
	{ "encapsulation", encapsulation_text },
	{ 0 },
};

static const struct layout_line interface_card[] = {
	{ "" },
	{ "===============================" },
	{ "Interface: {interface}" },
	{ "===============================" },
	{ 0 },
};

static bool
is_policy(const void *obj)
{
	return VIEW(obj)->policy.sequence;
}

static bool
is_profile(const void *obj)
{
	return !is_policy(obj);
}

static const struct layout_line policy_card[] = {
	{ "" },
	{ "  -----------------------------" },
	{ "  IPSec policy name: \"{name}\"", is_policy },
	{ "  Sequence number  : {sequence}", is_policy },
	{ "  Acl group        : {acl}", is_policy },
	{ "  Acl rule         : {rule}", is_policy },
	{ "  Mode             : {mode}", is_policy },
	{ "  IPSec profile name: \"{name}\"", is_profile },
	{ "  Mode              : PROF-MANUAL", is_profile },
	{ "  -----------------------------" },
	{ "    Encapsulation mode: {encapsulation}" },
	{ "    Tunnel local      : {local}" },
	{ "    Tunnel remote     : {remote}" },
	{ 0 },
};

static bool
is_inbound(const void *obj)
{
	return SA(obj)->inbound;
}

static bool
is_outbound(const void *obj)
{
	return !SA(obj)->inbound;
}

static bool
is_esp(const void *obj)
{
	return SA(obj)->protocol == IPPROTO_ESP;
}

static bool
is_ah(const void *obj)
{
	return !is_esp(obj);
}

/* An AEAD has no second algorithm. */
static size_t
proposal_text(const void *obj, char *out, size_t cap)
{
	static const char *const texts[2][2] = {
		{ "AH-{auth!AUTH}", "AH-{auth!AUTH}" },
		{ "ESP-ENCRYPT-{cipher!CIPHER}",
			"ESP-ENCRYPT-{cipher!CIPHER} ESP-AUTH-{auth!AUTH}" },
	};
	const struct layout l = { .record = &state_info(STATE_ipsec_sa)->record };

	return layout_text(
		&l, texts[is_esp(obj)][alg_auth(SA(obj)->auth) != NULL], obj, 0, out, cap);
}

static size_t
algorithm_text(const void *obj, char *out, size_t cap)
{
	const struct layout l = { .record = &state_info(STATE_ipsec_sa)->record };
	const struct alg_auth_info *a = alg_auth(SA(obj)->auth);
	const char *auth = !a		   ? ""
		: a->kind == ALG_KIND_hmac ? "A:HMAC-{auth!AUTH};"
					   : "A:{auth!AUTH};";
	size_t len = is_esp(obj) ? layout_text(&l, "E:{cipher!CIPHER};", obj, 0, out, cap) : 0;

	return len + layout_text(&l, auth, obj, 0, out + len, cap - len);
}

static size_t
count_text(const void *obj, char *out, size_t cap)
{
	return layout_number(SA(obj)->packets + SA(obj)->dropped, out, cap);
}

static size_t
natt_text(const void *obj, char *out, size_t cap)
{
	return strlcpy(out, SA(obj)->encap_remote || SA(obj)->encap_local ? "Y" : "N", cap);
}

static const struct layout_value sa_values[] = {
	{ "count", count_text },
	{ "natt", natt_text },
	{ "proposal", proposal_text },
	{ "algorithm", algorithm_text },
	{ 0 },
};

static bool
is_encrypted(const void *obj)
{
	return is_esp(obj) && is_outbound(obj);
}

static bool
is_decrypted(const void *obj)
{
	return is_esp(obj) && is_inbound(obj);
}

static bool
has_window(const void *obj)
{
	return is_inbound(obj) && SA(obj)->replay_window;
}

static bool
has_no_window(const void *obj)
{
	return is_inbound(obj) && !SA(obj)->replay_window;
}

static const struct layout_line sa_card[] = {
	{ "" },
	{ "    [Outbound {protocol!protocol} SAs] ", is_outbound },
	{ "    [Inbound {protocol!protocol} SAs] ", is_inbound },
	{ "      SPI: {spi} ({spi!hex})" },
	{ "      Proposal: {proposal}" },
	{ "      No duration limit for this SA" },
	{ "      Outpacket count       : {count}", is_outbound },
	{ "      Outpacket encap count : {packets}", is_outbound },
	{ "      Outpacket drop count  : {dropped}", is_outbound },
	{ "      Max sent sequence-number: {sequence}", is_outbound },
	{ "      SA encrypted packets (number/bytes): {packets}/{bytes}", is_encrypted },
	{ "      Inpacket count        : {count}", is_inbound },
	{ "      Inpacket decap count  : {packets}", is_inbound },
	{ "      Inpacket drop count   : {dropped}", is_inbound },
	{ "      Max received sequence-number: {sequence}", is_inbound },
	{ "      SA decrypted packets (number/bytes): {packets}/{bytes}", is_decrypted },
	{ "      SA authenticated packets (number/bytes): {packets}/{bytes}", is_ah },
	{ "      UDP encapsulation used for NAT traversal: {natt}", is_esp },
	{ "      Anti-replay : Enable", has_window },
	{ "      Anti-replay window size: {replay_window}", has_window },
	{ "      Anti-replay : Disable", has_no_window },
	{ 0 },
};

/* By interface, policy and sequence number; ESP before AH, outbound before inbound. */
static int
compare(const void *a, const void *b)
{
	const struct st_ipsec_sa *x = *(const void *const *)a, *y = *(const void *const *)b;
	int d = x->port < y->port ? -1 : x->port > y->port;
	struct display_policy v, w;

	display_policy_split(x->policy, &v);
	display_policy_split(y->policy, &w);
	if (!d)
		d = strcmp(v.name, w.name);
	if (!d && v.sequence != w.sequence)
		d = v.sequence < w.sequence ? -1 : 1;
	if (!d)
		d = (int)x->protocol - (int)y->protocol;
	return d ? d : (int)x->inbound - (int)y->inbound;
}

/* Only those of a policy or a profile, or with this peer. */
static bool
selected(struct shell *sh, const struct st_ipsec_sa *sa, const struct cli_match *m)
{
	const char *remote = cli_arg_text(m, "remote", NULL);
	struct display_policy p;
	struct addr a;

	if (remote)
		return !addr_parse(remote, &a) &&
			addr_eq(&a, sa->inbound ? &sa->source : &sa->destination);
	display_policy_find(sh, sa->policy, &p);
	return display_policy_selected(&p, m);
}

static bool
is_negotiated(const struct client_rows *children, const struct st_ipsec_sa *sa)
{
	for (size_t i = 0; i < children->n; i++)
		if (display_child_has(children->row[i], sa))
			return true;
	return false;
}

/* The SAs that were asked for, in the order in which they are shown. */
static int
get_sas(struct shell *sh, const struct cli_match *m, struct client_rows *rows, struct err *e)
{
	int rc = shell_state(sh, STATE_ipsec_sa, NULL, rows, e);
	size_t n = 0;

	if (rc)
		return rc;
	for (size_t i = 0; i < rows->n; i++)
		if (selected(sh, rows->row[i], m))
			rows->row[n++] = rows->row[i];
	rows->n = n;
	if (n)
		qsort(rows->row, n, sizeof(*rows->row), compare);
	return 0;
}

static void
print_head(struct shell *sh, const struct st_ipsec_sa *sa, const struct st_ipsec_sa *before)
{
	const struct layout policy = { .values = view_values, .card = policy_card };
	const struct layout interface = { .values = view_values, .card = interface_card };
	bool moved = !before || before->port != sa->port;
	struct policy_view v;

	if (!moved && !strcmp(before->policy, sa->policy))
		return;
	view_fill(sh, &v, sa);
	if (moved)
		layout_card(sh->out, &interface, &v);
	layout_card(sh->out, &policy, &v);
	if (v.policy.row && v.policy.sequence)
		display_flows_of_policy(sh, v.policy.row);
	else if (v.policy.row)
		display_flows_of_tunnel(sh, v.gre, sa->inbound ? &sa->destination : &sa->source,
			sa->inbound ? &sa->source : &sa->destination);
}

int
display_ipsec_sa(struct shell *sh, const struct cli_match *m, struct err *e)
{
	const struct layout l = {
		.record = &state_info(STATE_ipsec_sa)->record, .values = sa_values, .card = sa_card
	};
	static const char title[] = "ipsec sa information:";
	const struct st_ipsec_sa *before = NULL;
	struct client_rows rows, children = { 0 };
	struct err why;
	int rc = get_sas(sh, m, &rows, e);

	if (rc)
		return rc;
	display_children_get(sh, &children, &why); /* without IKE there are none */
	for (size_t i = 0; i < rows.n; i++) {
		if (out_is_json(sh->out)) {
			layout_json(sh->out, &l, rows.row[i]);
			continue;
		}
		if (is_negotiated(&children, rows.row[i]))
			continue;
		if (!before)
			out_line(sh->out, title);
		print_head(sh, rows.row[i], before);
		layout_card(sh->out, &l, rows.row[i]);
		before = rows.row[i];
	}
	if (!display_children(sh, m, &children, &rows, before ? NULL : title) && !before &&
		!out_is_json(sh->out))
		out_line(sh->out, "Info: There is no IPSec SA.");
	return 0;
}

static const struct layout_column brief_columns[] = {
	{ 0, "Src Address", "{source}" },
	{ 16, "Dst Address", "{destination}" },
	{ 32, "SPI", "{spi}" },
	{ 43, "Protocol", "{protocol!protocol}" },
	{ 53, "Algorithm", "{algorithm}" },
	{ 0 },
};

/* Inbound and outbound of one policy are one tunnel. */
static size_t
count_tunnels(const struct client_rows *rows)
{
	size_t n = 0;

	for (size_t i = 0; i < rows->n; i++)
		n += !i || SA(rows->row[i])->port != SA(rows->row[i - 1])->port ||
			strcmp(SA(rows->row[i])->policy, SA(rows->row[i - 1])->policy) != 0;
	return n;
}

int
display_ipsec_sa_brief(struct shell *sh, const struct cli_match *m, struct err *e)
{
	static const char line[] =
		"------------------------------------------------------------------------------";
	const struct layout l = { .record = &state_info(STATE_ipsec_sa)->record,
		.values = sa_values,
		.columns = brief_columns };
	struct client_rows rows;
	int rc = get_sas(sh, m, &rows, e);

	if (rc)
		return rc;
	if (!out_is_json(sh->out)) {
		out_linef(sh->out, "current ipsec sa number: %zu", rows.n);
		out_linef(sh->out, "current ipsec tunnel number: %zu", count_tunnels(&rows));
		out_line(sh->out, line);
		layout_header(sh->out, &l);
		out_line(sh->out, line);
	}
	for (size_t i = 0; i < rows.n; i++) {
		if (out_is_json(sh->out))
			layout_json(sh->out, &l, rows.row[i]);
		else
			layout_row(sh->out, &l, rows.row[i]);
	}
	if (!out_is_json(sh->out))
		out_line(sh->out, line);
	return 0;
}
