#ifndef YD_IKE_REPORT_H
#define YD_IKE_REPORT_H

#include "lib/state.h"

struct ike;

/* Rows of one of IKE's tables whose first field is the filter ("" = all). */
void report_table(struct ike *ike, enum state_table table, const char *filter,
	void (*row)(void *arg, const void *record), void *arg);

#endif
