#ifndef YD_DATAPATH_PORT_MEM_H
#define YD_DATAPATH_PORT_MEM_H

#include <stdint.h>

#include "datapath/port.h"

/* A port without a kernel, for tests and benchmarks: packets wait in two queues. */
struct port_mem;

struct port_mem *port_mem_new(void);
void port_mem_free(struct port_mem *m);
/* Puts a port of this kind and identity into the table, with m (the caller's still) as its device. */
int port_mem_put(struct dp *dp, struct port_mem *m, uint32_t id, enum msg_port_kind kind);
/* A packet that port_rx will receive; copied. */
void port_mem_inject(struct port_mem *m, const void *packet, uint32_t len);
/* The oldest packet that was sent and not yet seen, borrowed until the next call; NULL = none. */
const uint8_t *port_mem_sent(struct port_mem *m, uint32_t *len);
/* Packets sent and not yet seen. */
unsigned int port_mem_n_sent(const struct port_mem *m);

#endif
