#ifndef YD_TESTS_UNIT_SHELL_GRAMMAR_GENERATE_H
#define YD_TESTS_UNIT_SHELL_GRAMMAR_GENERATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shell/cli/syntax.h"

enum { GENERATED_WORDS = 64 };

/* One line that a syntax allows, as words. */
struct generated {
	uint64_t random; /* state; seed it */
	char words[GENERATED_WORDS][300];
	bool keyword[GENERATED_WORDS];
	size_t n;
};

/* A random line of the syntax. */
void generate_line(struct generated *g, const struct node *first);
/* The words joined by blanks, word `i` cut to len characters (len 0: none is cut). */
void generate_text(const struct generated *g, size_t i, size_t len, char *out, size_t cap);
/* A number below n. */
uint64_t generate_below(struct generated *g, uint64_t n);

#endif
