/*
 * yongdp: GRE, ESP and what belongs to them, on descriptors that the daemon passes. What happens
 * to a packet is in pipeline.c, what the daemon may ask in control.c. Lives as long as its
 * control socket (descriptor 3); opens nothing, knows no store and no file.
 */
#include "config.h"

#include "datapath/control.h"
#include "datapath/dp.h"
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

static const char usage[] =
	"usage: yongdp [-dhV]\n"
	"Runs packets for yongd, which starts it with a socket as descriptor 3.\n"
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
	struct control *control = NULL;
	struct err e = { 0 };
	struct dp dp;
	int r = dp_init(&dp, l);

	if (r < 0) {
		log_error("start: %s", strerror(-r));
		return 1;
	}
	r = priv_drop(PRIV_DATAPATH, &e);
	if (r < 0) {
		log_error("%s: %s", e.object, e.text);
		close(CONTROL_FD);
	} else {
		control = control_new(&dp, CONTROL_FD, stop, l);
	}
	if (control)
		loop_run(l);
	control_free(control);
	dp_fini(&dp);
	return control ? 0 : 1;
}

int
main(int argc, char **argv)
{
	enum log_level level = LOG_LV_INFO;
	struct loop *l;
	int c, r;

	while ((c = getopt(argc, argv, "dhV")) != -1) {
		switch (c) {
		case 'd': level = LOG_LV_DEBUG; break;
		case 'h': fputs(usage, stdout); return 0;
		case 'V': puts("yongdp " PACKAGE_VERSION); return 0;
		default: fputs(usage, stderr); return 2;
		}
	}
	log_init("yongdp", 1, level);
	if (optind < argc || fcntl(CONTROL_FD, F_GETFD) < 0) {
		fputs(usage, stderr);
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	l = loop_new();
	if (!l) {
		log_error("start: %s", strerror(ENOMEM));
		return 1;
	}
	r = run(l);
	loop_free(l);
	return r;
}
