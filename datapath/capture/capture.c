/*
 * One capture: packets that libpcap hands over go into a file, counted, until a limit is reached. A
 * limit of bytes is never crossed. Refuses to know where packets come from and what they are.
 */
#include "config.h"

#include "datapath/capture/capture.h"

#include "lib/err.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The sizes of libpcap's file header and of a record's; how many packets are written at a time. */
enum { FILE_HEADER_LEN = 24, RECORD_HEADER_LEN = 16, BATCH = 1024 };

struct capture {
	pcap_t *pcap;
	pcap_dumper_t *dumper;
	uint32_t most_packets;
	uint64_t most_bytes;
	uint64_t packets;
	uint64_t bytes;
	bool full;
};

int
capture_new(
	pcap_t *p, int fd, uint32_t packets, uint64_t bytes, struct capture **out, struct err *e)
{
	struct capture *c = calloc(1, sizeof(*c));
	FILE *file = fdopen(fd, "w");

	*out = NULL;
	if (!c || !file) {
		free(c);
		if (file)
			fclose(file);
		else
			close(fd);
		pcap_close(p);
		return err_set(e, -ENOMEM, "yongcap", "Out of memory.");
	}
	c->pcap = p;
	c->most_packets = packets;
	c->most_bytes = bytes;
	c->bytes = FILE_HEADER_LEN;
	c->dumper = pcap_dump_fopen(p, file);
	if (!c->dumper) {
		err_set(e, -EIO, "yongcap", "%s", pcap_geterr(p));
		fclose(file);
		pcap_close(p);
		free(c);
		return -EIO;
	}
	*out = c;
	return 0;
}

static void
on_packet(u_char *arg, const struct pcap_pkthdr *h, const u_char *data)
{
	struct capture *c = (struct capture *)(void *)arg;
	uint64_t len = RECORD_HEADER_LEN + (uint64_t)h->caplen;

	if (c->full || c->bytes + len > c->most_bytes) {
		c->full = true;
		pcap_breakloop(c->pcap);
		return;
	}
	pcap_dump((u_char *)c->dumper, h, data);
	c->packets++;
	c->bytes += len;
}

int
capture_read(struct capture *c, enum msg_capture_end *end, struct err *e)
{
	uint64_t left = c->most_packets - c->packets;
	int n = 0;

	if (left > 0)
		n = pcap_dispatch(
			c->pcap, left < BATCH ? (int)left : BATCH, on_packet, (u_char *)(void *)c);
	if (n == PCAP_ERROR)
		return err_set(e, -EIO, "", "%s", pcap_geterr(c->pcap));
	if (ferror(pcap_dump_file(c->dumper)))
		return capture_flush(c, e);
	if (!c->full && c->packets < c->most_packets)
		return 0;
	*end = c->full ? MSG_CAPTURE_BYTES : MSG_CAPTURE_PACKETS;
	return 1;
}

int
capture_flush(struct capture *c, struct err *e)
{
	FILE *file = pcap_dump_file(c->dumper);

	errno = EIO;
	if (pcap_dump_flush(c->dumper) || ferror(file))
		return err_set(e, -errno, "", "The file cannot be written: %s.", strerror(errno));
	return 0;
}

void
capture_count(const struct capture *c, struct msg_capture_progress *out)
{
	struct pcap_stat s = { 0 };

	*out = (struct msg_capture_progress){ .packets = c->packets, .bytes = c->bytes };
	if (!pcap_file(c->pcap) && !pcap_stats(c->pcap, &s))
		out->dropped = s.ps_drop;
}

int
capture_close(struct capture *c, struct msg_capture_progress *out, struct err *e)
{
	int rc;

	if (!c)
		return 0;
	rc = capture_flush(c, e);
	if (!rc && fsync(fileno(pcap_dump_file(c->dumper))) && errno != EINVAL && errno != EROFS)
		rc = err_set(e, -errno, "", "The file cannot be written: %s.", strerror(errno));
	if (out)
		capture_count(c, out);
	pcap_dump_close(c->dumper);
	pcap_close(c->pcap);
	free(c);
	return rc;
}
