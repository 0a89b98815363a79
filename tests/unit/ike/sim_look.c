/*
 * Looking at the two ends: what there is, and whether it is what both should have.
 */
#include "config.h"

#include "daemon/ike/child_sa.h"
#include "lib/loop.h"
#include "tests/unit/ike/sim.h"

#include <stdio.h>
#include <string.h>

struct counting {
	const char *state;
	unsigned int n;
};

static void
count_ike(void *arg, const void *record)
{
	struct counting *c = arg;
	const struct st_ike_sa *r = record;

	c->n += !c->state || strcmp(c->state, r->state) == 0;
}

static void
count_pair(void *arg, const void *record)
{
	struct counting *c = arg;
	const struct st_ike_child *r = record;

	c->n += !c->state || strcmp(c->state, r->state) == 0;
}

unsigned int
sim_n_ike(const struct sim_end *e, const char *state)
{
	struct counting c = { state, 0 };

	ike_state(e->ike, STATE_ike_sa, "", count_ike, &c);
	return c.n;
}

unsigned int
sim_n_pairs(const struct sim_end *e, const char *state)
{
	struct counting c = { state, 0 };

	ike_state(e->ike, STATE_ike_child, "", count_pair, &c);
	return c.n;
}

struct ike_sa *
sim_ike(const struct sim_end *e)
{
	struct ike_sa *sa, *found = NULL;

	TAILQ_FOREACH (sa, &e->ike->sa_list, link)
		if (sa->state == EXCHANGE_established)
			found = sa;
	return found;
}

struct child_sa *
sim_pair(const struct sim_end *e, uint32_t child)
{
	struct connection *c = NULL;

	while ((c = connection_next(e->ike, child, c)))
		if (c->carries)
			return c->carries;
	return NULL;
}

static void
first_error(void *arg, const void *record)
{
	struct st_ike_error *out = arg;

	if (out->times == 0)
		*out = *(const struct st_ike_error *)record;
}

const char *
sim_reason(struct sim_end *e, struct st_ike_error *out)
{
	memset(out, 0, sizeof(*out));
	ike_state(e->ike, STATE_ike_error, "", first_error, out);
	return out->reason;
}

struct finding {
	const char *name;
	uint64_t count;
};

static void
find_statistic(void *arg, const void *record)
{
	struct finding *f = arg;
	const struct st_ike_statistic *r = record;

	if (strcmp(r->name, f->name) == 0)
		f->count += r->count;
}

uint64_t
sim_statistic(struct sim_end *e, const char *name)
{
	struct finding f = { name, 0 };

	ike_state(e->ike, STATE_ike_statistic, "", find_statistic, &f);
	return f.count;
}

static const struct sim_sa *
installed(const struct sim_end *e, uint32_t sa)
{
	const struct sim_sa *s;

	TAILQ_FOREACH (s, &e->sas, link)
		if (s->m.sa == sa)
			return s;
	return NULL;
}

/* The connection of the other end whose inbound SA has this SPI. */
static const struct sim_sa *
far_side(const struct sim_end *e, uint32_t spi)
{
	const struct sim_sa *s;

	TAILQ_FOREACH (s, &e->sas, link)
		if (s->m.inbound && s->m.spi == spi)
			return s;
	return NULL;
}

static bool
same_keys(const struct msg_ike_sa_add *a, const struct msg_ike_sa_add *b)
{
	return a->cipher == b->cipher && a->auth == b->auth && a->esn == b->esn &&
		a->mode == b->mode && a->protocol == b->protocol &&
		a->cipher_key.len == b->cipher_key.len && a->auth_key.len == b->auth_key.len &&
		memcmp(a->cipher_key.data, b->cipher_key.data, a->cipher_key.len) == 0 &&
		memcmp(a->auth_key.data, b->auth_key.data, a->auth_key.len) == 0;
}

static const struct sim_connection *
connection_of(const struct sim_end *e, uint32_t number)
{
	const struct sim_connection *c;

	TAILQ_FOREACH (c, &e->connections, link)
		if (c->number == number)
			return c;
	return NULL;
}

static bool
mirrored(const struct sim_connection *a, const struct sim_connection *b)
{
	bool found;

	if (a->n_selectors != b->n_selectors)
		return false;
	for (unsigned int i = 0; i < a->n_selectors; i++) {
		const struct msg_ike_selector *s = &a->selectors[i];

		found = false;
		for (unsigned int j = 0; j < b->n_selectors; j++) {
			const struct msg_ike_selector *t = &b->selectors[j];

			found |= addr_eq(&s->local_low, &t->remote_low) &&
				addr_eq(&s->local_high, &t->remote_high) &&
				addr_eq(&s->remote_low, &t->local_low) &&
				addr_eq(&s->remote_high, &t->local_high) &&
				s->protocol == t->protocol;
		}
		if (!found)
			return false;
	}
	return true;
}

static void
print_ike(void *arg, const void *record)
{
	char text[1024];

	record_print(&state_info(STATE_ike_sa)->record, record, text, sizeof(text));
	fprintf(stderr, "%s\n", text);
}

static void
print_pair(void *arg, const void *record)
{
	char text[1024];

	record_print(&state_info(STATE_ike_child)->record, record, text, sizeof(text));
	fprintf(stderr, "%s\n", text);
}

void
sim_print(const struct sim_end *e)
{
	ike_state(e->ike, STATE_ike_sa, "", print_ike, NULL);
	ike_state(e->ike, STATE_ike_child, "", print_pair, NULL);
}

static bool
complain(char *why, const struct sim_end *e, const char *what, unsigned int n)
{
	snprintf(why, 256, "end %u at %llu ms: %s (%u, %08x)", e->index,
		(unsigned long long)loop_now_ms(e->sim->loop), what, n, n);
	return false;
}

static bool
connection_is_settled(const struct sim_end *e, const struct sim_connection *c, char *why)
{
	const struct sim_end *far = &e->sim->end[!e->index];
	const struct sim_sa *out = installed(e, c->used), *in;
	const struct sim_connection *other;
	unsigned int n = 0;
	const struct sim_sa *s;

	TAILQ_FOREACH (s, &e->sas, link)
		n += s->m.connection == c->number;
	if (n != 2)
		return complain(why, e, "not 2 SAs in a connection", n);
	if (!out)
		return complain(why, e, "nothing carries connection", c->number);
	in = far_side(far, out->m.spi);
	if (!in)
		return complain(why, e, "the other end cannot receive SPI", out->m.spi);
	if (!same_keys(&out->m, &in->m))
		return complain(why, e, "keys differ for SPI", out->m.spi);
	other = connection_of(far, in->m.connection);
	if (!other || !mirrored(c, other))
		return complain(why, e, "selectors differ in connection", c->number);
	return true;
}

/* Packets go where IKE goes, and are expected from there. */
static bool
is_where_ike_is(const struct sim_end *e, const struct sim_sa *s)
{
	const struct child_sa *pair = child_sa_find(e->ike, s->m.sa);
	const struct ike_path *at = pair && pair->ike_sa ? &pair->ike_sa->path.at : NULL;

	return at && addr_eq(s->m.inbound ? &s->m.source : &s->m.destination, &at->remote) &&
		(s->m.encap_remote == 0 || s->m.encap_remote == at->remote_port);
}

static bool
end_is_settled(const struct sim_end *e, unsigned int n, char *why)
{
	const struct sim_connection *c;
	const struct sim_sa *s;
	unsigned int connections = 0, sas = 0;

	if (sim_n_ike(e, NULL) != 1)
		return complain(why, e, "not one IKE SA", sim_n_ike(e, NULL));
	if (sim_n_ike(e, "established") != 1)
		return complain(why, e, "the IKE SA is not established", 0);
	if (sim_n_pairs(e, NULL) != n || sim_n_pairs(e, "established") != n)
		return complain(why, e, "another number of pairs", sim_n_pairs(e, NULL));
	TAILQ_FOREACH (c, &e->connections, link) {
		connections++;
		if (!connection_is_settled(e, c, why))
			return false;
	}
	TAILQ_FOREACH (s, &e->sas, link) {
		sas++;
		if (!is_where_ike_is(e, s))
			return complain(why, e, "IKE goes elsewhere than SA", s->m.sa);
	}
	if (connections != n)
		return complain(why, e, "another number of connections", connections);
	if (sas != 2 * n)
		return complain(why, e, "another number of SAs", sas);
	return true;
}

bool
sim_is_settled(struct sim *s, unsigned int n, char *why)
{
	why[0] = '\0';
	return end_is_settled(&s->end[0], n, why) && end_is_settled(&s->end[1], n, why);
}
