/*
 * Chooses among proposals (RFC 7296 2.7, 3.3): the responder's choice, the initiator's check of it, and if there is
 * none, the first kind of algorithm on which the proposals that came closest do not agree.
 */
#include "config.h"

#include "daemon/ike/proposal.h"
#include "daemon/ike/proposal_kind.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { KIND_DH = 3, KIND_ESN = 4 };

/* How far one proposal suits one of ours. */
struct fit {
	unsigned int n_kinds;	/* that agree, from the first on */
	uint8_t chosen[KIND_N]; /* enum alg_… */
};

/* Is the transform type one that we understand? A proposal with another cannot be chosen (3.3.6). */
static bool
understood(const struct proposal *p)
{
	for (unsigned int i = 0; i < p->n_transforms; i++)
		if (p->transforms[i].type < TRANSFORM_ENCR || p->transforms[i].type > TRANSFORM_ESN)
			return false;
	return true;
}

static unsigned int
count(const struct proposal *p, uint8_t type)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < p->n_transforms; i++)
		n += p->transforms[i].type == type;
	return n;
}

static bool
has(const struct proposal *p, uint8_t type, const struct kind_value *v)
{
	for (unsigned int i = 0; i < p->n_transforms; i++) {
		const struct proposal_transform *t = &p->transforms[i];

		if (t->type == type && t->id == v->id && t->key_bits == v->key_bits && !t->unknown)
			return true;
	}
	return false;
}

/* The first of ours that is in p; of groups ke_group, if it can be. */
static bool
kind_fits(unsigned int kind, const struct kind_values *mine, const struct proposal *p,
	uint16_t ke_group, uint8_t *chosen)
{
	static const struct kind_value none = { 0 };
	uint8_t type = kind_type(kind);
	bool found = false;

	*chosen = 0;
	/* that there is none may be said, or not; 32-bit numbers are what is meant without a word */
	if (mine->n == 0)
		return count(p, type) == 0 || has(p, type, &none);
	for (unsigned int i = 0; i < mine->n; i++) {
		bool unsaid = kind == KIND_ESN && mine->v[i].id == 0 && count(p, type) == 0;

		if (!unsaid && !has(p, type, &mine->v[i]))
			continue;
		if (!found || (kind == KIND_DH && mine->v[i].id == ke_group))
			*chosen = mine->v[i].alg;
		found = true;
	}
	return found;
}

/* An IKE SA has a group, whatever both say. */
static bool
kind_is_missing(unsigned int kind, const struct proposal *p, uint8_t chosen)
{
	return kind == KIND_DH && p->protocol == WIRE_PROTO_IKE && chosen == ALG_DH_NONE;
}

/* Without with_dh no group is ours; with any_dh it does not matter what the peer says about it. */
static struct fit
fit_of(const struct kind_offer *offer, const struct proposal *p, uint16_t ke_group, bool with_dh,
	bool any_dh)
{
	struct kind_values mine[KIND_N];
	struct fit f = { 0 };

	kind_configured(offer, with_dh, mine);
	for (unsigned int k = 0; k < KIND_N; k++, f.n_kinds++)
		if ((k != KIND_DH || !any_dh || p->protocol == WIRE_PROTO_IKE) &&
			(!kind_fits(k, &mine[k], p, ke_group, &f.chosen[k]) ||
				kind_is_missing(k, p, f.chosen[k])))
			break;
	return f;
}

static void
choice_fill(const struct kind_offer *offer, const struct proposal *p, const struct fit *f,
	struct proposal_choice *choice)
{
	*choice = (struct proposal_choice){ .config = offer->index,
		.number = p->number,
		.protocol = p->protocol,
		.cipher = f->chosen[0],
		.prf = f->chosen[1],
		.auth = f->chosen[2],
		.dh = f->chosen[3],
		.esn = f->chosen[4] != 0,
		.spi_len = (uint8_t)p->spi.len };
	memcpy(choice->spi, p->spi.p, p->spi.len);
}

/* Appends a name to a list of names, once. */
static void
name_add(char *list, const char *name)
{
	size_t at = strlen(list), len = strlen(name);

	for (const char *s = list; (s = strstr(s, name)) != NULL; s += len)
		if ((s == list || s[-1] == ' ') && (s[len] == '\0' || s[len] == ','))
			return;
	if (at + len + 3 <= PROPOSAL_TEXT_MAX)
		snprintf(list + at, PROPOSAL_TEXT_MAX - at, "%s%s", at > 0 ? ", " : "", name);
}

static void
names_offered(char *list, const struct proposal *p, uint8_t type)
{
	for (unsigned int i = 0; i < p->n_transforms; i++) {
		char name[KIND_NAMELEN];

		if (p->transforms[i].type == type)
			name_add(list, kind_name(&p->transforms[i], name));
	}
	if (count(p, type) == 0)
		name_add(list, "none");
}

static void
names_configured(char *list, const struct kind_offer *offer, unsigned int kind, bool with_dh)
{
	struct kind_values mine[KIND_N];

	kind_configured(offer, with_dh, mine);
	for (unsigned int i = 0; i < mine[kind].n; i++) {
		const struct kind_value *v = &mine[kind].v[i];
		const struct proposal_transform t = { kind_type(kind), v->id, v->key_bits, false };
		char name[KIND_NAMELEN];

		name_add(list, kind_name(&t, name));
	}
	if (mine[kind].n == 0)
		name_add(list, "none");
}

/* Everything that is compared: ours and theirs. */
struct bout {
	struct kind_offer offers[KIND_OFFER_MAX];
	unsigned int n_offers;
	const struct proposal_list *theirs;
	bool with_dh;
};

static bool
comparable(const struct kind_offer *offer, const struct proposal *p)
{
	return offer->config->protocol == p->protocol && understood(p);
}

/* Tells on what those that came closest differ. */
static void
explain(const struct bout *b, struct proposal_why *why)
{
	unsigned int best = 0;
	bool any = false;

	if (why == NULL)
		return;
	memset(why, 0, sizeof(*why));
	for (int pass = 0; pass < 2; pass++) {
		for (unsigned int i = 0; i < b->n_offers; i++) {
			for (unsigned int j = 0; j < b->theirs->n; j++) {
				const struct proposal *p = &b->theirs->proposals[j];
				struct fit f;

				if (!comparable(&b->offers[i], p))
					continue;
				f = fit_of(&b->offers[i], p, 0, b->with_dh, !b->with_dh);
				any = true;
				if (pass == 0 && f.n_kinds > best)
					best = f.n_kinds;
				if (pass == 0 || f.n_kinds != best || best == KIND_N)
					continue;
				names_offered(why->offered, p, kind_type(best));
				names_configured(why->configured, &b->offers[i], best, b->with_dh);
			}
		}
	}
	if (!any || best == KIND_N) {
		snprintf(why->detail, sizeof(why->detail), "no proposal for this protocol");
		return;
	}
	why->type = kind_type(best);
	snprintf(why->detail, sizeof(why->detail), "no %s in common", kind_text(best));
}

int
proposal_select(const struct proposal_config *config, unsigned int n,
	const struct proposal_list *offered, uint16_t ke_group, bool with_dh,
	struct proposal_choice *choice, struct proposal_why *why)
{
	struct bout b = { .theirs = offered, .with_dh = with_dh };

	b.n_offers = kind_offers(config, n, b.offers);
	for (unsigned int i = 0; i < b.n_offers; i++) {
		for (unsigned int j = 0; j < offered->n; j++) {
			const struct proposal *p = &offered->proposals[j];
			struct fit f;

			if (!comparable(&b.offers[i], p))
				continue;
			f = fit_of(&b.offers[i], p, ke_group, with_dh, !with_dh);
			if (f.n_kinds < KIND_N)
				continue;
			choice_fill(&b.offers[i], p, &f, choice);
			return 0;
		}
	}
	explain(&b, why);
	return -ENOENT;
}

/* An answer has exactly one transform of each kind that it has. */
static bool
is_single(const struct proposal *p)
{
	for (unsigned int k = 0; k < KIND_N; k++)
		if (count(p, kind_type(k)) > 1)
			return false;
	return true;
}

static int
refuse(struct proposal_why *why, const struct proposal_list *answer, const char *text)
{
	if (why == NULL)
		return -EBADMSG;
	memset(why, 0, sizeof(*why));
	snprintf(why->detail, sizeof(why->detail), "the peer's answer %s", text);
	if (answer->n > 0)
		proposal_format(&answer->proposals[0], why->offered, sizeof(why->offered));
	return -EBADMSG;
}

int
proposal_check(const struct proposal_config *config, unsigned int n,
	const struct proposal_list *answer, bool with_dh, struct proposal_choice *choice,
	struct proposal_why *why)
{
	const struct proposal *p = &answer->proposals[0];
	struct kind_offer offers[KIND_OFFER_MAX];
	unsigned int n_offers = kind_offers(config, n, offers);
	struct fit f;

	if (answer->n != 1)
		return refuse(why, answer, "is not one proposal");
	if (p->number > n_offers || !comparable(&offers[p->number - 1], p))
		return refuse(why, answer, "is for a proposal that was not offered");
	if (!is_single(p))
		return refuse(why, answer, "leaves a choice");
	f = fit_of(&offers[p->number - 1], p, 0, with_dh, false);
	if (f.n_kinds < KIND_N)
		return refuse(why, answer, "has an algorithm that was not offered");
	choice_fill(&offers[p->number - 1], p, &f, choice);
	return 0;
}
