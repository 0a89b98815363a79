#ifndef YD_SHELL_CLIENT_H
#define YD_SHELL_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/msg.h"
#include "lib/state.h"

struct arena;
struct err;
struct store;

/*
 * The shell's side of the conversation with yongd, one request at a time (lib/msg.def). All functions
 * return 0 or -errno and fill err for the operator; -EPIPE: the daemon is gone.
 */
struct client;

/* Over a connected socket, which is the client's from now on (closed on failure too). */
int client_new(int sock, const char *terminal, struct client **out, struct err *e);
/* To the daemon of a state directory; -ENOENT or -ECONNREFUSED: none runs there. */
int client_connect(const char *dir, const char *terminal, struct client **out, struct err *e);
void client_free(struct client *c);

bool client_may_configure(const struct client *c);
const char *client_user(const struct client *c);
/* The revision that the candidate is at. */
uint64_t client_revision(const struct client *c);

/* A fresh candidate, recording; the caller closes it. */
int client_image(struct client *c, struct store **out, struct err *e);
/* Hands in what the candidate has recorded. Accepted: the candidate is then as the store has it (secrets
 * sealed, others' changes included), unless keep is false (it is not looked at any more). Refused: the
 * candidate is as before the changes. -ESTALE: the candidate must be fetched anew; the changes were
 * accepted. warning: 256 bytes. */
int client_commit(struct client *c, struct store *candidate, const char *text, bool keep,
	char *warning, struct err *e);
/* Brings a candidate without changes up to date; *changed: it was not. -ESTALE: fetch it anew. */
int client_catchup(struct client *c, struct store *candidate, bool *changed, struct err *e);

/* Waits until all up to the current revision is applied. tick is called about every 100 ms; what it
 * returns non-zero ends the waiting (-EINTR). */
int client_wait_applied(struct client *c, int (*tick)(void *arg, unsigned int ms), void *arg,
	struct msg_applied *out, struct err *e);

struct client_rows {
	const void **row; /* records of the table, in the arena */
	size_t n;
};
int client_state(struct client *c, enum state_table t, const char *filter, struct arena *a,
	struct client_rows *rows, struct err *e);
int client_reset(struct client *c, enum state_table t, const char *filter, struct err *e);

/* Takes negotiated SAs down. */
int client_reset_ike(struct client *c, const struct msg_ike_reset *m, struct err *e);
/* Asks to be told what IKE does. Such a connection is good for client_debug_line only. */
int client_debugging(struct client *c, const struct msg_ike_debugging *m, struct err *e);
/* What has come: 1 and a line, 0: none waits, -errno: none will come any more. */
int client_debug_line(struct client *c, struct msg_ike_debug *out);
/* To wait for lines with. */
int client_fd(const struct client *c);

int client_save(struct client *c, const char *text, size_t len, struct err *e);
/* The saved configuration in the arena, "" when there is none. */
int client_saved(
	struct client *c, struct arena *a, const char **text, uint64_t *revision, struct err *e);
/* Runs a capture. on_progress is called with each report, and about every 100 ms with NULL; once it has
 * returned true the capture is told to stop, and soon ends. */
int client_capture(struct client *c, const struct msg_capture_start *start,
	bool (*on_progress)(void *arg, const struct msg_capture_progress *p), void *arg,
	struct msg_capture_done *out, struct err *e);
/* A socket for ping: fd or -errno. */
int client_ping_socket(
	struct client *c, const struct addr *destination, const struct addr *source, struct err *e);

#endif
