/*
 * Syntax strings: what compiles, what does not and why.
 */
#include "config.h"

#include "shell/cli/syntax.h"

#include "lib/arena.h"
#include "tests/unit/shell/suites.h"

#include <string.h>

static void
bad_strings_do_not_compile(void)
{
	static const struct {
		const char *text;
		const char *why;
	} bad[] = {
		{ "", "the end was expected" },
		{ "a [ b", "a group without its end" },
		{ "a { b | }", "an empty branch" },
		{ "a ] b", "the end was expected" },
		{ "a{no end", "help without }" },
		{ "a <b:nothing>", "no type nothing" },
		{ "a <nothing>", "no column nothing" },
		{ "a=nothing", "no column nothing" },
		{ "a <b", "a parameter without >" },
		{ "a=step:many", "a value that its column does not take" },
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct arena *a = arena_new();
		const char *why = "";

		CU_ASSERT_PTR_NULL(syntax_compile(bad[i].text, &model_acl, SYNTAX_PLAIN, a, &why));
		CU_ASSERT_PTR_NOT_NULL(strstr(why, bad[i].why));
		arena_free(a);
	}
}

static void
keywords_carry_help_columns_and_the_canonical_mark(void)
{
	struct arena *a = arena_new();
	const char *why;
	const struct node *n = syntax_compile("one{First word} [ two{Second}! ] three{x}=step:7",
		&model_acl, SYNTAX_PLAIN, a, &why);

	CU_ASSERT_PTR_NOT_NULL_FATAL(n);
	CU_ASSERT_STRING_EQUAL(n->help, "First word");
	CU_ASSERT(n->sibling->shown);
	CU_ASSERT_STRING_EQUAL(n->sibling->branches->first->help, "Second");
	n = n->sibling->sibling;
	CU_ASSERT_EQUAL(n->column, model_column(&model_acl, "step"));
	CU_ASSERT_EQUAL(n->value.i, 7);
	arena_free(a);
}

static void
a_parameter_takes_type_help_and_reference_of_its_column(void)
{
	struct arena *a = arena_new();
	const char *why;
	const struct node *n = syntax_compile(
		"a <number> <n:ipsec_policy.acl> <m:5-9>{Own}", &model_acl, SYNTAX_PLAIN, a, &why);

	CU_ASSERT_PTR_NOT_NULL_FATAL(n);
	n = n->sibling;
	CU_ASSERT_STRING_EQUAL(n->type->help_form, "INTEGER<2000-3999,42768-75535>");
	CU_ASSERT_STRING_EQUAL(n->help, "ACL number");
	n = n->sibling;
	CU_ASSERT_PTR_EQUAL(n->ref, &model_acl);
	CU_ASSERT_EQUAL(n->column, -1);
	n = n->sibling;
	CU_ASSERT_STRING_EQUAL(n->type->help_form, "INTEGER<5-9>");
	CU_ASSERT_STRING_EQUAL(n->help, "Own");
	arena_free(a);
}

static void
undo_makes_the_tail_optional(void)
{
	struct arena *a = arena_new();
	const char *why;
	const struct node *n;

	n = syntax_compile("step <step>", &model_acl, SYNTAX_UNDO_LINE, a, &why);
	CU_ASSERT_STRING_EQUAL(n->word, "undo");
	CU_ASSERT_EQUAL(n->sibling->sibling->kind, NODE_OPTION);
	n = syntax_compile(
		"acl [ number ] <number> <step>", &model_acl, SYNTAX_UNDO_ENTER, a, &why);
	n = n->sibling->sibling->sibling;
	CU_ASSERT_EQUAL(n->kind, NODE_PARAM);
	CU_ASSERT_EQUAL(n->sibling->kind, NODE_OPTION);
	n = syntax_compile("<step>", &model_acl, SYNTAX_UNDO_LINE, a, &why);
	CU_ASSERT_EQUAL(n->sibling->kind, NODE_OPTION);
	arena_free(a);
}

CU_TestInfo syntax_tests[] = {
	{ "bad strings do not compile", bad_strings_do_not_compile },
	{ "keywords carry help, columns and the canonical mark",
		keywords_carry_help_columns_and_the_canonical_mark },
	{ "a parameter takes type, help and reference of its column",
		a_parameter_takes_type_help_and_reference_of_its_column },
	{ "undo makes the tail optional", undo_makes_the_tail_optional },
	CU_TEST_INFO_NULL,
};
