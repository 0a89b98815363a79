/*
 * The packet filter: a table of our own that drops cleartext arriving on a protected device although
 * the policy demands protection, and counts it. Encapsulated packets for the router itself are let
 * through: they are the datapath's to judge. Every change is one transaction, so there is no moment
 * without a filter. Knows nftables only through libnftables and text.
 */
#include "config.h"

#include "daemon/oscfg/os_filter.h"

#include "daemon/oscfg/os.h"
#include "daemon/oscfg/os_decode.h"
#include "daemon/oscfg/oscfg.h"
#include "lib/buf.h"
#include "lib/err.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <nftables/libnftables.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#define TABLE "inet " OSCFG_NFT_TABLE

/* A device's chains as the kernel holds them; those a dump has found have names but no text. */
struct guarded {
	LIST_ENTRY(guarded) node;
	char device[16];
	struct os_filter_text text;
};

struct os_filter {
	struct nft_ctx *nft;
	struct os_netlink nl; /* libnftables reads all rules before it tells one counter */
	LIST_HEAD(, guarded) devices;
	bool table;
};

static const char base[] =
	"add table " TABLE "\n"
	"add counter " TABLE " cleartext\n"
	"add chain " TABLE " input { type filter hook input priority -5; policy accept; }\n"
	"add chain " TABLE " forward { type filter hook forward priority -5; policy accept; }\n";

static const char exempt[] =
	"add rule " TABLE " input meta l4proto { 47, 50, 51 } accept\n"
	"add rule " TABLE " input udp dport { 500, 4500 } accept\n"
	/* neighbours are found in clear: RFC 4861 */
	"add rule " TABLE " input icmpv6 type 133-137 ip6 hoplimit 255 accept\n";

int
os_filter_new(struct os_filter **out, struct err *e)
{
	struct os_filter *f = calloc(1, sizeof *f);
	int rc;

	if (f == NULL)
		return -ENOMEM;
	LIST_INIT(&f->devices);
	f->nft = nft_ctx_new(NFT_CTX_DEFAULT);
	if (f->nft == NULL) {
		free(f);
		return err_set(e, -ENOMEM, "nftables", "cannot be opened");
	}
	nft_ctx_buffer_output(f->nft);
	nft_ctx_buffer_error(f->nft);
	nft_ctx_output_set_flags(f->nft, NFT_CTX_OUTPUT_NUMERIC_ALL);
	rc = os_netlink_open(&f->nl, NETLINK_NETFILTER, e);
	if (rc < 0) {
		os_filter_free(f);
		return rc;
	}
	*out = f;
	return 0;
}

static void
guarded_free(struct guarded *g)
{
	os_filter_text_free(&g->text);
	free(g);
}

void
os_filter_free(struct os_filter *f)
{
	struct guarded *g;

	if (f == NULL)
		return;
	while ((g = LIST_FIRST(&f->devices)) != NULL) {
		LIST_REMOVE(g, node);
		guarded_free(g);
	}
	os_netlink_close(&f->nl);
	nft_ctx_free(f->nft);
	free(f);
}

static void
put(struct wbuf *b, const char *s)
{
	wbuf_put(b, s, strlen(s));
}

static void
put_line(struct wbuf *b, const char *verb, const char *name)
{
	put(b, verb);
	put(b, " " TABLE " ");
	put(b, name);
	put(b, "\n");
}

int
os_filter_run(struct os_filter *f, struct wbuf *b, const char *object, struct err *e)
{
	const char *text;
	int rc = 0;

	wbuf_u8(b, 0);
	if (b->bad)
		rc = -ENOMEM;
	else if (nft_run_cmd_from_buffer(f->nft, (const char *)b->start) != 0)
		rc = -EIO;
	text = nft_ctx_get_error_buffer(f->nft);
	if (rc < 0)
		err_set(e, rc, object, "packet filter: %.*s", (int)strcspn(text, "\n"), text);
	wbuf_fini(b);
	return rc;
}

static struct guarded *
find(struct os_filter *f, const char *device)
{
	struct guarded *g;

	LIST_FOREACH (g, &f->devices, node)
		if (strcmp(g->device, device) == 0)
			return g;
	return NULL;
}

static bool
has_chunk(const struct os_filter_text *t, const char *chain, size_t below)
{
	for (size_t i = 0; t != NULL && i < t->n_chunks && i < below; i++)
		if (strcmp(t->chunks[i].chain, chain) == 0)
			return true;
	return false;
}

/* The base chains' way into the devices' chains; without: the device left out, with: one more. */
static void
put_dispatch(struct wbuf *b, struct os_filter *f, const char *without, const char *with)
{
	static const char *const hooks[] = { "input", "forward" };
	char chain[64];
	struct guarded *g;

	for (size_t i = 0; i < sizeof hooks / sizeof hooks[0]; i++) {
		bool first = true;

		put_line(b, "flush chain", hooks[i]);
		if (i == 0)
			put(b, exempt);
		put(b, "add rule " TABLE " ");
		put(b, hooks[i]);
		put(b, " iifname vmap { ");
		LIST_FOREACH (g, &f->devices, node) {
			if (without != NULL && strcmp(g->device, without) == 0)
				continue;
			put(b, first ? "\"" : ", \"");
			put(b, g->device);
			put(b, "\" : jump ");
			put(b, g->text.chain);
			first = false;
		}
		if (with != NULL) {
			os_filter_chain_name(with, chain);
			put(b, first ? "\"" : ", \"");
			put(b, with);
			put(b, "\" : jump ");
			put(b, chain);
		}
		put(b, " }\n");
	}
}

/* New chunks, the device's chain over them, then the chunks that nobody enters any more. */
static void
put_device(struct wbuf *b, const struct want_filter *w, const struct os_filter_text *old,
	const struct os_filter_text *t)
{
	put_line(b, "add chain", t->chain);
	put_line(b, "flush chain", t->chain);
	for (size_t i = 0; i < t->n_chunks; i++) {
		const struct os_filter_chunk *c = &t->chunks[i];

		if (has_chunk(old, c->chain, SIZE_MAX) || has_chunk(t, c->chain, i))
			continue;
		put_line(b, "add chain", c->chain);
		os_filter_text_chunk(b, w, c);
	}
	put(b, t->entry);
	for (size_t i = 0; i < t->n_chunks; i++)
		put(b, t->chunks[i].jump);
	for (size_t i = 0; old != NULL && i < old->n_chunks; i++) {
		const char *chain = old->chunks[i].chain;

		if (has_chunk(t, chain, SIZE_MAX) || has_chunk(old, chain, i))
			continue;
		put_line(b, "flush chain", chain);
		put_line(b, "delete chain", chain);
	}
}

bool
os_filter_name_is_plain(const char *device)
{
	for (const char *p = device; *p != '\0'; p++)
		if (!isalnum((unsigned char)*p) && strchr("._:@-", *p) == NULL)
			return false;
	return device[0] != '\0';
}

static int
filter_set(struct oscfg *o, const struct want_filter *w, struct err *e)
{
	struct os_filter *f = o->filter;
	struct guarded *g = find(f, w->device);
	struct wbuf b = wbuf_growing();
	struct os_filter_text text;
	int rc;

	if (!os_filter_name_is_plain(w->device))
		return err_set(e, -EINVAL, w->device, "packet filter: unusual device name");
	rc = os_filter_text_make(w, &text);
	if (rc < 0)
		return rc;
	if (!f->table)
		put(&b, base);
	put_device(&b, w, g != NULL ? &g->text : NULL, &text);
	if (g == NULL)
		put_dispatch(&b, f, NULL, w->device);
	rc = os_filter_run(f, &b, w->device, e);
	if (rc == 0 && g == NULL) {
		g = calloc(1, sizeof *g);
		if (g == NULL)
			rc = -ENOMEM;
		else
			LIST_INSERT_HEAD(&f->devices, g, node);
	}
	if (rc < 0) {
		os_filter_text_free(&text);
		return rc;
	}
	f->table = true;
	snprintf(g->device, sizeof g->device, "%s", w->device);
	os_filter_text_free(&g->text);
	g->text = text;
	return 0;
}

static int
filter_add(struct oscfg *o, const struct want *w, struct err *e)
{
	return filter_set(o, &w->filter, e);
}

static int
filter_change(struct oscfg *o, const struct want *old, const struct want *w, struct err *e)
{
	return filter_set(o, &w->filter, e);
}

static int
filter_del(struct oscfg *o, const struct want *w, struct err *e)
{
	struct os_filter *f = o->filter;
	struct guarded *g = find(f, w->filter.device);
	struct wbuf b = wbuf_growing();
	bool last;
	int rc;

	if (g == NULL)
		return 0;
	last = LIST_FIRST(&f->devices) == g && LIST_NEXT(g, node) == NULL;
	if (last) {
		put(&b, "delete table " TABLE "\n");
	} else {
		put_dispatch(&b, f, g->device, NULL);
		put_line(&b, "flush chain", g->text.chain);
		put_line(&b, "delete chain", g->text.chain);
		for (size_t i = 0; i < g->text.n_chunks; i++) {
			if (has_chunk(&g->text, g->text.chunks[i].chain, i))
				continue;
			put_line(&b, "flush chain", g->text.chunks[i].chain);
			put_line(&b, "delete chain", g->text.chunks[i].chain);
		}
	}
	rc = os_filter_run(f, &b, w->filter.device, e);
	if (rc < 0)
		return rc;
	if (last)
		f->table = false;
	LIST_REMOVE(g, node);
	guarded_free(g);
	return 0;
}

/* Output of a question, borrowed until the next, or NULL when the kernel has no such thing. */
static const char *
ask(struct os_filter *f, const char *command)
{
	bool ok = nft_run_cmd_from_buffer(f->nft, command) == 0;
	const char *out = nft_ctx_get_output_buffer(f->nft);

	(void)nft_ctx_get_error_buffer(f->nft);
	return ok ? out : NULL;
}

uint64_t
os_filter_drops(struct os_filter *f)
{
	struct nfgenmsg *m;
	struct nlmsghdr *nlh = os_netlink_begin(
		&f->nl, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETOBJ, 0, sizeof *m, &m);
	uint64_t n = 0;

	m->nfgen_family = NFPROTO_INET;
	m->version = NFNETLINK_V0;
	mnl_attr_put_strz(nlh, NFTA_OBJ_TABLE, OSCFG_NFT_TABLE);
	mnl_attr_put_strz(nlh, NFTA_OBJ_NAME, "cleartext");
	mnl_attr_put_u32(nlh, NFTA_OBJ_TYPE, htonl(NFT_OBJECT_COUNTER));
	return os_netlink_get(&f->nl, nlh, os_decode_counter, &n) == 0 ? n : 0;
}

static struct guarded *
found_device(struct os_filter *f, const char *device)
{
	struct guarded *g = find(f, device);

	if (g != NULL)
		return g;
	g = calloc(1, sizeof *g);
	if (g == NULL)
		return NULL;
	snprintf(g->device, sizeof g->device, "%s", device);
	os_filter_chain_name(device, g->text.chain);
	LIST_INSERT_HEAD(&f->devices, g, node);
	return g;
}

static int
found_chunk(struct os_filter_text *t, const char *chain)
{
	struct os_filter_chunk *grown = reallocarray(t->chunks, t->n_chunks + 1, sizeof *grown);

	if (grown == NULL)
		return -ENOMEM;
	t->chunks = grown;
	memset(&grown[t->n_chunks], 0, sizeof *grown);
	snprintf(grown[t->n_chunks++].chain, sizeof grown->chain, "%.63s", chain);
	return 0;
}

/* A chain that an earlier daemon left. Chunks are named "c", a hash of 16 digits, "_" and the rest of
 * their device's chain. */
static int
found_chain(struct os_filter *f, const char *chain)
{
	char owner[64], device[16];
	struct guarded *g;

	if (os_filter_chain_device(chain, device))
		return found_device(f, device) != NULL ? 0 : -ENOMEM;
	if (chain[0] != 'c' || strlen(chain) < 19 || chain[17] != '_')
		return 0;
	snprintf(owner, sizeof owner, "dev_%.59s", chain + 18);
	if (!os_filter_chain_device(owner, device))
		return 0;
	g = found_device(f, device);
	return g != NULL ? found_chunk(&g->text, chain) : -ENOMEM;
}

/* Takes over the table of a killed daemon: its chains stay in force until they are replaced. */
static int
take_over(struct os_filter *f)
{
	const char *out = ask(f, "list chains inet");
	bool ours = false;
	char word[64];
	int rc = 0;

	for (; out != NULL && *out != '\0' && rc == 0;
		out += strcspn(out, "\n"), out += *out != '\0') {
		if (sscanf(out, " table inet %63s", word) == 1)
			ours = strcmp(word, OSCFG_NFT_TABLE) == 0;
		else if (ours && sscanf(out, " chain %63s", word) == 1)
			rc = found_chain(f, word);
		f->table |= ours;
	}
	return rc;
}

static int
filter_dump(struct oscfg *o, struct os_dump *d, struct err *e)
{
	struct os_filter *f = o->filter;
	struct guarded *g;
	int rc = f->table ? 0 : take_over(f);

	LIST_FOREACH (g, &f->devices, node) {
		struct want w = { .kind = WANT_FILTER };

		snprintf(w.filter.device, sizeof w.filter.device, "%s", g->device);
		os_dump_add(d, &w);
	}
	if (rc == 0 && f->table && LIST_EMPTY(&f->devices)) {
		struct wbuf b = wbuf_growing();

		put(&b, "delete table " TABLE "\n");
		rc = os_filter_run(f, &b, "table " OSCFG_NFT_TABLE, e);
		f->table = false;
	}
	return rc;
}

const struct os_ops os_filter_ops = {
	.add = filter_add,
	.change = filter_change,
	.del = filter_del,
	.dump = filter_dump,
};
