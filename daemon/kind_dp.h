#ifndef YD_DAEMON_KIND_DP_H
#define YD_DAEMON_KIND_DP_H

#include <stdint.h>

/* Which SA of the datapath (a number) an SA of ours (a key) is; SPD rules are told the number. */
struct addr;
struct daemon;
struct kind_dp;

struct kind_dp *kind_dp_new(void);
void kind_dp_free(struct kind_dp *k);
/* The datapath is gone, and with it its SAs. */
void kind_dp_forget(struct kind_dp *k);

/* Where an outbound SA of that identity leads; NULL: there is none. Borrowed until the next step. */
const struct addr *kind_dp_peer(const struct kind_dp *k, uint32_t sa);

/* A new datapath at the other end of fd (taken): it is given the shared file first. 0 or -errno. */
int kind_dp_begin(struct daemon *d, int fd);
/* It asks for more sequence numbers of an SA. */
void kind_dp_seq_need(struct daemon *d, uint32_t sa);

#endif
