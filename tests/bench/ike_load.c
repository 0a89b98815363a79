/*
 * Loads an IKE responder: N initiators on UDP port 500 of as many addresses, and how long it takes until all of
 * them are up. They stay so until standard input ends, for who wants to look at the responder.
 *
 *   ip route add local 10.200.0.0/16 dev lo
 *   ike_load -n 1000 -w 16 -g group31 RESPONDER
 *
 * Says "… up after … s" each tenth, and at last "all N up after S s, R handshakes/s".
 */
#include "config.h"

#include "daemon/ike/sender.h"
#include "lib/alg.h"
#include "lib/loop.h"
#include "tests/bench/initiators.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PORT = 500, DATAGRAM_MAX = 65536, BATCH = 64, BUFFER = 8 << 20, LOOK_MS = 20 };

static const char usage[] = "usage: ike_load [-n N] [-w AT_ONCE] [-g GROUP] RESPONDER\n";

struct load {
	struct initiators initiators; /* first: its argument is ours */
	struct loop *loop;
	struct sender *sender;
	struct timer *look;
	int fd;
};

static void
send_datagram(void *arg, const struct ike_path *path, const uint8_t *data, size_t len)
{
	sender_send(((struct load *)arg)->sender, path, data, len);
}

/* Where it was sent to: one of many addresses. */
static struct addr
destination_of(struct msghdr *msg)
{
	struct addr a = { 0 };

	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		struct in_pktinfo info;

		if (c->cmsg_level != IPPROTO_IP || c->cmsg_type != IP_PKTINFO)
			continue;
		memcpy(&info, CMSG_DATA(c), sizeof(info));
		a.af = AF_INET;
		memcpy(a.b, &info.ipi_addr, sizeof(info.ipi_addr));
	}
	return a;
}

static bool
receive(struct load *s)
{
	static uint8_t data[DATAGRAM_MAX];
	_Alignas(struct cmsghdr) uint8_t control[64];
	struct sockaddr_in from;
	struct iovec part = { data, sizeof(data) };
	struct msghdr msg = { .msg_name = &from,
		.msg_namelen = sizeof(from),
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control) };
	ssize_t n = recvmsg(s->fd, &msg, MSG_DONTWAIT);
	struct ike_path path = { .local_port = PORT };

	if (n < 0)
		return false;
	path.local = destination_of(&msg);
	path.remote.af = AF_INET;
	memcpy(path.remote.b, &from.sin_addr, sizeof(from.sin_addr));
	path.remote_port = ntohs(from.sin_port);
	ike_input(s->initiators.stub.ike, &path, data, (size_t)n);
	return true;
}

static void
on_readable(void *arg)
{
	for (unsigned int i = 0; i < BATCH && receive(arg); i++)
		;
}

static void
on_input(void *arg)
{
	struct load *s = arg;
	char c;

	if (read(STDIN_FILENO, &c, 1) <= 0)
		loop_stop(s->loop);
}

static void
look(void *arg)
{
	struct load *s = arg;
	const struct initiators *i = &s->initiators;

	if (i->took == 0) {
		timer_set(s->look, LOOK_MS);
		return;
	}
	printf("all %u up after %.3f s, %.1f handshakes/s\n", i->n, i->took,
		(double)i->n / i->took);
	fflush(stdout);
}

static int
socket_open(struct load *s)
{
	struct sockaddr_in any = { .sin_family = AF_INET, .sin_port = htons(PORT) };
	int one = 1, size = BUFFER, dup_fd;

	s->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (s->fd < 0 || bind(s->fd, (struct sockaddr *)&any, sizeof(any)) != 0 ||
		setsockopt(s->fd, IPPROTO_IP, IP_PKTINFO, &one, sizeof(one)) != 0)
		return -errno;
	setsockopt(s->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	dup_fd = dup(s->fd);
	return sender_put(s->sender, AF_INET, PORT, dup_fd);
}

static void
run(struct load *s, struct initiators_plan *plan)
{
	struct watch *in = watch_fd(s->loop, s->fd, LOOP_READ, on_readable, s);
	struct watch *end = watch_fd(s->loop, STDIN_FILENO, LOOP_READ, on_input, s);

	plan->send = send_datagram;
	initiators_init(&s->initiators, s->loop, plan);
	s->initiators.talks = true;
	timer_set(s->look, LOOK_MS);
	initiators_start(&s->initiators);
	loop_run(s->loop);
	initiators_fini(&s->initiators);
	watch_free(in);
	watch_free(end);
}

static bool
options(int argc, char **argv, struct initiators_plan *plan)
{
	int c;

	while ((c = getopt(argc, argv, "n:w:g:")) != -1) {
		switch (c) {
		case 'n': plan->n = (uint32_t)strtoul(optarg, NULL, 10); break;
		case 'w': plan->at_once = (uint32_t)strtoul(optarg, NULL, 10); break;
		case 'g': plan->dh = (uint8_t)alg_dh_find(optarg); break;
		default: return false;
		}
	}
	return optind + 1 == argc && addr_parse(argv[optind], &plan->responder) == 0 &&
		plan->responder.af == AF_INET && plan->n > 0 && plan->n <= INITIATORS_MOST &&
		plan->at_once > 0 && plan->dh != 0;
}

int
main(int argc, char **argv)
{
	struct initiators_plan plan = { .n = 1000, .at_once = 16, .dh = ALG_DH_x25519 };
	struct load s = { .fd = -1 };
	int rc;

	if (!options(argc, argv, &plan)) {
		fputs(usage, stderr);
		return 2;
	}
	s.loop = loop_new();
	s.sender = sender_new();
	s.look = timer_new(s.loop, look, &s);
	rc = socket_open(&s);
	if (rc == 0)
		run(&s, &plan);
	else
		fprintf(stderr, "UDP port %d: %s\n", PORT, strerror(-rc));
	timer_free(s.look);
	sender_free(s.sender);
	close(s.fd);
	loop_free(s.loop);
	return rc != 0;
}
