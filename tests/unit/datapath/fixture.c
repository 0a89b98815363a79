/*
 * What the datapath's tests share: a whole datapath without a kernel, dice, and slow but plain
 * arithmetic to compare with.
 */
#include "config.h"

#include "tests/unit/datapath/fixture.h"

#include <CUnit/CUnit.h>
#include <stdlib.h>

void
world_init(struct world *w)
{
	struct loop *l = loop_new_virtual();

	CU_ASSERT_PTR_NOT_NULL_FATAL(l);
	CU_ASSERT_EQUAL_FATAL(dp_init(&w->dp, l), 0);
}

void
world_fini(struct world *w)
{
	struct loop *l = w->dp.loop;

	CU_ASSERT_EQUAL(pkt_pool_used(w->dp.pool), 0);
	dp_fini(&w->dp);
	loop_free(l);
}

uint32_t
dice(uint64_t *state)
{
	uint64_t x = *state;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	*state = x;
	return (uint32_t)(x >> 32);
}

uint32_t
packet_ip4(uint8_t *p, uint32_t len, uint8_t protocol, uint64_t *state)
{
	struct ip4 ip = { .total_len = (uint16_t)len,
		.ttl = 64,
		.protocol = protocol,
		.id = (uint16_t)dice(state),
		.src = 0xc0a80a01,
		.dst = 0xc0a81401 };

	ip4_build(p, &ip);
	for (uint32_t i = IP4_HDR_LEN; i < len; i++)
		p[i] = (uint8_t)dice(state);
	return len;
}

uint16_t
naive_checksum(const uint8_t *p, uint32_t len, uint32_t sum)
{
	for (uint32_t i = 0; i < len; i++) {
		sum += i % 2 ? p[i] : p[i] * 256u;
		sum = sum % 65536 + sum / 65536;
	}
	sum = sum % 65536 + sum / 65536;
	return (uint16_t) ~(sum % 65536 + sum / 65536);
}

bool
naive_transport_ok(const uint8_t *p, uint32_t len, uint32_t off, uint8_t protocol)
{
	bool v6 = p[0] >> 4 == 6;
	const uint8_t *addrs = p + (v6 ? 8 : 12);
	uint16_t sum = (uint16_t)~naive_checksum(addrs, v6 ? 32 : 8, 0);

	return naive_checksum(p + off, len - off, sum + protocol + (len - off)) == 0;
}
