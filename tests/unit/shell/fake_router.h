#ifndef YD_TESTS_UNIT_SHELL_FAKE_ROUTER_H
#define YD_TESTS_UNIT_SHELL_FAKE_ROUTER_H

#include <sys/types.h>

struct loop;

/*
 * A router for the shell's tests: a real store and the real commit path in a directory of its own, state
 * rows that never change, no kernel. It refuses a host called "Refused" and cannot apply one called
 * "Failing".
 */
struct fake_router;
#define FAKE_RESETS "resets" /* file in its directory: a line "TABLE FILTER" each reset */

/* In this process, over a loop; sessions are added one by one (the socket is the router's then). */
struct fake_router *fake_router_new(struct loop *l, const char *dir);
void fake_router_free(struct fake_router *r);
void fake_router_serve(struct fake_router *r, int sock);

/* In a child process, until its connections are closed. */
struct fake_child {
	char dir[64];
	pid_t pid;
	int sock[2]; /* two operators; -1 once given to a session */
};
void fake_child_start(struct fake_child *c);
void fake_child_stop(struct fake_child *c);

#endif
