#ifndef YD_DAEMON_NEGOTIATED_H
#define YD_DAEMON_NEGOTIATED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/msg.h"

struct addr;
struct daemon;
struct err;
struct want;

/*
 * Connections and SAs that the IKE speaker has told, on their way into the datapath: which group of SAs
 * serves what the configuration wants protected (a child), and what a new datapath must be told again.
 * They outlive the datapath, and a speaker that dies until the next one has negotiated anew.
 */
struct negotiated;

struct negotiated *negotiated_new(struct daemon *d);
/* Wipes the keys; tells nobody anything. */
void negotiated_free(struct negotiated *n);

/*
 * Children, as objects of the kind WANT_GROUP. A child that is wanted is known from then on; the datapath
 * is told of its group and its SAs when it runs (else -ENOTCONN). policy: children with the same number may
 * be served by one pair. port: the protected TUN.
 */
int negotiated_child(
	struct daemon *d, const struct want *w, uint32_t child, uint32_t policy, uint32_t port);
/* It is not wanted any more, nor are its SAs. */
void negotiated_child_gone(struct daemon *d, uint32_t child);

/* A message of the speaker; ike_sa_add, ike_selector, ike_sa_use, ike_sa_del, ike_connection_del and
 * ike_sa_move are ours, and answered. False for any other. */
bool negotiated_heard(struct daemon *d, enum msg_type type, uint32_t request, const void *body);
/* The datapath is gone: what it had is sent again with the children. What is not wanted goes. */
void negotiated_datapath_gone(struct daemon *d);
/* The speaker is gone: its SAs stay until another one replaces them, or for their lifetime. */
void negotiated_speaker_gone(struct daemon *d);

/* The rules that stand in front of a child's in the SPD because less was negotiated for some of its
 * packets; their sa_out and sa_in are set. As many as there is room for; returns how many there are. */
size_t negotiated_rules(
	const struct negotiated *n, uint32_t child, struct msg_dp_spd_rule *out, size_t room);
enum { NEGOTIATED_RULES_MOST = 1 << 18 };

/* An SA by its identity at the speaker that runs now, or in the datapath. False: there is none. */
struct negotiated_sa {
	uint32_t speaker; /* its identity there; 0: of a speaker that is gone */
	uint32_t datapath;
	const struct msg_dp_sa *sa; /* borrowed until the next message */
};
bool negotiated_by_speaker(const struct negotiated *n, uint32_t sa, struct negotiated_sa *out);
bool negotiated_by_datapath(const struct negotiated *n, uint32_t sa, struct negotiated_sa *out);
/* Changes with each speaker: an answer to an earlier one is no answer to this one. */
uint32_t negotiated_epoch(const struct negotiated *n);

#endif
