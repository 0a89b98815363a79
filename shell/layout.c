/*
 * The layout engine: fills the templates of a layout with an object's values. Knows records and rows of
 * the configuration, but no display.
 */
#include "config.h"

#include "shell/layout.h"

#include "shell/out.h"

#include "schema/model.h"
#include "schema/row.h"
#include "schema/seal.h"

#include "lib/record.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_MAX = 1024, VALUE_MAX = 512 };

/* {name!format:width} taken apart. */
struct slot {
	const char *name;
	size_t name_len;
	const struct layout_format *format;
	int width; /* < 0: left-aligned */
};

struct value_text {
	char text[VALUE_MAX];
	unsigned long long number;
	bool is_number;
};

static const char *
slot_parse(const char *p, struct slot *s)
{
	const char *end = strchr(p, '}'), *mark;
	size_t len;

	*s = (struct slot){ .name = p };
	if (!end)
		return p + strlen(p);
	len = strcspn(p, "!:}");
	s->name_len = len;
	if (p[len] == '!') {
		mark = p + len + 1;
		len = strcspn(mark, ":}");
		s->format = layout_format_find(mark, len);
		p = mark;
	}
	if (p[len] == ':')
		s->width = atoi(p + len + 1);
	return end + 1;
}

static bool
named(const char *name, const struct slot *s)
{
	return !strncmp(name, s->name, s->name_len) && !name[s->name_len];
}

static void
number_of(const struct field *f, const void *obj, struct value_text *v)
{
	const char *p = (const char *)obj + f->offset;

	v->is_number = true;
	switch (f->kind) {
	case FIELD_U8: v->number = *(const uint8_t *)p; break;
	case FIELD_U16: v->number = *(const uint16_t *)(const void *)p; break;
	case FIELD_U32: v->number = *(const uint32_t *)(const void *)p; break;
	case FIELD_U64: v->number = *(const uint64_t *)(const void *)p; break;
	case FIELD_BOOL: v->number = *(const bool *)p; break;
	default: v->is_number = false; break;
	}
}

static void
value_of_record(const struct record *d, const void *obj, const struct slot *s, struct value_text *v)
{
	for (unsigned int i = 0; i < d->n_fields; i++) {
		if (!named(d->fields[i].name, s))
			continue;
		number_of(&d->fields[i], obj, v);
		record_field_text(&d->fields[i], obj, v->text, sizeof(v->text));
		return;
	}
}

/* A secret is shown by its being there only. */
static void
column_text(const struct column *c, const struct value *value, char *out, size_t cap)
{
	out[0] = '\0';
	if (value->kind == VALUE_NULL)
		return;
	if (c->type->secret)
		strlcpy(out, "******", cap);
	else
		c->type->render(c->type, value, out, cap);
}

static void
value_of_row(const struct table *t, const struct row *r, const struct slot *s, struct value_text *v)
{
	for (unsigned int i = 0; i < t->n_columns; i++) {
		if (!named(t->columns[i].name, s))
			continue;
		v->is_number = r->v[i].kind == VALUE_INT;
		v->number = v->is_number ? (unsigned long long)r->v[i].i : 0;
		column_text(&t->columns[i], &r->v[i], v->text, sizeof(v->text));
		return;
	}
}

static void
value_find(const struct layout *l, const void *obj, const struct slot *s, long long now,
	struct value_text *v)
{
	*v = (struct value_text){ .text = "" };
	if (named("now", s)) {
		v->is_number = true;
		v->number = (unsigned long long)now;
		return;
	}
	for (const struct layout_value *c = l->values; c && c->name; c++)
		if (named(c->name, s)) {
			c->text(obj, v->text, sizeof(v->text));
			return;
		}
	if (l->record)
		value_of_record(l->record, obj, s, v);
	else if (l->table)
		value_of_row(l->table, obj, s, v);
}

static size_t
append(char *out, size_t at, size_t cap, const char *text, size_t len)
{
	if (at + len >= cap)
		len = cap - 1 - at;
	memcpy(out + at, text, len);
	out[at + len] = '\0';
	return at + len;
}

static size_t
append_blanks(char *out, size_t at, size_t cap, size_t n)
{
	while (n-- && at + 1 < cap)
		out[at++] = ' ';
	out[at] = '\0';
	return at;
}

static size_t
append_slot(char *out, size_t at, size_t cap, const struct slot *s, const struct value_text *v)
{
	char text[VALUE_MAX];
	const char *shown = v->text;
	size_t len, width = (size_t)abs(s->width);

	if (s->format && v->is_number && s->format->number) {
		s->format->number(v->number, text, sizeof(text));
		shown = text;
	} else if (s->format && s->format->text) {
		s->format->text(v->text, text, sizeof(text));
		shown = text;
	}
	len = strlen(shown);
	if (s->width > 0 && len < width)
		at = append_blanks(out, at, cap, width - len);
	at = append(out, at, cap, shown, len);
	if (s->width < 0 && len < width)
		at = append_blanks(out, at, cap, width - len);
	return at;
}

size_t
layout_text(const struct layout *l, const char *text, const void *obj, long long now, char *out,
	size_t cap)
{
	struct value_text v;
	struct slot s;
	size_t at = 0, len;

	out[0] = '\0';
	while (*text) {
		len = strcspn(text, "{");
		at = append(out, at, cap, text, len);
		text += len;
		if (!*text)
			break;
		text = slot_parse(text + 1, &s);
		value_find(l, obj, &s, now, &v);
		at = append_slot(out, at, cap, &s, &v);
	}
	return at;
}

void
layout_card(struct out *o, const struct layout *l, const void *obj)
{
	char text[TEXT_MAX];

	for (const struct layout_line *line = l->card; line->text; line++) {
		if (line->when && !line->when(obj))
			continue;
		layout_text(l, line->text, obj, out_now(o), text, sizeof(text));
		out_line(o, text);
	}
}

/* The text's place on the line; at least one blank after what stands before it. */
static size_t
place(char *line, size_t at, size_t cap, unsigned int column, const char *text)
{
	if (at < column)
		at = append_blanks(line, at, cap, column - at);
	else if (at)
		at = append_blanks(line, at, cap, 1);
	return append(line, at, cap, text, strlen(text));
}

void
layout_header(struct out *o, const struct layout *l)
{
	char line[TEXT_MAX] = "";
	size_t at = 0;

	for (const struct layout_column *c = l->columns; c->text; c++)
		at = place(line, at, sizeof(line), c->at, c->title);
	out_line(o, line);
}

void
layout_row(struct out *o, const struct layout *l, const void *obj)
{
	char line[TEXT_MAX] = "", cell[VALUE_MAX];
	size_t at = 0;

	for (const struct layout_column *c = l->columns; c->text; c++) {
		layout_text(l, c->text, obj, out_now(o), cell, sizeof(cell));
		at = place(line, at, sizeof(line), c->at, cell);
	}
	while (at && line[at - 1] == ' ')
		line[--at] = '\0';
	out_line(o, line);
}

static char *
row_json(const struct table *t, const struct row *r)
{
	struct record_member *m = calloc(t->n_columns, sizeof(*m));
	char(*texts)[VALUE_MAX] = calloc(t->n_columns, sizeof(*texts));
	char *json = NULL;

	for (unsigned int i = 0; m && texts && i < t->n_columns; i++) {
		const struct value *v = &r->v[i];

		m[i] = (struct record_member){ .name = t->columns[i].name };
		m[i].null = v->kind == VALUE_NULL;
		m[i].number = v->kind == VALUE_INT ? v->i : 0;
		if (v->kind != VALUE_TEXT)
			continue;
		m[i].text = texts[i];
		if (t->columns[i].type->secret && seal_is_sealed(v->s))
			strlcpy(texts[i], v->s, sizeof(texts[i]));
		else
			column_text(&t->columns[i], v, texts[i], sizeof(texts[i]));
	}
	if (m && texts)
		json = record_json_members(m, t->n_columns);
	free(m);
	free(texts);
	return json;
}

void
layout_json(struct out *o, const struct layout *l, const void *obj)
{
	char *json = NULL;

	if (l->record)
		json = record_json(l->record, obj);
	else if (l->table)
		json = row_json(l->table, obj);
	out_object(o, json);
	free(json);
}

void
layout_lines(struct out *o, const char *const *lines)
{
	for (; *lines; lines++)
		out_line(o, *lines);
}
