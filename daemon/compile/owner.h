#ifndef YD_DAEMON_COMPILE_OWNER_H
#define YD_DAEMON_COMPILE_OWNER_H

#include <stddef.h>
#include <stdint.h>

#include "daemon/cfg.h"
#include "daemon/compile/compile.h"

struct claims;
struct err;
struct keys;

/* What the compilers of the owners share; only daemon/compile/ includes this. */
struct compile_job {
	struct store *store;
	const struct seal *seal;
	struct keys *keys;
	struct claims *claims; /* of everything but what is being compiled */
	const struct compile_env *env;
	struct want_set *set; /* comes out; scratch goes into its arena too */
	/* Owners of the whole router, for its own set. */
	size_t n_needs[WANT_N_NEEDS];
};

/* Each fills job->set for the object of that name; nothing when it does not exist (any more).
 * -EINVAL with err: a contradiction. */
int iface_compile(struct compile_job *j, const char *name, struct err *e);
/* Once all claims are entered: would the tunnel carry its own packets? -EINVAL with err. */
int iface_check(struct compile_job *j, const char *name, struct err *e);
int ipsec_compile(struct compile_job *j, const char *interface, struct err *e);
int route_compile(struct compile_job *j, const char *name, struct err *e);
int router_compile(struct compile_job *j, const char *name, struct err *e);

/* "interface NAME" and so on; the name of a route is made of its key. Returns the length. */
size_t owner_name(char *out, size_t cap, const char *what, const char *name);
#define OWNER_MAX 160
const char *route_name(char *out, size_t cap, const struct value key[4]);

/* Kernel device of an interface ("" = none, a GigabitEthernet without one). */
void iface_device(const struct cfg_interface *i, char out[16]);
/* A number of its own for each interface, below 1 << 24: orders what is made for them. */
uint32_t iface_rank(const struct cfg_interface *i);
/* The TUN of the protection on an interface, "yp-ge0-0-1". */
void iface_protected_device(const char *interface, char out[16]);
/* What TCP may announce across it, bytes; 0: anything. */
uint16_t iface_mss(const struct cfg_interface *i);
/* An interface's row; -ENOENT. */
int iface_get(struct compile_job *j, const char *name, struct cfg_interface *out);
/* The first address of an interface: a configured one, or what the kernel has on its device. -ENOENT. */
int iface_address(struct compile_job *j, const char *name, uint8_t af, struct addr *out);
/* Fills the link of a tunnel interface, and wants what the tunnel is. -EINVAL with err. */
int tunnel_compile(
	struct compile_job *j, const struct cfg_interface *i, struct want *link, struct err *e);
/* Do the policies of a group protect packets between two addresses? Then *mtu, of the path, becomes what
 * they leave of it, bytes. */
bool ipsec_flow(struct compile_job *j, const char *group, const struct addr *source,
	const struct addr *destination, uint8_t protocol, uint32_t *mtu);
/* Would the router's own configuration send what is for destination into this interface, be it inside of other
 * tunnels? */
#define TUNNELS_NESTED 8 /* at most */
bool route_leads_into(struct compile_job *j, const struct addr *destination, const char *interface);

/* Asks the kernel and remembers question and answer in the set. */
int job_path(struct compile_job *j, const struct addr *destination, struct want_answer *out);
/* The first address of a family on a device. */
int job_device_addr(struct compile_job *j, const char *device, uint8_t af, struct addr *out);
/* Is the line of a device up, as far as keepalives say? */
bool job_line(struct compile_job *j, const char *device);
int job_device(struct compile_job *j, const char *device);
/* MTU of the path to an address, or of an ordinary one when it is not known. */
#define PATH_MTU_DEFAULT 1500
uint32_t job_path_mtu(struct compile_job *j, const struct addr *destination);
int query_ask(const struct compile_env *env, struct want_query *q);

#endif
