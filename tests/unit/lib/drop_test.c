/*
 * Twin of lib/drop.c.
 */
#include "config.h"

#include "lib/drop.h"

#include <stddef.h>
#include <string.h>

#include "lib/state.h"
#include "tests/unit/lib/suites.h"

static void
every_reason_has_its_own_identifier(void)
{
	for (unsigned int i = 1; i < DROP_N; i++)
		for (unsigned int k = 1; k < i; k++)
			CU_ASSERT_STRING_NOT_EQUAL(drop_info(i)->id, drop_info(k)->id);
}

static void
every_reason_has_its_own_text_in_its_group(void)
{
	for (unsigned int i = 1; i < DROP_N; i++)
		for (unsigned int k = 1; k < i; k++)
			CU_ASSERT_FALSE(!strcmp(drop_info(i)->group, drop_info(k)->group) &&
				!strcmp(drop_info(i)->text, drop_info(k)->text));
}

static void
reasons_fit_the_state_table(void)
{
	for (unsigned int i = 1; i < DROP_N; i++) {
		struct st_drop row;

		CU_ASSERT_TRUE(strlen(drop_info(i)->id) < sizeof(row.reason));
		CU_ASSERT_TRUE(strlen(drop_info(i)->group) < sizeof(row.group));
		CU_ASSERT_TRUE(strlen(drop_info(i)->text) < sizeof(row.text));
	}
}

static void
what_is_no_reason_has_no_facts(void)
{
	CU_ASSERT_PTR_NULL(drop_info(DROP_NONE));
	CU_ASSERT_PTR_NULL(drop_info(DROP_N));
}

CU_TestInfo drop_tests[] = {
	{ "every reason has its own identifier", every_reason_has_its_own_identifier },
	{ "every reason has its own text in its group",
		every_reason_has_its_own_text_in_its_group },
	{ "reasons fit the state table", reasons_fit_the_state_table },
	{ "what is no reason has no facts", what_is_no_reason_has_no_facts },
	CU_TEST_INFO_NULL,
};
