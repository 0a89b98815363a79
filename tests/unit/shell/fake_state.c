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

#define IP6(last)                                                              \
	{                                                                      \
		.af = AF_INET6, .b = { 0x20, 0x01, 0x0d, 0xb8, [15] = (last) } \
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
		.ipv6 = true,
		.address6 = "2001:db8:1::1/64 2001:db8:2::1/64",
		.in_packets_rate = 100,
		.in_bits_rate = 800000,
		.out_packets_rate = 90,
		.out_bits_rate = 720000,
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
		.ipv6 = true,
		.address6 = "2001:db8:40::1/64",
		.in_packets_rate = 3,
		.in_bits_rate = 2016,
		.out_packets_rate = 4,
		.out_bits_rate = 2688,
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
	{ .name = "Tunnel0/0/3",
		.device = "Tunnel0-0-3",
		.admin_up = true,
		.phys_up = true,
		.mtu = 1438,
		.tunnel_protocol = "ipsec",
		.tunnel_source = IP4(198, 51, 100, 1),
		.tunnel_source_if = "GigabitEthernet0/0/1",
		.tunnel_destination = IP4(203, 0, 113, 1),
		.profile = "prof-1" },
};

static const struct st_route route_rows[] = {
	{ "0.0.0.0/0", "Static", 60, 0, "RD", IP4(198, 51, 100, 254), "GigabitEthernet0/0/1" },
	{ "10.1.1.0/24", "Direct", 0, 0, "D", IP4(10, 1, 1, 1), "GigabitEthernet0/0/0" },
	{ "10.1.1.0/24", "OSPF", 10, 2, "D", IP4(10, 1, 1, 9), "GigabitEthernet0/0/0" },
	{ "10.1.1.1/32", "Direct", 0, 0, "D", IP4(127, 0, 0, 1), "GigabitEthernet0/0/0" },
	{ "198.51.100.0/24", "Direct", 0, 0, "D", IP4(198, 51, 100, 1), "GigabitEthernet0/0/1" },
	{ "2001:db8:1::/64", "Direct", 0, 0, "D", IP6(1), "GigabitEthernet0/0/0" },
	{ "2001:db8:1::1/128", "Direct", 0, 0, "D", IP6(1), "GigabitEthernet0/0/0" },
	{ "::/0", "Static", 60, 0, "RD", IP6(254), "GigabitEthernet0/0/1" },
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
	{ .policy = "P1-20",
		.sa = 3,
		.spi = 70001,
		.protocol = 51,
		.mode = 2,
		.source = IP4(198, 51, 100, 1),
		.destination = IP4(203, 0, 113, 9),
		.auth = ALG_AUTH_hmac_sha2_256_96,
		.port = 4,
		.packets = 6,
		.bytes = 600,
		.dropped = 2,
		.sequence = 8 },
	{ .policy = "P1-20",
		.sa = 4,
		.inbound = true,
		.spi = 70002,
		.protocol = 50,
		.mode = 2,
		.source = IP4(203, 0, 113, 9),
		.destination = IP4(198, 51, 100, 1),
		.cipher = ALG_CIPHER_3des_cbc,
		.auth = ALG_AUTH_hmac_md5_96,
		.port = 4 },
	{ .policy = "P1-20",
		.sa = 5,
		.spi = 70003,
		.protocol = 50,
		.mode = 2,
		.source = IP4(198, 51, 100, 1),
		.destination = IP4(203, 0, 113, 9),
		.cipher = ALG_CIPHER_3des_cbc,
		.auth = ALG_AUTH_hmac_md5_96,
		.port = 4 },
	{ .policy = "P1-20",
		.sa = 6,
		.inbound = true,
		.spi = 70004,
		.protocol = 51,
		.mode = 2,
		.source = IP4(203, 0, 113, 9),
		.destination = IP4(198, 51, 100, 1),
		.auth = ALG_AUTH_hmac_sha2_256_96,
		.port = 4,
		.packets = 5,
		.bytes = 500,
		.dropped = 1,
		.sequence = 6,
		.replay_window = 64 },
	{ .policy = "prof-1",
		.sa = 7,
		.spi = 80001,
		.protocol = 50,
		.mode = 1,
		.source = IP6(1),
		.destination = IP6(2),
		.cipher = ALG_CIPHER_aes_gcm_256,
		.encap_local = 4500,
		.encap_remote = 33333,
		.port = 5,
		.packets = 1,
		.bytes = 100,
		.sequence = 1 },
};

static const struct st_ipsec_statistics ipsec_statistics_rows[] = {
	{ .tunnels = 1,
		.in_packets = 3,
		.in_bytes = 180,
		.in_dropped = 2,
		.out_packets = 4,
		.out_bytes = 240,
		.out_dropped = 0,
		.bypassed = 7,
		.esp_in_packets = 3,
		.esp_in_bytes = 180,
		.esp_in_dropped = 1,
		.esp_out_packets = 5,
		.esp_out_bytes = 340,
		.ah_in_packets = 1,
		.ah_in_bytes = 100,
		.ah_in_dropped = 2,
		.ah_out_packets = 1,
		.ah_out_bytes = 120,
		.ah_out_dropped = 1 },
};

static const struct st_drop drop_rows[] = {
	{ "esp_no_sa", "ipsec", "can't find SA", 1 },
	{ "esp_replay", "ipsec", "replay packet", 2 },
	{ "esp_crypto", "ipsec", "cryptography error", 0 },
	{ "ah_no_sa", "ipsec", "can't find SA (AH)", 2 },
	{ "gre_key", "gre", "wrong key", 3 },
};

static const struct st_keepalive keepalive_rows[] = {
	{ .name = "Tunnel0-0-1",
		.port = 6,
		.enabled = true,
		.period_ms = 3000,
		.retries = 3,
		.line_up = true,
		.sent_requests = 7,
		.sent_answers = 2,
		.received_requests = 2,
		.received_answers = 6 },
};

static const struct st_spd_rule spd_rule_rows[] = {
	{ .port = 4, .rule = 5, .action = 2, .packets = 12, .acl = 3001 },
	{ .port = 4, .rule = 5, .action = 2, .packets = 7, .acl = 3002, .ipv6 = true },
	{ .port = 4, .rule = 10, .action = 2, .packets = 0, .acl = 3002, .ipv6 = true },
	{ .port = 5,
		.rule = 5,
		.action = 2,
		.packets = 30,
		.acl = 3001 },				      /* on another interface */
	{ .port = 6, .rule = 0, .action = 2, .packets = 99 }, /* a tunnel's, of no ACL */
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
	TABLE(spd_rule),
	TABLE(ipsec_statistics),
	TABLE(drop),
	TABLE(keepalive),
};

const void *
fake_state_row(const char *table, size_t i)
{
	for (size_t t = 0; t < sizeof(tables) / sizeof(tables[0]); t++)
		if (!strcmp(tables[t].name, table) && i < tables[t].n)
			return (const char *)tables[t].rows + i * tables[t].size;
	return NULL;
}
