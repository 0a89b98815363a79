#ifndef YD_TESTS_IKE_STUB_H
#define YD_TESTS_IKE_STUB_H

#include <stdint.h>
#include <sys/queue.h>

#include "daemon/ike/ike.h"

/*
 * An IKE engine, and in the place of a daemon and its datapath somebody who says yes to everything
 * and keeps nothing: what is measured is the engine.
 */
struct ike_stub_job;

struct ike_stub_ops {
	void (*send)(void *arg, const struct ike_path *path, const uint8_t *data, size_t len);
	/* This child has a pair; NULL: nobody wants to know. */
	void (*up)(void *arg, uint32_t child);
	void *arg;
};

struct ike_stub {
	struct ike *ike;
	struct ike_stub_ops ops;
	STAILQ_HEAD(, ike_stub_job) jobs;
	struct timer *worker;
	unsigned int n_up; /* pairs that were ever made */
};

/* A peer and what it protects, one number for both: AES-128 and SHA2-256 in either phase. */
struct ike_stub_peer {
	uint32_t number;
	uint8_t dh;	       /* enum alg_dh */
	const char *local_id;  /* fqdn; NULL: the local address */
	struct addr local;     /* af 0: whichever */
	struct addr remote;    /* af 0: anywhere, and then it only answers */
	struct addr inside[2]; /* low and high */
	struct addr far[2];
};

/* These end the program when memory is short or the engine says no: nothing is measured then. */
void ike_stub_init(struct ike_stub *s, struct loop *l, const struct ike_stub_ops *ops);
void ike_stub_say(struct ike_stub *s, enum msg_type type, const void *body);
void ike_stub_peer(struct ike_stub *s, const struct ike_stub_peer *p);
/* A packet wants out: the child is negotiated, unless it is there or on its way. */
void ike_stub_acquire(struct ike_stub *s, uint32_t child);
void ike_stub_fini(struct ike_stub *s);

/* Monotonic, in seconds. */
double ike_stub_now(void);

#endif
