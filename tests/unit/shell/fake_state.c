/*
 * What the fake router shows: an interface of each kind and each status, a policy that works, counters.
 */
#include "config.h"

#include "tests/unit/shell/fake_state.h"

#include "lib/alg.h"
#include "lib/state.h"

#include <string.h>
#include <sys/socket.h>

#define IP4(w, x, y, z)                            \
	{                                          \
		.af = AF_INET, .b = { w, x, y, z } \
	}

static const struct st_system system_rows[] = {
	{ .sysname = "RTA",
		.version = "0.1",
		.uptime_s = 788640,
		.revision = 12,
		.applied = 12,
		.saved = 11,
		.datapath_up = true,
		.datapath_restarts = 1,
		.failed = 0 },
};

static const struct st_object object_rows[] = {
	{ "Tunnel0/0/2", "incomplete", "no destination" },
	{ "IPSec policy P1 20", "failed", "The kernel does not want it." },
};

static const struct st_interface interface_rows[] = {
	{ .name = "GigabitEthernet0/0/0",
		.device = "eth0",
		.admin_up = true,
		.phys_up = true,
		.proto_up = true,
		.last_up_time = 1767225600,
		.mtu = 1500,
		.address = "10.1.1.1/24",
		.address_sub = "10.1.3.1/24",
		.mac = "00e0-fc12-3456",
		.in_packets = 1200,
		.in_bytes = 123456,
		.out_packets = 1100,
		.out_bytes = 120000 },
	{ .name = "GigabitEthernet0/0/1",
		.device = "eth1",
		.phys_up = true,
		.description = "to the world",
		.mtu = 1500,
		.mac = "00e0-fc12-3457",
		.policy = "P1",
		.in_errors = 3 },
	{ .name = "LoopBack0",
		.device = "lo",
		.admin_up = true,
		.phys_up = true,
		.proto_up = true,
		.last_up_time = 1767225600,
		.mtu = 1500,
		.address = "192.0.2.1/32" },
	{ .name = "Tunnel0/0/1",
		.device = "Tunnel0-0-1",
		.admin_up = true,
		.phys_up = true,
		.proto_up = true,
		.last_up_time = 1767225600,
		.mtu = 1468,
		.address = "172.16.40.1/24",
		.tunnel_protocol = "gre",
		.tunnel_source = IP4(198, 51, 100, 1),
		.tunnel_source_if = "GigabitEthernet0/0/1",
		.tunnel_destination = IP4(203, 0, 113, 1),
		.has_key = true,
		.key = 12345,
		.checksum = true,
		.keepalive = true,
		.keepalive_period_s = 3,
		.keepalive_retries = 3,
		.in_packets = 10,
		.in_bytes = 840,
		.out_packets = 12,
		.out_bytes = 1008,
		.out_errors = 1 },
	{ .name = "Tunnel0/0/2",
		.admin_up = true,
		.mtu = 1500,
		.tunnel_protocol = "gre",
		.incomplete = "no destination" },
};

static const struct st_route route_rows[] = {
	{ "0.0.0.0/0", "Static", 60, 0, "RD", IP4(198, 51, 100, 254), "GigabitEthernet0/0/1" },
	{ "10.1.1.0/24", "Direct", 0, 0, "D", IP4(10, 1, 1, 1), "GigabitEthernet0/0/0" },
	{ "10.1.1.0/24", "OSPF", 10, 2, "D", IP4(10, 1, 1, 9), "GigabitEthernet0/0/0" },
	{ "10.1.1.1/32", "Direct", 0, 0, "D", IP4(127, 0, 0, 1), "GigabitEthernet0/0/0" },
	{ "198.51.100.0/24", "Direct", 0, 0, "D", IP4(198, 51, 100, 1), "GigabitEthernet0/0/1" },
};

static const struct st_ipsec_sa ipsec_sa_rows[] = {
	{ .policy = "P1-10",
		.sa = 2,
		.inbound = true,
		.spi = 12345,
		.protocol = 50,
		.mode = 2,
		.source = IP4(203, 0, 113, 1),
		.destination = IP4(198, 51, 100, 1),
		.cipher = ALG_CIPHER_aes_cbc_128,
		.auth = ALG_AUTH_hmac_sha2_256_128,
		.port = 4,
		.packets = 3,
		.bytes = 180,
		.dropped = 1,
		.sequence = 4,
		.replay_window = 1024 },
	{ .policy = "P1-10",
		.sa = 1,
		.spi = 54321,
		.protocol = 50,
		.mode = 2,
		.source = IP4(198, 51, 100, 1),
		.destination = IP4(203, 0, 113, 1),
		.cipher = ALG_CIPHER_aes_cbc_128,
		.auth = ALG_AUTH_hmac_sha2_256_128,
		.port = 4,
		.packets = 4,
		.bytes = 240,
		.sequence = 5 },
};

static const struct st_ipsec_statistics ipsec_statistics_rows[] = {
	{ .tunnels = 1,
		.in_packets = 3,
		.in_bytes = 180,
		.in_dropped = 2,
		.out_packets = 4,
		.out_bytes = 240,
		.out_dropped = 0,
		.bypassed = 7 },
};

static const struct st_drop drop_rows[] = {
	{ "esp_no_sa", "ipsec", "can't find SA", 1 },
	{ "esp_replay", "ipsec", "replay packet", 2 },
	{ "esp_crypto", "ipsec", "cryptography error", 0 },
	{ "gre_key", "gre", "wrong key", 3 },
};

#define TABLE(name)                                                  \
	{                                                            \
#name, name##_rows, sizeof(name##_rows[0]),          \
			sizeof(name##_rows) / sizeof(name##_rows[0]) \
	}

static const struct {
	const char *name;
	const void *rows;
	size_t size;
	size_t n;
} tables[] = {
	TABLE(system),
	TABLE(object),
	TABLE(interface),
	TABLE(route),
	TABLE(ipsec_sa),
	TABLE(ipsec_statistics),
	TABLE(drop),
};

const void *
fake_state_row(const char *table, size_t i)
{
	for (size_t t = 0; t < sizeof(tables) / sizeof(tables[0]); t++)
		if (!strcmp(tables[t].name, table) && i < tables[t].n)
			return (const char *)tables[t].rows + i * tables[t].size;
	return NULL;
}
