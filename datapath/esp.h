#ifndef YD_DATAPATH_ESP_H
#define YD_DATAPATH_ESP_H

#include <stdint.h>

/* The wire format of ESP (RFC 4303 section 2), for the two stages that write and read it. */
#define ESP_PROTOCOL 50
#define ESP_HDR_LEN 8	  /* SPI, sequence number */
#define ESP_TRAILER_LEN 2 /* pad length, next header */
#define ESP_PAD_MAX 255
/* The longest of all algorithms, bytes. */
enum { ESP_IV_MAX = 16, ESP_BLOCK_MAX = 16, ESP_ICV_MAX = 32 };

enum esp_next_header { ESP_NEXT_IPV4 = 4, ESP_NEXT_IPV6 = 41, ESP_NEXT_DUMMY = 59 };

/* Bytes of padding so that text, padding and trailer are a multiple of block (RFC 4303 2.4). */
static inline uint32_t
esp_pad_len(uint32_t text_len, uint32_t block)
{
	return (block - (text_len + ESP_TRAILER_LEN) % block) % block;
}

#endif
