/*
 * NAT detection: RFC 7296 2.23. Refuses to know what is done about a NAT.
 */
#include "config.h"

#include "daemon/ike/natd.h"

#include "lib/buf.h"
#include "lib/secret.h"

#include <string.h>

int
natd_hash(struct crypt *c, uint64_t spi_i, uint64_t spi_r, const struct addr *a, uint16_t port,
	uint8_t out[NATD_LEN])
{
	uint8_t spis[16], port_bytes[2];
	const struct span parts[] = { { spis, sizeof(spis) }, { a->b, addr_len(a) },
		{ port_bytes, sizeof(port_bytes) } };

	be64_put(spis, spi_i);
	be64_put(spis + 8, spi_r);
	be16_put(port_bytes, port);
	return crypt_sha1(c, parts, 3, out);
}

/* Is one of the notifications of a type this hash? *any: there is one at all. */
static bool
one_is(const struct message *m, uint16_t type, const uint8_t hash[NATD_LEN], bool *any)
{
	bool found = false;

	*any = false;
	for (unsigned int i = 0; i < m->n_notifies; i++) {
		const struct message_notify *n = &m->notifies[i];

		if (n->type != type)
			continue;
		*any = true;
		found = found ||
			(n->data.len == NATD_LEN && memcmp(n->data.p, hash, NATD_LEN) == 0);
	}
	return found;
}

int
natd_check(struct crypt *c, const struct message *m, const struct addr *local, uint16_t local_port,
	const struct addr *remote, uint16_t remote_port, struct natd_verdict *out)
{
	uint8_t hash[NATD_LEN];
	bool has_source, has_destination;
	int rc;

	*out = (struct natd_verdict){ 0 };
	rc = natd_hash(c, m->hdr.spi_i, m->hdr.spi_r, remote, remote_port, hash);
	if (rc != 0)
		return rc;
	out->remote = !one_is(m, NOTIFY_nat_detection_source_ip, hash, &has_source);
	rc = natd_hash(c, m->hdr.spi_i, m->hdr.spi_r, local, local_port, hash);
	if (rc != 0)
		return rc;
	out->local = !one_is(m, NOTIFY_nat_detection_destination_ip, hash, &has_destination) &&
		local->af != 0;
	out->supported = has_source && has_destination;
	if (!out->supported)
		out->local = out->remote = false;
	return 0;
}
