#ifndef YD_SHELL_DEBUG_H
#define YD_SHELL_DEBUG_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/addr.h"

struct client;
struct shell;

/*
 * What a session wants to be told while IKE runs: topics, of one peer or all, and whether its terminal is to
 * show it (`terminal monitor`, `terminal debugging`). Zero-initialized is off.
 */
struct debug {
	struct client *client; /* a connection of its own: lines come when they come; NULL: off */
	uint32_t mask;	       /* of enum msg_ike_topic */
	struct addr remote;    /* only of this peer; af 0: of all */
	bool monitor;
	bool debugging;
};

void debug_fini(struct debug *d);
/* Readable when lines wait; -1 when none can come. */
int debug_fd(const struct debug *d);
/* Prints what waits. */
void debug_print(struct shell *sh);

#endif
