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

/* What is shown in hexadecimal. */
static json_t *
json_hex(const struct field *f, const void *rec)
{
	char *text = malloc(f->size * 2 + sizeof("0x"));
	json_t *j;

	if (!text)
		return NULL;
	j = json_string(record_field_text(f, rec, text, f->size * 2 + sizeof("0x")));
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
	case FIELD_U64: break; /* put_field's */
	case FIELD_SPI: return json_hex(f, rec);
	case FIELD_BOOL: return json_boolean(*(const bool *)p);
	case FIELD_ADDR: return json_addr(p);
	case FIELD_STR: return json_text(p, f->size);
	case FIELD_BYTES: return json_hex(f, rec);
	case FIELD_SECRET: break;
	}
	return NULL;
}

/* jansson's integers end at INT64_MAX, JSON's do not: 64 bits are written with all their digits. */
static bool
put_field(FILE *out, const struct field *f, const void *rec)
{
	char digits[24];
	json_t *j;
	int rc;

	if (f->kind == FIELD_U64)
		return fputs(record_field_text(f, rec, digits, sizeof(digits)), out) >= 0;
	j = json_field(f, rec);
	rc = j ? json_dumpf(j, out, JSON_COMPACT | JSON_ENCODE_ANY) : -1;
	json_decref(j);
	return rc == 0;
}

char *
record_json(const struct record *d, const void *rec)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	bool ok = out != NULL;

	if (!out)
		return NULL;
	fputc('{', out);
	for (unsigned int i = 0; i < d->n_fields && ok; i++) {
		fprintf(out, "%s\"%s\":", i > 0 ? "," : "", d->fields[i].name);
		ok = put_field(out, &d->fields[i], rec);
	}
	fputc('}', out);
	if (fclose(out) != 0 || !ok) {
		free(text);
		text = NULL;
	}
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
