/*
 * Fuzzes the daemon as its shells and its datapath see it: a whole one without an operating system (the
 * bench of the unit tests), with one shell connected and one datapath played. Steps: messages of the
 * catalogue with contents made here, commits of changesets and of rows, answers of the datapath, time. The
 * daemon must answer or wait, must not move its revision but by a commit, and what it accepted it must take
 * back.
 */
#include "config.h"

#include "daemon/commit.h"
#include "daemon/control.h"
#include "lib/arena.h"
#include "lib/frame.h"
#include "lib/log.h"
#include "lib/loop.h"
#include "lib/memfile.h"
#include "schema/changes.h"
#include "schema/store.h"
#include "tests/fuzz/fuzz.h"
#include "tests/unit/daemon/rows.h"
#include "tests/unit/daemon/shell.h"
#include "tests/unit/lib/samples.h"

#include <CUnit/CUnit.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { STEP_SAY, STEP_CHANGESET, STEP_ROWS, STEP_ANSWER, STEP_TIME, N_STEPS, STEPS_MAX = 12 };
enum { TEXT_MAX = 4096, NULL_CHANCE = 3 };

/* What the bench asserts: there is no CUnit here. */
CU_BOOL
CU_assertImplementation(CU_BOOL value, unsigned int line, const char *what, const char *file,
	const char *function, CU_BOOL fatal)
{
	if (!value)
		fuzz_found(what, file, (int)line);
	return value;
}

/* Nobody's data: no disk has to have it. */
int
fsync(int fd)
{
	return 0;
}

int
fdatasync(int fd)
{
	return 0;
}

static struct shell *
bed(void)
{
	static struct shell s;

	if (s.bench.loop)
		return &s;
	log_init("fuzz_session", 1, LOG_LV_ERROR);
	shell_init(&s, 0);
	shell_hello(&s);
	shell_datapath(&s);
	shell_datapath_up(&s);
	return &s;
}

/* The n-th type that from may say to, but those that need more of an operating system. */
static enum msg_type
type_of(unsigned int n, enum msg_party from, enum msg_party to)
{
	unsigned int found = 0;

	for (;;) {
		for (unsigned int t = 1; t < MSG_N; t++) {
			const struct msg_info *i = msg_info(t);

			if ((i->from & from) && (i->to & to) && t != MSG_capture_start &&
				t != MSG_capture_stop && t != MSG_commit && t != MSG_hello &&
				found++ == n)
				return (enum msg_type)t;
		}
		n %= found;
		found = 0;
	}
}

/* Names that mean something, where a record has names; the rest as it comes. */
static void
names_put(const struct record *d, void *rec, unsigned int n)
{
	static const char *const names[] = { "Tunnel0/0/1", "GigabitEthernet0/0/1", "P1", "3001",
		"" };
	const struct field *table = record_field(d, "table"), *filter = record_field(d, "filter");

	if (table)
		strlcpy((char *)rec + table->offset,
			state_info((enum state_table)(n % STATE_N))->record.name, table->size);
	if (filter && n % NULL_CHANCE)
		strlcpy((char *)rec + filter->offset, names[n % (sizeof(names) / sizeof(names[0]))],
			filter->size);
}

static void
say(struct shell *s, struct peer *p, struct rbuf *in, enum msg_party from, uint32_t id)
{
	enum msg_type type = type_of(rbuf_u8(in), from, MSG_DAEMON);
	const struct msg_info *info = msg_info(type);
	uint32_t seed = rbuf_u16(in);
	struct rbuf text = info->fd ? fuzz_piece(in) : rbuf_over(NULL, 0);
	void *body = malloc(info->record.size);
	int fd = info->fd ? memfile_sealed("fuzz", text.p, rbuf_left(&text)) : -1;

	if (!body)
		abort();
	sample_fill(&info->record, body, &seed, false);
	names_put(&info->record, body, seed >> 16);
	peer_forget(p);
	FUZZ_MUST(frame_send(p->frame, type, id, body, fd) == 0);
	peer_hear(p);
	if (fd >= 0)
		close(fd);
	free(body);
	FUZZ_MUST(!s->left && !s->peer.gone);
}

static void
commit_bytes(struct shell *s, const void *changeset, size_t len)
{
	struct store *store = s->bench.daemon.store;
	uint64_t before = store_revision(store);
	const struct msg_commit m = { .base = before, .schema = STORE_SCHEMA };
	int fd = memfile_sealed("changes", changeset, len);

	peer_say(&s->peer, MSG_commit, ++s->id, &m, fd);
	close(fd);
	FUZZ_MUST(s->peer.n > 0 && s->peer.id == s->id);
	FUZZ_MUST(s->peer.type == MSG_error || s->peer.type == MSG_committed);
	FUZZ_MUST(store_revision(store) == before ||
		(s->peer.type == MSG_committed && store_revision(store) == before + 1));
}

/* Rows as the tests write them, those that are no rows left out. */
static void
commit_rows(struct shell *s, const struct rbuf *piece)
{
	char text[TEXT_MAX + 1], *rest = text, *line;
	size_t len = rbuf_left(piece) < TEXT_MAX ? rbuf_left(piece) : TEXT_MAX;
	struct arena *a = arena_new();
	struct store *store = NULL;
	void *image = NULL, *changes = NULL;
	struct err e;

	memcpy(text, piece->p, len);
	text[len] = '\0';
	if (store_image(s->bench.daemon.store, &image, &len) ||
		store_from_image(image, len, &store, &e) || changes_record(store))
		abort();
	while ((line = strsep(&rest, "\n")) != NULL)
		(void)rows_line(store, line, a);
	if (changes_take(store, &changes, &len))
		abort();
	commit_bytes(s, changes, len);
	free(changes);
	free(image);
	store_close(store);
	arena_free(a);
}

static void
step(struct shell *s, struct rbuf *in)
{
	uint8_t how = rbuf_u8(in);
	uint64_t before = store_revision(s->bench.daemon.store);
	struct rbuf piece;

	switch (how % N_STEPS) {
	case STEP_CHANGESET:
		piece = fuzz_piece(in);
		commit_bytes(s, piece.p, rbuf_left(&piece));
		return;
	case STEP_ROWS:
		piece = fuzz_piece(in);
		commit_rows(s, &piece);
		return;
	case STEP_SAY: say(s, &s->peer, in, MSG_SHELL, ++s->id); break;
	case STEP_ANSWER: say(s, &s->dp, in, MSG_DATAPATH, how & 0x80 ? how : s->dp.id); break;
	case STEP_TIME: loop_warp(s->bench.loop, (how / N_STEPS) * 200u); break;
	}
	FUZZ_MUST(store_revision(s->bench.daemon.store) == before);
}

/* As it was at this revision. */
static void
take_back(struct shell *s, uint64_t revision)
{
	const struct commit_request request = {
		.schema = STORE_SCHEMA, .user = "fuzz", .terminal = "", .text = ""
	};
	struct daemon *d = &s->bench.daemon;
	void *changes, *inverse;
	size_t len, inverse_len;
	struct err e = { 0 };

	FUZZ_MUST(store_changes_since(d->store, revision, &changes, &len) == 0);
	FUZZ_MUST(changes_invert(changes, len, &inverse, &inverse_len) == 0);
	if (inverse_len > 0 && commit(d, &request, inverse, inverse_len, &e) != 0)
		fuzz_found(e.text, e.object, 0);
	daemon_apply(d);
	free(changes);
	free(inverse);
}

/* What it was asked and did not answer is forgotten with it. */
static void
datapath_anew(struct shell *s)
{
	peer_fini(&s->dp);
	childlink_down(s->bench.daemon.dplink);
	shell_datapath_up(s);
	peer_hear(&s->peer);
	peer_forget(&s->peer);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct shell *s = bed();
	struct rbuf in = rbuf_over(data, size);
	uint64_t before = store_revision(s->bench.daemon.store);

	for (unsigned int i = 0; i < STEPS_MAX && !in.bad && rbuf_left(&in); i++)
		step(s, &in);
	take_back(s, before);
	bench_steps(&s->bench);
	datapath_anew(s);
	return 0;
}
