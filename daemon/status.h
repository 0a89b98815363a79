#ifndef YD_DAEMON_STATUS_H
#define YD_DAEMON_STATUS_H

#include <stddef.h>

#include "lib/state.h"

struct daemon;

/* The live-state tables that the daemon fills itself. */
struct status_sink {
	/* rec is the struct st_NAME of the table. */
	void (*row)(void *arg, const struct state_info *table, const void *rec);
	void *arg;
};

/* Counters of the datapath's ports, which the rows of interfaces take over. */
struct status_ports {
	const struct st_port *port;
	size_t n;
};

/* -ENOENT for a table that is not ours. filter: what the first field must equal, "" = all. */
int status_rows(struct daemon *d, enum state_table table, const char *filter,
	const struct status_ports *ports, const struct status_sink *sink);

/* Looks which interfaces' line protocol is up, for lines.h. */
void status_see_lines(struct daemon *d);

/* What the kernel has counted so far on an interface, or ("") on all, is not shown any more. 0 or -errno. */
int status_zero_interfaces(struct daemon *d, const char *name);

#endif
