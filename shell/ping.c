/*
 * ping: one echo request at a time, the statistics at the end. Opens no socket and chooses no source;
 * RFC 792, RFC 4443 4.
 */
#include "config.h"

#include "shell/ping.h"

#include "shell/out.h"

#include "lib/buf.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { ICMP_HEADER_LEN = 8, DATA_MAX = 8100, SLICE_MS = 100 };

/* What differs between the families: types, and how the socket says what is left of the hops. */
static const struct family {
	uint8_t request, reply;
	int level, ask, answer;
} families[] = {
	{ 8, 0, IPPROTO_IP, IP_RECVTTL, IP_TTL },
	{ 128, 129, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, IPV6_HOPLIMIT },
};

static const struct family *
family_of(const struct addr *a)
{
	return &families[a->af == AF_INET6];
}

struct statistics {
	unsigned int sent;
	unsigned int received;
	uint64_t min_us;
	uint64_t max_us;
	uint64_t sum_us;
};

static uint64_t
now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

int
ping_parse(uint8_t af, const void *data, size_t len, struct ping_reply *r)
{
	struct rbuf b = rbuf_over(data, len);
	uint8_t type, code;

	type = rbuf_u8(&b);
	code = rbuf_u8(&b);
	rbuf_u16(&b); /* checksum: the kernel has compared it */
	rbuf_u16(&b); /* the identifier is the socket's */
	r->sequence = rbuf_u16(&b);
	if (b.bad)
		return -EBADMSG;
	r->bytes = rbuf_left(&b);
	return type == families[af == AF_INET6].reply && code == 0 ? 0 : -EAGAIN;
}

/* Errors of earlier requests, which would otherwise be this one's. */
static void
drain_errors(const struct ping *p)
{
	struct pollfd pfd = { .fd = p->fd };
	char data[512];
	struct iovec iov = { .iov_base = data, .iov_len = sizeof(data) };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };
	int error;

	while (poll(&pfd, 1, 0) == 1 && (pfd.revents & POLLERR)) {
		getsockopt(p->fd, SOL_SOCKET, SO_ERROR, &error, &(socklen_t){ sizeof(error) });
		if (recvmsg(p->fd, &m, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
			break;
	}
}

static int
send_request(const struct ping *p, uint16_t sequence)
{
	uint8_t data[ICMP_HEADER_LEN + DATA_MAX];
	struct wbuf b = wbuf_over(data, sizeof(data));

	wbuf_u8(&b, family_of(&p->destination)->request);
	wbuf_u8(&b, 0);
	wbuf_u16(&b, 0);
	wbuf_u16(&b, 0);
	wbuf_u16(&b, sequence);
	for (unsigned int i = 0; i < p->size; i++)
		wbuf_u8(&b, (uint8_t)i);
	drain_errors(p);
	return send(p->fd, data, wbuf_len(&b), 0) < 0 ? -errno : 0;
}

/* Time to live of the datagram that was received, 0 when the socket does not say. */
static unsigned int
ttl_of(const struct family *f, struct msghdr *m)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		int ttl;

		if (c->cmsg_level != f->level || c->cmsg_type != f->answer)
			continue;
		memcpy(&ttl, CMSG_DATA(c), sizeof(ttl));
		return (unsigned int)ttl;
	}
	return 0;
}

/* One message from the socket: 0 and the reply, or -errno. */
static int
receive(const struct ping *p, struct ping_reply *r, unsigned int *ttl)
{
	uint8_t data[ICMP_HEADER_LEN + DATA_MAX];
	union {
		struct cmsghdr align;
		char room[128];
	} control;
	struct iovec iov = { .iov_base = data, .iov_len = sizeof(data) };
	struct msghdr m = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control) };
	ssize_t n = recvmsg(p->fd, &m, MSG_DONTWAIT);

	if (n < 0)
		return -errno;
	*ttl = ttl_of(family_of(&p->destination), &m);
	return ping_parse(p->destination.af, data, (size_t)n, r);
}

static bool
interrupted(const struct ping *p)
{
	return p->interrupted && p->interrupted(p->arg);
}

/* Waits for the reply with that number until a moment; 0, -ETIMEDOUT, -EINTR. */
static int
wait_reply(const struct ping *p, uint16_t sequence, uint64_t until_us, struct ping_reply *r,
	unsigned int *ttl)
{
	struct pollfd pfd = { .fd = p->fd, .events = POLLIN };
	uint64_t now, left_ms;

	for (;;) {
		if (!receive(p, r, ttl) && r->sequence == sequence)
			return 0;
		if (interrupted(p))
			return -EINTR;
		now = now_us();
		if (now >= until_us)
			return -ETIMEDOUT;
		left_ms = (until_us - now + 999) / 1000;
		poll(&pfd, 1, left_ms < SLICE_MS ? (int)left_ms : SLICE_MS);
		if (pfd.revents & POLLERR)
			drain_errors(p);
	}
}

static void
note(struct statistics *s, uint64_t us)
{
	s->received++;
	s->sum_us += us;
	if (s->received == 1 || us < s->min_us)
		s->min_us = us;
	if (us > s->max_us)
		s->max_us = us;
}

static unsigned int
ms_of(uint64_t us)
{
	return (unsigned int)((us + 999) / 1000);
}

static void
say_reply(bool v6, const char *to, const struct ping_reply *r, unsigned int ttl, unsigned int ms,
	struct out *o)
{
	if (!v6) {
		out_linef(o, "    Reply from %s: bytes=%zu Sequence=%u ttl=%u time=%u ms", to,
			r->bytes, r->sequence, ttl, ms);
		return;
	}
	out_linef(o, "    Reply from %s ", to);
	out_linef(o, "    bytes=%zu Sequence=%u hop limit=%u  time = %u ms", r->bytes, r->sequence,
		ttl, ms);
}

/* One request and what comes of it; -EINTR ends the run. */
static int
probe(const struct ping *p, uint16_t sequence, const char *to, struct statistics *s, struct out *o)
{
	struct ping_reply r;
	unsigned int ttl = 0;
	uint64_t start = now_us(), until = start + (uint64_t)p->timeout_ms * 1000;
	int rc = send_request(p, sequence);

	s->sent++;
	if (!rc)
		rc = wait_reply(p, sequence, until, &r, &ttl);
	else
		out_linef(o, "    Request could not be sent: %s", strerror(-rc));
	if (rc == -ETIMEDOUT)
		out_line(o, "    Request time out");
	if (!rc) {
		uint64_t took = now_us() - start;

		note(s, took);
		say_reply(p->destination.af == AF_INET6, to, &r, ttl, ms_of(took), o);
	}
	out_flush(o);
	return rc;
}

static void
summary(const struct statistics *s, const char *to, struct out *o)
{
	unsigned int lost = s->sent - s->received;

	out_line(o, "");
	out_linef(o, "  --- %s ping statistics ---", to);
	out_linef(o, "    %u packet(s) transmitted", s->sent);
	out_linef(o, "    %u packet(s) received", s->received);
	out_linef(o, "    %.2f%% packet loss", s->sent ? 100.0 * lost / s->sent : 0.0);
	if (s->received)
		out_linef(o, "    round-trip min/avg/max = %u/%u/%u ms", ms_of(s->min_us),
			ms_of(s->sum_us / s->received), ms_of(s->max_us));
	out_line(o, "");
}

/* The pause between requests; false: Ctrl+C. */
static bool
pause_ms(const struct ping *p, unsigned int ms)
{
	for (unsigned int slice; ms && !interrupted(p); ms -= slice) {
		slice = ms < SLICE_MS ? ms : SLICE_MS;
		poll(NULL, 0, (int)slice);
	}
	return !interrupted(p);
}

int
ping_run(const struct ping *p, struct out *o)
{
	const struct family *f = family_of(&p->destination);
	struct statistics s = { 0 };
	char to[ADDR_STRLEN];
	int rc;

	if (p->size > DATA_MAX)
		return -EINVAL;
	setsockopt(p->fd, f->level, f->ask, &(int){ 1 }, sizeof(int));
	addr_format(&p->destination, to);
	out_linef(o, "  PING %s: %u  data bytes, press CTRL_C to break", to, p->size);
	out_flush(o);
	for (unsigned int i = 1; i <= p->count; i++) {
		rc = probe(p, (uint16_t)i, to, &s, o);
		if (rc == -EINTR || (i < p->count && !pause_ms(p, p->interval_ms)))
			break;
	}
	summary(&s, to, o);
	return s.received ? 0 : -ENOENT;
}
