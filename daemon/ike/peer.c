/*
 * Peers as configured (VRP `ike peer`): staged message by message, taken over whole, found by number and by
 * address. Refuses to know SAs beyond telling them that their peer has changed.
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
place_order(const struct peer_place *a, const struct peer_place *b)
{
	int d = addr_cmp(&a->remote, &b->remote);

	return d != 0 ? d : a->turn < b->turn ? -1 : a->turn > b->turn;
}

RB_GENERATE_INTERNAL(peer_tree, peer, node, number_order, static __attribute__((unused)))
RB_GENERATE_INTERNAL(peer_place_tree, peer_place, node, place_order, static __attribute__((unused)))

/* One that is named twice is known once. */
static void
insert(struct ike *ike, struct peer *p)
{
	RB_INSERT(peer_tree, &ike->peers, p);
	for (unsigned int i = 0; i == 0 || i < p->n_addresses; i++) {
		p->places[i] = (struct peer_place){ .turn = p->turn, .peer = p };
		if (p->n_addresses > 0)
			p->places[i].remote = p->address[i];
		p->places[i].known = !RB_INSERT(peer_place_tree, &ike->places, &p->places[i]);
	}
}

static void
remove_peer(struct ike *ike, struct peer *p)
{
	RB_REMOVE(peer_tree, &ike->peers, p);
	for (unsigned int i = 0; i < PEER_ADDRESSES; i++)
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

/* Those of one place, behind the n that are there. */
static unsigned int
add_candidates(
	struct ike *ike, const struct addr *at, struct peer **out, unsigned int n, unsigned int max)
{
	struct peer_place key = { .remote = *at };
	struct peer_place *p = RB_NFIND(peer_place_tree, &ike->places, &key);

	for (; p && addr_eq(&p->remote, at) && n < max;
		p = RB_NEXT(peer_place_tree, &ike->places, p))
		if (p->peer->cfg.versions & 2)
			out[n++] = p->peer;
	return n;
}

unsigned int
peer_candidates(struct ike *ike, const struct addr *remote, struct peer **out, unsigned int max)
{
	static const struct addr anywhere;
	unsigned int n = addr_len(remote) > 0 ? add_candidates(ike, remote, out, 0, max) : 0;

	return add_candidates(ike, &anywhere, out, n, max);
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
