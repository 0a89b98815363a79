/*
 * display acl: the rules as the dialect renders them, under VRP's headings, and behind each how often the
 * datapath has met it.
 */
#include "config.h"

#include "lib/err.h"
#include "schema/row.h"
#include "shell/cli/cli.h"
#include "shell/display.h"
#include "shell/out.h"
#include "shell/shell.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* What differs between the families. */
struct family {
	const struct table *acl, *rule;
	const char *section; /* of the configuration */
	const char *begins;  /* the line that opens an ACL there */
	const char *title;
	const char *total;
};

static const struct family v4_family = { &model_acl, &model_acl_rule, "acl", "acl number ", "ACL",
	" Total quantity of nonempty ACL number is" };
static const struct family v6_family = { &model_acl6, &model_acl6_rule, "acl-ipv6",
	"acl ipv6 number ", "IPv6 ACL", " Total nonempty acl6 number is" };

struct acl_print {
	struct shell *sh;
	const struct family *family;
	int64_t only; /* 0: all */
	bool inside;  /* of an ACL that is shown */
	int64_t shown;
	int64_t number;		    /* of the ACL whose lines come */
	struct client_rows matches; /* of the family, ordered; none without a datapath */
};

/* --- matches ------------------------------------------------------------------------ */

#define MATCH(row) ((const struct st_spd_rule *)(row))

static int
by_rule(const void *a, const void *b)
{
	const struct st_spd_rule *x = *(const void *const *)a, *y = *(const void *const *)b;

	if (x->acl != y->acl)
		return x->acl < y->acl ? -1 : 1;
	return x->rule < y->rule ? -1 : x->rule > y->rule;
}

/* A router that does not run has met nothing. */
static void
matches_get(struct acl_print *p)
{
	struct client_rows *rows = &p->matches;
	bool v6 = p->family == &v6_family;
	struct err e;
	size_t n = 0;

	if (shell_state(p->sh, STATE_spd_rule, NULL, rows, &e))
		*rows = (struct client_rows){ 0 };
	for (size_t i = 0; i < rows->n; i++)
		if (MATCH(rows->row[i])->acl && MATCH(rows->row[i])->ipv6 == v6)
			rows->row[n++] = rows->row[i];
	rows->n = n;
	if (n)
		qsort(rows->row, n, sizeof(*rows->row), by_rule);
}

/* An ACL may serve several policies. */
static uint64_t
matches_of(const struct acl_print *p, uint32_t rule)
{
	const struct st_spd_rule key = { .acl = (uint32_t)p->number, .rule = rule };
	const void *of = &key;
	size_t low = 0, high = p->matches.n;
	uint64_t sum = 0;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (by_rule(&p->matches.row[mid], &of) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	for (; low < p->matches.n && !by_rule(&p->matches.row[low], &of); low++)
		sum += MATCH(p->matches.row[low])->packets;
	return sum;
}

/* " rule 5 permit ip (12 matches)" */
static void
print_rule(const struct acl_print *p, const char *line)
{
	uint64_t n = matches_of(p, (uint32_t)strtoul(line + strlen(" rule "), NULL, 10));

	if (n &&
		strncmp(line + strspn(line + strlen(" rule "), "0123456789") + strlen(" rule "),
			" description ", strlen(" description ")) != 0)
		out_linef(p->sh->out, "%s (%llu matches)", line, (unsigned long long)n);
	else
		out_line(p->sh->out, line);
}

/* --- rules -------------------------------------------------------------------------- */

static size_t
kind_text(const void *obj, char *out, size_t cap)
{
	const struct row *r = obj;

	return strlcpy(out, r->v[0].i < 3000 ? "Basic" : "Advanced", cap);
}

static const struct layout_value values[] = { { "kind", kind_text }, { 0 } };

static int64_t
n_rules(const struct acl_print *p, int64_t number)
{
	return row_count(p->sh->store, p->family->rule, &VALUE_OF_INT(number), 1);
}

static void
print_head(struct acl_print *p, int64_t number)
{
	const struct layout l = { .table = p->family->acl, .values = values };
	int64_t n = n_rules(p, number);
	struct row r;
	char text[64];

	p->number = number;
	p->inside = (!p->only || p->only == number) &&
		!row_get(p->sh->store, p->family->acl, &VALUE_OF_INT(number), p->sh->scratch, &r);
	if (!p->inside)
		return;
	layout_text(&l, "{kind}", &r, 0, text, sizeof(text));
	if (p->shown++)
		out_line(p->sh->out, "");
	out_linef(p->sh->out, "%s %s %lld, %lld rule%s", text, p->family->title, (long long)number,
		(long long)n, n > 1 ? "s" : "");
	layout_text(&l, "Acl's step is {step}", &r, 0, text, sizeof(text));
	out_line(p->sh->out, text);
}

/* A line of the rendered configuration. */
static void
print_line(void *arg, const char *line)
{
	struct acl_print *p = arg;
	size_t len = strlen(p->family->begins);

	if (!strncmp(line, p->family->begins, len))
		print_head(p, strtoll(line + len, NULL, 10));
	else if (p->inside && !strncmp(line, " rule ", 6))
		print_rule(p, line);
}

static int
count_nonempty(void *arg, const struct row *r)
{
	struct acl_print *p = arg;

	p->shown += n_rules(p, r->v[0].i) > 0;
	return 0;
}

static int
print_json(void *arg, const struct row *r)
{
	struct acl_print *p = arg;

	if (!p->only || p->only == r->v[0].i)
		layout_json(p->sh->out, &(struct layout){ .table = r->table }, r);
	return 0;
}

static void
json_matches(const struct acl_print *p)
{
	const struct layout l = { .record = &state_info(STATE_spd_rule)->record };

	for (size_t i = 0; i < p->matches.n; i++)
		if (p->only ? p->only == MATCH(p->matches.row[i])->acl
			    : n_rules(p, MATCH(p->matches.row[i])->acl) > 0)
			layout_json(p->sh->out, &l, p->matches.row[i]);
}

static int
show(struct shell *sh, const struct cli_match *m, const struct family *f, struct err *e)
{
	struct acl_print p = { .sh = sh, .family = f, .only = cli_arg_int(m, "number", 0) };
	struct cli_sink sink = { .line = print_line, .arg = &p };
	struct row r;

	if (p.only && row_get(sh->store, f->acl, &VALUE_OF_INT(p.only), sh->scratch, &r))
		return err_set(e, -ENOENT, "", "The specified ACL does not exist.");
	matches_get(&p);
	if (out_is_json(sh->out)) {
		row_each(sh->store, f->acl, NULL, 0, sh->scratch, print_json, &p);
		row_each(sh->store, f->rule, NULL, 0, sh->scratch, print_json, &p);
		json_matches(&p);
		return 0;
	}
	if (!p.only) {
		row_each(sh->store, f->acl, NULL, 0, sh->scratch, count_nonempty, &p);
		out_linef(sh->out, "%s %lld", f->total, (long long)p.shown);
		out_line(sh->out, "");
		p.shown = 0;
	}
	cli_render(sh->cli, sh->store, &(struct cli_filter){ .section = f->section }, &sink);
	return 0;
}

int
display_acl(struct shell *sh, const struct cli_match *m, struct err *e)
{
	return show(sh, m, &v4_family, e);
}

int
display_acl6(struct shell *sh, const struct cli_match *m, struct err *e)
{
	return show(sh, m, &v6_family, e);
}
