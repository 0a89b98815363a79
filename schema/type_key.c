/*
 * Keys typed by hand. In the candidate they stand as SEAL_PLAIN + text until the daemon seals them; a sealed
 * one is taken as it is. A plain one is never written out again. Whether a hex key has the length of
 * its algorithm is for the daemon to say.
 */
#include "config.h"

#include "schema/type.h"

#include "schema/seal.h"

#include "lib/arena.h"

#include <errno.h>
#include <string.h>

static int
keep(const char *text, bool fits, struct arena *a, struct value *out)
{
	if (seal_is_sealed(text))
		*out = VALUE_OF_TEXT(arena_strdup(a, text));
	else if (fits)
		*out = VALUE_OF_TEXT(arena_printf(a, SEAL_PLAIN "%s", text));
	else
		return -EINVAL;
	return 0;
}

static int
parse_string_key(const struct type *t, const char *text, struct arena *a, struct value *out)
{
	size_t len = strlen(text);
	bool fits = len >= (size_t)t->min && len <= (size_t)t->max;

	for (const char *p = text; *p; p++)
		fits = fits && *p > ' ' && *p < 0x7f;
	return keep(text, fits, a, out);
}

static int
parse_hex_key(const struct type *t, const char *text, struct arena *a, struct value *out)
{
	size_t len = strspn(text, "0123456789abcdefABCDEF");
	bool fits = !text[len] && len % 2 == 0 && len >= (size_t)t->min && len <= (size_t)t->max;

	return keep(text, fits, a, out);
}

static size_t
render_key(const struct type *t, const struct value *v, char *out, size_t cap)
{
	size_t len = strlcpy(out, seal_is_sealed(v->s) ? v->s : "******", cap);

	(void)t;
	return len < cap ? len : 0;
}

const struct type type_string_key = {
	.name = "string-key",
	.help_form = "STRING<1-127>",
	.min = 1,
	.max = 127,
	.secret = true,
	.parse = parse_string_key,
	.render = render_key,
};
const struct type type_hex_key = {
	.name = "hex-key",
	.help_form = "HEX<16-128>",
	.min = 16,
	.max = 128,
	.secret = true,
	.parse = parse_hex_key,
	.render = render_key,
};
