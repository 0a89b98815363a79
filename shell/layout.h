#ifndef YD_SHELL_LAYOUT_H
#define YD_SHELL_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>

struct out;
struct record;
struct table;

/*
 * Displays as data. A layout says what an object looks like as a card (lines) or as a row of columns. Its
 * texts hold {name}: a computed value of the layout, a field of the record or a column of the table's row;
 * {name!format} with a format of layout_format.c, {name:8} right-aligned in 8, {name:-8} left-aligned.
 * {now} is the time of the display. The JSON form of the same object needs no layout but the description.
 */
struct layout_value {
	const char *name;
	size_t (*text)(const void *obj, char *out, size_t cap);
};

struct layout_line {
	const char *text;
	bool (*when)(const void *obj); /* NULL: always */
};

struct layout_column {
	unsigned int at; /* where it starts, 0-based; a cell before it that is too long moves it */
	const char *title;
	const char *text;
};

struct layout {
	const struct record *record;	   /* the objects are of this description, */
	const struct table *table;	   /* or struct row of this table; both NULL: values only */
	const struct layout_value *values; /* ends with a NULL name; may be NULL */
	const struct layout_line *card;	   /* ends with a NULL text */
	const struct layout_column *columns; /* ends with a NULL text */
};

/* Prints the card of an object. */
void layout_card(struct out *o, const struct layout *l, const void *obj);
/* Prints the titles of the columns; the columns of an object. */
void layout_header(struct out *o, const struct layout *l);
void layout_row(struct out *o, const struct layout *l, const void *obj);
/* The object as JSON: the record's fields, or the row's columns. */
void layout_json(struct out *o, const struct layout *l, const void *obj);
/* Fixed lines, up to NULL. */
void layout_lines(struct out *o, const char *const *lines);

/* The text of a template for an object; returns its length, < cap. now: what {now} is. */
size_t layout_text(const struct layout *l, const char *text, const void *obj, long long now,
	char *out, size_t cap);

/* A number or a text as a format shows it (layout_format.c). */
struct layout_format {
	const char *name;
	size_t (*number)(unsigned long long n, char *out, size_t cap);
	size_t (*text)(const char *s, char *out, size_t cap);
};

/* A number in decimal, for computed values. */
size_t layout_number(unsigned long long n, char *out, size_t cap);
/* NULL when there is none of that name (len bytes). */
const struct layout_format *layout_format_find(const char *name, size_t len);

#endif
