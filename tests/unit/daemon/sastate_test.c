/*
 * Twin of daemon/sastate.c: whatever dies, no sequence number is handed out twice.
 */
#include "config.h"

#include "daemon/sastate.h"

#include "lib/err.h"
#include "lib/sastate.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/daemon/bench.h"
#include "tests/unit/daemon/disk.h"
#include "tests/unit/daemon/suites.h"

static const uint8_t id_a[SASTATE_ID_LEN] = { 1 }, id_b[SASTATE_ID_LEN] = { 2 };

/* The datapath of these tests: it writes into a slot of the shared file. */
static struct sa_slot *
slots_of(const struct sastate *s)
{
	return mmap(NULL, SASTATE_SLOTS * sizeof(struct sa_slot), PROT_READ | PROT_WRITE,
		MAP_SHARED, sastate_fd(s), 0);
}

static void
slots_done(struct sa_slot *slots)
{
	munmap(slots, SASTATE_SLOTS * sizeof(struct sa_slot));
}

static struct sastate *
open_in(const char *dir, const char *boot)
{
	struct sastate *s;
	struct err e;

	CU_ASSERT_EQUAL_FATAL(sastate_open(dir, boot, &s, &e), 0);
	return s;
}

static void
a_new_outbound_sa_has_a_block_of_numbers(void)
{
	char dir[64];
	struct sastate *s;
	uint32_t slot;
	uint64_t limit;

	bench_dir(dir);
	s = open_in(dir, "boot 1");
	CU_ASSERT_EQUAL(sastate_take(s, id_a, false, &slot, &limit, NULL), 0);
	CU_ASSERT_EQUAL(slot, 0);
	CU_ASSERT_TRUE(limit >= SASTATE_SKIP + SASTATE_BLOCK / 2);
	CU_ASSERT_EQUAL(sastate_take(s, id_b, true, &slot, &limit, NULL), 0);
	CU_ASSERT_EQUAL(slot, 1);
	sastate_close(s);
	bench_dir_remove(dir);
}

static void
a_slot_put_back_by_its_identity_is_free_and_remembered(void)
{
	char dir[64];
	struct sastate *s;
	struct sa_slot *slots;
	uint64_t limit;
	uint32_t slot;

	bench_dir(dir);
	s = open_in(dir, "boot 1");
	sastate_take(s, id_a, false, &slot, &limit, NULL);
	slots = slots_of(s);
	slots[slot].seq = 77;
	sastate_put_id(s, id_b); /* nobody's */
	CU_ASSERT_EQUAL(sastate_more(s, slot, &limit, NULL), 0);
	sastate_put_id(s, id_a);
	CU_ASSERT_EQUAL(sastate_more(s, slot, &limit, NULL), -EINVAL);
	CU_ASSERT_EQUAL(sastate_take(s, id_a, false, &slot, &limit, NULL), 0);
	CU_ASSERT_EQUAL(slots[slot].seq, 77);
	slots_done(slots);
	sastate_close(s);
	bench_dir_remove(dir);
}

static void
in_the_same_boot_an_sa_goes_on_in_its_slot(void)
{
	char dir[64];
	struct sastate *s;
	struct sa_slot *slots;
	uint32_t slot;
	uint64_t limit, again;

	bench_dir(dir);
	s = open_in(dir, "boot 1");
	sastate_take(s, id_a, false, &slot, &limit, NULL);
	slots = slots_of(s);
	slots[slot].seq = 1234;
	slots_done(slots);
	sastate_close(s);
	s = open_in(dir, "boot 1");
	CU_ASSERT_EQUAL(sastate_take(s, id_a, false, &slot, &again, NULL), 0);
	slots = slots_of(s);
	CU_ASSERT_EQUAL(slot, 0);
	CU_ASSERT_EQUAL(slots[slot].seq, 1234);
	CU_ASSERT_TRUE(again >= 1234 + SASTATE_SKIP);
	slots_done(slots);
	sastate_close(s);
	bench_dir_remove(dir);
}

static void
in_another_boot_an_outbound_sa_goes_on_behind_all_reserved_numbers(void)
{
	static const struct {
		const char *boot;
		bool lose_slots;
	} rows[] = { { "boot 2", false }, { "boot 1", true }, { "boot 2", true } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char dir[64], path[128];
		struct sastate *s;
		struct sa_slot *slots;
		uint32_t out, in;
		uint64_t limit, again, nothing;

		bench_dir(dir);
		s = open_in(dir, "boot 1");
		sastate_take(s, id_a, false, &out, &limit, NULL);
		sastate_take(s, id_b, true, &in, &nothing, NULL);
		slots = slots_of(s);
		slots[out].seq = 99; /* what the disk had of it when the power went */
		slots[in].seq = 77;
		slots_done(slots);
		sastate_close(s);
		snprintf(path, sizeof(path), "%s/sastate", dir);
		if (rows[i].lose_slots)
			unlink(path);
		s = open_in(dir, rows[i].boot);
		CU_ASSERT_EQUAL(sastate_take(s, id_a, false, &out, &again, NULL), 0);
		slots = slots_of(s);
		CU_ASSERT_EQUAL(slots[out].seq, limit);
		CU_ASSERT_TRUE(again >= limit + SASTATE_SKIP);
		CU_ASSERT_EQUAL(slots[in].seq, rows[i].lose_slots ? 0 : 77);
		slots_done(slots);
		sastate_close(s);
		bench_dir_remove(dir);
	}
}

static void
more_numbers_are_on_disk_before_they_are_used(void)
{
	char dir[64];
	struct sastate *s;
	uint32_t slot;
	uint64_t limit, more;

	bench_dir(dir);
	s = open_in(dir, "boot 1");
	sastate_take(s, id_a, false, &slot, &limit, NULL);
	for (unsigned int i = 0; i < 5; i++) { /* both copies of the record in turn */
		struct sastate *other;
		struct sa_slot *slots;

		CU_ASSERT_EQUAL(sastate_more(s, slot, &more, NULL), 0);
		CU_ASSERT_EQUAL(more, limit + SASTATE_BLOCK);
		limit = more;
		other = open_in(dir, "boot 2"); /* as if the power went just now */
		slots = slots_of(other);
		CU_ASSERT_EQUAL(slots[slot].seq, limit);
		slots_done(slots);
		sastate_close(other);
		other = open_in(dir, "boot 1");
		sastate_close(other);
	}
	CU_ASSERT_EQUAL(sastate_more(s, slot + 1, &more, NULL), -EINVAL);
	CU_ASSERT_EQUAL(sastate_more(s, SASTATE_SLOTS, &more, NULL), -EINVAL);
	CU_ASSERT_EQUAL(sastate_more(s, UINT32_MAX, &more, NULL), -EINVAL);
	sastate_close(s);
	bench_dir_remove(dir);
}

/* Cuts or garbles the last record written, at each of its bytes: the one before it holds. */
static void
a_torn_write_leaves_the_limit_that_was_acknowledged(void)
{
	enum { COPY = 64, AT = 4096 + COPY };

	for (unsigned int byte = 0; byte < COPY; byte++) {
		char dir[64], path[128];
		struct sastate *s;
		struct sa_slot *slots;
		uint32_t slot;
		uint64_t limit, torn;
		uint8_t copy[COPY];
		int fd;

		bench_dir(dir);
		s = open_in(dir, "boot 1");
		sastate_take(s, id_a, false, &slot, &limit, NULL);
		sastate_more(s, slot, &limit, NULL);
		sastate_close(s);
		snprintf(path, sizeof(path), "%s/sastate.keys", dir);
		fd = open(path, O_RDWR);
		/* the newest of the two copies is the second: take, more */
		CU_ASSERT_EQUAL(pread(fd, copy, COPY, AT), COPY);
		copy[byte] ^= 0x5a;
		CU_ASSERT_EQUAL(pwrite(fd, copy, COPY, AT), COPY);
		close(fd);
		s = open_in(dir, "boot 2");
		slots = slots_of(s);
		torn = slots[slot].seq;
		CU_ASSERT_EQUAL(torn, limit - SASTATE_BLOCK);
		slots_done(slots);
		sastate_close(s);
		bench_dir_remove(dir);
	}
}

/* Of what was written and not waited for, any part may be missing after a power loss. */
static void
writes_not_waited_for_leave_the_limit_that_was_acknowledged(void)
{
	enum { COPY = 64, AT = 4096, TIMES = 5 };

	for (unsigned int times = 1; times <= TIMES; times++) {
		char dir[64], path[128];
		struct sastate *s;
		struct sa_slot *slots;
		uint32_t slot;
		uint64_t limit, more;
		uint8_t lost[COPY] = { 0 };
		int fd;

		bench_dir(dir);
		s = open_in(dir, "boot 1");
		sastate_take(s, id_a, false, &slot, &limit, NULL);
		slots = slots_of(s);
		for (unsigned int i = 0; i < times; i++) {
			slots[slot].seq += SASTATE_BLOCK;
			CU_ASSERT_EQUAL(sastate_prepare(s, id_a, false, NULL), 0);
		}
		slots[slot].seq = 0;
		snprintf(path, sizeof(path), "%s/sastate.keys", dir);
		fd = open(path, O_RDWR);
		CU_ASSERT_EQUAL(pwrite(fd, lost, COPY, AT + COPY), COPY);
		slots_done(slots);
		slots = NULL;
		if (times == TIMES) { /* but once it is waited for, it is that one which holds */
			CU_ASSERT_EQUAL(sastate_take(s, id_a, false, &slot, &more, NULL), 0);
			CU_ASSERT_EQUAL(sastate_more(s, slot, &more, NULL), 0);
			CU_ASSERT_EQUAL(more, limit + (TIMES + 1) * SASTATE_BLOCK);
			limit = more;
		}
		sastate_close(s);
		s = open_in(dir, "boot 2");
		slots = slots_of(s);
		CU_ASSERT_EQUAL(slots[slot].seq, limit);
		slots_done(slots);
		sastate_close(s);
		close(fd);
		bench_dir_remove(dir);
	}
}

static void
id_of(uint32_t n, uint8_t id[SASTATE_ID_LEN])
{
	memset(id, 0, SASTATE_ID_LEN);
	memcpy(id + 7, &n, sizeof(n));
	id[0] = 3;
}

/* SAs that send, on a disk that fails, with daemons that are killed and power that goes. */
enum { N_RISKY = 24 };

struct risky {
	char dir[64];
	struct sastate *s;
	struct sa_slot *slots;
	unsigned int boot;
	struct {
		bool runs;
		uint32_t slot;
		uint64_t limit;
		uint64_t used; /* the last number sent */
	} sas[N_RISKY];
	unsigned int n_repeated, n_powerless, n_refused;
};

static void
risky_open(struct risky *k)
{
	char boot[16];

	snprintf(boot, sizeof(boot), "boot %u", k->boot);
	while (sastate_open(k->dir, boot, &k->s, NULL) != 0)
		k->n_refused++;
	k->slots = slots_of(k->s);
}

/* The daemon is killed; with its boot, too, and then slots are what they were at any time. */
static void
risky_end(struct risky *k, bool power)
{
	slots_done(k->slots);
	sastate_close(k->s);
	if (power) {
		disk_lose_power();
		k->boot++;
	}
	risky_open(k);
	for (size_t i = 0; i < N_RISKY; i++)
		k->sas[i].runs = false;
}

static void
risky_take(struct risky *k, uint32_t i)
{
	uint8_t id[SASTATE_ID_LEN];

	id_of(i, id);
	if (sastate_take(k->s, id, false, &k->sas[i].slot, &k->sas[i].limit, NULL) != 0) {
		k->n_refused++;
		return;
	}
	k->sas[i].runs = true;
	k->n_repeated += k->slots[k->sas[i].slot].seq < k->sas[i].used;
}

/* As the datapath does: up to the limit, and it asks for more. */
static void
risky_send(struct risky *k, uint32_t i)
{
	uint64_t *seq = &k->slots[k->sas[i].slot].seq, more;

	if (!k->sas[i].runs)
		return;
	if (*seq < k->sas[i].limit)
		*seq += 1 + disk_random((uint32_t)(k->sas[i].limit - *seq));
	k->sas[i].used = *seq;
	if (sastate_more(k->s, k->sas[i].slot, &more, NULL) == 0)
		k->sas[i].limit = more;
	else
		k->n_refused++;
}

static void
risky_step(struct risky *k)
{
	uint32_t i = disk_random(N_RISKY), n = disk_random(N_RISKY);
	uint8_t id[SASTATE_ID_LEN];

	switch (disk_random(8)) {
	case 0: risky_end(k, false); break;
	case 1:
		for (uint32_t j = 0; j < N_RISKY; j++) /* what the slots' file held long ago */
			if (k->sas[j].runs && disk_random(2) == 0)
				k->slots[k->sas[j].slot].seq /= 2;
		risky_end(k, true);
		k->n_powerless++;
		break;
	case 2:
		id_of(i, id);
		sastate_put_id(k->s, id);
		k->sas[i].runs = false;
		break;
	case 3:
	case 4:
		for (; n > 0; n--) {
			id_of((i + n) % N_RISKY, id);
			(void)sastate_prepare(k->s, id, false, NULL);
		}
		if (disk_random(2) == 0)
			risky_take(k, i);
		break;
	default:
		if (!k->sas[i].runs)
			risky_take(k, i);
		risky_send(k, i);
		break;
	}
}

static void
whatever_fails_no_number_comes_again(void)
{
	for (uint64_t seed = 1; seed <= 12; seed++) {
		struct risky k = { .n_repeated = 0 };
		char path[128];

		bench_dir(k.dir);
		snprintf(path, sizeof(path), "%s/sastate.keys", k.dir);
		disk_begin(path, seed, seed % 3 * 10);
		risky_open(&k);
		for (unsigned int i = 0; i < 400; i++)
			risky_step(&k);
		CU_ASSERT_EQUAL(k.n_repeated, 0);
		CU_ASSERT_TRUE(k.n_powerless > 0);
		CU_ASSERT_EQUAL(k.n_refused > 0, seed % 3 > 0);
		slots_done(k.slots);
		sastate_close(k.s);
		disk_end();
		bench_dir_remove(k.dir);
	}
}

static void
the_disk_is_waited_for_once_for_all_that_were_prepared(void)
{
	char dir[64], path[128];
	uint8_t id[SASTATE_ID_LEN];
	struct sastate *s;
	uint32_t slot;
	uint64_t limit;
	unsigned int before;

	bench_dir(dir);
	snprintf(path, sizeof(path), "%s/sastate.keys", dir);
	disk_begin(path, 1, 0);
	s = open_in(dir, "boot 1");
	before = disk_n_waits();
	for (uint32_t i = 0; i < 500; i++) {
		id_of(i, id);
		CU_ASSERT_EQUAL(sastate_prepare(s, id, i % 2, NULL), 0);
	}
	CU_ASSERT_EQUAL(disk_n_waits(), before);
	for (uint32_t i = 0; i < 500; i++) {
		id_of(i, id);
		CU_ASSERT_EQUAL(sastate_take(s, id, i % 2, &slot, &limit, NULL), 0);
	}
	CU_ASSERT_EQUAL(disk_n_waits(), before + 1);
	sastate_close(s);
	disk_end();
	bench_dir_remove(dir);
}

enum { MANY = 25000 };

/* Every other one outbound; slots[i]: -1 before the first time. */
static void
take_many(struct sastate *s, int64_t slots[MANY], uint64_t limits[MANY])
{
	uint8_t id[SASTATE_ID_LEN];
	unsigned int n_moved = 0;

	for (uint32_t i = 0; i < MANY; i++) {
		id_of(i, id);
		CU_ASSERT_EQUAL_FATAL(sastate_prepare(s, id, i % 2, NULL), 0);
	}
	for (uint32_t i = 0; i < MANY; i++) {
		uint32_t slot;

		id_of(i, id);
		CU_ASSERT_EQUAL_FATAL(sastate_take(s, id, i % 2, &slot, &limits[i], NULL), 0);
		n_moved += slots[i] >= 0 && slots[i] != slot;
		slots[i] = slot;
	}
	CU_ASSERT_EQUAL(n_moved, 0);
}

static void
more_than_20000_sas_have_a_slot_each_and_keep_it(void)
{
	static const char *const boots[] = { "boot 1", "boot 1", "boot 2" };
	static int64_t slots[MANY];
	static uint64_t limits[MANY];
	static bool has[SASTATE_SLOTS];
	char dir[64];
	struct sastate *s;

	bench_dir(dir);
	memset(slots, 0xff, sizeof(slots));
	for (size_t b = 0; b < sizeof(boots) / sizeof(boots[0]); b++) {
		struct sa_slot *file;
		unsigned int n_before = 0;

		s = open_in(dir, boots[b]);
		file = slots_of(s);
		for (uint32_t i = 0; i < MANY && b == 2; i += 2)
			n_before += file[slots[i]].seq < limits[i];
		CU_ASSERT_EQUAL(n_before, 0);
		take_many(s, slots, limits);
		sastate_put_all(s); /* a new datapath */
		take_many(s, slots, limits);
		slots_done(file);
		sastate_close(s);
	}
	memset(has, 0, sizeof(has));
	for (uint32_t i = 0; i < MANY; i++) {
		CU_ASSERT_FALSE(has[slots[i]]);
		has[slots[i]] = true;
	}
	bench_dir_remove(dir);
}

/* Files of an earlier version, which had 8192 slots, or what became of them. */
static void
a_shorter_file_is_taken_over(void)
{
	static const struct {
		const char *boot;
		uint32_t n_slots;
		bool exact;
	} rows[] = { { "boot 1", 8192, true }, { "boot 2", 8192, false }, { "boot 1", 1, false },
		{ "boot 1", 0, false } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char dir[64], path[128];
		uint32_t out, unused, in, again;
		uint64_t limit, nothing;
		struct sa_slot *slots;
		struct sastate *s;

		bench_dir(dir);
		s = open_in(dir, "boot 1");
		sastate_take(s, id_b, true, &in, &nothing, NULL);
		sastate_take(s, id_a, false, &out, &limit, NULL);
		sastate_take(s, (const uint8_t[SASTATE_ID_LEN]){ 5 }, false, &unused, &limit, NULL);
		slots = slots_of(s);
		slots[in].seq = 77;
		slots[out].seq = 1234;
		slots_done(slots);
		sastate_close(s);
		snprintf(path, sizeof(path), "%s/sastate", dir);
		CU_ASSERT_EQUAL(truncate(path, (off_t)(rows[i].n_slots * sizeof(*slots))), 0);
		snprintf(path, sizeof(path), "%s/sastate.keys", dir);
		CU_ASSERT_EQUAL(truncate(path, 4096 + 8192 * 128), 0);
		s = open_in(dir, rows[i].boot);
		slots = slots_of(s);
		CU_ASSERT_EQUAL(slots[in].seq, rows[i].n_slots > 0 ? 77 : 0);
		CU_ASSERT_EQUAL(slots[out].seq, rows[i].exact ? 1234 : limit);
		CU_ASSERT_EQUAL(slots[unused].seq, limit); /* nothing is what a lost slot says */
		CU_ASSERT_EQUAL(sastate_take(s, id_a, false, &again, &nothing, NULL), 0);
		CU_ASSERT_EQUAL(again, out);
		slots_done(slots);
		sastate_close(s);
		bench_dir_remove(dir);
	}
}

static void
numbers_end_with_the_last_one(void)
{
	char dir[64];
	struct sastate *s;
	struct sa_slot *slots;
	uint32_t slot;
	uint64_t limit;

	bench_dir(dir);
	s = open_in(dir, "boot 1");
	sastate_take(s, id_a, false, &slot, &limit, NULL);
	slots = slots_of(s);
	slots[slot].seq = SASTATE_LAST - 5;
	slots_done(slots);
	CU_ASSERT_EQUAL(sastate_take(s, id_a, false, &slot, &limit, NULL), 0);
	CU_ASSERT_EQUAL(limit, SASTATE_LAST);
	CU_ASSERT_EQUAL(sastate_more(s, slot, &limit, NULL), 0);
	CU_ASSERT_EQUAL(limit, SASTATE_LAST);
	sastate_close(s);
	bench_dir_remove(dir);
}

static void
slots_are_taken_from_who_was_unused_for_longest(void)
{
	char dir[64];
	struct sastate *s;
	uint32_t slot;
	uint64_t limit;
	uint8_t id[SASTATE_ID_LEN] = { 0 };

	bench_dir(dir);
	s = open_in(dir, "boot 1");
	/* each waits for the disk, so they are few */
	for (uint32_t i = 0; i < 16; i++) {
		memcpy(id, &i, sizeof(i));
		CU_ASSERT_EQUAL(sastate_prepare(s, id, true, NULL), 0);
	}
	for (uint32_t i = 0; i < 16; i++) {
		memcpy(id, &i, sizeof(i));
		CU_ASSERT_EQUAL(sastate_take(s, id, true, &slot, &limit, NULL), 0);
		CU_ASSERT_EQUAL(slot, i);
	}
	for (uint32_t i = 16; i < SASTATE_SLOTS; i++)
		CU_ASSERT_EQUAL(sastate_lend(s, &slot, NULL), 0);
	memset(id, 0xee, sizeof(id));
	CU_ASSERT_EQUAL(sastate_take(s, id, true, &slot, &limit, NULL), -ENOSPC);
	sastate_put(s, 7);
	sastate_put(s, 9);
	CU_ASSERT_EQUAL(sastate_take(s, id, true, &slot, &limit, NULL), 0);
	CU_ASSERT_EQUAL(slot, 7);
	sastate_close(s);
	bench_dir_remove(dir);
}

static void
a_lent_slot_is_zeroed_stays_over_a_datapath_and_is_forgotten(void)
{
	char dir[64];
	struct sastate *s;
	struct sa_slot *slots;
	uint32_t manual, lent, other;
	uint64_t limit;

	bench_dir(dir);
	s = open_in(dir, "boot 1");
	sastate_take(s, id_a, false, &manual, &limit, NULL);
	CU_ASSERT_EQUAL(sastate_lend(s, &lent, NULL), 0);
	CU_ASSERT_NOT_EQUAL(lent, manual);
	slots = slots_of(s);
	slots[lent].seq = 99;
	sastate_put_all(s);
	CU_ASSERT_EQUAL(sastate_lend(s, &other, NULL), 0);
	CU_ASSERT_NOT_EQUAL(other, lent);   /* it is in use still */
	CU_ASSERT_NOT_EQUAL(other, manual); /* its numbers are remembered */
	sastate_put(s, lent);
	for (uint32_t i = 0; i < SASTATE_SLOTS - 2; i++)
		CU_ASSERT_EQUAL(sastate_lend(s, &other, NULL), 0);
	CU_ASSERT_EQUAL(slots[lent].seq, 0);
	CU_ASSERT_EQUAL(sastate_lend(s, &other, NULL), 0); /* then what is not in use */
	CU_ASSERT_EQUAL(other, manual);
	CU_ASSERT_EQUAL(sastate_lend(s, &other, NULL), -ENOSPC);
	slots_done(slots);
	sastate_close(s);
	s = open_in(dir, "boot 1");
	sastate_take(s, id_a, false, &other, &limit, NULL);
	CU_ASSERT_NOT_EQUAL(other, manual);
	sastate_close(s);
	bench_dir_remove(dir);
}

CU_TestInfo sastate_tests[] = {
	{ "a new outbound SA has a block of numbers", a_new_outbound_sa_has_a_block_of_numbers },
	{ "a slot put back by its identity is free and remembered",
		a_slot_put_back_by_its_identity_is_free_and_remembered },
	{ "in the same boot an SA goes on in its slot",
		in_the_same_boot_an_sa_goes_on_in_its_slot },
	{ "in another boot an outbound SA goes on behind all reserved numbers",
		in_another_boot_an_outbound_sa_goes_on_behind_all_reserved_numbers },
	{ "more numbers are on disk before they are used",
		more_numbers_are_on_disk_before_they_are_used },
	{ "a torn write leaves the limit that was acknowledged",
		a_torn_write_leaves_the_limit_that_was_acknowledged },
	{ "writes not waited for leave the limit that was acknowledged",
		writes_not_waited_for_leave_the_limit_that_was_acknowledged },
	{ "whatever fails, no number comes again", whatever_fails_no_number_comes_again },
	{ "the disk is waited for once for all that were prepared",
		the_disk_is_waited_for_once_for_all_that_were_prepared },
	{ "more than 20000 SAs have a slot each, and keep it",
		more_than_20000_sas_have_a_slot_each_and_keep_it },
	{ "a shorter file is taken over", a_shorter_file_is_taken_over },
	{ "numbers end with the last one", numbers_end_with_the_last_one },
	{ "slots are taken from who was unused for longest",
		slots_are_taken_from_who_was_unused_for_longest },
	{ "a lent slot is zeroed, stays over a datapath, and is forgotten",
		a_lent_slot_is_zeroed_stays_over_a_datapath_and_is_forgotten },
	CU_TEST_INFO_NULL,
};
