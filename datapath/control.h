#ifndef YD_DATAPATH_CONTROL_H
#define YD_DATAPATH_CONTROL_H

struct dp;

/* The daemon's end of the datapath: takes its messages, answers each, streams state rows. */
struct control;

/* Takes the socket fd, also on failure. gone(arg) is called when the daemon has closed it; dp is
 * borrowed and must outlive the control. NULL when memory is short. */
struct control *control_new(struct dp *dp, int fd, void (*gone)(void *arg), void *arg);
void control_free(struct control *c);

#endif
