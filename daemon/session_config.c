/*
 * Requests about the configuration: the image a shell begins with, its changesets, what others have
 * committed meanwhile, and the saved text. Large things travel as sealed memory files.
 */
#include "config.h"

#include "daemon/session.h"

#include "daemon/commit.h"
#include "daemon/daemon.h"
#include "daemon/privopen.h"
#include "lib/err.h"
#include "lib/memfile.h"
#include "schema/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CHANGESET_MOST = 256 << 20, SAVED_MOST = 256 << 20 };

/* Answers with data as a sealed file. */
static int
answer_file(struct session_request *r, enum msg_type type, const void *body, const void *data,
	size_t len, struct err *e)
{
	int fd = memfile_sealed(msg_info(type)->record.name, data, len);

	if (fd < 0)
		return err_set(e, fd, "yongd", "no memory file: %s", strerror(-fd));
	session_answer(r->session, r->id, type, body, fd);
	close(fd);
	return 0;
}

int
session_image_get(struct session_request *r, struct err *e)
{
	struct store *s = r->session->daemon->store;
	struct msg_image m = { .revision = store_revision(s) };
	void *image = NULL;
	size_t len = 0;
	int rc = store_image(s, &image, &len);

	if (rc != 0)
		return err_set(e, rc, "configuration", "it cannot be read: %s", strerror(-rc));
	rc = answer_file(r, MSG_image, &m, image, len, e);
	free(image);
	return rc;
}

/* What happened since a revision, as the answer. */
static int
answer_since(struct session_request *r, uint64_t since, struct err *e)
{
	struct store *s = r->session->daemon->store;
	struct msg_committed m = { .since = since, .revision = store_revision(s) };
	void *changes = NULL;
	size_t len = 0;
	int rc = store_changes_since(s, since, &changes, &len);

	if (rc != 0)
		return err_set(e, rc, "configuration",
			"the history does not reach back to revision %llu",
			(unsigned long long)since);
	rc = answer_file(r, MSG_committed, &m, changes, len, e);
	free(changes);
	return rc;
}

int
session_catchup(struct session_request *r, struct err *e)
{
	return answer_since(r, ((const struct msg_catchup *)r->body)->since, e);
}

int
session_commit(struct session_request *r, struct err *e)
{
	const struct msg_commit *m = r->body;
	const struct session *s = r->session;
	const struct commit_request request = {
		.schema = m->schema, .user = s->user, .terminal = s->terminal, .text = m->text
	};
	const void *changeset;
	size_t len;
	int rc = memfile_map_sealed(r->fd, CHANGESET_MOST, &changeset, &len);

	if (rc != 0)
		return err_set(e, rc, "changeset", "it cannot be read: %s", strerror(-rc));
	rc = commit(s->daemon, &request, changeset, len, e);
	memfile_unmap(changeset, len);
	if (rc != 0)
		return rc;
	rc = answer_since(r, m->base, e);
	daemon_apply(s->daemon);
	return rc;
}

/* --- the saved text ------------------------------------------------------------------------------ */

static int
write_all(int fd, const char *p, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno != EINTR)
			return -errno;
		p += n > 0 ? n : 0;
		len -= n > 0 ? (size_t)n : 0;
	}
	return 0;
}

static int
sync_dir(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = fd < 0 || fsync(fd) != 0 ? -errno : 0;

	if (fd >= 0)
		close(fd);
	return rc;
}

/* The whole text or the old one, whatever happens meanwhile. */
static int
save_text(const char *dir, const void *text, size_t len)
{
	char path[4096], tmp[4096 + 8];
	int fd, rc;

	snprintf(path, sizeof(path), "%s/vrpcfg.cfg", dir);
	snprintf(tmp, sizeof(tmp), "%s.new", path);
	fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (fd < 0)
		return -errno;
	rc = write_all(fd, text, len);
	if (rc == 0 && fsync(fd) != 0)
		rc = -errno;
	close(fd);
	if (rc == 0 && rename(tmp, path) != 0)
		rc = -errno;
	if (rc != 0)
		unlink(tmp);
	return rc != 0 ? rc : sync_dir(dir);
}

int
session_save(struct session_request *r, struct err *e)
{
	const struct msg_save *m = r->body;
	struct daemon *d = r->session->daemon;
	static const struct msg_done done;
	const void *text;
	size_t len;
	int rc;

	if (m->revision > store_revision(d->store))
		return err_set(e, -EINVAL, "configuration", "there is no such revision");
	rc = memfile_map_sealed(r->fd, SAVED_MOST, &text, &len);
	if (rc != 0)
		return err_set(e, rc, "configuration", "it cannot be read: %s", strerror(-rc));
	rc = save_text(d->state_dir, text, len);
	memfile_unmap(text, len);
	if (rc == 0)
		rc = store_set_saved_revision(d->store, m->revision);
	if (rc != 0)
		return err_set(e, rc, "vrpcfg.cfg", "it cannot be written: %s", strerror(-rc));
	session_answer(r->session, r->id, MSG_done, &done, -1);
	return 0;
}

/* malloc'd; no file is an empty text. */
static int
saved_read(const char *dir, void **text, size_t *len)
{
	char path[4096];
	struct stat st;
	int fd, rc = 0;

	*text = NULL;
	*len = 0;
	snprintf(path, sizeof(path), "%s/vrpcfg.cfg", dir);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	if (fstat(fd, &st) != 0)
		rc = -errno;
	else if (st.st_size > SAVED_MOST)
		rc = -EFBIG;
	else if ((*text = malloc((size_t)st.st_size + 1)) == NULL)
		rc = -ENOMEM;
	while (rc == 0 && *len < (size_t)st.st_size) {
		ssize_t n = read(fd, (char *)*text + *len, (size_t)st.st_size - *len);

		if (n < 0 && errno != EINTR)
			rc = -errno;
		if (n == 0)
			break;
		*len += n > 0 ? (size_t)n : 0;
	}
	close(fd);
	return rc;
}

int
session_saved_get(struct session_request *r, struct err *e)
{
	const struct daemon *d = r->session->daemon;
	struct msg_saved m = { .revision = store_saved_revision(d->store) };
	void *text;
	size_t len;
	int rc = saved_read(d->state_dir, &text, &len);

	if (rc != 0)
		err_set(e, rc, "vrpcfg.cfg", "it cannot be read: %s", strerror(-rc));
	else
		rc = answer_file(r, MSG_saved, &m, text, len, e);
	free(text);
	return rc;
}

/* --- ping ------------------------------------------------------------------------------------- */

int
session_ping_open(struct session_request *r, struct err *e)
{
	const struct msg_ping_open *m = r->body;
	static const struct msg_ping_socket answer;
	int fd;

	if (r->session->daemon->os == NULL)
		return err_set(e, -ENOTCONN, "yongd", "it does not run");
	fd = privopen_ping(&m->destination, &m->source, e);
	if (fd < 0)
		return fd;
	session_answer(r->session, r->id, MSG_ping_socket, &answer, fd);
	close(fd);
	return 0;
}
