/*
 * Starts the committing helper. Knows how to start it and what to say when it cannot; the conversation
 * is client.c's.
 */
#include "config.h"

#include "shell/offline.h"

#include "lib/err.h"
#include "lib/frame.h"
#include "shell/client.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { HELPER_FD = 3 };

struct offline {
	struct client *client;
	pid_t pid;
};

/* The helper gets its end as descriptor 3 and no blocked signals. */
static int
spawn(const char *dir, int fd, pid_t *pid)
{
	char *const argv[] = { (char *)"yongd", (char *)"-s", (char *)dir, (char *)"--commit",
		NULL };
	char *const envp[] = { (char *)"PATH=/usr/sbin:/usr/bin:/sbin:/bin", NULL };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	sigset_t none;
	int rc;

	sigemptyset(&none);
	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attr);
	posix_spawn_file_actions_adddup2(&actions, fd, HELPER_FD);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK);
	rc = posix_spawn(pid, SBINDIR "/yongd", &actions, &attr, argv, envp);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&actions);
	return -rc;
}

int
offline_start(const char *dir, struct offline **out, struct err *e)
{
	struct offline *o;
	int fds[2], rc;

	*out = NULL;
	if (geteuid() != 0)
		return err_set(e, -EACCES, "",
			"The router is not running: only root can change its configuration now.");
	rc = frame_pair(fds);
	if (rc)
		return err_set(e, rc, "", "No connection to yongd: %s.", strerror(-rc));
	o = calloc(1, sizeof(*o));
	rc = o ? spawn(dir, fds[1], &o->pid) : -ENOMEM;
	close(fds[1]);
	if (rc) {
		close(fds[0]);
		free(o);
		return err_set(e, rc, SBINDIR "/yongd", "It cannot be started: %s.", strerror(-rc));
	}
	rc = client_new(fds[0], "offline", &o->client, e);
	if (rc) {
		offline_stop(o);
		return rc;
	}
	*out = o;
	return 0;
}

void
offline_stop(struct offline *o)
{
	if (!o)
		return;
	client_free(o->client);
	while (waitpid(o->pid, NULL, 0) < 0 && errno == EINTR)
		;
	free(o);
}

struct client *
offline_client(struct offline *o)
{
	return o->client;
}
