/*
 * ping: what it takes for a reply, and what it says, over a pair of sockets instead of the network.
 */
#include "config.h"

#include "shell/ping.h"

#include "shell/out.h"
#include "tests/unit/shell/suites.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const uint8_t reply[] = { 0, 0, 0xab, 0xcd, 0x12, 0x34, 0, 7, 'd', 'a', 't', 'a' };

static void
test_parse(void)
{
	uint8_t request[sizeof(reply)];
	struct ping_reply r;

	CU_ASSERT_EQUAL(ping_parse(AF_INET, reply, sizeof(reply), &r), 0);
	CU_ASSERT_EQUAL(r.sequence, 7);
	CU_ASSERT_EQUAL(r.bytes, 4);
	memcpy(request, reply, sizeof(reply));
	request[0] = 8;
	CU_ASSERT_EQUAL(ping_parse(AF_INET, request, sizeof(request), &r), -EAGAIN);
}

static void
test_truncated(void)
{
	struct ping_reply r;

	for (size_t len = 0; len < sizeof(reply); len++) {
		uint8_t *copy = malloc(len ? len : 1);

		memcpy(copy, reply, len);
		CU_ASSERT_EQUAL(ping_parse(AF_INET, copy, len, &r), len < 8 ? -EBADMSG : 0);
		free(copy);
	}
}

static void
test_noise(void)
{
	uint32_t seed = 1;

	for (int i = 0; i < 20000; i++) {
		uint8_t data[64];
		struct ping_reply r;
		size_t len = (size_t)i % sizeof(data);
		int rc;

		for (size_t k = 0; k < len; k++) {
			seed = seed * 1664525 + 1013904223;
			data[k] = (uint8_t)(seed >> 24);
		}
		rc = ping_parse(AF_INET, data, len, &r);
		CU_ASSERT_TRUE(rc == 0 || rc == -EBADMSG || rc == -EAGAIN);
		CU_ASSERT_TRUE(rc || r.bytes < len);
	}
}

/* Runs ping with these answers waiting; returns its output, malloc'd. */
static char *
run(const char *to, unsigned int count, const uint16_t *answers, size_t n, int expect)
{
	struct ping p = { .count = count, .size = 4, .timeout_ms = n ? 5000 : 0 };
	char *text;
	size_t len;
	FILE *stream = open_memstream(&text, &len);
	struct out *o = out_new(stream, stderr, NULL);
	uint8_t data[sizeof(reply)];
	int s[2];

	CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_DGRAM, 0, s), 0);
	CU_ASSERT_EQUAL(addr_parse(to, &p.destination), 0);
	p.fd = s[0];
	memcpy(data, reply, sizeof(data));
	data[0] = p.destination.af == AF_INET6 ? 129 : 0;
	for (size_t i = 0; i < n; i++) {
		data[7] = (uint8_t)answers[i];
		CU_ASSERT_EQUAL(send(s[1], data, sizeof(data), 0), sizeof(data));
	}
	CU_ASSERT_EQUAL(ping_run(&p, o), expect);
	out_free(o);
	fclose(stream);
	close(s[0]);
	close(s[1]);
	return text;
}

static void
test_answered(void)
{
	/* a late answer to another request is not taken for this one's */
	static const uint16_t answers[] = { 9, 1, 2 };
	char *text = run("10.1.2.2", 2, answers, 3, 0);

	CU_ASSERT_NSTRING_EQUAL(text,
		"  PING 10.1.2.2: 4  data bytes, press CTRL_C to break\n"
		"    Reply from 10.1.2.2: bytes=4 Sequence=1 ttl=0 time=",
		109);
	CU_ASSERT_PTR_NOT_NULL(strstr(text,
		"\n\n  --- 10.1.2.2 ping statistics ---\n"
		"    2 packet(s) transmitted\n"
		"    2 packet(s) received\n"
		"    0.00% packet loss\n"
		"    round-trip min/avg/max = "));
	free(text);
}

static void
test_ipv6(void)
{
	static const uint16_t answers[] = { 1 };
	struct ping_reply r;
	char *text = run("2001:db8::2", 1, answers, 1, 0);

	CU_ASSERT_NSTRING_EQUAL(text,
		"  PING 2001:db8::2: 4  data bytes, press CTRL_C to break\n"
		"    Reply from 2001:db8::2 \n"
		"    bytes=4 Sequence=1 hop limit=0  time = ",
		126);
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "    1 packet(s) received\n"));
	free(text);
	/* an answer of the other family is none */
	CU_ASSERT_EQUAL(ping_parse(AF_INET6, reply, sizeof(reply), &r), -EAGAIN);
}

static void
test_unanswered(void)
{
	char *text = run("10.1.2.2", 3, NULL, 0, -ENOENT);

	CU_ASSERT_STRING_EQUAL(text,
		"  PING 10.1.2.2: 4  data bytes, press CTRL_C to break\n"
		"    Request time out\n"
		"    Request time out\n"
		"    Request time out\n"
		"\n"
		"  --- 10.1.2.2 ping statistics ---\n"
		"    3 packet(s) transmitted\n"
		"    0 packet(s) received\n"
		"    100.00% packet loss\n"
		"\n");
	free(text);
}

CU_TestInfo ping_tests[] = {
	{ "an echo reply is read", test_parse },
	{ "one that is cut short is not", test_truncated },
	{ "noise is refused", test_noise },
	{ "answers are counted", test_answered },
	{ "IPv6 is asked and answers in its own words", test_ipv6 },
	{ "silence is told", test_unanswered },
	CU_TEST_INFO_NULL,
};
