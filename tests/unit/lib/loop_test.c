/*
 * Twin of lib/loop.c. Real loops are only asked for what is ready at once.
 */
#include "config.h"

#include "lib/loop.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/lib/suites.h"

/* What happened, in order: "a@10 b@10 …". */
struct story {
	struct loop *loop;
	char text[256];
};

struct actor {
	struct story *story;
	const char *name;
	struct timer *timer;
	struct watch *watch;
	uint64_t again_ms;    /* re-arms itself when not 0 */
	struct actor *victim; /* whose timer and watch it frees */
	int drains;	      /* descriptor it reads one byte from when not 0 */
};

static void
act(void *arg)
{
	struct actor *a = arg;
	size_t used = strlen(a->story->text);
	char byte;

	snprintf(a->story->text + used, sizeof(a->story->text) - used, "%s%s@%llu", used ? " " : "",
		a->name, (unsigned long long)loop_now_ms(a->story->loop));
	if (a->again_ms)
		timer_set(a->timer, a->again_ms);
	if (a->drains && read(a->drains, &byte, 1) != 1)
		CU_FAIL("a watch fired with nothing to read");
	if (a->victim) {
		timer_free(a->victim->timer);
		watch_free(a->victim->watch);
		a->victim->timer = NULL;
		a->victim->watch = NULL;
	}
}

static void
name_only(void *arg)
{
	struct actor *a = arg;

	strlcat(a->story->text, a->name, sizeof(a->story->text));
}

static void
timers_fire_in_their_order_each_at_its_time(void)
{
	struct story s = { .loop = loop_new_virtual() };
	struct actor a = { .story = &s, .name = "a" }, b = { .story = &s, .name = "b" },
		     c = { .story = &s, .name = "c" }, d = { .story = &s, .name = "d" };

	a.timer = timer_new(s.loop, act, &a);
	b.timer = timer_new(s.loop, act, &b);
	c.timer = timer_new(s.loop, act, &c);
	d.timer = timer_new(s.loop, act, &d);
	timer_set(c.timer, 10);
	timer_set(a.timer, 20);
	timer_set(b.timer, 10);
	timer_set(d.timer, 31);
	loop_warp(s.loop, 30);
	CU_ASSERT_STRING_EQUAL(s.text, "c@10 b@10 a@20");
	CU_ASSERT_EQUAL(loop_now_ms(s.loop), 30);
	CU_ASSERT_TRUE(timer_pending(d.timer));
	CU_ASSERT_FALSE(timer_pending(a.timer));
	loop_warp(s.loop, 1);
	CU_ASSERT_STRING_EQUAL(s.text, "c@10 b@10 a@20 d@31");
	timer_free(a.timer);
	timer_free(b.timer);
	timer_free(c.timer);
	timer_free(d.timer);
	timer_free(NULL);
	loop_free(s.loop);
	loop_free(NULL);
}

static void
a_timer_may_rearm_and_be_cancelled(void)
{
	struct story s = { .loop = loop_new_virtual() };
	struct actor a = { .story = &s, .name = "a", .again_ms = 10 },
		     b = { .story = &s, .name = "b" };

	a.timer = timer_new(s.loop, act, &a);
	b.timer = timer_new(s.loop, act, &b);
	timer_set(a.timer, 10);
	timer_set(b.timer, 15);
	timer_set(b.timer, 25);
	loop_warp(s.loop, 30);
	CU_ASSERT_STRING_EQUAL(s.text, "a@10 a@20 b@25 a@30");
	timer_cancel(a.timer);
	timer_cancel(a.timer);
	loop_warp(s.loop, 1000);
	CU_ASSERT_STRING_EQUAL(s.text, "a@10 a@20 b@25 a@30");
	timer_set(b.timer, UINT64_MAX);
	loop_warp(s.loop, 1000000);
	CU_ASSERT_TRUE(timer_pending(b.timer));
	timer_free(a.timer);
	timer_free(b.timer);
	loop_free(s.loop);
}

static void
timers_may_be_freed_by_any_timer(void)
{
	struct story s = { .loop = loop_new_virtual() };
	struct actor b = { .story = &s, .name = "b" };
	struct actor a = { .story = &s, .name = "a", .victim = &b };
	struct actor c = { .story = &s, .name = "c" };

	a.timer = timer_new(s.loop, act, &a);
	b.timer = timer_new(s.loop, act, &b);
	c.timer = timer_new(s.loop, act, &c);
	c.victim = &c;
	timer_set(a.timer, 5);
	timer_set(b.timer, 5);
	timer_set(c.timer, 5);
	loop_warp(s.loop, 5);
	CU_ASSERT_STRING_EQUAL(s.text, "a@5 c@5");
	timer_free(a.timer);
	loop_free(s.loop);
}

static void
watches_serve_and_may_be_freed(struct loop *l)
{
	struct story s = { .loop = l };
	struct actor b = { .story = &s, .name = "b" };
	struct actor a = { .story = &s, .name = "a", .victim = &b };
	int fds[2];

	CU_ASSERT_EQUAL_FATAL(pipe(fds), 0);
	a.drains = fds[0];
	a.watch = watch_fd(l, fds[0], LOOP_READ, act, &a);
	b.watch = watch_fd(l, fds[0], 0, act, &b);
	loop_once(l);
	CU_ASSERT_STRING_EQUAL(s.text, "");
	CU_ASSERT_EQUAL(write(fds[1], "xy", 2), 2);
	loop_once(l);
	CU_ASSERT_EQUAL(s.text[0], 'a');
	CU_ASSERT_PTR_NULL(strchr(s.text, 'b'));
	CU_ASSERT_PTR_NULL(b.watch);
	watch_set(a.watch, 0);
	s.text[0] = '\0';
	loop_once(l);
	CU_ASSERT_STRING_EQUAL(s.text, "");
	watch_set(a.watch, LOOP_READ);
	a.victim = &a;
	loop_once(l);
	CU_ASSERT_EQUAL(s.text[0], 'a');
	CU_ASSERT_PTR_NULL(a.watch);
	loop_once(l);
	close(fds[0]);
	close(fds[1]);
}

static void
a_virtual_loop_serves_descriptors(void)
{
	struct loop *l = loop_new_virtual();

	watches_serve_and_may_be_freed(l);
	loop_free(l);
}

static void
a_real_loop_serves_descriptors(void)
{
	struct loop *l = loop_new();

	watches_serve_and_may_be_freed(l);
	loop_free(l);
}

static void
each_watch_may_free_the_other(void)
{
	for (int real = 0; real < 2; real++) {
		struct story s = { .loop = real ? loop_new() : loop_new_virtual() };
		struct actor a = { .story = &s, .name = "a" }, b = { .story = &s, .name = "b" };
		int fds[2];

		CU_ASSERT_EQUAL_FATAL(pipe(fds), 0);
		a.victim = &b;
		b.victim = &a;
		a.watch = watch_fd(s.loop, fds[1], LOOP_WRITE, act, &a);
		b.watch = watch_fd(s.loop, fds[1], LOOP_WRITE, act, &b);
		loop_once(s.loop);
		/* one of them, once */
		CU_ASSERT_PTR_NULL(strchr(s.text, ' '));
		CU_ASSERT_TRUE((a.watch == NULL) != (b.watch == NULL));
		watch_free(a.watch);
		watch_free(b.watch);
		close(fds[0]);
		close(fds[1]);
		loop_free(s.loop);
	}
}

static void
stop(void *arg)
{
	loop_stop(arg);
}

static void
a_real_loop_runs_timers_until_it_is_stopped(void)
{
	struct story s = { .loop = loop_new() };
	struct actor a = { .story = &s, .name = "a" }, b = { .story = &s, .name = "b" };
	struct timer *end = timer_new(s.loop, stop, s.loop);
	uint64_t before = loop_now_ms(s.loop);

	a.timer = timer_new(s.loop, name_only, &a);
	b.timer = timer_new(s.loop, name_only, &b);
	timer_set(a.timer, 0);
	timer_set(b.timer, 1);
	timer_set(end, 2);
	loop_run(s.loop);
	CU_ASSERT_STRING_EQUAL(s.text, "ab");
	CU_ASSERT_TRUE(loop_now_ms(s.loop) >= before + 2);
	/* stopped before it runs: returns at once */
	loop_stop(s.loop);
	loop_run(s.loop);
	/* nothing to do for as long as 0 ms */
	loop_turn(s.loop, 0);
	timer_free(end);
	timer_free(a.timer);
	timer_free(b.timer);
	loop_free(s.loop);
}

static void
a_virtual_loop_runs_to_its_last_timer(void)
{
	struct story s = { .loop = loop_new_virtual() };
	struct actor a = { .story = &s, .name = "a" }, b = { .story = &s, .name = "b" };

	a.timer = timer_new(s.loop, act, &a);
	b.timer = timer_new(s.loop, act, &b);
	timer_set(a.timer, 86400000);
	timer_set(b.timer, 1000);
	loop_run(s.loop);
	CU_ASSERT_STRING_EQUAL(s.text, "b@1000 a@86400000");
	timer_free(a.timer);
	timer_free(b.timer);
	loop_free(s.loop);
}

static void
signals_arrive_as_events(void)
{
	struct story s = { .loop = loop_new() };
	struct actor a = { .story = &s, .name = "a" };

	a.watch = watch_signal(s.loop, SIGUSR1, name_only, &a);
	raise(SIGUSR1);
	CU_ASSERT_STRING_EQUAL(s.text, "");
	loop_turn(s.loop, 1000);
	loop_once(s.loop);
	CU_ASSERT_STRING_EQUAL(s.text, "a");
	watch_free(a.watch);
	watch_free(NULL);
	loop_free(s.loop);
}

CU_TestInfo loop_tests[] = {
	{ "timers fire in their order, each at its time",
		timers_fire_in_their_order_each_at_its_time },
	{ "a timer may re-arm and be cancelled", a_timer_may_rearm_and_be_cancelled },
	{ "timers may be freed by any timer", timers_may_be_freed_by_any_timer },
	{ "a virtual loop serves descriptors", a_virtual_loop_serves_descriptors },
	{ "a real loop serves descriptors", a_real_loop_serves_descriptors },
	{ "each watch may free the other", each_watch_may_free_the_other },
	{ "a real loop runs timers until it is stopped",
		a_real_loop_runs_timers_until_it_is_stopped },
	{ "a virtual loop runs to its last timer", a_virtual_loop_runs_to_its_last_timer },
	{ "signals arrive as events", signals_arrive_as_events },
	CU_TEST_INFO_NULL,
};
