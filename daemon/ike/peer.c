/*
 * Peers as configured (VRP `ike peer`): staged message by message, taken over whole, found by number and by
 * address. Thousands may be at one address, or anywhere: who has proved nothing causes no walk over them, only
 * one over what they propose that differs. Refuses to know SAs beyond telling them that their peer has changed.
 */
#include "config.h"

#include "daemon/ike/peer.h"

#include "daemon/ike/engine.h"
#include "lib/err.h"
#include "lib/secret.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static int
number_order(const struct peer *a, const struct peer *b)
{
	return a->cfg.peer < b->cfg.peer ? -1 : a->cfg.peer > b->cfg.peer;
}

static int
list_cmp(const uint8_t *a, uint32_t a_len, const uint8_t *b, uint32_t b_len)
{
	if (a_len != b_len)
		return a_len < b_len ? -1 : 1;
	return memcmp(a, b, a_len);
}

/* 0: they agree to the same. */
static int
proposals_cmp(const struct peer *a, const struct peer *b)
{
	int d = a == b ? 0 : (int)a->n_proposals - (int)b->n_proposals;

	for (unsigned int i = 0; a != b && d == 0 && i < a->n_proposals; i++) {
		const struct msg_ike_peer_proposal *p = &a->proposals[i], *q = &b->proposals[i];

		d = list_cmp(p->encryption.data, p->encryption.len, q->encryption.data,
			q->encryption.len);
		if (d == 0)
			d = list_cmp(p->integrity.data, p->integrity.len, q->integrity.data,
				q->integrity.len);
		if (d == 0)
			d = list_cmp(p->prf.data, p->prf.len, q->prf.data, q->prf.len);
		if (d == 0)
			d = list_cmp(p->dh.data, p->dh.len, q->dh.data, q->dh.len);
	}
	return d;
}

/* The same place, seen in the same way. */
static int
group_cmp(const struct peer_place *a, const struct peer_place *b)
{
	int d = addr_cmp(&a->remote, &b->remote);

	if (d == 0)
		d = (int)a->view - (int)b->view;
	return d != 0 || a->view != PEER_BY_IDENTITY ? d : identity_cmp(&a->id, &b->id);
}

/* Whose proposals nobody has (like NULL) comes before all others. */
static int
place_order(const struct peer_place *a, const struct peer_place *b)
{
	int d = group_cmp(a, b);

	if (d == 0 && a->like && b->like)
		d = proposals_cmp(a->like, b->like);
	else if (d == 0)
		d = (a->like != NULL) - (b->like != NULL);
	return d != 0 ? d : a->turn < b->turn ? -1 : a->turn > b->turn;
}

RB_GENERATE_INTERNAL(peer_tree, peer, node, number_order, static __attribute__((unused)))
RB_GENERATE_INTERNAL(peer_place_tree, peer_place, node, place_order, static __attribute__((unused)))

/* Who it may say it is, as peer_accepts_id has it: the nth. false: there is no such. */
static bool
nth_id(const struct peer *p, unsigned int n, struct identity *id)
{
	uint8_t type = p->cfg.remote_id_type;
	bool by_address =
		p->cfg.remote_id[0] == '\0' && (type == MSG_IKE_ID_IPV4 || type == MSG_IKE_ID_IPV6);

	memset(id, 0, sizeof(*id));
	if (by_address && p->n_addresses > 0) {
		if (n < p->n_addresses)
			*id = identity_of_addr(&p->address[n]);
		return n < p->n_addresses;
	}
	if (type == 0 || by_address) {
		id->type = type;
		return n == 0;
	}
	return n == 0 && identity_parse(type, p->cfg.remote_id, id) == 0;
}

static unsigned int
n_ids(const struct peer *p)
{
	struct identity id;
	unsigned int n = 0;

	while (nth_id(p, n, &id))
		n++;
	return n;
}

/* Room for where and how it is found. Who does not speak IKEv2 is not. */
static int
make_places(struct peer *p)
{
	unsigned int n = (p->n_addresses > 0 ? p->n_addresses : 1) * (2 + n_ids(p));

	if (!(p->cfg.versions & 2))
		return 0;
	p->places = calloc(n, sizeof(*p->places));
	if (!p->places)
		return -ENOMEM;
	p->n_places = n;
	return 0;
}

/* One that is named twice is known once. */
static void
insert_place(struct ike *ike, struct peer_place *at, const struct peer_place *as)
{
	*at = *as;
	at->known = !RB_INSERT(peer_place_tree, &ike->places, at);
}

static void
insert(struct ike *ike, struct peer *p)
{
	struct peer_place as = { .turn = p->turn, .peer = p };
	unsigned int n = 0;

	RB_INSERT(peer_tree, &ike->peers, p);
	for (unsigned int i = 0; n < p->n_places; i++) {
		if (p->n_addresses > 0)
			as.remote = p->address[i];
		as.view = PEER_BY_TURN;
		as.like = NULL;
		insert_place(ike, &p->places[n++], &as);
		as.view = PEER_BY_PROPOSALS;
		as.like = p;
		insert_place(ike, &p->places[n++], &as);
		as.view = PEER_BY_IDENTITY;
		for (unsigned int k = 0; nth_id(p, k, &as.id); k++)
			insert_place(ike, &p->places[n++], &as);
	}
}

static void
remove_peer(struct ike *ike, struct peer *p)
{
	RB_REMOVE(peer_tree, &ike->peers, p);
	for (unsigned int i = 0; i < p->n_places; i++)
		if (p->places[i].known)
			RB_REMOVE(peer_place_tree, &ike->places, &p->places[i]);
}

void
peer_free(struct peer *p)
{
	if (!p)
		return;
	secret_free(p->psk);
	free(p->proposals);
	free(p->places);
	free(p);
}

void
peer_free_all(struct ike *ike)
{
	struct peer *p;

	peer_free(ike->staged_peer);
	ike->staged_peer = NULL;
	while ((p = RB_MIN(peer_tree, &ike->peers))) {
		remove_peer(ike, p);
		peer_free(p);
	}
}

struct peer *
peer_find(struct ike *ike, uint32_t id)
{
	struct peer key = { .cfg.peer = id };

	return RB_FIND(peer_tree, &ike->peers, &key);
}

int
peer_begin(struct ike *ike, const struct msg_ike_peer *m, struct err *e)
{
	struct peer *p = calloc(1, sizeof(*p));

	if (!p)
		return err_set(e, -ENOMEM, m->name, "out of memory");
	p->cfg = *m;
	TAILQ_INIT(&p->sas);
	secret_wipe(&p->cfg.pre_shared_key, sizeof(p->cfg.pre_shared_key));
	if (m->pre_shared_key.len > 0) {
		p->psk = secret_new(m->pre_shared_key.data, m->pre_shared_key.len);
		if (!p->psk) {
			peer_free(p);
			return err_set(e, -ENOMEM, m->name, "out of memory");
		}
	}
	peer_free(ike->staged_peer);
	ike->staged_peer = p;
	return 0;
}

/* The peer being told, when it is that one. */
static struct peer *
staged(struct ike *ike, uint32_t id, struct err *e)
{
	struct peer *p = ike->staged_peer;

	if (p && p->cfg.peer == id)
		return p;
	err_set(e, -EINVAL, "ike peer", "peer %u was not begun", id);
	return NULL;
}

int
peer_add_address(struct ike *ike, const struct msg_ike_peer_address *m, struct err *e)
{
	struct peer *p = staged(ike, m->peer, e);

	if (!p)
		return -EINVAL;
	if (p->n_addresses == PEER_ADDRESSES)
		return err_set(
			e, -E2BIG, p->cfg.name, "more than %d remote addresses", PEER_ADDRESSES);
	if (addr_len(&m->remote) == 0)
		return err_set(e, -EINVAL, p->cfg.name, "a remote address without family");
	p->address[p->n_addresses++] = m->remote;
	return 0;
}

int
peer_add_proposal(struct ike *ike, const struct msg_ike_peer_proposal *m, struct err *e)
{
	struct peer *p = staged(ike, m->peer, e);
	struct msg_ike_peer_proposal *more;

	if (!p)
		return -EINVAL;
	if (p->n_proposals == PEER_PROPOSALS)
		return err_set(e, -E2BIG, p->cfg.name, "more than %d proposals", PEER_PROPOSALS);
	more = reallocarray(p->proposals, p->n_proposals + 1, sizeof(*more));
	if (!more)
		return err_set(e, -ENOMEM, p->cfg.name, "out of memory");
	p->proposals = more;
	p->proposals[p->n_proposals++] = *m;
	return 0;
}

bool
peer_same_secret(const struct peer *a, const struct peer *b)
{
	if (!a->psk || !b->psk)
		return a->psk == b->psk;
	return a->psk->len == b->psk->len && secret_eq(a->psk->data, b->psk->data, a->psk->len);
}

static bool
same(const struct peer *a, const struct peer *b)
{
	return memcmp(&a->cfg, &b->cfg, sizeof(a->cfg)) == 0 && peer_same_secret(a, b) &&
		a->n_addresses == b->n_addresses && a->n_proposals == b->n_proposals &&
		memcmp(a->address, b->address, sizeof(a->address)) == 0 &&
		(a->n_proposals == 0 ||
			memcmp(a->proposals, b->proposals,
				a->n_proposals * sizeof(*a->proposals)) == 0);
}

int
peer_commit(struct ike *ike, const struct msg_ike_peer_end *m, struct err *e)
{
	struct peer *p = staged(ike, m->peer, e), *old = peer_find(ike, m->peer);

	if (!p)
		return -EINVAL;
	ike->staged_peer = NULL;
	if (old && same(old, p)) {
		peer_free(p);
		return 0;
	}
	if (make_places(p) != 0) {
		err_set(e, -ENOMEM, p->cfg.name, "out of memory");
		peer_free(p);
		return -ENOMEM;
	}
	p->turn = old ? old->turn : ++ike->last_turn;
	if (old)
		remove_peer(ike, old);
	insert(ike, p);
	if (old)
		ike_sa_peer_changed(ike, old, p);
	peer_free(old);
	child_peer_changed(ike, p->cfg.peer);
	return 0;
}

int
peer_delete(struct ike *ike, const struct msg_ike_peer_del *m, struct err *e)
{
	struct peer *p = peer_find(ike, m->peer);

	if (!p)
		return err_set(e, -ENOENT, "ike peer", "there is no peer %u", m->peer);
	remove_peer(ike, p);
	ike_sa_peer_changed(ike, p, NULL);
	peer_free(p);
	return 0;
}

bool
peer_may_be_at(const struct peer *p, const struct addr *remote)
{
	for (unsigned int i = 0; i < p->n_addresses; i++)
		if (addr_eq(&p->address[i], remote))
			return true;
	return p->n_addresses == 0;
}

static const struct addr anywhere;

/* Those of one place, behind the n that are there. */
static unsigned int
add_candidates(
	struct ike *ike, const struct addr *at, struct peer **out, unsigned int n, unsigned int max)
{
	struct peer_place key = { .remote = *at };
	struct peer_place *p = RB_NFIND(peer_place_tree, &ike->places, &key);

	for (; p && group_cmp(p, &key) == 0 && n < max;
		p = RB_NEXT(peer_place_tree, &ike->places, p))
		out[n++] = p->peer;
	return n;
}

unsigned int
peer_candidates(struct ike *ike, const struct addr *remote, struct peer **out, unsigned int max)
{
	unsigned int n = addr_len(remote) > 0 ? add_candidates(ike, remote, out, 0, max) : 0;

	return add_candidates(ike, &anywhere, out, n, max);
}

/* The first whose turn it is in the group of key; of those with equal proposals the first stands for all. */
static struct peer *
choose(struct ike *ike, struct peer_place *key, peer_judge_fn *judge, void *arg)
{
	struct peer_place *p = RB_NFIND(peer_place_tree, &ike->places, key), behind;
	struct peer *best = NULL;

	while (p && group_cmp(p, key) == 0) {
		if ((!best || p->turn < best->turn) && judge(arg, p->peer))
			best = p->peer;
		behind = *p;
		behind.turn = UINT64_MAX;
		p = RB_NFIND(peer_place_tree, &ike->places, &behind);
	}
	return best;
}

struct peer *
peer_choose(struct ike *ike, const struct addr *remote, peer_judge_fn *judge, void *arg)
{
	struct peer_place key = { .remote = *remote, .view = PEER_BY_PROPOSALS };
	struct peer *p = addr_len(remote) > 0 ? choose(ike, &key, judge, arg) : NULL;

	key.remote = anywhere;
	return p ? p : choose(ike, &key, judge, arg);
}

/* Who names it, who takes any of its type, who takes any. */
static struct peer *
choose_id(struct ike *ike, const struct addr *at, const struct identity *id, peer_judge_fn *judge,
	void *arg)
{
	struct peer_place key = { .remote = *at, .view = PEER_BY_IDENTITY, .id = *id };
	struct peer *p = choose(ike, &key, judge, arg);

	key.id = (struct identity){ .type = id->type };
	if (!p)
		p = choose(ike, &key, judge, arg);
	key.id.type = 0;
	return p ? p : choose(ike, &key, judge, arg);
}

struct peer *
peer_choose_id(struct ike *ike, const struct addr *remote, const struct identity *id,
	peer_judge_fn *judge, void *arg)
{
	struct peer *p = addr_len(remote) > 0 ? choose_id(ike, remote, id, judge, arg) : NULL;

	return p ? p : choose_id(ike, &anywhere, id, judge, arg);
}

int
peer_local_id(
	const struct ike *ike, const struct peer *p, const struct addr *local, struct identity *id)
{
	const char *text = p->cfg.local_id;

	if (p->cfg.local_id_type == MSG_IKE_ID_FQDN && text[0] == '\0')
		text = ike->local_name;
	if (p->cfg.local_id_type == 0 ||
		(text[0] == '\0' &&
			(p->cfg.local_id_type == MSG_IKE_ID_IPV4 ||
				p->cfg.local_id_type == MSG_IKE_ID_IPV6))) {
		if (addr_len(local) == 0)
			return -EINVAL;
		*id = identity_of_addr(local);
		return 0;
	}
	return identity_parse(p->cfg.local_id_type, text, id);
}

bool
peer_accepts_id(const struct peer *p, const struct identity *id)
{
	struct identity want;

	if (p->cfg.remote_id_type == 0)
		return true;
	if (p->cfg.remote_id[0] == '\0' &&
		(p->cfg.remote_id_type == MSG_IKE_ID_IPV4 ||
			p->cfg.remote_id_type == MSG_IKE_ID_IPV6)) {
		/* an address of its own */
		for (unsigned int i = 0; i < p->n_addresses; i++) {
			want = identity_of_addr(&p->address[i]);
			if (identity_eq(&want, id))
				return true;
		}
		return p->n_addresses == 0 && id->type == p->cfg.remote_id_type;
	}
	if (identity_parse(p->cfg.remote_id_type, p->cfg.remote_id, &want) != 0)
		return false;
	return identity_eq(&want, id);
}
