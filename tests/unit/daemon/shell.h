#ifndef YD_TESTS_DAEMON_SHELL_H
#define YD_TESTS_DAEMON_SHELL_H

#include <stdbool.h>
#include <sys/types.h>

#include "daemon/childlink.h"
#include "lib/state.h"
#include "tests/unit/daemon/bench.h"
#include "tests/unit/daemon/peer.h"

/* A bench with one shell connected to it, and, where a test wants it, a played datapath. */
struct shell {
	struct bench bench;
	struct peer peer;
	struct peer dp;
	struct peer ike;
	struct sastate *sastate;
	uint32_t id;
	bool left;
};

void shell_init(struct shell *s, uid_t uid);
void shell_fini(struct shell *s);
void shell_hello(struct shell *s);
/* Commits rows as a shell does; the type of the answer, which is in peer.body. */
enum msg_type shell_commit(struct shell *s, const char *rows);

/* Gives the daemon a link to a datapath that is not there … and connects one. */
void shell_datapath(struct shell *s);
void shell_datapath_up(struct shell *s);
/* The same with an IKE speaker: the parts that deal with it, and one that runs. */
void shell_speaker(struct shell *s);
void shell_speaker_up(struct shell *s);
/* The datapath answers the last question with n rows of `port` and the end. */
void shell_answer_rows(struct shell *s, unsigned int n);

#endif
