/*
 * The command history: what Up and `display history-command` show. Never a secret.
 */
#include "config.h"

#include "shell/recall.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

void
recall_init(struct recall *h)
{
	*h = (struct recall){ .max = RECALL_DEFAULT };
}

void
recall_fini(struct recall *h)
{
	for (size_t i = 0; i < h->n; i++)
		free(h->line[i]);
	h->n = 0;
}

void
recall_add(struct recall *h, const char *line)
{
	char *copy;

	if (!line[strspn(line, " \t")])
		return;
	if (h->n && !strcmp(h->line[h->n - 1], line))
		return;
	copy = strdup(line);
	if (!copy)
		return;
	if (h->n == h->max) {
		free(h->line[0]);
		memmove(h->line, h->line + 1, --h->n * sizeof(h->line[0]));
	}
	h->line[h->n++] = copy;
}

/* Is the word one after which a secret stands? Abbreviations of three letters and more count. */
static int
before_secret(const char *word, size_t len)
{
	static const char *const heads[] = { "simple", "cipher" };

	for (size_t i = 0; len >= 3 && i < 2; i++)
		if (len <= strlen(heads[i]) && !strncasecmp(word, heads[i], len))
			return 1;
	return 0;
}

void
recall_mask(const char *line, char *out, size_t cap)
{
	size_t at = 0, len;
	int secret = 0;

	while (*line && at + 1 < cap) {
		if (isspace((unsigned char)*line)) {
			out[at++] = *line++;
			continue;
		}
		len = strcspn(line, " \t");
		for (size_t i = 0; i < (secret ? 6 : len) && at + 1 < cap; i++)
			out[at++] = secret ? '*' : line[i];
		secret = before_secret(line, len);
		line += len;
	}
	out[at] = '\0';
}
