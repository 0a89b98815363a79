#ifndef YD_DATAPATH_PORT_PCAP_H
#define YD_DATAPATH_PORT_PCAP_H

#include <stdint.h>
#include <stdio.h>

#include "datapath/port.h"

struct err;

/*
 * Capture files as ports: one is read, packet by packet, without its link-layer headers; another is written
 * with raw IP packets. pcap and pcapng are read, pcap is written.
 */
struct port_pcap;

/* Take f, also on failure. NULL: not a capture, or of a link type that is not known. */
struct port_pcap *port_pcap_reader(FILE *f, const char *name, struct err *e);
struct port_pcap *port_pcap_writer(FILE *f, const char *name, struct err *e);
/* 0, or -errno when what was written could not be kept. */
int port_pcap_free(struct port_pcap *pp);
/* Puts it into the table as a port of that identity; the caller keeps it. */
int port_pcap_put(struct dp *dp, struct port_pcap *pp, uint32_t id);
/* Of the packet received last: its number in the file, from 1, and its time. */
uint64_t port_pcap_number(const struct port_pcap *pp);
uint64_t port_pcap_ms(const struct port_pcap *pp);
/* What is written from now on has the time of that packet. */
void port_pcap_time(struct port_pcap *writer, const struct port_pcap *reader);

#endif
