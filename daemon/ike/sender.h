#ifndef YD_IKE_SENDER_H
#define YD_IKE_SENDER_H

#include <stddef.h>
#include <stdint.h>

struct ike_path;

/*
 * Sends IKE datagrams by the datapath's own UDP sockets, of which the daemon passed duplicates: so they come from
 * where the answers go to. What comes in does not come this way.
 */
struct sender;

struct sender_count {
	uint64_t sent;
	uint64_t failed;    /* the system refused it */
	uint64_t no_socket; /* none of this family and port */
};

struct sender *sender_new(void);
void sender_free(struct sender *s);
/* Takes fd, also on failure; equal family (AF_INET, AF_INET6) and port replaces. 0, -EINVAL, -ENOSPC. */
int sender_put(struct sender *s, uint8_t af, uint16_t port, int fd);
/* One datagram, of at most WIRE_DATAGRAM_MAX bytes. From port 4500 with the non-ESP marker in front, but
 * for a NAT keepalive (RFC 3948 2.2, 2.3: the one byte ff). What cannot be sent is counted and lost. */
void sender_send(struct sender *s, const struct ike_path *path, const uint8_t *data, size_t len);
struct sender_count sender_count(const struct sender *s);
void sender_count_reset(struct sender *s);

#endif
