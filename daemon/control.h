#ifndef YD_DAEMON_CONTROL_H
#define YD_DAEMON_CONTROL_H

#include <sys/types.h>

struct control;
struct daemon;
struct err;
struct msg_ike_debug;

/*
 * The socket of the shells, DIR/control.sock: everybody may look, root and one group may configure.
 */
/* Listens. */
int control_new(struct daemon *d, struct control **out, struct err *e);
/* Serves one shell on a connected socket (taken) and listens to nobody; gone(arg) when it has left.
 * uid: who it is, or (uid_t)-1 to ask the kernel (tests say). */
int control_new_single(struct daemon *d, int fd, uid_t uid, void (*gone)(void *arg), void *arg,
	struct control **out, struct err *e);
void control_free(struct control *c);

/* Steps were answered: shells that wait for them are told. NULL is legal for both. */
void control_progress(struct control *c);
/* The datapath was started anew and was sent everything again. */
void control_datapath_changed(struct control *c);

/* A line of the IKE speaker's, for the shells that want to hear of it. c may be NULL. */
void control_debug(struct control *c, const struct msg_ike_debug *m);
/* Tells the speaker what shells want to hear: when one has said so or is gone, or the speaker is new. */
void control_debugging(struct control *c);

#endif
