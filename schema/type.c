/*
 * Types of values: integers, words, texts, choices and lists of them, and the list of those that a front end may name.
 * Refuses to know which column has which type (model_*.c) and how a line spells it (shell/vrp/).
 */
#include "config.h"

#include "schema/type.h"

#include "lib/arena.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define NAME_ALPHABET "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-"

static int
parse_name(const struct type *t, const char *text, struct arena *a, struct value *out)
{
	if (text[strspn(text, NAME_ALPHABET)])
		return -EINVAL;
	return type_parse_text(t, text, a, out);
}

const struct type type_word = {
	.name = "word",
	.help_form = "STRING<1-255>",
	.min = 1,
	.max = 255,
	.parse = type_parse_text,
	.render = type_render_text,
};
const struct type type_rest = TYPE_TEXT("text", 1, 511);
const struct type type_regex = TYPE_TEXT("regex", 1, 255);
const struct type type_description = TYPE_TEXT("description", 1, 242);
const struct type type_name15 = {
	.name = "name",
	.help_form = "STRING<1-15>",
	.min = 1,
	.max = 15,
	.parse = parse_name,
	.render = type_render_text,
};
const struct type type_sysname = {
	.name = "sysname",
	.help_form = "STRING<1-30>",
	.min = 1,
	.max = 30,
	.parse = parse_name,
	.render = type_render_text,
};
const struct type type_device = {
	.name = "device",
	.help_form = "STRING<1-15>",
	.min = 1,
	.max = 15,
	.parse = parse_name,
	.render = type_render_text,
};
const struct type type_on = {
	.name = "on",
	.help_form = "INTEGER<0-1>",
	.max = 1,
	.parse = type_parse_integer,
	.render = type_render_integer,
};

const struct type *
type_find(const char *name)
{
	static const struct type *const named[] = { &type_word, &type_rest, &type_regex,
		&type_description, &type_name15, &type_sysname, &type_device, &type_ipv4,
		&type_ipv4_host, &type_ipv4_network, &type_mask, &type_wildcard, &type_ipv6,
		&type_ipv6_host, &type_ipv6_network, &type_ipv6_prefix, &type_ipv6_length,
		&type_ip_host, &type_interface, &type_string_key, &type_hex_key, &type_tcp_port,
		&type_udp_port, &type_icmp_name, &type_icmp6_name, NULL };

	for (size_t i = 0; named[i]; i++)
		if (!strcmp(named[i]->name, name))
			return named[i];
	return NULL;
}

const struct type *
type_integer(struct arena *a, int64_t min, int64_t max)
{
	struct type *t = arena_alloc(a, sizeof(*t));

	*t = (struct type){ .name = "integer",
		.help_form = arena_printf(a, "INTEGER<%lld-%lld>", (long long)min, (long long)max),
		.min = min,
		.max = max,
		.parse = type_parse_integer,
		.render = type_render_integer };
	return t;
}

const char *
type_text(const struct type *t, const struct value *v, struct arena *a)
{
	char text[512];

	if (v->kind == VALUE_NULL || !t->render(t, v, text, sizeof(text)))
		return "";
	return arena_strdup(a, text);
}

bool
value_equal(const struct value *a, const struct value *b)
{
	if (a->kind != b->kind)
		return false;
	return a->kind == VALUE_NULL || (a->kind == VALUE_INT ? a->i == b->i : !strcmp(a->s, b->s));
}

struct value
value_dup(const struct value *v, struct arena *a)
{
	return v->kind == VALUE_TEXT ? VALUE_OF_TEXT(arena_strdup(a, v->s)) : *v;
}

/* Decimal digits only, at most 10 of them. */
int
type_parse_integer(const struct type *t, const char *text, struct arena *a, struct value *out)
{
	size_t len = strspn(text, "0123456789");
	int64_t n = 0;

	(void)a;
	if (!len || len > 10 || text[len])
		return -EINVAL;
	for (size_t i = 0; i < len; i++)
		n = n * 10 + (text[i] - '0');
	if (n < t->min || n > t->max)
		return -EINVAL;
	*out = VALUE_OF_INT(n);
	return 0;
}

size_t
type_render_integer(const struct type *t, const struct value *v, char *out, size_t cap)
{
	int len = snprintf(out, cap, "%lld", (long long)v->i);

	(void)t;
	return (size_t)len < cap ? (size_t)len : 0;
}

/* Printable ASCII and UTF-8; a control character would break the line that renders it. */
int
type_parse_text(const struct type *t, const char *text, struct arena *a, struct value *out)
{
	size_t len = strlen(text);

	if (len < (size_t)t->min || len > (size_t)t->max)
		return -EINVAL;
	for (const char *p = text; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f || (*p == ' ' && !t->rest))
			return -EINVAL;
	*out = VALUE_OF_TEXT(arena_strdup(a, text));
	return 0;
}

size_t
type_render_text(const struct type *t, const struct value *v, char *out, size_t cap)
{
	size_t len = strlcpy(out, v->s, cap);

	(void)t;
	return len < cap ? len : 0;
}

int
type_parse_choice(const struct type *t, const char *text, struct arena *a, struct value *out)
{
	for (const struct choice *c = t->choices; c->keyword; c++)
		if (!strcasecmp(c->keyword, text)) {
			*out = c->value;
			return 0;
		}
	return t->help_form ? type_parse_integer(t, text, a, out) : -EINVAL;
}

size_t
type_render_choice(const struct type *t, const struct value *v, char *out, size_t cap)
{
	for (const struct choice *c = t->choices; c->keyword; c++)
		if (value_equal(&c->value, v)) {
			size_t len = strlcpy(out, c->keyword, cap);

			return len < cap ? len : 0;
		}
	return t->help_form ? type_render_integer(t, v, out, cap) : 0;
}

static const struct choice *
find_choice(const struct type *t, const char *word, size_t len, bool by_value)
{
	for (const struct choice *c = t->choices; c->keyword; c++) {
		const char *text = by_value ? c->value.s : c->keyword;

		if (strlen(text) == len && !strncasecmp(text, word, len))
			return c;
	}
	return NULL;
}

static bool
has_word(const char *list, const char *word)
{
	size_t len = strlen(word);

	for (const char *p = list; *p;) {
		size_t n = strcspn(p, " ");

		if (n == len && !strncmp(p, word, n))
			return true;
		p += n + strspn(p + n, " ");
	}
	return false;
}

int
type_parse_choices(const struct type *t, const char *text, struct arena *a, struct value *out)
{
	const char *list = "";

	for (const char *p = text + strspn(text, " "); *p;) {
		size_t len = strcspn(p, " ");
		const struct choice *c = find_choice(t, p, len, false);

		if (!c || has_word(list, c->value.s))
			return -EINVAL;
		list = arena_printf(a, "%s%s%s", list, *list ? " " : "", c->value.s);
		p += len + strspn(p + len, " ");
	}
	if (!*list)
		return -EINVAL;
	*out = VALUE_OF_TEXT(list);
	return 0;
}

size_t
type_render_choices(const struct type *t, const struct value *v, char *out, size_t cap)
{
	size_t used = 0;

	if (v->kind != VALUE_TEXT || !cap)
		return 0;
	out[0] = '\0';
	for (const char *p = v->s; *p;) {
		size_t len = strcspn(p, " ");
		const struct choice *c = find_choice(t, p, len, true);

		if (!c || used + strlen(c->keyword) + 2 > cap)
			return 0;
		if (used)
			out[used++] = ' ';
		used += strlcpy(out + used, c->keyword, cap - used);
		p += len + strspn(p + len, " ");
	}
	return used;
}
