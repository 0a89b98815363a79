#ifndef YD_LIB_PRIV_H
#define YD_LIB_PRIV_H

struct err;

/* What a process still needs after start-up. priv_*.c lists each right with its reason. */
enum priv_profile {
	PRIV_DATAPATH, /* yongdp: I/O on inherited and passed descriptors, memory files, clocks */
	PRIV_CAPTURE,  /* yongcap */
	PRIV_IKE       /* yongike: messages, and sending by inherited and passed sockets */
};

/*
 * The first half of a start that still has packet sockets to open: root becomes the user nobody in an
 * empty root directory, but in its network namespace, with CAP_NET_RAW as its only right. For an
 * ordinary user it does nothing. priv_drop follows. 0 or -errno.
 */
int priv_keep_raw(struct err *e);

/*
 * Becomes the user nobody, in an empty network namespace and without capabilities,
 * with a system-call filter for the profile. Called once, before the first byte from the
 * network is looked at. An ordinary user keeps its name and namespace, but no capability. 0 or -errno.
 */
int priv_drop(enum priv_profile profile, struct err *e);

/*
 * Keeps root, but of its capabilities only those that the router's daemon and its children at their
 * start need. As an ordinary user it does nothing. 0 or -errno.
 */
int priv_limit_daemon(struct err *e);

#endif
