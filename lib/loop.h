#ifndef YD_LIB_LOOP_H
#define YD_LIB_LOOP_H

#include <stdbool.h>
#include <stdint.h>

/*
 * The event loop (libevent) and timers on a monotonic clock in milliseconds.
 * A virtual loop has no descriptors' clock of its own: tests move time with loop_warp.
 */
struct loop;
struct timer;
struct watch;

enum { LOOP_READ = 1, LOOP_WRITE = 2 };

struct loop *loop_new(void);
struct loop *loop_new_virtual(void);
void loop_free(struct loop *l);

/* Milliseconds since an arbitrary start; never goes back. */
uint64_t loop_now_ms(const struct loop *l);
/* Runs until loop_stop. */
void loop_run(struct loop *l);
/* Handles what is ready now and returns. */
void loop_once(struct loop *l);
/* One turn: waits at most max_ms for something to happen (real loops only). */
void loop_turn(struct loop *l, uint64_t max_ms);
void loop_stop(struct loop *l);
/* Virtual loops: moves the clock forward by ms, firing timers in their order, each at its time. */
void loop_warp(struct loop *l, uint64_t ms);

typedef void loop_fn(void *arg);

/* A one-shot timer, not yet armed. */
struct timer *timer_new(struct loop *l, loop_fn *fn, void *arg);
void timer_free(struct timer *t);
/* Arms (or re-arms) it to fire in ms. */
void timer_set(struct timer *t, uint64_t ms);
void timer_cancel(struct timer *t);
bool timer_pending(const struct timer *t);

/* Calls fn while fd is ready; what = LOOP_READ and/or LOOP_WRITE. The caller keeps fd. */
struct watch *watch_fd(struct loop *l, int fd, int what, loop_fn *fn, void *arg);
/* Changes what is watched for; 0 pauses. */
void watch_set(struct watch *w, int what);
/* Calls fn when signal sig arrives (real loops). */
struct watch *watch_signal(struct loop *l, int sig, loop_fn *fn, void *arg);
void watch_free(struct watch *w);

#endif
