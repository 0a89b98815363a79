/* Twin of schema/changeset.c: reading what may be anything, and writing other secrets into it. */
#include "config.h"

#include "tests/unit/schema/fixture.h"
#include "tests/unit/schema/suites.h"

#include "lib/arena.h"
#include "lib/buf.h"
#include "schema/changeset.h"
#include "schema/row.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct value p1[] = { { VALUE_TEXT, .s = "P1" }, { VALUE_INT, .i = 10 } };

/* A candidate's changeset with a bit of everything; malloc'd. */
static void *
sample(size_t *len)
{
	struct store *s = NULL;
	void *cs = NULL;

	CU_ASSERT_EQUAL_FATAL(store_new_memory(&s, NULL), 0);
	put_rule(s, 3000, 5, "10.0.0.0");
	changes_record(s);
	put_acl(s, 3000);
	row_delete(
		s, &model_acl_rule, (const struct value[]){ VALUE_OF_INT(3000), VALUE_OF_INT(5) });
	put_policy(s, "P1", 10, 3000, NULL);
	put_secret(s, "P1", 10, "in_esp_string_key", "plain:secret");
	set_text(s, &model_system, &VALUE_OF_INT(1), "sysname", "R1");
	CU_ASSERT_EQUAL(changes_take(s, &cs, len), 0);
	store_close(s);
	return cs;
}

static void
test_cut(void)
{
	struct arena *a = arena_new();
	struct change *list;
	size_t len;
	size_t n;
	char *cs = sample(&len);

	CU_ASSERT_EQUAL(changes_list(cs, len, a, &list, &n), 0);
	CU_ASSERT_EQUAL(n, 5);
	for (size_t cut = 1; cut < len; cut++) {
		char *copy = malloc(cut); /* exact, so that a read past it is seen */

		memcpy(copy, cs, cut);
		if (changes_list(copy, cut, a, &list, &n) == 0) {
			CU_ASSERT(n < 5);
		}
		free(copy);
	}
	free(cs);
	arena_free(a);
}

static void
test_flipped(void)
{
	struct arena *a = arena_new();
	struct change *list;
	size_t len;
	size_t n;
	unsigned char *cs = (unsigned char *)sample(&len);
	/* under valgrind a store takes long to make */
	size_t each = getenv("YONGDAO_SHORT") ? 29 : 3;

	for (size_t i = 0; i < len * 8; i++) {
		struct store *d = NULL;
		void *inverse = NULL;
		size_t inverse_len;

		cs[i / 8] ^= (unsigned char)(1u << i % 8);
		if (changes_list(cs, len, a, &list, &n) == 0 && i % each == 0) {
			CU_ASSERT(n <= 5);
			CU_ASSERT_EQUAL_FATAL(store_new_memory(&d, NULL), 0);
			changes_apply(d, cs, len, NULL); /* whatever comes of it */
			CU_ASSERT_EQUAL(changes_invert(cs, len, &inverse, &inverse_len), 0);
			free(inverse);
			store_close(d);
		}
		cs[i / 8] ^= (unsigned char)(1u << i % 8);
	}
	free(cs);
	arena_free(a);
}

static void
test_forged(void)
{
	static const struct {
		const char *bytes;
		size_t len;
	} rows[] = {
#define BYTES(s) { s, sizeof s - 1 }
		BYTES("T"),
		BYTES("P\x03\x01\0\0acl\0"),   /* a patchset */
		BYTES("T\x03\x01\0\0acl"),     /* no end of the name */
		BYTES("T\x02\x01\0acl\0"),     /* too few columns */
		BYTES("T\x03\0\0\0acl\0"),     /* no key */
		BYTES("T\x03\x01\x01\0acl\0"), /* another key */
		BYTES("T\x03\x01\0\0ACL\0"),   /* another name */
		BYTES("T\xff\xff\xff\xff\xff\xff\xff\xff\xff"),
		BYTES("\x12\0\x01\0\0\0\0\0\0\x0b\xb8\5\1\0\0\0\0\0\0\0\5"), /* no group */
		BYTES("T\x03\x01\0\0acl\0\x13\0"),			     /* no such operation */
		BYTES("T\x03\x01\0\0acl\0\x12\0\5\5\1\0\0\0\0\0\0\0\5"), /* a key that is NULL */
		BYTES("T\x03\x01\0\0acl\0\x12\0\0\5\1\0\0\0\0\0\0\0\5"), /* no key */
		BYTES("T\x03\x01\0\0acl\0\x12\0\1\0\0\0\0\0\0\x0b\xb8\5\0"),	/* half a row */
		BYTES("T\x03\x01\0\0acl\0\x12\0\1\0\0\0\0\0\0\x0b\xb8\4\1x\5"), /* a blob */
		BYTES("T\x03\x01\0\0acl\0\x12\0\1\0\0\0\0\0\0\x0b\xb8\3\x8f\xff\xff\xff\x7fx\5"),
		BYTES("T\x03\x01\0\0acl\0\x12\0\1\0\0\0\0\0\0\x0b\xb8\3\1\n\5"), /* two lines */
		BYTES("T\x03\x01\0\0acl\0\x12\0\1\0\0\0\0\0\0\x0b\xb8\3\1\0\5"), /* an end mark */
		/* an update that renames its row, and one with one value only */
		BYTES("T\x03\x01\0\0acl\0\x17\0\1\0\0\0\0\0\0\x0b\xb8\0\0\1\0\0\0\0\0\0\x0b\xb9\0"
		      "\0"),
		BYTES("T\x03\x01\0\0acl\0\x17\0\1\0\0\0\0\0\0\x0b\xb8\5\0\0\0\0"),
#undef BYTES
	};
	static const char good[] =
		"T\x03\x01\0\0acl\0\x12\0\1\0\0\0\0\0\0\x0b\xb8\5\1\0\0\0\0\0\0\0\5";
	struct arena *a = arena_new();
	struct change *list;
	size_t n;

	CU_ASSERT_EQUAL(changes_list(good, sizeof good - 1, a, &list, &n), 0);
	CU_ASSERT_EQUAL(n, 1);
	CU_ASSERT_EQUAL(list[0].key[0].i, 3000);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		CU_ASSERT_EQUAL(changes_list(rows[i].bytes, rows[i].len, a, &list, &n), -EBADMSG);
	arena_free(a);
}

/* --- other secrets ----------------------------------------------------------------- */

struct mapping {
	const char *to; /* NULL: refuse */
	size_t saw_len;
	unsigned int n;
};

static int
map(void *arg, const struct column *c, const char *text, size_t len, const char **out)
{
	struct mapping *m = arg;

	CU_ASSERT(c->type->secret);
	CU_ASSERT(len >= 6 && !memcmp(text, "plain:", 6));
	m->saw_len = len;
	m->n++;
	*out = m->to;
	return m->to ? 0 : -EPERM;
}

static char *
text_of(size_t len)
{
	char *text = malloc(len + 1);

	memset(text, 'x', len);
	memcpy(text, "plain:", 6);
	text[len] = '\0';
	return text;
}

/* Across the lengths where the length field itself grows. */
static void
test_map(void)
{
	static const size_t lengths[] = { 6, 126, 127, 128, 129, 16382, 16383, 16384, 16385,
		99999 };
	const size_t n = sizeof lengths / sizeof lengths[0];

	for (size_t i = 0; i < n * n; i++) {
		char *from = text_of(lengths[i / n]);
		char *to = text_of(lengths[i % n]);
		struct mapping m = { .to = to };
		struct wbuf out = wbuf_growing();
		struct arena *a = arena_new();
		struct store *s = NULL;
		struct store *d = NULL;
		struct row row;
		void *cs;
		size_t len;

		CU_ASSERT_EQUAL_FATAL(store_new_memory(&s, NULL), 0);
		CU_ASSERT_EQUAL_FATAL(store_new_memory(&d, NULL), 0);
		put_policy(s, "P1", 10, 0, NULL);
		put_policy(d, "P1", 10, 0, NULL);
		changes_record(s);
		put_secret(s, "P1", 10, "in_esp_string_key", from);
		put_acl(s, 3000);
		CU_ASSERT_EQUAL(changes_take(s, &cs, &len), 0);
		CU_ASSERT_EQUAL(changeset_map_secrets(cs, len, map, &m, &out), 0);
		CU_ASSERT_EQUAL(m.n, 1);
		CU_ASSERT_EQUAL(m.saw_len, lengths[i / n]);
		CU_ASSERT_EQUAL(changes_apply(d, out.start, wbuf_len(&out), NULL), 0);
		CU_ASSERT_EQUAL(row_count(d, &model_acl, NULL, 0), 1);
		CU_ASSERT_EQUAL_FATAL(row_get(d, &model_ipsec_policy, p1, a, &row), 0);
		CU_ASSERT_STRING_EQUAL(
			row.v[model_column(&model_ipsec_policy, "in_esp_string_key")].s, to);
		arena_free(a);
		wbuf_fini(&out);
		free(cs);
		free(from);
		free(to);
		store_close(s);
		store_close(d);
	}
}

static void
test_map_alike(void)
{
	struct mapping m = { .to = "plain:secret" };
	struct wbuf out = wbuf_growing();
	size_t len;
	void *cs = sample(&len);

	CU_ASSERT_EQUAL(changeset_map_secrets(cs, len, map, &m, &out), 0);
	CU_ASSERT_EQUAL(wbuf_len(&out), len);
	CU_ASSERT_EQUAL(memcmp(out.start, cs, len), 0);
	m.to = NULL;
	CU_ASSERT_EQUAL(changeset_map_secrets(cs, len, map, &m, &out), -EPERM);
	CU_ASSERT_EQUAL(changeset_map_secrets(cs, len - 1, map, &m, &out), -EPERM);
	m.to = "plain:";
	CU_ASSERT_EQUAL(changeset_map_secrets(cs, len - 1, map, &m, &out), -EBADMSG);
	wbuf_fini(&out);
	free(cs);
}

CU_TestInfo changeset_tests[] = {
	{ "a changeset cut anywhere is refused or shorter", test_cut },
	{ "a changeset with a bit flipped does no harm", test_flipped },
	{ "forged changesets are refused", test_forged },
	{ "secrets are replaced by shorter and longer ones", test_map },
	{ "all but the secrets stays as it is", test_map_alike },
	CU_TEST_INFO_NULL,
};
