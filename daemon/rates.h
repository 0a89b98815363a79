#ifndef YD_DAEMON_RATES_H
#define YD_DAEMON_RATES_H

#include <stdint.h>

/* How much passed each device in the last 300 seconds: counters seen every 30 seconds. */
struct rates;

enum { RATES_EVERY_MS = 30 * 1000, RATES_OVER_MS = 300 * 1000 };

struct rates_counters {
	uint64_t in_packets, in_bytes, out_packets, out_bytes;
};

struct rates *rates_new(void);
void rates_free(struct rates *r);

/* A round of all devices: begin, each of them, end, which forgets those that were not seen. */
void rates_begin(struct rates *r, uint64_t now_ms);
void rates_see(struct rates *r, const char *device, const struct rates_counters *c);
void rates_end(struct rates *r);

/* Per second, the mean of the last 300 seconds or of as long as it is known; zeroes when it is not. */
struct rates_counters rates_of(const struct rates *r, const char *device);

#endif
