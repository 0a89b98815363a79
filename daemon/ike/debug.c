/*
 * What `debugging ike` shows: lines of text for the daemon, by topic and peer.
 */
#include "config.h"

#include "daemon/ike/debug.h"

#include "daemon/ike/engine.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static bool
wanted(const struct ike *ike, enum msg_ike_topic topic, const struct addr *remote)
{
	if (!(ike->debug_mask & topic))
		return false;
	return ike->debug_remote.af == 0 || (remote && addr_eq(&ike->debug_remote, remote));
}

static void
line(struct ike *ike, enum msg_ike_topic topic, const struct addr *remote, const char *fmt,
	va_list ap)
{
	struct msg_ike_debug m = { .topic = topic };

	if (remote)
		m.remote = *remote;
	vsnprintf(m.text, sizeof(m.text), fmt, ap);
	call_tell(ike, MSG_ike_debug, &m);
}

void
debug_line(
	struct ike *ike, enum msg_ike_topic topic, const struct addr *remote, const char *fmt, ...)
{
	va_list ap;

	if (!wanted(ike, topic, remote))
		return;
	va_start(ap, fmt);
	line(ike, topic, remote, fmt, ap);
	va_end(ap);
}

void
debug_event(struct ike_sa *sa, const char *fmt, ...)
{
	char text[400];
	va_list ap;

	if (!wanted(sa->ike, MSG_IKE_DEBUG_EVENT, &sa->path.at.remote))
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	debug_line(sa->ike, MSG_IKE_DEBUG_EVENT, &sa->path.at.remote, "connection %u (%s): %s",
		sa->connection, exchange_state_shown(sa->state), text);
}
