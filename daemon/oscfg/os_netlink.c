/*
 * Requests to the kernel over netlink (RFC 3549), through libmnl: one at a time, each answered
 * before the next. Knows messages, not what is in them.
 */
#include "config.h"

#include "daemon/oscfg/os_netlink.h"

#include "lib/err.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DUMP_TRIES = 5 };

/* The messages of a dump, kept until it is known to be whole. */
struct pile {
	char *data;
	size_t len, cap;
};

int
os_netlink_open(struct os_netlink *n, int family, struct err *e)
{
	int on = 1;

	memset(n, 0, sizeof *n);
	n->sock = mnl_socket_open2(family, SOCK_CLOEXEC);
	if (n->sock == NULL || mnl_socket_bind(n->sock, 0, MNL_SOCKET_AUTOPID) < 0) {
		int rc = -errno;

		os_netlink_close(n);
		return err_set(e, rc, "netlink", "cannot talk to the kernel: %s", strerror(-rc));
	}
	n->portid = mnl_socket_get_portid(n->sock);
	/* niceties of newer kernels: reasons in words, dumps filtered by the kernel */
	(void)mnl_socket_setsockopt(n->sock, NETLINK_EXT_ACK, &on, sizeof on);
	(void)mnl_socket_setsockopt(n->sock, NETLINK_CAP_ACK, &on, sizeof on);
	(void)mnl_socket_setsockopt(n->sock, NETLINK_GET_STRICT_CHK, &on, sizeof on);
	return 0;
}

void
os_netlink_close(struct os_netlink *n)
{
	if (n->sock != NULL)
		mnl_socket_close(n->sock);
	n->sock = NULL;
}

struct nlmsghdr *
os_netlink_begin(
	struct os_netlink *n, uint16_t type, uint16_t flags, size_t header_len, void *header)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(n->request);

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
	*(void **)header = mnl_nlmsg_put_extra_header(nlh, header_len);
	return nlh;
}

/* Keeps NLMSGERR_ATTR_MSG, the text a kernel adds to a refusal. */
static void
keep_text(struct os_netlink *n, const struct nlmsghdr *nlh)
{
	const struct nlmsgerr *refusal = mnl_nlmsg_get_payload(nlh);
	size_t skip = sizeof *refusal;
	const struct nlattr *a;

	if (!(nlh->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	if (!(nlh->nlmsg_flags & NLM_F_CAPPED))
		skip += refusal->msg.nlmsg_len - sizeof refusal->msg;
	mnl_attr_for_each(a, nlh, skip)
	{
		if (mnl_attr_get_type(a) == NLMSGERR_ATTR_MSG)
			snprintf(n->text, sizeof n->text, "%.*s", (int)mnl_attr_get_payload_len(a),
				(const char *)mnl_attr_get_payload(a));
	}
}

/* What one message of an answer means: 1 = go on, 0 = the end, or -errno. */
static int
verdict(struct os_netlink *n, const struct nlmsghdr *nlh)
{
	const struct nlmsgerr *refusal;

	if (nlh->nlmsg_type == NLMSG_DONE)
		return 0;
	if (nlh->nlmsg_type != NLMSG_ERROR)
		return 1;
	if (mnl_nlmsg_get_payload_len(nlh) < sizeof *refusal)
		return -EBADMSG;
	refusal = mnl_nlmsg_get_payload(nlh);
	if (refusal->error != 0)
		keep_text(n, nlh);
	return refusal->error;
}

/* Reads answers to the request last sent until its end; messages go to fn. */
static int
collect(struct os_netlink *n, os_netlink_fn *fn, void *arg)
{
	for (;;) {
		ssize_t got = mnl_socket_recvfrom(n->sock, n->reply, sizeof n->reply);
		const struct nlmsghdr *nlh = (const struct nlmsghdr *)n->reply;
		int left = (int)got;

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		for (; mnl_nlmsg_ok(nlh, left); nlh = mnl_nlmsg_next(nlh, &left)) {
			int rc;

			if (nlh->nlmsg_seq != n->seq)
				continue; /* the rest of an answer that was given up */
			rc = verdict(n, nlh);
			if (rc <= 0)
				return rc;
			rc = fn != NULL ? fn(arg, nlh) : 0;
			if (rc < 0)
				return rc;
		}
	}
}

static int
ask(struct os_netlink *n, struct nlmsghdr *nlh)
{
	n->text[0] = '\0';
	nlh->nlmsg_seq = ++n->seq;
	if (mnl_socket_sendto(n->sock, nlh, nlh->nlmsg_len) < 0)
		return -errno;
	return 0;
}

int
os_netlink_run(struct os_netlink *n, struct nlmsghdr *nlh)
{
	return os_netlink_get(n, nlh, NULL, NULL);
}

int
os_netlink_get(struct os_netlink *n, struct nlmsghdr *nlh, os_netlink_fn *fn, void *arg)
{
	int rc;

	nlh->nlmsg_flags |= NLM_F_ACK;
	rc = ask(n, nlh);
	return rc < 0 ? rc : collect(n, fn, arg);
}

static int
pile_add(void *arg, const struct nlmsghdr *nlh)
{
	struct pile *p = arg;
	size_t len = NLMSG_ALIGN(nlh->nlmsg_len);

	if (p->len + len > p->cap) {
		size_t cap = p->cap * 2 + OS_NETLINK_REPLY_MAX;
		char *data = realloc(p->data, cap);

		if (data == NULL)
			return -ENOMEM;
		p->data = data;
		p->cap = cap;
	}
	memset(p->data + p->len, 0, len);
	memcpy(p->data + p->len, nlh, nlh->nlmsg_len);
	p->len += len;
	return 0;
}

static bool
interrupted(const struct pile *p)
{
	size_t at = 0;

	while (at < p->len) {
		const struct nlmsghdr *nlh = (const struct nlmsghdr *)(p->data + at);

		if (nlh->nlmsg_flags & NLM_F_DUMP_INTR)
			return true;
		at += NLMSG_ALIGN(nlh->nlmsg_len);
	}
	return false;
}

int
os_netlink_dump(struct os_netlink *n, struct nlmsghdr *nlh, os_netlink_fn *fn, void *arg)
{
	struct pile p = { .data = NULL };
	size_t at = 0;
	int rc = 0;

	nlh->nlmsg_flags |= NLM_F_DUMP;
	for (int i = 0; i < DUMP_TRIES; i++) {
		p.len = 0;
		rc = ask(n, nlh);
		if (rc == 0)
			rc = collect(n, pile_add, &p);
		if (rc < 0 || !interrupted(&p))
			break;
	}
	while (rc == 0 && at < p.len) {
		const struct nlmsghdr *m = (const struct nlmsghdr *)(p.data + at);

		rc = fn(arg, m);
		at += NLMSG_ALIGN(m->nlmsg_len);
	}
	free(p.data);
	return rc < 0 ? rc : 0;
}
