#ifndef YD_DAEMON_CAPTURE_H
#define YD_DAEMON_CAPTURE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct captures;
struct daemon;
struct err;
struct session;
struct st_capture;

/* The captures that run: one yongcap each, on behalf of one request of a shell. */
struct captures *captures_new(struct daemon *d);
/* Ends them and waits for their end. NULL is legal. */
void captures_free(struct captures *cs);

struct capture_spec {
	const char *interface; /* for displays */
	bool decrypted;
	uint32_t acl; /* for displays */
	bool acl6;
	const char *device; /* of the kernel */
	const char *filter; /* of libpcap, "" = everything */
	const char *file;
	uint32_t packets;
};

/* All strings are copied. -EBUSY: too many, or the file is in use. What follows is said to the session: its
 * progress, and its end. */
int captures_start(struct captures *cs, struct session *s, uint32_t request,
	const struct capture_spec *spec, struct err *e);
/* The session wants the end of what it began with that request; it may have ended already. */
void captures_stop(struct captures *cs, const struct session *s, uint32_t request);
/* A session has gone: what nobody waits for any more ends. */
void captures_orphaned(struct captures *cs);
/* What waitpid said; false when it is none of ours. */
bool captures_reaped(struct captures *cs, pid_t pid, int status);
/* Adds to a file's row what a running capture knows. */
void captures_describe(const struct captures *cs, struct st_capture *st);

#endif
