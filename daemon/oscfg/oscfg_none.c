/*
 * The operating system's side on systems that nobody has taught us yet: everything is refused.
 */
#include "config.h"

#include "daemon/oscfg/oscfg.h"

#include "lib/err.h"

#include <errno.h>
#include <stddef.h>

int
oscfg_new(struct loop *l, const char *state_dir, void (*changed)(void *arg), void *arg,
	struct oscfg **out, struct err *e)
{
	*out = NULL;
	return err_set(e, -ENOTSUP, "system", "this operating system is not supported yet");
}

void
oscfg_free(struct oscfg *o)
{
}

int
oscfg_dump(struct oscfg *o, struct arena *a, struct want **out, size_t *n, struct err *e)
{
	*out = NULL;
	*n = 0;
	return -ENOTSUP;
}

int
oscfg_add(struct oscfg *o, const struct want *w, struct err *e)
{
	return -ENOTSUP;
}

int
oscfg_change(struct oscfg *o, const struct want *old, const struct want *w, struct err *e)
{
	return -ENOTSUP;
}

int
oscfg_del(struct oscfg *o, const struct want *w, struct err *e)
{
	return -ENOTSUP;
}

int
oscfg_devices(struct oscfg *o, struct arena *a, struct oscfg_device **out, size_t *n)
{
	*out = NULL;
	*n = 0;
	return -ENOTSUP;
}

uint32_t
oscfg_index(struct oscfg *o, const char *device)
{
	return 0;
}

int
oscfg_device(struct oscfg *o, uint32_t index, char device[16])
{
	return -ENODEV;
}

int
oscfg_carrier(struct oscfg *o, const char *device, bool up)
{
	return -ENOENT;
}

int
oscfg_counters(struct oscfg *o,
	void (*fn)(void *arg, const char *device, const struct rates_counters *c), void *arg)
{
	return -ENOTSUP;
}

int
oscfg_tun_fd(struct oscfg *o, const char *device)
{
	return -ENOENT;
}

int
oscfg_path(struct oscfg *o, const struct addr *destination, uint32_t *mtu, struct addr *source,
	char device[16])
{
	return -ENOTSUP;
}

int
oscfg_device_addr(struct oscfg *o, const char *device, uint8_t af, struct addr *out)
{
	return -ENOTSUP;
}

int
oscfg_interface_state(struct oscfg *o, const char *device, struct st_interface *st)
{
	return -ENOTSUP;
}

int
oscfg_routes(struct oscfg *o, const char *(*vrp_name)(void *arg, const char *device), void *arg,
	void (*row)(void *row_arg, const struct st_route *r), void *row_arg)
{
	return -ENOTSUP;
}

uint64_t
oscfg_filter_drops(struct oscfg *o)
{
	return 0;
}
