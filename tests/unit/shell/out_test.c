/*
 * The sink: filters one behind the other, sections, counting, JSON.
 */
#include "config.h"

#include "shell/out.h"

#include "lib/err.h"
#include "tests/unit/shell/suites.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct sample {
	FILE *stream;
	char *text;
	size_t len;
	struct out *out;
};

static void
sample_init(struct sample *s)
{
	s->stream = open_memstream(&s->text, &s->len);
	s->out = out_new(s->stream, stderr, NULL);
}

static void
sample_fini(struct sample *s)
{
	out_free(s->out);
	fclose(s->stream);
	free(s->text);
}

static const char *const lines[] = { "#", "interface A", " mtu 1500", " shutdown", "#",
	"interface B", " mtu 1400", "#", "return", NULL };

static const struct {
	struct cli_pipe pipes[3];
	size_t n;
	const char *expect;
} cases[] = {
	{ { { .kind = CLI_PIPE_INCLUDE, .regex = "mtu" } }, 1, " mtu 1500\n mtu 1400\n" },
	{ { { .kind = CLI_PIPE_INCLUDE, .regex = "MTU" } }, 1, "" },
	{ { { .kind = CLI_PIPE_INCLUDE, .regex = "MTU", .ignore_case = true } }, 1,
		" mtu 1500\n mtu 1400\n" },
	{ { { .kind = CLI_PIPE_EXCLUDE, .regex = "^[# ]" } }, 1,
		"interface A\ninterface B\nreturn\n" },
	{ { { .kind = CLI_PIPE_BEGIN, .regex = "1400" } }, 1, " mtu 1400\n#\nreturn\n" },
	{ { { .kind = CLI_PIPE_COUNT } }, 1, "Total lines: 9.\n" },
	{ { { .kind = CLI_PIPE_INCLUDE, .regex = "interface" }, { .kind = CLI_PIPE_COUNT } }, 2,
		"Total lines: 2.\n" },
	{ { { .kind = CLI_PIPE_INCLUDE, .regex = "interface B", .section = true } }, 1,
		"interface B\n mtu 1400\n" },
	{ { { .kind = CLI_PIPE_INCLUDE, .regex = "shut", .section = true } }, 1,
		"interface A\n mtu 1500\n shutdown\n" },
	{ { { .kind = CLI_PIPE_INCLUDE, .regex = "interface A", .section = true },
		  { .kind = CLI_PIPE_INCLUDE, .regex = "mtu" } },
		2, " mtu 1500\n" },
	{ { { .kind = CLI_PIPE_JSON }, { .kind = CLI_PIPE_INCLUDE, .regex = "mtu" } }, 2,
		"[\" mtu 1500\"\n,\" mtu 1400\"\n]\n" },
	{ { { .kind = CLI_PIPE_JSON }, { .kind = CLI_PIPE_INCLUDE, .regex = "nothing" } }, 2,
		"[]\n" },
};

static void
test_filters(void)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct sample s;

		sample_init(&s);
		CU_ASSERT_EQUAL(out_begin(s.out, cases[i].pipes, cases[i].n, false, NULL), 0);
		for (const char *const *l = lines; *l; l++)
			out_line(s.out, *l);
		out_end(s.out);
		CU_ASSERT_STRING_EQUAL(s.text, cases[i].expect);
		sample_fini(&s);
	}
}

static void
test_bad_regex(void)
{
	const struct cli_pipe bad = { .kind = CLI_PIPE_INCLUDE, .regex = "[a" };
	struct sample s;
	struct err e;

	sample_init(&s);
	CU_ASSERT_EQUAL(out_begin(s.out, &bad, 1, false, &e), -EINVAL);
	CU_ASSERT_PTR_NOT_NULL(strstr(e.text, "regular expression"));
	out_line(s.out, "outside of a display");
	fflush(s.stream);
	CU_ASSERT_STRING_EQUAL(s.text, "outside of a display\n");
	sample_fini(&s);
}

static void
test_lines_of_a_text(void)
{
	struct sample s;

	sample_init(&s);
	out_begin(s.out, NULL, 0, true, NULL);
	out_line(s.out, "one\ntwo\n");
	out_object(s.out, "{\"n\":3}");
	out_end(s.out);
	CU_ASSERT_STRING_EQUAL(s.text, "[\"one\"\n,\"two\"\n,{\"n\":3}\n]\n");
	sample_fini(&s);
}

CU_TestInfo out_tests[] = {
	{ "filters pass what they should", test_filters },
	{ "a regular expression that does not compile is refused", test_bad_regex },
	{ "a text of several lines is several elements", test_lines_of_a_text },
	CU_TEST_INFO_NULL,
};
