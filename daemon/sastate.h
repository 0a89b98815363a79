#ifndef YD_DAEMON_SASTATE_H
#define YD_DAEMON_SASTATE_H

#include <stdbool.h>
#include <stdint.h>

struct err;

/*
 * Sequence numbers and replay windows that outlive processes: DIR/sastate is the shared file of slots
 * (lib/sastate.h), DIR/sastate.keys says whose a slot is and up to which number it may be used.
 * Numbers are reserved on disk in blocks before their use, so that no number is used twice with one
 * key: the same boot goes on in the slot (whichever process died), another boot goes on at the limit.
 */
#define SASTATE_SLOTS 32768 /* 10,000 tunnels, and some of them rekeying */
#define SASTATE_BLOCK (UINT64_C(1) << 20)
#define SASTATE_LAST UINT32_MAX /* no extended sequence numbers with manual keys (RFC 4303 2.2.1) */
#define SASTATE_ID_LEN 32

struct sastate;

/* boot names this boot; NULL: ask the system. */
int sastate_open(const char *dir, const char *boot, struct sastate **out, struct err *e);
void sastate_close(struct sastate *s);

/* The shared file, borrowed. */
int sastate_fd(const struct sastate *s);

/* The slot of an SA (see keys_identity), found or new. For an outbound one *limit is the last number
 * that may be used, and that is on disk. -ENOSPC, or -errno of the disk. */
int sastate_take(struct sastate *s, const uint8_t id[SASTATE_ID_LEN], bool inbound, uint32_t *slot,
	uint64_t *limit, struct err *e);
/* Does what the disk needs for that without waiting for it. Whoever takes many prepares them all first: the
 * first take waits once for all of them. */
int sastate_prepare(
	struct sastate *s, const uint8_t id[SASTATE_ID_LEN], bool inbound, struct err *e);
/* A slot for an SA whose keys live no longer than this process: zeroed, all numbers are its own, nothing is
 * on disk. -ENOSPC, or -errno of the disk. */
int sastate_lend(struct sastate *s, uint32_t *slot, struct err *e);
/* The slot is not in use now; its numbers are remembered until slots are short, unless it was lent. */
void sastate_put(struct sastate *s, uint32_t slot);
/* The same, by identity. */
void sastate_put_id(struct sastate *s, const uint8_t id[SASTATE_ID_LEN]);
/* No slot is in use now but those that were lent. */
void sastate_put_all(struct sastate *s);
/* Reserves another block. */
int sastate_more(struct sastate *s, uint32_t slot, uint64_t *limit, struct err *e);

#endif
