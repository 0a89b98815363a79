/*
 * IKE as it is configured: proposals, peers, what holds for all of them; from the candidate's rows. Keys are
 * never shown.
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

static const char line[] = "-------------------------------------------";

/* Rows of a table, one of them or all. */
struct walk {
	struct shell *sh;
	const struct layout *layout;
	const struct value *key; /* NULL: all */
	size_t n;
};

static int
each_row(struct walk *w, int (*print)(void *arg, const struct row *r))
{
	const struct table *t = w->layout->table;

	return row_each(w->sh->store, t, w->key, w->key ? 1 : 0, w->sh->scratch, print, w);
}

/* --- proposals --------------------------------------------------------------------------- */

static size_t
method_text(const void *obj, char *out, size_t cap)
{
	const char *method = display_column_text(obj, "authentication_method");

	return strlcpy(out, !strcmp(method, "pre-share") ? "PRE_SHARED" : method, cap);
}

static const struct layout_value proposal_values[] = {
	{ "method", method_text },
	{ 0 },
};

static const struct layout_line proposal_card[] = {
	{ "-------------------------------------------" },
	{ " IKE Proposal: {number}" },
	{ "   Authentication Method      : {method}" },
	{ "   Authentication Algorithm   : {authentication!UPPER}" },
	{ "   Encryption Algorithm       : {encryption!UPPER}" },
	{ "   Diffie-Hellman Group       : {dh!dh}" },
	{ "   SA Duration(Seconds)       : {duration}" },
	{ "   Integrity Algorithm        : {integrity!UPPER}" },
	{ "   Prf Algorithm              : {prf!UPPER}" },
	{ 0 },
};

static int
print_row(void *arg, const struct row *r)
{
	struct walk *w = arg;

	w->n++;
	if (out_is_json(w->sh->out))
		layout_json(w->sh->out, w->layout, r);
	else
		layout_card(w->sh->out, w->layout, r);
	return out_left(w->sh->out);
}

int
display_ike_proposal(struct shell *sh, const struct cli_match *m, struct err *e)
{
	static const struct layout l = {
		.table = &model_ike_proposal, .values = proposal_values, .card = proposal_card
	};
	struct walk w = { .sh = sh, .layout = &l, .key = cli_arg(m, "number") };

	if (!w.key && !out_is_json(sh->out)) {
		out_linef(sh->out, "Number of IKE Proposals: %lld",
			(long long)row_count(sh->store, l.table, NULL, 0));
		out_line(sh->out, "");
	}
	each_row(&w, print_row);
	if (w.key && !w.n)
		return err_set(e, -ENOENT, "", "The IKE proposal does not exist.");
	if (!out_is_json(sh->out))
		out_line(sh->out, line);
	return 0;
}

/* --- peers ------------------------------------------------------------------------------- */

/* A peer with its addresses, and with what holds for it because it holds for all. */
struct peer {
	struct row row; /* first: templates see it */
	struct row global;
	char addresses[400]; /* separated by ", " */
};

#define PEER(obj) ((const struct peer *)(obj))

static int
add_address(void *arg, const struct row *r)
{
	struct peer *p = arg;

	if (*p->addresses)
		strlcat(p->addresses, ", ", sizeof(p->addresses));
	strlcat(p->addresses, display_column_text(r, "address"), sizeof(p->addresses));
	return 0;
}

static void
peer_fill(struct peer *p, struct shell *sh, const struct row *r)
{
	*p = (struct peer){ .row = *r };
	if (row_get(sh->store, &model_ike_global, &VALUE_OF_INT(1), sh->scratch, &p->global))
		p->global = (struct row){ .table = &model_ike_global };
	row_each(sh->store, &model_ike_peer_address, r->v, 1, sh->scratch, add_address, p);
}

/* A column of the peer, or of all. */
static size_t
inherited(const struct peer *p, const char *column, char *out, size_t cap)
{
	const struct layout l = { .table = &model_ike_global };
	const struct value *v = display_column(&p->row, column);

	if (v->kind == VALUE_TEXT)
		return strlcpy(out, v->s, cap);
	if (v->kind == VALUE_INT)
		return layout_number((unsigned long long)v->i, out, cap);
	out[0] = '\0';
	if (p->global.v) {
		char text[64];

		strlcpy(text, "{", sizeof(text));
		strlcat(text, column, sizeof(text));
		strlcat(text, "}", sizeof(text));
		return layout_text(&l, text, &p->global, 0, out, cap);
	}
	return 0;
}

static size_t
addresses_text(const void *obj, char *out, size_t cap)
{
	return strlcpy(out, PEER(obj)->addresses, cap);
}

static size_t
dpd_type_text(const void *obj, char *out, size_t cap)
{
	return inherited(obj, "dpd_type", out, cap);
}

static size_t
dpd_text(const void *obj, char *out, size_t cap)
{
	char type[32];

	return strlcpy(out, dpd_type_text(obj, type, sizeof(type)) ? "Enable" : "Disable", cap);
}

#define INHERITED(name)                                                   \
	static size_t name##_text(const void *obj, char *out, size_t cap) \
	{                                                                 \
		return inherited(obj, #name, out, cap);                   \
	}
INHERITED(dpd_idle)
INHERITED(dpd_interval)
INHERITED(dpd_retries)
INHERITED(dpd_msg)

static bool
has_version(const void *obj, const char *column)
{
	return display_column(obj, column)->i;
}

static size_t
version_text(const void *obj, char *out, size_t cap)
{
	bool one = has_version(obj, "version_1"), two = has_version(obj, "version_2");

	return strlcpy(out, one && two ? "v1v2" : one ? "v1" : two ? "v2" : "-", cap);
}

static size_t
versions_text(const void *obj, char *out, size_t cap)
{
	bool one = has_version(obj, "version_1"), two = has_version(obj, "version_2");

	return strlcpy(out,
		one && two    ? "Version one and two"
			: one ? "Version one"
			: two ? "Version two"
			      : "None",
		cap);
}

static size_t
mode_text(const void *obj, char *out, size_t cap)
{
	if (!has_version(obj, "version_1"))
		return strlcpy(out, "-", cap);
	return strlcpy(out, display_column_text(obj, "exchange_mode"), cap);
}

static size_t
mode_phase_text(const void *obj, char *out, size_t cap)
{
	size_t len = mode_text(obj, out, cap);

	return has_version(obj, "version_1") ? strlcat(out, " on phase 1", cap) : len;
}

static const struct layout_value peer_values[] = {
	{ "mode_phase", mode_phase_text },
	{ "addresses", addresses_text },
	{ "dpd", dpd_text },
	{ "dpd_mode", dpd_type_text },
	{ "dpd_idle", dpd_idle_text },
	{ "dpd_interval", dpd_interval_text },
	{ "dpd_retries", dpd_retries_text },
	{ "dpd_msg", dpd_msg_text },
	{ "version", version_text },
	{ "versions", versions_text },
	{ "mode", mode_text },
	{ 0 },
};

static const struct layout_line peer_card[] = {
	{ "-------------------------------------------" },
	{ "    Peer name               : {name}" },
	{ "    Exchange mode           : {mode_phase}" },
	{ "    Pre-shared-key          : {pre_shared_key}" },
	{ "    Proposal                : {ike_proposal}" },
	{ "    Local ID type           : {local_id_type!UPPER}" },
	{ "    Local ID                : {local_id}" },
	{ "    Remote ID type          : {remote_id_type!UPPER}" },
	{ "    Remote ID               : {remote_id}" },
	{ "    DPD                     : {dpd}" },
	{ "    DPD mode                : {dpd_mode!Capital}" },
	{ "    DPD idle time           : {dpd_idle}" },
	{ "    DPD retransmit interval : {dpd_interval}" },
	{ "    DPD retry limit         : {dpd_retries}" },
	{ "    DPD message             : {dpd_msg}" },
	{ "    Peer IP address         : {addresses}" },
	{ "    Local IP address        : {local_address}" },
	{ "    NAT-traversal           : {nat_traversal!Enable}" },
	{ "    Re-authentication       : {reauthentication!dash}" },
	{ "    Configured IKE version  : {versions}" },
	{ 0 },
};

static const struct layout_column peer_columns[] = {
	{ 0, "Peer name", "{name}" },
	{ 17, "Version", "{version}" },
	{ 26, "Exchange-mode", "{mode}" },
	{ 42, "Proposal", "{ike_proposal!dash}" },
	{ 53, "Id-type", "{local_id_type!UPPER}" },
	{ 63, "RemoteAddr", "{addresses!dash}" },
	{ 0 },
};

static int
print_peer(void *arg, const struct row *r)
{
	static const struct layout address = { .table = &model_ike_peer_address };
	struct walk *w = arg, addresses = { .sh = w->sh, .layout = &address, .key = r->v };
	struct peer p;

	w->n++;
	peer_fill(&p, w->sh, r);
	if (out_is_json(w->sh->out)) {
		layout_json(w->sh->out, w->layout, r);
		each_row(&addresses, print_row);
	} else if (w->layout->card) {
		layout_card(w->sh->out, w->layout, &p);
	} else {
		layout_row(w->sh->out, w->layout, &p);
	}
	return out_left(w->sh->out);
}

int
display_ike_peer(struct shell *sh, const struct cli_match *m, struct err *e)
{
	static const struct layout l = {
		.table = &model_ike_peer, .values = peer_values, .card = peer_card
	};
	struct walk w = { .sh = sh, .layout = &l, .key = cli_arg(m, "name") };

	if (!w.key && !out_is_json(sh->out)) {
		out_linef(sh->out, "Number of IKE peers: %lld",
			(long long)row_count(sh->store, l.table, NULL, 0));
		out_line(sh->out, "");
	}
	each_row(&w, print_peer);
	if (w.key && !w.n)
		return err_set(e, -ENOENT, "", "The IKE peer does not exist.");
	if (!out_is_json(sh->out))
		out_line(sh->out, line);
	return 0;
}

int
display_ike_peer_brief(struct shell *sh, const struct cli_match *m, struct err *e)
{
	static const char rule[] =
		"------------------------------------------------------------------------------";
	static const struct layout l = {
		.table = &model_ike_peer, .values = peer_values, .columns = peer_columns
	};
	struct walk w = { .sh = sh, .layout = &l };

	if (!out_is_json(sh->out)) {
		out_linef(sh->out, "Current ike peer number: %lld",
			(long long)row_count(sh->store, l.table, NULL, 0));
		out_line(sh->out, rule);
		layout_header(sh->out, &l);
		out_line(sh->out, rule);
	}
	each_row(&w, print_peer);
	if (!out_is_json(sh->out))
		out_line(sh->out, rule);
	return 0;
}

/* --- all peers --------------------------------------------------------------------------- */

static const struct layout_line global_card[] = {
	{ " IKE Global Config:" },
	{ "-------------------------------------------" },
	{ "   IKE local-name                  : {local_name!dash}" },
	{ "   IKE nat-keepalive-timer interval: {nat_keepalive}" },
	{ "   IKE DPD type                    : {dpd_type!dash}" },
	{ "   IKE DPD idle time               : {dpd_idle}" },
	{ "   IKE DPD retransmit interval     : {dpd_interval}" },
	{ "   IKE DPD retry limit             : {dpd_retries}" },
	{ "   IKE DPD message                 : {dpd_msg}" },
	{ "-------------------------------------------" },
	{ 0 },
};

int
display_ike_global(struct shell *sh, const struct cli_match *m, struct err *e)
{
	static const struct layout l = { .table = &model_ike_global, .card = global_card };
	struct walk w = { .sh = sh, .layout = &l };

	return each_row(&w, print_row);
}
