/*
 * Fuzzes gre_in: the input is what follows the outer IPv4 header; its first byte chooses the tunnel
 * (plain, with key, with key and checksum) by the addresses, and whether a checksum is made right.
 */
#include "config.h"

#include "datapath/checksum.h"
#include "datapath/gre.h"
#include "datapath/ip4.h"
#include "lib/buf.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/datapath/esp_fixture.h"

enum { N_TUNNELS = 3, GRE_MAX = 1900, GRE_CHECKSUM_PRESENT = 0x80, REMOTE = 0x0a000001 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct fix *
world(void)
{
	static struct fix f;
	static bool ready;

	if (ready)
		return &f;
	fix_init(&f);
	f.dp.gre = gre_table_new();
	for (uint32_t i = 0; i < N_TUNNELS; i++) {
		const struct msg_dp_tunnel m = { .port = i + 1,
			.source = addr_v4(FIX_OURS),
			.destination = addr_v4(REMOTE + i),
			.has_key = i > 0,
			.key = i,
			.checksum = i > 1,
			.mtu = 1476,
			.up = true };

		if (f.dp.gre == NULL || gre_put(f.dp.gre, &m, NULL) != 0)
			abort();
	}
	ready = true;
	return &f;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fix *f = world();
	uint8_t packet[2048], *gre = packet + IP4_HDR_LEN;
	uint32_t len;
	struct pkt *p;

	if (size < 1 || size > GRE_MAX)
		return 0;
	len = (uint32_t)size - 1;
	fix_ip4(packet, REMOTE + data[0] % N_TUNNELS, FIX_OURS, IP_PROTO_GRE, len);
	memcpy(gre, data + 1, len);
	if ((data[0] & 0x80) && len >= 8 && (gre[0] & GRE_CHECKSUM_PRESENT)) {
		be16_put(gre + 4, 0);
		be16_put(gre + 4, checksum(gre, len));
	}
	p = fix_pkt_tight(packet, IP4_HDR_LEN + len);
	fix_run(f, gre_in_stage, p);
	if (p->next == STAGE_DROP ? p->drop == DROP_NONE : p->next != STAGE_TUN_TX)
		abort();
	if (p->next == STAGE_TUN_TX &&
		(p->data < p->room_start || p->data + p->len > p->room_end || p->port == 0))
		abort();
	fix_pkt_free(p);
	return 0;
}
