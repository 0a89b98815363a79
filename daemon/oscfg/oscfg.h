#ifndef YD_DAEMON_OSCFG_OSCFG_H
#define YD_DAEMON_OSCFG_OSCFG_H

#include <stdbool.h>
#include <stdint.h>

#include "daemon/want.h"
#include "lib/state.h"

struct arena;
struct err;
struct loop;
struct rates_counters;

/*
 * The operating system's side of the router: devices, addresses, routes, rules, the packet filter and
 * kernel settings. Everything made here carries our tag; foreign objects are never deleted, equal ones
 * are adopted. Linux in oscfg_linux.c and os_*.c; oscfg_none.c compiles everywhere and refuses.
 */
#define OSCFG_TAG 89		      /* protocol of our addresses, routes and rules */
#define OSCFG_TABLE 22863	      /* the steering table */
#define OSCFG_MARK 0x594f0000u	      /* bypassed and encapsulated packets */
#define OSCFG_GROUP_PROTECTED 0x594fu /* group of devices that have a policy */
#define OSCFG_RULE_BYPASS 10
#define OSCFG_RULE_MAIN 95
#define OSCFG_RULE_STEER 100
#define OSCFG_RULE_PAST 110 /* where marked packets go on */
#define OSCFG_NFT_TABLE "yongdao"
#define OSCFG_NFT_MSS_TABLE "yongdao-mss"

struct oscfg;

/* Opens the netlink sockets and subscribes to link, address and route changes; changed(arg) is called
 * (coalesced, and not for our own requests) when the kernel's state that displays or compile depend on
 * has changed. The kernel drops routes with their device or address without a word: after changed() a
 * new dump says what is left. state_dir keeps the journal of what must be restored, also after a
 * crash (kernel.found). Works in the network namespace it is called in. */
int oscfg_new(struct loop *l, const char *state_dir, void (*changed)(void *arg), void *arg,
	struct oscfg **out, struct err *e);
void oscfg_free(struct oscfg *o);

/* What the kernel holds that carries our tag, and the foreign objects that were adopted, as want
 * objects with owner "" (in the arena): the mirror that the first reconcile starts from, so that
 * left-overs of a killed daemon go and equal ones stay. TUN devices found are opened again. A filter
 * comes without its rules: it is to be put in place anew, which costs little when it is the same. */
int oscfg_dump(struct oscfg *o, struct arena *a, struct want **out, size_t *n, struct err *e);

/*
 * Steps, called by the kinds of kind.h: 0 or -errno with err. Adding what is there is no error, nor is
 * removing what is gone. -ENODEV, -ENETDOWN and -ENETUNREACH mean "not now": worth another try after
 * changed(). change answers -ENOTSUP where only deleting and adding helps.
 * A physical device is put back as found by its del. Devices of ours have IPv6 switched off, and a
 * protected TUN sends no redirects (which also takes net/ipv4/conf/all/send_redirects = 0).
 */
int oscfg_add(struct oscfg *o, const struct want *w, struct err *e);
int oscfg_change(struct oscfg *o, const struct want *old, const struct want *w, struct err *e);
int oscfg_del(struct oscfg *o, const struct want *w, struct err *e);

/* Physical devices of this namespace in the order of their kernel index (no loopback, none of ours). */
struct oscfg_device {
	char name[16];
	uint32_t index;
};
int oscfg_devices(struct oscfg *o, struct arena *a, struct oscfg_device **out, size_t *n);
/* Kernel index, 0 when there is no such device. */
uint32_t oscfg_index(struct oscfg *o, const char *device);
/* The device of an index; -ENODEV. */
int oscfg_device(struct oscfg *o, uint32_t index, char device[16]);
/* Whether one of our TUN devices has a carrier: without, what is routed into it is discarded, and
 * routing protocols hear of it. 0 or -errno. */
int oscfg_carrier(struct oscfg *o, const char *device, bool up);
/* The open descriptor of one of our TUN devices (borrowed), or -ENOENT. */
int oscfg_tun_fd(struct oscfg *o, const char *device);
/* MTU of the device a packet to this destination would leave by, and its source; 0 or -errno. */
int oscfg_path(struct oscfg *o, const struct addr *destination, uint32_t *mtu, struct addr *source,
	char device[16]);
/* First global address of a family that the kernel has on a device. -ENOENT. */
int oscfg_device_addr(struct oscfg *o, const char *device, uint8_t af, struct addr *out);

/* Live state for displays: fills what the kernel knows (up, mac, counters, addresses, MTU). */
int oscfg_interface_state(struct oscfg *o, const char *device, struct st_interface *st);
/* The counters of every device. 0 or -errno. */
int oscfg_counters(struct oscfg *o,
	void (*fn)(void *arg, const char *device, const struct rates_counters *c), void *arg);
/* The main routing tables, IPv4 before IPv6, in the order of destinations. vrp_name maps a device to its VRP name (or NULL). */
int oscfg_routes(struct oscfg *o, const char *(*vrp_name)(void *arg, const char *device), void *arg,
	void (*row)(void *row_arg, const struct st_route *r), void *row_arg);
/* Cleartext packets the filter has dropped. */
uint64_t oscfg_filter_drops(struct oscfg *o);

#endif
