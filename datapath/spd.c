/*
 * The security policy database (RFC 4301 4.4.1): which policy has a packet that wants out, and was a
 * packet that came in entitled to come that way? Refuses to know ciphers, devices and addresses
 * of the outside. The first rule that matches decides.
 *
 * A later fragment shows no ports: where rules ask for ports or an ICMP type, fragments are put together
 * first (reass.c). Of a packet that is too short to have ports, such rules take it for theirs when they
 * protect or discard and never when they bypass: it cannot slip out in clear.
 *
 * An ICMP error that no rule protects is judged by the packet that it quotes, on its way back (RFC 4301
 * 6.2): a router that no rule covers may say something of a protected flow, but not in clear.
 *
 * The index of a list (tuples.c) finds the first rule for a flow; a cache beside it remembers the
 * answer, whether or not a rule was found. A new list comes with an empty cache: nothing has to be invalidated.
 */
#include "config.h"

#include "datapath/spd.h"

#include "datapath/dp.h"
#include "datapath/encap.h"
#include "datapath/gre.h"
#include "datapath/group.h"
#include "datapath/mss.h"
#include "datapath/quote.h"
#include "datapath/reass.h"
#include "datapath/sadb.h"
#include "datapath/selector.h"
#include "datapath/tuples.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { N_BUCKETS = 256, RULES_MAX = 1 << 20, PORT_MAX = 65535, ICMP_ANY = 0xffff };

/* Remembered flows: few for a tunnel's one rule, since there may be thousands of tunnels. */
enum { FLOWS_MIN = 64, FLOWS_MAX = 8192, FLOWS_PER_RULE = 16 };

struct rule {
	uint64_t value[4]; /* as struct selector has the addresses */
	uint64_t care[4];  /* the bits that are compared */
	uint16_t source_low;
	uint16_t source_high;
	uint16_t destination_low;
	uint16_t destination_high;
	uint16_t icmp_type;
	uint16_t icmp_code;
	uint8_t af;	  /* 0 = any */
	uint8_t protocol; /* 0 = any */
	uint8_t action;	  /* enum msg_spd_action */
	uint8_t wants;	  /* enum selector_kind: asks for ports, for an ICMP type, or for neither */
	uint32_t number;
	uint32_t acl;
	uint32_t sa_out;
	uint32_t sa_in;
	struct sa *out;	     /* that of sa_out when the SADB was of this generation */
	uint32_t in;	     /* the group that serves sa_in, likewise */
	uint64_t generation; /* UINT64_MAX: never looked */
	uint64_t packets;
};

struct flow {
	struct selector key;
	struct rule *rule; /* NULL: none matches */
	bool used;
};

struct list {
	uint32_t n;
	uint16_t mss;	  /* TCP connections are held to it; 0 = off */
	bool wants_whole; /* a rule asks for what not every fragment shows */
	uint32_t n_announced;
	uint32_t n_flows; /* a power of two */
	struct flow *flows;
	struct tuples *index;	/* of the rules, by addresses */
	struct tuples *guarded; /* by destination: of those that do not bypass */
	struct rule rules[];
};

struct spd_port {
	uint32_t port;
	struct list *active;  /* NULL until the first spd_end */
	struct list *pending; /* between begin and end */
	struct spd_port *next;
};

struct spd {
	struct spd_port *buckets[N_BUCKETS];
};

struct spd *
spd_new(void)
{
	return calloc(1, sizeof(struct spd));
}

static void
list_free(struct list *list)
{
	if (list == NULL)
		return;
	tuples_free(list->index);
	tuples_free(list->guarded);
	free(list->flows);
	free(list);
}

/* An empty list for n rules; NULL when memory is short. */
static struct list *
list_new(uint32_t n)
{
	struct list *list = calloc(1, sizeof(*list) + n * sizeof(struct rule));

	if (list == NULL)
		return NULL;
	list->n_announced = n;
	for (list->n_flows = FLOWS_MIN;
		list->n_flows < FLOWS_MAX && list->n_flows < n * FLOWS_PER_RULE;)
		list->n_flows *= 2;
	list->flows = calloc(list->n_flows, sizeof(*list->flows));
	list->index = tuples_new(n);
	list->guarded = tuples_new(n);
	if (list->flows != NULL && list->index != NULL && list->guarded != NULL)
		return list;
	list_free(list);
	return NULL;
}

static void
port_free(struct spd_port *sp)
{
	list_free(sp->active);
	list_free(sp->pending);
	free(sp);
}

void
spd_free(struct spd *spd)
{
	if (spd == NULL)
		return;
	for (unsigned int i = 0; i < N_BUCKETS; i++) {
		for (struct spd_port *sp = spd->buckets[i], *next; sp != NULL; sp = next) {
			next = sp->next;
			port_free(sp);
		}
	}
	free(spd);
}

/* Where the port is linked, or where it would be. */
static struct spd_port **
port_at(struct spd *spd, uint32_t port)
{
	struct spd_port **at = &spd->buckets[port % N_BUCKETS];

	while (*at != NULL && (*at)->port != port)
		at = &(*at)->next;
	return at;
}

/* --- building a list ------------------------------------------------------------------ */

int
spd_begin(struct dp *dp, const struct msg_dp_spd_begin *m)
{
	struct spd_port **at = port_at(dp->spd, m->port);
	struct list *list;

	if (m->n_rules > RULES_MAX || m->port == 0)
		return -EINVAL;
	list = list_new(m->n_rules);
	if (list == NULL)
		return -ENOMEM;
	if (*at == NULL) {
		*at = calloc(1, sizeof(**at));
		if (*at == NULL) {
			list_free(list);
			return -ENOMEM;
		}
		(*at)->port = m->port;
	}
	list->mss = m->mss;
	list_free((*at)->pending);
	(*at)->pending = list;
	return 0;
}

/* The compared bits: those that are 0 in the wildcard. An address of no family is not compared. */
static void
care_of(const struct msg_dp_spd_rule *m, uint64_t care[4])
{
	struct addr source = m->source_wildcard, destination = m->destination_wildcard;

	source.af = m->source.af;
	destination.af = m->destination.af;
	for (unsigned int i = 0; i < sizeof(source.b); i++) {
		source.b[i] = (uint8_t)~source.b[i];
		destination.b[i] = (uint8_t)~destination.b[i];
	}
	selector_addr(&source, &destination, care);
}

static bool
rule_is_sane(const struct msg_dp_spd_rule *m)
{
	bool families =
		m->source.af == m->destination.af || m->source.af == 0 || m->destination.af == 0;

	return families && m->action <= MSG_SPD_PROTECT &&
		m->source_port_low <= m->source_port_high &&
		m->destination_port_low <= m->destination_port_high;
}

static uint8_t
wants_of(const struct msg_dp_spd_rule *m)
{
	if (m->source_port_low != 0 || m->source_port_high != PORT_MAX ||
		m->destination_port_low != 0 || m->destination_port_high != PORT_MAX)
		return SELECTOR_PORTS;
	return m->icmp_type != ICMP_ANY || m->icmp_code != ICMP_ANY ? SELECTOR_ICMP
								    : SELECTOR_PLAIN;
}

/* The words of family and destination among those of a pair of addresses. */
static void
destination_words(uint8_t af, const uint64_t addr[4], uint64_t family, uint64_t out[4])
{
	out[0] = family;
	out[1] = 0;
	out[2] = af == AF_INET6 ? addr[2] : 0;
	out[3] = af == AF_INET6 ? addr[3] : addr[0] & UINT32_MAX;
}

/* Both indexes have the rule. */
static int
index_add(struct list *list, const struct rule *r)
{
	uint64_t value[4], care[4];

	destination_words(r->af, r->value, r->af, value);
	destination_words(r->af, r->care, r->af != 0 ? UINT64_MAX : 0, care);
	if (r->action != MSG_SPD_BYPASS && tuples_add(list->guarded, value, care) != 0)
		return -ENOMEM;
	return tuples_add(list->index, r->value, r->care);
}

int
spd_rule(struct dp *dp, const struct msg_dp_spd_rule *m)
{
	struct spd_port *sp = *port_at(dp->spd, m->port);
	struct list *list = sp != NULL ? sp->pending : NULL;
	struct rule *r;

	if (list == NULL)
		return -ENOENT;
	if (list->n >= list->n_announced || !rule_is_sane(m))
		return -EINVAL;
	r = &list->rules[list->n];
	*r = (struct rule){
		.source_low = m->source_port_low,
		.source_high = m->source_port_high,
		.destination_low = m->destination_port_low,
		.destination_high = m->destination_port_high,
		.icmp_type = m->icmp_type,
		.icmp_code = m->icmp_code,
		.af = m->source.af != 0 ? m->source.af : m->destination.af,
		.protocol = m->protocol,
		.action = m->action,
		.wants = wants_of(m),
		.number = m->rule,
		.acl = m->acl,
		.sa_out = m->sa_out,
		.sa_in = m->sa_in,
		.generation = UINT64_MAX,
	};
	list->wants_whole |= r->wants != SELECTOR_PLAIN || (r->protocol != 0 && r->af != AF_INET);
	care_of(m, r->care);
	selector_addr(&m->source, &m->destination, r->value);
	if (index_add(list, r) != 0)
		return -ENOMEM;
	list->n++;
	return 0;
}

static int
by_identity(const void *a, const void *b)
{
	const struct rule *x = *(struct rule *const *)a, *y = *(struct rule *const *)b;

	if (x->acl != y->acl)
		return x->acl < y->acl ? -1 : 1;
	if (x->number != y->number)
		return x->number < y->number ? -1 : 1;
	if (x->af != y->af)
		return (int)x->af - (int)y->af;
	return (int)x->action - (int)y->action;
}

/* Rules that stay go on counting. Without memory they begin again: a display's loss only. */
static void
counters_inherit(struct list *to, struct list *from)
{
	struct rule **sorted, *r, **found;

	if (from == NULL || from->n == 0)
		return;
	sorted = calloc(from->n, sizeof(*sorted));
	if (sorted == NULL)
		return;
	for (uint32_t i = 0; i < from->n; i++)
		sorted[i] = &from->rules[i];
	qsort(sorted, from->n, sizeof(*sorted), by_identity);
	for (uint32_t i = 0; i < to->n; i++) {
		r = &to->rules[i];
		found = bsearch(&r, sorted, from->n, sizeof(*sorted), by_identity);
		if (found != NULL) {
			r->packets = (*found)->packets;
			(*found)->packets = 0; /* the number may be there twice: one heir */
		}
	}
	free(sorted);
}

int
spd_end(struct dp *dp, uint32_t port)
{
	struct spd_port *sp = *port_at(dp->spd, port);
	struct list *list = sp != NULL ? sp->pending : NULL;

	if (list == NULL)
		return -ENOENT;
	sp->pending = NULL;
	if (list->n != list->n_announced || tuples_done(list->index) != 0 ||
		tuples_done(list->guarded) != 0) {
		int rc = list->n != list->n_announced ? -EINVAL : -ENOMEM;

		list_free(list);
		return rc;
	}
	counters_inherit(list, sp->active);
	list_free(sp->active);
	sp->active = list;
	return 0;
}

int
spd_del(struct dp *dp, uint32_t port)
{
	struct spd_port **at = port_at(dp->spd, port), *sp = *at;

	if (sp == NULL)
		return -ENOENT;
	*at = sp->next;
	port_free(sp);
	return 0;
}

/* --- asking --------------------------------------------------------------------------- */

static bool
transport_matches(const struct rule *r, const struct selector *s)
{
	if (s->seen == SELECTOR_NO_PROTOCOL)
		return (r->protocol == 0 && r->wants == SELECTOR_PLAIN) ||
			r->action != MSG_SPD_BYPASS;
	if (r->protocol != 0 && r->protocol != s->protocol)
		return false;
	if (r->wants == SELECTOR_PLAIN)
		return true;
	if (r->wants != s->kind)
		return false;
	if (s->seen == SELECTOR_NO_PORTS)
		return r->action != MSG_SPD_BYPASS;
	if (r->wants == SELECTOR_ICMP)
		return (r->icmp_type == ICMP_ANY || r->icmp_type == s->source_port) &&
			(r->icmp_code == ICMP_ANY || r->icmp_code == s->destination_port);
	return s->source_port >= r->source_low && s->source_port <= r->source_high &&
		s->destination_port >= r->destination_low &&
		s->destination_port <= r->destination_high;
}

static bool
rule_matches(const struct rule *r, const struct selector *s)
{
	if (r->af != 0 && r->af != s->af)
		return false;
	for (unsigned int i = 0; i < 4; i++) {
		if ((s->addr[i] ^ r->value[i]) & r->care[i])
			return false;
	}
	return transport_matches(r, s);
}

static uint32_t
flow_hash(const struct list *list, const struct selector *s)
{
	const uint64_t odd = UINT64_C(0x9e3779b97f4a7c15);
	uint64_t h = (uint64_t)s->source_port << 32 | (uint64_t)s->destination_port << 16 |
		(uint64_t)s->protocol << 8 | s->seen;

	for (unsigned int i = 0; i < 4; i++)
		h = (h ^ s->addr[i]) * odd ^ h >> 29;
	return (uint32_t)(h * odd >> 32) & (list->n_flows - 1);
}

/* A question to the index. */
struct question {
	const struct list *list;
	const struct selector *s;
};

static bool
rule_fits(const void *arg, uint32_t entry)
{
	const struct question *q = arg;

	return rule_matches(&q->list->rules[entry], q->s);
}

static struct rule *
list_find(struct list *list, const struct selector *s)
{
	struct flow *f = &list->flows[flow_hash(list, s)];
	const struct question q = { list, s };
	uint32_t first;

	if (f->used && memcmp(&f->key, s, sizeof(*s)) == 0)
		return f->rule;
	first = tuples_first(list->index, s->addr, rule_fits, &q);
	f->used = true;
	f->key = *s;
	f->rule = first != UINT32_MAX ? &list->rules[first] : NULL;
	return f->rule;
}

static struct list *
list_of(const struct dp *dp, uint32_t port)
{
	const struct spd_port *sp = *port_at(dp->spd, port);

	return sp != NULL ? sp->active : NULL;
}

/* Looks up what the rule names, if that may have changed. */
static void
rule_resolve(const struct dp *dp, struct rule *r)
{
	uint64_t generation = sadb_generation(dp->sadb);

	if (r->generation == generation)
		return;
	r->out = r->sa_out != 0 ? group_out(dp, r->sa_out) : NULL;
	r->in = r->sa_in != 0 ? group_serving(dp, r->sa_in) : 0;
	r->generation = generation;
}

/* Only a whole packet can be judged by such a list (RFC 4301 7.3). */
static bool
wants_whole(const struct list *list, const struct pkt *p)
{
	return list != NULL && list->wants_whole && reass_is_fragment(p->data, p->len);
}

static bool
leaves_clear(const struct rule *r)
{
	return r == NULL || r->action == MSG_SPD_BYPASS;
}

/* What the rule says, none being one too. about: it is not the packet's own. */
static void
obey(struct dp *dp, struct pkt *p, struct rule *r, bool about)
{
	if (r != NULL)
		r->packets++;
	if (leaves_clear(r)) {
		p->next = STAGE_BYPASS_TX;
		return;
	}
	if (r->action == MSG_SPD_DISCARD) {
		pkt_drop(p, DROP_spd_discard);
		return;
	}
	rule_resolve(dp, r);
	if (r->out == NULL) {
		/* no SA is made for the sake of an error (RFC 4301 6.2) */
		pkt_drop(p, about ? DROP_spd_incomplete : group_missed(dp, r->sa_out, p));
		return;
	}
	p->sa = r->out;
	p->next = STAGE_SA_OUT;
}

static bool
fits_always(const void *arg, uint32_t entry)
{
	return true;
}

/* Is there a rule that keeps anything at all for this destination from leaving in clear? */
static bool
is_guarded(const struct list *list, const struct selector *s)
{
	uint64_t to[4];

	destination_words(s->af, s->addr, s->af, to);
	return tuples_first(list->guarded, to, fits_always, NULL) != UINT32_MAX;
}

/* ICMP errors go between routers, which transport mode is not for. */
static bool
is_transport(const struct dp *dp, struct rule *r)
{
	if (r->action != MSG_SPD_PROTECT)
		return false;
	rule_resolve(dp, r);
	return r->out != NULL && r->out->mode == MSG_SA_TRANSPORT;
}

/* ICMP that would leave in clear by its own rule, if it has one. The flow cache knows the quoted packet as it
 * knows one that is there: by its selectors. */
static void
icmp_out(
	struct dp *dp, struct pkt *p, struct list *list, const struct selector *s, struct rule *own)
{
	struct selector quoted;
	struct rule *r;

	if (quote_is_cut(p->data, p->len)) {
		p->next = STAGE_REASS_OUT;
		return;
	}
	if (!quote_is_in(s)) {
		obey(dp, p, own, false);
		return;
	}
	if (!quote_selector(p->data, p->len, true, &quoted)) {
		if (is_guarded(list, s))
			pkt_drop(p, DROP_spd_quote);
		else
			obey(dp, p, own, false);
		return;
	}
	r = list_find(list, &quoted);
	if (leaves_clear(r) || is_transport(dp, r))
		obey(dp, p, own, false);
	else
		obey(dp, p, r, true);
}

static void
packet_out(struct dp *dp, struct pkt *p, struct list *list)
{
	struct selector s;
	struct rule *r;
	enum drop why = list == NULL ? DROP_spd_none : selector_read(p->data, p->len, false, &s);

	if (why != DROP_NONE) {
		pkt_drop(p, why);
		return;
	}
	if (wants_whole(list, p)) {
		p->next = STAGE_REASS_OUT;
		return;
	}
	if (list->mss != 0)
		mss_clamp(p->data, p->len, list->mss);
	r = list_find(list, &s);
	if (leaves_clear(r) && s.kind == SELECTOR_ICMP)
		icmp_out(dp, p, list, &s, r);
	else
		obey(dp, p, r, false);
}

void
spd_out_stage(struct dp *dp, struct pkt **pkts, unsigned int n)
{
	struct list *list = NULL;

	for (unsigned int i = 0; i < n; i++) {
		if (i == 0 || pkts[i]->port != pkts[i - 1]->port)
			list = list_of(dp, pkts[i]->port);
		packet_out(dp, pkts[i], list);
	}
}

/* Is the rule's the SA that the packet came by? */
static bool
is_by(const struct dp *dp, const struct pkt *p, struct rule *r)
{
	if (r == NULL || r->action != MSG_SPD_PROTECT)
		return false;
	rule_resolve(dp, r);
	return r->in == p->sa->group;
}

/* What is not this SA's may be an ICMP error about a packet that went by its other half: the quote is that
 * packet as it left. Sets the way of a fragment. */
static enum drop
icmp_in(struct dp *dp, struct pkt *p, struct list *list, const struct selector *s)
{
	struct selector quoted;
	struct rule *r;

	if (p->sa->mode == MSG_SA_TRANSPORT)
		return DROP_spd_in_mismatch;
	if (quote_is_cut(p->data, p->len)) {
		p->next = STAGE_REASS_IN;
		return DROP_NONE;
	}
	if (!quote_is_in(s) || !quote_selector(p->data, p->len, false, &quoted))
		return DROP_spd_in_mismatch;
	r = list_find(list, &quoted);
	if (!is_by(dp, p, r))
		return DROP_spd_in_mismatch;
	r->packets++;
	return DROP_NONE;
}

/* Also sets the way of what has to wait for the rest of it. */
static enum drop
packet_in(struct dp *dp, struct pkt *p, struct list *list)
{
	struct selector s;
	struct rule *r;
	enum drop why = list == NULL ? DROP_spd_none : selector_read(p->data, p->len, true, &s);

	if (why != DROP_NONE)
		return why;
	r = list_find(list, &s);
	if (is_by(dp, p, r)) {
		r->packets++;
		return DROP_NONE;
	}
	if ((r != NULL && r->action == MSG_SPD_DISCARD) || s.kind != SELECTOR_ICMP)
		return DROP_spd_in_mismatch;
	return icmp_in(dp, p, list, &s);
}

bool
spd_protects(struct dp *dp, uint32_t port, const uint8_t *p, uint32_t len)
{
	struct list *list = list_of(dp, port);
	struct selector s;
	const struct rule *r;

	if (list == NULL || selector_read(p, len, true, &s) != DROP_NONE)
		return true;
	r = list_find(list, &s);
	return r != NULL && r->action != MSG_SPD_BYPASS;
}

/* A tunnel's own SA has no list: what it brings must be the tunnel's GRE. */
static bool
is_profile(struct dp *dp, const struct pkt *p)
{
	uint32_t in = gre_sa_in(dp->gre, p->sa->port);

	return in != 0 && p->sa->group == group_serving(dp, in);
}

static enum stage
leads_to(struct dp *dp, const struct pkt *p)
{
	return gre_is_ours(dp->gre, p->data, p->len) ? STAGE_GRE_IN : STAGE_TUN_TX;
}

/* GRE that a tunnel of ours is to take must be whole too. */
static bool
is_own_fragment(struct dp *dp, const struct pkt *p)
{
	return leads_to(dp, p) == STAGE_GRE_IN && reass_is_fragment(p->data, p->len);
}

void
spd_in_stage(struct dp *dp, struct pkt **pkts, unsigned int n)
{
	struct list *list = NULL;

	for (unsigned int i = 0; i < n; i++) {
		struct pkt *p = pkts[i];
		enum drop why;

		if (i == 0 || p->sa->port != pkts[i - 1]->sa->port)
			list = list_of(dp, p->sa->port);
		if (encap_chain_is_whole(p) && (wants_whole(list, p) || is_own_fragment(dp, p))) {
			p->next = STAGE_REASS_IN;
			continue;
		}
		if (!encap_chain_is_whole(p))
			why = DROP_spd_in_mismatch;
		else if (is_profile(dp, p))
			why = leads_to(dp, p) == STAGE_GRE_IN ? DROP_NONE : DROP_spd_in_mismatch;
		else
			why = packet_in(dp, p, list);
		if (why != DROP_NONE) {
			p->sa->dropped++;
			pkt_drop(p, why);
			continue;
		}
		if (p->next == STAGE_REASS_IN)
			continue;
		p->port = p->sa->port;
		p->next = leads_to(dp, p);
		if (list != NULL && list->mss != 0)
			mss_clamp(p->data, p->len, list->mss);
	}
}

/* --- displays --------------------------------------------------------------------------- */

void
spd_state(struct dp *dp, void (*row)(void *arg, const struct st_spd_rule *), void *arg)
{
	for (unsigned int i = 0; i < N_BUCKETS; i++) {
		for (const struct spd_port *sp = dp->spd->buckets[i]; sp != NULL; sp = sp->next) {
			for (uint32_t j = 0; sp->active != NULL && j < sp->active->n; j++) {
				const struct rule *r = &sp->active->rules[j];
				const struct st_spd_rule st = { .port = sp->port,
					.rule = r->number,
					.action = r->action,
					.packets = r->packets,
					.acl = r->acl,
					.ipv6 = r->af == AF_INET6 };

				row(arg, &st);
			}
		}
	}
}

static bool
is_meant(const struct spd_which *w, uint32_t port, const struct rule *r)
{
	return (w->port == 0 || w->port == port) && (w->acl == 0 || w->acl == r->acl) &&
		(w->af == 0 || w->af == r->af);
}

void
spd_state_reset(struct dp *dp, const struct spd_which *w)
{
	for (unsigned int i = 0; i < N_BUCKETS; i++) {
		for (struct spd_port *sp = dp->spd->buckets[i]; sp != NULL; sp = sp->next) {
			for (uint32_t j = 0; sp->active != NULL && j < sp->active->n; j++) {
				if (is_meant(w, sp->port, &sp->active->rules[j]))
					sp->active->rules[j].packets = 0;
			}
		}
	}
}
