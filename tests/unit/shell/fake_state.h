#ifndef YD_TESTS_UNIT_SHELL_FAKE_STATE_H
#define YD_TESTS_UNIT_SHELL_FAKE_STATE_H

#include <stddef.h>

/* Row i of a state table of the fake router, or NULL behind the last. */
const void *fake_state_row(const char *table, size_t i);

#endif
