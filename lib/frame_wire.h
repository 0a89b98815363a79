#ifndef YD_LIB_FRAME_WIRE_H
#define YD_LIB_FRAME_WIRE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "lib/msg.h"

/*
 * Messages as packets, for frame*.c alone: u16 type, u16 protocol version, u32 request, then the
 * body. What msg.def does not allow is neither encoded nor received.
 */
enum { FRAME_WIRE_HEADER = 8, FRAME_WIRE_MAX = FRAME_WIRE_HEADER + 64 * 1024 };

struct frame_packet {
	STAILQ_ENTRY(frame_packet) next;
	size_t len;
	int fd; /* ours, or -1 */
	uint8_t data[];
};

/* One received message. */
struct frame_arrival {
	const struct msg_info *info;
	enum msg_type type;
	uint32_t request;
	void *body; /* malloc'd */
	int fd;
};

/* Encodes a message that self may send to peer; *out has no descriptor yet. 0 or -errno. */
int frame_wire_encode(enum msg_party self, enum msg_party peer, enum msg_type type,
	uint32_t request, const void *body, int fd, struct frame_packet **out);
/* Wipes it, closes its descriptor. */
void frame_wire_free(struct frame_packet *p);
/* Hands one packet and fd (when not -1) to the kernel; flags as of sendmsg. 0 or -errno. */
int frame_wire_send(int sock, const struct frame_packet *p, int fd, int flags);
/* Receives one message by way of rx, FRAME_WIRE_MAX bytes that are wiped again; flags as of
 * recvmsg. 1, 0 at the end of the connection, or -errno (-EBADMSG: refused and logged). */
int frame_wire_recv(int sock, enum msg_party self, enum msg_party peer, uint8_t *rx, int flags,
	struct frame_arrival *a);
/* Wipes and frees what has arrived. */
void frame_wire_done(struct frame_arrival *a);

#endif
