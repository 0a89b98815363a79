/*
 * Fuzzes control frames: what one of our processes says to another. The first octet chooses who talks to
 * whom, whether a descriptor comes along, and where the bytes are from: the input itself, or a message
 * (or state record) of the catalogue with contents made here, changed where the input says. What is
 * accepted must be encoded as the same bytes; what is not is refused, and nothing stays open.
 */
#include "config.h"

#include "lib/frame_wire.h"

#include "lib/frame.h"
#include "lib/log.h"
#include "lib/state.h"
#include "tests/fuzz/fuzz.h"
#include "tests/unit/lib/samples.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MADE = 1, FULL = 2, WITH_FD = 4, OVERLONG = 8, PARTIES = 7 };
enum { N_TYPES = MSG_N + STATE_N, TEXT_CAP = 4096 };

struct bed {
	int sock[2];
	int null;
	uint8_t rx[FRAME_WIRE_MAX];
};

static struct bed *
bed(void)
{
	static struct bed b;
	int size = 1 << 20;

	if (b.null)
		return &b;
	log_init("fuzz_frame", 1, LOG_LV_ERROR);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, b.sock) != 0)
		abort();
	setsockopt(b.sock[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	b.null = open("/dev/null", O_RDWR);
	return &b;
}

/* Whatever a record holds, it can be shown. */
static void
show(const struct record *d, const void *rec)
{
	char text[TEXT_CAP];

	FUZZ_MUST(record_print(d, rec, text, sizeof(text)) < sizeof(text));
	FUZZ_MUST(strlen(text) < sizeof(text) && strncmp(text, d->name, strlen(d->name)) == 0);
	free(record_json(d, rec));
}

/* Decoded, encoded: the same bytes. */
static void
round_trip(const struct record *d, const void *rec, const uint8_t *body, size_t len)
{
	struct wbuf out = wbuf_growing();

	FUZZ_MUST(record_encode(d, rec, &out) == 0 && !out.bad);
	FUZZ_MUST(wbuf_len(&out) == len && (len == 0 || memcmp(out.start, body, len) == 0));
	wbuf_fini(&out);
	show(d, rec);
}

static void
record_check(const struct record *d, const uint8_t *body, size_t len)
{
	uint8_t *tight = fuzz_copy(body, len);
	struct rbuf b = rbuf_over(tight, len);
	void *rec = malloc(d->size);
	int rc;

	if (!rec)
		abort();
	rc = record_decode(d, &b, rec);
	FUZZ_MUST(rc == 0 || rc == -EBADMSG);
	if (rc == 0)
		round_trip(d, rec, tight, len);
	free(rec);
	free(tight);
}

/* The lowest descriptor that is free: another one, when one was left open. */
static int
fd_lowest(const struct bed *b)
{
	int fd = dup(b->null);

	close(fd);
	return fd;
}

/* The same through a socket, as it arrives. */
static void
frame_check(struct bed *b, enum msg_party from, enum msg_party to, const uint8_t *bytes, size_t len,
	bool with_fd)
{
	struct frame_packet *p = malloc(sizeof(*p) + len);
	const struct msg_info *info = len >= 2 ? msg_info(be16_get(bytes)) : NULL;
	struct frame_arrival a;
	int rc, lowest = fd_lowest(b);

	if (!p)
		abort();
	*p = (struct frame_packet){ .len = len, .fd = -1 };
	memcpy(p->data, bytes, len);
	if (frame_wire_send(b->sock[0], p, with_fd ? b->null : -1, MSG_DONTWAIT) == 0) {
		rc = frame_wire_recv(b->sock[1], to, from, b->rx, MSG_DONTWAIT, &a);
		FUZZ_MUST(rc == 1 || rc == -EBADMSG || (rc == 0 && len == 0));
		if (rc == 1) {
			FUZZ_MUST(info && a.info == info && (info->from & from) && (info->to & to));
			FUZZ_MUST(info->fd == with_fd && (a.fd >= 0) == with_fd);
			round_trip(&info->record, a.body, bytes + FRAME_WIRE_HEADER,
				len - FRAME_WIRE_HEADER);
			frame_wire_done(&a);
		}
		FUZZ_MUST(a.fd == -1 && !a.body);
		FUZZ_MUST(fuzz_is_zero(b->rx, len < FRAME_WIRE_MAX ? len : FRAME_WIRE_MAX));
	}
	FUZZ_MUST(fd_lowest(b) == lowest);
	free(p);
}

static const struct record *
record_of(unsigned int type)
{
	return type < MSG_N ? type ? &msg_info(type)->record : NULL
			    : &state_info((enum state_table)(type - MSG_N))->record;
}

/* Contents for a record, and changes to them: an offset and what to xor there. */
static void
made_write(const struct record *d, struct rbuf *in, bool full, struct wbuf *out)
{
	uint32_t seed = rbuf_u32(in);
	void *rec = malloc(d->size);

	if (!rec)
		abort();
	sample_fill(d, rec, &seed, full);
	FUZZ_MUST(record_encode(d, rec, out) == 0);
	free(rec);
	while (!in->bad && rbuf_left(in) >= 3 && wbuf_len(out) > 0) {
		size_t at = rbuf_u16(in) % wbuf_len(out);

		out->start[at] ^= rbuf_u8(in);
	}
	if (!in->bad && rbuf_left(in)) /* cut */
		out->p -= rbuf_u8(in) % (wbuf_len(out) + 1);
}

static void
made_check(struct bed *b, struct rbuf *in, uint8_t mode)
{
	unsigned int type = rbuf_u8(in) % N_TYPES;
	const struct record *d = record_of(type);
	struct wbuf out = wbuf_growing();
	const struct msg_info *info = msg_info(type);

	if (!d)
		return;
	if (type < MSG_N) {
		wbuf_u16(&out, (uint16_t)type);
		wbuf_u16(&out, MSG_PROTOCOL);
		wbuf_u32(&out, 7);
	}
	made_write(d, in, mode & FULL, &out);
	if (mode & OVERLONG)
		memset(wbuf_reserve(&out, FRAME_WIRE_MAX), 0, FRAME_WIRE_MAX);
	if (type >= MSG_N)
		record_check(d, out.start, wbuf_len(&out));
	else /* parties that may talk so */
		frame_check(b, info->from & -info->from, info->to & -info->to, out.start,
			wbuf_len(&out), info->fd != !!(mode & WITH_FD));
	wbuf_fini(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rbuf in = rbuf_over(data, size);
	uint8_t mode = rbuf_u8(&in);
	struct bed *b = bed();

	uint8_t who;

	if (mode & MADE) {
		made_check(b, &in, mode);
		return 0;
	}
	who = rbuf_u8(&in);
	if (rbuf_left(&in) >= 1 && size < FRAME_WIRE_MAX)
		frame_check(b, 1u << (who & PARTIES), 1u << (who >> 4 & PARTIES), in.p,
			rbuf_left(&in), mode & WITH_FD);
	return 0;
}
