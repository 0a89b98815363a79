#ifndef YD_TESTS_SCENARIO_OSCFG_SITE_H
#define YD_TESTS_SCENARIO_OSCFG_SITE_H

#include <stdint.h>

#include "tests/scenario/oscfg/bed.h"

/*
 * A router with hosts around it:
 *
 *   host 10.1.1.2 ── lan 10.1.1.1 ┐
 *                                 ├ router ── wan 198.51.100.1 ── inet 198.51.100.254
 *   desk 10.1.3.2 ── lan2 10.1.3.1┘           (protected)        and 203.0.113.9, 10.1.2.2 in clear
 */
struct site {
	struct bed bed;
	char *host, *desk, *inet;
	int wire; /* sees what crosses wan */
};

void site_open(struct site *s);
void site_close(struct site *s);

/* One ping from a namespace ("" = the router) that waits 0.2 s: was it answered? */
bool site_ping(struct site *s, const char *from, const char *to, const char *options);
/* Reads away what the wire has seen; returns how many IPv4 packets went out to that address. */
unsigned int site_left_for(struct site *s, const char *to);
/* Reads away what a TUN holds; returns how many were for that address; *source is the last one's. */
unsigned int site_steered_to(
	struct site *s, const char *device, const char *to, struct addr *source);
/* An ICMP echo request with this header, 28 bytes. */
void site_packet(uint8_t out[28], const char *source, const char *destination, uint8_t ttl);

#endif
