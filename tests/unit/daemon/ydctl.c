/*
 * A shell for tests, without a grammar: rows from standard input become one commit, tables of live state
 * are printed as JSON. Not installed.
 *
 *   ydctl DIR               put TABLE COLUMN=VALUE …  |  set TABLE KEY[,KEY] COLUMN=VALUE …  |
 *                           del TABLE KEY[,KEY]       one a line; then waits until it is applied
 *   ydctl DIR TABLE [FILTER]
 */
#include "config.h"

#include "lib/arena.h"
#include "lib/buf.h"
#include "lib/err.h"
#include "lib/frame.h"
#include "lib/memfile.h"
#include "lib/state.h"
#include "schema/changes.h"
#include "schema/store.h"
#include "tests/unit/daemon/rows.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct shell {
	int sock;
	uint32_t request;
	uint64_t revision;
	struct store *store;
	struct arena *arena;
};

static void
die(const char *what, int rc)
{
	fprintf(stderr, "ydctl: %s: %s\n", what, strerror(-rc));
	exit(1);
}

/* One request; an error is printed and ends the program. */
static void *
call(struct shell *sh, enum msg_type type, const void *body, int fd, int *fd_out)
{
	enum msg_type answer;
	void *reply;
	int rc = frame_call(sh->sock, MSG_SHELL, MSG_DAEMON, type, ++sh->request, body, fd, &answer,
		&reply, fd_out);

	if (rc != 0)
		die(msg_info(type)->record.name, rc);
	if (answer == MSG_error) {
		const struct msg_error *e = reply;

		fprintf(stderr, "%s: %s\n", e->object, e->text);
		exit(1);
	}
	return reply;
}

static void
greet(struct shell *sh)
{
	struct msg_hello hello = {
		.protocol = MSG_PROTOCOL, .schema = STORE_SCHEMA, .terminal = "test"
	};
	int fd;

	free(call(sh, MSG_hello, &hello, -1, &fd));
}

static void
candidate(struct shell *sh)
{
	static const struct msg_image_get get;
	struct msg_image *m;
	const void *image;
	struct err e = { 0 };
	size_t len;
	int fd, rc;

	m = call(sh, MSG_image_get, &get, -1, &fd);
	sh->revision = m->revision;
	free(m);
	rc = memfile_map_sealed(fd, SIZE_MAX, &image, &len);
	if (rc == 0)
		rc = store_from_image(image, len, &sh->store, &e);
	if (rc == 0)
		rc = changes_record(sh->store);
	if (rc != 0)
		die("image", rc);
	memfile_unmap(image, len);
	close(fd);
}

static void
commit(struct shell *sh)
{
	struct msg_commit m = { .base = sh->revision, .schema = STORE_SCHEMA, .text = "ydctl" };
	struct msg_applied_wait wait;
	struct msg_committed *done;
	struct msg_applied *applied;
	void *changes;
	size_t len;
	int fd, rc = changes_take(sh->store, &changes, &len);

	if (rc != 0)
		die("changes", rc);
	fd = memfile_sealed("changes", changes, len);
	done = call(sh, MSG_commit, &m, fd, &fd);
	wait.revision = done->revision;
	applied = call(sh, MSG_applied_wait, &wait, -1, &fd);
	printf("revision %llu, %u failed %s %s\n", (unsigned long long)applied->revision,
		applied->failed, applied->object, applied->text);
}

static int
edit(struct shell *sh)
{
	char line[4096];
	int rc;

	candidate(sh);
	while (fgets(line, sizeof(line), stdin) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		if (line[0] == '\0' || line[0] == '#')
			continue;
		fprintf(stderr, "> %s\n", line);
		rc = rows_line(sh->store, line, sh->arena);
		if (rc != 0)
			die("line", rc);
	}
	commit(sh);
	return 0;
}

static void
row_print(const struct msg_state_row *m)
{
	const struct state_info *info = state_find(m->table);
	struct rbuf b = rbuf_over(m->row.data, m->row.len);
	void *rec = calloc(1, info->record.size);
	char *json;

	if (record_decode(&info->record, &b, rec) == 0 &&
		(json = record_json(&info->record, rec)) != NULL) {
		puts(json);
		free(json);
	}
	free(rec);
}

static int
show(struct shell *sh, const char *table, const char *filter)
{
	struct msg_state_get m = { 0 };
	enum msg_type answer = MSG_state_row;
	void *body;
	int fd, rc;

	strlcpy(m.table, table, sizeof(m.table));
	strlcpy(m.filter, filter, sizeof(m.filter));
	rc = frame_call(sh->sock, MSG_SHELL, MSG_DAEMON, MSG_state_get, ++sh->request, &m, -1,
		&answer, &body, &fd);
	while (rc == 0 && answer == MSG_state_row) {
		row_print(body);
		free(body);
		rc = frame_next(sh->sock, MSG_SHELL, MSG_DAEMON, sh->request, &answer, &body, &fd);
	}
	if (rc != 0)
		die(table, rc);
	if (answer == MSG_error)
		fprintf(stderr, "%s\n", ((const struct msg_error *)body)->text);
	free(body);
	return answer != MSG_state_done;
}

int
main(int argc, char **argv)
{
	struct shell sh = { .arena = arena_new() };
	char path[4096];

	if (argc < 2 || argc > 4) {
		fprintf(stderr, "usage: ydctl DIR [TABLE [FILTER]]\n");
		return 2;
	}
	snprintf(path, sizeof(path), "%s/control.sock", argv[1]);
	sh.sock = frame_connect(path);
	if (sh.sock < 0)
		die(path, sh.sock);
	greet(&sh);
	return argc == 2 ? edit(&sh) : show(&sh, argv[2], argc > 3 ? argv[3] : "");
}
