/*
 * Half-open IKE SAs: cookies under load, limits by address and in all, and a budget of Diffie-Hellman work
 * for those who have proved nothing. When the limit is reached the oldest goes: who means it is
 * through in a round trip, so a flood needs the whole limit in that time to keep it out. Work for who
 * turns out to be authentic does not count: a thousand peers that come back at once are no flood.
 */
#include "config.h"

#include "daemon/ike/halfopen.h"

#include "daemon/ike/engine.h"
#include "daemon/ike/message.h"
#include "lib/loop.h"

void
halfopen_init(struct ike *ike)
{
	ike->halfopen.max = HALFOPEN_MAX;
	cookie_init(&ike->halfopen.jar, ike->crypt, loop_now_ms(ike->loop));
}

void
halfopen_fini(struct ike *ike)
{
	cookie_fini(&ike->halfopen.jar);
}

static int
place_order(const struct ike_sa *a, const struct ike_sa *b)
{
	int d = addr_cmp(&a->from, &b->from);

	if (d == 0 && a->spi_remote != b->spi_remote)
		d = a->spi_remote < b->spi_remote ? -1 : 1;
	return d != 0 ? d : a->number < b->number ? -1 : a->number > b->number;
}

RB_GENERATE_INTERNAL(
	ike_sa_half_open_tree, ike_sa, half_open_node, place_order, static __attribute__((unused)))

/* The first from there, whose SPI is not below this one; or another's. */
static struct ike_sa *
find(struct ike *ike, const struct addr *from, uint64_t spi)
{
	struct ike_sa key = { .from = *from, .spi_remote = spi };

	return RB_NFIND(ike_sa_half_open_tree, &ike->half_open_tree, &key);
}

struct ike_sa *
halfopen_of_request(const struct exchange *x)
{
	const struct addr *from = &x->path->remote;
	struct ike_sa *sa = find(x->ike, from, x->in->hdr.spi_i);

	return sa && addr_eq(&sa->from, from) && sa->spi_remote == x->in->hdr.spi_i ? sa : NULL;
}

/* How many there are; no more than is allowed are counted. */
static unsigned int
of_address(struct ike *ike, const struct addr *from)
{
	struct ike_sa *sa = find(ike, from, 0);
	unsigned int n = 0;

	for (; sa && addr_eq(&sa->from, from) && n < HALFOPEN_PER_ADDRESS; n++)
		sa = RB_NEXT(ike_sa_half_open_tree, &ike->half_open_tree, sa);
	return n;
}

static struct cookie_subject
subject(const struct exchange *x)
{
	return (struct cookie_subject){ .nonce = x->in->nonce,
		.remote = x->path->remote,
		.port = x->path->remote_port,
		.spi_i = x->in->hdr.spi_i };
}

/* So much more, if this second has room for any: who may go beyond it all the same leaves nothing to others. */
static bool
take(const struct ike *ike, struct ration *r, uint32_t per_s, uint32_t cost)
{
	uint64_t now = loop_now_ms(ike->loop);

	if (r->since_ms == 0 || now - r->since_ms >= 1000) {
		r->since_ms = now;
		r->left = per_s;
	}
	if (r->left == 0)
		return false;
	r->left -= cost < r->left ? cost : r->left;
	return true;
}

/* Half a Diffie-Hellman exchange; halfopen_prove gives it back. */
static bool
may_work(struct ike *ike, enum alg_dh group)
{
	const struct alg_dh_info *dh = alg_dh(group);

	return take(ike, &ike->halfopen.work, HALFOPEN_WORK_PER_S, dh ? dh->cost : 0);
}

enum halfopen_verdict
halfopen_check(struct exchange *x, bool known)
{
	struct ike *ike = x->ike;
	const struct message_notify *n = message_notify_find(x->in, NOTIFY_cookie);
	struct cookie_subject s = subject(x);
	unsigned int same = of_address(ike, &x->path->remote);

	x->proved = n && cookie_check(&ike->halfopen.jar, &s, loop_now_ms(ike->loop), n->data);
	if (n && !x->proved)
		statistics_count(ike, STATISTIC_invalid_cookie);
	if (!x->proved &&
		(ike->halfopen.n >= HALFOPEN_COOKIE || same >= HALFOPEN_COOKIE_PER_ADDRESS)) {
		statistics_count(ike, STATISTIC_cookie_asked);
		return HALFOPEN_ASK_COOKIE;
	}
	if (same >= HALFOPEN_PER_ADDRESS) {
		statistics_count(ike, STATISTIC_half_open_address);
		return HALFOPEN_DROP;
	}
	/* a configured address is not kept out by others' work, once it is proved */
	if (may_work(ike, proposal_dh_find(x->in->ke_group)) || (known && x->proved))
		return HALFOPEN_GO;
	if (known) {
		statistics_count(ike, STATISTIC_cookie_asked);
		return HALFOPEN_ASK_COOKIE;
	}
	statistics_count(ike, STATISTIC_half_open_work);
	return HALFOPEN_DROP;
}

bool
halfopen_may_go_on(const struct ike_sa *sa)
{
	bool known = sa->peer && sa->peer->n_addresses > 0;

	/* the answer has reached its address: that is proved by now */
	if (may_work(sa->ike, (enum alg_dh)sa->suite.dh) || known)
		return true;
	statistics_count(sa->ike, STATISTIC_half_open_work);
	return false;
}

int
halfopen_cookie(struct exchange *x, uint8_t out[COOKIE_LEN])
{
	struct cookie_subject s = subject(x);

	return cookie_make(&x->ike->halfopen.jar, &s, loop_now_ms(x->ike->loop), out);
}

bool
halfopen_may_explain(struct ike *ike)
{
	return take(ike, &ike->halfopen.explanations, HALFOPEN_EXPLAIN_PER_S, 1);
}

bool
halfopen_may_answer(struct ike *ike)
{
	return take(ike, &ike->halfopen.answers, HALFOPEN_ANSWER_PER_S, 1);
}

void
halfopen_enter(struct ike_sa *sa)
{
	struct ike *ike = sa->ike;

	while (ike->halfopen.n >= ike->halfopen.max && !TAILQ_EMPTY(&ike->half_open)) {
		statistics_count(ike, STATISTIC_half_open_evicted);
		ike_sa_kill(TAILQ_FIRST(&ike->half_open), NULL);
	}
	sa->half_open = true;
	sa->from = sa->path.at.remote;
	RB_INSERT(ike_sa_half_open_tree, &ike->half_open_tree, sa);
	TAILQ_INSERT_TAIL(&ike->half_open, sa, half_open_link);
	ike->halfopen.n++;
}

void
halfopen_leave(struct ike_sa *sa)
{
	if (!sa->half_open)
		return;
	sa->half_open = false;
	RB_REMOVE(ike_sa_half_open_tree, &sa->ike->half_open_tree, sa);
	TAILQ_REMOVE(&sa->ike->half_open, sa, half_open_link);
	sa->ike->halfopen.n--;
}

void
halfopen_prove(struct ike_sa *sa)
{
	struct ration *r = &sa->ike->halfopen.work;
	const struct alg_dh_info *dh = alg_dh((enum alg_dh)sa->suite.dh);
	uint32_t both = dh ? 2 * dh->cost : 0, spent = HALFOPEN_WORK_PER_S - r->left;

	if (sa->half_open)
		r->left += both < spent ? both : spent;
	halfopen_leave(sa);
}
