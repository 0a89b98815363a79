#ifndef YD_LIB_DROP_H
#define YD_LIB_DROP_H

enum drop {
	DROP_NONE, /* not dropped */
#define DROP(id, group, text) DROP_##id,
#include "lib/drop.def"
#undef DROP
	DROP_N
};

struct drop_info {
	const char *id;
	const char *group;
	const char *text; /* as displays show it */
};

/* NULL for DROP_NONE and beyond DROP_N. */
const struct drop_info *drop_info(unsigned int reason);

#endif
