#ifndef YD_TESTS_DAEMON_PEER_H
#define YD_TESTS_DAEMON_PEER_H

#include <stdbool.h>

#include "lib/msg.h"

struct loop;

/* The other end of a socket of ours, played by a test: says and hears one message at a time. */
struct peer {
	struct loop *loop;
	struct frame *frame;
	enum msg_type type; /* of the last message heard; MSG_NONE */
	uint32_t id;
	unsigned int n; /* messages heard since the last peer_say or peer_hear */
	unsigned int n_rows;
	int fd; /* the last one that came with a message */
	bool gone;
	bool obliging; /* answers every request with done, at once */
	union {
		struct msg_error error;
		struct msg_welcome welcome;
		struct msg_image image;
		struct msg_committed committed;
		struct msg_applied applied;
		struct msg_state_row row; /* the last row */
		struct msg_saved saved;
		struct msg_dp_setup dp_setup;
		struct msg_dp_port dp_port;
		struct msg_dp_sa dp_sa;
		struct msg_dp_spd_begin dp_spd_begin;
		struct msg_dp_spd_rule dp_spd_rule;
		struct msg_dp_seq_limit dp_seq_limit;
		struct msg_state_get state_get;
		struct msg_state_reset state_reset;
		struct msg_ike_usage ike_usage;
		struct msg_ike_route ike_route;
	} body;
	struct msg_state_row last_row;
	char said[4096]; /* the names of all messages heard since peer_forget, with blanks */
	char log[65536]; /* and all they said, a line each */
};

/* Takes fd. self: who the test plays. */
void peer_init(struct peer *p, struct loop *l, int fd, enum msg_party self, enum msg_party other);
void peer_fini(struct peer *p);
/* Sends, then lets both sides work until nothing happens any more. */
void peer_say(struct peer *p, enum msg_type type, uint32_t id, const void *body, int fd);
/* Lets both sides work. */
void peer_hear(struct peer *p);
void peer_forget(struct peer *p);
/* Has it heard that, as record_print says it, since peer_forget? */
bool peer_heard(const struct peer *p, const char *text);

#endif
