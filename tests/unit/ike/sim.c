/*
 * The network between the two ends, and their configuration.
 */
#include "config.h"

#include "tests/unit/ike/sim.h"

#include "daemon/ike/child_sa.h"
#include "daemon/ike/lifetime.h"
#include "daemon/ike/migrate.h"
#include "daemon/ike/seal.h"
#include "lib/err.h"
#include "lib/loop.h"
#include "tests/unit/ike/sim_daemon.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* splitmix64 */
static uint64_t
next(struct sim *s)
{
	uint64_t z = s->seed += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

uint32_t
sim_random(struct sim *s, uint32_t below)
{
	return below ? (uint32_t)(next(s) % below) : 0;
}

static void
random_bytes(void *arg, void *p, size_t len)
{
	struct sim_end *e = arg;
	uint8_t *out = p;

	for (size_t i = 0; i < len; i++)
		out[i] = (uint8_t)next(e->sim);
}

/* --- network ---------------------------------------------------------------------------- */

static void
packet_free(struct sim_packet *p)
{
	timer_free(p->timer);
	free(p->data);
	free(p);
}

static void
arrive(struct sim_packet *p)
{
	struct sim *s = p->sim;
	struct sim_end *e = &s->end[p->to];

	TAILQ_REMOVE(&s->packets, p, link);
	if (p->esp)
		sim_daemon_esp(e, p);
	else
		ike_input(e->ike, &p->path, p->data, p->len);
	packet_free(p);
}

static void
due(void *arg)
{
	arrive(arg);
}

static void
launch(struct sim_packet *p)
{
	struct sim *s = p->sim;

	TAILQ_INSERT_TAIL(&s->packets, p, link);
	if (s->by_hand && !p->esp)
		return;
	p->timer = timer_new(s->loop, due, p);
	timer_set(p->timer, 1 + sim_random(s, s->delay_ms + 1));
}

static struct sim_packet *
copy(const struct sim_packet *p)
{
	struct sim_packet *c = malloc(sizeof(*c));

	*c = *p;
	c->timer = NULL;
	c->data = malloc(p->len ? p->len : 1);
	memcpy(c->data, p->data, p->len);
	return c;
}

void
sim_launch(struct sim *s, const struct sim_packet *p)
{
	s->n_sent++;
	if (s->outage || sim_random(s, 1000) < s->loss)
		return;
	launch(copy(p));
	if (sim_random(s, 1000) < s->twice)
		launch(copy(p));
}

/* Through the NATs of both ends. */
static bool
translate(
	struct sim_end *from, const struct ike_path *sent, struct sim_end *to, struct ike_path *got)
{
	got->remote = from->addr;
	got->remote_port = sent->local_port;
	if (from->nat_port != 0) {
		got->remote = from->nat_addr;
		got->remote_port = (uint16_t)(from->nat_port + (sent->local_port == 4500));
	}
	got->local = to->addr;
	got->local_port = sent->remote_port;
	if (to->nat_port == 0)
		return addr_eq(&sent->remote, &to->addr);
	if (!addr_eq(&sent->remote, &to->nat_addr))
		return false;
	/* ports that the NAT was told to forward, and those of its mappings */
	if (sent->remote_port == to->nat_port || sent->remote_port == to->nat_port + 1)
		got->local_port = sent->remote_port == to->nat_port ? 500 : 4500;
	return got->local_port == 500 || got->local_port == 4500;
}

static void
send_ike(void *arg, const struct ike_path *path, const uint8_t *data, size_t len)
{
	struct sim_end *from = arg, *to = &from->sim->end[!from->index];
	struct sim_packet p = {
		.sim = from->sim, .to = to->index, .len = len, .data = (uint8_t *)data
	};

	/* a keepalive keeps a mapping, and goes no further */
	if (len == 1 || !translate(from, path, to, &p.path))
		return;
	sim_launch(from->sim, &p);
}

unsigned int
sim_n_packets(const struct sim *s)
{
	const struct sim_packet *p;
	unsigned int n = 0;

	TAILQ_FOREACH (p, &s->packets, link)
		n++;
	return n;
}

static struct sim_packet *
nth(struct sim *s, unsigned int n)
{
	struct sim_packet *p = TAILQ_FIRST(&s->packets);

	while (p && n-- > 0)
		p = TAILQ_NEXT(p, link);
	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	return p;
}

void
sim_deliver(struct sim *s, unsigned int n)
{
	arrive(nth(s, n));
	/* the daemons do at once what they are told */
	loop_warp(s->loop, 2);
}

void
sim_drop(struct sim *s, unsigned int n)
{
	struct sim_packet *p = nth(s, n);

	TAILQ_REMOVE(&s->packets, p, link);
	packet_free(p);
}

void
sim_deliver_all(struct sim *s)
{
	while (sim_n_packets(s) > 0)
		sim_deliver(s, 0);
}

void
sim_say(struct ike_sa *sa, uint8_t exchange, bool response, uint32_t id, struct compose *c)
{
	struct datagrams d = { 0 };

	CU_ASSERT_EQUAL_FATAL(seal_message(sa, exchange, response, id, c, &d), 0);
	seal_send(sa, &sa->path.at, &d);
	datagrams_clear(&d);
}

bool
sim_is(const struct sim *s, unsigned int n, unsigned int to, uint8_t exchange, bool response)
{
	const struct sim_packet *p = TAILQ_FIRST(&s->packets);

	while (p && n-- > 0)
		p = TAILQ_NEXT(p, link);
	return p && p->to == to && p->len > 20 && p->data[18] == exchange &&
		((p->data[19] & WIRE_RESPONSE) != 0) == response;
}

/* --- life ------------------------------------------------------------------------------- */

static void
end_start(struct sim_end *e)
{
	const struct ike_ops ops = {
		.send = send_ike, .tell = sim_daemon_tell, .random = random_bytes, .arg = e
	};

	e->ike = ike_new(e->sim->loop, &ops);
	CU_ASSERT_PTR_NOT_NULL_FATAL(e->ike);
	sim_daemon_start(e);
}

struct sim *
sim_new(uint64_t seed)
{
	struct sim *s = calloc(1, sizeof(*s));

	s->loop = loop_new_virtual();
	s->seed = seed * 7919 + 1;
	TAILQ_INIT(&s->packets);
	loop_warp(s->loop, 1000);
	for (unsigned int i = 0; i < 2; i++) {
		s->end[i].sim = s;
		s->end[i].index = i;
		s->end[i].addr = addr_v4(i == 0 ? 0xc6336401 : 0xcb007101);
		s->end[i].nat_addr = addr_v4(i == 0 ? 0xc0000201 : 0xc0000202);
		end_start(&s->end[i]);
	}
	return s;
}

void
sim_restart(struct sim_end *e)
{
	ike_free(e->ike);
	sim_daemon_stop(e);
	end_start(e);
}

void
sim_free(struct sim *s)
{
	struct sim_packet *p;

	for (unsigned int i = 0; i < 2; i++) {
		ike_free(s->end[i].ike);
		sim_daemon_stop(&s->end[i]);
	}
	while ((p = TAILQ_FIRST(&s->packets))) {
		TAILQ_REMOVE(&s->packets, p, link);
		packet_free(p);
	}
	loop_free(s->loop);
	free(s);
}

void
sim_run(struct sim *s, uint64_t ms)
{
	loop_warp(s->loop, ms);
}

/* --- configuration ---------------------------------------------------------------------- */

static void
command(struct sim_end *e, enum msg_type type, const void *m)
{
	struct err err = { 0 };
	int r = ike_command(e->ike, type, 0, m, &err);

	if (r != 0)
		fprintf(stderr, "%s: %s\n", err.object, err.text);
	CU_ASSERT_EQUAL_FATAL(r, 0);
}

static void
peer_address(struct sim_end *e, const struct addr *a)
{
	struct msg_ike_peer_address m = { .peer = 1, .remote = *a };

	command(e, MSG_ike_peer_address, &m);
}

void
sim_peer(struct sim_end *e, const struct sim_peer *opt)
{
	static const struct sim_peer usual;
	const struct sim_peer *o = opt ? opt : &usual;
	struct sim_end *other = &e->sim->end[!e->index];
	const char *psk = o->psk ? o->psk : "a secret that both know";
	struct msg_ike_peer p = { .peer = 1,
		.versions = 2,
		.nat_traversal = !o->no_nat,
		.dpd = o->dpd,
		.dpd_idle_s = o->dpd_idle_s ? o->dpd_idle_s : 30,
		.dpd_interval_s = 15,
		.dpd_retries = 3,
		.reauth_s = o->reauth_s,
		.local_id_type = o->local_id_type,
		.remote_id_type = o->remote_id_type };
	struct msg_ike_peer_proposal q = { .peer = 1,
		.number = 10,
		.encryption = { 1, { o->cipher ? o->cipher : ALG_CIPHER_aes_gcm_128 } },
		.prf = { 1, { o->prf ? o->prf : ALG_PRF_hmac_sha2_256 } },
		.dh = { 1, { ALG_DH_x25519 } },
		.lifetime_s = o->ike_lifetime_s ? o->ike_lifetime_s : 86400 };
	struct msg_ike_peer_end end = { .peer = 1 };

	strlcpy(p.name, e->index == 0 ? "right" : "left", sizeof(p.name));
	strlcpy(p.local_id, o->local_id ? o->local_id : "", sizeof(p.local_id));
	strlcpy(p.remote_id, o->remote_id ? o->remote_id : "", sizeof(p.remote_id));
	p.pre_shared_key.len = (uint32_t)strlen(psk);
	memcpy(p.pre_shared_key.data, psk, strlen(psk));
	if (o->auth) {
		q.integrity.len = 1;
		q.integrity.data[0] = o->auth;
	}
	for (q.dh.len = 0; q.dh.len < 4 && o->dh[q.dh.len]; q.dh.len++)
		q.dh.data[q.dh.len] = o->dh[q.dh.len];
	if (q.dh.len == 0)
		q.dh.len = 1;
	command(e, MSG_ike_peer, &p);
	for (unsigned int i = 0; i < 3 && o->remotes[i]; i++)
		peer_address(e, o->remotes[i]);
	if (!o->remotes[0] && !o->answers_only)
		peer_address(e, other->nat_port ? &other->nat_addr : &other->addr);
	command(e, MSG_ike_peer_proposal, &q);
	command(e, MSG_ike_peer_end, &end);
}

static void
range_of(const char *prefix, struct addr *low, struct addr *high)
{
	struct prefix p;
	unsigned int bits;

	CU_ASSERT_EQUAL_FATAL(prefix_parse(prefix, &p), 0);
	*low = prefix_network(&p);
	*high = *low;
	bits = (unsigned int)addr_len(low) * 8;
	for (unsigned int i = p.len; i < bits; i++)
		high->b[i / 8] |= (uint8_t)(0x80 >> (i % 8));
}

void
sim_child(struct sim_end *e, const struct sim_child *opt)
{
	static const struct sim_child usual;
	const struct sim_child *o = opt ? opt : &usual;
	uint32_t number = o->number ? o->number : 1;
	char here[32], there[32];
	struct msg_ike_child c = { .child = number,
		.peer = 1,
		.policy = o->policy ? o->policy : number,
		.mode = o->mode ? o->mode : MSG_SA_TUNNEL,
		.automatic = o->automatic,
		.local_port_high = 65535,
		.remote_port_high = 65535,
		.lifetime_s = o->lifetime_s ? o->lifetime_s : 3600,
		.lifetime_bytes = o->lifetime_bytes,
		.replay_window = 64 };
	struct msg_ike_child_proposal q = { .child = number,
		.protocol = o->protocol ? o->protocol : 50,
		.esn = o->esn || o->esn_only,
		.esn_only = o->esn_only };
	struct msg_ike_child_proposal more = { .child = number,
		.protocol = 50,
		.encryption = { 6,
			{ ALG_CIPHER_des_cbc, ALG_CIPHER_3des_cbc, ALG_CIPHER_null,
				ALG_CIPHER_aes_ctr_128, ALG_CIPHER_aes_ctr_192,
				ALG_CIPHER_aes_ctr_256 } },
		.integrity = { 2, { ALG_AUTH_hmac_md5_96, ALG_AUTH_hmac_sha1_96 } } };
	struct msg_ike_child_end end = { .child = number };

	snprintf(c.name, sizeof(c.name), "vpn-%u", number);
	snprintf(here, sizeof(here), "10.%u.%u.0/24", e->index + 1, number);
	snprintf(there, sizeof(there), "10.%u.%u.0/24", 2 - e->index, number);
	range_of(o->local ? o->local : here, &c.local_low, &c.local_high);
	range_of(o->remote ? o->remote : there, &c.remote_low, &c.remote_high);
	if (q.protocol == 50) {
		q.encryption.len = 1;
		q.encryption.data[0] = o->cipher ? o->cipher : ALG_CIPHER_aes_gcm_128;
	}
	if (o->auth || q.protocol == 51) {
		q.integrity.len = 1;
		q.integrity.data[0] = o->auth ? o->auth : ALG_AUTH_hmac_sha2_256_128;
	}
	for (q.dh.len = 0; q.dh.len < 4 && o->dh[q.dh.len]; q.dh.len++)
		q.dh.data[q.dh.len] = o->dh[q.dh.len];
	command(e, MSG_ike_child, &c);
	for (unsigned int i = 0; i < o->n_more; i++)
		command(e, MSG_ike_child_proposal, &more);
	command(e, MSG_ike_child_proposal, &q);
	command(e, MSG_ike_child_end, &end);
}

void
sim_child_del(struct sim_end *e, uint32_t number)
{
	struct msg_ike_child_del m = { .child = number };

	command(e, MSG_ike_child_del, &m);
}

void
sim_acquire(struct sim_end *e, uint32_t number)
{
	struct child *c = child_find(e->ike, number);
	struct msg_ike_acquire m = { .child = number, .protocol = 17, .source_port = 1024 };

	CU_ASSERT_PTR_NOT_NULL_FATAL(c);
	m.source = c->cfg.local_low;
	m.source.b[3]++;
	m.destination = c->cfg.remote_low;
	m.destination.b[3]++;
	m.destination_port = 53;
	command(e, MSG_ike_acquire, &m);
}

void
sim_reset(struct sim_end *e, bool children_only)
{
	struct msg_ike_reset m = { .children_only = children_only };

	command(e, MSG_ike_reset, &m);
}

/* --- as if the time had come -------------------------------------------------------------- */

void
sim_rekey_child(struct sim_end *e, uint32_t child)
{
	struct child_sa *pair = sim_pair(e, child);
	struct msg_ike_sa_used m;

	if (!pair)
		return;
	m = (struct msg_ike_sa_used){ .sa = pair->sa + 1 };
	command(e, MSG_ike_sa_used, &m);
}

void
sim_rekey_ike(struct sim_end *e)
{
	struct ike_sa *sa = sim_ike(e);

	if (!sa || sa->heir != 0 || sa->redundant)
		return;
	sa->soft_ms = loop_now_ms(e->sim->loop);
	lifetime_tick(sa);
}

void
sim_reauth(struct sim_end *e)
{
	struct ike_sa *sa = sim_ike(e);

	if (sa)
		migrate_reauthenticate(sa);
}

/* --- whole stories -------------------------------------------------------------------------- */

struct sim *
sim_up(uint64_t seed, const struct sim_peer *peer, const struct sim_child *child)
{
	static const struct sim_child usual;
	struct sim *s = sim_new(seed);
	struct sim_child c = child ? *child : usual;
	char why[256];

	for (unsigned int i = 0; i < 2; i++)
		sim_peer(&s->end[i], peer);
	sim_child(&s->end[1], &c);
	c.automatic = true;
	sim_child(&s->end[0], &c);
	sim_run(s, 5000);
	CU_ASSERT_TRUE_FATAL(sim_is_settled(s, 1, why));
	s->by_hand = true;
	sim_expect_no_loss(s);
	return s;
}

void
sim_end_settled(struct sim *s, unsigned int n)
{
	char why[256];

	sim_deliver_all(s);
	s->by_hand = false;
	sim_esp(&s->end[0]);
	sim_esp(&s->end[1]);
	sim_run(s, 5 * 60000);
	if (!sim_is_settled(s, n, why))
		printf("\n    %s\n", why);
	CU_ASSERT_EQUAL(why[0], '\0');
	if (s->n_violations > 0)
		printf("\n    %s\n", s->violation);
	CU_ASSERT_EQUAL(s->n_violations, 0);
	sim_free(s);
}
