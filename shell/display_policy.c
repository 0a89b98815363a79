/*
 * Which policy or profile something that runs is of: "P1-10" is policy P1, sequence number 10, unless it is
 * the name of a profile. From the candidate.
 */
#include "config.h"

#include "lib/arena.h"
#include "schema/row.h"
#include "shell/cli/cli.h"
#include "shell/display.h"
#include "shell/shell.h"

#include <stdlib.h>
#include <string.h>

void
display_policy_split(const char *policy, struct display_policy *p)
{
	char *hyphen, *end;

	*p = (struct display_policy){ .sequence = 0 };
	strlcpy(p->name, policy, sizeof(p->name));
	hyphen = strrchr(p->name, '-');
	if (!hyphen)
		return;
	p->sequence = strtoll(hyphen + 1, &end, 10);
	if (*end || end == hyphen + 1)
		p->sequence = 0;
	else
		*hyphen = '\0';
}

static bool
find_policy(struct shell *sh, const struct display_policy *p, struct row *row)
{
	const struct value key[] = { VALUE_OF_TEXT(p->name), VALUE_OF_INT(p->sequence) };

	return p->sequence && !row_get(sh->store, &model_ipsec_policy, key, sh->scratch, row);
}

static bool
find_profile(struct shell *sh, const char *name, struct row *row)
{
	return !row_get(sh->store, &model_ipsec_profile, &VALUE_OF_TEXT(name), sh->scratch, row);
}

void
display_policy_find(struct shell *sh, const char *policy, struct display_policy *p)
{
	struct row *row = arena_alloc(sh->scratch, sizeof(*row));

	display_policy_split(policy, p);
	if (find_policy(sh, p, row)) {
		p->row = row;
	} else if (find_profile(sh, policy, row)) {
		p->row = row;
		p->sequence = 0;
		strlcpy(p->name, policy, sizeof(p->name));
	}
}

bool
display_policy_selected(const struct display_policy *p, const struct cli_match *m)
{
	const char *name = cli_arg_text(m, "name", NULL);
	const char *profile = cli_arg_text(m, "profile", NULL);
	int64_t sequence = cli_arg_int(m, "sequence", 0);

	if (profile)
		return !p->sequence && !strcmp(profile, p->name);
	if (!name)
		return true;
	return p->sequence && !strcmp(name, p->name) && (!sequence || sequence == p->sequence);
}

size_t
display_policy_acl(const struct display_policy *p, char *out, size_t cap)
{
	static const struct layout l = { .table = &model_ipsec_policy };
	bool v4 = p->row && display_column(p->row, "acl")->kind == VALUE_INT;

	if (!p->row || (!v4 && display_column(p->row, "acl6")->kind != VALUE_INT))
		return strlcpy(out, "-", cap);
	return layout_text(&l, v4 ? "{acl}" : "{acl6} (IPv6)", p->row, 0, out, cap);
}
