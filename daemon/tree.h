#ifndef YD_DAEMON_TREE_H
#define YD_DAEMON_TREE_H

#include <sys/tree.h>

/* A red-black tree private to one file; RB_GENERATE_STATIC of libbsd does not compile on Debian 12. */
#define TREE_STATIC(name, type, field, cmp)                                           \
	RB_PROTOTYPE_INTERNAL(name, type, field, cmp, static __attribute__((unused))) \
	RB_GENERATE_INTERNAL(name, type, field, cmp, static __attribute__((unused)))

#endif
