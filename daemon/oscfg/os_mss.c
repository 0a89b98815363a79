/*
 * `tcp adjust-mss` of physical interfaces: what passes them in either direction announces no longer
 * segments. All rules are one small table, which each change replaces in one transaction. What goes into
 * a tunnel or a policy's TUN is the datapath's to see to.
 */
#include "config.h"

#include "daemon/oscfg/os.h"
#include "daemon/oscfg/os_filter.h"
#include "daemon/oscfg/oscfg.h"
#include "lib/buf.h"
#include "lib/err.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TABLE "inet " OSCFG_NFT_MSS_TABLE

struct os_clamped {
	LIST_ENTRY(os_clamped) node;
	struct want_mss mss;
};

static const char base[] =
	"add table " TABLE "\n"
	"delete table " TABLE "\n"
	"add table " TABLE "\n"
	"add chain " TABLE " in { type filter hook prerouting priority -150; policy accept; }\n"
	"add chain " TABLE " out { type filter hook postrouting priority -150; policy accept; }\n";

static const char none[] = "add table " TABLE "\n"
			   "delete table " TABLE "\n";

/* Both ways: a SYN and its answer. */
static void
put_device(struct wbuf *b, const struct want_mss *m)
{
	static const char *const ways[][2] = { { "in", "iifname" }, { "out", "oifname" } };
	char line[256];

	for (size_t i = 0; i < 2; i++) {
		int len = snprintf(line, sizeof line,
			"add rule " TABLE " %s %s \"%s\" tcp flags & syn == syn tcp option maxseg "
			"size > %u tcp option maxseg size set %u\n",
			ways[i][0], ways[i][1], m->device, m->mss, m->mss);

		wbuf_put(b, line, (size_t)len);
	}
}

/* The table as the list says. */
static int
put_all(struct oscfg *o, const char *object, struct err *e)
{
	const char *head = LIST_EMPTY(&o->clamped) ? none : base;
	struct wbuf b = wbuf_growing();
	struct os_clamped *c;

	wbuf_put(&b, head, strlen(head));
	LIST_FOREACH (c, &o->clamped, node)
		put_device(&b, &c->mss);
	return os_filter_run(o->filter, &b, object, e);
}

static struct os_clamped *
find(struct oscfg *o, const char *device)
{
	struct os_clamped *c;

	LIST_FOREACH (c, &o->clamped, node)
		if (strcmp(c->mss.device, device) == 0)
			return c;
	return NULL;
}

static void
forget(struct os_clamped *c)
{
	LIST_REMOVE(c, node);
	free(c);
}

static int
mss_add(struct oscfg *o, const struct want *w, struct err *e)
{
	struct os_clamped *c;
	int rc;

	if (!os_filter_name_is_plain(w->mss.device))
		return err_set(e, -EINVAL, w->mss.device, "packet filter: unusual device name");
	c = calloc(1, sizeof *c);
	if (c == NULL)
		return -ENOMEM;
	c->mss = w->mss;
	LIST_INSERT_HEAD(&o->clamped, c, node);
	rc = put_all(o, w->mss.device, e);
	if (rc < 0)
		forget(c);
	return rc;
}

static int
mss_change(struct oscfg *o, const struct want *old, const struct want *w, struct err *e)
{
	struct os_clamped *c = find(o, w->mss.device);
	int rc;

	if (c == NULL)
		return mss_add(o, w, e);
	c->mss = w->mss;
	rc = put_all(o, w->mss.device, e);
	if (rc < 0)
		c->mss = old->mss;
	return rc;
}

static int
mss_del(struct oscfg *o, const struct want *w, struct err *e)
{
	struct os_clamped *c = find(o, w->mss.device);

	if (c == NULL)
		return 0;
	forget(c);
	return put_all(o, w->mss.device, e);
}

/* What a killed daemon has left is nobody's: it is made anew. A kernel without nftables has nothing. */
static int
mss_dump(struct oscfg *o, struct os_dump *d, struct err *e)
{
	struct os_clamped *c;
	struct err none_there;

	LIST_FOREACH (c, &o->clamped, node) {
		struct want w = { .kind = WANT_MSS, .mss = c->mss };

		os_dump_add(d, &w);
	}
	if (LIST_EMPTY(&o->clamped))
		(void)put_all(o, "table", &none_there);
	return 0;
}

void
os_mss_forget(struct oscfg *o)
{
	while (!LIST_EMPTY(&o->clamped))
		forget(LIST_FIRST(&o->clamped));
}

const struct os_ops os_mss_ops = {
	.add = mss_add,
	.change = mss_change,
	.del = mss_del,
	.dump = mss_dump,
};
