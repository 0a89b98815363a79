/*
 * The sink of all displays. A line goes through the filters in the order in which they were typed; what
 * is left is written as text or as an element of a JSON array, a page at a time. Refuses to know what it
 * prints.
 */
#include "config.h"

#include "shell/out.h"

#include "shell/pager.h"

#include "lib/err.h"
#include "lib/record.h"

#include <errno.h>
#include <regex.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

struct filter {
	enum cli_pipe_kind kind;
	bool section;
	bool has_regex;
	regex_t regex;

	bool begun;   /* begin: a line has matched */
	size_t count; /* count: lines so far */
	char **held;  /* section: lines of one that has not matched yet */
	size_t n_held;
	bool matched; /* section: the current one has */
};

struct out {
	FILE *stream;
	FILE *errors;
	struct pager *pager;
	struct filter filters[CLI_PIPES_MAX];
	size_t n_filters;
	bool display; /* between begin and end */
	bool json;
	size_t n_elements;
	bool left;
	time_t now;
};

/* Lines on their way through the filters. */
struct item {
	const char *text;
	bool object; /* JSON already */
};

static void feed(struct out *o, size_t stage, const struct item *it);

struct out *
out_new(FILE *stream, FILE *errors, struct pager *pager)
{
	struct out *o = calloc(1, sizeof(*o));

	if (!o)
		return NULL;
	o->stream = stream;
	o->errors = errors;
	o->pager = pager;
	return o;
}

static void
filters_fini(struct out *o)
{
	for (size_t i = 0; i < o->n_filters; i++) {
		struct filter *f = &o->filters[i];

		if (f->has_regex)
			regfree(&f->regex);
		for (size_t k = 0; k < f->n_held; k++)
			free(f->held[k]);
		free(f->held);
	}
	memset(o->filters, 0, sizeof(o->filters));
	o->n_filters = 0;
}

void
out_free(struct out *o)
{
	if (!o)
		return;
	filters_fini(o);
	free(o);
}

/* The filter of one pipe; json and no-more are none. */
static int
filter_add(struct out *o, const struct cli_pipe *p, struct err *e)
{
	struct filter *f = &o->filters[o->n_filters];
	int flags = REG_EXTENDED | REG_NOSUB | (p->ignore_case ? REG_ICASE : 0), rc;
	char why[128];

	if (o->n_filters == CLI_PIPES_MAX)
		return err_set(e, -E2BIG, "", "Too many filters.");
	*f = (struct filter){ .kind = p->kind, .section = p->section };
	if (p->kind != CLI_PIPE_COUNT) {
		rc = regcomp(&f->regex, p->regex ? p->regex : "", flags);
		if (rc) {
			regerror(rc, &f->regex, why, sizeof(why));
			return err_set(e, -EINVAL, "", "The regular expression is wrong: %s.", why);
		}
		f->has_regex = true;
	}
	o->n_filters++;
	return 0;
}

int
out_begin(struct out *o, const struct cli_pipe *pipes, size_t n, bool json, struct err *e)
{
	bool paged = true;
	int rc;

	filters_fini(o);
	for (size_t i = 0; i < n; i++) {
		if (pipes[i].kind == CLI_PIPE_JSON)
			json = true;
		else if (pipes[i].kind == CLI_PIPE_NO_MORE)
			paged = false;
		else if ((rc = filter_add(o, &pipes[i], e))) {
			filters_fini(o);
			return rc;
		}
	}
	o->json = json;
	o->display = true;
	o->left = false;
	o->n_elements = 0;
	if (o->pager)
		pager_begin(o->pager, paged);
	return 0;
}

/* What came through all filters. */
static void
emit_text(struct out *o, const char *text)
{
	if (o->left)
		return;
	if (o->display && o->pager && !pager_line(o->pager, text)) {
		o->left = true;
		return;
	}
	fputs(text, o->stream);
	fputc('\n', o->stream);
}

static void
emit(struct out *o, const struct item *it)
{
	char *json = NULL, *line;

	if (!o->json) {
		emit_text(o, it->text);
		return;
	}
	if (!it->object)
		json = record_json_string(it->text);
	if (asprintf(&line, "%s%s", o->n_elements++ ? "," : "[", json ? json : it->text) >= 0) {
		emit_text(o, line);
		free(line);
	}
	free(json);
}

static bool
matches(const struct filter *f, const char *text)
{
	return !regexec(&f->regex, text, 0, NULL, 0);
}

static void
section_forget(struct filter *f)
{
	for (size_t i = 0; i < f->n_held; i++)
		free(f->held[i]);
	f->n_held = 0;
}

/* A section is a line and the indented ones below it; it passes when one of them matches. */
static void
feed_section(struct out *o, size_t stage, const struct item *it)
{
	struct filter *f = &o->filters[stage];
	char **grown;

	if (it->text[0] != ' ') {
		section_forget(f);
		f->matched = false;
	}
	if (!f->matched && matches(f, it->text)) {
		f->matched = true;
		for (size_t i = 0; i < f->n_held; i++)
			feed(o, stage + 1, &(struct item){ .text = f->held[i] });
		section_forget(f);
	}
	if (f->matched) {
		feed(o, stage + 1, it);
		return;
	}
	grown = reallocarray(f->held, f->n_held + 1, sizeof(*f->held));
	if (!grown)
		return;
	f->held = grown;
	f->held[f->n_held] = strdup(it->text);
	f->n_held += f->held[f->n_held] != NULL;
}

static void
feed(struct out *o, size_t stage, const struct item *it)
{
	struct filter *f = &o->filters[stage];

	if (stage == o->n_filters) {
		emit(o, it);
		return;
	}
	if (f->section && f->kind == CLI_PIPE_INCLUDE) {
		feed_section(o, stage, it);
		return;
	}
	switch (f->kind) {
	case CLI_PIPE_COUNT: f->count++; return;
	case CLI_PIPE_INCLUDE:
		if (!matches(f, it->text))
			return;
		break;
	case CLI_PIPE_EXCLUDE:
		if (matches(f, it->text))
			return;
		break;
	case CLI_PIPE_BEGIN:
		if (!f->begun && !matches(f, it->text))
			return;
		f->begun = true;
		break;
	default: break;
	}
	feed(o, stage + 1, it);
}

void
out_abandon(struct out *o)
{
	if (o->pager)
		pager_end(o->pager);
	filters_fini(o);
	o->display = o->json = o->left = false;
	fflush(o->stream);
}

void
out_end(struct out *o)
{
	char text[64];

	for (size_t i = 0; i < o->n_filters; i++) {
		if (o->filters[i].kind != CLI_PIPE_COUNT)
			continue;
		snprintf(text, sizeof(text), "Total lines: %zu.", o->filters[i].count);
		feed(o, i + 1, &(struct item){ .text = text });
	}
	if (o->json)
		emit_text(o, o->n_elements ? "]" : "[]");
	out_abandon(o);
}

void
out_line(struct out *o, const char *text)
{
	const char *newline = strchr(text, '\n');
	char *copy;

	if (o->left)
		return;
	if (!newline) {
		feed(o, 0, &(struct item){ .text = text });
		return;
	}
	for (; newline; text = newline + 1, newline = strchr(text, '\n')) {
		copy = strndup(text, (size_t)(newline - text));
		if (copy)
			feed(o, 0, &(struct item){ .text = copy });
		free(copy);
	}
	if (*text)
		feed(o, 0, &(struct item){ .text = text });
}

void
out_linef(struct out *o, const char *fmt, ...)
{
	va_list ap;
	char *text;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) >= 0) {
		out_line(o, text);
		free(text);
	}
	va_end(ap);
}

void
out_object(struct out *o, const char *json)
{
	if (!o->left && json)
		feed(o, 0, &(struct item){ .text = json, .object = true });
}

void
out_question(struct out *o, const char *text)
{
	fputs(text, o->stream);
	fflush(o->stream);
}

void
out_error(struct out *o, const char *fmt, ...)
{
	va_list ap;

	fflush(o->stream);
	va_start(ap, fmt);
	vfprintf(o->errors, fmt, ap);
	va_end(ap);
	fputc('\n', o->errors);
	fflush(o->errors);
}

void
out_progress(struct out *o, const char *text)
{
	fputs(text, o->errors);
	fflush(o->errors);
}

void
out_flush(struct out *o)
{
	fflush(o->stream);
}

bool
out_is_json(const struct out *o)
{
	return o->json;
}

bool
out_left(const struct out *o)
{
	return o->left;
}

static void
sink_line(void *arg, const char *text)
{
	out_line(arg, text);
}

struct cli_sink
out_sink(struct out *o)
{
	return (struct cli_sink){ .line = sink_line, .arg = o };
}

time_t
out_now(const struct out *o)
{
	return o->now ? o->now : time(NULL);
}

void
out_set_now(struct out *o, time_t now)
{
	o->now = now;
}
