/*
 * The anti-replay window: a ring of words, indexed by sequence number, that is cleared as it moves and
 * never shifted (RFC 6479). Refuses to know SAs. The ring is always as long as it can be, so that
 * the window may be made larger or smaller while it runs.
 */
#include "config.h"

#include "datapath/replay.h"

enum { WORD_BITS = 64 };
/* Without a window numbers are still inferred: half of the low half's range lies behind the highest. */
#define INFER_WINDOW (UINT32_C(1) << 31)

uint64_t
replay_infer(const struct sa_slot *slot, uint32_t window, uint32_t low)
{
	uint32_t top_low = (uint32_t)slot->seq, reach = (window != 0 ? window : INFER_WINDOW) - 1;
	uint32_t bottom = top_low - reach; /* of the window, modulo 2^32 */
	uint64_t high = slot->seq >> 32;

	if (top_low >= reach) { /* the window lies within one subspace */
		if (low < bottom)
			high++;
	} else if (low >= bottom && high > 0) {
		high--;
	}
	return high << 32 | low; /* beyond 2^64 it is a small number again, which is refused */
}

bool
replay_check(const struct sa_slot *slot, uint32_t window, uint64_t seq)
{
	if (window == 0)
		return true; /* then the sender may wrap around, too (RFC 4303 3.3.3) */
	if (seq == 0)
		return false;
	if (seq > slot->seq)
		return true;
	if (slot->seq - seq >= window)
		return false;
	return (slot->window[seq / WORD_BITS % SASTATE_WORDS] >> (seq % WORD_BITS) & 1) == 0;
}

/* The words between the old and the new highest number belong to the new ones now. */
static void
ring_clear(struct sa_slot *slot, uint64_t from, uint64_t to)
{
	uint64_t first = from / WORD_BITS, n = to / WORD_BITS - first;

	if (n > SASTATE_WORDS)
		n = SASTATE_WORDS;
	for (uint64_t i = 1; i <= n; i++)
		slot->window[(first + i) % SASTATE_WORDS] = 0;
}

bool
replay_accept(struct sa_slot *slot, uint32_t window, uint64_t seq)
{
	uint64_t was = slot->seq;

	if (!replay_check(slot, window, seq))
		return false;
	if (seq > was) {
		/* Killed between two steps, the next process must refuse too much, not too little:
		 * the number first, then the ring. */
		__atomic_store_n(&slot->seq, seq, __ATOMIC_RELEASE);
		__atomic_signal_fence(__ATOMIC_SEQ_CST);
		ring_clear(slot, was, seq);
	}
	/* also without a window: there may be one again. Older ones have no place in the ring. */
	if (slot->seq - seq < SASTATE_WINDOW_MAX)
		slot->window[seq / WORD_BITS % SASTATE_WORDS] |= (uint64_t)1 << (seq % WORD_BITS);
	return true;
}
