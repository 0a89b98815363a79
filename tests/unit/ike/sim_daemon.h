#ifndef YD_TESTS_IKE_SIM_DAEMON_H
#define YD_TESTS_IKE_SIM_DAEMON_H

#include "tests/unit/ike/sim.h"

/* The daemon and the datapath of one end: do, in order and after a while, what the speaker tells. */
void sim_daemon_start(struct sim_end *e);
/* Forgets everything that was installed. */
void sim_daemon_stop(struct sim_end *e);
void sim_daemon_tell(void *arg, enum msg_type type, uint32_t request, const void *body);
/* A packet of ESP arrives. */
void sim_daemon_esp(struct sim_end *e, const struct sim_packet *p);
/* Sends by the network. */
void sim_launch(struct sim *s, const struct sim_packet *p);

#endif
