/*
 * Twin of daemon/proc.c, with small programs of the system as children.
 */
#include "config.h"

#include "daemon/proc.h"

#include "lib/loop.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/daemon/suites.h"

struct seen {
	unsigned int started, gone;
	int fd;
};

static void
on_started(void *arg, int fd)
{
	struct seen *s = arg;

	s->started++;
	if (s->fd >= 0)
		close(s->fd);
	s->fd = fd;
}

static void
on_gone(void *arg)
{
	((struct seen *)arg)->gone++;
}

static void
reap(struct proc *p)
{
	int status;
	pid_t pid = waitpid(proc_pid(p), &status, 0);

	CU_ASSERT_TRUE(proc_reaped(p, pid, status));
}

static void
a_dead_child_is_started_at_once_and_then_after_growing_pauses(void)
{
	static const uint64_t pauses_ms[] = { 0, 100, 200, 400, 800, 1600, 3200, 6400, 10000,
		10000 };
	struct seen seen = { .fd = -1 };
	const struct proc_ops ops = { on_started, on_gone, &seen };
	struct loop *l = loop_new_virtual();
	struct proc *p = proc_new(l, "/bin/false", &ops);

	proc_start(p);
	for (unsigned int i = 0; i < sizeof(pauses_ms) / sizeof(pauses_ms[0]); i++) {
		CU_ASSERT_EQUAL(seen.started, i + 1);
		reap(p);
		CU_ASSERT_EQUAL(seen.gone, i + 1);
		if (pauses_ms[i] > 0)
			loop_warp(l, pauses_ms[i] - 1);
		CU_ASSERT_EQUAL(seen.started, i + 1);
		loop_warp(l, pauses_ms[i] > 0 ? 1 : 0);
	}
	CU_ASSERT_EQUAL(proc_restarts(p), sizeof(pauses_ms) / sizeof(pauses_ms[0]));
	close(seen.fd);
	proc_free(p);
	loop_free(l);
}

static void
a_child_that_ran_well_for_long_is_started_at_once_again(void)
{
	struct seen seen = { .fd = -1 };
	const struct proc_ops ops = { on_started, on_gone, &seen };
	struct loop *l = loop_new_virtual();
	struct proc *p = proc_new(l, "/bin/cat", &ops);

	proc_start(p);
	for (unsigned int i = 0; i < 3; i++) {
		loop_warp(l, 20000);
		proc_restart(p);
		reap(p);
		loop_warp(l, 0);
		CU_ASSERT_EQUAL(seen.started, i + 2);
	}
	close(seen.fd);
	proc_free(p); /* ends the running one */
	loop_free(l);
}

static void
somebody_else_s_child_is_not_ours(void)
{
	struct seen seen = { .fd = -1 };
	const struct proc_ops ops = { on_started, on_gone, &seen };
	struct loop *l = loop_new_virtual();
	struct proc *p = proc_new(l, "/bin/false", &ops);

	CU_ASSERT_FALSE(proc_reaped(p, 12345, 0));
	CU_ASSERT_FALSE(proc_reaped(NULL, 12345, 0));
	CU_ASSERT_EQUAL(seen.gone, 0);
	proc_free(p);
	loop_free(l);
}

struct single {
	struct proc *proc;
	unsigned int gone;
};

static void
on_single_gone(void *arg)
{
	struct single *s = arg;

	s->gone++;
	proc_free(s->proc);
}

static void
on_single_started(void *arg, int fd)
{
	close(fd);
}

static void
a_child_that_runs_once_may_be_freed_when_it_is_gone(void)
{
	struct single s = { 0 };
	const struct proc_ops ops = { on_single_started, on_single_gone, &s, true };
	struct loop *l = loop_new_virtual();

	s.proc = proc_new(l, "/bin/false", &ops);
	proc_start(s.proc);
	reap(s.proc);
	CU_ASSERT_EQUAL(s.gone, 1);
	loop_warp(l, 60000);
	CU_ASSERT_EQUAL(s.gone, 1);
	loop_free(l);
}

CU_TestInfo proc_tests[] = {
	{ "a dead child is started at once and then after growing pauses",
		a_dead_child_is_started_at_once_and_then_after_growing_pauses },
	{ "a child that ran well for long is started at once again",
		a_child_that_ran_well_for_long_is_started_at_once_again },
	{ "a child that runs once may be freed when it is gone",
		a_child_that_runs_once_may_be_freed_when_it_is_gone },
	{ "somebody else's child is not ours", somebody_else_s_child_is_not_ours },
	CU_TEST_INFO_NULL,
};
