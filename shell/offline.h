#ifndef YD_SHELL_OFFLINE_H
#define YD_SHELL_OFFLINE_H

struct client;
struct err;
struct offline;

/*
 * Editing while no daemon runs: `yongd -s DIR --commit`, the same commit code without a router, speaks the
 * same protocol over its descriptor 3. Only root may.
 */
int offline_start(const char *dir, struct offline **out, struct err *e);
/* Ends it and waits for it. */
void offline_stop(struct offline *o);
struct client *offline_client(struct offline *o);

#endif
