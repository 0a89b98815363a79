#ifndef YD_DATAPATH_OFFLINE_H
#define YD_DATAPATH_OFFLINE_H

#include <stdint.h>
#include <stdio.h>

#include "lib/drop.h"

struct err;
struct esp_sa;

/* Decapsulates a capture, in the time that the capture shows. */
struct offline {   /* taken */
	FILE *out; /* taken */
	const char *in_name, *out_name;
	const struct esp_sa *sas;
	/* n packets were dropped for one reason, at that packet; 0: when no more came */
	void (*dropped)(void *arg, uint64_t number, const struct drop_info *why, uint64_t n);
	void *arg;
};

struct offline_count {
	uint64_t frames;
	uint64_t decapsulated;
	uint64_t dropped;
	uint64_t others; /* neither ESP nor a fragment */
};

struct offline_run;

/* What needs the file system (libraries) is done here. NULL when memory is short. o is copied. */
struct offline_run *offline_new(const struct offline *o);
void offline_free(struct offline_run *r);
/* Takes both files. 0 or -errno with err. Another capture may follow; what is counted is that of the last. */
int offline_go(struct offline_run *r, FILE *in, FILE *out, struct err *e);
const struct offline_count *offline_count(const struct offline_run *r);

#endif
