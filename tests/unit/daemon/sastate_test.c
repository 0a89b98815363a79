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
	enum { COPY = 64, AT = 4096 };

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
		/* the newest of the two copies is the first: take, its reserve, more */
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
	{ "numbers end with the last one", numbers_end_with_the_last_one },
	{ "slots are taken from who was unused for longest",
		slots_are_taken_from_who_was_unused_for_longest },
	{ "a lent slot is zeroed, stays over a datapath, and is forgotten",
		a_lent_slot_is_zeroed_stays_over_a_datapath_and_is_forgotten },
	CU_TEST_INFO_NULL,
};
