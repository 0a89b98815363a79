#ifndef YD_DAEMON_KIND_DP_H
#define YD_DAEMON_KIND_DP_H

/* Which SA of the datapath (a number) an SA of ours (a key) is; SPD rules are told the number. */
struct kind_dp;

struct kind_dp *kind_dp_new(void);
void kind_dp_free(struct kind_dp *k);
/* The datapath is gone, and with it its SAs. */
void kind_dp_forget(struct kind_dp *k);

#endif
