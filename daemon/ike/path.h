#ifndef YD_IKE_PATH_H
#define YD_IKE_PATH_H

#include <stdbool.h>
#include <stdint.h>

#include "daemon/ike/ike.h"

struct compose;
struct exchange;
struct ike_sa;
struct message;

enum { PATH_PORT = 500, PATH_PORT_NATT = 4500 };

/* Where an IKE SA's messages go, and what is between (RFC 7296 2.23). */
struct path {
	struct ike_path at;
	bool detected;	   /* both ends can NAT traversal */
	bool nat_local;	   /* we are behind a NAT */
	bool nat_remote;   /* the peer is */
	uint64_t moved_ms; /* when the peer was last seen elsewhere */
	uint64_t moves_ms; /* the second in which its SAs were told so n_moves times */
	unsigned int n_moves;
};

/* The two NAT_DETECTION notifications of an IKE_SA_INIT message with these SPIs. 0 or -errno. */
int path_write_detection(struct ike_sa *sa, struct compose *c, uint64_t spi_i, uint64_t spi_r);
/* What the peer's say. */
void path_detect(struct ike_sa *sa, const struct message *m);
/* Initiator: after IKE_SA_INIT to port 4500, when there is a NAT. */
void path_float(struct ike_sa *sa);
/* CHILD SAs are encapsulated in UDP. */
bool path_is_encapsulated(const struct ike_sa *sa);
/* An authentic message that was not here before came this way: a peer behind a NAT that moved is followed,
 * by IKE at once, and by its SAs twice a second at most: what comes then waits for the end of the second. */
void path_heard(struct ike_sa *sa, const struct ike_path *from);
/* The datapath has seen authentic packets from there. */
void path_moved(struct ike_sa *sa, const struct addr *remote, uint16_t remote_port);
/* `to` has the SAs of `from` now, which it replaces: both are in one place, the later one. */
void path_inherit(struct ike_sa *from, struct ike_sa *to);
/* When we are behind a NAT: keeps its mapping from now on, in the interval that is configured now. ESP in UDP
 * goes by the same mapping: the datapath keeps none. */
void path_keep(struct ike_sa *sa);

#endif
