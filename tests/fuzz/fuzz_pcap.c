/*
 * Fuzzes yongdp --replay: the input is a capture file, the SAs are known (esp_sa below). All frames must be
 * accounted for, and what is written must be a capture of as many IP packets as it says.
 */
#include "config.h"

#include "datapath/offline/esp_sa.h"
#include "datapath/offline/offline.h"
#include "datapath/offline/port_pcap.h"
#include "lib/err.h"
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

enum { PORT = 1 };

static const char table[] =
	"\"IPv4\",\"198.51.100.1\",\"203.0.113.1\",\"0x1001\",\"NULL\",\"\",\"HMAC-MD5-96 "
	"[RFC2403]\","
	"\"0x00112233445566778899aabbccddeeff\"\n"
	"\"*\",\"*\",\"*\",\"0x1002\",\"AES-GCM [RFC4106]\","
	"\"0x00112233445566778899aabbccddeeff01020304\",\"NULL\",\"\",\"64-bit\"\n"
	"\"*\",\"*\",\"*\",\"0x*******3\",\"NULL\",\"\",\"ANY 96 bit authentication\",\"\"\n"
	"\"*\",\"*\",\"*\",\"0x*******4\",\"TWOFISH-CBC\",\"\",\"NULL\",\"\"\n"
	"\"*\",\"*\",\"*\",\"*\",\"NULL\",\"\",\"HMAC-MD5-96\","
	"\"0x00112233445566778899aabbccddeeff\"\n";

static const struct esp_sa *
sas(void)
{
	static struct esp_sa *t;
	FILE *f = t ? NULL : fmemopen((void *)(uintptr_t)table, strlen(table), "r");
	struct err e;

	if (f) {
		t = esp_sa_read(f, "esp_sa", &e);
		fclose(f);
	}
	if (!t)
		abort();
	return t;
}

static void
dropped(void *arg, uint64_t number, const struct drop_info *why, uint64_t n)
{
	uint64_t *total = arg;

	FUZZ_MUST(why && n > 0);
	*total += n;
}

/* The file that was written, read again. */
static void
written(uint8_t *bytes, size_t len, uint64_t n)
{
	struct dp *dp = fuzz_dp();
	FILE *f = fmemopen(bytes, len, "r");
	struct port_pcap *pp = port_pcap_reader(f, "out", NULL);
	struct port *port;
	struct pkt *p;

	FUZZ_MUST(pp && port_pcap_put(dp, pp, PORT) == 0);
	port = port_get(dp, PORT);
	do {
		while (port->ops->rx_batch(port, &p, 1) > 0) {
			FUZZ_MUST(n-- > 0);
			pkt_put(dp->pool, p);
		}
	} while (port->more);
	FUZZ_MUST(n == 0 && port->error == 0);
	port_del(dp, PORT);
	port_pcap_free(pp);
}

static struct offline_run *
run(uint64_t *n_dropped)
{
	static struct offline_run *r;
	static uint64_t total;
	const struct offline o = {
		.in_name = "in", .out_name = "out", .sas = sas(), .dropped = dropped, .arg = &total
	};

	if (!r)
		r = offline_new(&o);
	if (!r)
		abort();
	*n_dropped = total;
	return r;
}

static void
replay(const uint8_t *data, size_t size)
{
	uint64_t before, after;
	struct offline_run *r = run(&before);
	const struct offline_count *count = offline_count(r);
	FILE *in = fmemopen((void *)(uintptr_t)data, size, "r");
	char *out = NULL;
	size_t out_len = 0;
	struct err e = { 0 };
	int rc = offline_go(r, in, open_memstream(&out, &out_len), &e);

	run(&after);
	FUZZ_MUST(rc == 0 || (rc < 0 && e.text[0] != '\0'));
	FUZZ_MUST(count->dropped == after - before);
	/* a frame may give one packet, be dropped, be something else, be kept as a fragment, or be no IP;
	 * a packet lost in reassembly is one drop more */
	FUZZ_MUST(count->decapsulated + count->others <= count->frames);
	FUZZ_MUST(count->dropped <= 2 * count->frames);
	if (count->frames > 0)
		written((uint8_t *)out, out_len, count->decapsulated);
	free(out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *tight = fuzz_copy(data, size);

	if (size > 0)
		replay(tight, size);
	free(tight);
	return 0;
}
