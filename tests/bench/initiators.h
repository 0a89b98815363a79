#ifndef YD_TESTS_INITIATORS_H
#define YD_TESTS_INITIATORS_H

#include <stdbool.h>
#include <stdint.h>

#include "tests/bench/ike_stub.h"

/*
 * N sites that want a tunnel to one responder: i00001.example at 10.200.0.1 with the host 10.128.0.1,
 * and so on, each with one IKE SA and one pair. No more than at_once negotiate at any time.
 */
enum { INITIATORS_MOST = 65000 };

struct initiators {
	struct ike_stub stub;
	struct loop *loop;
	struct timer *again;
	uint32_t n;
	uint32_t at_once;
	uint32_t begun; /* the first so many have been told to */
	uint32_t n_up;
	bool *is_up;  /* by number - 1 */
	double began; /* ike_stub_now */
	double took;  /* when all of them were up; 0: not yet */
	bool talks;   /* a line each tenth */
};

struct initiators_plan {
	uint32_t n;
	uint32_t at_once;
	uint8_t dh; /* enum alg_dh */
	struct addr responder;
	/* its argument is the struct initiators */
	void (*send)(void *arg, const struct ike_path *path, const uint8_t *data, size_t len);
};

/* Configured, and silent until they start. */
void initiators_init(struct initiators *s, struct loop *l, const struct initiators_plan *plan);
void initiators_start(struct initiators *s);
void initiators_fini(struct initiators *s);

/* The responder's end of all of them, as one peer from anywhere and one child: 10.1.1.0/24 to
 * 10.128.0.0/16. */
struct ike_stub_peer initiators_mirror(uint8_t dh);

#endif
