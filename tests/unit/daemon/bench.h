#ifndef YD_TESTS_DAEMON_BENCH_H
#define YD_TESTS_DAEMON_BENCH_H

#include <stddef.h>

#include "daemon/daemon.h"
#include "lib/err.h"

/*
 * A daemon without an operating system and without children, in a state directory of its own, on a
 * virtual clock: commits go the real way, steps go into a log.
 */
struct bench {
	char dir[64];
	struct loop *loop;
	struct daemon daemon;
	struct err err;
	char *log; /* steps since the last bench_log, a line each */
	size_t log_len;
	/* what the fake kernel answers */
	unsigned int path_mtu; /* 0: no path */
	unsigned int n_paths;  /* times that somebody asked */
	const char *ways; /* "203.0.113.1 Tunnel0-0-2;…" where it does not leave by e1, or NULL */
	const char *missing;   /* a device that does not exist */
	const char *address;   /* of any device; NULL: none */
	const char *line_down; /* a device whose keepalives are not answered */
};

void bench_init(struct bench *b);
void bench_fini(struct bench *b);

/* Commits rows (see rows.h); the result of commit, with b->err. */
int bench_commit(struct bench *b, const char *rows);
/* All objects of an owner, a line each; valid until the next call. "" when it wants nothing. */
const char *bench_wants(struct bench *b, const char *owner);
/* All notes, "NAME: REASON" a line each; valid until the next call. */
const char *bench_notes(struct bench *b);
/* The steps since the last call: "+ KIND KEY", "~ KIND KEY", "- KIND KEY". */
const char *bench_steps(struct bench *b);

/* A directory of its own under /tmp, and its removal with all files in it. */
void bench_dir(char dir[64]);
void bench_dir_remove(const char *dir);

#endif
