/*
 * display acl: the rules as the dialect renders them, under VRP's headings.
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

struct acl_print {
	struct shell *sh;
	int64_t only; /* 0: all */
	bool inside;  /* of an ACL that is shown */
	int64_t shown;
};

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
	return row_count(p->sh->store, &model_acl_rule, &VALUE_OF_INT(number), 1);
}

static void
print_head(struct acl_print *p, int64_t number)
{
	const struct layout l = { .table = &model_acl, .values = values };
	int64_t n = n_rules(p, number);
	struct row r;
	char text[64];

	p->inside = (!p->only || p->only == number) &&
		!row_get(p->sh->store, &model_acl, &VALUE_OF_INT(number), p->sh->scratch, &r);
	if (!p->inside)
		return;
	layout_text(&l, "{kind} ACL {number}", &r, 0, text, sizeof(text));
	if (p->shown++)
		out_line(p->sh->out, "");
	out_linef(p->sh->out, "%s, %lld rule%s", text, (long long)n, n > 1 ? "s" : "");
	layout_text(&l, "Acl's step is {step}", &r, 0, text, sizeof(text));
	out_line(p->sh->out, text);
}

/* A line of the rendered configuration. */
static void
print_line(void *arg, const char *line)
{
	static const char acl[] = "acl number ";
	struct acl_print *p = arg;

	if (!strncmp(line, acl, sizeof(acl) - 1))
		print_head(p, strtoll(line + sizeof(acl) - 1, NULL, 10));
	else if (p->inside && !strncmp(line, " rule ", 6))
		out_line(p->sh->out, line);
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

int
display_acl(struct shell *sh, const struct cli_match *m, struct err *e)
{
	struct acl_print p = { .sh = sh, .only = cli_arg_int(m, "number", 0) };
	struct cli_sink sink = { .line = print_line, .arg = &p };
	struct row r;

	if (p.only && row_get(sh->store, &model_acl, &VALUE_OF_INT(p.only), sh->scratch, &r))
		return err_set(e, -ENOENT, "", "The specified ACL does not exist.");
	if (out_is_json(sh->out)) {
		row_each(sh->store, &model_acl, NULL, 0, sh->scratch, print_json, &p);
		return row_each(sh->store, &model_acl_rule, NULL, 0, sh->scratch, print_json, &p);
	}
	if (!p.only) {
		row_each(sh->store, &model_acl, NULL, 0, sh->scratch, count_nonempty, &p);
		out_linef(sh->out, " Total quantity of nonempty ACL number is %lld",
			(long long)p.shown);
		out_line(sh->out, "");
		p.shown = 0;
	}
	cli_render(sh->cli, sh->store, &(struct cli_filter){ .section = "acl" }, &sink);
	return 0;
}
