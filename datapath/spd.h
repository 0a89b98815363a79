#ifndef YD_DATAPATH_SPD_H
#define YD_DATAPATH_SPD_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/msg.h"
#include "lib/state.h"

struct dp;

/*
 * The security policy database (RFC 4301 4.4.1): an ordered list of rules for each protected TUN port.
 * The first rule that matches decides; what no rule matches leaves in clear, as on VRP; a port
 * without a list gets nothing through. Inbound the same list is read with source and destination exchanged.
 * An ICMP error that no rule protects is judged by the packet it quotes (RFC 4301 6.2).
 */
struct spd;

struct spd *spd_new(void);
void spd_free(struct spd *spd);

/* A list is built beside the one in use and takes its place at spd_end, whole; counters of rules that
 * stay (same ACL, number and action) go on. 0, -ENOMEM, -EINVAL, -ENOENT (no spd_begin for this port). */
int spd_begin(struct dp *dp, const struct msg_dp_spd_begin *m);
int spd_rule(struct dp *dp, const struct msg_dp_spd_rule *m);
/* -EINVAL when another number of rules came than was announced: the list in use stays. */
int spd_end(struct dp *dp, uint32_t port);
/* 0 or -ENOENT. */
int spd_del(struct dp *dp, uint32_t port);
/* A whole packet arrived in clear: would what goes the other way be kept from leaving in clear? Also when
 * the port has no list. */
bool spd_protects(struct dp *dp, uint32_t port, const uint8_t *p, uint32_t len);
void spd_state(struct dp *dp, void (*row)(void *arg, const struct st_spd_rule *), void *arg);

/* Counters that are meant: all that agree with what is not 0. */
struct spd_which {
	uint32_t port;
	uint32_t acl;
	uint8_t af;
};

/* Back to zero. */
void spd_state_reset(struct dp *dp, const struct spd_which *w);

#endif
