/*
 * Lines of a batch and the objects they were typed for, see blame.h. The likeliest line is one of the
 * object that is named, and of those the last that shares most words with what the router says; lines of
 * the system view have no object, and must share enough of them. Knows no grammar.
 */
#include "config.h"

#include "shell/blame.h"

#include "lib/arena.h"
#include "lib/err.h"
#include "schema/refer.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
	NAME_MAX_LEN = 128,
	WORD_MAX = 64,
	PLAIN_WORDS = 3,
	TELLING_WORDS = 2,
	OF_OBJECT = 1000,
	N_ROOM = 256
};

struct noted {
	unsigned int line;
	const char *text;
	const char *object; /* "" = none */
};

struct blame {
	struct arena *arena;
	struct noted *noted; /* malloc'd */
	size_t n, cap;
};

struct blame *
blame_new(void)
{
	struct blame *b = calloc(1, sizeof(*b));

	if (b)
		b->arena = arena_new();
	return b;
}

void
blame_free(struct blame *b)
{
	if (!b)
		return;
	arena_free(b->arena);
	free(b->noted);
	free(b);
}

/* Lines of one object follow each other. */
static const char *
object_of(struct blame *b, const struct table *t, const struct value *key)
{
	char name[NAME_MAX_LEN] = "";

	if (t)
		refer_name(t, key, name, sizeof(name));
	if (b->n && !strcmp(b->noted[b->n - 1].object, name))
		return b->noted[b->n - 1].object;
	return arena_strdup(b->arena, name);
}

void
blame_note(struct blame *b, unsigned int line, const char *text, const struct table *t,
	const struct value *key)
{
	if (b->n == b->cap) {
		size_t cap = b->cap * 2 + N_ROOM;
		struct noted *more = reallocarray(b->noted, cap, sizeof(*more));

		if (!more)
			return; /* then the error comes without a line */
		b->noted = more;
		b->cap = cap;
	}
	b->noted[b->n] = (struct noted){
		.line = line, .text = arena_strdup(b->arena, text), .object = object_of(b, t, key)
	};
	b->n++;
}

/* The next word, without what ends a phrase; false at the end. */
static bool
next_word(const char **text, char word[WORD_MAX])
{
	const char *p = *text + strspn(*text, " \t(\"'");
	size_t len = strcspn(p, " \t,;)\"'");

	*text = p + len;
	if (!len)
		return false;
	while (len > 1 && (p[len - 1] == '.' || p[len - 1] == ':'))
		len--;
	snprintf(word, WORD_MAX, "%.*s", (int)len, p);
	return true;
}

/* "10.1.1.1" is in "address 10.1.1.1/24 conflicts with …" */
static bool
says(const char *text, const char *word)
{
	size_t len = strlen(word);
	char other[WORD_MAX];

	while (next_word(&text, other))
		if (!strncasecmp(other, word, len) && (!other[len] || other[len] == '/'))
			return true;
	return false;
}

static bool
has_digit(const char *word)
{
	return word[strcspn(word, "0123456789")] != '\0';
}

/* How many words of the line are in what the router says, in the name of the object (named) or only beside
 * it; *telling: one of them names something. */
static unsigned int
shared_words(const struct noted *l, const struct err *e, bool named, bool *telling)
{
	const char *text = l->text;
	unsigned int n = 0;
	char word[WORD_MAX];

	*telling = false;
	while (next_word(&text, word)) {
		if (says(e->object, word) ? !named : !says(e->text, word))
			continue;
		*telling |= has_digit(word);
		n++;
	}
	return n;
}

/* Objects are called as rows are, interfaces by their name alone. */
static bool
is_of(const struct noted *l, const struct err *e)
{
	size_t object = strlen(l->object), named = strlen(e->object);

	if (!object || !named || object < named || strcmp(l->object + object - named, e->object))
		return false;
	return object == named || l->object[object - named - 1] == ' ';
}

/* 0: not this line. */
static unsigned int
likelihood(const struct noted *l, const struct err *e)
{
	bool telling;
	unsigned int n;

	if (is_of(l, e))
		return OF_OBJECT + shared_words(l, e, false, &telling);
	if (*l->object)
		return 0;
	n = shared_words(l, e, true, &telling);
	return n >= (telling ? TELLING_WORDS : PLAIN_WORDS) ? n : 0;
}

unsigned int
blame_find(const struct blame *b, const struct err *e, size_t *column)
{
	const struct noted *found = NULL;
	unsigned int most = 1;

	for (size_t i = 0; i < b->n; i++) {
		unsigned int n = likelihood(&b->noted[i], e);

		if (n < most)
			continue;
		most = n;
		found = &b->noted[i];
	}
	if (!found)
		return 0;
	*column = strspn(found->text, " \t");
	return found->line;
}
