/*
 * Supervision of a child. Knows nothing of what is said over its socket.
 */
#include "config.h"

#include "daemon/proc.h"

#include "lib/frame.h"
#include "lib/log.h"
#include "lib/loop.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CONTROL_FD = 3, PAUSE_FIRST_MS = 100, PAUSE_MOST_MS = 10000, STEADY_MS = 10000 };

struct proc {
	struct loop *loop;
	char *path;
	struct proc_ops ops;
	pid_t pid; /* 0 = none */
	uint32_t n_starts;
	uint64_t started_ms;
	uint64_t pause_ms; /* before the next start */
	struct timer *again;
};

static void
on_again(void *arg)
{
	struct proc *p = arg;

	if (p->ops.once)
		p->ops.gone(p->ops.arg);
	else
		proc_start(p);
}

struct proc *
proc_new(struct loop *l, const char *path, const struct proc_ops *ops)
{
	struct proc *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return NULL;
	p->loop = l;
	p->ops = *ops;
	p->path = strdup(path);
	p->again = timer_new(l, on_again, p);
	if (p->path == NULL || p->again == NULL) {
		proc_free(p);
		return NULL;
	}
	return p;
}

void
proc_free(struct proc *p)
{
	if (p == NULL)
		return;
	if (p->pid > 0 && kill(p->pid, SIGTERM) == 0)
		while (waitpid(p->pid, NULL, 0) < 0 && errno == EINTR)
			;
	timer_free(p->again);
	free(p->path);
	free(p);
}

/* In the child: nothing of the parent's but stderr and the socket. */
static void
become(const char *path, int fd)
{
	const char *name = strrchr(path, '/');
	char *const argv[] = { (char *)(uintptr_t)(name != NULL ? name + 1 : path), NULL };
	char *const envp[] = { NULL };
	sigset_t none;
	int null = open("/dev/null", O_RDWR);

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	if (null >= 0) {
		dup2(null, 0);
		dup2(null, 1);
	}
	if (fd == CONTROL_FD) {
		fcntl(fd, F_SETFD, 0);
	} else if (dup2(fd, CONTROL_FD) < 0) {
		_exit(126);
	}
	closefrom(CONTROL_FD + 1);
	execve(path, argv, envp);
	_exit(127);
}

/* Or, what runs once, is gone. */
static void
pause_then_start(struct proc *p)
{
	timer_set(p->again, p->pause_ms);
	p->pause_ms = p->pause_ms == 0 ? PAUSE_FIRST_MS : p->pause_ms * 2;
	if (p->pause_ms > PAUSE_MOST_MS)
		p->pause_ms = PAUSE_MOST_MS;
}

void
proc_start(struct proc *p)
{
	int fds[2], rc = frame_pair(fds);

	p->n_starts++;
	p->started_ms = loop_now_ms(p->loop);
	if (rc != 0) {
		log_error("%s: %s", p->path, strerror(-rc));
		pause_then_start(p);
		return;
	}
	p->pid = fork();
	if (p->pid == 0)
		become(p->path, fds[1]);
	rc = errno;
	close(fds[1]);
	if (p->pid < 0) {
		log_error("%s: %s", p->path, strerror(rc));
		p->pid = 0;
		close(fds[0]);
		pause_then_start(p);
		return;
	}
	p->ops.started(p->ops.arg, fds[0]);
}

void
proc_restart(struct proc *p)
{
	if (p->pid > 0)
		kill(p->pid, SIGKILL);
}

bool
proc_reaped(struct proc *p, pid_t pid, int status)
{
	if (p == NULL || p->pid != pid)
		return false;
	p->pid = 0;
	if (WIFSIGNALED(status))
		log_warn("%s died of signal %d", p->path, WTERMSIG(status));
	else if (!p->ops.once || WEXITSTATUS(status) != 0)
		log_warn("%s ended with status %d", p->path, WEXITSTATUS(status));
	if (p->ops.once) {
		p->ops.gone(p->ops.arg);
		return true;
	}
	if (loop_now_ms(p->loop) - p->started_ms >= STEADY_MS)
		p->pause_ms = 0;
	p->ops.gone(p->ops.arg);
	pause_then_start(p);
	return true;
}

uint32_t
proc_restarts(const struct proc *p)
{
	return p->n_starts > 0 ? p->n_starts - 1 : 0;
}

pid_t
proc_pid(const struct proc *p)
{
	return p->pid;
}
