/*
 * The drop reasons of drop.def as a table. Counts nothing itself.
 */
#include "config.h"

#include "lib/drop.h"

#include <stddef.h>

static const struct drop_info drops[DROP_N] = {
#define DROP(id, group, text) [DROP_##id] = { #id, #group, text },
#include "lib/drop.def"
#undef DROP
};

const struct drop_info *
drop_info(unsigned int reason)
{
	return reason > DROP_NONE && reason < DROP_N ? &drops[reason] : NULL;
}
