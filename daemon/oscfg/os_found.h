#ifndef YD_DAEMON_OSCFG_OS_FOUND_H
#define YD_DAEMON_OSCFG_OS_FOUND_H

struct err;

/*
 * The journal of how the kernel was found, DIR/kernel.found: what must be put back, also by the next
 * daemon after a kill -9. An entry is a kind ("sysctl", "device", "made"), a name and a value.
 */
struct os_found;

/* Reads what an earlier daemon left; another boot's or another namespace's entries are void. */
int os_found_open(const char *state_dir, struct os_found **out, struct err *e);
void os_found_close(struct os_found *f);

/* The value, borrowed until the next change, or NULL. */
const char *os_found_get(const struct os_found *f, const char *kind, const char *name);
/* Written before it returns. Neither name nor value may hold a newline, nor the name a blank. */
int os_found_put(
	struct os_found *f, const char *kind, const char *name, const char *value, struct err *e);
/* Unknown entries are no error. */
void os_found_drop(struct os_found *f, const char *kind, const char *name);
/* All entries of one kind. */
void os_found_drop_kind(struct os_found *f, const char *kind);
/* Walks one kind in order of names; fn must not change the journal. */
int os_found_each(const struct os_found *f, const char *kind,
	int (*fn)(void *arg, const char *name, const char *value), void *arg);

#endif
