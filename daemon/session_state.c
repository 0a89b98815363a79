/*
 * Requests about live state: our own tables are filled at once, the datapath's and the IKE speaker's are relayed row by row,
 * and where both know something (interfaces, drops) the datapath is asked first.
 */
#include "config.h"

#include "daemon/session.h"

#include "daemon/cfg.h"
#include "daemon/childlink.h"
#include "daemon/compile/owner.h"
#include "daemon/daemon.h"
#include "daemon/oscfg/oscfg.h"
#include "daemon/status.h"
#include "lib/arena.h"
#include "lib/buf.h"
#include "lib/err.h"
#include "lib/frame.h"
#include "lib/state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A question of a shell that goes through the datapath. */
struct question {
	struct session_wait wait; /* first */
	struct daemon *daemon;
	enum state_table table;
	char filter[64];
	struct st_port *ports; /* for `interface` */
	size_t n_ports;
};

static void
question_free(struct question *q)
{
	free(q->ports);
	session_wait_free(&q->wait);
}

static struct question *
question_new(struct session_request *r, enum state_table table, const char *filter)
{
	struct question *q = (struct question *)session_wait_new(r->session, r->id, sizeof(*q));

	q->daemon = r->session->daemon;
	q->table = table;
	strlcpy(q->filter, filter, sizeof(q->filter));
	return q;
}

static enum state_table
table_of(const char *name)
{
	const struct state_info *info = state_find(name);

	for (unsigned int t = 0; t < STATE_N; t++)
		if (info != NULL && state_info((enum state_table)t) == info)
			return (enum state_table)t;
	return STATE_N;
}

/* --- rows of our own ----------------------------------------------------------------------------- */

struct target {
	struct session *session;
	uint32_t id;
};

static void
send_row(void *arg, const struct state_info *table, const void *rec)
{
	const struct target *t = arg;
	struct msg_state_row m = { 0 };
	struct wbuf b = wbuf_over(m.row.data, sizeof(m.row.data));

	if (record_encode(&table->record, rec, &b) != 0 || b.bad)
		return;
	strlcpy(m.table, table->record.name, sizeof(m.table));
	m.row.len = (uint32_t)wbuf_len(&b);
	session_answer(t->session, t->id, MSG_state_row, &m, -1);
}

static int
answer_own(struct session *s, uint32_t id, struct daemon *d, enum state_table table,
	const char *filter, const struct status_ports *ports)
{
	static const struct msg_state_done done;
	struct target t = { .session = s, .id = id };
	const struct status_sink sink = { .row = send_row, .arg = &t };
	int rc = status_rows(d, table, filter, ports, &sink);

	if (rc == 0)
		session_answer(s, id, MSG_state_done, &done, -1);
	return rc;
}

/* --- interfaces: with the ports' counters ---------------------------------------------------------- */

static void
port_row(void *arg, const struct msg_state_row *row)
{
	struct question *q = arg;
	struct rbuf b = rbuf_over(row->row.data, row->row.len);
	struct st_port *more = reallocarray(q->ports, q->n_ports + 1, sizeof(*more));

	if (more == NULL)
		return;
	q->ports = more;
	if (record_decode(&state_info(STATE_port)->record, &b, &more[q->n_ports]) == 0)
		q->n_ports++;
}

/* Without the datapath the rows come all the same. */
static void
port_done(void *arg, const struct msg_error *m)
{
	struct question *q = arg;
	const struct status_ports ports = { .port = q->ports, .n = q->n_ports };
	struct err e = { 0 };
	int rc = 0;

	if (q->wait.session != NULL)
		rc = answer_own(
			q->wait.session, q->wait.id, q->daemon, q->table, q->filter, &ports);
	if (rc != 0)
		session_error(q->wait.session, q->wait.id, rc, &e);
	question_free(q);
}

/* --- the datapath's ---------------------------------------------------------------------------------- */

/* The kernel's filter drops cleartext, too: one reason, one counter. */
static void
add_filter_drops(struct daemon *d, struct msg_state_row *m)
{
	const struct record *rec = &state_info(STATE_drop)->record;
	struct rbuf in = rbuf_over(m->row.data, m->row.len);
	struct wbuf out = wbuf_over(m->row.data, sizeof(m->row.data));
	struct st_drop st;

	if (d->os == NULL || record_decode(rec, &in, &st) != 0 ||
		strcmp(st.reason, "spd_cleartext") != 0)
		return;
	st.packets += oscfg_filter_drops(d->os) - d->filter_zero;
	if (record_encode(rec, &st, &out) == 0)
		m->row.len = (uint32_t)wbuf_len(&out);
}

static void
relay_row(void *arg, const struct msg_state_row *row)
{
	struct question *q = arg;
	struct msg_state_row copy;

	if (q->table != STATE_drop) {
		session_answer(q->wait.session, q->wait.id, MSG_state_row, row, -1);
		return;
	}
	copy = *row;
	add_filter_drops(q->daemon, &copy);
	session_answer(q->wait.session, q->wait.id, MSG_state_row, &copy, -1);
}

static void
relay_end(struct question *q, const struct msg_error *m, enum msg_type type)
{
	static const struct msg_state_done nothing; /* done and state_done have no fields */

	if (m != NULL)
		session_answer(q->wait.session, q->wait.id, MSG_error, m, -1);
	else
		session_answer(q->wait.session, q->wait.id, type, &nothing, -1);
	question_free(q);
}

static void
relay_done(void *arg, const struct msg_error *m)
{
	relay_end(arg, m, MSG_state_done);
}

static void
reset_done(void *arg, const struct msg_error *m)
{
	relay_end(arg, m, MSG_done);
}

/* The IKE speaker's tables are empty when none runs. */
static int
ike_get(struct session_request *r, enum state_table table)
{
	const struct msg_state_get *m = r->body;
	struct daemon *d = r->session->daemon;
	struct childlink_ask ask = { .row = relay_row, .done = relay_done };
	static const struct msg_state_done nothing;

	if (!childlink_is_up(d->ikelink)) {
		session_answer(r->session, r->id, MSG_state_done, &nothing, -1);
		return 0;
	}
	ask.arg = question_new(r, table, m->filter);
	childlink_get(d->ikelink, m->table, m->filter, &ask);
	return 0;
}

static int
ike_reset(struct session_request *r, enum state_table table)
{
	const struct msg_state_reset *m = r->body;
	struct daemon *d = r->session->daemon;
	struct childlink_ask ask = { .done = reset_done };
	static const struct msg_done nothing;

	if (!childlink_is_up(d->ikelink)) {
		session_answer(r->session, r->id, MSG_done, &nothing, -1);
		return 0;
	}
	ask.arg = question_new(r, table, m->filter);
	childlink_reset(d->ikelink, m->table, m->filter, &ask);
	return 0;
}

int
session_state_get(struct session_request *r, struct err *e)
{
	const struct msg_state_get *m = r->body;
	struct daemon *d = r->session->daemon;
	enum state_table table = table_of(m->table);
	struct childlink_ask ask = { .row = relay_row, .done = relay_done };

	if (table == STATE_N)
		return err_set(e, -ENOENT, m->table, "there is no such table");
	if (state_info(table)->owner == MSG_IKE)
		return ike_get(r, table);
	if (state_info(table)->owner == MSG_DAEMON &&
		(table != STATE_interface || !childlink_is_up(d->dplink)))
		return answer_own(r->session, r->id, d, table, m->filter, NULL);
	if (d->dplink == NULL)
		return err_set(e, -ENOTCONN, "datapath", "It does not run.");
	ask.arg = question_new(r, table, m->filter);
	if (table == STATE_interface) {
		ask.row = port_row;
		ask.done = port_done;
		childlink_get(d->dplink, "port", "", &ask);
	} else {
		childlink_get(d->dplink, m->table, m->filter, &ask);
	}
	return 0;
}

/* The datapath knows an interface by its device. */
static int
device_of(struct daemon *d, const char *interface, char device[16], struct err *e)
{
	const struct value key = VALUE_OF_TEXT(interface);
	struct arena *a = arena_new();
	struct cfg_interface i;
	int rc = cfg_get(d->store, &cfg_interface, &key, a, &i);

	device[0] = '\0';
	if (rc == 0)
		iface_device(&i, device);
	arena_free(a);
	if (rc != 0 || device[0] == '\0')
		return err_set(e, -ENODEV, interface, "The interface has no counters.");
	return 0;
}

int
session_state_reset(struct session_request *r, struct err *e)
{
	const struct msg_state_reset *m = r->body;
	struct daemon *d = r->session->daemon;
	enum state_table table = table_of(m->table);
	struct childlink_ask ask = { .done = reset_done };
	static const struct msg_done done;
	const char *filter = m->filter;
	char device[16];
	int rc;

	if (table == STATE_N)
		return err_set(e, -ENOENT, m->table, "there is no such table");
	if (state_info(table)->owner == MSG_IKE)
		return ike_reset(r, table);
	if (table == STATE_interface && filter[0] != '\0') {
		rc = device_of(d, filter, device, e);
		if (rc != 0)
			return rc;
		filter = device;
	}
	if (table == STATE_interface) {
		rc = status_zero_interfaces(d, m->filter);
		if (rc != 0)
			return err_set(e, rc, "counters", "%s", strerror(-rc));
		if (!childlink_is_up(d->dplink)) {
			session_answer(r->session, r->id, MSG_done, &done, -1);
			return 0;
		}
	}
	if (d->dplink == NULL)
		return err_set(e, -ENOTCONN, "datapath", "It does not run.");
	if (d->os != NULL && filter[0] == '\0' &&
		(table == STATE_drop || table == STATE_ipsec_statistics))
		d->filter_zero = oscfg_filter_drops(d->os);
	ask.arg = question_new(r, table, filter);
	childlink_reset(d->dplink, table == STATE_interface ? "port" : m->table, filter, &ask);
	return 0;
}
