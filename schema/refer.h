#ifndef YD_SCHEMA_REFER_H
#define YD_SCHEMA_REFER_H

#include <stddef.h>

#include "schema/changes.h"

struct err;
struct store;

/* How an operator calls a row: "IPSec policy P1 10". Always terminated. */
void refer_name(const struct table *t, const struct value *key, char *out, size_t cap);

/* Within the transaction whose changes left a dangling reference: -EINVAL, and e says who refers to
 * what is gone, or what is named but was never there. */
int refer_explain(struct store *s, const struct change *changes, size_t n, struct err *e);

#endif
