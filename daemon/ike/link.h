#ifndef YD_IKE_LINK_H
#define YD_IKE_LINK_H

struct err;
struct loop;

/*
 * The engine in its process: what the daemon says and is told, the datagrams that the datapath hands
 * over, and those that are sent.
 */
struct link;

/* Makes the engine: everything that needs files, before the sandbox. gone(arg) is called when the daemon
 * has closed its socket. NULL, and err filled, when it cannot be. */
struct link *link_new(struct loop *l, void (*gone)(void *arg), void *arg, struct err *e);
void link_free(struct link *link);
/* Begins to listen to the daemon: takes the socket fd, also on failure. 0 or -ENOMEM. */
int link_open(struct link *link, int fd);

#endif
