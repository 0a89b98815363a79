/*
 * Twin of lib/frame_wire.c; what it refuses to receive is in frame_test.c, with what follows.
 */
#include "config.h"

#include "lib/frame_wire.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/frame.h"
#include "tests/unit/lib/suites.h"

struct wire {
	int fds[2];
	uint8_t rx[FRAME_WIRE_MAX];
};

static struct wire *
wire_new(void)
{
	struct wire *w = calloc(1, sizeof(*w));

	CU_ASSERT_PTR_NOT_NULL_FATAL(w);
	CU_ASSERT_EQUAL_FATAL(frame_pair(w->fds), 0);
	return w;
}

static void
wire_free(struct wire *w)
{
	close(w->fds[0]);
	close(w->fds[1]);
	free(w);
}

static int
receive(struct wire *w, struct frame_arrival *a)
{
	return frame_wire_recv(w->fds[1], MSG_DATAPATH, MSG_DAEMON, w->rx, MSG_DONTWAIT, a);
}

static void
a_packet_is_header_and_body(void)
{
	static const uint8_t bytes[] = { 0, MSG_dp_sa_del, 0, MSG_PROTOCOL, 1, 2, 3, 4, 0, 0, 0,
		9 };
	const struct msg_dp_sa_del del = { .sa = 9 };
	struct frame_packet *p;

	CU_ASSERT_EQUAL(frame_wire_encode(
				MSG_DAEMON, MSG_DATAPATH, MSG_dp_sa_del, 0x01020304, &del, -1, &p),
		0);
	CU_ASSERT_EQUAL_FATAL(p->len, sizeof(bytes));
	CU_ASSERT_EQUAL(memcmp(p->data, bytes, sizeof(bytes)), 0);
	CU_ASSERT_EQUAL(p->fd, -1);
	frame_wire_free(p);
	frame_wire_free(NULL);
}

static void
keys_do_not_stay_in_the_receive_buffer(void)
{
	static const char key[] = "0123456789abcdef";
	struct msg_dp_sa sa = { .sa = 1, .cipher_key = { .len = 16 } };
	struct frame_arrival a;
	struct frame_packet *p;
	struct wire *w = wire_new();

	memcpy(sa.cipher_key.data, key, 16);
	CU_ASSERT_EQUAL(frame_wire_encode(MSG_DAEMON, MSG_DATAPATH, MSG_dp_sa, 7, &sa, -1, &p), 0);
	CU_ASSERT_PTR_NOT_NULL(memmem(p->data, p->len, key, 16));
	CU_ASSERT_EQUAL(frame_wire_send(w->fds[0], p, -1, MSG_DONTWAIT), 0);
	frame_wire_free(p);
	CU_ASSERT_EQUAL(receive(w, &a), 1);
	CU_ASSERT_EQUAL(a.request, 7);
	CU_ASSERT_EQUAL(memcmp(((struct msg_dp_sa *)a.body)->cipher_key.data, key, 16), 0);
	CU_ASSERT_PTR_NULL(memmem(w->rx, sizeof(w->rx), key, 16));
	frame_wire_done(&a);
	CU_ASSERT_PTR_NULL(a.body);
	wire_free(w);
}

static void
nothing_yet_and_the_end_are_told_apart(void)
{
	struct frame_arrival a;
	struct wire *w = wire_new();

	CU_ASSERT_EQUAL(receive(w, &a), -EAGAIN);
	shutdown(w->fds[0], SHUT_WR);
	CU_ASSERT_EQUAL(receive(w, &a), 0);
	CU_ASSERT_PTR_NULL(a.body);
	wire_free(w);
}

static void
every_message_fits_into_a_packet(void)
{
	for (unsigned int type = 1; type < MSG_N; type++) {
		const struct record *d = &msg_info(type)->record;
		size_t most = FRAME_WIRE_HEADER;

		/* lengths on the wire take no more than they do in memory, or two bytes */
		for (unsigned int i = 0; i < d->n_fields; i++)
			most += d->fields[i].size + 2;
		CU_ASSERT_TRUE(most <= FRAME_WIRE_MAX);
	}
}

CU_TestInfo frame_wire_tests[] = {
	{ "a packet is header and body", a_packet_is_header_and_body },
	{ "keys do not stay in the receive buffer", keys_do_not_stay_in_the_receive_buffer },
	{ "nothing yet and the end are told apart", nothing_yet_and_the_end_are_told_apart },
	{ "every message fits into a packet", every_message_fits_into_a_packet },
	CU_TEST_INFO_NULL,
};
