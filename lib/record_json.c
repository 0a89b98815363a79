/*
 * Records as JSON (RFC 8259): output only. The one user of jansson. A record with a secret field
 * has no JSON form at all.
 */
#include "config.h"

#include "lib/record.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static json_t *
json_u64(uint64_t v)
{
	return v <= INT64_MAX ? json_integer((json_int_t)v) : json_real((double)v);
}

/* A string; bytes that are not UTF-8 become '?'. */
static json_t *
json_text(const char *s, size_t size)
{
	char *copy = strndup(s, size);
	json_t *j;

	if (!copy)
		return NULL;
	j = json_string(copy);
	if (!j) {
		for (char *p = copy; *p; p++)
			if ((unsigned char)*p >= 0x80)
				*p = '?';
		j = json_string(copy);
	}
	free(copy);
	return j;
}

static json_t *
json_addr(const struct addr *a)
{
	char text[ADDR_STRLEN];

	return addr_len(a) ? json_string(addr_format(a, text)) : json_null();
}

static json_t *
json_bytes(const struct field *f, const void *rec)
{
	char *text = malloc(f->size * 2 + 1);
	json_t *j;

	if (!text)
		return NULL;
	j = json_string(record_field_text(f, rec, text, f->size * 2 + 1));
	free(text);
	return j;
}

static json_t *
json_field(const struct field *f, const void *rec)
{
	const void *p = (const char *)rec + f->offset;

	switch (f->kind) {
	case FIELD_U8: return json_integer(*(const uint8_t *)p);
	case FIELD_U16: return json_integer(*(const uint16_t *)p);
	case FIELD_U32: return json_integer(*(const uint32_t *)p);
	case FIELD_U64: return json_u64(*(const uint64_t *)p);
	case FIELD_BOOL: return json_boolean(*(const bool *)p);
	case FIELD_ADDR: return json_addr(p);
	case FIELD_STR: return json_text(p, f->size);
	case FIELD_BYTES: return json_bytes(f, rec);
	case FIELD_SECRET: break;
	}
	return NULL;
}

char *
record_json(const struct record *d, const void *rec)
{
	json_t *object = json_object();
	char *text = NULL;

	for (unsigned int i = 0; i < d->n_fields; i++)
		if (json_object_set_new(object, d->fields[i].name, json_field(&d->fields[i], rec)))
			goto out;
	text = json_dumps(object, JSON_COMPACT);
out:
	json_decref(object);
	return text;
}

char *
record_json_string(const char *text)
{
	json_t *j = json_text(text, strlen(text));
	char *out = json_dumps(j, JSON_COMPACT | JSON_ENCODE_ANY);

	json_decref(j);
	return out;
}

char *
record_json_members(const struct record_member *m, size_t n)
{
	json_t *object = json_object(), *value;
	char *text = NULL;

	for (size_t i = 0; i < n; i++) {
		if (m[i].null)
			value = json_null();
		else if (m[i].text)
			value = json_text(m[i].text, strlen(m[i].text));
		else
			value = json_integer(m[i].number);
		if (json_object_set_new(object, m[i].name, value))
			goto out;
	}
	text = json_dumps(object, JSON_COMPACT);
out:
	json_decref(object);
	return text;
}
