#ifndef YD_SCHEMA_TYPE_H
#define YD_SCHEMA_TYPE_H

#include "schema/model.h"

struct arena;

/* The types of the model: values in, canonical words out. `parse` takes whole words (the grammar engine
 * completes abbreviated choices before it asks). */

/* A type by its name, as front-end commands write it: "ipv4", "interface", "word", "text" … or NULL. */
const struct type *type_find(const char *name);
/* An integer type in the arena. */
const struct type *type_integer(struct arena *a, int64_t min, int64_t max);
/* The canonical word of a value in the arena ("" for NULL). */
const char *type_text(const struct type *t, const struct value *v, struct arena *a);

bool value_equal(const struct value *a, const struct value *b);
/* Copies the text, if it is one, into the arena. */
struct value value_dup(const struct value *v, struct arena *a);

int type_parse_integer(const struct type *t, const char *text, struct arena *a, struct value *out);
int type_parse_text(const struct type *t, const char *text, struct arena *a, struct value *out);
/* Also integers from min to max, when help_form says so. */
int type_parse_choice(const struct type *t, const char *text, struct arena *a, struct value *out);
/* Each word a choice, none twice. */
int type_parse_choices(const struct type *t, const char *text, struct arena *a, struct value *out);
size_t type_render_choices(const struct type *t, const struct value *v, char *out, size_t cap);
size_t type_render_integer(const struct type *t, const struct value *v, char *out, size_t cap);
size_t type_render_text(const struct type *t, const struct value *v, char *out, size_t cap);
size_t type_render_choice(const struct type *t, const struct value *v, char *out, size_t cap);

#define TYPE_INTEGER(NAME, MIN, MAX)                                                             \
	{                                                                                        \
		.name = NAME, .help_form = "INTEGER<" #MIN "-" #MAX ">", .min = MIN, .max = MAX, \
		.parse = type_parse_integer, .render = type_render_integer                       \
	}
#define TYPE_TEXT(NAME, MIN, MAX)                                                               \
	{                                                                                       \
		.name = NAME, .help_form = "STRING<" #MIN "-" #MAX ">", .min = MIN, .max = MAX, \
		.parse = type_parse_text, .render = type_render_text, .rest = true              \
	}
#define TYPE_CHOICE(NAME, CHOICES)                                            \
	{                                                                     \
		.name = NAME, .choices = CHOICES, .parse = type_parse_choice, \
		.render = type_render_choice                                  \
	}

/* Several choices in the order of preference, separated by blanks. */
#define TYPE_CHOICES(NAME, CHOICES)                                            \
	{                                                                      \
		.name = NAME, .choices = CHOICES, .parse = type_parse_choices, \
		.render = type_render_choices, .list = true                    \
	}

/* One choice of an algorithm; what the store holds is alg.def's keyword. */
#define TYPE_WEAK "Warning: The algorithm is not secure; use a stronger one."
#define TYPE_ALG_CHOICE(keyword, value, display, weak)                                     \
	{                                                                                  \
		keyword, (weak) ? display " (weak)" : display, { VALUE_TEXT, .s = value }, \
			(weak) ? TYPE_WEAK : NULL                                          \
	}

/* Basic ones (type.c). name15: what may stand in a prompt: [A-Za-z0-9._-]. */
extern const struct type type_word, type_rest, type_name15, type_sysname, type_device, type_on,
	type_description, type_regex;
/* Addresses (type_addr.c): any; of one host; where a packet may be sent; a mask in bits, rendered dotted; a wildcard. */
extern const struct type type_ipv4, type_ipv4_host, type_ipv4_network, type_mask, type_wildcard;
/* The same of IPv6 (type_addr6.c); "A/L" as one word; a host of either family. */
extern const struct type type_ipv6, type_ipv6_host, type_ipv6_network, type_ipv6_prefix,
	type_ipv6_length, type_ip_host;
/* Names of interfaces (type_interface.c). */
extern const struct type type_interface;
/* Keys typed by hand (type_key.c). */
extern const struct type type_string_key, type_hex_key;
/* Of SAs, wherever they are configured (type_sa.c): the group of PFS, durations, one id. */
extern const struct type type_pfs, type_sa_time, type_sa_traffic, type_one, type_place;
/* Numbers of ACLs (model_acl.c). */
extern const struct type type_acl_number;
/* Ports by name and number, ICMP by name: type * 256 + code (type_port.c). */
extern const struct type type_tcp_port, type_udp_port, type_icmp_name, type_icmp6_name;

#endif
