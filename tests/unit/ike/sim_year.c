/*
 * A random year (sim_year.h). What may happen is a table.
 */
#include "config.h"

#include "tests/unit/ike/sim_year.h"

#include "tests/unit/ike/sim.h"

#include <stdio.h>
#include <stdlib.h>

enum { MINUTE_MS = 60000, DAY_S = 86400, EVENTS = 60, CHILDREN = 3 };

struct year {
	struct sim *s;
	unsigned int n_children;
	bool automatic[CHILDREN][2];
	uint8_t pfs;
	uint8_t ike_dh[2];
	uint32_t child_lifetime_s;
	uint32_t ike_lifetime_s;
	uint32_t reauth_s;
	unsigned int version;
	char psk[32];
};

static uint32_t
pick(struct year *y, uint32_t below)
{
	return sim_random(y->s, below);
}

static struct sim_end *
any_end(struct year *y)
{
	return &y->s->end[pick(y, 2)];
}

static void
configure_peer(struct year *y, unsigned int end)
{
	const struct sim_peer p = { .psk = y->psk,
		.ike_lifetime_s = y->ike_lifetime_s,
		.reauth_s = y->reauth_s,
		.dpd = MSG_IKE_DPD_PERIODIC,
		.dpd_idle_s = DAY_S,
		.dh = { y->ike_dh[0], y->ike_dh[1] } };

	sim_peer(&y->s->end[end], &p);
}

static void
configure_child(struct year *y, unsigned int end, unsigned int child)
{
	const struct sim_child c = { .number = child + 1,
		.automatic = y->automatic[child][end],
		.lifetime_s = y->child_lifetime_s,
		.policy = 100,
		.dh = { y->pfs } };

	sim_child(&y->s->end[end], &c);
}

static void
configure(struct year *y, unsigned int end)
{
	configure_peer(y, end);
	for (unsigned int i = 0; i < y->n_children; i++)
		configure_child(y, end, i);
}

/* Some packets from both sides, at random times. */
static void
traffic(struct year *y, uint32_t ms)
{
	uint32_t step = ms / 20 + 1;

	for (uint32_t done = 0; done < ms;) {
		uint32_t t = 1 + pick(y, 2 * step);

		sim_run(y->s, t);
		done += t;
		sim_esp(any_end(y));
	}
}

/* --- what may happen ---------------------------------------------------------------------- */

static void
rekey_child(struct year *y)
{
	sim_rekey_child(any_end(y), 1 + pick(y, y->n_children));
}

static void
rekey_child_both(struct year *y)
{
	uint32_t child = 1 + pick(y, y->n_children);

	sim_rekey_child(&y->s->end[0], child);
	sim_run(y->s, pick(y, 2 * y->s->delay_ms + 2));
	sim_rekey_child(&y->s->end[1], child);
}

static void
rekey_ike(struct year *y)
{
	sim_rekey_ike(any_end(y));
}

static void
rekey_ike_both(struct year *y)
{
	sim_rekey_ike(&y->s->end[0]);
	sim_run(y->s, pick(y, 2 * y->s->delay_ms + 2));
	sim_rekey_ike(&y->s->end[1]);
}

static void
rekey_both_kinds(struct year *y)
{
	struct sim_end *e = any_end(y);

	sim_rekey_ike(e);
	sim_run(y->s, pick(y, 2 * y->s->delay_ms + 2));
	sim_rekey_child(&y->s->end[!e->index], 1 + pick(y, y->n_children));
}

static void
reauthenticate(struct year *y)
{
	sim_reauth(any_end(y));
}

static void
reset_ike(struct year *y)
{
	y->s->lossless = false;
	sim_reset(any_end(y), false);
}

static void
reset_ike_both(struct year *y)
{
	y->s->lossless = false;
	sim_reset(&y->s->end[0], false);
	sim_run(y->s, pick(y, y->s->delay_ms + 2));
	sim_reset(&y->s->end[1], false);
}

static void
reset_children(struct year *y)
{
	y->s->lossless = false;
	sim_reset(any_end(y), true);
}

static void
reset_during_rekey(struct year *y)
{
	struct sim_end *e = any_end(y);

	y->s->lossless = false;
	if (pick(y, 2))
		sim_rekey_ike(e);
	else
		sim_rekey_child(e, 1);
	sim_run(y->s, pick(y, 3 * y->s->delay_ms + 2));
	sim_reset(any_end(y), pick(y, 2));
}

static void
restart(struct year *y)
{
	struct sim_end *e = any_end(y);

	y->s->lossless = false;
	sim_restart(e);
	configure(y, e->index);
}

static void
restart_both(struct year *y)
{
	y->s->lossless = false;
	for (unsigned int i = 0; i < 2; i++) {
		sim_restart(&y->s->end[i]);
		configure(y, i);
		sim_run(y->s, pick(y, y->s->delay_ms + 2));
	}
}

static void
outage(struct year *y)
{
	y->s->lossless = false;
	y->s->outage = true;
	if (pick(y, 2))
		sim_rekey_child(any_end(y), 1);
	sim_run(y->s, pick(y, 5 * MINUTE_MS));
	y->s->outage = false;
}

static void
new_key(struct year *y)
{
	y->s->lossless = false;
	snprintf(y->psk, sizeof(y->psk), "secret %u", ++y->version);
	configure_peer(y, 0);
	sim_run(y->s, pick(y, MINUTE_MS));
	configure_peer(y, 1);
}

static void
new_lifetime(struct year *y)
{
	y->s->lossless = false;
	y->child_lifetime_s += 60;
	for (unsigned int i = 0; i < 2; i++) {
		configure_child(y, i, 0);
		sim_run(y->s, pick(y, 5000));
	}
}

static void
without_child(struct year *y)
{
	unsigned int first = pick(y, 2);

	y->s->lossless = false;
	sim_child_del(&y->s->end[first], 1);
	sim_run(y->s, pick(y, 30000));
	sim_child_del(&y->s->end[!first], 1);
	sim_run(y->s, pick(y, 30000));
	configure_child(y, first, 0);
	sim_run(y->s, pick(y, 30000));
	configure_child(y, !first, 0);
}

static void
no_room(struct year *y)
{
	y->s->lossless = false;
	any_end(y)->refuse = 1 + pick(y, 3);
	rekey_child(y);
}

/* A NAT forgets its mapping: the next packet has another one, which the other end's datapath sees, if packets of
 * pairs are the first to come. */
static void
remap(struct year *y)
{
	struct sim_end *e = any_end(y), *far = &y->s->end[!e->index];
	struct child_sa *pair = sim_pair(far, 1);
	struct msg_ike_moved m = { .remote = e->nat_addr };

	if (e->nat_port == 0)
		return;
	y->s->lossless = false;
	e->nat_port += 2;
	if (pick(y, 2))
		sim_rekey_child(e, 1);
	sim_run(y->s, pick(y, 5000));
	m.remote_port = e->nat_port + 1;
	m.sa = pair && pair == sim_pair(far, 1) ? pair->sa : 0;
	if (m.sa != 0 && pick(y, 2))
		ike_command(far->ike, MSG_ike_moved, 0, &m, NULL);
}

static void
packets_wait(struct year *y)
{
	for (unsigned int i = 0; i < 2; i++)
		sim_acquire(&y->s->end[i], 1 + pick(y, y->n_children));
}

static const struct happening {
	void (*happens)(struct year *y);
	unsigned int weight;
} happenings[] = {
	{ rekey_child, 6 },
	{ rekey_child_both, 12 },
	{ rekey_ike, 4 },
	{ rekey_ike_both, 10 },
	{ rekey_both_kinds, 10 },
	{ reauthenticate, 4 },
	{ reset_ike, 2 },
	{ reset_ike_both, 2 },
	{ reset_children, 2 },
	{ reset_during_rekey, 4 },
	{ restart, 2 },
	{ restart_both, 2 },
	{ outage, 2 },
	{ new_key, 1 },
	{ new_lifetime, 2 },
	{ without_child, 2 },
	{ no_room, 2 },
	{ remap, 4 },
	{ packets_wait, 2 },
};

static void
something_happens(struct year *y)
{
	unsigned int sum = 0, n = sizeof(happenings) / sizeof(happenings[0]), r;

	for (unsigned int i = 0; i < n; i++)
		sum += happenings[i].weight;
	r = pick(y, sum);
	for (unsigned int i = 0; i < n; i++) {
		if (r < happenings[i].weight) {
			happenings[i].happens(y);
			return;
		}
		r -= happenings[i].weight;
	}
}

/* --- the year ----------------------------------------------------------------------------- */

static void
weather(struct year *y)
{
	y->s->loss = pick(y, 3) ? pick(y, 200) : 0;
	y->s->twice = pick(y, 2) ? pick(y, 150) : 0;
	y->s->delay_ms = pick(y, 4) ? pick(y, 200) : pick(y, 3000);
}

/* Until both ends are as they should be, a while at most. */
static bool
settles(struct year *y, char *why)
{
	for (unsigned int i = 0; i < 20; i++) {
		if (sim_is_settled(y->s, y->n_children, why))
			return true;
		sim_run(y->s, MINUTE_MS);
	}
	return false;
}

/* In calm weather both ends come to rest; true when they are as they should be. */
static bool
comes_to_rest(struct year *y, char *why)
{
	unsigned int loss = y->s->loss, twice = y->s->twice, delay = y->s->delay_ms;
	bool settled;

	y->s->loss = y->s->twice = 0;
	y->s->delay_ms = 50;
	y->s->end[0].refuse = y->s->end[1].refuse = 0;
	/* what is lost may have to time out, and back off, before it comes back */
	sim_run(y->s, 10 * MINUTE_MS);
	settled = settles(y, why);
	/* who has lost its SAs is noticed when the other has heard nothing between two looks, one a day */
	if (!settled && !sim_is_lossless(y->s)) {
		sim_run(y->s, 50 * 60 * MINUTE_MS);
		settled = settles(y, why);
	}
	y->s->loss = loss;
	y->s->twice = twice;
	y->s->delay_ms = delay;
	sim_expect_no_loss(y->s);
	return settled && y->s->n_violations == 0;
}

static void
begin(struct year *y)
{
	y->n_children = 1 + pick(y, CHILDREN);
	for (unsigned int i = 0; i < y->n_children; i++) {
		unsigned int who = 1 + pick(y, 3);

		y->automatic[i][0] = who & 1;
		y->automatic[i][1] = who & 2;
	}
	y->pfs = pick(y, 2) ? ALG_DH_x25519 : 0;
	y->ike_dh[0] = ALG_DH_x25519;
	y->child_lifetime_s = DAY_S * (5 + pick(y, 20));
	y->ike_lifetime_s = DAY_S * (10 + pick(y, 40));
	y->reauth_s = pick(y, 4) ? 0 : DAY_S * (30 + pick(y, 60));
	snprintf(y->psk, sizeof(y->psk), "secret");
	for (unsigned int i = 0; i < 2; i++)
		if (pick(y, 4) == 0)
			y->s->end[i].nat_port = (uint16_t)(20000 + pick(y, 10000));
	weather(y);
	for (unsigned int i = 0; i < 2; i++) {
		configure(y, i);
		sim_run(y->s, pick(y, 2000));
	}
}

bool
sim_year(uint64_t seed, char *why)
{
	struct year y = { .s = sim_new(seed) };
	bool good;

	begin(&y);
	good = comes_to_rest(&y, why);
	for (unsigned int i = 0; i < EVENTS && good; i++) {
		sim_run(y.s, (uint64_t)pick(&y, 2 * 365 * 1440 / EVENTS) * MINUTE_MS);
		weather(&y);
		something_happens(&y);
		traffic(&y, 100 + pick(&y, 20000));
		if (pick(&y, 3) == 0)
			good = comes_to_rest(&y, why);
	}
	good = good && comes_to_rest(&y, why);
	for (unsigned int i = 0; i < 2 && !good && getenv("SIM_DEBUG"); i++)
		sim_print(&y.s->end[i]);
	if (y.s->n_violations > 0)
		snprintf(why, 256, "%s", y.s->violation);
	sim_free(y.s);
	return good;
}
