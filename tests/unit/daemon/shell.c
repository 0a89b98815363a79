/*
 * The shell of the tests, see shell.h.
 */
#include "config.h"

#include "tests/unit/daemon/shell.h"

#include "daemon/control.h"
#include "daemon/kind_dp.h"
#include "daemon/kind_ike.h"
#include "daemon/negotiated.h"
#include "daemon/sastate.h"
#include "daemon/speaker.h"
#include "lib/arena.h"
#include "lib/buf.h"
#include "lib/frame.h"
#include "lib/memfile.h"
#include "schema/changes.h"
#include "schema/store.h"
#include "tests/unit/daemon/rows.h"

#include <CUnit/CUnit.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void
on_left(void *arg)
{
	((struct shell *)arg)->left = true;
}

void
shell_init(struct shell *s, uid_t uid)
{
	int fds[2];

	memset(s, 0, sizeof(*s));
	bench_init(&s->bench);
	CU_ASSERT_EQUAL_FATAL(frame_pair(fds), 0);
	peer_init(&s->peer, s->bench.loop, fds[1], MSG_SHELL, MSG_DAEMON);
	CU_ASSERT_EQUAL_FATAL(control_new_single(&s->bench.daemon, fds[0], uid, on_left, s,
				      &s->bench.daemon.control, &s->bench.err),
		0);
}

void
shell_fini(struct shell *s)
{
	if (s->peer.frame != NULL)
		peer_fini(&s->peer);
	control_free(s->bench.daemon.control);
	s->bench.daemon.control = NULL;
	speaker_free(s->bench.daemon.speaker);
	s->bench.daemon.speaker = NULL;
	childlink_free(s->bench.daemon.dplink);
	s->bench.daemon.dplink = NULL;
	if (s->ike.frame != NULL)
		peer_fini(&s->ike);
	if (s->dp.frame != NULL)
		peer_fini(&s->dp);
	bench_fini(&s->bench);
}

void
shell_hello(struct shell *s)
{
	const struct msg_hello hello = {
		.protocol = MSG_PROTOCOL, .schema = STORE_SCHEMA, .terminal = "test"
	};

	peer_say(&s->peer, MSG_hello, ++s->id, &hello, -1);
}

enum msg_type
shell_commit(struct shell *s, const char *rows)
{
	struct msg_commit m = { .base = store_revision(s->bench.daemon.store),
		.schema = STORE_SCHEMA };
	struct arena *a = arena_new();
	struct store *store = NULL;
	void *image = NULL, *changes = NULL;
	size_t len;
	int fd;

	CU_ASSERT_EQUAL_FATAL(store_image(s->bench.daemon.store, &image, &len), 0);
	CU_ASSERT_EQUAL_FATAL(store_from_image(image, len, &store, &s->bench.err), 0);
	changes_record(store);
	CU_ASSERT_EQUAL_FATAL(rows_text(store, rows, a), 0);
	CU_ASSERT_EQUAL_FATAL(changes_take(store, &changes, &len), 0);
	fd = memfile_sealed("changes", changes, len);
	peer_say(&s->peer, MSG_commit, ++s->id, &m, fd);
	close(fd);
	free(image);
	free(changes);
	store_close(store);
	arena_free(a);
	return s->peer.type;
}

static void
on_refused(void *arg, enum want_kind kind, const char *key, const struct err *e)
{
}

static void
on_event(void *arg)
{
}

void
shell_datapath(struct shell *s)
{
	const struct childlink_ops ops = { on_refused, on_event, on_event, s };
	struct daemon *d = &s->bench.daemon;

	CU_ASSERT_EQUAL_FATAL(sastate_open(s->bench.dir, "boot", &d->sastate, NULL), 0);
	d->dplink = childlink_new(s->bench.loop, "datapath", MSG_DATAPATH, &ops);
}

void
shell_datapath_up(struct shell *s)
{
	static const struct msg_done done;
	int fds[2];

	CU_ASSERT_EQUAL_FATAL(frame_pair(fds), 0);
	if (s->dp.frame != NULL)
		peer_fini(&s->dp);
	peer_init(&s->dp, s->bench.loop, fds[1], MSG_DATAPATH, MSG_DAEMON);
	CU_ASSERT_EQUAL(kind_dp_begin(&s->bench.daemon, fds[0]), 0);
	peer_hear(&s->dp);
	CU_ASSERT_EQUAL(s->dp.type, MSG_dp_setup);
	peer_say(&s->dp, MSG_done, s->dp.id, &done, -1);
}

void
shell_speaker(struct shell *s)
{
	struct daemon *d = &s->bench.daemon;

	d->kind_ike = kind_ike_new();
	d->negotiated = negotiated_new(d);
	d->speaker = speaker_new(d);
}

void
shell_speaker_up(struct shell *s)
{
	int fds[2];

	CU_ASSERT_EQUAL_FATAL(frame_pair(fds), 0);
	if (s->ike.frame != NULL)
		peer_fini(&s->ike);
	peer_init(&s->ike, s->bench.loop, fds[1], MSG_IKE, MSG_DAEMON);
	CU_ASSERT_EQUAL(speaker_begin(&s->bench.daemon, fds[0]), 0);
	peer_hear(&s->ike);
}

void
shell_answer_rows(struct shell *s, unsigned int n)
{
	static const struct msg_state_done end;
	const struct record *rec = &state_info(STATE_port)->record;
	struct msg_state_row m = { .table = "port" };
	struct st_port port = { .name = "Tunnel0-0-1", .in_packets = 7, .out_bytes = 99 };
	struct wbuf b = wbuf_over(m.row.data, sizeof(m.row.data));
	uint32_t id = s->dp.id;

	CU_ASSERT_EQUAL(record_encode(rec, &port, &b), 0);
	m.row.len = (uint32_t)wbuf_len(&b);
	for (unsigned int i = 0; i < n; i++)
		peer_say(&s->dp, MSG_state_row, id, &m, -1);
	peer_say(&s->dp, MSG_state_done, id, &end, -1);
}
