#ifndef YD_DATAPATH_ESP_SA_H
#define YD_DATAPATH_ESP_SA_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "lib/addr.h"

struct err;
struct msg_dp_sa;

/*
 * Wireshark's table of ESP security associations (its file esp_sa), quoted comma-separated values:
 * "IPv4","192.0.2.1","192.0.2.2","0x00001000","AES-CBC [RFC3602]","0x…","HMAC-SHA-256-128 [RFC4868]","0x…"
 * Addresses may be prefixes; "*" stands for any address, any SPI, an octet of an IPv4 address, or one
 * hexadecimal digit of an IPv6 address or of an SPI written as 0x and eight. Later versions have one more
 * value, which asks for 64-bit sequence numbers. A row with an algorithm that is not in alg.def is kept, for
 * the row behind it is not meant for its packets.
 */
struct esp_sa;

/* Reads a file. NULL, with the line's number in err, for what cannot be used; name is for err. */
struct esp_sa *esp_sa_read(FILE *f, const char *name, struct err *e);
/* Wipes the keys. */
void esp_sa_free(struct esp_sa *t);
unsigned int esp_sa_n(const struct esp_sa *t);

enum esp_sa_found { ESP_SA_NONE, ESP_SA_FOUND, ESP_SA_UNSUPPORTED };

/* The first row for such a packet. FOUND: algorithms, keys, SPI and addresses are in m, and in *icv_len the
 * octets at the end of each packet that are an ICV nobody checks. */
enum esp_sa_found esp_sa_find(const struct esp_sa *t, const struct addr *source,
	const struct addr *destination, uint32_t spi, struct msg_dp_sa *m, uint8_t *icv_len);

#endif
