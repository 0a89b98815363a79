#ifndef YD_DAEMON_PROC_H
#define YD_DAEMON_PROC_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct loop;

/*
 * One child program: started with a socket as descriptor 3 and an empty environment, started again
 * when it dies: at once, then after growing pauses.
 */
struct proc;

struct proc_ops {
	/* It runs; the other end of its socket is the callee's. */
	void (*started)(void *arg, int fd);
	/* It is dead; called before it is started again. */
	void (*gone)(void *arg);
	void *arg;
	/* Its end is the end: it is not started again, and gone is the last call, in which it may be freed. */
	bool once;
};

/* path is the executable; ops and path are copied. */
struct proc *proc_new(struct loop *l, const char *path, const struct proc_ops *ops);
/* Ends the child and waits for its end; nothing is called any more. */
void proc_free(struct proc *p);

void proc_start(struct proc *p);
/* Its socket is gone or it misbehaves: it is killed, and started again when it is reaped. */
void proc_restart(struct proc *p);
/* What waitpid said; false when it is not this child. */
bool proc_reaped(struct proc *p, pid_t pid, int status);

uint32_t proc_restarts(const struct proc *p);
pid_t proc_pid(const struct proc *p);

#endif
