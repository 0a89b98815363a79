/*
 * Requests about captures: which device an interface is, and what filter an ACL. The rest is capture.c's.
 */
#include "config.h"

#include "daemon/session.h"

#include "daemon/capture.h"
#include "daemon/capture_file.h"
#include "daemon/capture_filter.h"
#include "daemon/compile/owner.h"
#include "daemon/daemon.h"
#include "lib/arena.h"
#include "lib/err.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

static int
find_device(struct store *s, const struct msg_capture_start *m, struct arena *a, char device[16],
	struct err *e)
{
	struct value key = VALUE_OF_TEXT(m->interface);
	struct cfg_interface i = { 0 };
	int rc = cfg_get(s, &cfg_interface, &key, a, &i);

	if (rc != 0)
		return err_set(e, rc, m->interface, "There is no such interface.");
	if (m->decrypted && i.ipsec_policy == NULL)
		return err_set(e, -EINVAL, m->interface,
			"No IPSec policy is applied to it, nothing is decrypted.");
	if (m->decrypted)
		iface_protected_device(i.name, device);
	else
		iface_device(&i, device);
	if (device[0] == '\0')
		return err_set(e, -ENODEV, m->interface, "It has no device.");
	return 0;
}

struct rules {
	struct cfg_acl_rule *rule;
	size_t n;
};

static int
on_rule(void *arg, const void *cfg)
{
	struct rules *r = arg;
	struct cfg_acl_rule *more = reallocarray(r->rule, r->n + 1, sizeof(*more));

	if (more == NULL)
		return -ENOMEM;
	r->rule = more;
	r->rule[r->n++] = *(const struct cfg_acl_rule *)cfg;
	return 0;
}

/* The bits that a prefix does not compare. */
static struct addr
wildcard_of(const struct addr *a, int64_t length)
{
	struct addr w = { .af = a->af };

	for (size_t bit = (size_t)length; bit < 8 * addr_len(a); bit++)
		w.b[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
	return w;
}

static int
on_rule6(void *arg, const void *cfg)
{
	const struct cfg_acl6_rule *r = cfg;
	const struct cfg_acl_rule like4 = { .acl = r->acl,
		.id = r->id,
		.action = r->action,
		.protocol = r->protocol,
		.source = r->source,
		.source_wildcard = wildcard_of(&r->source, r->source_length),
		.source_port_low = r->source_port_low,
		.source_port_high = r->source_port_high,
		.destination = r->destination,
		.destination_wildcard = wildcard_of(&r->destination, r->destination_length),
		.destination_port_low = r->destination_port_low,
		.destination_port_high = r->destination_port_high,
		.icmp_type = r->icmp_type,
		.icmp_code = r->icmp_code };

	return on_rule(arg, &like4);
}

/* acl 0: everything. filter: CAPTURE_FILTER_MAX bytes. */
static int
make_filter(struct store *s, const struct msg_capture_start *m, struct arena *a, char *filter,
	struct err *e)
{
	struct value key = VALUE_OF_INT(m->acl);
	struct rules r = { 0 };
	int rc;

	filter[0] = '\0';
	if (m->acl == 0)
		return 0;
	if (m->acl6)
		rc = cfg_each(s, &cfg_acl6_rule, &key, 1, a, on_rule6, &r);
	else
		rc = cfg_each(s, &cfg_acl_rule, &key, 1, a, on_rule, &r);
	if (rc != 0)
		err_set(e, rc, "ACL", "It cannot be read.");
	else
		rc = capture_filter(r.rule, r.n, m->acl6, filter, CAPTURE_FILTER_MAX, e);
	free(r.rule);
	return rc;
}

int
session_capture_start(struct session_request *r, struct err *e)
{
	const struct msg_capture_start *m = r->body;
	struct daemon *d = r->session->daemon;
	struct arena *a = arena_new();
	char device[16], file[CAPTURE_NAME_MAX];
	char *filter = arena_alloc(a, CAPTURE_FILTER_MAX);
	const struct capture_spec spec = { .interface = m->interface,
		.decrypted = m->decrypted,
		.acl = m->acl,
		.acl6 = m->acl6,
		.device = device,
		.filter = filter,
		.file = file,
		.packets = m->packets };
	int rc = 0;

	if (d->captures == NULL)
		rc = err_set(e, -ENOTCONN, "yongd", "it does not run");
	if (rc == 0)
		rc = find_device(d->store, m, a, device, e);
	if (rc == 0)
		rc = make_filter(d->store, m, a, filter, e);
	if (rc == 0)
		rc = capture_file_name(m->file, time(NULL), file, e);
	if (rc == 0)
		rc = captures_start(d->captures, r->session, r->id, &spec, e);
	arena_free(a);
	return rc;
}

int
session_capture_stop(struct session_request *r, struct err *e)
{
	struct daemon *d = r->session->daemon;

	if (d->captures != NULL)
		captures_stop(d->captures, r->session, r->id);
	return 0;
}
