/*
 * Live state that the daemon knows: the system, objects that do not run, interfaces, routes. Rows are
 * made from configuration, kernel and the datapath's counters together. Knows no display.
 */
#include "config.h"

#include "daemon/status.h"

#include "daemon/capture.h"
#include "daemon/capture_file.h"
#include "daemon/cfg.h"
#include "daemon/childlink.h"
#include "daemon/compile/owner.h"
#include "daemon/daemon.h"
#include "daemon/dpevents.h"
#include "daemon/lines.h"
#include "daemon/oscfg/oscfg.h"
#include "daemon/proc.h"
#include "daemon/rates.h"
#include "daemon/reconcile.h"
#include "daemon/zeros.h"
#include "lib/arena.h"
#include "lib/err.h"
#include "lib/loop.h"
#include "schema/row.h"
#include "schema/store.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

struct fill {
	struct daemon *daemon;
	struct arena *arena;
	const char *filter;
	const struct status_ports *ports;
	const struct status_sink *sink;
	const struct state_info *info;
};

static void
emit(struct fill *f, const void *rec)
{
	const struct field *first = &f->info->record.fields[0];
	char text[256];

	if (f->filter[0] == '\0' ||
		strcmp(record_field_text(first, rec, text, sizeof(text)), f->filter) == 0)
		f->sink->row(f->sink->arg, f->info, rec);
}

static int
fill_system(struct fill *f)
{
	struct daemon *d = f->daemon;
	struct st_system st = { .version = PACKAGE_VERSION };
	struct cfg_system cfg = { 0 };
	struct value key = VALUE_OF_INT(1);

	if (cfg_get(d->store, &cfg_system, &key, f->arena, &cfg) != 0 || cfg.sysname == NULL)
		cfg.sysname = "Huawei";
	strlcpy(st.sysname, cfg.sysname, sizeof(st.sysname));
	st.uptime_s = (loop_now_ms(d->loop) - d->started_ms) / 1000;
	st.revision = store_revision(d->store);
	st.applied = d->applied;
	st.saved = store_saved_revision(d->store);
	st.datapath_up = childlink_is_up(d->dplink);
	st.datapath_restarts = d->datapath != NULL ? proc_restarts(d->datapath) : 0;
	st.failed = d->reconcile != NULL ? (uint32_t)reconcile_n_failed(d->reconcile) : 0;
	emit(f, &st);
	return 0;
}

/* --- objects ---------------------------------------------------------------------------------- */

static void
on_note(void *arg, const struct want_set *s, const struct want_note *n)
{
	struct st_object st = { .status = "incomplete" };

	strlcpy(st.name, n->name, sizeof(st.name));
	strlcpy(st.reason, n->reason, sizeof(st.reason));
	emit(arg, &st);
}

static void
on_failed(void *arg, const char *owner, const char *key, const struct err *e)
{
	struct st_object st = { .status = "failed" };

	strlcpy(st.name, owner[0] != '\0' ? owner : key, sizeof(st.name));
	strlcpy(st.reason, key, sizeof(st.reason));
	strlcat(st.reason, ": ", sizeof(st.reason));
	strlcat(st.reason, e->text, sizeof(st.reason));
	emit(arg, &st);
}

static int
fill_objects(struct fill *f)
{
	compile_each_note(f->daemon->compile, on_note, f);
	if (f->daemon->reconcile != NULL)
		reconcile_each_failed(f->daemon->reconcile, on_failed, f);
	return 0;
}

/* --- interfaces ------------------------------------------------------------------------------- */

static const struct want_set *
set_of(struct fill *f, const char *interface)
{
	char owner[OWNER_MAX];

	owner_name(owner, sizeof(owner), "interface", interface);
	return compile_set(f->daemon->compile, owner);
}

static void
interface_config(const struct cfg_interface *i, struct st_interface *st)
{
	strlcpy(st->name, i->name, sizeof(st->name));
	strlcpy(st->description, i->description != NULL ? i->description : "",
		sizeof(st->description));
	strlcpy(st->policy, i->ipsec_policy != NULL ? i->ipsec_policy : "", sizeof(st->policy));
	strlcpy(st->profile, i->ipsec_profile != NULL ? i->ipsec_profile : "", sizeof(st->profile));
	strlcpy(st->tunnel_protocol, i->tunnel_protocol != NULL ? i->tunnel_protocol : "",
		sizeof(st->tunnel_protocol));
	strlcpy(st->tunnel_source_if, i->source_interface != NULL ? i->source_interface : "",
		sizeof(st->tunnel_source_if));
	st->admin_up = i->shutdown == 0;
	st->tunnel_source = i->source_address;
	st->tunnel_destination = i->destination;
	st->has_key = i->gre_key != CFG_NONE;
	st->key = st->has_key ? (uint32_t)i->gre_key : 0;
	st->checksum = i->gre_checksum > 0;
	st->ipv6 = i->ipv6_enable > 0;
	st->keepalive = i->keepalive > 0;
	st->keepalive_period_s = (uint32_t)i->keepalive_period;
	st->keepalive_retries = (uint32_t)i->keepalive_retries;
}

static void
append_prefix(char *list, size_t cap, const char *text)
{
	if (list[0] != '\0')
		strlcat(list, " ", cap);
	strlcat(list, text, cap);
}

static void
interface_addresses(const struct want_set *s, struct st_interface *st)
{
	const struct want_item *i;
	char text[PREFIX_STRLEN];

	STAILQ_FOREACH (i, &s->items, link) {
		if (i->want.kind != WANT_ADDR)
			continue;
		prefix_format(&i->want.addr.prefix, text);
		if (i->want.addr.prefix.addr.af == AF_INET6)
			append_prefix(st->address6, sizeof(st->address6), text);
		else if (st->address[0] == '\0')
			strlcpy(st->address, text, sizeof(st->address));
		else
			append_prefix(st->address_sub, sizeof(st->address_sub), text);
	}
}

static void
interface_compiled(const struct want_set *s, struct st_interface *st)
{
	const struct want_note *n = STAILQ_FIRST(&s->notes);
	const struct want_item *i;

	if (n != NULL)
		strlcpy(st->incomplete, n->reason, sizeof(st->incomplete));
	st->address[0] = st->address_sub[0] = st->address6[0] = '\0';
	interface_addresses(s, st);
	STAILQ_FOREACH (i, &s->items, link) {
		if (i->want.kind == WANT_TUNNEL)
			st->tunnel_source = i->want.tunnel.tunnel.source;
		else if (i->want.kind == WANT_SA && !i->want.sa.sa.inbound)
			st->tunnel_source = i->want.sa.sa.source;
	}
}

static void
interface_counters(const struct fill *f, struct st_interface *st)
{
	for (size_t i = 0; f->ports != NULL && i < f->ports->n; i++) {
		const struct st_port *p = &f->ports->port[i];

		if (strcmp(p->name, st->device) != 0)
			continue;
		st->in_packets = p->in_packets;
		st->in_bytes = p->in_bytes;
		st->in_errors = p->in_dropped;
		st->out_packets = p->out_packets;
		st->out_bytes = p->out_bytes;
		st->out_errors = p->out_dropped;
	}
}

static void
kernel_state(struct fill *f, const char *device, struct st_interface *st)
{
	if (oscfg_interface_state(f->daemon->os, device, st) == 0 && f->daemon->zeros != NULL)
		zeros_apply(f->daemon->zeros, device, st);
}

static void
interface_state(struct fill *f, const struct cfg_interface *i, struct st_interface *st)
{
	const struct want_set *s = set_of(f, i->name);
	char device[16];
	bool tunnel = strcmp(i->kind, "Tunnel") == 0, line;

	iface_device(i, device);
	if (f->daemon->os != NULL && device[0] != '\0')
		kernel_state(f, device, st);
	strlcpy(st->device, device, sizeof(st->device));
	interface_config(i, st);
	if (s != NULL)
		interface_compiled(s, st);
	interface_counters(f, st);
	/* Keepalives judge the line, not the device. */
	line = f->daemon->dpevents == NULL || !dpevents_is_down(f->daemon->dpevents, device);
	if (!line)
		st->phys_up = st->admin_up;
	/* A tunnel carries nothing before it is complete, and without the datapath. */
	if (tunnel && (st->incomplete[0] != '\0' || !childlink_is_up(f->daemon->dplink)))
		st->phys_up = false;
	st->proto_up = line && st->admin_up && st->phys_up &&
		(st->address[0] != '\0' || st->address6[0] != '\0');
}

static void
interface_rates(const struct fill *f, struct st_interface *st)
{
	struct rates_counters c;

	if (f->daemon->rates == NULL)
		return;
	c = rates_of(f->daemon->rates, st->device);
	st->in_packets_rate = c.in_packets;
	st->in_bits_rate = c.in_bytes * 8;
	st->out_packets_rate = c.out_packets;
	st->out_bits_rate = c.out_bytes * 8;
}

static int
on_interface(void *arg, const void *cfg)
{
	struct fill *f = arg;
	struct st_interface st = { 0 };

	interface_state(f, cfg, &st);
	if (f->daemon->lines != NULL)
		st.last_up_time = lines_last_up(f->daemon->lines, st.name);
	interface_rates(f, &st);
	emit(f, &st);
	return 0;
}

static int
on_line(void *arg, const void *cfg)
{
	struct fill *f = arg;
	struct st_interface st = { 0 };

	interface_state(f, cfg, &st);
	lines_see(f->daemon->lines, st.name, st.proto_up, (uint64_t)time(NULL));
	return 0;
}

void
status_see_lines(struct daemon *d)
{
	struct fill f = { .daemon = d, .arena = arena_new() };

	cfg_each(d->store, &cfg_interface, NULL, 0, f.arena, on_line, &f);
	arena_free(f.arena);
}

/* Of the name that is asked for, or all. */
static int
each_interface(struct fill *f, cfg_fn *fn)
{
	struct value key = VALUE_OF_TEXT(f->filter);
	struct cfg_interface i;
	int rc;

	if (f->filter[0] == '\0')
		return cfg_each(f->daemon->store, &cfg_interface, NULL, 0, f->arena, fn, f);
	rc = cfg_get(f->daemon->store, &cfg_interface, &key, f->arena, &i);
	if (rc == 0)
		return fn(f, &i);
	return rc == -ENOENT ? 0 : rc;
}

static int
on_zero(void *arg, const void *cfg)
{
	struct fill *f = arg;
	struct st_interface st = { 0 };
	char device[16];

	iface_device(cfg, device);
	if (device[0] == '\0' || oscfg_interface_state(f->daemon->os, device, &st) != 0)
		return 0;
	return zeros_set(f->daemon->zeros, device, &st);
}

int
status_zero_interfaces(struct daemon *d, const char *name)
{
	struct fill f = { .daemon = d, .filter = name };
	int rc = 0;

	if (d->os == NULL || d->zeros == NULL)
		return 0;
	f.arena = arena_new();
	rc = each_interface(&f, on_zero);
	arena_free(f.arena);
	return rc;
}

static int
fill_interfaces(struct fill *f)
{
	return each_interface(f, on_interface);
}

/* --- routes ----------------------------------------------------------------------------------- */

/* Device to VRP name: a list made once for one question. */
struct names {
	struct arena *arena;
	struct name {
		const char *vrp;
		char device[16];
		struct name *next;
	} * first;
};

static int
on_name(void *arg, const void *cfg)
{
	struct names *names = arg;
	const struct cfg_interface *i = cfg;
	struct name *n = arena_alloc(names->arena, sizeof(*n));

	n->vrp = i->name;
	iface_device(i, n->device);
	n->next = names->first;
	names->first = n;
	return 0;
}

static const char *
vrp_name(void *arg, const char *device)
{
	const struct names *names = arg;

	for (const struct name *n = names->first; n != NULL; n = n->next)
		if (strcmp(n->device, device) == 0)
			return n->vrp;
	return NULL;
}

static void
on_route(void *arg, const struct st_route *r)
{
	emit(arg, r);
}

static int
fill_routes(struct fill *f)
{
	struct names names = { .arena = f->arena };
	int rc;

	if (f->daemon->os == NULL)
		return 0;
	rc = cfg_each(f->daemon->store, &cfg_interface, NULL, 0, f->arena, on_name, &names);
	return rc != 0 ? rc : oscfg_routes(f->daemon->os, vrp_name, &names, on_route, f);
}

/* --- captures --------------------------------------------------------------------------------- */

static void
on_capture(void *arg, struct st_capture *st)
{
	const struct fill *f = arg;

	captures_describe(f->daemon->captures, st);
	emit(arg, st);
}

static int
fill_captures(struct fill *f)
{
	return capture_file_each(f->daemon->state_dir, on_capture, f);
}

static int (*const fills[STATE_N])(struct fill *f) = {
	[STATE_system] = fill_system,
	[STATE_object] = fill_objects,
	[STATE_interface] = fill_interfaces,
	[STATE_capture] = fill_captures,
	[STATE_route] = fill_routes,
};

int
status_rows(struct daemon *d, enum state_table table, const char *filter,
	const struct status_ports *ports, const struct status_sink *sink)
{
	struct fill f = { .daemon = d, .filter = filter, .ports = ports, .sink = sink };
	int rc;

	if (fills[table] == NULL)
		return -ENOENT;
	f.info = state_info(table);
	f.arena = arena_new();
	rc = fills[table](&f);
	arena_free(f.arena);
	return rc;
}
