#ifndef YD_DAEMON_OSCFG_OS_FILTER_H
#define YD_DAEMON_OSCFG_OS_FILTER_H

#include <stddef.h>
#include <stdint.h>

#include "daemon/want.h"

struct err;
struct os_filter;
struct wbuf;

/* Opens libnftables in this namespace; the table is made with the first filter. */
int os_filter_new(struct os_filter **out, struct err *e);
void os_filter_free(struct os_filter *f);
/* Packets that the drop counter has seen; 0 when there is no table. */
uint64_t os_filter_drops(struct os_filter *f);

/* Runs commands of nft as one transaction, and frees their text. object: whom they are about. */
int os_filter_run(struct os_filter *f, struct wbuf *b, const char *object, struct err *e);
/* Can the device's name stand in nft's text? nft takes names in quotes, and '*' at their end as a wildcard. */
bool os_filter_name_is_plain(const char *device);

/*
 * The rules of one device as nft text. They are cut into chunks where their contents say so, so that
 * one more rule among thousands changes one chunk: each is a chain of its own, named by a hash of its
 * rules, and the device's chain jumps through them in order. A chain of that name holds those rules.
 */
struct os_filter_chunk {
	char chain[64];
	char *jump; /* the line that enters it */
	size_t first, n_rules;
};

struct os_filter_text {
	char chain[64]; /* the device's */
	char *entry;	/* lines of the device's chain before the first jump */
	struct os_filter_chunk *chunks;
	size_t n_chunks;
};

/* 0 or -ENOMEM. */
int os_filter_text_make(const struct want_filter *w, struct os_filter_text *out);
void os_filter_text_free(struct os_filter_text *t);
/* Appends the lines that fill a chunk's chain; w is what the chunk was made from. */
void os_filter_text_chunk(
	struct wbuf *b, const struct want_filter *w, const struct os_filter_chunk *c);
/* "dev_" and the device's name in characters that nft takes as a word; and back (false: not one). */
void os_filter_chain_name(const char *device, char out[64]);
bool os_filter_chain_device(const char *chain, char out[16]);

#endif
