/*
 * The slots of SAs and their reservations, see sastate.h. A reservation is a record of two copies
 * that are written in turn, each with a generation and a checksum: a torn write leaves the other copy,
 * whose limit is the one that was acknowledged. Knows nothing of keys but a hash.
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
#include <sys/stat.h>
#include <unistd.h>

enum {
	COPY_LEN = 64,
	RECORD_LEN = 2 * COPY_LEN,
	HEADER_LEN = 4096,
	BOOT_LEN = 64,
	FILE_LEN = SASTATE_SLOTS * (int)sizeof(struct sa_slot)
};

struct reservation {
	bool used;   /* the slot is somebody's */
	bool in_use; /* by an SA that runs now */
	bool lent;   /* to one that is not remembered */
	bool inbound;
	uint8_t id[SASTATE_ID_LEN];
	uint64_t generation; /* of the last copy written; 0 = none */
	unsigned int copy;   /* which of the two that is */
	uint64_t limit;
};

struct sastate {
	int fd;
	int keys_fd;
	struct sa_slot *slots;
	uint64_t clock; /* highest generation: who was written last */
	uint32_t next;	/* where to look for a slot to lend */
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

/* Writes next's record over the older copy, waits for the disk, and makes it the slot's. */
static int
record_write(struct sastate *s, uint32_t slot, const struct reservation *next)
{
	struct reservation r = *next;
	uint8_t copy[COPY_LEN];
	off_t at;
	int rc;

	r.generation = s->clock + 1;
	r.copy = s->r[slot].generation == 0 ? 0 : 1 - s->r[slot].copy;
	at = HEADER_LEN + (off_t)slot * RECORD_LEN + (off_t)r.copy * COPY_LEN;
	copy_encode(&r, copy);
	rc = full_pwrite(s->keys_fd, copy, sizeof(copy), at);
	if (rc == 0 && fdatasync(s->keys_fd) != 0)
		rc = -errno;
	if (rc != 0)
		return rc;
	s->clock = r.generation;
	s->r[slot] = r;
	return 0;
}

static int
records_read(struct sastate *s)
{
	uint8_t record[RECORD_LEN];
	ssize_t n;

	for (uint32_t i = 0; i < SASTATE_SLOTS; i++) {
		n = pread(s->keys_fd, record, sizeof(record), HEADER_LEN + (off_t)i * RECORD_LEN);
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		memset(record + n, 0, sizeof(record) - (size_t)n);
		copy_decode(record, 0, &s->r[i]);
		copy_decode(record + COPY_LEN, 1, &s->r[i]);
		if (s->r[i].generation > s->clock)
			s->clock = s->r[i].generation;
	}
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

/* Were the slots written in this boot? Then they are exact. Else outbound goes on at the limits. */
static int
boot_check(struct sastate *s, const char *boot, bool file_is_new)
{
	char now[BOOT_LEN] = { 0 }, before[BOOT_LEN] = { 0 };

	if (boot != NULL)
		snprintf(now, sizeof(now), "%s", boot);
	else
		boot_read(now);
	if (pread(s->keys_fd, before, sizeof(before), 0) < 0)
		return -errno;
	if (memcmp(now, before, sizeof(now)) == 0 && !file_is_new)
		return 0;
	for (uint32_t i = 0; i < SASTATE_SLOTS; i++)
		if (s->r[i].used && !s->r[i].inbound)
			s->slots[i].seq = s->r[i].limit;
	if (msync(s->slots, FILE_LEN, MS_SYNC) != 0)
		return -errno;
	return full_pwrite(s->keys_fd, now, sizeof(now), 0);
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
slots_map(struct sastate *s, bool *is_new)
{
	struct stat st;
	int rc;

	if (fstat(s->fd, &st) != 0)
		return -errno;
	*is_new = st.st_size < FILE_LEN;
	rc = *is_new ? -posix_fallocate(s->fd, 0, FILE_LEN) : 0;
	if (rc != 0)
		return rc;
	s->slots = mmap(NULL, FILE_LEN, PROT_READ | PROT_WRITE, MAP_SHARED, s->fd, 0);
	if (s->slots == MAP_FAILED) {
		s->slots = NULL;
		return -errno;
	}
	return 0;
}

int
sastate_open(const char *dir, const char *boot, struct sastate **out, struct err *e)
{
	struct sastate *s = calloc(1, sizeof(*s));
	bool is_new = false;
	int rc;

	*out = NULL;
	if (s == NULL)
		return err_set(e, -ENOMEM, "sastate", "memory is short");
	s->fd = open_in(dir, "sastate");
	s->keys_fd = open_in(dir, "sastate.keys");
	rc = s->fd < 0 ? s->fd : s->keys_fd < 0 ? s->keys_fd : 0;
	if (rc == 0)
		rc = records_read(s);
	if (rc == 0)
		rc = slots_map(s, &is_new);
	if (rc == 0)
		rc = boot_check(s, boot, is_new);
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

static int
reserve(struct sastate *s, uint32_t slot, uint64_t limit)
{
	struct reservation next = s->r[slot];

	next.limit = limit < SASTATE_LAST ? limit : SASTATE_LAST;
	return next.limit == s->r[slot].limit ? 0 : record_write(s, slot, &next);
}

/* The slot with that identity; else a free one, else the one that was written longest ago. */
static int64_t
slot_find(const struct sastate *s, const uint8_t id[SASTATE_ID_LEN])
{
	int64_t best = -1;

	for (uint32_t i = 0; i < SASTATE_SLOTS; i++) {
		const struct reservation *r = &s->r[i];

		if (r->used && memcmp(r->id, id, SASTATE_ID_LEN) == 0)
			return i;
		if (!r->in_use && (best < 0 || r->generation < s->r[best].generation))
			best = i;
	}
	return best;
}

/* Gives the slot to another SA: on disk first, so that its former numbers are never taken up again. */
static int
slot_begin(struct sastate *s, uint32_t slot, const uint8_t id[SASTATE_ID_LEN], bool inbound)
{
	struct reservation next = { .used = true, .inbound = inbound };
	int rc;

	if (s->r[slot].used)
		log_warn("an unused SA's sequence numbers are forgotten: its slot is needed");
	memcpy(next.id, id, SASTATE_ID_LEN);
	rc = record_write(s, slot, &next);
	if (rc == 0)
		memset(&s->slots[slot], 0, sizeof(s->slots[slot]));
	return rc;
}

/* Room for a new datapath, which leaves SASTATE_SKIP numbers out, to send until it asks for more. */
static int
slot_ready(struct sastate *s, uint32_t slot)
{
	uint64_t need = s->slots[slot].seq + SASTATE_SKIP + SASTATE_BLOCK / 2;

	if (s->r[slot].inbound || s->r[slot].limit >= need)
		return 0;
	return reserve(s, slot, need + SASTATE_BLOCK / 2);
}

int
sastate_take(struct sastate *s, const uint8_t id[SASTATE_ID_LEN], bool inbound, uint32_t *slot,
	uint64_t *limit, struct err *e)
{
	int64_t i = slot_find(s, id);
	int rc = 0;

	if (i < 0)
		return err_set(e, -ENOSPC, "SA", "more than %d SAs", SASTATE_SLOTS);
	if (!s->r[i].used || memcmp(s->r[i].id, id, SASTATE_ID_LEN) != 0)
		rc = slot_begin(s, (uint32_t)i, id, inbound);
	if (rc == 0)
		rc = slot_ready(s, (uint32_t)i);
	if (rc != 0)
		return err_set(
			e, rc, "SA", "sequence numbers cannot be reserved: %s", strerror(-rc));
	s->r[i].in_use = true;
	*slot = (uint32_t)i;
	*limit = s->r[i].limit;
	return 0;
}

/* One that nobody has ever had since the file was made, if there is any. */
static int64_t
slot_unused(struct sastate *s)
{
	for (uint32_t n = 0; n < SASTATE_SLOTS; n++) {
		uint32_t i = (s->next + n) % SASTATE_SLOTS;

		if (s->r[i].used || s->r[i].in_use)
			continue;
		s->next = i + 1;
		return i;
	}
	return -1;
}

int
sastate_lend(struct sastate *s, uint32_t *slot, struct err *e)
{
	uint8_t id[SASTATE_ID_LEN];
	int64_t i = slot_unused(s);
	int rc = 0;

	if (i < 0) {
		arc4random_buf(id, sizeof(id)); /* nobody's: nobody takes its numbers up */
		i = slot_find(s, id);
		if (i < 0)
			return err_set(e, -ENOSPC, "SA", "more than %d SAs", SASTATE_SLOTS);
		rc = slot_begin(s, (uint32_t)i, id, true);
	}
	if (rc != 0)
		return err_set(e, rc, "SA", "no room for sequence numbers: %s", strerror(-rc));
	memset(&s->slots[i], 0, sizeof(s->slots[i]));
	s->r[i].in_use = s->r[i].lent = true;
	*slot = (uint32_t)i;
	return 0;
}

void
sastate_put(struct sastate *s, uint32_t slot)
{
	if (slot < SASTATE_SLOTS)
		s->r[slot].in_use = s->r[slot].lent = false;
}

void
sastate_put_id(struct sastate *s, const uint8_t id[SASTATE_ID_LEN])
{
	for (uint32_t i = 0; i < SASTATE_SLOTS; i++) {
		if (s->r[i].used && memcmp(s->r[i].id, id, SASTATE_ID_LEN) == 0)
			s->r[i].in_use = false;
	}
}

void
sastate_put_all(struct sastate *s)
{
	for (uint32_t i = 0; i < SASTATE_SLOTS; i++)
		s->r[i].in_use = s->r[i].lent;
}

int
sastate_more(struct sastate *s, uint32_t slot, uint64_t *limit, struct err *e)
{
	int rc = -EINVAL;

	if (slot < SASTATE_SLOTS && s->r[slot].in_use && !s->r[slot].inbound)
		rc = reserve(s, slot, s->r[slot].limit + SASTATE_BLOCK);
	if (rc != 0)
		return err_set(
			e, rc, "SA", "sequence numbers cannot be reserved: %s", strerror(-rc));
	*limit = s->r[slot].limit;
	return 0;
}
