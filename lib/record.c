/*
 * The codec and printer of records that are described as data. Knows no single message or table.
 * On the wire: integers in network order; BOOL one byte, 0 or 1; ADDR one byte 0, 4 or 6, then
 * its bytes; STR u16 length and bytes without NUL; BYTES and SECRET u32 length and bytes.
 */
#include "config.h"

#include "lib/record.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/buf.h"
#include "lib/secret.h"

/* every RECORD_BYTES begins like this */
struct bytes {
	uint32_t len;
	uint8_t data[];
};

static const void *
at(const struct field *f, const void *rec)
{
	return (const char *)rec + f->offset;
}

static void *
at_mut(const struct field *f, void *rec)
{
	return (char *)rec + f->offset;
}

static size_t
bytes_cap(const struct field *f)
{
	return f->size - offsetof(struct bytes, data);
}

/* Length of a BYTES field, never beyond its room. */
static size_t
bytes_len(const struct field *f, const struct bytes *v)
{
	return v->len < bytes_cap(f) ? v->len : bytes_cap(f);
}

static uint64_t
integer(const struct field *f, const void *rec)
{
	const void *p = at(f, rec);

	switch (f->kind) {
	case FIELD_U8: return *(const uint8_t *)p;
	case FIELD_U16: return *(const uint16_t *)p;
	case FIELD_U32: return *(const uint32_t *)p;
	case FIELD_U64:
	case FIELD_SPI: return *(const uint64_t *)p;
	default: return 0;
	}
}

static int
addr_encode(const struct addr *a, struct wbuf *b)
{
	if (a->af && !addr_len(a))
		return -EMSGSIZE;
	wbuf_u8(b, a->af == AF_INET ? 4 : a->af == AF_INET6 ? 6 : 0);
	wbuf_put(b, a->b, addr_len(a));
	return 0;
}

static int
str_encode(const struct field *f, const char *s, struct wbuf *b)
{
	size_t len = strnlen(s, f->size);

	if (len >= f->size || len > UINT16_MAX)
		return -EMSGSIZE;
	wbuf_u16(b, (uint16_t)len);
	wbuf_put(b, s, len);
	return 0;
}

static int
bytes_encode(const struct field *f, const struct bytes *v, struct wbuf *b)
{
	if (v->len > bytes_cap(f))
		return -EMSGSIZE;
	wbuf_u32(b, v->len);
	wbuf_put(b, v->data, v->len);
	return 0;
}

static int
field_encode(const struct field *f, const void *rec, struct wbuf *b)
{
	const void *p = at(f, rec);

	switch (f->kind) {
	case FIELD_U8: wbuf_u8(b, *(const uint8_t *)p); return 0;
	case FIELD_U16: wbuf_u16(b, *(const uint16_t *)p); return 0;
	case FIELD_U32: wbuf_u32(b, *(const uint32_t *)p); return 0;
	case FIELD_U64:
	case FIELD_SPI: wbuf_u64(b, *(const uint64_t *)p); return 0;
	case FIELD_BOOL: wbuf_u8(b, *(const bool *)p ? 1 : 0); return 0;
	case FIELD_ADDR: return addr_encode(p, b);
	case FIELD_STR: return str_encode(f, p, b);
	case FIELD_BYTES:
	case FIELD_SECRET: return bytes_encode(f, p, b);
	}
	return -EINVAL;
}

int
record_encode(const struct record *d, const void *rec, struct wbuf *b)
{
	for (unsigned int i = 0; i < d->n_fields; i++) {
		int rc = field_encode(&d->fields[i], rec, b);

		if (rc)
			return rc;
	}
	return b->bad ? -EMSGSIZE : 0;
}

static int
bool_decode(struct rbuf *b, bool *v)
{
	uint8_t u = rbuf_u8(b);

	*v = u == 1;
	return u > 1 ? -EBADMSG : 0;
}

static int
addr_decode(struct rbuf *b, struct addr *a)
{
	switch (rbuf_u8(b)) {
	case 0: return 0;
	case 4: a->af = AF_INET; break;
	case 6: a->af = AF_INET6; break;
	default: return -EBADMSG;
	}
	rbuf_copy(b, a->b, addr_len(a));
	return 0;
}

static int
str_decode(const struct field *f, struct rbuf *b, char *s)
{
	size_t len = rbuf_u16(b);

	if (len >= f->size)
		return -EBADMSG;
	rbuf_copy(b, s, len);
	return memchr(s, '\0', len) ? -EBADMSG : 0;
}

static int
bytes_decode(const struct field *f, struct rbuf *b, struct bytes *v)
{
	uint32_t len = rbuf_u32(b);

	if (len > bytes_cap(f))
		return -EBADMSG;
	v->len = len;
	rbuf_copy(b, v->data, len);
	return 0;
}

static int
field_decode(const struct field *f, struct rbuf *b, void *rec)
{
	void *p = at_mut(f, rec);

	switch (f->kind) {
	case FIELD_U8: *(uint8_t *)p = rbuf_u8(b); return 0;
	case FIELD_U16: *(uint16_t *)p = rbuf_u16(b); return 0;
	case FIELD_U32: *(uint32_t *)p = rbuf_u32(b); return 0;
	case FIELD_U64:
	case FIELD_SPI: *(uint64_t *)p = rbuf_u64(b); return 0;
	case FIELD_BOOL: return bool_decode(b, p);
	case FIELD_ADDR: return addr_decode(b, p);
	case FIELD_STR: return str_decode(f, b, p);
	case FIELD_BYTES:
	case FIELD_SECRET: return bytes_decode(f, b, p);
	}
	return -EINVAL;
}

int
record_decode(const struct record *d, struct rbuf *b, void *rec)
{
	int rc = 0;

	memset(rec, 0, d->size);
	for (unsigned int i = 0; i < d->n_fields && !rc; i++) {
		rc = field_decode(&d->fields[i], b, rec);
		if (b->bad)
			rc = -EBADMSG;
	}
	if (!rc && rbuf_left(b))
		rc = -EBADMSG;
	if (rc)
		record_wipe(d, rec);
	return rc;
}

/* Appends to out, whose first used bytes are taken; returns how many are now. */
static size_t __attribute__((format(printf, 4, 5)))
append(char *out, size_t cap, size_t used, const char *fmt, ...)
{
	va_list ap;
	int n;

	if (used + 1 >= cap)
		return used;
	va_start(ap, fmt);
	n = vsnprintf(out + used, cap - used, fmt, ap);
	va_end(ap);
	if (n < 0)
		return used;
	return (size_t)n < cap - used ? used + (size_t)n : cap - 1;
}

static void
hex_text(const struct field *f, const struct bytes *v, char *out, size_t cap)
{
	size_t used = 0;

	for (size_t i = 0; i < bytes_len(f, v); i++)
		used = append(out, cap, used, "%02x", v->data[i]);
}

const char *
record_field_text(const struct field *f, const void *rec, char *out, size_t cap)
{
	const void *p = at(f, rec);
	char text[ADDR_STRLEN];

	if (!cap)
		return out;
	out[0] = '\0';
	switch (f->kind) {
	case FIELD_U8:
	case FIELD_U16:
	case FIELD_U32:
	case FIELD_U64: snprintf(out, cap, "%" PRIu64, integer(f, rec)); break;
	case FIELD_SPI: snprintf(out, cap, "0x%016" PRIx64, integer(f, rec)); break;
	case FIELD_BOOL: strlcpy(out, *(const bool *)p ? "true" : "false", cap); break;
	case FIELD_ADDR: strlcpy(out, addr_format(p, text), cap); break;
	case FIELD_STR: snprintf(out, cap, "%.*s", (int)f->size, (const char *)p); break;
	case FIELD_BYTES: hex_text(f, p, out, cap); break;
	case FIELD_SECRET: strlcpy(out, "***", cap); break;
	}
	return out;
}

size_t
record_print(const struct record *d, const void *rec, char *out, size_t cap)
{
	char text[256];
	size_t used = 0;

	if (!cap)
		return 0;
	out[0] = '\0';
	used = append(out, cap, used, "%s{", d->name);
	for (unsigned int i = 0; i < d->n_fields; i++)
		used = append(out, cap, used, "%s%s=%s", i ? " " : "", d->fields[i].name,
			record_field_text(&d->fields[i], rec, text, sizeof(text)));
	return append(out, cap, used, "}");
}

const struct field *
record_field(const struct record *d, const char *name)
{
	for (unsigned int i = 0; i < d->n_fields; i++)
		if (strcmp(d->fields[i].name, name) == 0)
			return &d->fields[i];
	return NULL;
}

void
record_wipe(const struct record *d, void *rec)
{
	secret_wipe(rec, d->size);
}
