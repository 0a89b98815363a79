/*
 * Names of interfaces: a kind and its number, written together or apart. The one list of kinds.
 */
#include "config.h"

#include "schema/type_interface.h"

#include "schema/type.h"

#include "lib/arena.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { PARTS_MAX = 3 };

static const struct kind {
	const char *name;
	unsigned int n_parts;
	int64_t max[PARTS_MAX]; /* of each part of the number */
	bool physical;
} kinds[] = {
	{ "GigabitEthernet", 3, { 15, 15, 255 }, true },
	{ "LoopBack", 1, { 1023 }, false },
	{ "Tunnel", 3, { 0, 0, 4095 }, false },
};
enum { N_KINDS = sizeof(kinds) / sizeof(kinds[0]) };

static const struct choice heads[] = {
	{ "GigabitEthernet", "GigabitEthernet interface",
		{ VALUE_TEXT, .s = "<0-15>/<0-15>/<0-255>" } },
	{ "LoopBack", "LoopBack interface", { VALUE_TEXT, .s = "<0-1023>" } },
	{ "Tunnel", "Tunnel interface", { VALUE_TEXT, .s = "<0-0>/<0-0>/<0-4095>" } },
	{ 0 },
};

static const struct kind *
find_kind(const char *text, size_t len)
{
	const struct kind *found = NULL;

	for (size_t i = 0; len && i < N_KINDS; i++)
		if (!strncasecmp(kinds[i].name, text, len)) {
			if (found)
				return NULL;
			found = &kinds[i];
		}
	return found;
}

/* One part of a number without leading zeros, of at most max. */
static int
parse_part(const char **text, int64_t max, int64_t *out)
{
	const char *p = *text;
	int64_t n = 0;

	if (!isdigit((unsigned char)*p) || (p[0] == '0' && isdigit((unsigned char)p[1])))
		return -EINVAL;
	for (; isdigit((unsigned char)*p); p++) {
		n = n * 10 + (*p - '0');
		if (n > max)
			return -EINVAL;
	}
	*text = p;
	*out = n;
	return 0;
}

int
interface_name_parse(const char *text, struct interface_name *out)
{
	size_t letters = 0;
	const struct kind *k;
	const char *number;
	int64_t part;

	while (isalpha((unsigned char)text[letters]))
		letters++;
	k = find_kind(text, letters);
	number = text + letters + (text[letters] == ' ');
	if (!k)
		return -EINVAL;
	*out = (struct interface_name){ .kind = k->name, .physical = k->physical };
	snprintf(out->name, sizeof(out->name), "%s%s", k->name, number);
	for (unsigned int i = 0; i < k->n_parts; i++) {
		if ((i && *number++ != '/') || parse_part(&number, k->max[i], &part))
			return -EINVAL;
		out->position = out->position * (k->max[i] + 1) + part;
	}
	return *number ? -EINVAL : 0;
}

static int
parse_interface(const struct type *t, const char *text, struct arena *a, struct value *out)
{
	struct interface_name n;

	(void)t;
	if (interface_name_parse(text, &n))
		return -EINVAL;
	*out = VALUE_OF_TEXT(arena_strdup(a, n.name));
	return 0;
}

const struct type type_interface = {
	.name = "interface",
	.help_form = "Interface",
	.heads = heads,
	.parse = parse_interface,
	.render = type_render_text,
};
