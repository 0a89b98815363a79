#ifndef YD_LIB_RECORD_H
#define YD_LIB_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/addr.h"

struct rbuf;
struct wbuf;

/*
 * Records described as data: msg.def and state.def list their fields once; from the
 * list come the struct, this description, the codec, the printer and the JSON.
 */
enum field_kind {
	FIELD_U8,
	FIELD_U16,
	FIELD_U32,
	FIELD_U64,
	FIELD_SPI, /* uint64_t of IKE: shown as 16 hexadecimal digits */
	FIELD_BOOL,
	FIELD_ADDR,  /* struct addr */
	FIELD_STR,   /* char[size], always terminated */
	FIELD_BYTES, /* RECORD_BYTES(max) */
	FIELD_SECRET /* as BYTES; printed as ***, wiped by record_wipe, refused by record_json */
};

#define RECORD_BYTES(max)          \
	struct {                   \
		uint32_t len;      \
		uint8_t data[max]; \
	}

struct field {
	const char *name;
	enum field_kind kind;
	size_t offset;
	size_t size; /* of the member, in bytes */
};

struct record {
	const char *name;
	size_t size; /* of the struct, in bytes */
	const struct field *fields;
	unsigned int n_fields;
};

/* Appends rec's fields to b. 0, or -EMSGSIZE when a length in rec is beyond its field. */
int record_encode(const struct record *d, const void *rec, struct wbuf *b);
/* Fills rec (zeroed first). 0, or -EBADMSG when b is short, over-long or malformed. */
int record_decode(const struct record *d, struct rbuf *b, void *rec);
/* "name{field=value …}" for logs; secrets as ***. Returns the length written, < cap. */
size_t record_print(const struct record *d, const void *rec, char *out, size_t cap);
/* One field as text, e.g. for filters and tables. Returns out. */
const char *record_field_text(const struct field *f, const void *rec, char *out, size_t cap);
/* The field of that name, or NULL. */
const struct field *record_field(const struct record *d, const char *name);
/* One JSON object on one line, malloc'd. NULL when memory is short. */
char *record_json(const struct record *d, const void *rec);
/* A text as a JSON string; malloc'd. */
char *record_json_string(const char *text);
/* An object of named texts (text NULL: numbers) for what is no record; malloc'd. */
struct record_member {
	const char *name;
	const char *text;
	int64_t number;
	bool null;
};
char *record_json_members(const struct record_member *m, size_t n);
void record_wipe(const struct record *d, void *rec);

#endif
