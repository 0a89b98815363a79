#ifndef YD_DAEMON_FIRSTRUN_H
#define YD_DAEMON_FIRSTRUN_H

struct daemon;
struct err;

/* With an empty store the physical devices of the namespace, in the order of their kernel index, become
 * GigabitEthernet0/0/0, 0/0/1, … by a commit of its own. */
int firstrun(struct daemon *d, struct err *e);

#endif
