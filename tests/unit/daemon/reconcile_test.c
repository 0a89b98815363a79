/*
 * Twin of daemon/reconcile.c: from (running, desired) to the exact list of steps, with kinds that only
 * say what they are asked.
 */
#include "config.h"

#include "daemon/reconcile.h"

#include "lib/arena.h"
#include "lib/err.h"
#include "lib/loop.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/daemon/suites.h"

/* Objects here: links (changed in place unless the MTU is 9), addresses (never in place), routes. */
struct script {
	char log[4096];
	size_t len;
	const char *fails; /* key of an object that cannot be added */
	int fails_with;
};

static void
say(struct daemon *d, const char *fmt, ...)
{
	struct script *s = (struct script *)d;
	va_list ap;

	va_start(ap, fmt);
	s->len += (size_t)vsnprintf(s->log + s->len, sizeof(s->log) - s->len, fmt, ap);
	va_end(ap);
}

static int
add(struct daemon *d, const struct want *w, struct err *e)
{
	const struct script *s = (struct script *)d;

	if (s->fails != NULL && strcmp(s->fails, w->key) == 0) {
		say(d, "!%s ", w->key);
		return err_set(e, s->fails_with, w->key, "not today");
	}
	say(d, "+%s ", w->key);
	return 0;
}

static int
change(struct daemon *d, const struct want *old, const struct want *w, struct err *e)
{
	if (w->link.mtu == 9)
		return -ENOTSUP;
	say(d, "~%s ", w->key);
	return 0;
}

static int
del(struct daemon *d, const struct want *w, struct err *e)
{
	say(d, "-%s ", w->key);
	return 0;
}

static void
prepare(struct daemon *d, const struct want *w)
{
	say(d, "(%s) ", w->key);
}

static bool
link_equal(const struct want *a, const struct want *b)
{
	return a->link.mtu == b->link.mtu;
}

static bool
addr_equal(const struct want *a, const struct want *b)
{
	return a->addr.secondary == b->addr.secondary;
}

static bool
route_equal(const struct want *a, const struct want *b)
{
	return true;
}

static const struct kind_ops link_kind = { "link", link_equal, add, change, del };
static const struct kind_ops addr_kind = { "addr", addr_equal, add, NULL, del };
static const struct kind_ops route_kind = { "route", route_equal, add, NULL, del };
/* Of links, with an MTU. */
static const struct kind_ops shared_kind = { "shared", link_equal, add, change, del, true };
static const struct kind_ops prepared_kind = { "prepared", link_equal, add, change, del,
	.prepare = prepare };
static const struct kind_ops *const kinds[WANT_N_KINDS] = {
	[WANT_FILTER] = &route_kind,
	[WANT_LINK] = &link_kind,
	[WANT_PORT] = &route_kind,
	[WANT_TUNNEL] = &route_kind,
	[WANT_SA] = &prepared_kind,
	[WANT_SPD] = &route_kind,
	[WANT_RULE] = &route_kind,
	[WANT_ADDR] = &addr_kind,
	[WANT_ROUTE] = &route_kind,
	[WANT_SYSCTL] = &route_kind,
	[WANT_GROUP] = &shared_kind,
	[WANT_IKE] = &route_kind,
	[WANT_IKE_PEER] = &route_kind,
	[WANT_IKE_CHILD] = &route_kind,
	[WANT_MSS] = &route_kind,
};

/* "L1 L2=1400 A1 A2=s R1": links (with MTU), addresses (s: secondary), routes, prepared ones. */
static struct want_set *
set_of(const char *owner, const char *text)
{
	struct want_set *s = want_set_new(owner);
	char *rest = arena_strdup(s->arena, text), *word;

	while ((word = strsep(&rest, " ")) != NULL) {
		char *value = strchr(word, '=');
		struct want w = { .kind = WANT_LINK };

		if (word[0] == '\0')
			continue;
		if (value != NULL)
			*value++ = '\0';
		if (word[0] == 'L') {
			strlcpy(w.link.device, word, sizeof(w.link.device));
			w.link.mtu = value != NULL ? (uint32_t)atoi(value) : 1500;
		} else if (word[0] == 'S' || word[0] == 'P') {
			w.kind = word[0] == 'S' ? WANT_GROUP : WANT_SA;
			w.link.mtu = value != NULL ? (uint32_t)atoi(value) : 1500;
		} else if (word[0] == 'A') {
			w.kind = WANT_ADDR;
			strlcpy(w.addr.device, word, sizeof(w.addr.device));
			w.addr.secondary = value != NULL;
		} else {
			w.kind = WANT_ROUTE;
			strlcpy(w.route.device, word, sizeof(w.route.device));
		}
		want_set_add(s, &w);
		/* short keys read better than real ones */
		STAILQ_LAST(&s->items, want_item, link)->want.key = word;
	}
	return s;
}

struct stand {
	struct script script;
	struct loop *loop;
	struct reconcile *r;
};

static void
stand_init(struct stand *s)
{
	memset(s, 0, sizeof(*s));
	s->loop = loop_new_virtual();
	s->r = reconcile_new((struct daemon *)&s->script, s->loop, kinds);
}

static void
stand_fini(struct stand *s)
{
	reconcile_free(s->r);
	loop_free(s->loop);
}

static const char *
steps(struct stand *s)
{
	s->script.log[s->script.len] = '\0';
	if (s->script.len > 0)
		s->script.log[s->script.len - 1] = '\0';
	s->script.len = 0;
	return s->script.log;
}

/* From old (given up) to a new set, which is returned. */
static struct want_set *
apply(struct stand *s, struct want_set *old, const char *text)
{
	struct want_pair p = { .old = old, .new = text != NULL ? set_of("owner", text) : NULL };

	reconcile_apply(s->r, &p, 1);
	want_set_unref(old);
	return p.new;
}

static void
running_and_desired_give_the_exact_steps(void)
{
	static const struct {
		const char *running, *desired, *steps;
	} rows[] = {
		{ "", "L1 A1 R1", "+L1 +A1 +R1" },
		{ "L1 A1 R1", "L1 A1 R1", "" },
		{ "L1 A1 R1", "", "-R1 -A1 -L1" },
		{ "R1 A1 L1", NULL, "-R1 -A1 -L1" },
		{ "L1 A1 R1", "L1 A2 R2", "-R1 -A1 +A2 +R2" },
		{ "L1", "L1=1400", "~L1" },
		{ "L1", "L1=9", "-L1 +L1" },
		{ "A1", "A1=s", "-A1 +A1" },
		{ "L1 A1 R1", "L1=1400 A1=s R1 R2", "-A1 ~L1 +A1 +R2" },
		{ "A1 A2 A3", "", "-A3 -A2 -A1" },
		{ "L1 P1", "P1 P2 P3 P4=1400 L1 R1", "(P2) (P3) (P4) +P2 +P3 +P4 +R1" },
		{ "P1", "P1=1400", "~P1" },
		{ "L2 R2", "L1 R1", "-R2 -L2 +L1 +R1" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct want_set *set;
		struct stand s;

		stand_init(&s);
		set = apply(&s, NULL, rows[i].running);
		steps(&s);
		s.script.log[0] = '\0';
		set = apply(&s, set, rows[i].desired);
		CU_ASSERT_STRING_EQUAL(steps(&s), rows[i].steps);
		want_set_unref(set);
		stand_fini(&s);
	}
}

static void
left_overs_go_and_equal_ones_are_adopted(void)
{
	struct want_set *found = set_of("", "L1=1400 L9 A1 R1 R9"),
			*now = set_of("a", "L1 A1 R1 R2");
	struct want_pair pairs[] = { { .new = now }, { .old = found } };
	struct stand s;

	stand_init(&s);
	reconcile_adopt(s.r, found);
	CU_ASSERT_STRING_EQUAL(steps(&s), "");
	reconcile_apply(s.r, pairs, 2);
	CU_ASSERT_STRING_EQUAL(steps(&s), "-R9 -L9 ~L1 +R2");
	want_set_unref(found);
	want_set_unref(now);
	stand_fini(&s);
}

static void
an_object_may_move_from_one_owner_to_another(void)
{
	struct want_set *a = set_of("a", "L1 R1"), *b = set_of("b", "R2");
	struct want_set *a2 = set_of("a", "L1"), *b2 = set_of("b", "R1 R2");
	struct want_pair first[] = { { .new = a }, { .new = b } };
	struct want_pair move[] = { { a, a2 }, { b, b2 } };
	struct want_pair gone[] = { { b2, NULL }, { a2, NULL } };
	struct stand s;

	stand_init(&s);
	reconcile_apply(s.r, first, 2);
	CU_ASSERT_STRING_EQUAL(steps(&s), "+L1 +R1 +R2");
	reconcile_apply(s.r, move, 2);
	CU_ASSERT_STRING_EQUAL(steps(&s), "");
	reconcile_apply(s.r, gone, 2);
	CU_ASSERT_STRING_EQUAL(steps(&s), "-R2 -R1 -L1");
	want_set_unref(a);
	want_set_unref(b);
	want_set_unref(a2);
	want_set_unref(b2);
	stand_fini(&s);
}

static void
a_failure_is_a_status_and_is_tried_again(void)
{
	struct want_set *set;
	struct stand s;

	stand_init(&s);
	s.script.fails = "A1";
	s.script.fails_with = -EIO;
	set = apply(&s, NULL, "L1 A1 R1");
	CU_ASSERT_STRING_EQUAL(steps(&s), "+L1 !A1 +R1");
	CU_ASSERT_EQUAL(reconcile_n_failed(s.r), 1);
	CU_ASSERT_FALSE(reconcile_runs(s.r, WANT_ADDR, "A1"));
	loop_warp(s.loop, 999);
	CU_ASSERT_EQUAL(s.script.len, 0);
	loop_warp(s.loop, 1);
	CU_ASSERT_STRING_EQUAL(steps(&s), "!A1");
	loop_warp(s.loop, 1999);
	CU_ASSERT_EQUAL(s.script.len, 0);
	s.script.fails = NULL;
	loop_warp(s.loop, 1);
	CU_ASSERT_STRING_EQUAL(steps(&s), "+A1");
	CU_ASSERT_EQUAL(reconcile_n_failed(s.r), 0);
	loop_warp(s.loop, 100000);
	CU_ASSERT_EQUAL(s.script.len, 0);
	want_set_unref(set);
	stand_fini(&s);
}

static void
a_failed_object_that_nobody_wants_any_more_is_forgotten(void)
{
	struct want_set *set;
	struct stand s;

	stand_init(&s);
	s.script.fails = "A1";
	s.script.fails_with = -EIO;
	set = apply(&s, NULL, "L1 A1");
	steps(&s);
	set = apply(&s, set, "L1");
	s.script.log[0] = '\0';
	CU_ASSERT_STRING_EQUAL(steps(&s), "");
	CU_ASSERT_EQUAL(reconcile_n_failed(s.r), 0);
	loop_warp(s.loop, 100000);
	CU_ASSERT_EQUAL(s.script.len, 0);
	want_set_unref(set);
	stand_fini(&s);
}

static void
what_waits_is_no_failure_and_comes_when_others_came_up(void)
{
	struct want_set *set;
	struct stand s;

	stand_init(&s);
	s.script.fails = "A1";
	s.script.fails_with = -ENETUNREACH;
	set = apply(&s, NULL, "A1 R1");
	/* R1 came up, so A1 is tried once more */
	CU_ASSERT_STRING_EQUAL(steps(&s), "!A1 +R1 !A1");
	CU_ASSERT_EQUAL(reconcile_n_failed(s.r), 0);
	s.script.fails = NULL;
	reconcile_retry(s.r);
	CU_ASSERT_STRING_EQUAL(steps(&s), "+A1");
	want_set_unref(set);
	stand_fini(&s);
}

static void
what_a_dead_process_held_is_made_again_in_order(void)
{
	struct want_set *set;
	struct stand s;

	stand_init(&s);
	set = apply(&s, NULL, "L1 A1 R1");
	steps(&s);
	reconcile_forget(s.r, 1u << WANT_ROUTE | 1u << WANT_LINK);
	s.script.log[0] = '\0';
	CU_ASSERT_STRING_EQUAL(steps(&s), "");
	CU_ASSERT_FALSE(reconcile_runs(s.r, WANT_LINK, "L1"));
	CU_ASSERT_EQUAL(reconcile_n_failed(s.r), 0);
	reconcile_retry(s.r);
	CU_ASSERT_STRING_EQUAL(steps(&s), "+L1 +R1");
	want_set_unref(set);
	stand_fini(&s);
}

static void
what_somebody_took_away_is_put_back(void)
{
	struct want_set *set, *found = set_of("", "L1 R7");
	struct stand s;

	stand_init(&s);
	set = apply(&s, NULL, "L1 A1 R1");
	steps(&s);
	reconcile_verify(s.r, 1u << WANT_LINK | 1u << WANT_ROUTE, found);
	reconcile_retry(s.r);
	CU_ASSERT_STRING_EQUAL(steps(&s), "+R1"); /* A1's kind was not looked at */
	want_set_unref(found);
	want_set_unref(set);
	stand_fini(&s);
}

static void
a_refusal_that_comes_later_is_a_failure(void)
{
	struct want_set *set;
	struct err e = { 0 };
	struct stand s;

	stand_init(&s);
	set = apply(&s, NULL, "L1 R1");
	steps(&s);
	err_set(&e, -EINVAL, "R1", "no");
	reconcile_failed(s.r, WANT_ROUTE, "R1", &e);
	reconcile_failed(s.r, WANT_ROUTE, "R2", &e); /* nobody knows it */
	CU_ASSERT_EQUAL(reconcile_n_failed(s.r), 1);
	loop_warp(s.loop, 1000);
	CU_ASSERT_STRING_EQUAL(steps(&s), "+R1");
	CU_ASSERT_EQUAL(reconcile_n_failed(s.r), 0);
	want_set_unref(set);
	stand_fini(&s);
}

static void
what_several_owners_share_stays_while_one_of_them_wants_it(void)
{
	struct want_set *one, *two;
	struct stand s;

	stand_init(&s);
	one = apply(&s, NULL, "S1");
	CU_ASSERT_STRING_EQUAL(steps(&s), "+S1");
	two = apply(&s, NULL, "S1");
	CU_ASSERT_STRING_EQUAL(steps(&s), "");
	one = apply(&s, one, "");
	CU_ASSERT_STRING_EQUAL(steps(&s), "");
	CU_ASSERT_TRUE(reconcile_wants(s.r, WANT_GROUP, "S1"));
	one = apply(&s, one, "S1");
	two = apply(&s, two, "");
	CU_ASSERT_STRING_EQUAL(steps(&s), "");
	one = apply(&s, one, "");
	CU_ASSERT_STRING_EQUAL(steps(&s), "-S1");
	CU_ASSERT_FALSE(reconcile_wants(s.r, WANT_GROUP, "S1"));
	want_set_unref(one);
	want_set_unref(two);
	stand_fini(&s);
}

/* Both owners change with it, in one go. */
static void
what_is_shared_changes_for_all(void)
{
	struct want_pair p[2] = { { .new = set_of("one", "S1") }, { .new = set_of("two", "S1") } };
	struct stand s;

	stand_init(&s);
	reconcile_apply(s.r, p, 2);
	CU_ASSERT_STRING_EQUAL(steps(&s), "+S1");
	for (unsigned int i = 0; i < 2; i++) {
		p[i].old = p[i].new;
		p[i].new = set_of(i == 0 ? "one" : "two", "S1=1400");
	}
	reconcile_apply(s.r, p, 2);
	CU_ASSERT_STRING_EQUAL(steps(&s), "~S1");
	for (unsigned int i = 0; i < 2; i++) {
		want_set_unref(p[i].old);
		want_set_unref(p[i].new);
	}
	stand_fini(&s);
}

static void
an_object_is_added_again_when_its_kind_says_so(void)
{
	struct want_set *set;
	struct stand s;

	stand_init(&s);
	set = apply(&s, NULL, "L1 R1");
	steps(&s);
	reconcile_again(s.r, WANT_LINK, "L1");
	CU_ASSERT_STRING_EQUAL(steps(&s), "+L1");
	CU_ASSERT_TRUE(reconcile_runs(s.r, WANT_LINK, "L1"));
	reconcile_again(s.r, WANT_LINK, "L2");
	CU_ASSERT_STRING_EQUAL(steps(&s), "");
	want_set_unref(set);
	stand_fini(&s);
}

static void
kinds_that_are_withdrawn_go_and_the_others_stay(void)
{
	struct want_set *set;
	struct stand s;

	stand_init(&s);
	set = apply(&s, NULL, "L1 A1 S1");
	steps(&s);
	reconcile_withdraw(s.r, 1 << WANT_ADDR | 1 << WANT_GROUP);
	CU_ASSERT_STRING_EQUAL(steps(&s), "-A1 -S1");
	CU_ASSERT_TRUE(reconcile_runs(s.r, WANT_LINK, "L1"));
	set = apply(&s, set, NULL);
	CU_ASSERT_STRING_EQUAL(steps(&s), "-L1");
	stand_fini(&s);
}

CU_TestInfo reconcile_tests[] = {
	{ "running and desired give the exact steps", running_and_desired_give_the_exact_steps },
	{ "left-overs go and equal ones are adopted", left_overs_go_and_equal_ones_are_adopted },
	{ "an object may move from one owner to another",
		an_object_may_move_from_one_owner_to_another },
	{ "a failure is a status and is tried again", a_failure_is_a_status_and_is_tried_again },
	{ "a failed object that nobody wants any more is forgotten",
		a_failed_object_that_nobody_wants_any_more_is_forgotten },
	{ "what waits is no failure and comes when others came up",
		what_waits_is_no_failure_and_comes_when_others_came_up },
	{ "what a dead process held is made again, in order",
		what_a_dead_process_held_is_made_again_in_order },
	{ "what somebody took away is put back", what_somebody_took_away_is_put_back },
	{ "a refusal that comes later is a failure", a_refusal_that_comes_later_is_a_failure },
	{ "what several owners share stays while one of them wants it",
		what_several_owners_share_stays_while_one_of_them_wants_it },
	{ "what is shared changes for all", what_is_shared_changes_for_all },
	{ "an object is added again when its kind says so",
		an_object_is_added_again_when_its_kind_says_so },
	{ "kinds that are withdrawn go, and the others stay",
		kinds_that_are_withdrawn_go_and_the_others_stay },
	CU_TEST_INFO_NULL,
};
