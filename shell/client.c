/*
 * Conversation with yongd. Knows messages, the candidate and how the two are kept together; no grammar,
 * no terminal.
 */
#include "config.h"

#include "shell/client.h"

#include "schema/changes.h"
#include "schema/store.h"

#include "lib/arena.h"
#include "lib/buf.h"
#include "lib/err.h"
#include "lib/frame.h"
#include "lib/memfile.h"
#include "lib/record.h"
#include "lib/secret.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FILE_LEN_MAX = 1 << 30, TICK_MS = 100 };

struct client {
	int sock;
	uint32_t request;
	uint64_t revision;
	struct msg_welcome welcome;
};

/* An answer; fini frees it whatever it is. */
struct answer {
	enum msg_type type;
	void *body;
	int fd;
};

static void
answer_fini(struct answer *a)
{
	if (a->body) {
		record_wipe(&msg_info(a->type)->record, a->body);
		free(a->body);
	}
	if (a->fd >= 0)
		close(a->fd);
	*a = (struct answer){ .fd = -1 };
}

static int
gone(struct err *e, int rc)
{
	if (rc == -EPIPE)
		return err_set(e, rc, "", "The router has stopped answering (yongd is gone).");
	return err_set(e, rc, "", "The conversation with yongd failed: %s.", strerror(-rc));
}

/* Turns an error answer, or one that was not asked for, into -errno and err. */
static int
answer_check(struct answer *a, enum msg_type want, struct err *e)
{
	const struct msg_error *m = a->body;
	int rc;

	if (a->type == want)
		return 0;
	if (a->type != MSG_error)
		rc = gone(e, -EPROTO);
	else
		rc = err_set(e, m->code ? -(int)m->code : -EIO, m->object, "%s", m->text);
	answer_fini(a);
	return rc;
}

/* Asks and waits for the answer `want`; on success the caller frees it. */
static int
ask(struct client *c, enum msg_type type, const void *body, int fd, enum msg_type want,
	struct answer *a, struct err *e)
{
	int rc;

	*a = (struct answer){ .fd = -1 };
	rc = frame_call(c->sock, MSG_SHELL, MSG_DAEMON, type, ++c->request, body, fd, &a->type,
		&a->body, &a->fd);
	return rc ? gone(e, rc) : answer_check(a, want, e);
}

int
client_new(int sock, const char *terminal, struct client **out, struct err *e)
{
	struct client *c = calloc(1, sizeof(*c));
	struct msg_hello hello = { .protocol = MSG_PROTOCOL, .schema = STORE_SCHEMA };
	struct answer a;
	int rc;

	*out = NULL;
	if (!c) {
		close(sock);
		return err_set(e, -ENOMEM, "", "Out of memory.");
	}
	c->sock = sock;
	strlcpy(hello.terminal, terminal, sizeof(hello.terminal));
	rc = ask(c, MSG_hello, &hello, -1, MSG_welcome, &a, e);
	if (rc) {
		client_free(c);
		return rc;
	}
	c->welcome = *(const struct msg_welcome *)a.body;
	c->revision = c->welcome.revision;
	answer_fini(&a);
	*out = c;
	return 0;
}

int
client_connect(const char *dir, const char *terminal, struct client **out, struct err *e)
{
	char path[4096];
	int sock;

	*out = NULL;
	if ((size_t)snprintf(path, sizeof(path), "%s/control.sock", dir) >= sizeof(path))
		return err_set(e, -ENAMETOOLONG, dir, "The path is too long.");
	sock = frame_connect(path);
	if (sock < 0)
		return err_set(e, sock, path, "No router answers: %s.", strerror(-sock));
	return client_new(sock, terminal, out, e);
}

void
client_free(struct client *c)
{
	if (!c)
		return;
	close(c->sock);
	free(c);
}

bool
client_may_configure(const struct client *c)
{
	return c->welcome.may_configure;
}

const char *
client_user(const struct client *c)
{
	return c->welcome.user;
}

uint64_t
client_revision(const struct client *c)
{
	return c->revision;
}

int
client_image(struct client *c, struct store **out, struct err *e)
{
	struct answer a;
	const void *data;
	size_t len;
	int rc = ask(c, MSG_image_get, &(struct msg_image_get){ 0 }, -1, MSG_image, &a, e);

	*out = NULL;
	if (rc)
		return rc;
	rc = memfile_map_sealed(a.fd, FILE_LEN_MAX, &data, &len);
	if (rc) {
		rc = gone(e, rc);
		goto out;
	}
	rc = store_from_image(data, len, out, e);
	memfile_unmap(data, len);
	if (!rc)
		rc = changes_record(*out);
	if (!rc)
		c->revision = ((const struct msg_image *)a.body)->revision;
out:
	answer_fini(&a);
	return rc;
}

/* Applies the changes of a committed answer to a candidate that has none of its own. */
static int
follow(struct client *c, struct store *candidate, const struct answer *a, bool *changed,
	struct err *e)
{
	const struct msg_committed *m = a->body;
	const void *data;
	size_t len;
	int rc = memfile_map_sealed(a->fd, FILE_LEN_MAX, &data, &len);

	if (rc)
		return gone(e, rc);
	*changed = len > 0;
	if (len)
		rc = changes_apply(candidate, data, len, e);
	memfile_unmap(data, len);
	c->revision = m->revision;
	if (!rc)
		rc = changes_record(candidate);
	return rc ? -ESTALE : 0;
}

/* Takes recorded changes back. */
static int
take_back(struct store *candidate, const void *changeset, size_t len)
{
	void *inverse = NULL;
	size_t inverse_len;
	int rc = changes_invert(changeset, len, &inverse, &inverse_len);

	if (!rc)
		rc = changes_apply(candidate, inverse, inverse_len, NULL);
	free(inverse);
	if (!rc)
		rc = changes_record(candidate);
	return rc;
}

static void
free_wiped(void *p, size_t len)
{
	if (p)
		secret_wipe(p, len);
	free(p);
}

int
client_commit(struct client *c, struct store *candidate, const char *text, bool keep, char *warning,
	struct err *e)
{
	struct msg_commit m = { .base = c->revision, .schema = STORE_SCHEMA };
	struct answer a = { .fd = -1 };
	void *changeset = NULL;
	size_t len;
	bool changed;
	int fd = -1, rc = changes_take(candidate, &changeset, &len);

	warning[0] = '\0';
	if (rc)
		return err_set(e, rc, "", "The changes cannot be read: %s.", strerror(-rc));
	if (!len)
		goto out;
	fd = memfile_sealed("yongsh-changes", changeset, len);
	if (fd < 0) {
		rc = err_set(e, fd, "", "No memory for the changes: %s.", strerror(-fd));
		take_back(candidate, changeset, len);
		goto out;
	}
	strlcpy(m.text, text, sizeof(m.text));
	rc = ask(c, MSG_commit, &m, fd, MSG_committed, &a, e);
	if (rc) {
		take_back(candidate, changeset, len);
		goto out;
	}
	strlcpy(warning, ((const struct msg_committed *)a.body)->warning, 256);
	if (!keep)
		c->revision = ((const struct msg_committed *)a.body)->revision;
	else if (take_back(candidate, changeset, len))
		rc = -ESTALE;
	else
		rc = follow(c, candidate, &a, &changed, e);
out:
	if (fd >= 0)
		close(fd);
	answer_fini(&a);
	free_wiped(changeset, len);
	return rc;
}

int
client_catchup(struct client *c, struct store *candidate, bool *changed, struct err *e)
{
	struct msg_catchup m = { .since = c->revision };
	struct answer a;
	int rc = ask(c, MSG_catchup, &m, -1, MSG_committed, &a, e);

	*changed = false;
	if (rc)
		return rc;
	rc = follow(c, candidate, &a, changed, e);
	answer_fini(&a);
	return rc;
}

int
client_wait_applied(struct client *c, int (*tick)(void *arg, unsigned int ms), void *arg,
	struct msg_applied *out, struct err *e)
{
	struct msg_applied_wait m = { .revision = c->revision };
	struct pollfd p = { .fd = c->sock, .events = POLLIN };
	struct answer a = { .fd = -1 };
	unsigned int ms = 0;
	int rc = frame_post(c->sock, MSG_SHELL, MSG_DAEMON, MSG_applied_wait, ++c->request, &m, -1);

	if (rc)
		return gone(e, rc);
	while (poll(&p, 1, TICK_MS) <= 0) {
		ms += TICK_MS;
		if (tick && tick(arg, ms))
			return -EINTR;
	}
	rc = frame_next(c->sock, MSG_SHELL, MSG_DAEMON, c->request, &a.type, &a.body, &a.fd);
	if (rc)
		return gone(e, rc);
	rc = answer_check(&a, MSG_applied, e);
	if (rc)
		return rc;
	*out = *(const struct msg_applied *)a.body;
	answer_fini(&a);
	return 0;
}

static int
rows_add(struct client_rows *rows, size_t *room, struct arena *a, const struct record *d,
	const struct msg_state_row *m)
{
	struct rbuf b = rbuf_over(m->row.data, m->row.len);
	void *row = arena_alloc(a, d->size);
	int rc = record_decode(d, &b, row);

	if (rc)
		return rc;
	if (rows->n == *room) {
		const void **grown;

		*room = *room ? *room * 2 : 16;
		grown = arena_alloc(a, *room * sizeof(*grown));
		if (rows->n)
			memcpy(grown, rows->row, rows->n * sizeof(*grown));
		rows->row = grown;
	}
	rows->row[rows->n++] = row;
	return 0;
}

int
client_state(struct client *c, enum state_table t, const char *filter, struct arena *arena,
	struct client_rows *rows, struct err *e)
{
	const struct record *d = &state_info(t)->record;
	struct msg_state_get m = { 0 };
	struct answer a = { .fd = -1 };
	size_t room = 0;
	int rc;

	*rows = (struct client_rows){ 0 };
	strlcpy(m.table, d->name, sizeof(m.table));
	strlcpy(m.filter, filter ? filter : "", sizeof(m.filter));
	rc = frame_call(c->sock, MSG_SHELL, MSG_DAEMON, MSG_state_get, ++c->request, &m, -1,
		&a.type, &a.body, &a.fd);
	while (!rc && a.type == MSG_state_row) {
		rc = rows_add(rows, &room, arena, d, a.body);
		answer_fini(&a);
		if (!rc)
			rc = frame_next(c->sock, MSG_SHELL, MSG_DAEMON, c->request, &a.type,
				&a.body, &a.fd);
	}
	if (rc)
		return gone(e, rc);
	rc = answer_check(&a, MSG_state_done, e);
	if (!rc)
		answer_fini(&a);
	return rc;
}

int
client_reset(struct client *c, enum state_table t, const char *filter, struct err *e)
{
	struct msg_state_reset m = { 0 };
	struct answer a;
	int rc;

	strlcpy(m.table, state_info(t)->record.name, sizeof(m.table));
	strlcpy(m.filter, filter ? filter : "", sizeof(m.filter));
	rc = ask(c, MSG_state_reset, &m, -1, MSG_done, &a, e);
	if (!rc)
		answer_fini(&a);
	return rc;
}

int
client_reset_ike(struct client *c, const struct msg_ike_reset *m, struct err *e)
{
	struct answer a;
	int rc = ask(c, MSG_ike_reset, m, -1, MSG_done, &a, e);

	if (!rc)
		answer_fini(&a);
	return rc;
}

int
client_debugging(struct client *c, const struct msg_ike_debugging *m, struct err *e)
{
	struct answer a;
	int rc = ask(c, MSG_ike_debugging, m, -1, MSG_done, &a, e);

	if (!rc)
		answer_fini(&a);
	return rc;
}

int
client_debug_line(struct client *c, struct msg_ike_debug *out)
{
	struct pollfd p = { .fd = c->sock, .events = POLLIN };
	struct answer a = { .fd = -1 };
	int rc;

	if (poll(&p, 1, 0) <= 0)
		return 0;
	rc = frame_next(c->sock, MSG_SHELL, MSG_DAEMON, c->request, &a.type, &a.body, &a.fd);
	if (!rc && a.type != MSG_ike_debug)
		rc = -EPROTO;
	if (!rc)
		*out = *(const struct msg_ike_debug *)a.body;
	answer_fini(&a);
	return rc ? rc : 1;
}

int
client_fd(const struct client *c)
{
	return c->sock;
}

int
client_save(struct client *c, const char *text, size_t len, struct err *e)
{
	struct msg_save m = { .revision = c->revision };
	struct answer a;
	int rc, fd = memfile_sealed("yongsh-save", text, len);

	if (fd < 0)
		return err_set(e, fd, "", "No memory for the text: %s.", strerror(-fd));
	rc = ask(c, MSG_save, &m, fd, MSG_done, &a, e);
	close(fd);
	if (!rc)
		answer_fini(&a);
	return rc;
}

int
client_saved(
	struct client *c, struct arena *arena, const char **text, uint64_t *revision, struct err *e)
{
	struct answer a;
	const void *data;
	char *copy;
	size_t len;
	int rc = ask(c, MSG_saved_get, &(struct msg_saved_get){ 0 }, -1, MSG_saved, &a, e);

	if (rc)
		return rc;
	rc = memfile_map_sealed(a.fd, FILE_LEN_MAX, &data, &len);
	if (rc) {
		rc = gone(e, rc);
		goto out;
	}
	copy = arena_alloc(arena, len + 1);
	memcpy(copy, data, len);
	*text = copy;
	*revision = ((const struct msg_saved *)a.body)->revision;
	memfile_unmap(data, len);
out:
	answer_fini(&a);
	return rc;
}

int
client_ping_socket(
	struct client *c, const struct addr *destination, const struct addr *source, struct err *e)
{
	struct msg_ping_open m = { .destination = *destination, .source = *source };
	struct answer a;
	int fd, rc = ask(c, MSG_ping_open, &m, -1, MSG_ping_socket, &a, e);

	if (rc)
		return rc;
	fd = a.fd;
	a.fd = -1;
	answer_fini(&a);
	return fd;
}

/* One report of a capture: waits for it, a moment at a time. */
static int
capture_next(struct client *c, bool (*on_progress)(void *arg, const struct msg_capture_progress *p),
	void *arg, bool *stopped, struct answer *a)
{
	static const struct msg_capture_stop stop;
	struct pollfd p = { .fd = c->sock, .events = POLLIN };
	bool through = false;
	int rc = 0;

	while (!through && poll(&p, 1, TICK_MS) <= 0)
		through = on_progress(arg, NULL) && !*stopped;
	if (!through) {
		rc = frame_next(
			c->sock, MSG_SHELL, MSG_DAEMON, c->request, &a->type, &a->body, &a->fd);
		if (rc || a->type != MSG_capture_progress)
			return rc;
		through = on_progress(arg, a->body) && !*stopped;
	}
	if (!through)
		return 0;
	*stopped = true;
	return frame_post(c->sock, MSG_SHELL, MSG_DAEMON, MSG_capture_stop, c->request, &stop, -1);
}

int
client_capture(struct client *c, const struct msg_capture_start *start,
	bool (*on_progress)(void *arg, const struct msg_capture_progress *p), void *arg,
	struct msg_capture_done *out, struct err *e)
{
	struct answer a = { .fd = -1 };
	bool stopped = false;
	int rc = frame_post(
		c->sock, MSG_SHELL, MSG_DAEMON, MSG_capture_start, ++c->request, start, -1);

	while (!rc) {
		rc = capture_next(c, on_progress, arg, &stopped, &a);
		if (rc || (a.type != MSG_NONE && a.type != MSG_capture_progress))
			break;
		answer_fini(&a);
	}
	if (rc) {
		answer_fini(&a);
		return gone(e, rc);
	}
	rc = answer_check(&a, MSG_capture_done, e);
	if (rc)
		return rc;
	*out = *(const struct msg_capture_done *)a.body;
	answer_fini(&a);
	return 0;
}
