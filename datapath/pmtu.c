/*
 * Path MTU: what is said about the size of our packets, and whether to believe it. The kernel
 * itself believes nothing (IP_PMTUDISC_INTERFACE), since anyone may forge such messages. Refuses to
 * know what is done about a smaller path: that is fit.c's and gre.c's.
 */
#include "config.h"

#include "datapath/pmtu.h"

#include "datapath/fit.h"
#include "datapath/gre.h"
#include "datapath/ip4.h"
#include "datapath/ip6.h"
#include "datapath/os/errqueue.h"
#include "datapath/port.h"
#include "datapath/quote.h"
#include "datapath/sadb.h"
#include "lib/buf.h"
#include "lib/loop.h"

#include <string.h>
#include <sys/socket.h>

enum { PER_S = 50, BURST = 20, IP4_MTU_MIN = 576, SPI_LEN = 4, REPORTS_MAX = 64 };

void
pmtu_on_learned(struct dp *dp,
	void (*fn)(void *arg, uint32_t sa, const struct addr *destination, uint32_t mtu), void *arg)
{
	dp->path_news = fn;
	dp->path_news_arg = arg;
}

void
pmtu_tell(struct dp *dp, uint32_t sa, const struct addr *destination, uint32_t mtu)
{
	if (dp->path_news)
		dp->path_news(dp->path_news_arg, sa, destination, mtu);
}

static bool
is_plausible(uint8_t af, uint32_t mtu)
{
	return mtu >= (af == AF_INET6 ? (uint32_t)IP6_MTU_MIN : (uint32_t)IP4_MTU_MIN) &&
		mtu <= UINT16_MAX;
}

static void
learn(struct dp *dp, struct sa *sa, uint32_t mtu)
{
	if (fit_learn(dp, sa, mtu))
		pmtu_tell(dp, sa->id, &sa->destination, mtu);
}

static bool
take(struct dp *dp)
{
	return limit_take(&dp->icmp_in, loop_now_ms(dp->loop), PER_S, BURST);
}

void
pmtu_quoted(struct dp *dp, const uint8_t *quote, uint32_t len, uint32_t mtu)
{
	struct quote q;
	struct sa *sa;

	/* of a fragment only the first one says whose it is */
	if (!quote_read(quote, len, &q) || q.hdr_len == 0 || !is_plausible(q.source.af, mtu) ||
		mtu >= q.total_len || !take(dp))
		return;
	quote += q.hdr_len;
	len -= q.hdr_len;
	if (q.protocol == IP_PROTO_GRE) {
		gre_quoted(dp, &q.source, &q.destination, quote, len, mtu);
		return;
	}
	/* the SPI is the first word of ESP, and the second of AH */
	if (q.protocol == IP_PROTO_AH && len >= SPI_LEN) {
		quote += SPI_LEN;
		len -= SPI_LEN;
	}
	if (len < SPI_LEN)
		return;
	sa = sadb_get_outbound(dp->sadb, q.protocol, be32_get(quote), &q.destination);
	if (sa && addr_eq(&sa->source, &q.source))
		learn(dp, sa, mtu);
}

void
pmtu_quoted_esp(struct dp *dp, const struct addr *destination, const uint8_t *quote, uint32_t len,
	uint32_t mtu)
{
	struct sa *sa;

	if (len < SPI_LEN || !is_plausible(destination->af, mtu) || !take(dp))
		return;
	sa = sadb_get_outbound(dp->sadb, IP_PROTO_ESP, be32_get(quote), destination);
	if (sa)
		learn(dp, sa, mtu);
}

struct local {
	struct dp *dp;
	const struct addr *destination;
	uint32_t mtu;
};

static void
learn_local(void *arg, struct sa *sa)
{
	const struct local *l = arg;

	if (!sa->inbound && addr_eq(&sa->destination, l->destination))
		learn(l->dp, sa, l->mtu);
}

void
pmtu_local(struct dp *dp, const struct addr *destination, uint32_t mtu)
{
	struct local l = { dp, destination, mtu };

	if (!is_plausible(destination->af, mtu) || !take(dp))
		return;
	sadb_each(dp->sadb, learn_local, &l);
	gre_path(dp, destination, mtu);
}

void
pmtu_read_errors(struct port *p, bool udp)
{
	struct errqueue_report r;

	for (unsigned int i = 0; i < REPORTS_MAX && errqueue_next(p->fd, &r); i++) {
		if (r.local)
			pmtu_local(p->dp, &r.destination, r.mtu);
		else if (udp)
			pmtu_quoted_esp(p->dp, &r.destination, r.quote, r.quote_len, r.mtu);
		else
			pmtu_quoted(p->dp, r.quote, r.quote_len, r.mtu);
	}
}
