#ifndef YD_DAEMON_SPEAKER_H
#define YD_DAEMON_SPEAKER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/addr.h"
#include "lib/msg.h"

struct daemon;
struct err;
struct want;

/*
 * The IKE speaker's life: started while the configuration wants IKE, given its sockets, and told by the
 * daemon what the datapath and the kernel know. What is said of SAs goes on to negotiated.h.
 */
struct speaker;

struct speaker *speaker_new(struct daemon *d);
/* Ends it, if it runs; nothing is told any more. */
void speaker_free(struct speaker *s);

/* Starts it, or lets it end soon, as the configuration wants. */
void speaker_supervise(struct daemon *d);
/* A speaker at the other end of fd (taken). 0 or -errno. */
int speaker_begin(struct daemon *d, int fd);
/* It is dead. */
void speaker_gone(struct daemon *d);
/* The router stops: takes all away from it, and waits a moment while it tells its peers, for which there
 * must be a datapath still. */
void speaker_farewell(struct daemon *d);
bool speaker_reaped(struct daemon *d, pid_t pid, int status);
uint32_t speaker_restarts(const struct speaker *s);

/* The object WANT_IKE: what holds for all peers, and a socket pair between datapath and speaker. */
int speaker_setup(struct daemon *d, const struct want *w, struct err *e);
/* The router's UDP socket for IKE, for the datapath to receive by: opened when it is asked for first, and
 * the same one as long as IKE is wanted, whichever process dies. Borrowed; -errno with err. */
int speaker_socket(struct daemon *d, uint8_t af, uint16_t port, struct err *e);

/* What the datapath has told: dp_acquire, dp_sa_soft, dp_sa_path. */
void speaker_acquire(struct daemon *d, const struct msg_dp_acquire *m);
void speaker_used(struct daemon *d, const struct msg_dp_sa_soft *m);
void speaker_moved(struct daemon *d, const struct msg_dp_sa_path *m);

#endif
