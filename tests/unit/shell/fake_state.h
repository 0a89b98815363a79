#ifndef YD_TESTS_UNIT_SHELL_FAKE_STATE_H
#define YD_TESTS_UNIT_SHELL_FAKE_STATE_H

#include <stddef.h>

struct fake_table {
	const char *name;
	const void *rows;
	size_t size;
	size_t n;
};

#define FAKE_TABLE(name)                                             \
	{                                                            \
#name, name##_rows, sizeof(name##_rows[0]),          \
			sizeof(name##_rows) / sizeof(name##_rows[0]) \
	}

/* Those of IKE; ends with a NULL name. */
extern const struct fake_table fake_ike_tables[];

/* Row i of a state table of the fake router, or NULL behind the last. */
const void *fake_state_row(const char *table, size_t i);

#endif
