/*
 * Identities (RFC 7296 3.5): made from configuration or from an ID payload, compared, shown.
 * Refuses to know whether one was proved.
 */
#include "config.h"

#include "daemon/ike/identity.h"

#include "lib/msg.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

struct identity
identity_of_addr(const struct addr *a)
{
	struct identity id = { .type = a->af == AF_INET6 ? MSG_IKE_ID_IPV6 : MSG_IKE_ID_IPV4,
		.len = (uint16_t)addr_len(a) };

	memcpy(id.value, a->b, addr_len(a));
	return id;
}

int
identity_set(struct identity *id, uint8_t type, const uint8_t *value, size_t len)
{
	memset(id, 0, sizeof(*id));
	if (len == 0 || len > sizeof(id->value))
		return -EINVAL;
	if ((type == MSG_IKE_ID_IPV4 && len != 4) || (type == MSG_IKE_ID_IPV6 && len != 16))
		return -EINVAL;
	id->type = type;
	id->len = (uint16_t)len;
	memcpy(id->value, value, len);
	return 0;
}

int
identity_parse(uint8_t type, const char *text, struct identity *id)
{
	struct addr a;

	if (type == MSG_IKE_ID_IPV4 || type == MSG_IKE_ID_IPV6) {
		if (addr_parse(text, &a) != 0)
			return -EINVAL;
		*id = identity_of_addr(&a);
		return 0;
	}
	return identity_set(id, type, (const uint8_t *)text, strlen(text));
}

/* Names of hosts and of mail users have no case. */
static int
name_cmp(const uint8_t *a, const uint8_t *b, size_t len)
{
	int d = 0;

	for (size_t i = 0; i < len && d == 0; i++)
		d = tolower(a[i]) - tolower(b[i]);
	return d;
}

int
identity_cmp(const struct identity *a, const struct identity *b)
{
	if (a->type != b->type)
		return a->type - b->type;
	if (a->len != b->len)
		return a->len - b->len;
	if (a->type == MSG_IKE_ID_FQDN || a->type == MSG_IKE_ID_USER_FQDN)
		return name_cmp(a->value, b->value, a->len);
	return memcmp(a->value, b->value, a->len);
}

bool
identity_eq(const struct identity *a, const struct identity *b)
{
	return identity_cmp(a, b) == 0;
}

const char *
identity_format(const struct identity *id, char out[IDENTITY_TEXT])
{
	struct addr a = { .af = id->type == MSG_IKE_ID_IPV6 ? AF_INET6 : AF_INET };
	char text[ADDR_STRLEN];
	size_t n = id->len < IDENTITY_TEXT - 1 ? id->len : IDENTITY_TEXT - 1;

	if (id->type == MSG_IKE_ID_IPV4 || id->type == MSG_IKE_ID_IPV6) {
		memcpy(a.b, id->value, addr_len(&a));
		snprintf(out, IDENTITY_TEXT, "%s", addr_format(&a, text));
		return out;
	}
	for (size_t i = 0; i < n; i++)
		out[i] = isprint(id->value[i]) ? (char)id->value[i] : '.';
	out[n] = '\0';
	return out;
}
