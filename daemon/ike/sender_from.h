#ifndef YD_IKE_SENDER_FROM_H
#define YD_IKE_SENDER_FROM_H

#include <stdint.h>
#include <sys/socket.h>

#include "lib/addr.h"

enum { SENDER_CONTROL_MAX = 64 };

/* Adds the address to send from, as a control message in control (SENDER_CONTROL_MAX bytes, aligned);
 * af 0: the system chooses. */
void sender_from(struct msghdr *msg, uint8_t *control, const struct addr *local);

#endif
