#ifndef YD_DATAPATH_GROUP_H
#define YD_DATAPATH_GROUP_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/addr.h"
#include "lib/drop.h"
#include "lib/msg.h"

struct dp;
struct pkt;
struct sa;

/*
 * Groups of SAs: what rules and tunnels name is a group, the SAs of one connection over its rekeys. One
 * outbound SA of it carries, every inbound one is good. An SA by itself is the group of its own identity.
 */
struct group_table;

/* What a packet for a group without SAs was, for the IKE speaker. */
typedef void group_acquire_fn(void *arg, const struct msg_dp_acquire *m);

struct group_table *group_table_new(void);
void group_table_free(struct group_table *t);
/* fn is called when SAs are wanted: at most once a second and group. */
void group_on_acquire(struct group_table *t, group_acquire_fn *fn, void *arg);

/* Adds or replaces. 0, -EINVAL (group 0, or SAs of itself), or -ENOMEM. */
int group_put(struct dp *dp, const struct msg_dp_group *m);
/* 0 or -ENOENT. */
int group_del(struct dp *dp, uint32_t group);
/* The group whose SAs serve this one: mostly itself. Good until sadb_generation changes. */
uint32_t group_serving(const struct dp *dp, uint32_t group);
/* The outbound SA that carries for a group, or NULL. Good until sadb_generation changes. */
struct sa *group_out(const struct dp *dp, uint32_t group);
/* A packet has come for a group without SAs: asks for them where that helps. Returns why it is dropped. */
enum drop group_missed(struct dp *dp, uint32_t group, const struct pkt *p);

#endif
