/*
 * What stands behind an IKE speaker: a daemon that answers, and a datapath that has SAs, sends by those that
 * are in use and notices what it cannot receive.
 */
#include "config.h"

#include "tests/unit/ike/sim_daemon.h"

#include "lib/err.h"
#include "lib/loop.h"

#include <CUnit/CUnit.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct sim_sa *
sa_find(struct sim_end *e, uint32_t sa)
{
	struct sim_sa *s;

	TAILQ_FOREACH (s, &e->sas, link)
		if (s->m.sa == sa)
			return s;
	return NULL;
}

static struct sim_sa *
sa_of_spi(struct sim_end *e, uint32_t spi)
{
	struct sim_sa *s;

	TAILQ_FOREACH (s, &e->sas, link)
		if (s->m.inbound && s->m.spi == spi)
			return s;
	return NULL;
}

static struct sim_connection *
connection(struct sim_end *e, uint32_t number, uint32_t child)
{
	struct sim_connection *c;

	TAILQ_FOREACH (c, &e->connections, link)
		if (c->number == number)
			return c;
	if (child == 0)
		return NULL;
	c = calloc(1, sizeof(*c));
	c->number = number;
	c->child = child;
	TAILQ_INSERT_TAIL(&e->connections, c, link);
	return c;
}

/* What is wrong with the speaker's orders shows here. */
static void
violation(struct sim_end *e, const char *what, uint32_t number)
{
	struct sim *s = e->sim;

	if (s->n_violations++ == 0)
		snprintf(s->violation, sizeof(s->violation), "end %u at %llu ms: %s %u", e->index,
			(unsigned long long)loop_now_ms(s->loop), what, number);
}

static int
do_add(struct sim_end *e, const struct msg_ike_sa_add *m)
{
	struct sim_sa *s;

	if (e->refuse > 0) {
		e->refuse--;
		return -ENOSPC;
	}
	if (m->spi < 256)
		violation(e, "reserved SPI", m->spi);
	if (sa_find(e, m->sa))
		violation(e, "SA is there already", m->sa);
	if (m->inbound && sa_of_spi(e, m->spi))
		violation(e, "inbound SPI is there already", m->spi);
	if (!connection(e, m->connection, 0))
		violation(e, "SA without selectors", m->sa);
	s = calloc(1, sizeof(*s));
	s->m = *m;
	TAILQ_INSERT_TAIL(&e->sas, s, link);
	if (m->inbound)
		e->spis[e->n_spis++ % 4096] = m->spi;
	return 0;
}

static int
do_use(struct sim_end *e, const struct msg_ike_sa_use *m)
{
	struct sim_sa *s = sa_find(e, m->sa);
	struct sim_connection *c = connection(e, m->connection, 0);

	if (!s || !c || s->m.inbound || s->m.connection != m->connection) {
		violation(e, "use of what is not there", m->sa);
		return -ENOENT;
	}
	if (e->refuse_use > 0) {
		e->refuse_use--;
		return -EINVAL;
	}
	c->used = m->sa;
	return 0;
}

static int
do_del(struct sim_end *e, const struct msg_ike_sa_del *m)
{
	struct sim_sa *s = sa_find(e, m->sa);
	struct sim_connection *c;

	if (!s)
		return 0; /* its add was refused */
	TAILQ_FOREACH (c, &e->connections, link)
		if (c->used == m->sa)
			c->used = 0;
	TAILQ_REMOVE(&e->sas, s, link);
	free(s);
	return 0;
}

static int
do_connection_del(struct sim_end *e, const struct msg_ike_connection_del *m)
{
	struct sim_connection *c = connection(e, m->connection, 0);
	struct sim_sa *s;

	if (!c) {
		violation(e, "end of a connection that is not there", m->connection);
		return -ENOENT;
	}
	TAILQ_FOREACH (s, &e->sas, link)
		if (s->m.connection == m->connection)
			violation(e, "connection ends with an SA", s->m.sa);
	TAILQ_REMOVE(&e->connections, c, link);
	free(c);
	return 0;
}

static int
do_selector(struct sim_end *e, const struct msg_ike_selector *m)
{
	struct sim_connection *c = connection(e, m->connection, m->child);

	if (c->n_selectors < 8)
		c->selectors[c->n_selectors++] = *m;
	return 0;
}

static int
do_move(struct sim_end *e, const struct msg_ike_sa_move *m)
{
	struct sim_sa *s;

	e->n_moves++;
	TAILQ_FOREACH (s, &e->sas, link)
		if (s->m.connection == m->connection) {
			*(s->m.inbound ? &s->m.source : &s->m.destination) = m->remote;
			s->m.encap_remote = m->encap_remote;
		}
	return 0;
}

void
sim_moves(struct sim_end *e, unsigned int nth, uint16_t port, struct msg_ike_moved *told)
{
	const struct addr *peer = &e->sim->end[!e->index].nat_addr;
	const struct sim_connection *c;
	struct sim_sa *s = NULL, *out;

	*told = (struct msg_ike_moved){ .remote = *peer, .remote_port = port };
	TAILQ_FOREACH (s, &e->sas, link)
		if (s->m.may_move && nth-- == 0)
			break;
	c = s ? connection(e, s->m.connection, 0) : NULL;
	if (!c)
		return;
	told->sa = s->m.sa;
	s->m.source = *peer;
	s->m.encap_remote = port;
	out = c->used ? sa_find(e, c->used) : NULL;
	if (out) {
		out->m.destination = *peer;
		out->m.encap_remote = port;
	}
}

static void
answer(struct sim_end *e, enum msg_type type, uint32_t request, const void *m)
{
	struct err err;

	ike_command(e->ike, type, request, m, &err);
}

static void
answer_usage(struct sim_end *e, uint32_t request, const struct msg_ike_usage_get *m)
{
	struct sim_sa *s = sa_find(e, m->sa);
	struct msg_ike_usage u = { .sa = m->sa, .packets = s ? s->packets : 0 };

	answer(e, MSG_ike_usage, request, &u);
}

static void
answer_route(struct sim_end *e, uint32_t request, const struct msg_ike_route_get *m)
{
	struct msg_ike_route r = { .destination = m->destination };

	if (!e->no_route)
		r.source = e->addr;
	answer(e, MSG_ike_route, request, &r);
}

static void
work_one(struct sim_end *e, const struct sim_job *j)
{
	struct msg_done done = { 0 };
	struct msg_error error = { .object = "datapath", .text = "no room" };
	int r = 0;

	switch (j->type) {
	case MSG_ike_usage_get: answer_usage(e, j->request, j->body); return;
	case MSG_ike_route_get: answer_route(e, j->request, j->body); return;
	case MSG_ike_selector: do_selector(e, j->body); return;
	case MSG_ike_sa_add: r = do_add(e, j->body); break;
	case MSG_ike_sa_use: r = do_use(e, j->body); break;
	case MSG_ike_sa_del: r = do_del(e, j->body); break;
	case MSG_ike_connection_del: r = do_connection_del(e, j->body); break;
	case MSG_ike_sa_move: r = do_move(e, j->body); break;
	default: CU_FAIL("the speaker says what it may not");
	}
	error.code = (uint32_t)-r;
	answer(e, r ? MSG_error : MSG_done, j->request, r ? (void *)&error : (void *)&done);
}

static void
work(void *arg)
{
	struct sim_end *e = arg;
	struct sim_job *j = TAILQ_FIRST(&e->jobs);

	TAILQ_REMOVE(&e->jobs, j, link);
	if (!TAILQ_EMPTY(&e->jobs))
		timer_set(e->worker, e->sim->by_hand ? 0 : sim_random(e->sim, 3));
	work_one(e, j);
	free(j->body);
	free(j);
}

/* SIM_DEBUG=1: what the speaker says. */
static void
show(const struct sim_end *e, enum msg_type type, const void *body)
{
	char text[1024];

	if (type == MSG_ike_debug)
		snprintf(text, sizeof(text), "%s", ((const struct msg_ike_debug *)body)->text);
	else
		record_print(&msg_info(type)->record, body, text, sizeof(text));
	fprintf(stderr, "%9llu end %u: %.200s\n", (unsigned long long)loop_now_ms(e->sim->loop),
		e->index, text);
}

void
sim_daemon_tell(void *arg, enum msg_type type, uint32_t request, const void *body)
{
	struct sim_end *e = arg;
	size_t size = msg_info(type)->record.size;
	struct sim_job *j;

	if (getenv("SIM_DEBUG"))
		show(e, type, body);
	if (type == MSG_ike_debug)
		return;
	j = calloc(1, sizeof(*j));
	j->type = type;
	j->request = request;
	j->body = malloc(size);
	memcpy(j->body, body, size);
	TAILQ_INSERT_TAIL(&e->jobs, j, link);
	if (!timer_pending(e->worker))
		timer_set(e->worker, e->sim->by_hand ? 0 : sim_random(e->sim, 3));
}

void
sim_daemon_start(struct sim_end *e)
{
	struct msg_ike_setup setup = { .nat_keepalive_s = 20 };
	struct msg_ike_debugging debugging = { .mask = getenv("SIM_DEBUG") ? 7 : 0 };
	struct err err;

	TAILQ_INIT(&e->sas);
	TAILQ_INIT(&e->connections);
	TAILQ_INIT(&e->jobs);
	e->worker = timer_new(e->sim->loop, work, e);
	ike_command(e->ike, MSG_ike_setup, 0, &setup, &err);
	ike_command(e->ike, MSG_ike_debugging, 0, &debugging, &err);
}

void
sim_daemon_stop(struct sim_end *e)
{
	struct sim_sa *s;
	struct sim_connection *c;
	struct sim_job *j;

	timer_free(e->worker);
	while ((s = TAILQ_FIRST(&e->sas))) {
		TAILQ_REMOVE(&e->sas, s, link);
		free(s);
	}
	while ((c = TAILQ_FIRST(&e->connections))) {
		TAILQ_REMOVE(&e->connections, c, link);
		free(c);
	}
	while ((j = TAILQ_FIRST(&e->jobs))) {
		TAILQ_REMOVE(&e->jobs, j, link);
		free(j->body);
		free(j);
	}
	e->n_spis = 0;
}

/* --- packets ------------------------------------------------------------------------------ */

static unsigned int
n_outbound(struct sim_end *e, uint32_t number)
{
	struct sim_sa *s;
	unsigned int n = 0;

	TAILQ_FOREACH (s, &e->sas, link)
		n += s->m.connection == number && !s->m.inbound;
	return n;
}

void
sim_esp(struct sim_end *e)
{
	struct sim_connection *c;
	struct sim_sa *s;

	TAILQ_FOREACH (c, &e->connections, link) {
		struct sim_packet p = { .sim = e->sim, .to = !e->index, .esp = true };

		s = c->used ? sa_find(e, c->used) : NULL;
		if (!s)
			continue;
		p.fresh = s->packets == 0 && n_outbound(e, c->number) == 1;
		p.spi = s->m.spi;
		memcpy(p.key, s->m.cipher_key.data, sizeof(p.key));
		s->packets++;
		e->sim->n_esp++;
		p.data = (uint8_t *)"";
		sim_launch(e->sim, &p);
	}
}

/* Ends that are nobody's fault but the network's. */
static uint64_t
deaths(const struct sim *s)
{
	uint64_t n = 0;

	for (unsigned int i = 0; i < 2; i++)
		n += s->end[i].ike->statistics.count[STATISTIC_ike_deleted] +
			s->end[i].ike->statistics.count[STATISTIC_no_answer];
	return n;
}

void
sim_expect_no_loss(struct sim *s)
{
	s->lossless = true;
	s->lost_sas = deaths(s);
}

bool
sim_is_lossless(const struct sim *s)
{
	return s->lossless && deaths(s) == s->lost_sas;
}

void
sim_daemon_esp(struct sim_end *e, const struct sim_packet *p)
{
	struct sim_sa *s = sa_of_spi(e, p->spi);
	bool was_there = false;

	if (s) {
		if (memcmp(s->m.cipher_key.data, p->key, sizeof(p->key)) != 0)
			violation(e, "other keys for SPI", p->spi);
		s->packets++;
		return;
	}
	if (!sim_is_lossless(e->sim))
		return;
	for (unsigned int i = 0; i < e->n_spis && i < 4096; i++)
		was_there |= e->spis[i] == p->spi;
	if (was_there || !p->fresh)
		violation(e,
			was_there ? "lost: the inbound SA is gone"
				  : "lost: the inbound SA is not there yet",
			p->spi);
}
