#ifndef YD_IKE_IKE_H
#define YD_IKE_IKE_H

#include <stddef.h>
#include <stdint.h>

#include "lib/addr.h"
#include "lib/msg.h"
#include "lib/state.h"

struct err;
struct loop;

/*
 * The IKE speaker as an engine without a world: time is the loop's, everything else goes through these
 * functions, so that tests join two of them in one process under a virtual clock. What the daemon says
 * and is told are the messages of msg.def themselves.
 */
struct ike;

/* Where a datagram came from or goes to. Ports in host order; with local_port 4500 the sender puts the
 * non-ESP marker in front (RFC 3948 2.2), but for a NAT keepalive, the one byte ff (2.3). */
struct ike_path {
	struct addr local; /* af 0: the system chooses */
	struct addr remote;
	uint16_t local_port;
	uint16_t remote_port;
};

struct ike_ops {
	/* One IKE datagram, without marker; borrowed. Lost is lost: nothing is reported. */
	void (*send)(void *arg, const struct ike_path *path, const uint8_t *data, size_t len);
	/* A message of "IKE → daemon"; body is the struct msg_NAME. With request != 0 the answer
	 * (done, error, or what the message names) comes by ike_command with that number. */
	void (*tell)(void *arg, enum msg_type type, uint32_t request, const void *body);
	/* Unpredictable bytes (tests: of a seed). */
	void (*random)(void *arg, void *p, size_t len);
	void *arg;
};

/* Ops are copied, the loop is borrowed. NULL when memory is short. */
struct ike *ike_new(struct loop *l, const struct ike_ops *ops);
/* Tells nobody anything. */
void ike_free(struct ike *ike);

/* A datagram from anywhere: nothing about it is trusted; borrowed. */
void ike_input(struct ike *ike, const struct ike_path *path, const uint8_t *data, size_t len);
/* What the daemon says: a message of "daemon → IKE" (0 or -errno with err, which the caller answers
 * by done or error), or the answer to a request of ours. */
int ike_command(
	struct ike *ike, enum msg_type type, uint32_t request, const void *body, struct err *e);
/* Calls row with each record of one of IKE's tables of state.def that passes the filter (as in state_get). */
void ike_state(struct ike *ike, enum state_table table, const char *filter,
	void (*row)(void *arg, const void *record), void *arg);
/* Counters back to zero. */
void ike_state_reset(struct ike *ike, enum state_table table, const char *filter);

#endif
