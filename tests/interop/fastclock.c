/*
 * fastclock.so: a program under it (LD_PRELOAD) lives $FASTCLOCK times as fast: its monotonic clock runs ahead and
 * its waits are as much shorter. So lifetimes that are configured in minutes end within a test. Only for programs
 * that wait in epoll_wait(), as libevent's do.
 */
#include "config.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <time.h>

static int (*real_gettime)(clockid_t, struct timespec *);
static int (*real_wait)(int, struct epoll_event *, int, int);
static long times = 1;

/* The first call comes before a sandbox closes. */
static void
begin(void)
{
	const char *text = getenv("FASTCLOCK");

	if (real_wait)
		return;
	*(void **)&real_gettime = dlsym(RTLD_NEXT, "clock_gettime");
	*(void **)&real_wait = dlsym(RTLD_NEXT, "epoll_wait");
	if (text && atol(text) > 0)
		times = atol(text);
}

int
clock_gettime(clockid_t which, struct timespec *t)
{
	long nsec;
	int r;

	begin();
	r = real_gettime(which, t);
	nsec = t->tv_nsec;
	if (r == 0 && (which == CLOCK_MONOTONIC || which == CLOCK_MONOTONIC_COARSE)) {
		t->tv_sec = t->tv_sec * times + nsec * times / 1000000000;
		t->tv_nsec = nsec * times % 1000000000;
	}
	return r;
}

int
epoll_wait(int fd, struct epoll_event *events, int most, int timeout_ms)
{
	begin();
	/* rounded up: not awake a little too early, again and again */
	if (timeout_ms > 0)
		timeout_ms = (int)((timeout_ms + times - 1) / times);
	return real_wait(fd, events, most, timeout_ms);
}
