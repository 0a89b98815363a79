#ifndef YD_SHELL_CLI_RENDER_H
#define YD_SHELL_CLI_RENDER_H

#include <stddef.h>

#include "schema/row.h"
#include "shell/cli/grammar.h"

enum { RENDER_LINE_MAX = 1024 };

/* One line's text for one row, by its syntax or its own render. Returns the length; 0: nothing to
 * render (all its columns have their defaults). */
size_t render_line(const struct rule *rule, const struct row *r, const struct value *defaults,
	char *out, size_t cap);
/* The line that enters the view of a row. */
size_t render_enter(const struct rule *rule, const struct row *r, const struct value *defaults,
	char *out, size_t cap);

#endif
