#ifndef YD_LIB_ADDR_H
#define YD_LIB_ADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ADDR_STRLEN 46
#define PREFIX_STRLEN 50

/* An IPv4 or IPv6 address, bytes in network order; af is AF_INET, AF_INET6 or 0 (none). */
struct addr {
	uint8_t af;
	uint8_t b[16];
};

struct prefix {
	struct addr addr;
	uint8_t len; /* bits */
};

/* Bytes of an address of this family: 4, 16 or 0. */
size_t addr_len(const struct addr *a);
/* Strict numeric forms only. 0 or -EINVAL. */
int addr_parse(const char *s, struct addr *a);
/* Returns out. "-" when af is 0. */
const char *addr_format(const struct addr *a, char out[ADDR_STRLEN]);
struct addr addr_v4(uint32_t host_order);
/* IPv4 only, host order; 0 for any other family. */
uint32_t addr_u32(const struct addr *a);
bool addr_eq(const struct addr *a, const struct addr *b);
int addr_cmp(const struct addr *a, const struct addr *b);
bool addr_is_unspecified(const struct addr *a);

/* "A/L". Host bits are kept as typed. */
int prefix_parse(const char *s, struct prefix *p);
const char *prefix_format(const struct prefix *p, char out[PREFIX_STRLEN]);
bool prefix_contains(const struct prefix *p, const struct addr *a);
bool prefix_overlaps(const struct prefix *a, const struct prefix *b);
/* The address with its host bits cleared. */
struct addr prefix_network(const struct prefix *p);

/* IPv4 masks: "255.255.255.0" or "24" to bits, or -EINVAL when not contiguous. */
int mask_parse(const char *s, uint8_t *bits);
const char *mask_format(uint8_t bits, char out[ADDR_STRLEN]);

#endif
