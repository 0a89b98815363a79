/*
 * A device as a source of packets: opening, filtering and making it non-blocking, by libpcap. Not
 * promiscuous: what the router itself receives and sends.
 */
#include "config.h"

#include "datapath/capture/source.h"

#include "lib/err.h"

#include <errno.h>
#include <string.h>

enum { RING_LEN = 8 * 1024 * 1024 }; /* memory of the kernel in which packets wait */

static const struct {
	int code;
	int error;
} codes[] = {
	{ PCAP_ERROR_NO_SUCH_DEVICE, -ENODEV },
	{ PCAP_ERROR_PERM_DENIED, -EPERM },
	{ PCAP_ERROR_IFACE_NOT_UP, -ENETDOWN },
};

static int
activate(pcap_t *p, const char *device, int snaplen, struct err *e)
{
	int code;

	pcap_set_snaplen(p, snaplen);
	pcap_set_timeout(p, SOURCE_WAIT_MS);
	pcap_set_buffer_size(p, RING_LEN);
	code = pcap_activate(p);
	if (code >= 0)
		return 0;
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (codes[i].code == code)
			return err_set(e, codes[i].error, device, "%s", pcap_statustostr(code));
	return err_set(e, -EIO, device, "%s",
		code == PCAP_ERROR ? pcap_geterr(p) : pcap_statustostr(code));
}

static int
set_filter(pcap_t *p, const char *device, const char *filter, struct err *e)
{
	struct bpf_program program;
	int rc;

	if (filter[0] == '\0')
		return 0;
	rc = pcap_compile(p, &program, filter, 1, PCAP_NETMASK_UNKNOWN);
	/* The optimizer refuses what no packet passes; that is an operator's to see, not an error. */
	if (rc)
		rc = pcap_compile(p, &program, filter, 0, PCAP_NETMASK_UNKNOWN);
	if (rc)
		return err_set(e, -EINVAL, device, "The filter: %s", pcap_geterr(p));
	if (pcap_setfilter(p, &program))
		rc = err_set(e, -EINVAL, device, "The filter: %s", pcap_geterr(p));
	pcap_freecode(&program);
	return rc;
}

int
source_open(const char *device, int snaplen, const char *filter, pcap_t **out, struct err *e)
{
	char text[PCAP_ERRBUF_SIZE];
	pcap_t *p = pcap_create(device, text);
	int rc;

	*out = NULL;
	if (!p)
		return err_set(e, -ENODEV, device, "%s", text);
	rc = activate(p, device, snaplen, e);
	if (!rc)
		rc = set_filter(p, device, filter, e);
	if (!rc && pcap_setnonblock(p, 1, text))
		rc = err_set(e, -EIO, device, "%s", text);
	if (rc)
		pcap_close(p);
	else
		*out = p;
	return rc;
}
