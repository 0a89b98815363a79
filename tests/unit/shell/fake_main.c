/*
 * fake_router DIR: the fake router as a program, for the terminal test. Listens on DIR/control.sock, says
 * "ready", and ends when its standard input does.
 */
#include "config.h"

#include "lib/frame.h"
#include "lib/log.h"
#include "lib/loop.h"
#include "tests/unit/shell/fake_router.h"

#include <stdio.h>
#include <unistd.h>

struct server {
	struct loop *loop;
	struct fake_router *router;
	int listener;
};

static void
accept_one(void *arg)
{
	struct server *s = arg;
	int fd = frame_accept(s->listener);

	if (fd >= 0)
		fake_router_serve(s->router, fd);
}

static void
stop(void *arg)
{
	struct server *s = arg;
	char c;

	if (read(STDIN_FILENO, &c, 1) <= 0)
		loop_stop(s->loop);
}

int
main(int argc, char **argv)
{
	struct server s = { .loop = loop_new() };
	struct watch *watches[2];
	char path[4096];

	log_init("fake_router", 1, LOG_LV_WARN);
	if (argc != 2)
		return 2;
	snprintf(path, sizeof(path), "%s/control.sock", argv[1]);
	s.router = fake_router_new(s.loop, argv[1]);
	s.listener = frame_listen(path, 0600);
	if (!s.router || s.listener < 0)
		return 1;
	watches[0] = watch_fd(s.loop, s.listener, LOOP_READ, accept_one, &s);
	watches[1] = watch_fd(s.loop, STDIN_FILENO, LOOP_READ, stop, &s);
	puts("ready");
	fflush(stdout);
	loop_run(s.loop);
	unlink(path);
	watch_free(watches[0]);
	watch_free(watches[1]);
	fake_router_free(s.router);
	loop_free(s.loop);
	return 0;
}
