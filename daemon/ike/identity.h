#ifndef YD_IKE_IDENTITY_H
#define YD_IKE_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/addr.h"

enum { IDENTITY_MAX = 256, IDENTITY_TEXT = 128 };

/* Who an end says it is (RFC 7296 3.5): type as on the wire (enum msg_ike_id), and the value. */
struct identity {
	uint8_t type; /* 0: none */
	uint16_t len;
	uint8_t value[IDENTITY_MAX];
};

/* From configuration: type and text. -EINVAL when the text does not fit the type. */
int identity_parse(uint8_t type, const char *text, struct identity *id);
struct identity identity_of_addr(const struct addr *a);
/* From the data of an ID payload behind its header of 4 bytes. -EINVAL: longer than we keep, or an
 * address of the wrong length. */
int identity_set(struct identity *id, uint8_t type, const uint8_t *value, size_t len);
bool identity_eq(const struct identity *a, const struct identity *b);
/* Some order: 0 when they are equal. */
int identity_cmp(const struct identity *a, const struct identity *b);
/* For displays: printable characters only. Returns out. */
const char *identity_format(const struct identity *id, char out[IDENTITY_TEXT]);

#endif
