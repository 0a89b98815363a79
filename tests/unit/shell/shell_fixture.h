#ifndef YD_TESTS_UNIT_SHELL_SHELL_FIXTURE_H
#define YD_TESTS_UNIT_SHELL_SHELL_FIXTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "tests/unit/shell/fake_router.h"

struct shell;

/* A session of the shell over a fake router, its output in memory, at a fixed time. */
struct shell_fixture {
	struct fake_child router;
	struct shell *sh;
	FILE *stream, *errors;
	char *text, *error_text; /* of what was printed since the last line */
	size_t len, error_len;
};

void shell_fixture_init(struct shell_fixture *f);
void shell_fixture_fini(struct shell_fixture *f);
/* A session like one with -f. */
void shell_fixture_init_batch(struct shell_fixture *f);
/* Runs a line; its output is in f->text and f->error_text. */
int fixture_line(struct shell_fixture *f, const char *line);
/* Runs lines, all of which must succeed. */
void fixture_lines(struct shell_fixture *f, const char *const *lines);
/* The lab's second configuration (IPsec by hand), line by line. */
void fixture_lab(struct shell_fixture *f);
/* Forgets what was printed. */
void fixture_rewind(struct shell_fixture *f);

#endif
