/*
 * Twin of datapath/punt.c, with the IKE speaker at the other end of a socket pair.
 */
#include "config.h"

#include "datapath/punt.h"

#include "lib/frame.h"
#include "lib/loop.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/datapath/esp_fixture.h"
#include "tests/unit/datapath/suites.h"

static void
on_punt(void *arg, struct frame *f, enum msg_type type, uint32_t request, const void *body, int fd)
{
	CU_ASSERT_EQUAL(type, MSG_punt);
	memcpy(arg, body, sizeof(struct msg_punt));
}

static void
on_gone(void *arg, struct frame *f)
{
}

static bool
send(struct fix *f, const void *data, uint32_t len)
{
	const struct addr here = addr_v4(FIX_OURS), there = addr_v4(FIX_THEIRS);

	return punt_send(&f->dp, &here, 4500, &there, 12345, data, len);
}

static void
a_datagram_reaches_the_speaker_as_it_came(void)
{
	struct msg_punt *got = calloc(1, sizeof(*got));
	struct frame *speaker;
	struct fix f;
	int fds[2];

	fix_init(&f);
	f.dp.loop = loop_new_virtual();
	CU_ASSERT_FALSE(send(&f, "early", 5));
	CU_ASSERT_EQUAL_FATAL(frame_pair(fds), 0);
	CU_ASSERT_EQUAL_FATAL(punt_open(&f.dp, fds[0]), 0);
	speaker = frame_new(f.dp.loop, fds[1], MSG_IKE, MSG_DATAPATH, on_punt, on_gone, got);
	CU_ASSERT_TRUE(send(&f, "hello", 5));
	loop_once(f.dp.loop);
	CU_ASSERT_EQUAL(got->datagram.len, 5);
	CU_ASSERT_EQUAL(memcmp(got->datagram.data, "hello", 5), 0);
	CU_ASSERT_EQUAL(addr_u32(&got->local), FIX_OURS);
	CU_ASSERT_EQUAL(got->local_port, 4500);
	CU_ASSERT_EQUAL(addr_u32(&got->remote), FIX_THEIRS);
	CU_ASSERT_EQUAL(got->remote_port, 12345);
	frame_free(speaker);
	loop_once(f.dp.loop);
	CU_ASSERT_FALSE(send(&f, "late", 4));
	punt_free(f.dp.punt);
	loop_free(f.dp.loop);
	fix_fini(&f);
	free(got);
}

static void
a_slow_speaker_costs_datagrams_and_not_memory(void)
{
	static const uint8_t big[1400];
	uint8_t later[1400] = { 0 };
	unsigned int taken = 0, more = 0;
	struct fix f;
	int fds[2];

	fix_init(&f);
	f.dp.loop = loop_new_virtual();
	CU_ASSERT_EQUAL_FATAL(frame_pair(fds), 0);
	CU_ASSERT_EQUAL_FATAL(punt_open(&f.dp, fds[0]), 0);
	for (unsigned int i = 0; i < 5000; i++)
		taken += send(&f, big, sizeof(big));
	CU_ASSERT_TRUE(taken > 0);
	CU_ASSERT_TRUE(taken < 1000);
	/* those of a negotiation under way are taken longer, and not for ever either */
	later[8] = 1;
	for (unsigned int i = 0; i < 5000; i++)
		more += send(&f, later, sizeof(later));
	CU_ASSERT_TRUE(more > 50);
	CU_ASSERT_TRUE(more < 1000);
	punt_free(f.dp.punt);
	close(fds[1]);
	loop_free(f.dp.loop);
	fix_fini(&f);
}

CU_TestInfo punt_tests[] = {
	{ "a datagram reaches the speaker as it came", a_datagram_reaches_the_speaker_as_it_came },
	{ "a slow speaker costs datagrams and not memory",
		a_slow_speaker_costs_datagrams_and_not_memory },
	CU_TEST_INFO_NULL,
};
