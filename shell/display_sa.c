/*
 * IPsec as it runs: security associations and counters, from the datapath. What a policy says of them
 * (ACL, interface) comes from the candidate.
 */
#include "config.h"

#include "lib/arena.h"
#include "lib/err.h"
#include "schema/row.h"
#include "shell/cli/cli.h"
#include "shell/display.h"
#include "shell/out.h"
#include "shell/shell.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SA(obj) ((const struct st_ipsec_sa *)(obj))

enum { PROTOCOL_ESP = 50 };

/* What stands above the SAs of one policy. */
struct policy_view {
	char name[32];
	const char *sequence;
	char interface[32];
	const struct row *row;	      /* NULL: not configured any more */
	const struct st_ipsec_sa *sa; /* the first of them */
};

#define VIEW(obj) ((const struct policy_view *)(obj))

/* "P1-10" is policy P1, sequence number 10; the name may hold hyphens. */
static void
split_policy(struct policy_view *v, const char *policy)
{
	char *hyphen;

	strlcpy(v->name, policy, sizeof(v->name));
	hyphen = strrchr(v->name, '-');
	if (hyphen)
		*hyphen = '\0';
	v->sequence = hyphen ? hyphen + 1 : "";
}

static int
take_interface(void *arg, const struct row *r)
{
	struct policy_view *v = arg;

	strlcpy(v->interface, r->v[0].s, sizeof(v->interface));
	return 1;
}

static void
view_fill(struct shell *sh, struct policy_view *v, const struct st_ipsec_sa *sa)
{
	unsigned int column = (unsigned int)model_column(&model_interface, "ipsec_policy");
	struct row *row = arena_alloc(sh->scratch, sizeof(*row));
	struct value key[2];

	*v = (struct policy_view){ .sa = sa };
	split_policy(v, sa->policy);
	key[0] = VALUE_OF_TEXT(v->name);
	key[1] = VALUE_OF_INT(strtoll(v->sequence, NULL, 10));
	if (!row_get(sh->store, &model_ipsec_policy, key, sh->scratch, row))
		v->row = row;
	row_each_where(
		sh->store, &model_interface, column, &key[0], sh->scratch, take_interface, v);
}

static size_t
name_text(const void *obj, char *out, size_t cap)
{
	return strlcpy(out, VIEW(obj)->name, cap);
}

static size_t
sequence_text(const void *obj, char *out, size_t cap)
{
	return strlcpy(out, VIEW(obj)->sequence, cap);
}

static size_t
interface_text(const void *obj, char *out, size_t cap)
{
	return strlcpy(out, *VIEW(obj)->interface ? VIEW(obj)->interface : "-", cap);
}

static size_t
of_row(const void *obj, const char *template, char *out, size_t cap)
{
	static const struct layout l = { .table = &model_ipsec_policy };

	if (!VIEW(obj)->row)
		return strlcpy(out, "-", cap);
	return layout_text(&l, template, VIEW(obj)->row, 0, out, cap);
}

static size_t
acl_text(const void *obj, char *out, size_t cap)
{
	return of_row(obj, "{acl}", out, cap);
}

static size_t
mode_text(const void *obj, char *out, size_t cap)
{
	return of_row(obj, "{mode!Capital}", out, cap);
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

static const struct layout_line policy_card[] = {
	{ "" },
	{ "  -----------------------------" },
	{ "  IPSec policy name: \"{name}\"" },
	{ "  Sequence number  : {sequence}" },
	{ "  Acl group        : {acl}" },
	{ "  Acl rule         : 0" },
	{ "  Mode             : {mode}" },
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
	return SA(obj)->protocol == PROTOCOL_ESP;
}

static bool
is_ah(const void *obj)
{
	return !is_esp(obj);
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
	{ "      Proposal: ESP-ENCRYPT-{cipher!CIPHER} ESP-AUTH-{auth!AUTH}", is_esp },
	{ "      Proposal: AH-{auth!AUTH}", is_ah },
	{ "      No duration limit for this SA" },
	{ "      Outpacket count       : {packets}", is_outbound },
	{ "      Outpacket drop count  : {dropped}", is_outbound },
	{ "      Max sent sequence-number: {sequence}", is_outbound },
	{ "      SA encrypted packets (number/bytes): {packets}/{bytes}", is_outbound },
	{ "      Inpacket count        : {packets}", is_inbound },
	{ "      Inpacket drop count   : {dropped}", is_inbound },
	{ "      Max received sequence-number: {sequence}", is_inbound },
	{ "      SA decrypted packets (number/bytes): {packets}/{bytes}", is_inbound },
	{ "      UDP encapsulation used for NAT traversal: N" },
	{ "      Anti-replay : Enable", has_window },
	{ "      Anti-replay window size: {replay_window}", has_window },
	{ "      Anti-replay : Disable", has_no_window },
	{ 0 },
};

/* By interface, policy and sequence number; outbound before inbound. */
static int
compare(const void *a, const void *b)
{
	const struct st_ipsec_sa *x = *(const void *const *)a, *y = *(const void *const *)b;
	int d = x->port < y->port ? -1 : x->port > y->port;
	struct policy_view v, w;

	split_policy(&v, x->policy);
	split_policy(&w, y->policy);
	if (!d)
		d = strcmp(v.name, w.name);
	if (!d && strcmp(v.sequence, w.sequence))
		d = strtol(v.sequence, NULL, 10) < strtol(w.sequence, NULL, 10) ? -1 : 1;
	return d ? d : (int)x->inbound - (int)y->inbound;
}

/* Only those of a policy, or with this peer. */
static bool
selected(const struct st_ipsec_sa *sa, const struct cli_match *m)
{
	const char *name = cli_arg_text(m, "name", NULL);
	const char *sequence = cli_arg_text(m, "sequence", NULL);
	const char *remote = cli_arg_text(m, "remote", NULL);
	struct policy_view v;
	char text[ADDR_STRLEN];

	split_policy(&v, sa->policy);
	if ((name && strcmp(name, v.name)) || (sequence && strcmp(sequence, v.sequence)))
		return false;
	addr_format(sa->inbound ? &sa->source : &sa->destination, text);
	return !remote || !strcmp(remote, text);
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
		if (selected(rows->row[i], m))
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
	struct policy_view v;

	view_fill(sh, &v, sa);
	if (!before || before->port != sa->port)
		layout_card(sh->out, &interface, &v);
	if (!before || before->port != sa->port || strcmp(before->policy, sa->policy) != 0)
		layout_card(sh->out, &policy, &v);
}

int
display_ipsec_sa(struct shell *sh, const struct cli_match *m, struct err *e)
{
	const struct layout l = { .record = &state_info(STATE_ipsec_sa)->record, .card = sa_card };
	const struct st_ipsec_sa *before = NULL;
	struct client_rows rows;
	int rc = get_sas(sh, m, &rows, e);

	if (rc)
		return rc;
	if (!out_is_json(sh->out))
		out_line(sh->out, rows.n ? "ipsec sa information:" : "Info: There is no IPSec SA.");
	for (size_t i = 0; i < rows.n; i++) {
		if (out_is_json(sh->out)) {
			layout_json(sh->out, &l, rows.row[i]);
			continue;
		}
		print_head(sh, rows.row[i], before);
		layout_card(sh->out, &l, rows.row[i]);
		before = rows.row[i];
	}
	return 0;
}

static const struct layout_column brief_columns[] = {
	{ 0, "Src Address", "{source}" },
	{ 16, "Dst Address", "{destination}" },
	{ 32, "SPI", "{spi}" },
	{ 43, "Protocol", "{protocol!protocol}" },
	{ 53, "Algorithm", "E:{cipher!CIPHER};A:HMAC-{auth!AUTH};" },
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

static const struct layout_line statistics_card[] = {
	{ " IPSec statistics information:" },
	{ " Number of IPSec tunnels: {tunnels}" },
	{ " Number of standby IPSec tunnels: 0" },
	{ " the security packet statistics:" },
	{ "   input/output security packets: {in_packets}/{out_packets}" },
	{ "   input/output security bytes: {in_bytes}/{out_bytes}" },
	{ "   input/output dropped security packets: {in_dropped}/{out_dropped}" },
	{ "   packets past the policies: {bypassed}" },
	{ "   dropped security packet detail:" },
	{ 0 },
};

/* The colon stands apart: a line with "error:" would be taken for a failure by Ansible. */
static const struct layout_line drop_card[] = {
	{ "     {text:-45} : {packets}" },
	{ 0 },
};

int
display_ipsec_statistics(struct shell *sh, const struct cli_match *m, struct err *e)
{
	const struct layout l = { .record = &state_info(STATE_ipsec_statistics)->record,
		.card = statistics_card };
	const struct layout drop = { .record = &state_info(STATE_drop)->record, .card = drop_card };
	const struct st_ipsec_statistics *total;
	struct client_rows totals, drops;
	int rc = shell_state(sh, STATE_ipsec_statistics, NULL, &totals, e);

	if (!rc)
		rc = shell_state(sh, STATE_drop, NULL, &drops, e);
	if (rc)
		return rc;
	if (!totals.n)
		return err_set(e, -ENODATA, "", "The datapath does not say what it has counted.");
	total = totals.row[0];
	if (out_is_json(sh->out)) {
		layout_json(sh->out, &l, total);
		for (size_t i = 0; i < drops.n; i++)
			layout_json(sh->out, &drop, drops.row[i]);
		return 0;
	}
	layout_card(sh->out, &l, total);
	for (size_t i = 0; i < drops.n; i++)
		if (!strcmp(((const struct st_drop *)drops.row[i])->group, "ipsec"))
			layout_card(sh->out, &drop, drops.row[i]);
	return 0;
}
