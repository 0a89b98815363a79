/*
 * Twin of daemon/access.c. Who is in the group depends on the machine; what is sure everywhere is here.
 */
#include "config.h"

#include "daemon/access.h"

#include <grp.h>

#include "tests/unit/daemon/suites.h"

static void
root_may_and_an_unknown_user_may_not(void)
{
	CU_ASSERT_TRUE(access_may_configure(0, 0));
	CU_ASSERT_TRUE(access_may_configure(0, 65534));
	CU_ASSERT_FALSE(access_may_configure(54321, 54321));
	CU_ASSERT_FALSE(access_may_configure(65534, 65534));
}

static void
the_group_is_enough_where_it_exists(void)
{
	const struct group *g = getgrnam(ACCESS_GROUP);

	if (g != NULL)
		CU_ASSERT_TRUE(access_may_configure(54321, g->gr_gid));
}

static void
users_have_names_or_numbers(void)
{
	char name[64];

	access_user(0, name, sizeof(name));
	CU_ASSERT_STRING_EQUAL(name, "root");
	access_user(54321, name, sizeof(name));
	CU_ASSERT_STRING_EQUAL(name, "uid 54321");
}

CU_TestInfo access_tests[] = {
	{ "root may and an unknown user may not", root_may_and_an_unknown_user_may_not },
	{ "the group is enough where it exists", the_group_is_enough_where_it_exists },
	{ "users have names or numbers", users_have_names_or_numbers },
	CU_TEST_INFO_NULL,
};
