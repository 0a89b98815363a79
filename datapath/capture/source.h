#ifndef YD_DATAPATH_CAPTURE_SOURCE_H
#define YD_DATAPATH_CAPTURE_SOURCE_H

#include <pcap.h>

struct err;

/* How long packets may wait in the kernel for others before they are handed over. */
enum { SOURCE_WAIT_MS = 100 };

/* A device of the kernel, opened for reading what the filter (a libpcap expression, "" = everything)
 * lets through; non-blocking. The last that needs CAP_NET_RAW. 0 or -errno with err. */
int source_open(const char *device, int snaplen, const char *filter, pcap_t **out, struct err *e);

#endif
