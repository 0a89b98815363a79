/*
 * What displays show: IKE SAs, pairs, failures, counters, as records of state.def.
 */
#include "config.h"

#include "daemon/ike/report.h"

#include "daemon/ike/child_sa.h"
#include "daemon/ike/engine.h"
#include "lib/loop.h"

#include <string.h>

struct filtered {
	const struct record *record;
	const char *filter;
	void (*row)(void *arg, const void *record);
	void *arg;
};

static void
pass(void *arg, const void *record)
{
	const struct filtered *f = arg;
	char text[256];

	if (f->filter[0] == '\0' ||
		strcmp(f->filter,
			record_field_text(&f->record->fields[0], record, text, sizeof(text))) == 0)
		f->row(f->arg, record);
}

static uint64_t
since_s(const struct ike *ike, uint64_t then_ms)
{
	return then_ms ? (loop_now_ms(ike->loop) - then_ms) / 1000 : 0;
}

static uint64_t
until_s(const struct ike *ike, uint64_t then_ms)
{
	uint64_t now = loop_now_ms(ike->loop);

	return then_ms > now ? (then_ms - now) / 1000 : 0;
}

static const char *
shown_state(const struct ike_sa *sa)
{
	if (sa->state == EXCHANGE_established && sa->dpd_lost > 0)
		return "timeout";
	if (sa->state == EXCHANGE_established && (sa->heir != 0 || sa->redundant))
		return "fading";
	return exchange_state_shown(sa->state);
}

static void
fill_ike_sa(const struct ike_sa *sa, struct st_ike_sa *r)
{
	const struct child_sa *pair;

	*r = (struct st_ike_sa){ .remote = sa->path.at.remote,
		.connection = sa->connection,
		.remote_port = sa->path.at.remote_port,
		.local = sa->path.at.local,
		.local_port = sa->path.at.local_port,
		.version = 2,
		.initiator = sa->initiator,
		.remote_id_type = sa->remote_id.type,
		.local_id_type = sa->local_id.type,
		.spi_i = ike_sa_spi_i(sa),
		.spi_r = ike_sa_spi_r(sa),
		.encryption = sa->suite.cipher,
		.integrity = sa->suite.auth,
		.prf = sa->suite.prf,
		.dh = sa->suite.dh,
		.established_s = since_s(sa->ike, sa->established_ms),
		.lifetime_s = sa->lifetime_s,
		.remaining_s = until_s(sa->ike, sa->hard_ms),
		.nat_local = sa->path.nat_local,
		.nat_remote = sa->path.nat_remote,
		.fragmentation = sa->fragmentation,
		.dpd_sent = sa->dpd_sent,
		.dpd_lost = sa->dpd_lost };
	if (sa->peer)
		strlcpy(r->peer, sa->peer->cfg.name, sizeof(r->peer));
	strlcpy(r->state, shown_state(sa), sizeof(r->state));
	strlcpy(r->authentication, "pre-share", sizeof(r->authentication));
	identity_format(&sa->remote_id, r->remote_id);
	identity_format(&sa->local_id, r->local_id);
	TAILQ_FOREACH (pair, &sa->children, link)
		r->n_children += pair->state == CHILD_SA_ESTABLISHED;
}

static void
report_ike_sas(struct ike *ike, struct filtered *f)
{
	struct st_ike_sa r;
	const struct ike_sa *sa;

	TAILQ_FOREACH (sa, &ike->sa_list, link) {
		fill_ike_sa(sa, &r);
		pass(f, &r);
	}
}

static const char *
pair_state(const struct child_sa *pair)
{
	static const char *const names[] = {
		[CHILD_SA_LARVAL] = "installing",
		[CHILD_SA_INSTALLING] = "installing",
		[CHILD_SA_ESTABLISHED] = "established",
		[CHILD_SA_REKEYED] = "rekeyed",
		[CHILD_SA_DELETING] = "deleting",
		[CHILD_SA_LINGERING] = "deleting",
	};

	return names[pair->state];
}

static void
fill_pair(const struct child_sa *pair, const struct child *c, struct st_ike_child *r)
{
	const struct ike_sa *sa = pair->ike_sa;

	*r = (struct st_ike_child){ .connection = pair->connection->number,
		.ike_connection = sa->connection,
		.child = pair->child,
		.initiator = pair->initiator,
		.protocol = pair->protocol,
		.mode = pair->mode,
		.local = sa->path.at.local,
		.local_port = sa->path.at.local_port,
		.remote = sa->path.at.remote,
		.remote_port = sa->path.at.remote_port,
		.encapsulated = path_is_encapsulated(sa),
		.spi_in = pair->spi_in,
		.spi_out = pair->spi_out,
		.cipher = pair->suite.cipher,
		.auth = pair->suite.auth,
		.esn = pair->suite.esn,
		.dh = pair->suite.dh,
		.established_s = since_s(pair->ike, pair->established_ms),
		.lifetime_s = pair->lifetime_s,
		.lifetime_bytes = pair->hard_bytes,
		.remaining_s = until_s(pair->ike, pair->hard_ms) };
	strlcpy(r->state, pair_state(pair), sizeof(r->state));
	ts_list_format(pair->connection->local, r->flow_source, sizeof(r->flow_source));
	ts_list_format(pair->connection->remote, r->flow_destination, sizeof(r->flow_destination));
	if (!c)
		return;
	strlcpy(r->policy, c->cfg.name, sizeof(r->policy));
	strlcpy(r->interface, c->cfg.interface, sizeof(r->interface));
	r->rule = c->cfg.rule;
	r->replay_window = c->cfg.replay_window;
}

static void
report_pairs(struct ike *ike, struct filtered *f)
{
	struct st_ike_child r;
	const struct child_sa *pair;
	const struct ike_sa *sa;

	TAILQ_FOREACH (sa, &ike->sa_list, link)
		TAILQ_FOREACH (pair, &sa->children, link)
			if (pair->connection && pair->told_in) {
				fill_pair(pair, child_find(ike, pair->child), &r);
				pass(f, &r);
			}
}

void
report_table(struct ike *ike, enum state_table table, const char *filter,
	void (*row)(void *arg, const void *record), void *arg)
{
	struct filtered f = { &state_info(table)->record, filter, row, arg };

	switch (table) {
	case STATE_ike_sa: report_ike_sas(ike, &f); break;
	case STATE_ike_child: report_pairs(ike, &f); break;
	case STATE_ike_error: explain_report_errors(ike, pass, &f); break;
	case STATE_ike_offline: explain_report_offline(ike, pass, &f); break;
	case STATE_ike_statistic: statistics_report(ike, filter, row, arg); break;
	default: break;
	}
}
