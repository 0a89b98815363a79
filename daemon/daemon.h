#ifndef YD_DAEMON_DAEMON_H
#define YD_DAEMON_DAEMON_H

#include <stdbool.h>
#include <stdint.h>

#include "daemon/compile/compile.h"

struct captures;
struct control;
struct dpevents;
struct childlink;
struct kind_dp;
struct kind_ike;
struct lines;
struct loop;
struct negotiated;
struct oscfg;
struct proc;
struct rates;
struct reconcile;
struct sastate;
struct seal;
struct speaker;
struct store;
struct timer;
struct zeros;

/* Everything yongd owns; there are no globals. Each part sees the others through it. In the commit-only
 * mode (yongd --commit) there is a store, a seal and a compile, and the rest is NULL. */
struct daemon {
	struct loop *loop;
	const char *state_dir;
	const char *libexec_dir;
	int lock_fd;
	struct store *store;
	struct seal *seal;
	struct compile *compile;
	struct compile_env env;
	struct oscfg *os;
	struct reconcile *reconcile;
	struct sastate *sastate;
	struct kind_dp *kind_dp;
	struct kind_ike *kind_ike;
	struct childlink *dplink;
	struct childlink *ikelink;
	struct speaker *speaker;
	struct negotiated *negotiated;
	struct dpevents *dpevents;
	struct proc *datapath;
	struct captures *captures;
	struct control *control;
	struct lines *lines;
	struct rates *rates;
	struct zeros *zeros;
	struct timer *count;	 /* what passed the devices */
	struct timer *look;	 /* at the lines: which are up? */
	struct timer *events;	 /* the kernel's state changed */
	uint64_t verified_ms;	 /* when the kernel was last compared with what should run */
	uint64_t verify_cost_ms; /* how long that took */
	uint64_t started_ms;
	uint64_t applied;     /* revision that the kernel and the datapath have */
	uint64_t filter_zero; /* drops of the kernel's filter when the counters were reset */
};

struct err;

/* Takes the state directory (one daemon at a time: -EBUSY) and opens the store; compiles it. The strings
 * are borrowed. On failure daemon_close is still to be called. */
int daemon_open(struct daemon *d, struct loop *l, const char *state_dir, const char *libexec_dir,
	struct err *e);
/* Brings the router up: what runs already is adopted, what is wanted is made, children are started. */
int daemon_start(struct daemon *d, struct err *e);
/* A clean stop: everything made in the operating system is removed. */
void daemon_stop(struct daemon *d);
void daemon_close(struct daemon *d);

/* Compiles the whole store anew and reconciles. */
void daemon_reread(struct daemon *d);
/* Takes over what compile has ready, and makes it run. */
void daemon_apply(struct daemon *d);
/* The line of a tunnel's device went up or down. */
void daemon_line(struct daemon *d, const char *device, bool up);
/* Called for SIGCHLD. */
void daemon_reap(struct daemon *d);
/* Has everything that was asked of the datapath, and of the IKE speaker if one runs, been answered? */
bool daemon_is_settled(const struct daemon *d);

#endif
