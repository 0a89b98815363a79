/*
 * IPsec as it is configured: proposals, policies and profiles, from the candidate's rows. Keys are never shown.
 */
#include "config.h"

#include "lib/alg.h"
#include "lib/err.h"
#include "schema/row.h"
#include "shell/cli/cli.h"
#include "shell/display.h"
#include "shell/out.h"
#include "shell/shell.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const struct value nothing = { .kind = VALUE_NULL };

const struct value *
display_column(const struct row *r, const char *name)
{
	int i = model_column(r->table, name);

	return i < 0 ? &nothing : &r->v[i];
}

const char *
display_column_text(const struct row *r, const char *name)
{
	const struct value *v = display_column(r, name);

	return v->kind == VALUE_TEXT ? v->s : "";
}

/* Walks over the rows of a table. */
struct walk {
	struct shell *sh;
	const struct layout *layout;
	const char *name;  /* only rows of this name; NULL: all */
	int64_t sequence;  /* and of this sequence number; 0: all */
	const char *group; /* of the row before */
	size_t n;
	size_t n_groups;
};

/* --- proposals -------------------------------------------------------------------- */

static bool
has_ah(const void *obj)
{
	return strcmp(display_column_text(obj, "transform"), "esp") != 0;
}

static bool
has_esp(const void *obj)
{
	return strcmp(display_column_text(obj, "transform"), "ah") != 0;
}

/* Of ciphers that all authenticate, too: what is set for authentication plays no part. */
static bool
has_esp_aead(const void *obj)
{
	const char *list = display_column_text(obj, "esp_encryption");

	while (*list) {
		const struct alg_cipher_info *c;
		char keyword[32];
		size_t len = strcspn(list, " ");

		strlcpy(keyword, list, len + 1 < sizeof(keyword) ? len + 1 : sizeof(keyword));
		c = alg_cipher(alg_cipher_find(keyword));
		if (!c || !c->icv_len)
			return false;
		list += len + strspn(list + len, " ");
	}
	return has_esp(obj);
}

static bool
has_esn(const void *obj)
{
	return display_column(obj, "esn")->i;
}

static bool
has_esp_pair(const void *obj)
{
	return has_esp(obj) && !has_esp_aead(obj);
}

/* VRP's words for the transforms. */
static size_t
transform_text(const void *obj, char *out, size_t cap)
{
	bool ah = has_ah(obj), esp = has_esp(obj);

	return strlcpy(out, ah && esp ? "ah-esp-new" : ah ? "ah-new" : "esp-new", cap);
}

static const struct layout_value proposal_values[] = {
	{ "transform_name", transform_text },
	{ 0 },
};

static const struct layout_line proposal_card[] = {
	{ "IPSec proposal name: {name}" },
	{ " Encapsulation mode: {encapsulation_mode!Capital}" },
	{ " Transform         : {transform_name}" },
	{ " AH protocol       : Authentication {ah_authentication!auth}", has_ah },
	{ " ESP protocol      : Authentication {esp_authentication!auth}", has_esp_pair },
	{ "                     Encryption     {esp_encryption!cipher}", has_esp_pair },
	{ " ESP protocol      : Encryption     {esp_encryption!cipher}", has_esp_aead },
	{ " Extended sequence numbers: Enable", has_esn },
	{ 0 },
};

static bool
selected(const struct walk *w, const struct row *r)
{
	return (!w->name || !strcmp(w->name, r->v[0].s)) &&
		(!w->sequence || w->sequence == r->v[1].i);
}

static int
print_proposal(void *arg, const struct row *r)
{
	struct walk *w = arg;

	if (!selected(w, r))
		return 0;
	if (out_is_json(w->sh->out)) {
		layout_json(w->sh->out, w->layout, r);
	} else {
		if (w->n || !w->name)
			out_line(w->sh->out, "");
		layout_card(w->sh->out, w->layout, r);
	}
	w->n++;
	return out_left(w->sh->out);
}

int
display_ipsec_proposal(struct shell *sh, const struct cli_match *m, struct err *e)
{
	static const struct layout l = {
		.table = &model_ipsec_proposal, .values = proposal_values, .card = proposal_card
	};
	struct walk w = { .sh = sh, .layout = &l, .name = cli_arg_text(m, "name", NULL) };

	if (!w.name && !out_is_json(sh->out))
		out_linef(sh->out, "Number of proposals: %lld",
			(long long)row_count(sh->store, l.table, NULL, 0));
	row_each(sh->store, l.table, NULL, 0, sh->scratch, print_proposal, &w);
	if (w.name && !w.n)
		return err_set(e, -ENOENT, "", "The IPSec proposal does not exist.");
	return 0;
}

/* --- policies --------------------------------------------------------------------- */

/* A policy or a profile with the proposals that are rows of their own. */
struct shown {
	struct row row;	   /* first: templates see it */
	struct row global; /* what holds for all */
	char proposals[160];
};

static int
add_proposal(void *arg, const struct row *r)
{
	struct shown *s = arg;

	if (*s->proposals)
		strlcat(s->proposals, ", ", sizeof(s->proposals));
	strlcat(s->proposals, display_column_text(r, "proposal"), sizeof(s->proposals));
	return 0;
}

static void
shown_fill(struct shown *s, struct shell *sh, const struct table *proposals, const struct row *r)
{
	*s = (struct shown){ .row = *r };
	if (row_get(sh->store, &model_ipsec_global, &VALUE_OF_INT(1), sh->scratch, &s->global))
		s->global = (struct row){ .table = NULL };
	row_each(sh->store, proposals, r->v, r->table->n_key, sh->scratch, add_proposal, s);
}

static size_t
proposals_text(const void *obj, char *out, size_t cap)
{
	return strlcpy(out, ((const struct shown *)obj)->proposals, cap);
}

/* Its own, or that of all. */
static size_t
duration(const void *obj, const char *column, char *out, size_t cap)
{
	const struct row *global = &((const struct shown *)obj)->global;
	const struct value *v = display_column(obj, column);

	if (v->kind != VALUE_INT && global->table)
		v = display_column(global, column);
	return layout_number(v->kind == VALUE_INT ? (unsigned long long)v->i : 0, out, cap);
}

static size_t
time_text(const void *obj, char *out, size_t cap)
{
	return duration(obj, "sa_duration_time", out, cap);
}

static size_t
traffic_text(const void *obj, char *out, size_t cap)
{
	return duration(obj, "sa_duration_traffic", out, cap);
}

static size_t
pfs_text(const void *obj, char *out, size_t cap)
{
	const char *group = display_column_text(obj, "pfs");

	return *group ? (size_t)snprintf(out, cap, "dh-%s", group) : strlcpy(out, "None", cap);
}

static size_t
trigger_text(const void *obj, char *out, size_t cap)
{
	bool automatic = !strcmp(display_column_text(obj, "sa_trigger_mode"), "auto");

	return strlcpy(out, automatic ? "Automatic" : "Traffic-based", cap);
}

static size_t
local_text(const void *obj, char *out, size_t cap)
{
	if (display_column(obj, "tunnel_local_interface")->i)
		return strlcpy(out, "applied-interface", cap);
	return strlcpy(out, display_column_text(obj, "tunnel_local"), cap);
}

static const struct layout_value shown_values[] = {
	{ "proposals", proposals_text },
	{ "time", time_text },
	{ "traffic", traffic_text },
	{ "pfs_group", pfs_text },
	{ "trigger", trigger_text },
	{ "local", local_text },
	{ 0 },
};

/* What is typed for the SAs of both directions. */
#define MANUAL_KEYS(in)                                                             \
	{ in "Inbound AH setting: " }, { in "  AH SPI: {in_ah_spi}" },              \
		{ in "  AH string-key: {in_ah_string_key}" },                       \
		{ in "  AH authentication hex key: {in_ah_authentication_key}" },   \
		{ in "Inbound ESP setting: " }, { in "  ESP SPI: {in_esp_spi}" },   \
		{ in "  ESP string-key: {in_esp_string_key}" },                     \
		{ in "  ESP encryption hex key: {in_esp_encryption_key}" },         \
		{ in "  ESP authentication hex key: {in_esp_authentication_key}" }, \
		{ in "Outbound AH setting: " }, { in "  AH SPI: {out_ah_spi}" },    \
		{ in "  AH string-key: {out_ah_string_key}" },                      \
		{ in "  AH authentication hex key: {out_ah_authentication_key}" },  \
		{ in "Outbound ESP setting: " }, { in "  ESP SPI: {out_esp_spi}" }, \
		{ in "  ESP string-key: {out_esp_string_key}" },                    \
		{ in "  ESP encryption hex key: {out_esp_encryption_key}" },        \
	{                                                                           \
		in "  ESP authentication hex key: {out_esp_authentication_key}"     \
	}

static bool
has_acl6(const void *obj)
{
	return display_column(obj, "acl6")->kind == VALUE_INT;
}

static bool
has_no_acl6(const void *obj)
{
	return !has_acl6(obj);
}

static bool
has_window(const void *obj)
{
	return display_column(obj, "anti_replay_window")->kind == VALUE_INT;
}

static const struct layout_line policy_card[] = {
	{ "" },
	{ "    Sequence number: {sequence}" },
	{ "    Mode: {mode!Capital}" },
	{ "    Security data flow: {acl}", has_no_acl6 },
	{ "    Security data flow: {acl6} (IPv6)", has_acl6 },
	{ "    Tunnel local address: {tunnel_local}" },
	{ "    Tunnel remote address: {tunnel_remote}" },
	{ "    Qos pre-classify: Disable" },
	{ "    Proposal name:{proposals}" },
	{ "    Anti-replay window size: {anti_replay_window}", has_window },
	MANUAL_KEYS("    "),
	{ 0 },
};

static const struct layout_line isakmp_card[] = {
	{ "" },
	{ "    Sequence number: {sequence}" },
	{ "    Mode: ISAKMP" },
	{ "    Policy state: {enabled!Enable}" },
	{ "    Security data flow: {acl}", has_no_acl6 },
	{ "    Security data flow: {acl6} (IPv6)", has_acl6 },
	{ "    Tunnel local address: {local}" },
	{ "    Peer name: {ike_peer}" },
	{ "    Perfect forward secrecy: {pfs_group}" },
	{ "    Proposal name: {proposals}" },
	{ "    IPSec SA local duration(time based): {time} seconds" },
	{ "    IPSec SA local duration(traffic based): {traffic} kilobytes" },
	{ "    Anti-replay window size: {anti_replay_window}", has_window },
	{ "    SA trigger mode: {trigger}" },
	{ "    Route inject: None" },
	{ "    Qos pre-classify: Disable" },
	{ 0 },
};

static bool
is_isakmp(const struct row *r)
{
	return !strcmp(display_column_text(r, "mode"), "isakmp");
}

/* The same with another card. */
static struct layout
with_card(const struct layout *l, const struct layout_line *card)
{
	struct layout other = *l;

	other.card = card;
	return other;
}

static int
print_interface(void *arg, const struct row *r)
{
	struct walk *w = arg;

	out_linef(w->sh->out, "Using interface: %s", r->v[0].s);
	return 0;
}

static int
print_proposal_json(void *arg, const struct row *r)
{
	const struct layout l = { .table = r->table };

	layout_json(((struct walk *)arg)->sh->out, &l, r);
	return 0;
}

/* As objects of their own. */
static void
print_proposals(struct walk *w, const struct table *proposals, const struct row *r)
{
	row_each(w->sh->store, proposals, r->v, r->table->n_key, w->sh->scratch,
		print_proposal_json, w);
}

/* A policy group or a profile, and where it is applied. */
static void
print_group(struct walk *w, const char *title, const char *applied, const char *name)
{
	static const char line[] = "===========================================";
	unsigned int column = (unsigned int)model_column(&model_interface, applied);

	if (w->n_groups)
		out_line(w->sh->out, "");
	out_line(w->sh->out, line);
	out_linef(w->sh->out, "%s: \"%s\"", title, name);
	row_each_where(w->sh->store, &model_interface, column, &VALUE_OF_TEXT(name), w->sh->scratch,
		print_interface, w);
	out_line(w->sh->out, line);
}

/* Is this row the first of its group? The name lives in the arena of the walk. */
static bool
begins_group(struct walk *w, const struct row *r)
{
	bool first = !w->group || strcmp(w->group, r->v[0].s) != 0;

	w->group = r->v[0].s;
	return first;
}

static int
print_policy(void *arg, const struct row *r)
{
	struct walk *w = arg;
	const struct layout isakmp = with_card(w->layout, isakmp_card);
	struct shown s;

	if (!selected(w, r))
		return 0;
	if (out_is_json(w->sh->out)) {
		layout_json(w->sh->out, w->layout, r);
		print_proposals(w, &model_ipsec_policy_proposal, r);
	} else {
		if (begins_group(w, r)) {
			print_group(w, "IPSec policy group", "ipsec_policy", r->v[0].s);
			w->n_groups++;
		}
		shown_fill(&s, w->sh, &model_ipsec_policy_proposal, r);
		layout_card(w->sh->out, is_isakmp(r) ? &isakmp : w->layout, &s);
	}
	w->n++;
	return out_left(w->sh->out);
}

int
display_ipsec_policy(struct shell *sh, const struct cli_match *m, struct err *e)
{
	static const struct layout l = {
		.table = &model_ipsec_policy, .values = shown_values, .card = policy_card
	};
	struct walk w = { .sh = sh,
		.layout = &l,
		.name = cli_arg_text(m, "name", NULL),
		.sequence = cli_arg_int(m, "sequence", 0) };

	row_each(sh->store, l.table, NULL, 0, sh->scratch, print_policy, &w);
	if (!w.n && w.name)
		return err_set(e, -ENOENT, "", "The IPSec policy does not exist.");
	if (!w.n && !out_is_json(sh->out))
		out_line(sh->out, "Info: No IPSec policy is configured.");
	return 0;
}

/* --- profiles --------------------------------------------------------------------- */

static const struct layout_line profile_isakmp_card[] = {
	{ "IPSec profile name    : {name}" },
	{ "Mode                  : PROF-ISAKMP" },
	{ "Peer name             : {ike_peer}" },
	{ "PFS                   : {pfs_group}" },
	{ "Proposal name         : {proposals}" },
	{ "SA duration(time based)   : {time} seconds" },
	{ "SA duration(traffic based): {traffic} kilobytes" },
	{ "Anti-replay window size   : {anti_replay_window}", has_window },
	{ 0 },
};

static const struct layout_line profile_card[] = {
	{ "IPSec profile name    : {name}" },
	{ "Mode                  : Manual" },
	{ "Proposal name         : {proposals}" },
	{ "Anti-replay window size: {anti_replay_window}", has_window },
	MANUAL_KEYS(""),
	{ 0 },
};

static int
print_profile(void *arg, const struct row *r)
{
	struct walk *w = arg;
	const struct layout isakmp = with_card(w->layout, profile_isakmp_card);
	struct shown s;

	if (!selected(w, r))
		return 0;
	if (out_is_json(w->sh->out)) {
		layout_json(w->sh->out, w->layout, r);
		print_proposals(w, &model_ipsec_profile_proposal, r);
	} else {
		print_group(w, "IPSec profile", "ipsec_profile", r->v[0].s);
		shown_fill(&s, w->sh, &model_ipsec_profile_proposal, r);
		layout_card(
			w->sh->out, *display_column_text(r, "ike_peer") ? &isakmp : w->layout, &s);
	}
	w->n_groups = ++w->n;
	return out_left(w->sh->out);
}

int
display_ipsec_profile(struct shell *sh, const struct cli_match *m, struct err *e)
{
	static const struct layout l = {
		.table = &model_ipsec_profile, .values = shown_values, .card = profile_card
	};
	struct walk w = { .sh = sh, .layout = &l, .name = cli_arg_text(m, "name", NULL) };

	row_each(sh->store, l.table, NULL, 0, sh->scratch, print_profile, &w);
	if (!w.n && w.name)
		return err_set(e, -ENOENT, "", "The IPSec profile does not exist.");
	if (!w.n && !out_is_json(sh->out))
		out_line(sh->out, "Info: No IPSec profile is configured.");
	return 0;
}

/* --- policies in brief ------------------------------------------------------------- */

static size_t
policy_text(const void *obj, char *out, size_t cap)
{
	static const struct layout l = { .table = &model_ipsec_policy };

	return layout_text(&l, "{name}-{sequence}", obj, 0, out, cap);
}

static size_t
flow_text(const void *obj, char *out, size_t cap)
{
	static const struct layout l = { .table = &model_ipsec_policy };

	return layout_text(&l, has_acl6(obj) ? "{acl6}" : "{acl}", obj, 0, out, cap);
}

static size_t
mode_text(const void *obj, char *out, size_t cap)
{
	return strlcpy(out, is_isakmp(obj) ? "ISAKMP" : "Manual", cap);
}

static const struct layout_value brief_values[] = {
	{ "mode_name", mode_text },
	{ "policy", policy_text },
	{ "flow", flow_text },
	{ 0 },
};

static const struct layout_column brief_columns[] = {
	{ 0, "Policy name", "{policy}" },
	{ 18, "Mode", "{mode_name}" },
	{ 28, "Acl", "{flow!dash}" },
	{ 36, "Peer name", "{ike_peer!dash}" },
	{ 48, "Local address", "{tunnel_local!dash}" },
	{ 64, "Remote address", "{tunnel_remote!dash}" },
	{ 0 },
};

static int
print_brief(void *arg, const struct row *r)
{
	struct walk *w = arg;

	if (out_is_json(w->sh->out))
		layout_json(w->sh->out, w->layout, r);
	else
		layout_row(w->sh->out, w->layout, r);
	return out_left(w->sh->out);
}

int
display_ipsec_policy_brief(struct shell *sh, const struct cli_match *m, struct err *e)
{
	static const char line[] =
		"------------------------------------------------------------------------------";
	static const struct layout l = {
		.table = &model_ipsec_policy, .values = brief_values, .columns = brief_columns
	};
	struct walk w = { .sh = sh, .layout = &l };

	if (!out_is_json(sh->out)) {
		out_linef(sh->out, "Number of policies group : %lld",
			(long long)row_count(sh->store, &model_ipsec_policy_group, NULL, 0));
		out_linef(sh->out, "Number of policies       : %lld",
			(long long)row_count(sh->store, l.table, NULL, 0));
		out_line(sh->out, line);
		layout_header(sh->out, &l);
		out_line(sh->out, line);
	}
	return row_each(sh->store, l.table, NULL, 0, sh->scratch, print_brief, &w) < 0 ? -EIO : 0;
}

/* --- how long SAs hold --------------------------------------------------------------- */

static const struct layout_line duration_card[] = {
	{ "  ipsec sa global duration (traffic based): {sa_duration_traffic} kilobytes" },
	{ "  ipsec sa global duration (time based): {sa_duration_time} seconds" },
	{ 0 },
};

int
display_ipsec_duration(struct shell *sh, const struct cli_match *m, struct err *e)
{
	static const struct layout l = { .table = &model_ipsec_global, .card = duration_card };
	struct row r;
	int rc = row_get(sh->store, l.table, &VALUE_OF_INT(1), sh->scratch, &r);

	if (rc)
		return err_set(e, rc, "", "The durations cannot be read.");
	if (out_is_json(sh->out))
		layout_json(sh->out, &l, &r);
	else
		layout_card(sh->out, &l, &r);
	return 0;
}
