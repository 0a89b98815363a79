#ifndef YD_DAEMON_OSCFG_OS_NETLINK_H
#define YD_DAEMON_OSCFG_OS_NETLINK_H

#include <stddef.h>
#include <stdint.h>

struct err;
struct mnl_socket;
struct nlmsghdr;

enum { OS_NETLINK_REQUEST_MAX = 4096, OS_NETLINK_REPLY_MAX = 65536 };

/* One conversation with a family of the kernel: a request at a time, always answered. */
struct os_netlink {
	struct mnl_socket *sock;
	uint32_t portid;
	uint32_t seq;
	char text[160]; /* the kernel's own words about the last refusal, "" when it had none */
	_Alignas(16) char request[OS_NETLINK_REQUEST_MAX];
	_Alignas(16) char reply[OS_NETLINK_REPLY_MAX];
};

/* One message of an answer; a negative return ends the walk and is returned. */
typedef int os_netlink_fn(void *arg, const struct nlmsghdr *nlh);

/* family: NETLINK_ROUTE, NETLINK_NETFILTER. */
int os_netlink_open(struct os_netlink *n, int family, struct err *e);
void os_netlink_close(struct os_netlink *n);

/* Begins a request (RTM_…, NLM_F_…) with a zeroed family header of header_len bytes, returned in
 * *header. Valid until the next request. */
struct nlmsghdr *os_netlink_begin(
	struct os_netlink *n, uint16_t type, uint16_t flags, size_t header_len, void *header);
/* Sends it and waits for the kernel's verdict: 0 or -errno. */
int os_netlink_run(struct os_netlink *n, struct nlmsghdr *nlh);
/* Sends it and hands the one answer to fn. 0 or -errno. */
int os_netlink_get(struct os_netlink *n, struct nlmsghdr *nlh, os_netlink_fn *fn, void *arg);
/* Sends it as a dump; fn sees a consistent set: a dump that a change interrupted is taken anew. */
int os_netlink_dump(struct os_netlink *n, struct nlmsghdr *nlh, os_netlink_fn *fn, void *arg);

#endif
