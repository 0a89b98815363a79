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
 * Addresses may be prefixes, and addresses and SPI "*". Later versions have one more value, which asks for
 * 64-bit sequence numbers.
 */
struct esp_sa;

/* Reads a file. NULL, with the line's number in err, for what cannot be used; name is for err. */
struct esp_sa *esp_sa_read(FILE *f, const char *name, struct err *e);
/* Wipes the keys. */
void esp_sa_free(struct esp_sa *t);
unsigned int esp_sa_n(const struct esp_sa *t);
/* Fills algorithms, keys and SPI in from the first row for such a packet. false: there is none. */
bool esp_sa_find(const struct esp_sa *t, const struct addr *source, const struct addr *destination,
	uint32_t spi, struct msg_dp_sa *m);

#endif
