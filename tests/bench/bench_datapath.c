/*
 * What a packet costs in each stage of the datapath, and in all of them together: packets a second,
 * nanoseconds and cycles (of the time-stamp counter, on x86-64) a byte, and the ratio to a memcpy of
 * the same bytes. Ports are queues in memory, socket pairs in the place of TUN devices, and UDP
 * sockets on the loopback device. Lines are comparable within one run only. The best of many rounds.
 */
#include "config.h"

#include "datapath/dp.h"
#include "datapath/fit.h"
#include "datapath/gre.h"
#include "datapath/gro.h"
#include "datapath/gso.h"
#include "datapath/ip4.h"
#include "datapath/natfix.h"
#include "datapath/pipeline.h"
#include "datapath/port_mem.h"
#include "datapath/reass.h"
#include "datapath/sadb.h"
#include "datapath/spd.h"
#include "datapath/stats.h"
#include "lib/alg.h"
#include "lib/buf.h"
#include "lib/loop.h"
#include "lib/sastate.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#if defined(__x86_64__)
#include <x86intrin.h>
#endif

enum { ROUNDS = 150, SUPER_LEN = 65000, BUFFER = 8 << 20, N_SLOTS = 8 };
enum { TUN = 1, GRE_TUN = 2, DEVICE = 3, RAW = 4, RAW_GRE = 5, UDP = 6 };
enum { A = 0x0a000001, B = 0x0a000002, N_PEERS = 2, UDP_BATCH = 44 };
/* identities of SAs: of TUN, out and in; of DEVICE */
enum { OUT = 1, IN = 2, DEVICE_OUT = 3, DEVICE_IN = 4 };

struct bench {
	struct dp dp;
	struct sa_slot slots[N_SLOTS];
	struct pkt *batch[PKT_BATCH];
	unsigned int n; /* packets in it */
	uint32_t len;	/* bytes of a packet */
	struct port_mem *tun, *raw, *gre;

	int device; /* the kernel's end of DEVICE */
	int peers[N_PEERS];
	uint16_t peer_ports[N_PEERS];
	uint16_t local;
	struct gro gro;
	uint8_t super[GSO_VNET_LEN + SUPER_LEN];
	uint8_t data[1 << 16];
	double memcpy_ns; /* of a packet of this length */
};

static void
fail(const char *what)
{
	fprintf(stderr, "bench_datapath: %s\n", what);
	exit(1);
}

static uint64_t
now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* 0 where nobody counts them. */
static uint64_t
now_cycles(void)
{
#if defined(__x86_64__)
	return __rdtsc();
#else
	return 0;
#endif
}

/* --- packets ------------------------------------------------------------------------- */

static void
packet_write(uint8_t *p, uint32_t len, uint8_t protocol)
{
	struct ip4 ip = { .total_len = (uint16_t)len,
		.id = 1,
		.ttl = 64,
		.protocol = protocol,
		.src = A,
		.dst = B };

	memset(p, 0, len);
	ip4_build(p, &ip);
}

/* A batch of UDP packets from the TUN of the SAs. */
static void
fill(struct bench *b)
{
	b->n = PKT_BATCH;
	for (unsigned int i = 0; i < b->n; i++) {
		struct pkt *p = b->batch[i] = pkt_get(b->dp.pool, false);

		if (!p)
			fail("the pool is empty");
		packet_write(p->data, b->len, IP_PROTO_UDP);
		p->len = b->len;
		p->port = TUN;
		p->sa = sadb_get(b->dp.sadb, OUT);
	}
}

static void
empty(struct bench *b)
{
	for (unsigned int i = 0; i < b->n; i++)
		pkt_put(b->dp.pool, b->batch[i]);
	b->n = 0;
}

/* Every packet must be on its way to this stage. */
static void
expect(struct bench *b, enum stage stage)
{
	for (unsigned int i = 0; i < b->n; i++)
		if (b->batch[i]->next != stage)
			fail("a packet went another way");
}

static void
run_memcpy(struct bench *b)
{
	for (unsigned int i = 0; i < b->n; i++)
		memcpy(b->data, b->batch[i]->data, b->batch[i]->len);
	__asm__ volatile("" ::: "memory");
}

/* --- GRE, policy, size ----------------------------------------------------------------- */

static void
fill_gre(struct bench *b)
{
	fill(b);
	for (unsigned int i = 0; i < b->n; i++)
		b->batch[i]->port = GRE_TUN;
}

static void
run_gre_out(struct bench *b)
{
	gre_out_stage(&b->dp, b->batch, b->n);
}

static void
fill_gre_in(struct bench *b)
{
	fill_gre(b);
	run_gre_out(b);
	expect(b, STAGE_RAW_TX);
	for (unsigned int i = 0; i < b->n; i++) {
		be32_put(b->batch[i]->data + 12, B);
		be32_put(b->batch[i]->data + 16, A);
	}
}

static void
run_gre_in(struct bench *b)
{
	gre_in_stage(&b->dp, b->batch, b->n);
	expect(b, STAGE_TUN_TX);
}

static void
run_spd_out(struct bench *b)
{
	spd_out_stage(&b->dp, b->batch, b->n);
	expect(b, STAGE_SA_OUT);
}

static void
fill_spd_in(struct bench *b)
{
	fill(b);
	for (unsigned int i = 0; i < b->n; i++) {
		b->batch[i]->sa = sadb_get(b->dp.sadb, IN);
		b->batch[i]->chain[0] = b->batch[i]->sa;
		b->batch[i]->n_chain = 1;
	}
}

static void
run_spd_in(struct bench *b)
{
	spd_in_stage(&b->dp, b->batch, b->n);
	expect(b, STAGE_TUN_TX);
}

static void
run_sa_out(struct bench *b)
{
	sa_out_stage(&b->dp, b->batch, b->n);
}

/* In two. The pieces end at once. */
static void
run_fit_cut(struct bench *b)
{
	for (unsigned int i = 0; i < b->n; i++)
		fit_cut(&b->dp, b->batch[i], (b->len / 2 + 7) / 8 * 8 + 20, STAGE_DROP);
}

static void
fill_fragments(struct bench *b)
{
	fill(b);
	for (unsigned int i = 0; i < b->n; i += 2) {
		struct pkt *p = b->batch[i];
		struct ip4_frag f;
		struct ip4 ip;

		be16_put(p->data + 4, (uint16_t)(i + 1));
		ip4_checksum_set(p->data, IP4_HDR_LEN);
		ip4_parse(p->data, p->len, &ip);
		memcpy(b->data, p->data, p->len);
		ip4_frag_init(&f, b->data, &ip, (b->len / 2 + 7) / 8 * 8 + 20);
		p->len = ip4_frag_next(&f, p->data);
		b->batch[i + 1]->len = ip4_frag_next(&f, b->batch[i + 1]->data);
	}
}

static void
run_reass(struct bench *b)
{
	for (unsigned int i = 0; i < b->n; i++) {
		enum drop why;
		struct pkt *whole =
			reass_add(b->dp.reass, b->batch[i]->data, b->batch[i]->len, 1, &why);

		if ((whole != NULL) != (i % 2 == 1))
			fail("fragments do not fit together");
		if (whole)
			pkt_put(b->dp.pool, whole);
	}
}

/* --- ESP and AH ------------------------------------------------------------------------ */

static void
run_esp_out(struct bench *b)
{
	esp_out_stage(&b->dp, b->batch, b->n);
	expect(b, STAGE_RAW_TX);
}

static void
fill_esp_in(struct bench *b)
{
	fill(b);
	run_esp_out(b);
}

static void
run_esp_in(struct bench *b)
{
	esp_in_stage(&b->dp, b->batch, b->n);
	expect(b, STAGE_SPD_IN);
}

/* As the UDP port hands it on; the SA is in UDP likewise. */
static void
fill_udp_in(struct bench *b)
{
	fill_esp_in(b);
	for (unsigned int i = 0; i < b->n; i++)
		b->batch[i]->encap_local = b->batch[i]->encap_remote = 4500;
}

static void
run_ah_out(struct bench *b)
{
	ah_out_stage(&b->dp, b->batch, b->n);
	expect(b, STAGE_RAW_TX);
}

static void
fill_ah_in(struct bench *b)
{
	fill(b);
	run_ah_out(b);
}

static void
run_ah_in(struct bench *b)
{
	ah_in_stage(&b->dp, b->batch, b->n);
	expect(b, STAGE_SPD_IN);
}

static void
run_natfix(struct bench *b)
{
	struct sa sa = { .path.natt_source = addr_v4(9), .path.natt_destination = addr_v4(B) };

	for (unsigned int i = 0; i < b->n; i++) {
		be16_put(b->batch[i]->data + 26, 1); /* there is a checksum */
		natfix_checksum(&sa, b->batch[i]->data, b->batch[i]->len);
	}
}

/* --- super-packets ----------------------------------------------------------------------- */

/* The order and the packet of 64 KB that is to be cut into packets of b->len. */
static void
super_write(struct bench *b)
{
	uint16_t words[4] = { 40, (uint16_t)(b->len - 40), 20, 16 };

	packet_write(b->super + GSO_VNET_LEN, SUPER_LEN, IP_PROTO_TCP);
	memset(b->super, 0, GSO_VNET_LEN);
	b->super[0] = VNET_NEEDS_CSUM;
	b->super[1] = VNET_TCP4;
	memcpy(b->super + 2, words, sizeof(words));
	b->super[GSO_VNET_LEN + 32] = 0x50;
	b->super[GSO_VNET_LEN + 33] = 0x10;
}

static void
fill_super(struct bench *b)
{
	fill(b);
	super_write(b);
}

static void
run_gso(struct bench *b)
{
	for (unsigned int n = 0; n < b->n;) {
		struct gso g;

		if (gso_init(&g, b->super, b->super + GSO_VNET_LEN, SUPER_LEN) < 0)
			fail("gso");
		for (; n < b->n && gso_next_len(&g) > 0; n++) {
			b->batch[n]->len = gso_next_len(&g);
			gso_next(&g, b->batch[n]->data);
		}
	}
}

static void
fill_gro(struct bench *b)
{
	fill_super(b);
	run_gso(b);
}

static void
run_gro(struct bench *b)
{
	struct iovec iov[GRO_IOV_MAX];

	gro_runs(&b->gro, b->batch, b->n, true);
	for (unsigned int i = 0; i < b->gro.n; i++)
		if (b->gro.runs[i].n > 1)
			gro_iov(&b->gro, &b->gro.runs[i], b->batch, iov);
}

/* --- the whole pipeline -------------------------------------------------------------------- */

static unsigned int
drain(struct port_mem *m)
{
	unsigned int n = 0;
	uint32_t len;

	while (port_mem_sent(m, &len))
		n++;
	return n;
}

static void
fill_out(struct bench *b)
{
	drain(b->raw);
	packet_write(b->data, b->len, IP_PROTO_UDP);
	for (b->n = 0; b->n < PKT_BATCH; b->n++)
		port_mem_inject(b->tun, b->data, b->len);
}

static void
run_out(struct bench *b)
{
	port_rx(port_get(&b->dp, TUN));
}

/* What went out comes in again. */
static void
turn(struct bench *b)
{
	const uint8_t *p;
	uint32_t len;

	for (b->n = 0; (p = port_mem_sent(b->raw, &len)); b->n++)
		port_mem_inject(b->raw, p, len);
	drain(b->tun);
}

static void
fill_in(struct bench *b)
{
	fill_out(b);
	run_out(b);
	turn(b);
}

static void
run_in(struct bench *b)
{
	port_rx(port_get(&b->dp, RAW));
}

static void
device_send(struct bench *b, const void *frame, size_t len)
{
	if (send(b->device, frame, len, 0) != (ssize_t)len)
		fail("the device takes no more");
}

/* One super-packet waits in the device … */
static void
fill_device_super(struct bench *b)
{
	drain(b->raw);
	super_write(b);
	device_send(b, b->super, sizeof(b->super));
	b->n = (SUPER_LEN - 40 + b->len - 41) / (b->len - 40);
}

/* … or the same segments one by one. */
static void
fill_device_singles(struct bench *b)
{
	struct gso g;

	drain(b->raw);
	super_write(b);
	if (gso_init(&g, b->super, b->super + GSO_VNET_LEN, SUPER_LEN) < 0)
		fail("gso");
	memset(b->data, 0, GSO_VNET_LEN);
	for (b->n = 0; gso_next_len(&g) > 0; b->n++) {
		uint32_t len = gso_next_len(&g);

		gso_next(&g, b->data + GSO_VNET_LEN);
		device_send(b, b->data, GSO_VNET_LEN + len);
	}
}

static void
run_device_out(struct bench *b)
{
	unsigned int before = port_mem_n_sent(b->raw);

	do {
		port_rx(port_get(&b->dp, DEVICE));
	} while (port_mem_n_sent(b->raw) - before < b->n);
}

static void
fill_device_in(struct bench *b)
{
	while (recv(b->device, b->super, sizeof(b->super), MSG_DONTWAIT) > 0)
		;
	fill_device_super(b);
	run_device_out(b);
	turn(b);
}

/* --- UDP sockets ------------------------------------------------------------------------- */

static void
udp_drain(struct bench *b)
{
	for (unsigned int i = 0; i < N_PEERS; i++)
		while (recv(b->peers[i], b->data, sizeof(b->data), MSG_DONTWAIT) > 0)
			;
}

/* ESP packets of one size, to one peer or to two by turns, which forbids sending them at once. */
static void
udp_fill(struct bench *b, unsigned int n_peers)
{
	udp_drain(b);
	for (b->n = 0; b->n < UDP_BATCH; b->n++) {
		struct pkt *p = b->batch[b->n] = pkt_get(b->dp.pool, false);

		packet_write(p->data, b->len, IP_PROTO_ESP);
		be32_put(p->data + 12, INADDR_LOOPBACK);
		be32_put(p->data + 16, INADDR_LOOPBACK);
		ip4_checksum_set(p->data, IP4_HDR_LEN);
		p->len = b->len;
		p->encap_local = b->local;
		p->encap_remote = b->peer_ports[b->n % n_peers];
	}
}

static void
fill_udp_tx(struct bench *b)
{
	udp_fill(b, 1);
}

static void
fill_udp_tx_apart(struct bench *b)
{
	udp_fill(b, 2);
}

static void
run_udp_tx(struct bench *b)
{
	struct port *p = port_get(&b->dp, UDP);

	p->ops->tx_batch(p, b->batch, b->n);
}

static void
udp_sent(struct bench *b, int gro)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_port = htons(b->local),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int segment = (int)b->len;

	setsockopt(port_get(&b->dp, UDP)->fd, SOL_UDP, UDP_GRO, &gro, sizeof(gro));
	setsockopt(b->peers[0], SOL_UDP, UDP_SEGMENT, &segment, sizeof(segment));
	memset(b->data, 7, sizeof(b->data));
	sendto(b->peers[0], b->data, UDP_BATCH * b->len, 0, (struct sockaddr *)&to, sizeof(to));
	segment = 0;
	setsockopt(b->peers[0], SOL_UDP, UDP_SEGMENT, &segment, sizeof(segment));
	b->n = 0;
}

static void
fill_udp_rx(struct bench *b)
{
	udp_sent(b, 1);
}

static void
fill_udp_rx_apart(struct bench *b)
{
	udp_sent(b, 0);
}

static void
run_udp_rx(struct bench *b)
{
	struct port *p = port_get(&b->dp, UDP);
	unsigned int got;

	do {
		got = p->ops->rx_batch(p, b->batch + b->n, PKT_BATCH - b->n);
		b->n += got;
	} while (p->more || got > 0);
	if (b->n < UDP_BATCH)
		fail("a datagram was lost");
}

/* --- the table ----------------------------------------------------------------------------- */

#define CBC ALG_CIPHER_aes_cbc_128, ALG_AUTH_hmac_sha2_256_128
#define GCM ALG_CIPHER_aes_gcm_128, ALG_AUTH_NONE
#define CHACHA ALG_CIPHER_chacha20_poly1305, ALG_AUTH_NONE
#define NULL_SHA ALG_CIPHER_null, ALG_AUTH_hmac_sha2_256_128
#define NOTHING 0, 0

enum {
	BATCH = 1,   /* packets of the batch are given back by the bench */
	IN_UDP = 2,  /* the SAs are in UDP */
	LONG = 4,    /* not with the shortest packets */
	LONGEST = 8, /* only with the longest */
	AH = 16,
};

static const struct line {
	const char *name;
	void (*fill)(struct bench *b);
	void (*run)(struct bench *b);
	uint16_t cipher, auth; /* of the SAs; 0, 0: as they are */
	uint8_t flags;
} lines[] = {
	{ "memcpy", fill, run_memcpy, CBC, BATCH },
	{ "gre_out", fill_gre, run_gre_out, NOTHING, BATCH },
	{ "gre_in", fill_gre_in, run_gre_in, NOTHING, BATCH },
	{ "spd_out", fill, run_spd_out, NOTHING, BATCH },
	{ "spd_in", fill_spd_in, run_spd_in, NOTHING, BATCH },
	{ "sa_out (it fits)", fill, run_sa_out, NOTHING, BATCH },
	{ "fit (cut in two)", fill, run_fit_cut, NOTHING, BATCH | LONG },
	{ "reass (of two)", fill_fragments, run_reass, NOTHING, BATCH | LONG },
	{ "esp_out null + sha2-256", fill, run_esp_out, NULL_SHA, BATCH },
	{ "esp_in  null + sha2-256", fill_esp_in, run_esp_in, NULL_SHA, BATCH },
	{ "esp_out aes-128 + sha2-256", fill, run_esp_out, CBC, BATCH },
	{ "esp_in  aes-128 + sha2-256", fill_esp_in, run_esp_in, CBC, BATCH },
	{ "esp_out aes-gcm-128", fill, run_esp_out, GCM, BATCH },
	{ "esp_in  aes-gcm-128", fill_esp_in, run_esp_in, GCM, BATCH },
	{ "esp_out chacha20-poly1305", fill, run_esp_out, CHACHA, BATCH },
	{ "esp_in  chacha20-poly1305", fill_esp_in, run_esp_in, CHACHA, BATCH },
	{ "esp_in  in UDP, aes-gcm-128", fill_udp_in, run_esp_in, GCM, BATCH | IN_UDP },
	{ "natfix", fill, run_natfix, NOTHING, BATCH },
	{ "ah_out  sha2-256", fill, run_ah_out, 0, ALG_AUTH_hmac_sha2_256_128, BATCH | AH },
	{ "ah_in   sha2-256", fill_ah_in, run_ah_in, 0, ALG_AUTH_hmac_sha2_256_128, BATCH | AH },
	{ "gso (from 64 KB)", fill_super, run_gso, NOTHING, BATCH },
	{ "gro (to 64 KB)", fill_gro, run_gro, NOTHING, BATCH },
	{ "pipeline out, memory, gcm", fill_out, run_out, GCM, 0 },
	{ "pipeline in,  memory, gcm", fill_in, run_in, GCM, 0 },
	{ "pipeline out, 1 by 1, gcm", fill_device_singles, run_device_out, GCM, LONGEST },
	{ "pipeline out, 64 KB, gcm", fill_device_super, run_device_out, GCM, LONGEST },
	{ "pipeline in,  64 KB, gcm", fill_device_in, run_in, GCM, LONGEST },
	{ "udp_tx UDP_SEGMENT off", fill_udp_tx_apart, run_udp_tx, NOTHING, BATCH | LONGEST },
	{ "udp_tx UDP_SEGMENT on", fill_udp_tx, run_udp_tx, NOTHING, BATCH | LONGEST },
	{ "udp_rx UDP_GRO off", fill_udp_rx_apart, run_udp_rx, NOTHING, BATCH | LONGEST },
	{ "udp_rx UDP_GRO on", fill_udp_rx, run_udp_rx, NOTHING, BATCH | LONGEST },
};
enum { N_LINES = sizeof(lines) / sizeof(lines[0]) };

/* The same SA in both directions, so that what goes out can come in. */
static void
sa_put(struct bench *b, const struct line *line, uint32_t id, uint32_t port)
{
	const struct alg_cipher_info *c = alg_cipher(line->cipher);
	const struct alg_auth_info *a = alg_auth(line->auth);
	bool udp = line->flags & IN_UDP, ah = line->flags & AH;
	struct msg_dp_sa m = { .spi = 0x1000 + id,
		.protocol = ah ? IP_PROTO_AH : IP_PROTO_ESP,
		.mode = MSG_SA_TUNNEL,
		.source = addr_v4(A),
		.destination = addr_v4(B),
		.cipher = line->cipher,
		.auth = line->auth,
		.cipher_key.len = alg_cipher_keymat(c),
		.auth_key.len = alg_auth_keymat(a),
		.replay_window = 1024,
		.port = port,
		.mtu = 1500,
		.encap_local = udp ? 4500 : 0,
		.encap_remote = udp ? 4500 : 0,
		.seq_limit = UINT32_MAX };

	memset(m.cipher_key.data, (int)id, m.cipher_key.len);
	for (uint32_t in = 0; in < 2; in++) {
		m.sa = m.slot = id + in;
		m.inbound = in;
		memset(&b->slots[m.slot], 0, sizeof(b->slots[m.slot]));
		sadb_del(&b->dp, m.sa);
		if (sadb_put(&b->dp, &m, NULL) < 0)
			fail("SA");
	}
	/* another round of the same key goes on; the receiver must not take that for old */
	b->slots[id + 1].seq = sadb_get(b->dp.sadb, id)->seq;
}

static void
measure(struct bench *b, const struct line *line)
{
	uint64_t best = UINT64_MAX, best_cycles = UINT64_MAX;
	unsigned int n = 0;
	double ns;

	if (line->cipher != 0 || line->auth != 0) {
		sa_put(b, line, OUT, TUN);
		sa_put(b, line, DEVICE_OUT, DEVICE);
	}
	for (unsigned int i = 0; i < ROUNDS; i++) {
		uint64_t start, cycles;

		line->fill(b);
		cycles = now_cycles();
		start = now_ns();
		line->run(b);
		start = now_ns() - start;
		cycles = now_cycles() - cycles;
		n = b->n;
		best = start < best ? start : best;
		best_cycles = cycles < best_cycles ? cycles : best_cycles;
		if (line->flags & BATCH)
			empty(b);
	}
	ns = (double)best / n;
	if (line == lines)
		b->memcpy_ns = ns;
	printf("%-28s %5u %10.0f %9.1f", line->name, b->len, 1e9 / ns, ns);
	if (best_cycles > 0)
		printf(" %9.2f", (double)best_cycles / n / b->len);
	else
		printf(" %9s", "-");
	printf(" %9.1f\n", ns / b->memcpy_ns);
}

/* --- setting up ------------------------------------------------------------------------------ */

static void
policy_put(struct bench *b, uint32_t port, uint32_t out)
{
	struct msg_dp_spd_begin begin = { .port = port, .n_rules = 1 };
	struct msg_dp_spd_rule rule = { .port = port,
		.rule = 1,
		.action = MSG_SPD_PROTECT,
		.source_port_high = 65535,
		.destination_port_high = 65535,
		.icmp_type = 0xffff,
		.icmp_code = 0xffff,
		.sa_out = out,
		.sa_in = out + 1 };

	if (spd_begin(&b->dp, &begin) < 0 || spd_rule(&b->dp, &rule) < 0 ||
		spd_end(&b->dp, port) < 0)
		fail("policy");
}

static int
udp_socket(uint16_t *port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(a);
	int s = socket(AF_INET, SOCK_DGRAM, 0), size = BUFFER;

	if (s < 0 || bind(s, (struct sockaddr *)&a, sizeof(a)) < 0 ||
		getsockname(s, (struct sockaddr *)&a, &len) < 0)
		fail("UDP socket");
	setsockopt(s, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	*port = ntohs(a.sin_port);
	return s;
}

static void
sockets_open(struct bench *b)
{
	struct msg_dp_port udp = { .port = UDP, .kind = MSG_PORT_UDP, .name = "udp" };
	struct msg_dp_port device = {
		.port = DEVICE, .kind = MSG_PORT_TUN_PROTECTED, .name = "device"
	};
	int fds[2], size = BUFFER;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds) < 0)
		fail("socket pair");
	for (unsigned int i = 0; i < 2; i++)
		setsockopt(fds[i], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	b->device = fds[1];
	if (port_put(&b->dp, &device, fds[0], NULL) < 0 ||
		port_put(&b->dp, &udp, udp_socket(&b->local), NULL) < 0)
		fail("ports");
	port_get(&b->dp, DEVICE)->vnet_hdr = true; /* a socket could not be asked for it */
	for (unsigned int i = 0; i < N_PEERS; i++)
		b->peers[i] = udp_socket(&b->peer_ports[i]);
}

static void
setup(struct bench *b)
{
	struct msg_dp_tunnel t = {
		.port = GRE_TUN, .source = addr_v4(A), .destination = addr_v4(B), .up = true
	};

	b->dp.slots = b->slots;
	b->dp.n_slots = N_SLOTS;
	b->tun = port_mem_new();
	b->raw = port_mem_new();
	b->gre = port_mem_new();
	if (!b->tun || !b->raw || !b->gre ||
		port_mem_put(&b->dp, b->tun, TUN, MSG_PORT_TUN_PROTECTED) < 0 ||
		port_mem_put(&b->dp, b->raw, RAW, MSG_PORT_RAW_ESP) < 0 ||
		port_mem_put(&b->dp, b->gre, GRE_TUN, MSG_PORT_TUN_TUNNEL) < 0 ||
		gre_put(b->dp.gre, &t, NULL) < 0)
		fail("ports");
	sockets_open(b);
	policy_put(b, TUN, OUT);
	policy_put(b, DEVICE, DEVICE_OUT);
}

static void
cleanup(struct bench *b)
{
	b->dp.slots = NULL; /* not a mapping of dp's */
	dp_fini(&b->dp);
	port_mem_free(b->tun);
	port_mem_free(b->raw);
	port_mem_free(b->gre);
	close(b->device);
	for (unsigned int i = 0; i < N_PEERS; i++)
		close(b->peers[i]);
}

int
main(void)
{
	static const uint32_t sizes[] = { 64, 576, 1400 };
	static struct bench b;
	struct loop *l = loop_new_virtual();

	if (!l || dp_init(&b.dp, l) < 0)
		return 1;
	setup(&b);
	printf("%-28s %5s %10s %9s %9s %9s\n", "stage", "bytes", "packets/s", "ns/packet",
		"cycles/B", "x memcpy");
	for (unsigned int s = 0; s < 3; s++) {
		b.len = sizes[s];
		for (unsigned int i = 0; i < N_LINES; i++) {
			if ((!(lines[i].flags & LONG) || s > 0) &&
				(!(lines[i].flags & LONGEST) || s == 2))
				measure(&b, &lines[i]);
		}
	}
	cleanup(&b);
	loop_free(l);
	return 0;
}
