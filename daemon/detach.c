/*
 * A daemon's fork. Knows nothing of what the daemon does.
 */
#include "config.h"

#include "daemon/detach.h"

#include "lib/err.h"
#include "lib/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char runs[] = "+";

/* The parent's part: one report, or the end of a child that could not even report. */
static int
hear(int fd, struct err *e)
{
	char text[sizeof(e->text)] = "";
	size_t len = 0;
	ssize_t n;

	while (len < sizeof(text) - 1) {
		n = read(fd, text + len, sizeof(text) - 1 - len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		len += (size_t)n;
	}
	close(fd);
	if (strcmp(text, runs) == 0)
		return 1;
	err_set(e, -EIO, "yongd", "%s", len > 0 ? text : "it ended while it started");
	return 2;
}

static int
lose_terminal(void)
{
	int null = open("/dev/null", O_RDWR);

	if (null < 0 || setsid() < 0)
		return -errno;
	for (int fd = 0; fd <= 2; fd++)
		dup2(null, fd);
	if (null > 2)
		close(null);
	return 0;
}

int
detach(int *report, struct err *e)
{
	int fds[2], rc;

	*report = -1;
	if (pipe2(fds, O_CLOEXEC) != 0)
		return err_set(e, -errno, "yongd", "no pipe: %s", strerror(errno));
	switch (fork()) {
	case -1: return err_set(e, -errno, "yongd", "no process: %s", strerror(errno));
	case 0: break;
	default: close(fds[1]); return hear(fds[0], e);
	}
	close(fds[0]);
	rc = lose_terminal();
	*report = fds[1];
	return rc == 0 ? 0 : err_set(e, rc, "yongd", "%s", strerror(-rc));
}

void
detach_report(int *report, const struct err *e)
{
	char text[sizeof(*e) + 4];

	if (*report < 0)
		return;
	strlcpy(text, runs, sizeof(text));
	if (e != NULL)
		snprintf(text, sizeof(text), "%s: %s", e->object, e->text);
	if (write(*report, text, strlen(text)) < 0)
		log_warn("nobody hears how the start went");
	close(*report);
	*report = -1;
}
