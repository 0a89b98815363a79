#ifndef YD_DAEMON_DETACH_H
#define YD_DAEMON_DETACH_H

struct err;

/*
 * Into the background, and yet who started us learns whether we run: the parent waits for the child's
 * report. The working directory stays, since paths may be relative to it.
 */
/* In the child: 0, and *report is open. In the parent, when the child has reported: 1 it runs, 2 it does
 * not, and e says why. -errno with e. */
int detach(int *report, struct err *e);
/* Closes *report; e says why not, NULL that all is well. Nothing when it is -1. */
void detach_report(int *report, const struct err *e);

#endif
