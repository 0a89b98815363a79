/*
 * Messages of the daemon: one row of `handlers` each. A handler does it and returns 0 or -errno;
 * the answer (done, error) is made in one place. Refuses to know packets.
 */
#include "config.h"

#include "datapath/control.h"

#include "datapath/gre.h"
#include "datapath/group.h"
#include "datapath/natt.h"
#include "datapath/pmtu.h"
#include "datapath/port.h"
#include "datapath/punt.h"
#include "datapath/sadb.h"
#include "datapath/spd.h"
#include "datapath/stats.h"
#include "lib/buf.h"
#include "lib/err.h"
#include "lib/frame.h"
#include "lib/log.h"
#include "lib/memfile.h"
#include "lib/state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { N_SLOTS_MAX = 1 << 20 };
/* Bytes that may wait for the daemon before hints are left out. */
enum { HINTS_MAX = 64 * 1024 };

struct control {
	struct dp *dp;
	struct frame *frame;
	void (*gone)(void *arg);
	void *arg;
};

/* One request under way. */
struct call {
	struct control *c;
	struct dp *dp;
	uint32_t request;
	const void *body; /* struct msg_NAME */
	int fd;		  /* -1, or ours: who takes it sets -1 */
	enum msg_type answer;
	struct err err;
};

static int
setup(struct call *call)
{
	const struct msg_dp_setup *m = call->body;
	struct dp *dp = call->dp;
	void *slots;
	int r;

	if (dp->slots)
		return err_set(
			&call->err, -EALREADY, "datapath", "It has its shared file already.");
	if (m->n_slots == 0 || m->n_slots > N_SLOTS_MAX)
		return err_set(&call->err, -EINVAL, "datapath", "%u slots.", m->n_slots);
	r = memfile_map_shared(call->fd, m->n_slots * sizeof(struct sa_slot), &slots);
	if (r < 0)
		return err_set(&call->err, r, "datapath", "The shared file cannot be mapped: %s.",
			strerror(-r));
	dp->slots = slots;
	dp->n_slots = m->n_slots;
	return 0;
}

static int
port(struct call *call)
{
	int fd = call->fd;

	call->fd = -1;
	return port_put(call->dp, call->body, fd, &call->err);
}

static int
port_gone(struct call *call)
{
	return port_del(call->dp, ((const struct msg_dp_port_del *)call->body)->port);
}

static int
tunnel(struct call *call)
{
	return gre_put(call->dp->gre, call->body, &call->err);
}

static int
tunnel_gone(struct call *call)
{
	return gre_del(call->dp->gre, ((const struct msg_dp_tunnel_del *)call->body)->port);
}

static int
sa(struct call *call)
{
	return sadb_put(call->dp, call->body, &call->err);
}

static int
sa_gone(struct call *call)
{
	return sadb_del(call->dp, ((const struct msg_dp_sa_del *)call->body)->sa);
}

static int
seq_limit(struct call *call)
{
	return sadb_seq_limit(call->dp, call->body);
}

static int
policy_begin(struct call *call)
{
	return spd_begin(call->dp, call->body);
}

static int
policy_rule(struct call *call)
{
	return spd_rule(call->dp, call->body);
}

static int
policy_end(struct call *call)
{
	return spd_end(call->dp, ((const struct msg_dp_spd_end *)call->body)->port);
}

static int
policy_gone(struct call *call)
{
	return spd_del(call->dp, ((const struct msg_dp_spd_del *)call->body)->port);
}

static int
group(struct call *call)
{
	return group_put(call->dp, call->body);
}

static int
group_gone(struct call *call)
{
	return group_del(call->dp, ((const struct msg_dp_group_del *)call->body)->group);
}

static int
punt(struct call *call)
{
	int fd = call->fd;

	call->fd = -1;
	return punt_open(call->dp, fd);
}

/* --- state ------------------------------------------------------------------------ */

/* A stream of rows of one table, filtered by its first field, or by what finds them (filter "" then). */
struct stream {
	struct call *call;
	const struct state_info *info;
	const char *filter;
	int error; /* of the first row that could not be sent */
};

static bool
filter_matches(const struct stream *s, const void *row)
{
	char text[256];
	const struct field *first = &s->info->record.fields[0];

	return s->filter[0] == '\0' ||
		strcmp(record_field_text(first, row, text, sizeof(text)), s->filter) == 0;
}

static void
row_send(void *arg, const void *row)
{
	struct stream *s = arg;
	struct msg_state_row m = { 0 };
	struct wbuf b = wbuf_over(m.row.data, sizeof(m.row.data));

	if (s->error || !filter_matches(s, row))
		return;
	strlcpy(m.table, s->info->record.name, sizeof(m.table));
	s->error = record_encode(&s->info->record, row, &b);
	if (s->error == 0 && b.bad)
		s->error = -EMSGSIZE;
	m.row.len = (uint32_t)wbuf_len(&b);
	if (s->error == 0)
		s->error = frame_send(s->call->c->frame, MSG_state_row, s->call->request, &m, -1);
}

static void
row_sa(void *arg, const struct st_ipsec_sa *row)
{
	row_send(arg, row);
}

static void
row_rule(void *arg, const struct st_spd_rule *row)
{
	row_send(arg, row);
}

static void
row_drop(void *arg, const struct st_drop *row)
{
	row_send(arg, row);
}

static void
row_keepalive(void *arg, const struct st_keepalive *row)
{
	row_send(arg, row);
}

static void
row_port(void *arg, const struct st_port *row)
{
	row_send(arg, row);
}

static void
rows_sa(struct dp *dp, struct stream *s)
{
	uint32_t id;

	if (!sadb_filter_sa(s->filter, &id)) {
		sadb_state(dp, row_sa, s);
		return;
	}
	s->filter = "";
	sadb_state_one(dp, id, row_sa, s);
}

static void
rows_rule(struct dp *dp, struct stream *s)
{
	spd_state(dp, row_rule, s);
}

static void
rows_drop(struct dp *dp, struct stream *s)
{
	stats_drops(dp->stats, row_drop, s);
}

static void
rows_port(struct dp *dp, struct stream *s)
{
	port_state(dp, row_port, s);
}

static void
rows_keepalive(struct dp *dp, struct stream *s)
{
	gre_state(dp, row_keepalive, s);
}

static void
count_tunnel(void *arg, const struct st_ipsec_sa *row)
{
	uint32_t *n = arg;

	*n += !row->inbound;
}

static void
rows_statistics(struct dp *dp, struct stream *s)
{
	struct st_ipsec_statistics st;

	stats_ipsec(dp->stats, &st);
	sadb_state(dp, count_tunnel, &st.tunnels);
	row_send(s, &st);
}

static void
reset_sa(struct dp *dp, const char *filter)
{
	sadb_state_reset(dp, filter);
}

/* filter: "acl", "acl N", "acl6", "acl6 N", or the number of a port */
static void
reset_rule(struct dp *dp, const char *filter)
{
	static const struct {
		const char *word;
		uint8_t af;
	} words[] = { { "acl6", AF_INET6 }, { "acl", AF_INET } };
	struct spd_which w = { 0 };

	for (unsigned int i = 0; i < sizeof(words) / sizeof(words[0]) && w.af == 0; i++) {
		size_t len = strlen(words[i].word);

		if (strncmp(filter, words[i].word, len) != 0)
			continue;
		w.af = words[i].af;
		w.acl = (uint32_t)strtoul(filter + len, NULL, 10);
	}
	if (w.af == 0)
		w.port = (uint32_t)strtoul(filter, NULL, 10);
	spd_state_reset(dp, &w);
}

/* filter: "protocol N", or "" */
static void
reset_stats(struct dp *dp, const char *filter)
{
	unsigned int protocol;

	if (filter[0] == '\0')
		stats_reset(dp->stats);
	else if (sadb_filter_protocol(filter, &protocol))
		stats_reset_protocol(dp->stats, protocol);
}

static void
reset_keepalive(struct dp *dp, const char *filter)
{
	gre_state_reset(dp, filter);
}

static void
reset_port(struct dp *dp, const char *filter)
{
	port_count_reset(dp, filter);
}

static const struct {
	void (*rows)(struct dp *dp, struct stream *s);
	void (*reset)(struct dp *dp, const char *filter);
} tables[STATE_N] = {
	[STATE_ipsec_sa] = { rows_sa, reset_sa },
	[STATE_spd_rule] = { rows_rule, reset_rule },
	[STATE_drop] = { rows_drop, reset_stats },
	[STATE_ipsec_statistics] = { rows_statistics, reset_stats },
	[STATE_port] = { rows_port, reset_port },
	[STATE_keepalive] = { rows_keepalive, reset_keepalive },
};

/* The table of ours with this name; STATE_N when there is none. */
static unsigned int
table_find(const char *name, struct err *e)
{
	for (unsigned int i = 0; i < STATE_N; i++) {
		if (tables[i].rows && strcmp(state_info(i)->record.name, name) == 0)
			return i;
	}
	err_set(e, 0, name, "The datapath has no such table.");
	return STATE_N;
}

static int
state_get(struct call *call)
{
	const struct msg_state_get *m = call->body;
	struct stream s = { .call = call, .filter = m->filter };
	unsigned int t = table_find(m->table, &call->err);

	if (t == STATE_N)
		return -ENOENT;
	s.info = state_info(t);
	tables[t].rows(call->dp, &s);
	call->answer = MSG_state_done;
	return s.error;
}

static int
state_reset(struct call *call)
{
	const struct msg_state_reset *m = call->body;
	unsigned int t = table_find(m->table, &call->err);

	if (t == STATE_N)
		return -ENOENT;
	tables[t].reset(call->dp, m->filter);
	return 0;
}

/* --- dispatch --------------------------------------------------------------------- */

static int (*const handlers[MSG_N])(struct call *call) = {
	[MSG_dp_setup] = setup,
	[MSG_dp_port] = port,
	[MSG_dp_port_del] = port_gone,
	[MSG_dp_tunnel] = tunnel,
	[MSG_dp_tunnel_del] = tunnel_gone,
	[MSG_dp_sa] = sa,
	[MSG_dp_sa_del] = sa_gone,
	[MSG_dp_seq_limit] = seq_limit,
	[MSG_dp_spd_begin] = policy_begin,
	[MSG_dp_spd_rule] = policy_rule,
	[MSG_dp_spd_end] = policy_end,
	[MSG_dp_spd_del] = policy_gone,
	[MSG_dp_group] = group,
	[MSG_dp_group_del] = group_gone,
	[MSG_dp_punt] = punt,
	[MSG_state_get] = state_get,
	[MSG_state_reset] = state_reset,
};

static void
on_msg(void *arg, struct frame *f, enum msg_type type, uint32_t request, const void *body, int fd)
{
	struct control *c = arg;
	struct call call = {
		.c = c, .dp = c->dp, .request = request, .body = body, .fd = fd, .answer = MSG_done
	};
	int r = handlers[type] ? handlers[type](&call) : -ENOSYS;

	if (call.fd >= 0)
		close(call.fd);
	/* an answer of the daemon's to our dp_seq_need has no request, and wants none */
	if (request != 0 || type != MSG_dp_seq_limit)
		frame_answer(f, request, type, call.answer, r, &call.err);
}

static void
on_gone(void *arg, struct frame *f)
{
	struct control *c = arg;

	c->gone(c->arg);
}

/* --- what nobody asked for ---------------------------------------------------------- */

/* false: it was not told. */
static bool
tell(struct control *c, enum msg_type type, const void *body)
{
	int r = frame_send(c->frame, type, 0, body, -1);

	if (r < 0)
		log_warn(
			"the daemon is not told %s: %s", msg_info(type)->record.name, strerror(-r));
	return r == 0;
}

/* The same of what packets can make us say often, and what is said again while it is so: a daemon that is
 * slow does without. */
static bool
hint(struct control *c, enum msg_type type, const void *body)
{
	return frame_queued(c->frame) <= HINTS_MAX && tell(c, type, body);
}

static void
seq_need(void *arg, uint32_t id)
{
	struct msg_dp_seq_need m = { .sa = id };

	hint(arg, MSG_dp_seq_need, &m);
}

static void
sa_used(void *arg, uint32_t id, bool hard)
{
	struct msg_dp_sa_soft m = { .sa = id, .hard = hard };

	tell(arg, MSG_dp_sa_soft, &m);
}

static void
acquire(void *arg, const struct msg_dp_acquire *m)
{
	hint(arg, MSG_dp_acquire, m);
}

static void
tunnel_line(void *arg, uint32_t port, bool up)
{
	struct msg_dp_tunnel_line m = { .port = port, .up = up };

	tell(arg, MSG_dp_tunnel_line, &m);
}

static void
path_learned(void *arg, uint32_t sa, const struct addr *destination, uint32_t mtu)
{
	struct msg_dp_sa_path m = { .sa = sa, .mtu = mtu };
	struct msg_dp_path clear = { .destination = *destination, .mtu = mtu };

	if (sa != 0)
		hint(arg, MSG_dp_sa_path, &m);
	else
		hint(arg, MSG_dp_path, &clear);
}

static bool
peer_moved(void *arg, uint32_t sa, const struct addr *source, uint16_t port)
{
	struct msg_dp_sa_path m = { .sa = sa, .destination = *source, .encap_remote = port };

	return hint(arg, MSG_dp_sa_path, &m);
}

/* --- life --------------------------------------------------------------------------- */

struct control *
control_new(struct dp *dp, int fd, void (*gone)(void *arg), void *arg)
{
	struct control *c = calloc(1, sizeof(*c));

	if (!c) {
		close(fd);
		return NULL;
	}
	*c = (struct control){ .dp = dp, .gone = gone, .arg = arg };
	c->frame = frame_new(dp->loop, fd, MSG_DATAPATH, MSG_DAEMON, on_msg, on_gone, c);
	if (!c->frame) {
		free(c);
		return NULL;
	}
	sadb_on_seq_need(dp->sadb, seq_need, c);
	sadb_on_used(dp->sadb, sa_used, c);
	group_on_acquire(dp->groups, acquire, c);
	gre_on_line(dp->gre, tunnel_line, c);
	pmtu_on_learned(dp, path_learned, c);
	natt_on_moved(dp->natt, peer_moved, c);
	return c;
}

void
control_free(struct control *c)
{
	if (!c)
		return;
	sadb_on_seq_need(c->dp->sadb, NULL, NULL);
	sadb_on_used(c->dp->sadb, NULL, NULL);
	group_on_acquire(c->dp->groups, NULL, NULL);
	gre_on_line(c->dp->gre, NULL, NULL);
	pmtu_on_learned(c->dp, NULL, NULL);
	natt_on_moved(c->dp->natt, NULL, NULL);
	frame_free(c->frame);
	free(c);
}
