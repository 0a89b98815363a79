/*
 * Rows of tests from text, see rows.h.
 */
#include "config.h"

#include "tests/unit/daemon/rows.h"

#include "lib/arena.h"
#include "schema/row.h"

#include <errno.h>
#include <string.h>

enum { COLUMNS_MOST = 64 };

struct line {
	struct store *store;
	struct arena *arena;
	const struct table *table;
	struct value v[COLUMNS_MOST];
};

static int
value_parse(struct line *l, unsigned int column, const char *text, struct value *v)
{
	const struct type *type = l->table->columns[column].type;

	*v = VALUE_OF_TEXT("");
	if (text[0] == '\0') /* a key column that is not used */
		return 0;
	return type->parse(type, text, l->arena, v);
}

/* "COLUMN=VALUE": the column's number or -errno. */
static int
assignment(struct line *l, char *word, struct value *v)
{
	char *text = strchr(word, '=');
	int column, rc;

	if (text == NULL)
		return -EINVAL;
	*text++ = '\0';
	column = model_column(l->table, word);
	if (column < 0)
		return -ENOENT;
	if (text[0] == '\0') {
		*v = (struct value){ 0 };
		return column;
	}
	rc = value_parse(l, (unsigned int)column, text, v);
	return rc != 0 ? rc : column;
}

static int
put(struct line *l, char *rest)
{
	char *word;
	struct value v;

	for (unsigned int i = 0; i < l->table->n_columns; i++)
		row_default(l->store, l->table, i, l->arena, &l->v[i]);
	while ((word = strsep(&rest, " ")) != NULL) {
		int column = assignment(l, word, &v);

		if (column < 0)
			return column;
		l->v[column] = v;
	}
	return row_put(l->store, l->table, l->v);
}

static int
keys(struct line *l, char *text)
{
	for (unsigned int i = 0; i < l->table->n_key; i++) {
		char *word = strsep(&text, ",");
		int rc = word != NULL ? value_parse(l, i, word, &l->v[i]) : -EINVAL;

		if (rc != 0)
			return rc;
	}
	return 0;
}

static int
set(struct line *l, char *rest)
{
	char *word;
	struct value v;
	int rc = 0;

	while (rc == 0 && (word = strsep(&rest, " ")) != NULL) {
		int column = assignment(l, word, &v);

		if (column < 0)
			return column;
		rc = row_set(l->store, l->table, l->v, (unsigned int)column, &v);
	}
	return rc;
}

int
rows_line(struct store *s, const char *line, struct arena *a)
{
	struct line l = { .store = s, .arena = a };
	char *rest = arena_strdup(a, line), *verb = strsep(&rest, " ");
	const char *table = strsep(&rest, " ");
	int rc;

	if (verb[0] == '\0' || verb[0] == '#')
		return 0;
	l.table = table != NULL ? model_table(table) : NULL;
	if (l.table == NULL || rest == NULL || l.table->n_columns > COLUMNS_MOST)
		return -EINVAL;
	if (strcmp(verb, "put") == 0)
		return put(&l, rest);
	rc = keys(&l, strsep(&rest, " "));
	if (rc == 0 && strcmp(verb, "del") == 0)
		return row_delete(s, l.table, l.v);
	return rc != 0 ? rc : strcmp(verb, "set") == 0 ? set(&l, rest) : -EINVAL;
}

int
rows_text(struct store *s, const char *text, struct arena *a)
{
	char *rest = arena_strdup(a, text), *line;
	int rc = 0;

	while (rc == 0 && (line = strsep(&rest, "\n")) != NULL)
		rc = rows_line(s, line, a);
	return rc;
}
