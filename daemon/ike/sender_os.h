#ifndef YD_IKE_SENDER_OS_H
#define YD_IKE_SENDER_OS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "lib/addr.h"

enum { SENDER_OS_CONTROL_MAX = 64 };

/* Adds the address to send from, as a control message in control (SENDER_OS_CONTROL_MAX bytes, aligned);
 * af 0: the system chooses. */
void sender_os_from(struct msghdr *msg, uint8_t *control, const struct addr *local);
/* May the system cut what is longer than the device takes? */
void sender_os_fragment(int fd, uint8_t af, bool may);

#endif
