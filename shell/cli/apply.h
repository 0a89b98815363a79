#ifndef YD_SHELL_CLI_APPLY_H
#define YD_SHELL_CLI_APPLY_H

#include "shell/cli/change.h"
#include "shell/cli/grammar.h"
#include "shell/cli/match.h"

/*
 * A configuration line that was understood, applied to the candidate. All return 0 or -errno (-EINVAL
 * with ch->error filled: refused) and have changed nothing then, or only part of what they would.
 * ch comes with store, arena, match, view_key, error; n_key is how many values of view_key begin the key
 * of the rows that the line is about.
 */
struct defaults;

/* RULE_SET and RULE_UNDO. */
int apply_line(
	struct change *ch, const struct rule *r, unsigned int n_key, struct defaults *defaults);
/* RULE_ENTER: the row is made when there is none; ch->v holds its key (and more) afterwards. */
int apply_enter(struct change *ch, const struct rule *r, struct defaults *defaults);
/* RULE_DELETE */
int apply_delete(struct change *ch, const struct rule *r, struct defaults *defaults);

#endif
