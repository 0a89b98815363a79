#ifndef YD_DAEMON_ZEROS_H
#define YD_DAEMON_ZEROS_H

#include "lib/state.h"

/* What the kernel's counters of devices were when an operator set them to zero: the kernel cannot. */
struct zeros;

struct zeros *zeros_new(void);
void zeros_free(struct zeros *z);

/* The counters in st, as the kernel has them, are to be shown as zero from now on. 0 or -ENOMEM. */
int zeros_set(struct zeros *z, const char *device, const struct st_interface *st);
/* From the kernel's counters to those since the device was set to zero. */
void zeros_apply(struct zeros *z, const char *device, struct st_interface *st);

#endif
