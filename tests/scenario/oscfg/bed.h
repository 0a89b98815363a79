#ifndef YD_TESTS_SCENARIO_OSCFG_BED_H
#define YD_TESTS_SCENARIO_OSCFG_BED_H

#include <CUnit/CUnit.h>
#include <stdbool.h>
#include <stddef.h>

#include "daemon/oscfg/oscfg.h"
#include "daemon/want.h"
#include "lib/err.h"

/*
 * A test bed: a fresh network namespace that this process has moved into, an empty state directory
 * and an oscfg on a virtual loop. The namespace goes with the process or the next bed.
 */
struct bed {
	struct loop *loop;
	struct arena *arena;
	struct oscfg *o;
	struct err err;
	char dir[64];
	unsigned int n_changed;
};

/* Fresh namespace with lo, wan and lan up (wan-peer and lan-peer are their other ends). */
void bed_open(struct bed *b);
/* The daemon dies without a word; another one starts on the same state directory. */
void bed_crash(struct bed *b);
void bed_close(struct bed *b);

/* Runs a shell command in this namespace: exit status; or its output (to be freed). */
int sh(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
char *sh_out(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Does the output of a command hold this text? */
bool sh_says(const char *text, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Another namespace, in which nobody runs; removed at exit. The name is to be freed. */
char *netns_make(const char *what);
void netns_remove_all(void);

struct want want_physical(const char *device, uint32_t mtu, uint32_t group, bool up);
struct want want_made(enum want_link_kind kind, const char *device, const char *vrp, uint32_t mtu);
struct want want_address(const char *device, const char *prefix);
/* device or via may be NULL. */
struct want want_path(
	uint32_t table, const char *prefix, const char *via, const char *device, uint32_t metric);
struct want want_setting(const char *path, const char *value);
/* "10.1.2.0/24" and so on; protocol 0 = any. */
struct want_filter_rule filter_rule(
	bool drop, uint8_t protocol, const char *source, const char *destination);

#define ADD(b, w) CU_ASSERT_EQUAL(bed_step(b, 'a', w), 0)
#define DEL(b, w) CU_ASSERT_EQUAL(bed_step(b, 'd', w), 0)
#define CHANGE(b, w) CU_ASSERT_EQUAL(bed_step(b, 'c', w), 0)
/* oscfg_add, _del or _change; prints the refusal. */
int bed_step(struct bed *b, char step, const struct want *w);
/* The dumped object with w's kind and key, or NULL. */
const struct want *bed_dumped(struct bed *b, const struct want *w);

#endif
