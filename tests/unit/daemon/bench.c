/*
 * The daemon of the tests, see bench.h.
 */
#include "config.h"

#include "tests/unit/daemon/bench.h"

#include "daemon/commit.h"
#include "daemon/kind.h"
#include "daemon/reconcile.h"
#include "lib/alg.h"
#include "lib/arena.h"
#include "lib/loop.h"
#include "schema/changes.h"
#include "schema/store.h"
#include "tests/unit/daemon/rows.h"

#include <CUnit/CUnit.h>
#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LOG_ROOM = 1 << 20 };

/* The steps' kinds do nothing but say so; the context is found from the daemon, which a bench holds. */
static struct bench *
bench_of(struct daemon *d)
{
	return (struct bench *)((char *)d - offsetof(struct bench, daemon));
}

static void
say(struct bench *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	b->log_len += (size_t)vsnprintf(b->log + b->log_len, LOG_ROOM - b->log_len, fmt, ap);
	va_end(ap);
}

static const char *const kind_names[WANT_N_KINDS] = {
	[WANT_SYSCTL] = "sysctl",
	[WANT_FILTER] = "filter",
	[WANT_MSS] = "mss",
	[WANT_LINK] = "link",
	[WANT_PORT] = "port",
	[WANT_TUNNEL] = "tunnel",
	[WANT_SA] = "sa",
	[WANT_GROUP] = "group",
	[WANT_SPD] = "spd",
	[WANT_ADDR] = "addr",
	[WANT_ROUTE] = "route",
	[WANT_RULE] = "rule",
	[WANT_IKE] = "ike",
	[WANT_IKE_PEER] = "peer",
	[WANT_IKE_CHILD] = "child",
};

/* The fingerprint of an SA is another one in each run. */
static const char *
key_text(const struct want *w, char out[160])
{
	char *end;

	strlcpy(out, w->key, 160);
	end = w->kind == WANT_SA ? strrchr(out, ' ') : NULL;
	if (end != NULL)
		*end = '\0';
	return out;
}

static int
fake_add(struct daemon *d, const struct want *w, struct err *e)
{
	char key[160];

	say(bench_of(d), "+ %s %s\n", kind_names[w->kind], key_text(w, key));
	return 0;
}

static int
fake_change(struct daemon *d, const struct want *old, const struct want *w, struct err *e)
{
	char key[160];

	say(bench_of(d), "~ %s %s\n", kind_names[w->kind], key_text(w, key));
	return 0;
}

static int
fake_del(struct daemon *d, const struct want *w, struct err *e)
{
	char key[160];

	say(bench_of(d), "- %s %s\n", kind_names[w->kind], key_text(w, key));
	return 0;
}

/* Real comparison, faked steps. */
#define FAKE(KIND)                                                                               \
	static bool KIND##_equal(const struct want *a, const struct want *b)                     \
	{                                                                                        \
		return kind_##KIND.equal(a, b);                                                  \
	}                                                                                        \
	static const struct kind_ops fake_##KIND = { #KIND, KIND##_equal, fake_add, fake_change, \
		fake_del }

FAKE(sysctl);
FAKE(filter);
FAKE(link);
FAKE(port);
FAKE(tunnel);
FAKE(sa);
FAKE(spd);
FAKE(addr);
FAKE(route);
FAKE(rule);
FAKE(mss);
FAKE(group);
FAKE(ike);
FAKE(ike_child);

static bool
peer_equal(const struct want *a, const struct want *b)
{
	return kind_ike_peer.equal(a, b);
}

static const struct kind_ops fake_ike_peer = { "ike_peer", peer_equal, fake_add, fake_change,
	fake_del, true };

static const struct kind_ops *const fake_kinds[WANT_N_KINDS] = {
	[WANT_SYSCTL] = &fake_sysctl,
	[WANT_FILTER] = &fake_filter,
	[WANT_MSS] = &fake_mss,
	[WANT_LINK] = &fake_link,
	[WANT_PORT] = &fake_port,
	[WANT_TUNNEL] = &fake_tunnel,
	[WANT_SA] = &fake_sa,
	[WANT_GROUP] = &fake_group,
	[WANT_SPD] = &fake_spd,
	[WANT_ADDR] = &fake_addr,
	[WANT_ROUTE] = &fake_route,
	[WANT_RULE] = &fake_rule,
	[WANT_IKE] = &fake_ike,
	[WANT_IKE_PEER] = &fake_ike_peer,
	[WANT_IKE_CHILD] = &fake_ike_child,
};

/* --- the kernel that answers compile ---------------------------------------------------------- */

/* The device that b->ways names for the destination. */
static const char *
way_to(const struct bench *b, const struct addr *destination, char device[16])
{
	char to[ADDR_STRLEN + 1];
	const char *at;

	addr_format(destination, to);
	strlcat(to, " ", sizeof(to));
	at = b->ways != NULL ? strstr(b->ways, to) : NULL;
	if (at == NULL)
		return "e1";
	at += strlen(to);
	snprintf(device, 16, "%.*s", (int)strcspn(at, ";"), at);
	return device;
}

static int
fake_path(void *arg, const struct addr *destination, uint32_t *mtu, struct addr *source,
	char device[16])
{
	struct bench *b = arg;
	char name[16];

	b->n_paths++;
	if (b->path_mtu == 0)
		return -ENETUNREACH;
	*mtu = b->path_mtu;
	*source = addr_v4(0xc6336401);
	strlcpy(device, way_to(b, destination, name), 16);
	return 0;
}

static int
fake_device_addr(void *arg, const char *device, uint8_t af, struct addr *out)
{
	const struct bench *b = arg;

	return b->address != NULL ? addr_parse(b->address, out) : -ENOENT;
}

static int
fake_line(void *arg, const char *device)
{
	const struct bench *b = arg;

	return b->line_down != NULL && strcmp(b->line_down, device) == 0 ? -ENETDOWN : 0;
}

static int
fake_device(void *arg, const char *device)
{
	const struct bench *b = arg;

	return b->missing != NULL && strcmp(b->missing, device) == 0 ? -ENODEV : 0;
}

/* --- the bench --------------------------------------------------------------------------------- */

void
bench_dir(char dir[64])
{
	strlcpy(dir, "/tmp/yd-test-XXXXXX", 64);
	if (mkdtemp(dir) == NULL)
		abort();
}

void
bench_dir_remove(const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *e;

	while (d != NULL && (e = readdir(d)) != NULL)
		unlinkat(dirfd(d), e->d_name, 0);
	if (d != NULL)
		closedir(d);
	rmdir(dir);
}

void
bench_init(struct bench *b)
{
	int rc;

	memset(b, 0, sizeof(*b));
	bench_dir(b->dir);
	b->loop = loop_new_virtual();
	b->log = calloc(1, LOG_ROOM);
	b->path_mtu = 1500;
	rc = daemon_open(&b->daemon, b->loop, b->dir, "/nowhere", &b->err);
	CU_ASSERT_EQUAL_FATAL(rc, 0);
	b->daemon.env = (struct compile_env){ .path = fake_path,
		.device_addr = fake_device_addr,
		.line = fake_line,
		.device = fake_device,
		.arg = b };
	b->daemon.reconcile = reconcile_new(&b->daemon, b->loop, fake_kinds);
}

void
bench_fini(struct bench *b)
{
	daemon_close(&b->daemon);
	loop_free(b->loop);
	free(b->log);
	bench_dir_remove(b->dir);
}

int
bench_commit(struct bench *b, const char *rows)
{
	const struct commit_request request = {
		.schema = STORE_SCHEMA, .user = "test", .terminal = "", .text = ""
	};
	struct store *s = NULL;
	struct arena *a = arena_new();
	void *image = NULL, *changes = NULL;
	size_t len;
	int rc = store_image(b->daemon.store, &image, &len);

	err_clear(&b->err);
	if (rc == 0)
		rc = store_from_image(image, len, &s, &b->err);
	if (rc == 0)
		rc = changes_record(s);
	if (rc == 0)
		rc = rows_text(s, rows, a);
	CU_ASSERT_EQUAL_FATAL(rc, 0);
	rc = changes_take(s, &changes, &len);
	if (rc == 0)
		rc = commit(&b->daemon, &request, changes, len, &b->err);
	if (rc == 0)
		daemon_apply(&b->daemon);
	free(image);
	free(changes);
	store_close(s);
	arena_free(a);
	return rc;
}

/* --- what came out, as text ---------------------------------------------------------------------- */

static void
say_link(struct bench *b, const struct want_link *l)
{
	static const char *const kinds[] = { "physical", "dummy", "tunnel", "protected" };

	say(b, "link %s %s mtu %u %s%s%s\n", l->device, kinds[l->kind], l->mtu,
		l->up ? "up" : "down", l->group != 0 ? " group" : "", l->ipv6 ? " ipv6" : "");
}

static void
say_tunnel(struct bench *b, const struct want_tunnel *w)
{
	const struct msg_dp_tunnel *t = &w->tunnel;
	char s[ADDR_STRLEN], d[ADDR_STRLEN];

	say(b, "tunnel %s %s -> %s", w->device, addr_format(&t->source, s),
		addr_format(&t->destination, d));
	if (t->has_key)
		say(b, " key %u", t->key);
	say(b, "%s%s mtu %u %s", t->checksum ? " checksum" : "", t->sequence ? " sequence" : "",
		t->mtu, t->up ? "up" : "down");
	if (t->keepalive)
		say(b, " keepalive %u/%u", t->keepalive_period_ms, t->keepalive_retries);
	if (t->mss != 0)
		say(b, " mss %u", t->mss);
	if (w->spd_device[0] != '\0')
		say(b, " spd %s", w->spd_device);
	say(b, "%s%s\n", w->sa_out_key != NULL ? " out" : "", w->sa_in_key != NULL ? " in" : "");
}

static void
say_sa(struct bench *b, const struct want_sa *w)
{
	const struct msg_dp_sa *sa = &w->sa;
	char s[ADDR_STRLEN], d[ADDR_STRLEN];

	static const char *const dfs[] = { "", " df set", " df clear" };
	bool ah = sa->protocol == 51;

	say(b, "sa %s %s %u %s -> %s %s %s window %u on %s", sa->policy, sa->inbound ? "in" : "out",
		sa->spi, addr_format(&sa->source, s), addr_format(&sa->destination, d),
		ah ? "ah" : alg_cipher(sa->cipher)->keyword, alg_auth(sa->auth)->keyword,
		sa->replay_window, w->device);
	say(b, "%s%s%s%s\n", sa->mode == MSG_SA_TRANSPORT ? " transport" : "",
		w->bundle_key != NULL ? " bundled" : "", dfs[sa->df],
		sa->fragment_before ? " fragment-before" : "");
}

static void
say_rule(struct bench *b, const struct msg_dp_spd_rule *r, const char *out, const char *in)
{
	static const char *const actions[] = { "discard", "bypass", "protect" };
	char s[ADDR_STRLEN], sw[ADDR_STRLEN], d[ADDR_STRLEN], dw[ADDR_STRLEN];

	say(b, "  rule %u %s %u %s/%s:%u-%u %s/%s:%u-%u icmp %u/%u%s%s\n", r->rule,
		actions[r->action], r->protocol, addr_format(&r->source, s),
		addr_format(&r->source_wildcard, sw), r->source_port_low, r->source_port_high,
		addr_format(&r->destination, d), addr_format(&r->destination_wildcard, dw),
		r->destination_port_low, r->destination_port_high, r->icmp_type, r->icmp_code,
		out != NULL ? " out" : "", in != NULL ? " in" : "");
}

static void
say_filter(struct bench *b, const struct want_filter *f)
{
	char s[ADDR_STRLEN], sw[ADDR_STRLEN], d[ADDR_STRLEN], dw[ADDR_STRLEN];

	say(b, "filter %s\n", f->device);
	for (size_t i = 0; i < f->n_rules; i++)
		say(b, "  %s %u %s/%s:%u-%u %s/%s:%u-%u\n", f->rules[i].drop ? "drop" : "accept",
			f->rules[i].protocol, addr_format(&f->rules[i].source, s),
			addr_format(&f->rules[i].source_wildcard, sw), f->rules[i].source_port_low,
			f->rules[i].source_port_high, addr_format(&f->rules[i].destination, d),
			addr_format(&f->rules[i].destination_wildcard, dw),
			f->rules[i].destination_port_low, f->rules[i].destination_port_high);
}

static void
say_route(struct bench *b, const struct want_route *r)
{
	char text[PREFIX_STRLEN], hop[ADDR_STRLEN];

	say(b, "route %u %s%s", r->table, prefix_format(&r->destination, text),
		r->type == WANT_ROUTE_BLACKHOLE ? " blackhole" : "");
	if (r->nexthop.af != 0)
		say(b, " via %s", addr_format(&r->nexthop, hop));
	if (r->device[0] != '\0')
		say(b, " dev %s", r->device);
	if (r->preferred_source.af != 0)
		say(b, " src %s", addr_format(&r->preferred_source, hop));
	if (r->mtu != 0)
		say(b, " mtu %u", r->mtu);
	say(b, " metric %u\n", r->metric);
}

static void
say_spd(struct bench *b, const struct want_spd *s)
{
	say(b, "spd %s", s->device);
	if (s->mss != 0)
		say(b, " mss %u", s->mss);
	say(b, "\n");
	for (size_t i = 0; i < s->n_rules; i++)
		say_rule(b, &s->rules[i], s->sa_out_key[i], s->sa_in_key[i]);
}

/* A list of algorithms as numbers of alg.def, in a text of static length. */
#define SAY_LIST(b, name, list)                                               \
	do {                                                                  \
		say(b, " %s", name);                                          \
		for (uint32_t i_ = 0; i_ < (list).len; i_++)                  \
			say(b, "%s%u", i_ == 0 ? " " : ",", (list).data[i_]); \
	} while (0)

static void
say_peer(struct bench *b, const struct want_ike_peer *w)
{
	const struct msg_ike_peer *p = w->peer;
	char text[ADDR_STRLEN];

	say(b, "peer %s: %s versions %u key %.*s id %u %s remote %u %s", w->name, p->name,
		p->versions, (int)p->pre_shared_key.len, p->pre_shared_key.data, p->local_id_type,
		p->local_id, p->remote_id_type, p->remote_id);
	say(b, "%s dpd %u %u/%u/%u reauth %u\n", p->nat_traversal ? " natt" : "", p->dpd,
		p->dpd_idle_s, p->dpd_interval_s, p->dpd_retries, p->reauth_s);
	for (size_t i = 0; i < w->n_remotes; i++)
		say(b, "  at %s\n", addr_format(&w->remotes[i], text));
	for (size_t i = 0; i < w->n_proposals; i++) {
		say(b, "  proposal %u", w->proposals[i].number);
		SAY_LIST(b, "encryption", w->proposals[i].encryption);
		SAY_LIST(b, "integrity", w->proposals[i].integrity);
		SAY_LIST(b, "prf", w->proposals[i].prf);
		SAY_LIST(b, "dh", w->proposals[i].dh);
		say(b, " lifetime %u\n", w->proposals[i].lifetime_s);
	}
}

static void
say_child(struct bench *b, const struct want_ike_child *w)
{
	const struct msg_ike_child *c = w->group.child;
	char ll[ADDR_STRLEN], lh[ADDR_STRLEN], rl[ADDR_STRLEN], rh[ADDR_STRLEN];

	say(b, "child %s of %s by %s rule %u %s %s from %s", w->group.name, w->group.policy,
		w->peer, c->rule, c->mode == MSG_SA_TUNNEL ? "tunnel" : "transport",
		c->automatic ? "auto" : "traffic", addr_format(&c->local, ll));
	say(b, " protocol %u %s-%s:%u-%u %s-%s:%u-%u lifetime %u/%llu window %u\n", c->protocol,
		addr_format(&c->local_low, ll), addr_format(&c->local_high, lh), c->local_port_low,
		c->local_port_high, addr_format(&c->remote_low, rl),
		addr_format(&c->remote_high, rh), c->remote_port_low, c->remote_port_high,
		c->lifetime_s, (unsigned long long)c->lifetime_bytes, c->replay_window);
	for (size_t i = 0; i < w->n_proposals; i++) {
		say(b, "  proposal %s %u", w->proposals[i].name, w->proposals[i].protocol);
		SAY_LIST(b, "encryption", w->proposals[i].encryption);
		SAY_LIST(b, "integrity", w->proposals[i].integrity);
		SAY_LIST(b, "dh", w->proposals[i].dh);
		say(b, "%s\n", w->proposals[i].esn ? " esn" : "");
	}
}

static void
say_group(struct bench *b, const struct want_group *g)
{
	say(b, "group %s on %s mtu %u df %u%s%s\n", g->name, g->device, g->mtu, g->df,
		g->fragment_before ? " fragment-before" : "", g->whole ? " whole" : "");
}

static void
say_want(struct bench *b, const struct want *w)
{
	char text[PREFIX_STRLEN];

	switch (w->kind) {
	case WANT_LINK: say_link(b, &w->link); break;
	case WANT_TUNNEL: say_tunnel(b, &w->tunnel); break;
	case WANT_SA: say_sa(b, &w->sa); break;
	case WANT_SPD: say_spd(b, &w->spd); break;
	case WANT_FILTER: say_filter(b, &w->filter); break;
	case WANT_MSS: say(b, "mss %s %u\n", w->mss.device, w->mss.mss); break;
	case WANT_GROUP: say_group(b, &w->group); break;
	case WANT_IKE_CHILD: say_child(b, &w->ike_child); break;
	case WANT_IKE_PEER: say_peer(b, &w->ike_peer); break;
	case WANT_IKE:
		say(b, "ike name %s keepalive %u\n", w->ike.setup->local_name,
			w->ike.setup->nat_keepalive_s);
		break;
	case WANT_ROUTE: say_route(b, &w->route); break;
	case WANT_SYSCTL: say(b, "sysctl %s = %s\n", w->sysctl.path, w->sysctl.value); break;
	case WANT_ADDR:
		say(b, "addr %s %s%s\n", w->addr.device, prefix_format(&w->addr.prefix, text),
			w->addr.secondary ? " secondary" : "");
		break;
	default: say(b, "%s %s\n", kind_names[w->kind], w->key); break;
	}
}

static const char *
log_take(struct bench *b)
{
	if (b->log_len == 0)
		b->log[0] = '\0';
	b->log_len = 0;
	return b->log;
}

const char *
bench_steps(struct bench *b)
{
	return log_take(b);
}

const char *
bench_wants(struct bench *b, const char *owner)
{
	const struct want_set *s = compile_set(b->daemon.compile, owner);
	const struct want_item *i;

	log_take(b);
	b->log[0] = '\0';
	if (s != NULL)
		STAILQ_FOREACH (i, &s->items, link)
			say_want(b, &i->want);
	return log_take(b);
}

static void
on_note(void *arg, const struct want_set *s, const struct want_note *n)
{
	say(arg, "%s: %s\n", n->name, n->reason);
}

const char *
bench_notes(struct bench *b)
{
	log_take(b);
	b->log[0] = '\0';
	compile_each_note(b->daemon.compile, on_note, b);
	return log_take(b);
}
