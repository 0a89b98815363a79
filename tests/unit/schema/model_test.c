/*
 * The model against the store's own catalogue: the same tables, columns, keys and references.
 */
#include "config.h"

#include "tests/unit/schema/fixture.h"
#include "tests/unit/schema/suites.h"

#include <stdio.h>
#include <string.h>

static int64_t
ask(struct store *s, const char *what, const char *table, const char *column)
{
	char sql[512];

	snprintf(sql, sizeof(sql), what, table, column);
	return sql_int(s, sql);
}

static void
every_column_stands_where_the_catalogue_has_it(void)
{
	struct err e;
	struct store *s;

	CU_ASSERT_EQUAL_FATAL(store_new_memory(&s, &e), 0);
	for (size_t i = 0; model_tables[i]; i++) {
		const struct table *t = model_tables[i];

		CU_ASSERT_EQUAL(ask(s, "SELECT count(*) FROM pragma_table_info('%s')", t->name, ""),
			t->n_columns);
		for (unsigned int c = 0; c < t->n_columns; c++) {
			const char *name = t->columns[c].name;

			CU_ASSERT_EQUAL(ask(s,
						"SELECT cid FROM pragma_table_info('%s') WHERE "
						"name = '%s'",
						t->name, name),
				c);
			CU_ASSERT_EQUAL(ask(s,
						"SELECT pk FROM pragma_table_info('%s') WHERE "
						"name = '%s'",
						t->name, name),
				c < t->n_key ? c + 1 : 0);
			CU_ASSERT_EQUAL(model_column(t, name), (int)c);
		}
	}
	store_close(s);
}

static void
every_foreign_key_is_a_reference_of_the_model(void)
{
	struct err e;
	struct store *s;

	CU_ASSERT_EQUAL_FATAL(store_new_memory(&s, &e), 0);
	for (size_t i = 0; model_tables[i]; i++) {
		const struct table *t = model_tables[i];

		for (unsigned int c = 0; c < t->n_columns; c++) {
			const struct column *col = &t->columns[c];
			char sql[256];

			/* A key may refer to its own table: for the completion of names. */
			snprintf(sql, sizeof(sql),
				"SELECT count(*) FROM pragma_foreign_key_list('%s') WHERE "
				"\"from\" = '%s' AND \"table\" = '%s'",
				t->name, col->name, col->ref ? col->ref->name : "");
			if (col->ref && !(col->ref == t && c < t->n_key))
				CU_ASSERT_EQUAL(sql_int(s, sql), 1);
			if (!col->ref)
				CU_ASSERT_EQUAL(ask(s,
							"SELECT count(*) FROM "
							"pragma_foreign_key_list('%s') WHERE "
							"\"from\" = '%s'",
							t->name, col->name),
					0);
		}
	}
	store_close(s);
}

static void
tables_and_columns_are_found_by_name(void)
{
	CU_ASSERT_PTR_EQUAL(model_table("acl_rule"), &model_acl_rule);
	CU_ASSERT_PTR_NULL(model_table("acl_rul"));
	CU_ASSERT_EQUAL(model_column(&model_acl, "number"), 0);
	CU_ASSERT_EQUAL(model_column(&model_acl, "nothing"), -1);
}

CU_TestInfo model_tests[] = {
	{ "every column stands where the catalogue has it",
		every_column_stands_where_the_catalogue_has_it },
	{ "every foreign key is a reference of the model",
		every_foreign_key_is_a_reference_of_the_model },
	{ "tables and columns are found by name", tables_and_columns_are_found_by_name },
	CU_TEST_INFO_NULL,
};
