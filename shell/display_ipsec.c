/*
 * IPsec as it is configured: proposals and policies, from the candidate's rows. Keys are never shown.
 */
#include "config.h"

#include "lib/err.h"
#include "schema/row.h"
#include "shell/cli/cli.h"
#include "shell/display.h"
#include "shell/out.h"
#include "shell/shell.h"

#include <errno.h>
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
	{ " ESP protocol      : Authentication {esp_authentication!auth}", has_esp },
	{ "                     Encryption     {esp_encryption!cipher}", has_esp },
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

static const struct layout_line policy_card[] = {
	{ "" },
	{ "    Sequence number: {sequence}" },
	{ "    Mode: {mode!Capital}" },
	{ "    Security data flow: {acl}" },
	{ "    Tunnel local address: {tunnel_local}" },
	{ "    Tunnel remote address: {tunnel_remote}" },
	{ "    Qos pre-classify: Disable" },
	{ "    Proposal name:{proposal}" },
	{ "    Inbound AH setting: " },
	{ "      AH SPI: {in_ah_spi}" },
	{ "      AH string-key: {in_ah_string_key}" },
	{ "      AH authentication hex key: {in_ah_authentication_key}" },
	{ "    Inbound ESP setting: " },
	{ "      ESP SPI: {in_esp_spi}" },
	{ "      ESP string-key: {in_esp_string_key}" },
	{ "      ESP encryption hex key: {in_esp_encryption_key}" },
	{ "      ESP authentication hex key: {in_esp_authentication_key}" },
	{ "    Outbound AH setting: " },
	{ "      AH SPI: {out_ah_spi}" },
	{ "      AH string-key: {out_ah_string_key}" },
	{ "      AH authentication hex key: {out_ah_authentication_key}" },
	{ "    Outbound ESP setting: " },
	{ "      ESP SPI: {out_esp_spi}" },
	{ "      ESP string-key: {out_esp_string_key}" },
	{ "      ESP encryption hex key: {out_esp_encryption_key}" },
	{ "      ESP authentication hex key: {out_esp_authentication_key}" },
	{ 0 },
};

static int
print_interface(void *arg, const struct row *r)
{
	struct walk *w = arg;

	out_linef(w->sh->out, "Using interface: %s", r->v[0].s);
	return 0;
}

static void
print_group(struct walk *w, const char *name)
{
	static const char line[] = "===========================================";
	unsigned int column = (unsigned int)model_column(&model_interface, "ipsec_policy");

	if (w->n_groups)
		out_line(w->sh->out, "");
	out_line(w->sh->out, line);
	out_linef(w->sh->out, "IPSec policy group: \"%s\"", name);
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

	if (!selected(w, r))
		return 0;
	if (out_is_json(w->sh->out)) {
		layout_json(w->sh->out, w->layout, r);
	} else {
		if (begins_group(w, r)) {
			print_group(w, r->v[0].s);
			w->n_groups++;
		}
		layout_card(w->sh->out, w->layout, r);
	}
	w->n++;
	return out_left(w->sh->out);
}

int
display_ipsec_policy(struct shell *sh, const struct cli_match *m, struct err *e)
{
	static const struct layout l = { .table = &model_ipsec_policy, .card = policy_card };
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

static size_t
policy_text(const void *obj, char *out, size_t cap)
{
	static const struct layout l = { .table = &model_ipsec_policy };

	return layout_text(&l, "{name}-{sequence}", obj, 0, out, cap);
}

static const struct layout_value brief_values[] = { { "policy", policy_text }, { 0 } };

static const struct layout_column brief_columns[] = {
	{ 0, "Policy name", "{policy}" },
	{ 18, "Mode", "{mode!Capital}" },
	{ 28, "Acl", "{acl!dash}" },
	{ 36, "Peer name", "-" },
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
