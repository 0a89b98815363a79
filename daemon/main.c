/*
 * yongd: the map. Options, then: open the store, bring the router up, serve shells until told to stop,
 * and take down what was made. What the parts are is in daemon.h.
 */
#include "config.h"

#include "daemon/childlink.h"
#include "daemon/control.h"
#include "daemon/daemon.h"
#include "daemon/detach.h"
#include "lib/err.h"
#include "lib/log.h"
#include "lib/loop.h"
#include "lib/priv.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { SHELL_FD = 3, READY_POLL_MS = 20, READY_MOST_MS = 10000 };

static const char usage[] =
	"usage: yongd [-dfhV] [-s DIR] [-x DIR] [--commit]\n"
	"The router's daemon: keeps the configuration and makes it run.\n"
	"  -s DIR    state directory (" STATEDIR ")\n"
	"  -x DIR    where the programs it starts are\n"
	"  -f        stay in the foreground, log to stderr\n"
	"  -d        log everything\n"
	"  --commit  only serve the shell on descriptor 3: store what it commits, run nothing\n"
	"  -h, -V    this text, the version\n";

struct options {
	const char *state_dir;
	const char *libexec_dir;
	bool foreground;
	bool commit_only;
	enum log_level level;
};

/* One run of the program: what signals and timers work on. */
struct run {
	struct daemon daemon;
	int parent; /* who waits to hear that all is well, or what is not; -1 = nobody */
	struct loop *loop;
	struct watch *signals[4];
	struct timer *ready;
	uint64_t ready_by_ms;
	int rc;
};

/* 0, or the exit status + 1 when there is nothing more to do. */
static int
options_parse(int argc, char **argv, struct options *o)
{
	static const struct option longs[] = { { "commit", no_argument, NULL, 'c' }, { 0 } };
	int c;

	*o = (struct options){ .state_dir = STATEDIR, .level = LOG_LV_INFO };
	while ((c = getopt_long(argc, argv, "dfhs:Vx:", longs, NULL)) != -1) {
		switch (c) {
		case 'c': o->commit_only = true; break;
		case 'd': o->level = LOG_LV_DEBUG; break;
		case 'f': o->foreground = true; break;
		case 's': o->state_dir = optarg; break;
		case 'x': o->libexec_dir = optarg; break;
		case 'h': fputs(usage, stdout); return 1;
		case 'V': puts("yongd " PACKAGE_VERSION); return 1;
		default: fputs(usage, stderr); return 3;
		}
	}
	if (optind == argc)
		return 0;
	fputs(usage, stderr);
	return 3;
}

/* Where it was installed, or, run in place from another prefix, beside us. */
static const char *
libexec_find(char *room, size_t cap)
{
	struct stat st;
	ssize_t n;
	char *slash;

	if (stat(PKGLIBEXECDIR "/yongdp", &st) == 0)
		return PKGLIBEXECDIR;
	n = readlink("/proc/self/exe", room, cap - 1);
	if (n < 0)
		return PKGLIBEXECDIR;
	room[n] = '\0';
	slash = strrchr(room, '/');
	if (slash == NULL || (size_t)(slash - room) + sizeof("/../libexec/yongdao") > cap)
		return PKGLIBEXECDIR;
	strlcpy(slash, "/../libexec/yongdao", cap - (size_t)(slash - room));
	return room;
}

/* sd_notify(3) without its library. */
static void
notify(const char *text)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int fd;

	if (path == NULL || strlcpy(sa.sun_path, path, sizeof(sa.sun_path)) >= sizeof(sa.sun_path))
		return;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	if (sa.sun_path[0] == '@')
		sa.sun_path[0] = '\0';
	if (sendto(fd, text, strlen(text), MSG_NOSIGNAL, (struct sockaddr *)&sa,
		    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path))) < 0)
		log_warn("NOTIFY_SOCKET is not heard");
	close(fd);
}

static void
failed(struct run *r, const struct err *e)
{
	log_error("%s: %s", e->object, e->text);
	detach_report(&r->parent, e);
}

/* --- signals -------------------------------------------------------------------------------- */

static void
on_stop(void *arg)
{
	loop_stop(((struct run *)arg)->loop);
}

static void
on_hangup(void *arg)
{
	daemon_reread(&((struct run *)arg)->daemon);
}

static void
on_child(void *arg)
{
	daemon_reap(&((struct run *)arg)->daemon);
}

static void
signals_watch(struct run *r)
{
	signal(SIGPIPE, SIG_IGN);
	r->signals[0] = watch_signal(r->loop, SIGTERM, on_stop, r);
	r->signals[1] = watch_signal(r->loop, SIGINT, on_stop, r);
	r->signals[2] = watch_signal(r->loop, SIGHUP, on_hangup, r);
	r->signals[3] = watch_signal(r->loop, SIGCHLD, on_child, r);
}

/* --- the two ways to run ---------------------------------------------------------------------- */

/* Shells are let in when the store is applied, or when that takes suspiciously long. */
static void
on_ready(void *arg)
{
	struct run *r = arg;
	struct daemon *d = &r->daemon;
	struct err e = { 0 };

	if (!daemon_is_settled(d) && loop_now_ms(r->loop) < r->ready_by_ms) {
		timer_set(r->ready, READY_POLL_MS);
		return;
	}
	r->rc = control_new(d, &d->control, &e);
	if (r->rc != 0) {
		failed(r, &e);
		loop_stop(r->loop);
		return;
	}
	detach_report(&r->parent, NULL);
	log_info("ready");
	notify("READY=1\n");
}

static int
run_router(struct run *r)
{
	struct err e = { 0 };
	int rc;

	signals_watch(r);
	rc = priv_limit_daemon(&e);
	if (rc == 0)
		rc = daemon_start(&r->daemon, &e);
	if (rc != 0)
		failed(r, &e);
	r->ready = timer_new(r->loop, on_ready, r);
	r->ready_by_ms = loop_now_ms(r->loop) + READY_MOST_MS;
	if (rc == 0) {
		on_ready(r);
		loop_run(r->loop);
		log_info("stops");
		notify("STOPPING=1\n");
		rc = r->rc;
	}
	daemon_stop(&r->daemon);
	return rc;
}

static int
run_commit_only(struct run *r)
{
	struct daemon *d = &r->daemon;
	struct err e = { 0 };
	int rc;

	signal(SIGPIPE, SIG_IGN);
	rc = compile_all(d->compile, d->store, &e);
	if (rc == 0) {
		daemon_apply(d);
		rc = control_new_single(d, SHELL_FD, (uid_t)-1, on_stop, r, &d->control, &e);
	}
	if (rc != 0)
		failed(r, &e);
	else
		loop_run(r->loop);
	return rc;
}

int
main(int argc, char **argv)
{
	struct options o;
	struct run r = { .parent = -1 };
	struct err e = { 0 };
	char room[4096];
	int rc = options_parse(argc, argv, &o);

	if (rc != 0)
		return rc - 1;
	if (!o.foreground && !o.commit_only && (rc = detach(&r.parent, &e)) != 0) {
		if (rc != 1)
			fprintf(stderr, "%s: %s\n", e.object, e.text);
		return rc != 1;
	}
	if (o.commit_only && o.level == LOG_LV_INFO)
		o.level = LOG_LV_WARN; /* the shell tells */
	log_init("yongd", o.foreground || o.commit_only, o.level);
	umask(022);
	r.loop = loop_new();
	if (r.loop == NULL)
		return 1;
	if (o.libexec_dir == NULL)
		o.libexec_dir = libexec_find(room, sizeof(room));
	rc = daemon_open(&r.daemon, r.loop, o.state_dir, o.libexec_dir, &e);
	if (rc != 0)
		failed(&r, &e);
	else
		rc = o.commit_only ? run_commit_only(&r) : run_router(&r);
	daemon_close(&r.daemon);
	timer_free(r.ready);
	for (unsigned int i = 0; i < sizeof(r.signals) / sizeof(r.signals[0]); i++)
		watch_free(r.signals[i]);
	loop_free(r.loop);
	return rc != 0;
}
