/*
 * Capture files through libpcap, offline only; the one user of it in the datapath. Knows link-layer
 * headers (Ethernet with VLAN tags, Linux cooked, raw, loopback), refuses to know what packets hold.
 */
#include "config.h"

#include "datapath/offline/port_pcap.h"

#include "datapath/stats.h"
#include "lib/buf.h"
#include "lib/err.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <stdlib.h>
#include <string.h>

enum { TYPE_IP4 = 0x0800, TYPE_IP6 = 0x86dd, TYPE_VLAN = 0x8100, TYPE_QINQ = 0x88a8 };
enum { ETHER_LEN = 14, VLAN_LEN = 4, SLL_LEN = 16, SLL2_LEN = 20, LOOP_LEN = 4 };

struct port_pcap {
	pcap_t *pcap;
	pcap_dumper_t *out; /* writer */
	int link;	    /* DLT_… */
	uint64_t number;
	struct timeval when; /* tv_usec holds nanoseconds */
};

/* Bytes in front of the IP packet, or -1 when it is none. */
static int
strip_ether(const uint8_t *p, uint32_t len)
{
	uint32_t at = ETHER_LEN - 2;

	while (at + 2 <= len && (be16_get(p + at) == TYPE_VLAN || be16_get(p + at) == TYPE_QINQ))
		at += VLAN_LEN;
	if (at + 2 > len || (be16_get(p + at) != TYPE_IP4 && be16_get(p + at) != TYPE_IP6))
		return -1;
	return (int)at + 2;
}

static int
strip_type_at(const uint8_t *p, uint32_t len, uint32_t at, uint32_t head)
{
	if (len < head || (be16_get(p + at) != TYPE_IP4 && be16_get(p + at) != TYPE_IP6))
		return -1;
	return (int)head;
}

static int
strip_sll(const uint8_t *p, uint32_t len)
{
	return strip_type_at(p, len, SLL_LEN - 2, SLL_LEN);
}

static int
strip_sll2(const uint8_t *p, uint32_t len)
{
	return strip_type_at(p, len, 0, SLL2_LEN);
}

/* The family's number is the sender's system's own: the version tells. */
static int
strip_loop(const uint8_t *p, uint32_t len)
{
	return len > LOOP_LEN && (p[LOOP_LEN] >> 4 == 4 || p[LOOP_LEN] >> 4 == 6) ? LOOP_LEN : -1;
}

static int
strip_raw(const uint8_t *p, uint32_t len)
{
	return len > 0 && (p[0] >> 4 == 4 || p[0] >> 4 == 6) ? 0 : -1;
}

static const struct {
	int link;
	int (*strip)(const uint8_t *p, uint32_t len);
} links[] = {
	{ DLT_EN10MB, strip_ether },
	{ DLT_RAW, strip_raw },
	{ DLT_IPV4, strip_raw },
	{ DLT_IPV6, strip_raw },
	{ DLT_LINUX_SLL, strip_sll },
	{ DLT_LINUX_SLL2, strip_sll2 },
	{ DLT_NULL, strip_loop },
	{ DLT_LOOP, strip_loop },
};
enum { N_LINKS = sizeof(links) / sizeof(links[0]) };

static unsigned int
link_find(int link)
{
	unsigned int i = 0;

	while (i < N_LINKS && links[i].link != link)
		i++;
	return i;
}

struct port_pcap *
port_pcap_reader(FILE *f, const char *name, struct err *e)
{
	char why[PCAP_ERRBUF_SIZE] = "";
	struct port_pcap *pp = calloc(1, sizeof(*pp));

	if (pp)
		pp->pcap = pcap_fopen_offline_with_tstamp_precision(
			f, PCAP_TSTAMP_PRECISION_NANO, why);
	if (!pp || !pp->pcap) {
		fclose(f);
		free(pp);
		err_set(e, -EINVAL, name, "Not a capture: %.200s.", why);
		return NULL;
	}
	pp->link = pcap_datalink(pp->pcap);
	if (link_find(pp->link) == N_LINKS) {
		err_set(e, -ENOTSUP, name, "Link type %d is not known.", pp->link);
		port_pcap_free(pp);
		return NULL;
	}
	return pp;
}

struct port_pcap *
port_pcap_writer(FILE *f, const char *name, struct err *e)
{
	struct port_pcap *pp = calloc(1, sizeof(*pp));

	if (pp)
		pp->pcap = pcap_open_dead_with_tstamp_precision(
			DLT_RAW, PKT_LARGE, PCAP_TSTAMP_PRECISION_NANO);
	if (pp && pp->pcap)
		pp->out = pcap_dump_fopen(pp->pcap, f);
	if (pp && pp->out)
		return pp;
	fclose(f);
	if (pp && pp->pcap)
		pcap_close(pp->pcap);
	free(pp);
	err_set(e, -EIO, name, "It cannot be written to.");
	return NULL;
}

int
port_pcap_free(struct port_pcap *pp)
{
	int r = 0;

	if (!pp)
		return 0;
	if (pp->out) {
		r = pcap_dump_flush(pp->out) < 0 || ferror(pcap_dump_file(pp->out)) ? -EIO : 0;
		pcap_dump_close(pp->out);
	}
	pcap_close(pp->pcap);
	free(pp);
	return r;
}

uint64_t
port_pcap_number(const struct port_pcap *pp)
{
	return pp->number;
}

uint64_t
port_pcap_ms(const struct port_pcap *pp)
{
	return (uint64_t)pp->when.tv_sec * 1000 + (uint64_t)pp->when.tv_usec / 1000000;
}

void
port_pcap_time(struct port_pcap *writer, const struct port_pcap *reader)
{
	writer->when = reader->when;
}

static int
pcap_port_open(struct port *p, struct err *e)
{
	return 0;
}

static void
pcap_port_close(struct port *p)
{
}

static struct pkt *
frame_take(struct port *p, const uint8_t *frame, uint32_t len)
{
	const struct port_pcap *pp = p->priv;
	int head = links[link_find(pp->link)].strip(frame, len);
	struct pkt *pkt;

	if (head < 0)
		return NULL;
	len -= (uint32_t)head;
	pkt = len <= PKT_LARGE ? pkt_get(p->dp->pool, len > PKT_SMALL) : NULL;
	if (!pkt) {
		stats_drop(p->dp->stats, len > PKT_LARGE ? DROP_pkt_too_big : DROP_pool_empty);
		return NULL;
	}
	memcpy(pkt->data, frame + head, len);
	pkt->len = len;
	return pkt;
}

/* Frames without IP are passed over, but have their numbers. */
static unsigned int
pcap_rx_batch(struct port *p, struct pkt **pkts, unsigned int max)
{
	struct port_pcap *pp = p->priv;
	struct pcap_pkthdr *h;
	const uint8_t *frame;
	unsigned int n = 0;
	int r = 1;

	while (n < max && (r = pcap_next_ex(pp->pcap, &h, &frame)) == 1) {
		pp->number++;
		pp->when = h->ts;
		pkts[n] = frame_take(p, frame, h->caplen);
		n += pkts[n] != NULL;
	}
	if (r == PCAP_ERROR)
		p->error = EIO;
	p->more = r == 1;
	return n;
}

static void
pcap_tx_batch(struct port *p, struct pkt **pkts, unsigned int n)
{
	struct port_pcap *pp = p->priv;

	for (unsigned int i = 0; i < n; i++) {
		struct pcap_pkthdr h = {
			.ts = pp->when, .caplen = pkts[i]->len, .len = pkts[i]->len
		};

		pcap_dump((u_char *)pp->out, &h, pkts[i]->data);
		pkt_done(pkts[i]);
	}
}

static const struct port_ops ops = {
	.open = pcap_port_open,
	.rx_batch = pcap_rx_batch,
	.tx_batch = pcap_tx_batch,
	.close = pcap_port_close,
};

int
port_pcap_put(struct dp *dp, struct port_pcap *pp, uint32_t id)
{
	struct msg_dp_port m = { .port = id, .name = "pcap" };

	return port_put_ops(dp, &m, -1, &ops, pp, NULL);
}
