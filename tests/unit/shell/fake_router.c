/*
 * The fake router: answers every request of msg.def that a shell may send.
 */
#include "config.h"

#include "tests/unit/shell/fake_router.h"

#include "lib/arena.h"
#include "lib/buf.h"
#include "lib/err.h"
#include "lib/frame.h"
#include "lib/loop.h"
#include "lib/memfile.h"
#include "lib/state.h"
#include "schema/commit.h"
#include "schema/row.h"
#include "schema/seal.h"
#include "schema/store.h"
#include "tests/unit/shell/fake_state.h"

#include <CUnit/CUnit.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FILE_MAX = 1 << 28 };

struct fake_router {
	struct loop *loop;
	struct store *store;
	struct seal *seal;
	char dir[256];
	char *saved;
	size_t saved_len;
	unsigned int sessions;
	bool ends; /* with its last session */
};

/* A request being answered. */
struct request {
	struct fake_router *r;
	struct frame *f;
	uint32_t id;
	const void *body;
	int fd;
};

static void
answer(const struct request *q, enum msg_type type, const void *body)
{
	frame_send(q->f, type, q->id, body, -1);
}

static void
answer_file(
	const struct request *q, enum msg_type type, const void *body, const void *p, size_t len)
{
	int fd = memfile_sealed("fake", p, len);

	frame_send(q->f, type, q->id, body, fd);
	close(fd);
}

static void
answer_error(const struct request *q, int rc, const struct err *e)
{
	struct msg_error m = { .code = (uint32_t)-rc };

	strlcpy(m.object, e->object, sizeof(m.object));
	strlcpy(m.text, e->text, sizeof(m.text));
	answer(q, MSG_error, &m);
}

static void
hello(const struct request *q)
{
	struct msg_welcome m = {
		.may_configure = true, .user = "tester", .revision = store_revision(q->r->store)
	};

	answer(q, MSG_welcome, &m);
}

static void
image(const struct request *q)
{
	struct msg_image m = { .revision = store_revision(q->r->store) };
	void *p;
	size_t len;

	if (store_image(q->r->store, &p, &len))
		return;
	answer_file(q, MSG_image, &m, p, len);
	free(p);
}

static void
answer_since(const struct request *q, uint64_t since)
{
	struct msg_committed m = { .since = since, .revision = store_revision(q->r->store) };
	void *p = NULL;
	size_t len = 0;

	store_changes_since(q->r->store, since, &p, &len);
	answer_file(q, MSG_committed, &m, p, len);
	free(p);
}

static bool
is_named(struct store *s, const char *name)
{
	struct arena *a = arena_new();
	struct row r;
	bool is;

	is = !row_get(s, &model_system, &VALUE_OF_INT(1), a, &r) &&
		!strcmp(r.v[model_column(&model_system, "sysname")].s, name);
	arena_free(a);
	return is;
}

static int
check(void *arg, struct store *s, const struct change *changes, size_t n, struct err *e)
{
	if (is_named(s, "Refused"))
		return err_set(e, -EINVAL, "", "The name is refused.");
	return 0;
}

static void
commit(const struct request *q)
{
	const struct msg_commit *m = q->body;
	const struct commit_ops ops = { .check = check };
	const struct commit_info info = {
		.schema = m->schema, .user = "tester", .terminal = "test", .text = m->text
	};
	struct err e = { 0 };
	const void *p;
	size_t len;
	uint64_t revision;
	int rc = memfile_map_sealed(q->fd, FILE_MAX, &p, &len);

	if (!rc) {
		rc = commit_run(q->r->store, q->r->seal, &info, p, len, &ops, &revision, &e);
		memfile_unmap(p, len);
	}
	if (rc)
		answer_error(q, rc, &e);
	else
		answer_since(q, m->base);
}

static void
catchup(const struct request *q)
{
	answer_since(q, ((const struct msg_catchup *)q->body)->since);
}

static void
applied(const struct request *q)
{
	struct msg_applied m = { .revision = store_revision(q->r->store) };

	if (is_named(q->r->store, "Failing")) {
		m.failed = 1;
		strlcpy(m.object, "Tunnel0/0/1", sizeof(m.object));
		strlcpy(m.text, "The kernel does not want it.", sizeof(m.text));
	}
	answer(q, MSG_applied, &m);
}

static void
state(const struct request *q)
{
	const struct msg_state_get *m = q->body;
	const struct state_info *info = state_find(m->table);
	struct msg_state_row row = { 0 };
	const void *rec;
	char key[128];

	strlcpy(row.table, m->table, sizeof(row.table));
	for (size_t i = 0; info && (rec = fake_state_row(m->table, i)); i++) {
		struct wbuf b = wbuf_over(row.row.data, sizeof(row.row.data));

		record_field_text(&info->record.fields[0], rec, key, sizeof(key));
		if (*m->filter && strcmp(m->filter, key) != 0)
			continue;
		record_encode(&info->record, rec, &b);
		row.row.len = (uint32_t)wbuf_len(&b);
		answer(q, MSG_state_row, &row);
	}
	answer(q, MSG_state_done, &(struct msg_state_done){ 0 });
}

static void
done(const struct request *q)
{
	answer(q, MSG_done, &(struct msg_done){ 0 });
}

static void
note_reset(const struct fake_router *r, const char *text)
{
	char path[512];
	FILE *f;

	snprintf(path, sizeof(path), "%s/" FAKE_RESETS, r->dir);
	f = fopen(path, "ae");
	if (f) {
		fprintf(f, "%s\n", text);
		fclose(f);
	}
}

/* Told to the test in a file. */
static void
reset(const struct request *q)
{
	const struct msg_state_reset *m = q->body;
	char text[128];

	snprintf(text, sizeof(text), "%s %s", m->table, m->filter);
	note_reset(q->r, text);
	done(q);
}

static void
reset_ike(const struct request *q)
{
	const struct msg_ike_reset *m = q->body;
	char text[192], remote[ADDR_STRLEN];

	snprintf(text, sizeof(text), "%s connection %u remote %s name %s",
		m->children_only ? "ipsec" : "ike", m->connection, addr_format(&m->remote, remote),
		m->name);
	note_reset(q->r, text);
	done(q);
}

/* A line of each topic at once. */
static void
debugging(const struct request *q)
{
	const struct msg_ike_debugging *m = q->body;
	struct msg_ike_debug line = { .remote = m->remote };

	done(q);
	for (uint32_t topic = 1; topic <= m->mask; topic <<= 1) {
		if (!(m->mask & topic))
			continue;
		line.topic = topic;
		snprintf(line.text, sizeof(line.text), "this is topic %u", topic);
		answer(q, MSG_ike_debug, &line);
	}
}

static void
save(const struct request *q)
{
	const void *p;
	size_t len;

	if (memfile_map_sealed(q->fd, FILE_MAX, &p, &len))
		return;
	free(q->r->saved);
	q->r->saved = malloc(len + 1);
	memcpy(q->r->saved, p, len);
	q->r->saved_len = len;
	memfile_unmap(p, len);
	store_set_saved_revision(q->r->store, ((const struct msg_save *)q->body)->revision);
	done(q);
}

static void
saved(const struct request *q)
{
	struct msg_saved m = { .revision = store_saved_revision(q->r->store) };

	answer_file(q, MSG_saved, &m, q->r->saved, q->r->saved_len);
}

static void
no_ping(const struct request *q)
{
	struct err e;

	answer_error(q, err_set(&e, -ENETUNREACH, "", "The fake router has no network."), &e);
}

static const struct {
	enum msg_type type;
	void (*fn)(const struct request *q);
} requests[] = {
	{ MSG_hello, hello },
	{ MSG_image_get, image },
	{ MSG_commit, commit },
	{ MSG_catchup, catchup },
	{ MSG_applied_wait, applied },
	{ MSG_state_get, state },
	{ MSG_state_reset, reset },
	{ MSG_ike_reset, reset_ike },
	{ MSG_ike_debugging, debugging },
	{ MSG_save, save },
	{ MSG_saved_get, saved },
	{ MSG_ping_open, no_ping },
};

static void
on_msg(void *arg, struct frame *f, enum msg_type type, uint32_t id, const void *body, int fd)
{
	const struct request q = { .r = arg, .f = f, .id = id, .body = body, .fd = fd };

	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++)
		if (requests[i].type == type)
			requests[i].fn(&q);
	if (fd >= 0)
		close(fd);
}

static void
on_gone(void *arg, struct frame *f)
{
	struct fake_router *r = arg;

	frame_free(f);
	if (!--r->sessions && r->ends)
		loop_stop(r->loop);
}

struct fake_router *
fake_router_new(struct loop *l, const char *dir)
{
	struct fake_router *r = calloc(1, sizeof(*r));
	struct err e;

	r->loop = l;
	strlcpy(r->dir, dir, sizeof(r->dir));
	if (store_open(dir, &r->store, &e) || seal_open(dir, &r->seal, &e)) {
		fprintf(stderr, "fake router: %s: %s\n", e.object, e.text);
		fake_router_free(r);
		return NULL;
	}
	return r;
}

void
fake_router_free(struct fake_router *r)
{
	if (!r)
		return;
	store_close(r->store);
	seal_free(r->seal);
	free(r->saved);
	free(r);
}

void
fake_router_serve(struct fake_router *r, int sock)
{
	if (frame_new(r->loop, sock, MSG_DAEMON, MSG_SHELL, on_msg, on_gone, r))
		r->sessions++;
}

static int
child(const struct fake_child *c, const int *ours)
{
	struct loop *l = loop_new();
	struct fake_router *r = fake_router_new(l, c->dir);

	if (!r)
		return 1;
	r->ends = true;
	fake_router_serve(r, ours[0]);
	fake_router_serve(r, ours[1]);
	loop_run(l);
	fake_router_free(r);
	loop_free(l);
	return 0;
}

void
fake_child_start(struct fake_child *c)
{
	const char *tmp = getenv("TMPDIR");
	int a[2], b[2];

	snprintf(c->dir, sizeof(c->dir), "%s/yd-shell-XXXXXX", tmp && *tmp ? tmp : "/tmp");
	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(c->dir));
	CU_ASSERT_EQUAL_FATAL(frame_pair(a), 0);
	CU_ASSERT_EQUAL_FATAL(frame_pair(b), 0);
	c->sock[0] = a[0];
	c->sock[1] = b[0];
	fflush(NULL);
	c->pid = fork();
	CU_ASSERT_FATAL(c->pid >= 0);
	if (!c->pid) {
		const int ours[] = { a[1], b[1] };

		close(a[0]);
		close(b[0]);
		_exit(child(c, ours));
	}
	close(a[1]);
	close(b[1]);
}

void
fake_child_stop(struct fake_child *c)
{
	DIR *d;
	int status;

	for (int i = 0; i < 2; i++)
		if (c->sock[i] >= 0)
			close(c->sock[i]);
	CU_ASSERT_EQUAL(waitpid(c->pid, &status, 0), c->pid);
	CU_ASSERT_EQUAL(status, 0);
	d = opendir(c->dir);
	for (struct dirent *de; d && (de = readdir(d));)
		if (de->d_name[0] != '.')
			unlinkat(dirfd(d), de->d_name, 0);
	if (d)
		closedir(d);
	rmdir(c->dir);
}
