/*
 * Twin of lib/err.c.
 */
#include "config.h"

#include "lib/err.h"

#include <errno.h>
#include <string.h>

#include "tests/unit/lib/suites.h"

static void
setting_returns_the_code_and_fills_the_text(void)
{
	struct err e;

	CU_ASSERT_EQUAL(err_set(&e, -EINVAL, "Tunnel0/0/1", "mtu %d", 1), -EINVAL);
	CU_ASSERT_STRING_EQUAL(e.object, "Tunnel0/0/1");
	CU_ASSERT_STRING_EQUAL(e.text, "mtu 1");
	err_clear(&e);
	CU_ASSERT_STRING_EQUAL(e.object, "");
	CU_ASSERT_STRING_EQUAL(e.text, "");
}

static void
nobody_has_to_listen(void)
{
	CU_ASSERT_EQUAL(err_set(NULL, -EPERM, "x", "y"), -EPERM);
	err_clear(NULL);
}

static void
long_texts_are_cut(void)
{
	struct err e;
	char name[1000];

	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	err_set(&e, -1, name, "%s", name);
	CU_ASSERT_EQUAL(strlen(e.object), sizeof(e.object) - 1);
	CU_ASSERT_EQUAL(strlen(e.text), sizeof(e.text) - 1);
	err_set(&e, -1, NULL, "no object");
	CU_ASSERT_STRING_EQUAL(e.object, "");
}

CU_TestInfo err_tests[] = {
	{ "setting returns the code and fills the text",
		setting_returns_the_code_and_fills_the_text },
	{ "nobody has to listen", nobody_has_to_listen },
	{ "long texts are cut", long_texts_are_cut },
	CU_TEST_INFO_NULL,
};
