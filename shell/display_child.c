/*
 * Negotiated IPsec SAs: pairs from IKE, what went through them from the datapath, joined by SPI. What a policy
 * says of them (its ACL) comes from the candidate.
 */
#include "config.h"

#include "lib/addr.h"
#include "lib/alg.h"
#include "lib/err.h"
#include "shell/cli/cli.h"
#include "shell/display.h"
#include "shell/out.h"
#include "shell/shell.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

/* One pair, and the policy or profile that it is of. */
struct pair {
	const struct st_ike_child *child;
	struct display_policy policy;
	struct st_ipsec_sa in,
		out; /* counters are 0 when the datapath does not know it (any more) */
};

/* One direction of a pair, as its card sees it. */
struct way {
	const struct st_ike_child *child;
	const struct st_ipsec_sa *sa;
};

#define PAIR(obj) ((const struct pair *)(obj))
#define WAY(obj) ((const struct way *)(obj))
#define CHILD_RECORD (&state_info(STATE_ike_child)->record)
#define SA_RECORD (&state_info(STATE_ipsec_sa)->record)

/* --- the pair -------------------------------------------------------------------------------- */

static size_t
local_text(const void *obj, char *out, size_t cap)
{
	return display_endpoint(&PAIR(obj)->child->local, PAIR(obj)->child->local_port, out, cap);
}

static size_t
remote_text(const void *obj, char *out, size_t cap)
{
	return display_endpoint(&PAIR(obj)->child->remote, PAIR(obj)->child->remote_port, out, cap);
}

static size_t
name_text(const void *obj, char *out, size_t cap)
{
	return strlcpy(out, PAIR(obj)->policy.name, cap);
}

static size_t
sequence_text(const void *obj, char *out, size_t cap)
{
	return layout_number((unsigned long long)PAIR(obj)->policy.sequence, out, cap);
}

static size_t
acl_text(const void *obj, char *out, size_t cap)
{
	return display_policy_acl(&PAIR(obj)->policy, out, cap);
}

#define OF_CHILD(name, text)                                                 \
	static size_t name##_text(const void *obj, char *out, size_t cap)    \
	{                                                                    \
		const struct layout l = { .record = CHILD_RECORD };          \
                                                                             \
		return layout_text(&l, text, PAIR(obj)->child, 0, out, cap); \
	}
OF_CHILD(rule, "{rule}")
OF_CHILD(interface, "{interface!dash}")
OF_CHILD(connection, "{connection}")
OF_CHILD(encapsulation, "{mode!mode}")
OF_CHILD(holding, "{established_s!holding}")

static const struct layout_value pair_values[] = {
	{ "local", local_text },
	{ "remote", remote_text },
	{ "name", name_text },
	{ "sequence", sequence_text },
	{ "acl", acl_text },
	{ "rule", rule_text },
	{ "interface", interface_text },
	{ "connection", connection_text },
	{ "encapsulation", encapsulation_text },
	{ "holding", holding_text },
	{ 0 },
};

static bool
is_policy(const void *obj)
{
	return PAIR(obj)->policy.sequence;
}

static bool
is_profile(const void *obj)
{
	return !is_policy(obj);
}

static const struct layout_line interface_card[] = {
	{ "" },
	{ "===============================" },
	{ "Interface: {interface}" },
	{ "===============================" },
	{ 0 },
};

static const struct layout_line pair_card[] = {
	{ "" },
	{ "  -----------------------------" },
	{ "  IPSec policy name: \"{name}\"", is_policy },
	{ "  Sequence number  : {sequence}", is_policy },
	{ "  Acl group        : {acl}", is_policy },
	{ "  Acl rule         : {rule}", is_policy },
	{ "  Mode             : ISAKMP", is_policy },
	{ "  IPSec profile name: \"{name}\"", is_profile },
	{ "  Mode              : PROF-ISAKMP", is_profile },
	{ "  -----------------------------" },
	{ "    Connection ID     : {connection}" },
	{ "    Encapsulation mode: {encapsulation}" },
	{ "    Holding time      : {holding}" },
	{ "    Tunnel local      : {local}" },
	{ "    Tunnel remote     : {remote}" },
	{ 0 },
};

/* Selectors of several pairs are separated by "; ". */
static void
print_flows(struct out *o, const struct st_ike_child *c)
{
	const char *from = c->flow_source, *to = c->flow_destination;

	while (*from || *to) {
		int from_len = (int)strcspn(from, ";"), to_len = (int)strcspn(to, ";");

		out_linef(o, "    Flow source       : %.*s", from_len, from);
		out_linef(o, "    Flow destination  : %.*s", to_len, to);
		from += from_len + (int)strspn(from + from_len, "; ");
		to += to_len + (int)strspn(to + to_len, "; ");
	}
}

/* --- one direction --------------------------------------------------------------------------- */

static bool
is_inbound(const void *obj)
{
	return WAY(obj)->sa->inbound;
}

static bool
is_outbound(const void *obj)
{
	return !is_inbound(obj);
}

static bool
is_esp(const void *obj)
{
	return WAY(obj)->child->protocol == IPPROTO_ESP;
}

static bool
has_esn(const void *obj)
{
	return WAY(obj)->child->esn;
}

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
is_ah(const void *obj)
{
	return !is_esp(obj);
}

static bool
has_window(const void *obj)
{
	return is_inbound(obj) && WAY(obj)->child->replay_window;
}

static bool
has_no_window(const void *obj)
{
	return is_inbound(obj) && !WAY(obj)->child->replay_window;
}

static size_t
of_way_child(const void *obj, const char *text, char *out, size_t cap)
{
	const struct layout l = { .record = CHILD_RECORD };

	return layout_text(&l, text, WAY(obj)->child, 0, out, cap);
}

static size_t
proposal_text(const void *obj, char *out, size_t cap)
{
	bool auth = alg_auth(WAY(obj)->child->auth) != NULL;

	return of_way_child(obj,
		!is_esp(obj)   ? "AH-{auth!AUTH}"
			: auth ? "ESP-ENCRYPT-{cipher!CIPHER} ESP-AUTH-{auth!AUTH}"
			       : "ESP-ENCRYPT-{cipher!CIPHER}",
		out, cap);
}

/* "1843200/2717"; a limit that there is not is "-". */
static size_t
remaining_text(const void *obj, char *out, size_t cap)
{
	const struct st_ike_child *c = WAY(obj)->child;
	uint64_t used = WAY(obj)->sa->bytes;
	uint64_t left = c->lifetime_bytes > used ? (c->lifetime_bytes - used) / 1024 : 0;
	size_t len = c->lifetime_bytes ? layout_number(left, out, cap) : strlcpy(out, "-", cap);

	len += strlcpy(out + len, "/", cap - len);
	return len +
		(c->lifetime_s ? layout_number(c->remaining_s, out + len, cap - len)
			       : strlcpy(out + len, "-", cap - len));
}

static size_t
natt_text(const void *obj, char *out, size_t cap)
{
	return strlcpy(out, WAY(obj)->child->encapsulated ? "Y" : "N", cap);
}

static size_t
count_text(const void *obj, char *out, size_t cap)
{
	return layout_number(WAY(obj)->sa->packets + WAY(obj)->sa->dropped, out, cap);
}

#define OF_SA(name, text)                                                 \
	static size_t name##_text(const void *obj, char *out, size_t cap) \
	{                                                                 \
		const struct layout l = { .record = SA_RECORD };          \
                                                                          \
		return layout_text(&l, text, WAY(obj)->sa, 0, out, cap);  \
	}
OF_SA(spi, "{spi} ({spi!hex})")
OF_SA(protocol, "{protocol!protocol}")
OF_SA(packets, "{packets}")
OF_SA(dropped, "{dropped}")
OF_SA(seq, "{sequence}")
OF_SA(bytes, "{packets}/{bytes}")

static size_t
window_text(const void *obj, char *out, size_t cap)
{
	return of_way_child(obj, "{replay_window}", out, cap);
}

static const struct layout_value way_values[] = {
	{ "spi", spi_text },
	{ "protocol", protocol_text },
	{ "proposal", proposal_text },
	{ "remaining", remaining_text },
	{ "count", count_text },
	{ "packets", packets_text },
	{ "dropped", dropped_text },
	{ "sequence", seq_text },
	{ "natt", natt_text },
	{ "bytes", bytes_text },
	{ "window", window_text },
	{ 0 },
};

static const struct layout_line way_card[] = {
	{ "" },
	{ "    [Outbound {protocol} SAs] ", is_outbound },
	{ "    [Inbound {protocol} SAs] ", is_inbound },
	{ "      SPI: {spi}" },
	{ "      Proposal: {proposal}" },
	{ "      SA remaining key duration (kilobytes/sec): {remaining}" },
	{ "      Outpacket count       : {count}", is_outbound },
	{ "      Outpacket encap count : {packets}", is_outbound },
	{ "      Outpacket drop count  : {dropped}", is_outbound },
	{ "      Max sent sequence-number: {sequence}", is_outbound },
	{ "      Inpacket count        : {count}", is_inbound },
	{ "      Inpacket decap count  : {packets}", is_inbound },
	{ "      Inpacket drop count   : {dropped}", is_inbound },
	{ "      Max received sequence-number: {sequence}", is_inbound },
	{ "      UDP encapsulation used for NAT traversal: {natt}", is_esp },
	{ "      SA encrypted packets (number/bytes): {bytes}", is_encrypted },
	{ "      SA decrypted packets (number/bytes): {bytes}", is_decrypted },
	{ "      SA authenticated packets (number/bytes): {bytes}", is_ah },
	{ "      Extended sequence number: Enable", has_esn },
	{ "      Anti-replay : Enable", has_window },
	{ "      Anti-replay window size: {window}", has_window },
	{ "      Anti-replay : Disable", has_no_window },
	{ 0 },
};

/* --- all of them ----------------------------------------------------------------------------- */

bool
display_child_has(const struct st_ike_child *c, const struct st_ipsec_sa *sa)
{
	if (c->protocol != sa->protocol)
		return false;
	if (sa->inbound)
		return c->spi_in == sa->spi;
	return c->spi_out == sa->spi && addr_eq(&c->remote, &sa->destination);
}

static void
pair_fill(struct pair *p, struct shell *sh, const struct st_ike_child *c,
	const struct client_rows *sas)
{
	*p = (struct pair){ .child = c };
	p->in = (struct st_ipsec_sa){ .inbound = true, .spi = c->spi_in, .protocol = c->protocol };
	p->out = (struct st_ipsec_sa){ .spi = c->spi_out, .protocol = c->protocol };
	for (size_t i = 0; i < sas->n; i++) {
		const struct st_ipsec_sa *sa = sas->row[i];

		if (display_child_has(c, sa))
			*(sa->inbound ? &p->in : &p->out) = *sa;
	}
	display_policy_find(sh, c->policy, &p->policy);
}

/* By interface, policy and connection. */
static int
compare(const void *a, const void *b)
{
	const struct st_ike_child *x = *(const void *const *)a, *y = *(const void *const *)b;
	int d = strcmp(x->interface, y->interface);

	if (!d)
		d = strcmp(x->policy, y->policy);
	return d ? d : x->connection < y->connection ? -1 : x->connection > y->connection;
}

static bool
selected(struct shell *sh, const struct st_ike_child *c, const struct cli_match *m)
{
	const char *remote = cli_arg_text(m, "remote", NULL);
	struct display_policy p;
	struct addr a;

	if (!strcmp(c->state, "installing"))
		return false;
	if (remote)
		return !addr_parse(remote, &a) && addr_eq(&a, &c->remote);
	display_policy_find(sh, c->policy, &p);
	return display_policy_selected(&p, m);
}

int
display_children_get(struct shell *sh, struct client_rows *rows, struct err *e)
{
	int rc = shell_state(sh, STATE_ike_child, NULL, rows, e);

	if (!rc && rows->n)
		qsort(rows->row, rows->n, sizeof(*rows->row), compare);
	return rc;
}

size_t
display_children(struct shell *sh, const struct cli_match *m, const struct client_rows *children,
	const struct client_rows *sas, const char *title)
{
	const struct layout child = { .record = CHILD_RECORD };
	const struct layout interface = { .values = pair_values, .card = interface_card };
	const struct layout head = { .values = pair_values, .card = pair_card };
	const struct layout way = { .values = way_values, .card = way_card };
	const char *before = NULL;
	size_t n = 0;

	for (size_t i = 0; i < children->n; i++) {
		const struct st_ike_child *c = children->row[i];
		struct pair p;

		if (!selected(sh, c, m))
			continue;
		n++;
		if (out_is_json(sh->out)) {
			layout_json(sh->out, &child, c);
			continue;
		}
		pair_fill(&p, sh, c, sas);
		if (!before && title)
			out_line(sh->out, title);
		if (!before || strcmp(before, c->interface) != 0)
			layout_card(sh->out, &interface, &p);
		before = c->interface;
		layout_card(sh->out, &head, &p);
		print_flows(sh->out, c);
		layout_card(sh->out, &way, &(struct way){ c, &p.out });
		layout_card(sh->out, &way, &(struct way){ c, &p.in });
	}
	return n;
}
