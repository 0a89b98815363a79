/*
 * Fuzzes changesets: what a shell hands to the daemon. What our reader lets through must be inverted to
 * something of the same rows and back, must keep its shape under another text of its secrets, and
 * applied to a candidate must either change nothing or be taken back by its inverse. Committed to a live
 * store it must leave nothing behind when the check says no, whatever it was.
 */
#include "config.h"

#include "lib/arena.h"
#include "lib/err.h"
#include "schema/changes.h"
#include "schema/changeset.h"
#include "schema/commit.h"
#include "schema/seal.h"
#include "schema/store.h"
#include "tests/fuzz/fuzz.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SECRET_MAX = 256 };

static struct store *
candidate(void)
{
	static struct store *s;
	struct err e;

	if (!s && (store_new_memory(&s, &e) || changes_record(s)))
		abort();
	return s;
}

/* The daemon's: foreign keys, keys to seal with. In $TMPDIR. */
struct live {
	struct store *store;
	struct seal *seal;
};

static const struct live *
live(void)
{
	static struct live l;
	const char *tmp = getenv("TMPDIR");
	char dir[256];
	struct err e;

	if (l.store)
		return &l;
	snprintf(dir, sizeof(dir), "%s/fuzz-changeset-XXXXXX", tmp && *tmp ? tmp : "/tmp");
	if (!mkdtemp(dir) || store_open(dir, &l.store, &e) || seal_open(dir, &l.seal, &e))
		abort();
	return &l;
}

struct list {
	struct arena *arena;
	struct change *changes;
	size_t n;
};

static int
list_read(struct list *l, const void *changeset, size_t len)
{
	l->arena = arena_new();
	return changes_list(changeset, len, l->arena, &l->changes, &l->n);
}

static bool
same_value(const struct value *a, const struct value *b)
{
	return a->kind == b->kind &&
		(a->kind == VALUE_INT ? a->i == b->i : strcmp(a->s, b->s) == 0);
}

/* Is there a change of the same row and columns, the other way round? */
static bool
has_inverse(const struct list *l, const struct change *c)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct change *d = &l->changes[i];
		bool same = d->table == c->table && d->columns == c->columns &&
			d->op ==
				(c->op == CHANGE_INSERT			 ? CHANGE_DELETE
						: c->op == CHANGE_DELETE ? CHANGE_INSERT
									 : CHANGE_UPDATE);

		for (unsigned int k = 0; same && k < c->table->n_key; k++)
			same = same_value(&c->key[k], &d->key[k]);
		if (same)
			return true;
	}
	return false;
}

static void
invert_check(const struct list *l, const void *changeset, size_t len)
{
	void *inverse, *again;
	size_t inverse_len, again_len;
	struct list back;

	FUZZ_MUST(changes_invert(changeset, len, &inverse, &inverse_len) == 0);
	FUZZ_MUST(list_read(&back, inverse, inverse_len) == 0 && back.n == l->n);
	for (size_t i = 0; i < l->n; i++)
		FUZZ_MUST(has_inverse(&back, &l->changes[i]));
	FUZZ_MUST(changes_invert(inverse, inverse_len, &again, &again_len) == 0);
	arena_free(back.arena);
	FUZZ_MUST(list_read(&back, again, again_len) == 0 && back.n == l->n);
	arena_free(back.arena);
	free(inverse);
	free(again);
}

/* Another text: "x" in front. */
static int
map_longer(void *arg, const struct column *c, const char *text, size_t len, const char **out)
{
	char *room = arg;

	FUZZ_MUST(c->type->secret);
	room[0] = 'x';
	len = len < SECRET_MAX - 2 ? len : SECRET_MAX - 2;
	memcpy(room + 1, text, len);
	room[1 + len] = '\0';
	*out = room;
	return 0;
}

static void
secrets_check(const struct list *l, const void *changeset, size_t len)
{
	struct wbuf out = wbuf_growing();
	char room[SECRET_MAX];
	struct list after;

	FUZZ_MUST(changeset_map_secrets(changeset, len, map_longer, room, &out) == 0);
	FUZZ_MUST(list_read(&after, out.start, wbuf_len(&out)) == 0 && after.n == l->n);
	for (size_t i = 0; i < l->n; i++) {
		FUZZ_MUST(after.changes[i].table == l->changes[i].table);
		FUZZ_MUST(after.changes[i].op == l->changes[i].op);
		FUZZ_MUST(after.changes[i].columns == l->changes[i].columns);
	}
	arena_free(after.arena);
	wbuf_fini(&out);
}

/* Nothing is other than it was when recording began. */
static void
unchanged(struct store *s)
{
	void *changes;
	size_t len;

	FUZZ_MUST(changes_take(s, &changes, &len) == 0 && len == 0);
	free(changes);
}

static void
apply_check(struct store *s, const void *changeset, size_t len)
{
	struct err e = { 0 };
	void *inverse, *did;
	size_t inverse_len, did_len;

	if (changes_apply(s, changeset, len, &e) != 0) {
		FUZZ_MUST(e.text[0] != '\0');
		unchanged(s);
		return;
	}
	/* what it did is less when it did the same twice */
	FUZZ_MUST(changes_take(s, &did, &did_len) == 0);
	FUZZ_MUST(changes_invert(did, did_len, &inverse, &inverse_len) == 0);
	FUZZ_MUST(changes_apply(s, inverse, inverse_len, &e) == 0);
	free(did);
	FUZZ_MUST(changes_take(s, &did, &did_len) == 0 && did_len == inverse_len);
	free(did);
	free(inverse);
}

/* Never lets a commit through. */
static int
refuse(void *arg, struct store *s, const struct change *changes, size_t n, struct err *e)
{
	unsigned int *asked = arg;

	(*asked)++;
	FUZZ_MUST(n > 0 && changes[0].table);
	return err_set(e, -EINVAL, "fuzz", "Not now.");
}

static void
commit_check(const struct live *l, const void *changeset, size_t len)
{
	const struct commit_info info = {
		.schema = STORE_SCHEMA, .user = "root", .terminal = "vty0", .text = "a test"
	};
	unsigned int asked = 0;
	const struct commit_ops ops = { .check = refuse, .arg = &asked };
	uint64_t revision = 0, before = store_revision(l->store);
	struct err e = { 0 };
	int rc = commit_run(l->store, l->seal, &info, changeset, len, &ops, &revision, &e);

	FUZZ_MUST(asked <= 1 && (!asked || rc == -EINVAL));
	FUZZ_MUST(rc == 0 ? revision == before : e.text[0] != '\0');
	FUZZ_MUST(store_revision(l->store) == before);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *changeset = fuzz_copy(data, size);
	struct list l;
	int rc = list_read(&l, changeset, size);

	FUZZ_MUST(rc == 0 || rc == -EBADMSG);
	if (rc == 0) {
		invert_check(&l, changeset, size);
		secrets_check(&l, changeset, size);
		apply_check(candidate(), changeset, size);
	} else {
		struct err e = { 0 };

		FUZZ_MUST(changes_apply(candidate(), changeset, size, &e) == -EBADMSG);
		unchanged(candidate());
	}
	commit_check(live(), changeset, size);
	arena_free(l.arena);
	free(changeset);
	return 0;
}
