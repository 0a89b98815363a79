#ifndef YD_DAEMON_OSCFG_OS_MONITOR_H
#define YD_DAEMON_OSCFG_OS_MONITOR_H

#include <stdint.h>

struct err;
struct loop;
struct os_monitor;

enum { OS_MONITOR_QUIET_MS = 50 };

/* Calls changed(arg) once, OS_MONITOR_QUIET_MS after the first of a burst of changes of devices,
 * addresses or routes that were made by anybody but the netlink socket own_port. */
int os_monitor_new(struct loop *l, uint32_t own_port, void (*changed)(void *arg), void *arg,
	struct os_monitor **out, struct err *e);
void os_monitor_free(struct os_monitor *m);

#endif
