#ifndef YD_SHELL_CLI_APPLY_H
#define YD_SHELL_CLI_APPLY_H

#include "shell/cli/defaults.h"
#include "shell/cli/grammar.h"
#include "shell/cli/match.h"
#include "shell/cli/seen.h"
#include "shell/cli/typed.h"

/*
 * A configuration line that was understood, applied to the candidate. All return 0 or -errno (-EINVAL
 * with ty->error filled: refused) and have changed nothing then, or only part of what they would.
 * ty comes with store, arena, match, view_key, error; n_key is how many values of view_key begin the key
 * of the rows that the line is about.
 */

/* What is kept from line to line. */
struct apply {
	struct defaults defaults;
	struct seen seen;
};

/* RULE_SET and RULE_UNDO. */
int apply_line(struct typed *ty, const struct rule *r, unsigned int n_key, struct apply *ap);
/* RULE_ENTER: the row is made when there is none; ty->v holds its key (and more) afterwards. */
int apply_enter(struct typed *ty, const struct rule *r, struct apply *ap);
/* RULE_DELETE */
int apply_delete(struct typed *ty, const struct rule *r, struct apply *ap);

#endif
