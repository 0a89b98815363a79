/*
 * CHILD SA negotiation (RFC 7296 2.7, 2.9, 1.3.1): what is offered, which child a request is for, what
 * is chosen, and whether an answer is within the offer. Transport mode behind a NAT: 2.23.1.
 * Refuses to know in which exchange it happens.
 */
#include "config.h"

#include "daemon/ike/offer.h"

#include "daemon/ike/child_sa.h"
#include "daemon/ike/compose.h"
#include "daemon/ike/engine.h"
#include "daemon/ike/suite.h"
#include "lib/buf.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>

enum { FLOW_TEXT = PROPOSAL_TEXT_MAX }; /* of one or the other */

void
offer_selectors(const struct child *c, struct ts *local, struct ts *remote)
{
	*local = (struct ts){ .low = c->cfg.local_low,
		.high = c->cfg.local_high,
		.protocol = c->cfg.protocol,
		.port_low = c->cfg.local_port_low,
		.port_high = c->cfg.local_port_high };
	*remote = (struct ts){ .low = c->cfg.remote_low,
		.high = c->cfg.remote_high,
		.protocol = c->cfg.protocol,
		.port_low = c->cfg.remote_port_low,
		.port_high = c->cfg.remote_port_high };
}

static struct span
spi_span(uint32_t spi, uint8_t bytes[4])
{
	be32_put(bytes, spi);
	return (struct span){ bytes, 4 };
}

void
offer_write_sa(
	const struct child_sa *pair, const struct child *c, struct compose *out, bool with_dh)
{
	struct proposal_config config[PROPOSAL_CONFIG_MAX];
	unsigned int n = suite_child_config(c, config);
	uint8_t spi[4];

	proposal_write(
		compose_payload(out, PAYLOAD_sa), config, n, spi_span(pair->spi_in, spi), with_dh);
}

/* The two ends of a packet as selectors of their own. */
static void
of_packet(const struct msg_ike_acquire *p, struct ts *local, struct ts *remote)
{
	bool icmp = p->protocol == IPPROTO_ICMP || p->protocol == IPPROTO_ICMPV6;
	/* ICMP has its type and code in one number at both ends (3.13.1) */
	uint16_t both = (uint16_t)(p->source_port << 8 | (p->destination_port & 0xff));
	uint16_t l = icmp ? both : p->source_port, r = icmp ? both : p->destination_port;

	/* without ports, 0 stands for none: any */
	*local = (struct ts){ .low = p->source,
		.high = p->source,
		.protocol = p->protocol,
		.port_low = l,
		.port_high = l || icmp ? l : UINT16_MAX };
	*remote = (struct ts){ .low = p->destination,
		.high = p->destination,
		.protocol = p->protocol,
		.port_low = r,
		.port_high = r || icmp ? r : UINT16_MAX };
}

bool
offer_packet(const struct child *c, struct ts *local, struct ts *remote)
{
	struct ts l, r;

	offer_selectors(c, &l, &r);
	of_packet(&c->packet, local, remote);
	return c->has_packet && ts_subset(local, &l) && ts_subset(remote, &r);
}

bool
offer_packet_is_part(const struct child *c, struct ts *local, struct ts *remote)
{
	struct ts l, r;

	offer_selectors(c, &l, &r);
	return offer_packet(c, local, remote) && !(ts_eq(local, &l) && ts_eq(remote, &r));
}

/* What an initiator proposes: the packet that asks first, when it is within the rule (2.9), unless the peer does
 * not take both. */
static void
own_selectors(const struct child *c, struct ts_list *local, struct ts_list *remote)
{
	struct ts l, r, pl, pr;

	offer_selectors(c, &l, &r);
	local->n = remote->n = 0;
	if (c->form != CHILD_FORM_RULE && offer_packet_is_part(c, &pl, &pr)) {
		local->ts[local->n++] = pl;
		remote->ts[remote->n++] = pr;
		if (c->form == CHILD_FORM_PACKET)
			return;
	}
	local->ts[local->n++] = l;
	remote->ts[remote->n++] = r;
}

void
offer_write_ts(const struct child_sa *pair, const struct child *c, const struct child_sa *like,
	struct compose *out)
{
	struct ts_list local, remote;

	own_selectors(c, &local, &remote);
	ts_write(compose_payload(out, PAYLOAD_ts_i), like ? like->connection->local : &local);
	ts_write(compose_payload(out, PAYLOAD_ts_r), like ? like->connection->remote : &remote);
	if (pair->mode == MSG_SA_TRANSPORT)
		compose_notify(out, NOTIFY_use_transport_mode, (struct span){ 0 });
}

void
offer_write_choice(const struct child_sa *pair, struct compose *out)
{
	uint8_t spi[4];

	proposal_write_choice(
		compose_payload(out, PAYLOAD_sa), &pair->suite, spi_span(pair->spi_in, spi));
}

void
offer_write_chosen_ts(const struct child_sa *pair, struct compose *out)
{
	ts_write(compose_payload(out, PAYLOAD_ts_i), pair->connection->remote);
	ts_write(compose_payload(out, PAYLOAD_ts_r), pair->connection->local);
	if (pair->mode == MSG_SA_TRANSPORT)
		compose_notify(out, NOTIFY_use_transport_mode, (struct span){ 0 });
}

/* Transport mode behind NATs: addresses inside are those that the IKE SA sees (2.23.1). What stood there
 * before is kept for checksums. */
static void
substitute(struct child_sa *pair, const struct ike_sa *sa, struct ts_list *local,
	struct ts_list *remote)
{
	const struct path *p = &sa->path;

	if (pair->mode != MSG_SA_TRANSPORT || !path_is_encapsulated(sa) || local->n == 0 ||
		remote->n == 0)
		return;
	pair->natt_local = local->ts[0].low;
	pair->natt_remote = remote->ts[0].low;
	for (unsigned int i = 0; p->nat_local && p->at.local.af != 0 && i < local->n; i++)
		local->ts[i].low = local->ts[i].high = p->at.local;
	for (unsigned int i = 0; p->nat_remote && i < remote->n; i++)
		remote->ts[i].low = remote->ts[i].high = p->at.remote;
}

/* "source <-> destination"; returns its length. */
static size_t
flow_format(const struct ts_list *local, const struct ts_list *remote, char *out, size_t cap)
{
	char l[FLOW_TEXT / 2], r[FLOW_TEXT / 2];

	ts_list_format(local, l, sizeof(l));
	ts_list_format(remote, r, sizeof(r));
	return (size_t)snprintf(out, cap, "%.120s <-> %.120s", l, r);
}

/* The flows of a peer's rules, as many as there is room for. */
static void
flows_format(const struct ike_sa *sa, char *out, size_t cap)
{
	struct ts_list local = { .n = 1 }, remote = { .n = 1 };
	char one[FLOW_TEXT];
	struct child *c = NULL;
	size_t len = 0, n;

	out[0] = '\0';
	while (sa->peer && (c = child_next(sa->ike, sa->peer->cfg.peer, c))) {
		offer_selectors(c, &local.ts[0], &remote.ts[0]);
		n = flow_format(&local, &remote, one, sizeof(one));
		if (len + n + sizeof("; ") > cap)
			return;
		len += (size_t)snprintf(out + len, cap - len, "%s%s", len > 0 ? "; " : "", one);
	}
}

static void
explain_flow(struct ike_sa *sa, bool initiator, const struct ts_list *local,
	const struct ts_list *remote, const char *what)
{
	char offered[FLOW_TEXT], configured[FLOW_TEXT];
	struct explain_terms t = { offered, configured };

	flow_format(local, remote, offered, sizeof(offered));
	flows_format(sa, configured, sizeof(configured));
	explain_failure(sa, 2, initiator, false, EXPLAIN_flow, &t, "%s", what);
}

/* What was offered of the kind that a refusal is about. Returns out. */
static const char *
offered_format(const struct child *c, const struct child_sa *like, uint16_t notify, bool with_dh,
	char out[FLOW_TEXT])
{
	enum explain_reason reason = explain_of_notify(notify, 2);
	struct ts_list local, remote;

	out[0] = '\0';
	if (reason == EXPLAIN_phase2_proposal)
		suite_child_format(c, with_dh, out);
	if (reason == EXPLAIN_flow) {
		own_selectors(c, &local, &remote);
		flow_format(like ? like->connection->local : &local,
			like ? like->connection->remote : &remote, out, FLOW_TEXT);
	}
	return out;
}

void
offer_explain_refusal(struct ike_sa *sa, const struct child *c, const struct child_sa *like,
	const struct message *m, bool with_dh)
{
	const struct message_notify *n = message_error_find(m);
	const char *name = n ? wire_notify_name(n->type) : NULL;
	char offered[FLOW_TEXT];
	struct explain_terms t = { .offered = offered_format(
					   c, like, n ? n->type : 0, with_dh, offered) };

	statistics_count(sa->ike, STATISTIC_child_failed);
	explain_failure(sa, 2, true, true, explain_of_notify(n ? n->type : 0, 2), &t,
		"the peer makes no SA for %s: %s, and it tells no more", c->cfg.name,
		name ? name : "no reason given");
}

bool
offer_is_met(const struct child_sa *pair, const struct child *c)
{
	struct ts_list local = { .n = 1 }, remote = { .n = 1 };
	char offered[FLOW_TEXT], configured[FLOW_TEXT];
	struct explain_terms t = { offered, configured };

	if (!offer_packet(c, &local.ts[0], &remote.ts[0]) ||
		connection_holds(pair->connection, &local.ts[0], &remote.ts[0]))
		return true;
	flow_format(&local, &remote, offered, sizeof(offered));
	flows_format(pair->ike_sa, configured, sizeof(configured));
	explain_failure(pair->ike_sa, 2, true, true, EXPLAIN_flow, &t,
		"the peer protects less than %s: not the packet that asks", c->cfg.name);
	return false;
}

static void
explain_proposal(struct ike_sa *sa, bool initiator, const struct proposal_why *why)
{
	struct explain_terms t = { why->offered, why->configured };

	explain_failure(sa, 2, initiator, false, EXPLAIN_phase2_proposal, &t, "%s", why->detail);
}

static uint32_t
spi_of(const struct proposal_choice *choice)
{
	return choice->spi_len == 4 ? be32_get(choice->spi) : 0;
}

static void
take_choice(struct child_sa *pair, const struct proposal_choice *choice)
{
	pair->suite = *choice;
	pair->spi_out = spi_of(choice);
	pair->protocol = choice->protocol == WIRE_PROTO_AH ? IPPROTO_AH : IPPROTO_ESP;
}

/* How many there are as a connection has them: each of one end with each of the other, of one kind. */
static unsigned int
n_selectors(const struct ts_list *local, const struct ts_list *remote)
{
	unsigned int n = 0;

	for (unsigned int l = 0; l < local->n; l++)
		for (unsigned int r = 0; r < remote->n; r++)
			n += local->ts[l].low.af == remote->ts[r].low.af &&
				local->ts[l].protocol == remote->ts[r].protocol;
	return n;
}

/* An answer's SA payload. Even a wrong one may name the SPI of what the peer has made. */
static int
accept_sa(struct child_sa *pair, const struct child *c, const struct message *m, bool with_dh)
{
	struct proposal_config config[PROPOSAL_CONFIG_MAX];
	unsigned int n = suite_child_config(c, config);
	struct proposal_list answer;
	struct proposal_choice choice;
	struct proposal_why why = { 0 };

	if (!message_has(m, PAYLOAD_sa) || proposal_parse(m->sa, &answer) != FAULT_NONE) {
		explain_failure(pair->ike_sa, 2, true, false, EXPLAIN_malformed_payload, NULL,
			"the answer has no proposal");
		return -EBADMSG;
	}
	if (proposal_check(config, n, &answer, with_dh, &choice, &why) != 0) {
		explain_proposal(pair->ike_sa, true, &why);
		return -EBADMSG;
	}
	take_choice(pair, &choice);
	if (pair->spi_out < 256) {
		explain_failure(pair->ike_sa, 2, true, false, EXPLAIN_malformed_payload, NULL,
			"the answer's SPI %u is reserved", pair->spi_out);
		return -EBADMSG;
	}
	return 0;
}

int
offer_accept(struct child_sa *pair, const struct child *c, const struct message *m, bool with_dh)
{
	bool transport = message_notify_find(m, NOTIFY_use_transport_mode) != NULL;
	struct ts_list local, remote, own_local = { .n = 1 }, own_remote = { .n = 1 };
	int r = accept_sa(pair, c, m, with_dh);

	if (r != 0)
		return r;
	if (!message_has(m, PAYLOAD_ts_i) || !message_has(m, PAYLOAD_ts_r) ||
		ts_parse(m->ts_i, &local) != FAULT_NONE ||
		ts_parse(m->ts_r, &remote) != FAULT_NONE) {
		explain_failure(pair->ike_sa, 2, true, false, EXPLAIN_malformed_payload, NULL,
			"the answer has no traffic selectors");
		return -EPROTO;
	}
	if (transport != (c->cfg.mode == MSG_SA_TRANSPORT)) {
		explain_failure(pair->ike_sa, 2, true, false, EXPLAIN_encapsulation_mode, NULL,
			"we want %s mode, the peer answers with the other",
			transport ? "tunnel" : "transport");
		return -EPROTO;
	}
	substitute(pair, pair->ike_sa, &local, &remote);
	offer_selectors(c, &own_local.ts[0], &own_remote.ts[0]);
	if (n_selectors(&local, &remote) == 0 || local.cut || remote.cut ||
		!ts_list_subset(&local, &own_local) || !ts_list_subset(&remote, &own_remote)) {
		explain_flow(pair->ike_sa, true, &local, &remote,
			"the answer's selectors are not within what was offered");
		return -EPROTO;
	}
	if (n_selectors(&local, &remote) > MSG_IKE_SELECTORS_MOST) {
		explain_failure(pair->ike_sa, 2, true, false, EXPLAIN_limit, NULL,
			"the answer has more than %d pairs of selectors", MSG_IKE_SELECTORS_MOST);
		return -EPROTO;
	}
	return connection_join(pair, &local, &remote);
}

/* How well a child fits what is asked for: 0 not at all. */
static int
fitness(const struct child *c, const struct ts_list *local, const struct ts_list *remote,
	bool transport)
{
	struct ts_list mine_local = { .n = 1 }, mine_remote = { .n = 1 }, out;
	const struct ts *tl = ts_trigger(local), *tr = ts_trigger(remote);
	bool less_local, less_remote;
	int fit = 1;

	offer_selectors(c, &mine_local.ts[0], &mine_remote.ts[0]);
	if (ts_narrow(local, &mine_local, &out, &less_local) != 0 ||
		ts_narrow(remote, &mine_remote, &out, &less_remote) != 0)
		return 0;
	if (transport == (c->cfg.mode == MSG_SA_TRANSPORT))
		fit += 8;
	if ((!tl || ts_subset(tl, &mine_local.ts[0])) && (!tr || ts_subset(tr, &mine_remote.ts[0])))
		fit += 4;
	return fit + !less_local + !less_remote;
}

static struct child *
best_child(struct ike_sa *sa, const struct ts_list *local, const struct ts_list *remote,
	bool transport, const struct child_sa *old)
{
	struct child *c = NULL, *best = NULL;
	int fit, best_fit = 0;

	while (sa->peer && (c = child_next(sa->ike, sa->peer->cfg.peer, c))) {
		fit = fitness(c, local, remote, transport);
		/* what is rekeyed stays what it was */
		if (fit > 0 && old && old->child == c->cfg.child)
			fit += 16;
		if (fit > best_fit) {
			best_fit = fit;
			best = c;
		}
	}
	return best;
}

/* Whether a child of the policy allows the pair of selectors. */
static bool
allowed(const struct child *c, const struct ts *local, const struct ts *remote)
{
	const struct child *d = c;
	struct ts l, r;

	do {
		offer_selectors(d, &l, &r);
		if (d->cfg.mode == c->cfg.mode && ts_subset(local, &l) && ts_subset(remote, &r))
			return true;
		d = child_sibling(d);
	} while (d && d != c);
	return false;
}

/* Adds another child's selectors where each pair that comes of it is allowed. */
static void
widen(const struct child *c, const struct child *d, struct ts_list *local, struct ts_list *remote)
{
	struct ts l, r;

	offer_selectors(d, &l, &r);
	if (d->cfg.mode != c->cfg.mode || local->n == TS_MAX || remote->n == TS_MAX)
		return;
	for (unsigned int i = 0; i < remote->n; i++)
		if (!allowed(c, &l, &remote->ts[i]))
			return;
	for (unsigned int i = 0; i < local->n; i++)
		if (!allowed(c, &local->ts[i], &r))
			return;
	local->ts[local->n++] = l;
	remote->ts[remote->n++] = r;
}

/* What of the offer the child, with the others of its policy, allows. A packet that asks for more than there is
 * gets a pair next to that: where two select the same, the ends might not choose alike. */
static int
narrow(const struct ike_sa *sa, const struct child *c, const struct child_sa *old,
	struct ts_list *local, struct ts_list *remote)
{
	bool more = !old && (ts_trigger(local) || ts_trigger(remote));
	struct ts_list mine_local = { .n = 1 }, mine_remote = { .n = 1 }, l, r;
	bool less_local, less_remote;

	offer_selectors(c, &mine_local.ts[0], &mine_remote.ts[0]);
	if (ts_narrow(local, &mine_local, &l, &less_local) != 0 ||
		ts_narrow(remote, &mine_remote, &r, &less_remote) != 0)
		return -ENOENT;
	if (less_local || less_remote) {
		for (const struct child *d = child_sibling(c); d && d != c; d = child_sibling(d))
			if (!(more && child_sa_serves_by(d, sa)) &&
				fitness(d, local, remote, c->cfg.mode == MSG_SA_TRANSPORT) > 0)
				widen(c, d, &mine_local, &mine_remote);
		ts_narrow(local, &mine_local, &l, NULL);
		ts_narrow(remote, &mine_remote, &r, NULL);
	}
	/* no more than can be used; what was offered first stays */
	while (n_selectors(&l, &r) > MSG_IKE_SELECTORS_MOST)
		(l.n > r.n ? &l : &r)->n--;
	if (n_selectors(&l, &r) == 0)
		return -ENOENT;
	*local = l;
	*remote = r;
	return 0;
}

static uint16_t
choose_suite(struct ike_sa *sa, const struct child *c, const struct message *m, bool with_dh,
	struct proposal_choice *choice, uint16_t *group)
{
	struct proposal_config config[PROPOSAL_CONFIG_MAX];
	unsigned int n = suite_child_config(c, config);
	struct proposal_list offered;
	struct proposal_why why = { 0 };
	const struct alg_dh_info *dh;
	uint16_t ke = message_has(m, PAYLOAD_ke) ? m->ke_group : 0;

	if (proposal_parse(m->sa, &offered) != FAULT_NONE) {
		explain_failure(sa, 2, false, false, EXPLAIN_malformed_payload, NULL,
			"the peer's proposals are not well formed");
		return NOTIFY_invalid_syntax;
	}
	if (proposal_select(config, n, &offered, ke, with_dh, choice, &why) != 0) {
		explain_proposal(sa, false, &why);
		return NOTIFY_no_proposal_chosen;
	}
	dh = alg_dh(choice->dh);
	if (with_dh && dh && dh->iana != ke) {
		*group = dh->iana;
		return NOTIFY_invalid_ke_payload;
	}
	if (spi_of(choice) < 256) {
		explain_failure(sa, 2, false, false, EXPLAIN_malformed_payload, NULL,
			"the SPI %u offered is reserved", spi_of(choice));
		return NOTIFY_invalid_syntax;
	}
	return 0;
}

uint16_t
offer_choose(struct ike_sa *sa, const struct message *m, const struct child_sa *old, bool with_dh,
	struct child_sa **pair, uint16_t *group)
{
	bool transport = message_notify_find(m, NOTIFY_use_transport_mode) != NULL;
	struct child_sa view = { .mode = transport ? MSG_SA_TRANSPORT : MSG_SA_TUNNEL };
	struct ts_list local, remote;
	struct proposal_choice choice;
	struct child *c;
	uint16_t notify;
	int r;

	if (!message_has(m, PAYLOAD_sa) || !message_has(m, PAYLOAD_ts_i) ||
		!message_has(m, PAYLOAD_ts_r) || ts_parse(m->ts_i, &remote) != FAULT_NONE ||
		ts_parse(m->ts_r, &local) != FAULT_NONE) {
		explain_failure(sa, 2, false, false, EXPLAIN_malformed_payload, NULL,
			"the peer asks for a CHILD SA without proposals or selectors that are well "
			"formed");
		return NOTIFY_invalid_syntax;
	}
	substitute(&view, sa, &local, &remote);
	c = best_child(sa, &local, &remote, transport, old);
	if (c && transport && c->cfg.mode == MSG_SA_TUNNEL) {
		/* declined: the selectors are meant as they stand */
		ts_parse(m->ts_i, &remote);
		ts_parse(m->ts_r, &local);
		c = best_child(sa, &local, &remote, false, old);
	}
	if (!c) {
		explain_flow(
			sa, false, &local, &remote, "no rule of ours covers any of the selectors");
		return NOTIFY_ts_unacceptable;
	}
	if (c->cfg.mode == MSG_SA_TRANSPORT && !transport) {
		explain_failure(sa, 2, false, false, EXPLAIN_encapsulation_mode, NULL,
			"%s wants transport mode, the peer offers tunnel mode", c->cfg.name);
		return NOTIFY_no_proposal_chosen;
	}
	notify = choose_suite(sa, c, m, with_dh, &choice, group);
	if (notify != 0)
		return notify;
	*pair = child_sa_new(sa, c, false);
	if (!*pair)
		return NOTIFY_no_additional_sas;
	take_choice(*pair, &choice);
	if (c->cfg.mode == MSG_SA_TRANSPORT) {
		(*pair)->natt_local = view.natt_local;
		(*pair)->natt_remote = view.natt_remote;
	}
	r = narrow(sa, c, old, &local, &remote);
	if (r != 0)
		explain_flow(sa, false, &local, &remote,
			"none of the selectors make a pair of one kind");
	else
		r = connection_join(*pair, &local, &remote);
	if (r != 0) {
		child_sa_end(*pair, false);
		*pair = NULL;
		return r == -ENOENT ? NOTIFY_ts_unacceptable : NOTIFY_no_additional_sas;
	}
	return 0;
}
