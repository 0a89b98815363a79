#ifndef YD_DATAPATH_CAPTURE_CAPTURE_H
#define YD_DATAPATH_CAPTURE_CAPTURE_H

#include <pcap.h>
#include <stdint.h>

#include "lib/msg.h"

struct err;

/* From a source of packets into a file of libpcap's format, up to limits. */
struct capture;

/* Both are taken, on failure too: p, from which capture_read reads, and fd, an empty file. */
int capture_new(
	pcap_t *p, int fd, uint32_t packets, uint64_t bytes, struct capture **out, struct err *e);
/* Writes what the source has at this moment. 0, 1 when a limit was reached (*end says which), or -errno
 * with err. */
int capture_read(struct capture *c, enum msg_capture_end *end, struct err *e);
/* Hands what was written to the system. 0 or -errno. */
int capture_flush(struct capture *c, struct err *e);
void capture_count(const struct capture *c, struct msg_capture_progress *out);
/* Flushes to the disk and closes. The counts so far go to out, which may be NULL. */
int capture_close(struct capture *c, struct msg_capture_progress *out, struct err *e);

#endif
