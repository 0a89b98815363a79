/*
 * NAT traversal and the peer's address (RFC 7296 2.23, RFC 3948 4): detection, the float to port 4500,
 * keepalives, and a NAT that changes its mapping, which IKE and ESP follow together. Who is not behind a NAT
 * is not followed, nor does one alone behind a NAT follow anybody: a single spoofed packet
 * must not break the connection.
 */
#include "config.h"

#include "daemon/ike/path.h"

#include "daemon/ike/child_sa.h"
#include "daemon/ike/compose.h"
#include "daemon/ike/debug.h"
#include "daemon/ike/engine.h"
#include "daemon/ike/natd.h"
#include "lib/loop.h"

#include <string.h>

int
path_write_detection(struct ike_sa *sa, struct compose *c, uint64_t spi_i, uint64_t spi_r)
{
	const struct ike_path *at = &sa->path.at;
	uint8_t source[NATD_LEN], destination[NATD_LEN];
	int r;

	r = natd_hash(sa->ike->crypt, spi_i, spi_r, &at->local, at->local_port, source);
	if (r == 0)
		r = natd_hash(
			sa->ike->crypt, spi_i, spi_r, &at->remote, at->remote_port, destination);
	if (r != 0)
		return r;
	compose_notify(c, NOTIFY_nat_detection_source_ip, (struct span){ source, sizeof(source) });
	compose_notify(c, NOTIFY_nat_detection_destination_ip,
		(struct span){ destination, sizeof(destination) });
	return 0;
}

void
path_detect(struct ike_sa *sa, const struct message *m)
{
	const struct ike_path *at = &sa->path.at;
	struct natd_verdict v;

	if ((sa->peer && !sa->peer->cfg.nat_traversal) ||
		natd_check(sa->ike->crypt, m, &at->local, at->local_port, &at->remote,
			at->remote_port, &v) != 0)
		return;
	sa->path.detected = v.supported;
	sa->path.nat_local = v.supported && v.local;
	sa->path.nat_remote = v.supported && v.remote;
	if (v.local || v.remote)
		debug_event(sa, "NAT%s%s", v.local ? " here" : "", v.remote ? " there" : "");
}

bool
path_is_encapsulated(const struct ike_sa *sa)
{
	return sa->path.nat_local || sa->path.nat_remote;
}

void
path_float(struct ike_sa *sa)
{
	if (!path_is_encapsulated(sa) || sa->path.at.local_port == PATH_PORT_NATT)
		return;
	sa->path.at.local_port = PATH_PORT_NATT;
	sa->path.at.remote_port = PATH_PORT_NATT;
}

static bool
same_remote(const struct ike_path *a, const struct addr *remote, uint16_t port)
{
	return addr_eq(&a->remote, remote) && a->remote_port == port;
}

/* For each connection there is a message to tell it, and each message is a move: a peer with many, that shows up
 * here and there, would have us do nothing else. */
enum { MOVES_PER_S = 2, MOVES_MS = 1000 };

static void
tell_late(void *arg)
{
	struct ike_sa *sa = arg;

	sa->path.moves_ms = loop_now_ms(sa->ike->loop);
	sa->path.n_moves = 1;
	child_sa_moved(sa);
	request_hurry(sa);
}

/* Its SAs go where the peer is, now or at the end of the second. Whether it is now. */
static bool
tell(struct ike_sa *sa)
{
	uint64_t now = loop_now_ms(sa->ike->loop);

	if (sa->moving && timer_pending(sa->moving))
		return false;
	if (now - sa->path.moves_ms >= MOVES_MS) {
		sa->path.moves_ms = now;
		sa->path.n_moves = 0;
	}
	if (sa->path.n_moves >= MOVES_PER_S && !sa->moving)
		sa->moving = timer_new(sa->ike->loop, tell_late, sa);
	if (sa->path.n_moves >= MOVES_PER_S && sa->moving) {
		timer_set(sa->moving, sa->path.moves_ms + MOVES_MS - now);
		return false;
	}
	sa->path.n_moves++;
	child_sa_moved(sa);
	return true;
}

static bool
follow(struct ike_sa *sa, const struct addr *remote, uint16_t port)
{
	char from[ADDR_STRLEN], to[ADDR_STRLEN];

	debug_event(sa, "peer moved from %s:%u to %s:%u", addr_format(&sa->path.at.remote, from),
		sa->path.at.remote_port, addr_format(remote, to), port);
	sa->path.at.remote = *remote;
	sa->path.at.remote_port = port;
	sa->path.moved_ms = loop_now_ms(sa->ike->loop);
	return tell(sa);
}

void
path_heard(struct ike_sa *sa, const struct ike_path *from)
{
	bool floated =
		from->local_port == PATH_PORT_NATT && sa->path.at.local_port != PATH_PORT_NATT;

	sa->heard_ms = loop_now_ms(sa->ike->loop);
	sa->dpd_lost = 0;
	/* the initiator floats with IKE_AUTH, NAT or not; until then nobody is authentic */
	if (floated && !sa->initiator && sa->state == EXCHANGE_init_answered) {
		sa->path.at = *from;
		return;
	}
	if (same_remote(&sa->path.at, &from->remote, from->remote_port) || !sa->path.nat_remote)
		return;
	if (from->local_port != sa->path.at.local_port)
		return;
	(void)follow(sa, &from->remote, from->remote_port);
}

void
path_moved(struct ike_sa *sa, const struct addr *remote, uint16_t remote_port)
{
	if (!sa->path.nat_remote || same_remote(&sa->path.at, remote, remote_port))
		return;
	if (follow(sa, remote, remote_port))
		request_hurry(sa);
}

void
path_inherit(struct ike_sa *from, struct ike_sa *to)
{
	bool late = from->moving && timer_pending(from->moving);

	if (from->path.moved_ms > to->path.moved_ms) {
		to->path.at = from->path.at;
		to->path.moved_ms = from->path.moved_ms;
	} else if (!same_remote(&from->path.at, &to->path.at.remote, to->path.at.remote_port)) {
		late = true;
	}
	to->path.moves_ms = from->path.moves_ms;
	to->path.n_moves = from->path.n_moves;
	if (from->moving)
		timer_cancel(from->moving);
	if (late)
		(void)tell(to);
}

static uint64_t
keepalive_every(const struct ike_sa *sa)
{
	return (uint64_t)sa->ike->nat_keepalive_s * 1000;
}

static void
keepalive(void *arg)
{
	static const uint8_t byte = 0xff;
	struct ike_sa *sa = arg;
	uint64_t now = loop_now_ms(sa->ike->loop);

	if (now - sa->sent_ms >= keepalive_every(sa)) {
		statistics_count(sa->ike, STATISTIC_keepalives);
		sa->ike->ops.send(sa->ike->ops.arg, &sa->path.at, &byte, sizeof(byte));
		sa->sent_ms = now;
	}
	path_keep(sa);
}

void
path_keep(struct ike_sa *sa)
{
	uint64_t every = keepalive_every(sa);
	uint64_t quiet = loop_now_ms(sa->ike->loop) - sa->sent_ms;
	bool keeps = sa->path.nat_local && every != 0;

	if (keeps && !sa->keepalive)
		sa->keepalive = timer_new(sa->ike->loop, keepalive, sa);
	if (keeps && sa->keepalive)
		timer_set(sa->keepalive, quiet < every ? every - quiet : 0);
	else if (sa->keepalive)
		timer_cancel(sa->keepalive);
}
