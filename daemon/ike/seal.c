/*
 * Payloads become datagrams of an IKE SA: encrypted, in fragments where both ends agreed to (RFC 7383),
 * kept as answers, counted. Refuses to know what is inside.
 */
#include "config.h"

#include "daemon/ike/seal.h"

#include "daemon/ike/debug.h"
#include "daemon/ike/engine.h"
#include "daemon/ike/fragment.h"
#include "lib/loop.h"

#include <errno.h>
#include <sys/socket.h>

struct emit {
	struct datagrams *out;
	int error;
};

static void
emit(void *arg, const uint8_t *datagram, size_t len)
{
	struct emit *e = arg;

	if (e->error == 0)
		e->error = datagrams_add(e->out, datagram, len);
}

void
seal_count(struct ike *ike, uint8_t exchange, bool response, const struct compose *c)
{
	/* they come in pairs, requests first */
	static const struct {
		uint8_t exchange;
		uint8_t request;
	} counters[] = {
		{ WIRE_IKE_SA_INIT, STATISTIC_out_init_request },
		{ WIRE_IKE_AUTH, STATISTIC_out_auth_request },
		{ WIRE_CREATE_CHILD_SA, STATISTIC_out_child_request },
		{ WIRE_INFORMATIONAL, STATISTIC_out_info_request },
	};

	for (size_t i = 0; i < sizeof(counters) / sizeof(counters[0]); i++)
		if (counters[i].exchange == exchange)
			statistics_count(ike, (enum statistic)(counters[i].request + response));
	for (unsigned int i = 0; i < c->n_notified; i++)
		statistics_count_notify(ike, c->notified[i], true);
}

int
seal_message(struct ike_sa *sa, uint8_t exchange, bool response, uint32_t id, struct compose *c,
	struct datagrams *out)
{
	struct wire_hdr h = { .spi_i = ike_sa_spi_i(sa),
		.spi_r = ike_sa_spi_r(sa),
		.major = 2,
		.exchange = exchange,
		.initiator = sa->initiator,
		.response = response,
		.id = id };
	struct emit e = { .out = out };
	size_t most = 0;
	int r = compose_end(c);

	if (sa->fragmentation)
		most = sa->path.at.remote.af == AF_INET6 ? FRAGMENT_DATAGRAM_V6
							 : FRAGMENT_DATAGRAM_V4;
	if (r == 0)
		r = fragment_seal(&sa->keys, &h, c->first, compose_span(c), most, emit, &e);
	compose_fini(c);
	if (r == 0)
		r = e.error;
	if (r != 0) {
		datagrams_clear(out);
		statistics_count(sa->ike, STATISTIC_no_memory);
		return r;
	}
	seal_count(sa->ike, exchange, response, c);
	debug_line(sa->ike, MSG_IKE_DEBUG_PACKET, &sa->path.at.remote, "sent %s %s %u",
		wire_exchange_name(exchange), response ? "response" : "request", id);
	return 0;
}

void
seal_send(struct ike_sa *sa, const struct ike_path *path, const struct datagrams *d)
{
	sa->sent_ms = loop_now_ms(sa->ike->loop);
	datagrams_send(sa->ike, path, d);
}

void
seal_reply(struct ike_sa *sa, uint8_t exchange, uint32_t id, struct compose *c)
{
	struct datagrams d = { 0 };
	const struct answer *kept;

	if (seal_message(sa, exchange, true, id, c, &d) != 0)
		return;
	kept = window_answer(&sa->window, id, &d);
	if (kept)
		seal_send(sa, &kept->path, &kept->datagrams);
}

void
seal_reply_notify(
	struct ike_sa *sa, uint8_t exchange, uint32_t id, uint16_t notify, struct span data)
{
	struct compose c;

	compose_inner(&c);
	compose_notify(&c, notify, data);
	seal_reply(sa, exchange, id, &c);
}

void
seal_stray(struct exchange *x, const struct wire_hdr *to, uint16_t notify, struct span data)
{
	struct wire_hdr h = { .spi_i = to->spi_i,
		.spi_r = to->spi_r,
		.major = 2,
		.exchange = to->exchange,
		.initiator = !to->initiator,
		.response = true,
		.id = to->id };
	struct datagrams d = { 0 };
	struct compose c;
	struct span s;

	compose_message(&c, &h);
	compose_notify(&c, notify, data);
	if (compose_end(&c) == 0) {
		s = compose_span(&c);
		if (datagrams_add(&d, s.p, s.len) == 0) {
			seal_count(x->ike, to->exchange, true, &c);
			datagrams_send(x->ike, x->path, &d);
		}
	}
	datagrams_clear(&d);
	compose_fini(&c);
}
