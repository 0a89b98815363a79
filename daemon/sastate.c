/*
 * The slots of SAs and their reservations, see sastate.h. A reservation is a record of two copies
 * that are written in turn, each with a generation and a checksum: a torn write leaves the other copy,
 * whose limit is the one that was acknowledged. The disk is waited for once for all records that were written
 * before a slot is handed out. Knows nothing of keys but a hash.
 */
#include "config.h"

#include "daemon/sastate.h"

#include "lib/buf.h"
#include "lib/err.h"
#include "lib/log.h"
#include "lib/sastate.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/queue.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	COPY_LEN = 64,
	RECORD_LEN = 2 * COPY_LEN,
	HEADER_LEN = 4096,
	BOOT_LEN = 64,
	READ_LEN = 512 * RECORD_LEN, /* at a time */
	FILE_LEN = SASTATE_SLOTS * (int)sizeof(struct sa_slot),
	N_BUCKETS = SASTATE_SLOTS * 2 /* a power of two */
};

struct reservation {
	TAILQ_ENTRY(reservation) free; /* when not in use */
	SLIST_ENTRY(reservation) same; /* of the same bucket, when used */
	bool used;		       /* the slot is somebody's */
	bool in_use;		       /* by an SA that runs now */
	bool lent;		       /* to one that is not remembered */
	bool inbound;
	bool dirty; /* the disk has not acknowledged the last copy: the other one holds */
	uint8_t id[SASTATE_ID_LEN];
	uint64_t generation; /* of the last copy written; 0 = none */
	unsigned int copy;   /* which of the two that is */
	uint64_t limit;
};

TAILQ_HEAD(free_list, reservation);

struct sastate {
	int fd;
	int keys_fd;
	struct sa_slot *slots;
	uint64_t clock; /* highest generation: who was written last */
	/* Slots that are not in use: nobody's since the file was made, and those that are remembered, the
	 * one that was unused for longest first. */
	struct free_list fresh, idle;
	uint32_t n_dirty;
	uint32_t dirty[SASTATE_SLOTS];
	bool rewrite; /* the dirty ones: what became of them is not known since a write failed */
	SLIST_HEAD(, reservation) buckets[N_BUCKETS];
	struct reservation r[SASTATE_SLOTS];
};

/* FNV-1a: against torn writes, not against people. */
static uint64_t
checksum(const uint8_t *p, size_t len)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < len; i++)
		h = (h ^ p[i]) * UINT64_C(0x100000001b3);
	return h;
}

static void
copy_encode(const struct reservation *r, uint8_t out[COPY_LEN])
{
	struct wbuf b = wbuf_over(out, COPY_LEN);

	memset(out, 0, COPY_LEN);
	wbuf_u64(&b, r->generation);
	wbuf_u64(&b, r->limit);
	wbuf_u8(&b, r->inbound);
	wbuf_put(&b, r->id, sizeof(r->id));
	b.p = out + COPY_LEN - 8;
	wbuf_u64(&b, checksum(out, COPY_LEN - 8));
}

static void
copy_decode(const uint8_t in[COPY_LEN], unsigned int copy, struct reservation *r)
{
	struct rbuf b = rbuf_over(in, COPY_LEN), sum = rbuf_over(in + COPY_LEN - 8, 8);
	uint64_t generation = rbuf_u64(&b);

	if (generation <= r->generation || rbuf_u64(&sum) != checksum(in, COPY_LEN - 8))
		return;
	r->used = true;
	r->generation = generation;
	r->copy = copy;
	r->limit = rbuf_u64(&b);
	r->inbound = rbuf_u8(&b) != 0;
	rbuf_copy(&b, r->id, sizeof(r->id));
}

static int
full_pwrite(int fd, const void *p, size_t len, off_t at)
{
	ssize_t n = pwrite(fd, p, len, at);

	if (n < 0)
		return -errno;
	return (size_t)n == len ? 0 : -EIO;
}

/* --- whose slots are -------------------------------------------------------------------- */

static uint32_t
slot_of(const struct sastate *s, const struct reservation *r)
{
	return (uint32_t)(r - s->r);
}

static uint32_t
bucket_of(const uint8_t id[SASTATE_ID_LEN])
{
	return (uint32_t)(checksum(id, SASTATE_ID_LEN) >> 32) % N_BUCKETS;
}

static struct reservation *
find(const struct sastate *s, const uint8_t id[SASTATE_ID_LEN])
{
	struct reservation *r;

	SLIST_FOREACH (r, &s->buckets[bucket_of(id)], same)
		if (memcmp(r->id, id, SASTATE_ID_LEN) == 0)
			return r;
	return NULL;
}

static void
free_insert(struct sastate *s, struct reservation *r)
{
	if (!r->used)
		TAILQ_INSERT_TAIL(&s->fresh, r, free);
	else if (r->lent) /* its numbers were of no key that comes again */
		TAILQ_INSERT_HEAD(&s->idle, r, free);
	else
		TAILQ_INSERT_TAIL(&s->idle, r, free);
}

static void
free_remove(struct sastate *s, struct reservation *r)
{
	if (r->used)
		TAILQ_REMOVE(&s->idle, r, free);
	else
		TAILQ_REMOVE(&s->fresh, r, free);
}

static void
begin_use(struct sastate *s, struct reservation *r, bool lent)
{
	if (!r->in_use)
		free_remove(s, r);
	r->in_use = true;
	r->lent = lent;
}

static void
end_use(struct sastate *s, struct reservation *r)
{
	if (r->in_use)
		free_insert(s, r);
	r->in_use = r->lent = false;
}

/* --- on disk ------------------------------------------------------------------------------ */

static int
copy_write(struct sastate *s, const struct reservation *r, uint32_t slot)
{
	off_t at = HEADER_LEN + (off_t)slot * RECORD_LEN + (off_t)r->copy * COPY_LEN;
	uint8_t copy[COPY_LEN];
	int rc;

	copy_encode(r, copy);
	rc = full_pwrite(s->keys_fd, copy, sizeof(copy), at);
	s->rewrite |= rc != 0;
	return rc;
}

/* Writes that record over the older copy, or over the one that the disk has not acknowledged, and makes it the
 * slot's: the acknowledged one is never touched, whatever is torn. */
static int
record_write(struct sastate *s, struct reservation *r, const uint8_t id[SASTATE_ID_LEN],
	bool inbound, uint64_t limit)
{
	struct reservation next = { .generation = s->clock + 1,
		.copy = r->generation == 0 || r->dirty ? r->copy : 1 - r->copy,
		.inbound = inbound,
		.limit = limit };
	int rc;

	memcpy(next.id, id, SASTATE_ID_LEN);
	rc = copy_write(s, &next, slot_of(s, r));
	if (rc != 0)
		return rc;
	if (!r->dirty)
		s->dirty[s->n_dirty++] = slot_of(s, r);
	r->dirty = true;
	s->clock = r->generation = next.generation;
	r->copy = next.copy;
	r->limit = limit;
	return 0;
}

/* Waits until the disk has all that was written. */
static int
sync_all(struct sastate *s)
{
	int rc = 0;

	if (s->n_dirty == 0)
		return 0;
	/* What a failed write leaves is not known, and after a failed wait the kernel forgets that it is to
	 * be written. */
	for (uint32_t i = 0; i < s->n_dirty && s->rewrite && rc == 0; i++)
		rc = copy_write(s, &s->r[s->dirty[i]], s->dirty[i]);
	s->rewrite = true;
	if (rc == 0 && fdatasync(s->keys_fd) != 0)
		rc = -errno;
	if (rc != 0)
		return rc;
	s->rewrite = false;
	while (s->n_dirty > 0)
		s->r[s->dirty[--s->n_dirty]].dirty = false;
	return 0;
}

static void
records_decode(struct sastate *s, const uint8_t *records, uint32_t first, uint32_t n)
{
	for (uint32_t i = first; i < first + n; i++, records += RECORD_LEN) {
		copy_decode(records, 0, &s->r[i]);
		copy_decode(records + COPY_LEN, 1, &s->r[i]);
		if (s->r[i].generation > s->clock)
			s->clock = s->r[i].generation;
	}
}

/* What a killed daemon wrote, and perhaps waited for in vain, is on disk before it counts: it is written as it
 * was. */
static int
records_read(struct sastate *s)
{
	uint8_t *records = malloc(READ_LEN);
	off_t at = HEADER_LEN;
	ssize_t n = 1;
	int rc = records != NULL ? 0 : -ENOMEM;

	for (uint32_t i = 0; i < SASTATE_SLOTS && n > 0 && rc == 0; i += READ_LEN / RECORD_LEN) {
		memset(records, 0, READ_LEN);
		n = pread(s->keys_fd, records, READ_LEN, at);
		if (n < 0)
			rc = -errno;
		else
			rc = full_pwrite(s->keys_fd, records, (size_t)n, at);
		records_decode(s, records, i, READ_LEN / RECORD_LEN);
		at += READ_LEN;
	}
	free(records);
	if (rc == 0 && fdatasync(s->keys_fd) != 0)
		rc = -errno;
	return rc;
}

static int
by_generation(const void *a, const void *b)
{
	const struct reservation *x = *(struct reservation *const *)a,
				 *y = *(struct reservation *const *)b;

	if (x->generation != y->generation)
		return x->generation < y->generation ? -1 : 1;
	return (x > y) - (x < y);
}

/* Nothing is in use yet. */
static int
index_make(struct sastate *s)
{
	struct reservation **all = calloc(SASTATE_SLOTS, sizeof(struct reservation *));

	if (all == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < SASTATE_SLOTS; i++)
		all[i] = &s->r[i];
	qsort(all, SASTATE_SLOTS, sizeof(struct reservation *), by_generation);
	for (uint32_t i = 0; i < SASTATE_SLOTS; i++) {
		free_insert(s, all[i]);
		if (all[i]->used)
			SLIST_INSERT_HEAD(&s->buckets[bucket_of(all[i]->id)], all[i], same);
	}
	free(all);
	return 0;
}

static void
boot_read(char out[BOOT_LEN])
{
	FILE *f = fopen("/proc/sys/kernel/random/boot_id", "re");

	if (f == NULL || fgets(out, BOOT_LEN, f) == NULL)
		snprintf(out, BOOT_LEN, "unknown %08x%08x", arc4random(), arc4random());
	if (f != NULL)
		fclose(f);
	out[strcspn(out, "\n")] = '\0';
}

static int
open_in(const char *dir, const char *name)
{
	char path[4096];
	int fd;

	if (snprintf(path, sizeof(path), "%s/%s", dir, name) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -errno;
	return fd;
}

static int
slots_map(struct sastate *s)
{
	s->slots = mmap(NULL, FILE_LEN, PROT_READ | PROT_WRITE, MAP_SHARED, s->fd, 0);
	if (s->slots != MAP_FAILED)
		return 0;
	s->slots = NULL;
	return -errno;
}

/* Makes the file what it should be. Of the first n slots it is known what they say, unless it is nothing;
 * outbound SAs of others go on at their limits. Should this process end on the way, the next one trusts no slot. */
static int
slots_make(struct sastate *s, uint32_t n, const char boot[BOOT_LEN])
{
	static const char unknown[BOOT_LEN];
	int rc = full_pwrite(s->keys_fd, unknown, sizeof(unknown), 0);

	if (rc == 0)
		rc = -posix_fallocate(s->fd, 0, FILE_LEN);
	if (rc == 0)
		rc = slots_map(s);
	if (rc != 0)
		return rc;
	for (uint32_t i = 0; i < SASTATE_SLOTS; i++)
		if (s->r[i].used && !s->r[i].inbound && (i >= n || s->slots[i].seq == 0))
			s->slots[i].seq = s->r[i].limit;
	if (msync(s->slots, FILE_LEN, MS_SYNC) != 0)
		return -errno;
	return full_pwrite(s->keys_fd, boot, BOOT_LEN, 0);
}

/* Slots written in this boot are exact. An earlier version's file has fewer. */
static int
slots_open(struct sastate *s, const char *boot)
{
	char now[BOOT_LEN] = { 0 }, before[BOOT_LEN] = { 0 };
	struct stat st;

	if (boot != NULL)
		snprintf(now, sizeof(now), "%s", boot);
	else
		boot_read(now);
	if (pread(s->keys_fd, before, sizeof(before), 0) < 0 || fstat(s->fd, &st) != 0)
		return -errno;
	if (memcmp(now, before, sizeof(now)) != 0)
		return slots_make(s, 0, now);
	if (st.st_size < FILE_LEN)
		return slots_make(s, (uint32_t)((size_t)st.st_size / sizeof(struct sa_slot)), now);
	return slots_map(s);
}

int
sastate_open(const char *dir, const char *boot, struct sastate **out, struct err *e)
{
	struct sastate *s = calloc(1, sizeof(*s));
	int rc;

	*out = NULL;
	if (s == NULL)
		return err_set(e, -ENOMEM, "sastate", "memory is short");
	TAILQ_INIT(&s->fresh);
	TAILQ_INIT(&s->idle);
	s->fd = open_in(dir, "sastate");
	s->keys_fd = open_in(dir, "sastate.keys");
	rc = s->fd < 0 ? s->fd : s->keys_fd < 0 ? s->keys_fd : 0;
	if (rc == 0)
		rc = records_read(s);
	if (rc == 0)
		rc = index_make(s);
	if (rc == 0)
		rc = slots_open(s, boot);
	if (rc != 0) {
		sastate_close(s);
		return err_set(
			e, rc, "sastate", "%s/sastate cannot be used: %s", dir, strerror(-rc));
	}
	*out = s;
	return 0;
}

void
sastate_close(struct sastate *s)
{
	if (s == NULL)
		return;
	if (s->slots != NULL)
		munmap(s->slots, FILE_LEN);
	if (s->fd >= 0)
		close(s->fd);
	if (s->keys_fd >= 0)
		close(s->keys_fd);
	free(s);
}

int
sastate_fd(const struct sastate *s)
{
	return s->fd;
}

/* --- taking and putting back ---------------------------------------------------------------- */

static uint64_t
most(uint64_t limit)
{
	return limit < SASTATE_LAST ? limit : SASTATE_LAST;
}

/* Room for a new datapath, which leaves SASTATE_SKIP numbers out, to send until it asks for more. */
static uint64_t
room_after(uint64_t seq)
{
	return most(seq + SASTATE_SKIP + SASTATE_BLOCK);
}

static int
none_free(struct err *e)
{
	return err_set(e, -ENOSPC, "SA", "more than %d SAs", SASTATE_SLOTS);
}

static int
not_reserved(int rc, struct err *e)
{
	return err_set(e, rc, "SA", "sequence numbers cannot be reserved: %s", strerror(-rc));
}

/* Gives the slot to another SA. Until the disk has that, nobody may use it: the former numbers are never
 * taken up again. */
static int
give(struct sastate *s, struct reservation *r, const uint8_t id[SASTATE_ID_LEN], bool inbound)
{
	int rc = record_write(s, r, id, inbound, inbound ? 0 : room_after(0));

	if (rc != 0)
		return rc;
	free_remove(s, r);
	if (r->used) {
		log_warn("an unused SA's sequence numbers are forgotten: its slot is needed");
		SLIST_REMOVE(&s->buckets[bucket_of(r->id)], r, reservation, same);
	}
	r->used = true;
	r->inbound = inbound;
	memcpy(r->id, id, SASTATE_ID_LEN);
	SLIST_INSERT_HEAD(&s->buckets[bucket_of(id)], r, same);
	free_insert(s, r);
	memset(&s->slots[slot_of(s, r)], 0, sizeof(s->slots[0]));
	return 0;
}

/* Enough numbers, written but not on disk. */
static int
reserve(struct sastate *s, struct reservation *r)
{
	uint64_t seq = s->slots[slot_of(s, r)].seq;

	if (r->inbound || r->limit >= most(seq + SASTATE_SKIP + SASTATE_BLOCK / 2))
		return 0;
	return record_write(s, r, r->id, r->inbound, room_after(seq));
}

/* One that is not in use: nobody's, or one that must be forgotten. */
static struct reservation *
free_first(const struct sastate *s)
{
	return !TAILQ_EMPTY(&s->fresh) ? TAILQ_FIRST(&s->fresh) : TAILQ_FIRST(&s->idle);
}

static int
prepare(struct sastate *s, const uint8_t id[SASTATE_ID_LEN], bool inbound, struct reservation **out,
	struct err *e)
{
	struct reservation *r = find(s, id);
	int rc = 0;

	if (r == NULL) {
		r = free_first(s);
		if (r == NULL)
			return none_free(e);
		rc = give(s, r, id, inbound);
	}
	if (rc == 0)
		rc = reserve(s, r);
	if (rc != 0)
		return not_reserved(rc, e);
	if (!r->in_use) { /* the last one to be forgotten */
		free_remove(s, r);
		free_insert(s, r);
	}
	*out = r;
	return 0;
}

int
sastate_prepare(struct sastate *s, const uint8_t id[SASTATE_ID_LEN], bool inbound, struct err *e)
{
	struct reservation *r;

	return prepare(s, id, inbound, &r, e);
}

int
sastate_take(struct sastate *s, const uint8_t id[SASTATE_ID_LEN], bool inbound, uint32_t *slot,
	uint64_t *limit, struct err *e)
{
	struct reservation *r;
	int rc = prepare(s, id, inbound, &r, e);

	if (rc == 0 && (rc = sync_all(s)) != 0)
		not_reserved(rc, e);
	if (rc != 0)
		return rc;
	begin_use(s, r, false);
	*slot = slot_of(s, r);
	*limit = r->limit;
	return 0;
}

int
sastate_lend(struct sastate *s, uint32_t *slot, struct err *e)
{
	struct reservation *r = free_first(s);
	uint8_t id[SASTATE_ID_LEN];
	int rc = 0;

	if (r == NULL)
		return none_free(e);
	if (r->used) {
		arc4random_buf(id, sizeof(id)); /* nobody's: nobody takes its numbers up */
		rc = give(s, r, id, true);
		if (rc == 0)
			rc = sync_all(s);
	}
	if (rc != 0)
		return err_set(e, rc, "SA", "no room for sequence numbers: %s", strerror(-rc));
	memset(&s->slots[slot_of(s, r)], 0, sizeof(s->slots[0]));
	begin_use(s, r, true);
	*slot = slot_of(s, r);
	return 0;
}

void
sastate_put(struct sastate *s, uint32_t slot)
{
	if (slot < SASTATE_SLOTS)
		end_use(s, &s->r[slot]);
}

void
sastate_put_id(struct sastate *s, const uint8_t id[SASTATE_ID_LEN])
{
	struct reservation *r = find(s, id);

	if (r != NULL)
		end_use(s, r);
}

void
sastate_put_all(struct sastate *s)
{
	for (uint32_t i = 0; i < SASTATE_SLOTS; i++)
		if (!s->r[i].lent)
			end_use(s, &s->r[i]);
}

int
sastate_more(struct sastate *s, uint32_t slot, uint64_t *limit, struct err *e)
{
	struct reservation *r = slot < SASTATE_SLOTS ? &s->r[slot] : NULL;
	int rc = 0;

	if (r == NULL || !r->in_use || r->inbound)
		return not_reserved(-EINVAL, e);
	/* What was asked for and not acknowledged is enough. */
	if (!r->dirty && r->limit < SASTATE_LAST)
		rc = record_write(s, r, r->id, r->inbound, most(r->limit + SASTATE_BLOCK));
	if (rc == 0)
		rc = sync_all(s);
	if (rc != 0)
		return not_reserved(rc, e);
	*limit = r->limit;
	return 0;
}
