/*
 * Types that policies, profiles and what holds for all of them share: groups of PFS, durations of SAs,
 * places in a list. The groups are those of alg.def.
 */
#include "config.h"

#include "schema/type.h"

static const struct choice pfs_groups[] = {
#define ALG_DH(id, iana, keyword, display, weak, ...) \
	TYPE_ALG_CHOICE("dh-" keyword, keyword, display, weak),
#include "lib/alg.def"
#undef ALG_DH
	{ 0 },
};
const struct type type_pfs = TYPE_CHOICE("pfs", pfs_groups);

const struct type type_sa_time = TYPE_INTEGER("sa-time", 30, 604800);
const struct type type_one = TYPE_INTEGER("one", 1, 1);
const struct type type_place = TYPE_INTEGER("place", 1, 65535);

/* Kilobytes; 0 is no limit, and less than the least would be used up by the packets of a moment. */
static int
parse_traffic(const struct type *t, const char *text, struct arena *a, struct value *out)
{
	static const struct type none = { .max = 0 };

	return type_parse_integer(t, text, a, out) ? type_parse_integer(&none, text, a, out) : 0;
}

const struct type type_sa_traffic = {
	.name = "sa-traffic",
	.help_form = "INTEGER<0,256-200000000>",
	.min = 256,
	.max = 200000000,
	.parse = parse_traffic,
	.render = type_render_integer,
};
