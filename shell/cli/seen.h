#ifndef YD_SHELL_CLI_SEEN_H
#define YD_SHELL_CLI_SEEN_H

#include <stddef.h>
#include <stdint.h>

struct typed;

/*
 * The contents of the rows under one key prefix, as a set of hashes: whether a row is there already under
 * another number is known without reading them all again for each line.
 */
struct seen {
	uint64_t scope; /* of which rows; 0: of none */
	uint64_t *slots;
	size_t n;
	size_t cap; /* a power of two */
};

void seen_fini(struct seen *s);
/* Rows were changed behind its back. */
void seen_forget(struct seen *s);
/* Is there a row with this prefix whose touched columns, but for the key, equal ty->v? 1, 0 or -errno. */
int seen_find(struct seen *s, struct typed *ty, unsigned int n_prefix);
/* A row was added. */
void seen_add(struct seen *s, const struct typed *ty, unsigned int n_prefix);

#endif
