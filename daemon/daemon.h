#ifndef YD_DAEMON_DAEMON_H
#define YD_DAEMON_DAEMON_H

struct arena;
struct control;
struct loop;
struct oscfg;
struct proc;
struct reconcile;
struct sastate;
struct seal;
struct store;

/* Everything yongd owns; there are no globals. Each part sees the others through it. */
struct daemon {
	struct loop *loop;
	const char *state_dir;
	struct store *store;
	struct seal *seal;
	struct oscfg *os;
	struct reconcile *reconcile;
	struct sastate *sastate;
	struct proc *datapath;
	struct control *control;
};

#endif
