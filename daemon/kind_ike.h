#ifndef YD_DAEMON_KIND_IKE_H
#define YD_DAEMON_KIND_IKE_H

#include <stdint.h>

/* Numbers of peers, children and policies at the IKE speaker. One that was given is never another's. */
struct kind_ike;

struct kind_ike *kind_ike_new(void);
void kind_ike_free(struct kind_ike *k);

/* Of a child by the key of its object, given when it is asked for first: also its group in the datapath,
 * which no SA's identity is. */
uint32_t kind_ike_child_number(struct kind_ike *k, const char *key);

#endif
