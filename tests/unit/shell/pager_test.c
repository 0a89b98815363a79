/*
 * The pager: when it stops, and the very bytes that clients wait for.
 */
#include "config.h"

#include "shell/pager.h"

#include "tests/unit/shell/suites.h"

#include <stdlib.h>
#include <string.h>

struct sample {
	struct pager pager;
	FILE *stream;
	char *text;
	size_t len;
	const char *keys;
	size_t stops;
};

static enum pager_key
next_key(void *arg)
{
	struct sample *s = arg;

	s->stops++;
	switch (*s->keys ? *s->keys++ : 'q') {
	case ' ': return PAGER_PAGE;
	case '\n': return PAGER_LINE;
	default: return PAGER_LEAVE;
	}
}

/* Prints n lines; returns how many were let through. */
static size_t
page(struct sample *s, size_t length, const char *keys, size_t n, const char *line)
{
	size_t shown = 0;

	*s = (struct sample){ .keys = keys };
	s->stream = open_memstream(&s->text, &s->len);
	pager_init(&s->pager, s->stream, next_key, s, length, 20);
	pager_begin(&s->pager, true);
	while (shown < n && pager_line(&s->pager, line))
		shown++;
	pager_end(&s->pager);
	fclose(s->stream);
	return shown;
}

static void
test_stops(void)
{
	static const struct {
		size_t length, n;
		const char *keys;
		size_t shown, stops;
	} cases[] = {
		{ 24, 23, "", 23, 0 },
		{ 24, 24, " ", 24, 1 },
		{ 24, 46, " ", 46, 1 },
		{ 24, 47, "  ", 47, 2 },
		{ 24, 100, "", 23, 1 },
		{ 24, 100, "\n\n", 25, 3 },
		{ 0, 100, "", 100, 0 },
		{ 1, 3, "  ", 3, 2 },
		{ 24, 100, " q", 46, 2 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct sample s;

		CU_ASSERT_EQUAL(
			page(&s, cases[i].length, cases[i].keys, cases[i].n, "x"), cases[i].shown);
		CU_ASSERT_EQUAL(s.stops, cases[i].stops);
		free(s.text);
	}
}

static void
test_bytes(void)
{
	struct sample s;

	page(&s, 3, " ", 3, "x");
	CU_ASSERT_STRING_EQUAL(s.text,
		"  ---- More ----"
		"\033[16D                \033[16D");
	free(s.text);
}

static void
test_long_lines(void)
{
	struct sample s;

	/* 20 columns: a line of 41 characters takes three rows */
	CU_ASSERT_EQUAL(page(&s, 7, "", 9, "12345678901234567890123456789012345678901"), 2);
	free(s.text);
}

static void
test_no_more(void)
{
	struct sample s = { .keys = "" };

	pager_init(&s.pager, stdout, next_key, &s, 2, 80);
	pager_begin(&s.pager, false);
	for (int i = 0; i < 10; i++)
		CU_ASSERT_TRUE(pager_line(&s.pager, "x"));
	CU_ASSERT_EQUAL(s.stops, 0);
}

CU_TestInfo pager_tests[] = {
	{ "it stops where a screen is full", test_stops },
	{ "its prompt and its eraser are VRP's", test_bytes },
	{ "long lines count as what they take", test_long_lines },
	{ "no-more never stops", test_no_more },
	CU_TEST_INFO_NULL,
};
