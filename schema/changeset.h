#ifndef YD_SCHEMA_CHANGESET_H
#define YD_SCHEMA_CHANGESET_H

#include <stddef.h>

struct column;
struct wbuf;

/* Gives another text for the new value of a secret column; text has len bytes and no end mark. 0 and
 * *out, which lives until the call returns to the caller of changeset_map_secrets, or -errno. */
typedef int changeset_map_fn(
	void *arg, const struct column *c, const char *text, size_t len, const char **out);

/* Writes the changeset with every new text of a secret column replaced. -EBADMSG, or what map returned. */
int changeset_map_secrets(
	const void *changeset, size_t len, changeset_map_fn *map, void *arg, struct wbuf *out);

#endif
