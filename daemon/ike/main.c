/*
 * yongike: the IKE speaker. What it negotiates is in exchange.def, whom it talks to in link.c. Lives as long
 * as its control socket (descriptor 3); opens nothing, knows no store and no file. It parses
 * what anybody in the network sends: everything it needs of the system it has before the first byte.
 */
#include "config.h"

#include "daemon/ike/link.h"
#include "lib/err.h"
#include "lib/log.h"
#include "lib/loop.h"
#include "lib/priv.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { CONTROL_FD = 3 };

static const char usage[] = "usage: yongike [-dhV]\n"
			    "Speaks IKE for yongd, which starts it with a socket as descriptor 3.\n"
			    "  -d  log everything\n"
			    "  -h  this text\n"
			    "  -V  the version\n";

static void
stop(void *arg)
{
	loop_stop(arg);
}

static int
run(struct loop *l)
{
	struct err e = { 0 };
	struct link *link = link_new(l, stop, l, &e);
	int rc = link != NULL ? priv_drop(PRIV_IKE, &e) : -ENOMEM;

	if (rc == 0) {
		rc = link_open(link, CONTROL_FD);
		if (rc != 0)
			err_set(&e, rc, "yongike", "memory is short");
	}
	if (rc == 0)
		loop_run(l);
	else
		log_error("%s: %s", e.object, e.text);
	link_free(link);
	return rc != 0;
}

int
main(int argc, char **argv)
{
	enum log_level level = LOG_LV_INFO;
	struct loop *l;
	int c, rc;

	while ((c = getopt(argc, argv, "dhV")) != -1) {
		switch (c) {
		case 'd': level = LOG_LV_DEBUG; break;
		case 'h': fputs(usage, stdout); return 0;
		case 'V': puts("yongike " PACKAGE_VERSION); return 0;
		default: fputs(usage, stderr); return 2;
		}
	}
	log_init("yongike", 1, level);
	if (optind < argc || fcntl(CONTROL_FD, F_GETFD) < 0) {
		fputs(usage, stderr);
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	l = loop_new();
	if (l == NULL) {
		log_error("start: %s", strerror(ENOMEM));
		return 1;
	}
	rc = run(l);
	loop_free(l);
	return rc;
}
