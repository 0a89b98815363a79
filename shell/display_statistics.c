/*
 * What the datapath counts: IPsec packets, of both protocols or of one, and the keepalives of a tunnel.
 */
#include "config.h"

#include "lib/err.h"
#include "schema/model.h"
#include "shell/cli/cli.h"
#include "shell/display.h"
#include "shell/out.h"
#include "shell/shell.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

static const struct layout_line statistics_card[] = {
	{ " IPSec statistics information:" },
	{ " Number of IPSec tunnels: {tunnels}" },
	{ " Number of standby IPSec tunnels: 0" },
	{ " the security packet statistics:" },
	{ "   input/output security packets: {in_packets}/{out_packets}" },
	{ "   input/output security bytes: {in_bytes}/{out_bytes}" },
	{ "   input/output dropped security packets: {in_dropped}/{out_dropped}" },
	{ "   packets past the policies: {bypassed}" },
	{ "   dropped security packet detail:" },
	{ 0 },
};

/* The colon stands apart: a line with "error:" would be taken for a failure by Ansible. */
static const struct layout_line drop_card[] = {
	{ "     {text:-45} : {packets}" },
	{ 0 },
};

/* What is told of one protocol. */
struct protocol_sums {
	const char *name;
	const char *drops; /* its drop reasons begin with it */
	uint8_t protocol;
	uint64_t n[2]; /* SAs; out, in */
	uint64_t packets[2];
	uint64_t bytes[2];
	uint64_t dropped[2];
};

#define SUM(name, expression)                                      \
	static size_t name(const void *obj, char *out, size_t cap) \
	{                                                          \
		const struct protocol_sums *s = obj;               \
                                                                   \
		return layout_number(expression, out, cap);        \
	}
SUM(in_sas, s->n[1])
SUM(out_sas, s->n[0])
SUM(in_count, s->packets[1] + s->dropped[1])
SUM(in_decap, s->packets[1])
SUM(in_bytes, s->bytes[1])
SUM(in_drop, s->dropped[1])
SUM(out_count, s->packets[0] + s->dropped[0])
SUM(out_encap, s->packets[0])
SUM(out_bytes, s->bytes[0])
SUM(out_drop, s->dropped[0])

static size_t
protocol_name(const void *obj, char *out, size_t cap)
{
	return strlcpy(out, ((const struct protocol_sums *)obj)->name, cap);
}

static const struct layout_value sum_values[] = {
	{ "name", protocol_name },
	{ "in_sas", in_sas },
	{ "out_sas", out_sas },
	{ "in_count", in_count },
	{ "in_decap", in_decap },
	{ "in_bytes", in_bytes },
	{ "in_drop", in_drop },
	{ "out_count", out_count },
	{ "out_encap", out_encap },
	{ "out_bytes", out_bytes },
	{ "out_drop", out_drop },
	{ 0 },
};

static const struct layout_line sum_card[] = {
	{ " IPSec {name} statistics information:" },
	{ "   Number of inbound/outbound {name} SAs: {in_sas}/{out_sas}" },
	{ "   Inpacket count        : {in_count}" },
	{ "   Inpacket decap count  : {in_decap}" },
	{ "   Inpacket decap bytes  : {in_bytes}" },
	{ "   Inpacket drop count   : {in_drop}" },
	{ "   Outpacket count       : {out_count}" },
	{ "   Outpacket encap count : {out_encap}" },
	{ "   Outpacket encap bytes : {out_bytes}" },
	{ "   Outpacket drop count  : {out_drop}" },
	{ "   dropped {name} packet detail:" },
	{ 0 },
};

static const struct st_ipsec_statistics *
totals_get(struct shell *sh, struct client_rows *rows, struct err *e)
{
	int rc = shell_state(sh, STATE_ipsec_statistics, NULL, rows, e);

	if (!rc && !rows->n)
		err_set(e, -ENODATA, "", "The datapath does not say what it has counted.");
	return !rc && rows->n ? rows->row[0] : NULL;
}

/* The counters, which outlive the SAs that they were counted with. */
static void
counts_take(struct protocol_sums *s, const struct st_ipsec_statistics *t)
{
	bool esp = s->protocol == IPPROTO_ESP;

	s->packets[0] = esp ? t->esp_out_packets : t->ah_out_packets;
	s->packets[1] = esp ? t->esp_in_packets : t->ah_in_packets;
	s->bytes[0] = esp ? t->esp_out_bytes : t->ah_out_bytes;
	s->bytes[1] = esp ? t->esp_in_bytes : t->ah_in_bytes;
	s->dropped[0] = esp ? t->esp_out_dropped : t->ah_out_dropped;
	s->dropped[1] = esp ? t->esp_in_dropped : t->ah_in_dropped;
}

/* As JSON it is the SAs. */
static int
of_protocol(struct shell *sh, struct protocol_sums *s, struct err *e)
{
	const struct layout l = { .record = &state_info(STATE_ipsec_sa)->record };
	const struct layout drop = { .record = &state_info(STATE_drop)->record, .card = drop_card };
	const struct st_ipsec_statistics *total;
	struct client_rows rows, totals, drops;
	int rc = shell_state(sh, STATE_ipsec_sa, NULL, &rows, e);

	if (!rc)
		rc = shell_state(sh, STATE_drop, NULL, &drops, e);
	if (rc)
		return rc;
	for (size_t i = 0; i < rows.n; i++) {
		const struct st_ipsec_sa *sa = rows.row[i];

		if (sa->protocol != s->protocol)
			continue;
		s->n[sa->inbound]++;
		if (out_is_json(sh->out))
			layout_json(sh->out, &l, sa);
	}
	if (out_is_json(sh->out))
		return 0;
	total = totals_get(sh, &totals, e);
	if (!total)
		return -ENODATA;
	counts_take(s, total);
	layout_card(sh->out, &(struct layout){ .values = sum_values, .card = sum_card }, s);
	for (size_t i = 0; i < drops.n; i++) {
		const struct st_drop *d = drops.row[i];

		if (!strncmp(d->reason, s->drops, strlen(s->drops)))
			layout_card(sh->out, &drop, d);
	}
	return 0;
}

int
display_esp_statistics(struct shell *sh, const struct cli_match *m, struct err *e)
{
	struct protocol_sums esp = { .name = "ESP", .drops = "esp_", .protocol = IPPROTO_ESP };

	return of_protocol(sh, &esp, e);
}

int
display_ah_statistics(struct shell *sh, const struct cli_match *m, struct err *e)
{
	struct protocol_sums ah = { .name = "AH", .drops = "ah_", .protocol = IPPROTO_AH };

	return of_protocol(sh, &ah, e);
}

int
display_ipsec_statistics(struct shell *sh, const struct cli_match *m, struct err *e)
{
	const struct layout l = { .record = &state_info(STATE_ipsec_statistics)->record,
		.card = statistics_card };
	const struct layout drop = { .record = &state_info(STATE_drop)->record, .card = drop_card };
	const struct st_ipsec_statistics *total;
	struct client_rows totals, drops;
	int rc = shell_state(sh, STATE_drop, NULL, &drops, e);

	if (rc)
		return rc;
	total = totals_get(sh, &totals, e);
	if (!total)
		return -ENODATA;
	if (out_is_json(sh->out)) {
		layout_json(sh->out, &l, total);
		for (size_t i = 0; i < drops.n; i++)
			layout_json(sh->out, &drop, drops.row[i]);
		return 0;
	}
	layout_card(sh->out, &l, total);
	for (size_t i = 0; i < drops.n; i++)
		if (!strcmp(((const struct st_drop *)drops.row[i])->group, "ipsec"))
			layout_card(sh->out, &drop, drops.row[i]);
	return 0;
}

/* --- keepalives of a tunnel --------------------------------------------------------- */

int
display_tunnel_device(struct shell *sh, char device[16], struct err *e)
{
	const struct value *key;
	struct client_rows rows;
	int rc;

	if (cli_view_row(sh->cli, &key) != &model_interface || strncmp(key->s, "Tunnel", 6) != 0)
		return err_set(e, -EINVAL, "", "This is a command of the view of a tunnel.");
	rc = shell_state(sh, STATE_interface, key->s, &rows, e);
	if (!rc && !rows.n)
		rc = err_set(e, -ENODEV, key->s, "The interface does not exist.");
	if (!rc)
		strlcpy(device, ((const struct st_interface *)rows.row[0])->device, 16);
	return rc;
}

int
display_keepalive(struct shell *sh, const struct cli_match *m, struct err *e)
{
	static const struct layout_line card[] = {
		{ "Send {sent_requests} keepalive packets to peers, Receive {received_answers} "
		  "keepalive response packets from peers" },
		{ "Receive {received_requests} keepalive packets from peers, Send {sent_answers} "
		  "keepalive response packets to peers." },
		{ 0 },
	};
	const struct layout l = { .record = &state_info(STATE_keepalive)->record, .card = card };
	static const struct st_keepalive none; /* a tunnel that does not run has counted nothing */
	const struct st_keepalive *row = &none;
	struct client_rows rows = { 0 };
	char device[16];
	int rc = display_tunnel_device(sh, device, e);

	if (!rc && *device)
		rc = shell_state(sh, STATE_keepalive, device, &rows, e);
	if (rc)
		return rc;
	if (rows.n)
		row = rows.row[0];
	if (out_is_json(sh->out))
		layout_json(sh->out, &l, row);
	else
		layout_card(sh->out, &l, row);
	return 0;
}
