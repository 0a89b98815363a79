/*
 * Interfaces: the card of each, as AR routers print it, and the brief tables. ntc-templates and ce_facts
 * read these: legends, line counts and the first column of lines are theirs.
 */
#include "config.h"

#include "lib/err.h"
#include "shell/cli/cli.h"
#include "shell/display.h"
#include "shell/out.h"
#include "shell/shell.h"

#include <errno.h>
#include <string.h>

#define IF(obj) ((const struct st_interface *)(obj))

static bool
is_kind(const void *obj, const char *kind)
{
	return !strncmp(IF(obj)->name, kind, strlen(kind));
}

static bool
is_tunnel(const void *obj)
{
	return is_kind(obj, "Tunnel");
}

static bool
is_loopback(const void *obj)
{
	return is_kind(obj, "LoopBack");
}

static bool
is_physical(const void *obj)
{
	return !is_tunnel(obj) && !is_loopback(obj);
}

static bool
is_gre(const void *obj)
{
	return is_tunnel(obj) && !strcmp(IF(obj)->tunnel_protocol, "gre");
}

static bool
is_ipsec(const void *obj)
{
	return is_tunnel(obj) && !strcmp(IF(obj)->tunnel_protocol, "ipsec");
}

static bool
has_ends_named(const void *obj)
{
	return (is_gre(obj) || is_ipsec(obj)) && *IF(obj)->tunnel_source_if;
}

static bool
has_ends_unnamed(const void *obj)
{
	return (is_gre(obj) || is_ipsec(obj)) && !*IF(obj)->tunnel_source_if;
}

static bool
has_address(const void *obj)
{
	return *IF(obj)->address;
}

static bool
has_no_address(const void *obj)
{
	return !has_address(obj);
}

static bool
has_sub(const void *obj)
{
	return *IF(obj)->address_sub;
}

static bool
has_address6(const void *obj)
{
	return *IF(obj)->address6;
}

static bool
has_mac(const void *obj)
{
	return *IF(obj)->mac;
}

static bool
has_policy(const void *obj)
{
	return *IF(obj)->policy;
}

static bool
has_profile(const void *obj)
{
	return *IF(obj)->profile;
}

static bool
has_device(const void *obj)
{
	return *IF(obj)->device;
}

static bool
is_incomplete(const void *obj)
{
	return *IF(obj)->incomplete;
}

static bool
has_keepalive(const void *obj)
{
	return is_gre(obj) && IF(obj)->keepalive;
}

static size_t
physical_text(const void *obj, char *out, size_t cap)
{
	if (!IF(obj)->admin_up)
		return strlcpy(out, "Administratively DOWN", cap);
	return strlcpy(out, IF(obj)->phys_up ? "UP" : "DOWN", cap);
}

static size_t
protocol_text(const void *obj, char *out, size_t cap)
{
	if (!IF(obj)->proto_up)
		return strlcpy(out, "DOWN", cap);
	return strlcpy(out, is_loopback(obj) ? "UP (spoofing)" : "UP", cap);
}

static size_t
physical_brief(const void *obj, char *out, size_t cap)
{
	if (!IF(obj)->admin_up)
		return strlcpy(out, "*down", cap);
	return strlcpy(out, IF(obj)->phys_up ? "up" : "down", cap);
}

static size_t
protocol_brief(const void *obj, char *out, size_t cap)
{
	if (!IF(obj)->proto_up)
		return strlcpy(out, "down", cap);
	return strlcpy(out, is_loopback(obj) ? "up(s)" : "up", cap);
}

static size_t
description_text(const void *obj, char *out, size_t cap)
{
	if (*IF(obj)->description)
		return strlcpy(out, IF(obj)->description, cap);
	return layout_text(&(struct layout){ .record = &state_info(STATE_interface)->record },
		"Yongdao, {name} Interface", obj, 0, out, cap);
}

static size_t
address_text(const void *obj, char *out, size_t cap)
{
	return strlcpy(out, has_address(obj) ? IF(obj)->address : "unassigned", cap);
}

static const struct layout_value values[] = {
	{ "physical", physical_text },
	{ "protocol", protocol_text },
	{ "PHY", physical_brief },
	{ "Protocol", protocol_brief },
	{ "text", description_text },
	{ "Address", address_text },
	{ 0 },
};

static const struct layout_line card[] = {
	{ "{name} current state : {physical}" },
	{ "Line protocol current state : {protocol}" },
	{ "Last line protocol up time : {last_up_time!time}" },
	{ "Description:{text}" },
	{ "Route Port,The Maximum Transmit Unit is {mtu}" },
	{ "Internet Address is {address}", has_address },
	{ "    Internet Address is {address_sub} Sub", has_sub },
	{ "Internet protocol processing : disabled", has_no_address },
	{ "    IPv6 Address is {address6}", has_address6 },
	{ "IP Sending Frames' Format is PKTFMT_ETHNT_2, Hardware address is {mac}", has_mac },
	{ "Encapsulation is TUNNEL, loopback not set", is_tunnel },
	{ "Tunnel source {tunnel_source} ({tunnel_source_if}), destination {tunnel_destination}",
		has_ends_named },
	{ "Tunnel source {tunnel_source} (-), destination {tunnel_destination}", has_ends_unnamed },
	{ "Tunnel protocol/transport GRE/IP, key {has_key!enabled}", is_gre },
	/* with the leading blank parsers of others take the line, which know GRE only */
	{ " Tunnel protocol/transport IPSEC/IP", is_ipsec },
	{ "keepalive {keepalive!enabled}", is_gre },
	{ "    keepalive period {keepalive_period_s}, retry-times {keepalive_retries}",
		has_keepalive },
	{ "Checksumming of packets {checksum!enabled}", is_gre },
	{ "    IPSec policy {policy}", has_policy },
	{ "    IPSec profile {profile}", has_profile },
	{ "    Network device {device}", has_device },
	{ "    Not running: {incomplete}", is_incomplete },
	{ "Physical is Loopback", is_loopback },
	{ "Current system time: {now!time}" },
	{ "    300 seconds input rate {in_bits_rate} bits/sec, {in_packets_rate} packets/sec" },
	{ "    300 seconds output rate {out_bits_rate} bits/sec, {out_packets_rate} packets/sec" },
	{ "    {in_packets} packets input,  {in_bytes} bytes", is_tunnel },
	{ "    {in_errors} input error", is_tunnel },
	{ "    {out_packets} packets output,  {out_bytes} bytes", is_tunnel },
	{ "    {out_errors} output error", is_tunnel },
	{ "Input:  {in_packets} packets, {in_bytes} bytes", is_physical },
	{ "  {in_errors} errors", is_physical },
	{ "Output:  {out_packets} packets, {out_bytes} bytes", is_physical },
	{ "  {out_errors} errors", is_physical },
	{ "    Input bandwidth utilization  : --" },
	{ "    Output bandwidth utilization : --" },
	{ 0 },
};

static const struct layout_column brief_columns[] = {
	{ 0, "Interface", "{name}" },
	{ 28, "PHY", "{PHY}" },
	{ 34, "Protocol", "{Protocol}" },
	{ 44, "InUti", "   --" },
	{ 50, "OutUti", "    --" },
	{ 59, "inErrors", "{in_errors:8}" },
	{ 69, "outErrors", "{out_errors:9}" },
	{ 0 },
};

static const struct layout_column ip_columns[] = {
	{ 0, "Interface", "{name}" },
	{ 34, "IP Address/Mask", "{Address}" },
	{ 55, "Physical", "{PHY}" },
	{ 66, "Protocol  ", "{Protocol}" },
	{ 0 },
};

static int
show(struct shell *sh, const struct layout *l, const struct client_rows *rows)
{
	for (size_t i = 0; i < rows->n; i++) {
		if (out_is_json(sh->out))
			layout_json(sh->out, l, rows->row[i]);
		else if (l->columns)
			layout_row(sh->out, l, rows->row[i]);
		else {
			layout_card(sh->out, l, rows->row[i]);
			out_line(sh->out, "");
		}
	}
	return 0;
}

int
display_interface(struct shell *sh, const struct cli_match *m, struct err *e)
{
	const struct layout l = {
		.record = &state_info(STATE_interface)->record, .values = values, .card = card
	};
	const char *name = cli_arg_text(m, "interface", NULL);
	struct client_rows rows;
	int rc = shell_state(sh, STATE_interface, name, &rows, e);

	if (rc)
		return rc;
	if (name && !rows.n)
		return err_set(e, -ENODEV, name, "The interface does not exist.");
	return show(sh, &l, &rows);
}

int
display_interface_brief(struct shell *sh, const struct cli_match *m, struct err *e)
{
	static const char *const legend[] = {
		"PHY: Physical",
		"*down: administratively down",
		"^down: standby",
		"(l): loopback",
		"(s): spoofing",
		"InUti/OutUti: input utility/output utility",
		NULL,
	};
	const struct layout l = { .record = &state_info(STATE_interface)->record,
		.values = values,
		.columns = brief_columns };
	struct client_rows rows;
	int rc = shell_state(sh, STATE_interface, NULL, &rows, e);

	if (rc)
		return rc;
	if (!out_is_json(sh->out)) {
		layout_lines(sh->out, legend);
		layout_header(sh->out, &l);
	}
	return show(sh, &l, &rows);
}

/* How many are up and down. */
struct counts {
	size_t up[2]; /* physical, protocol */
	size_t n;
};

#define COUNT(name, expression)                                    \
	static size_t name(const void *obj, char *out, size_t cap) \
	{                                                          \
		const struct counts *c = obj;                      \
                                                                   \
		return layout_number(expression, out, cap);        \
	}
COUNT(physical_up, c->up[0])
COUNT(physical_down, c->n - c->up[0])
COUNT(protocol_up, c->up[1])
COUNT(protocol_down, c->n - c->up[1])

static const struct layout_value count_values[] = {
	{ "physical_up", physical_up },
	{ "physical_down", physical_down },
	{ "protocol_up", protocol_up },
	{ "protocol_down", protocol_down },
	{ 0 },
};

/* Eleven lines before the first row: ce_facts counts them. */
static const struct layout_line ip_head[] = {
	{ "*down: administratively down" },
	{ "^down: standby" },
	{ "(l): loopback" },
	{ "(s): spoofing" },
	{ "(E): E-Trunk down" },
	{ "The number of interface that is UP in Physical is {physical_up}" },
	{ "The number of interface that is DOWN in Physical is {physical_down}" },
	{ "The number of interface that is UP in Protocol is {protocol_up}" },
	{ "The number of interface that is DOWN in Protocol is {protocol_down}" },
	{ "" },
	{ 0 },
};

int
display_ip_interface_brief(struct shell *sh, const struct cli_match *m, struct err *e)
{
	const struct layout l = { .record = &state_info(STATE_interface)->record,
		.values = values,
		.columns = ip_columns };
	const struct layout head = { .values = count_values, .card = ip_head };
	struct client_rows rows;
	struct counts c = { 0 };
	int rc = shell_state(sh, STATE_interface, NULL, &rows, e);

	if (rc)
		return rc;
	for (c.n = 0; c.n < rows.n; c.n++) {
		c.up[0] += IF(rows.row[c.n])->admin_up && IF(rows.row[c.n])->phys_up;
		c.up[1] += IF(rows.row[c.n])->proto_up;
	}
	if (!out_is_json(sh->out)) {
		layout_card(sh->out, &head, &c);
		layout_header(sh->out, &l);
	}
	return show(sh, &l, &rows);
}

/* --- IPv6 ----------------------------------------------------------------------------- */

static const struct layout_column ip6_columns[] = {
	{ 0, "Interface", "{name}" },
	{ 29, "Physical", "{PHY}" },
	{ 51, "Protocol", "{Protocol6}" },
	{ 0 },
};

/* The line protocol of IPv6 does not ask for an IPv4 address. */
static size_t
protocol6_brief(const void *obj, char *out, size_t cap)
{
	const struct st_interface *i = obj;

	if (!i->admin_up || !i->phys_up || !*i->address6)
		return strlcpy(out, "down", cap);
	return strlcpy(out, is_loopback(obj) ? "up(s)" : "up", cap);
}

static const struct layout_value values6[] = {
	{ "PHY", physical_brief },
	{ "Protocol6", protocol6_brief },
	{ 0 },
};

static void
print_addresses6(struct shell *sh, const char *list)
{
	if (!*list)
		out_line(sh->out, "[IPv6 Address] Unassigned");
	while (*list) {
		size_t len = strcspn(list, " ");

		out_linef(sh->out, "[IPv6 Address] %.*s", (int)strcspn(list, "/ "), list);
		list += len + strspn(list + len, " ");
	}
}

int
display_ipv6_interface_brief(struct shell *sh, const struct cli_match *m, struct err *e)
{
	static const char *const legend[] = {
		"*down: administratively down",
		"(l): loopback",
		"(s): spoofing",
		NULL,
	};
	const struct layout l = { .record = &state_info(STATE_interface)->record,
		.values = values6,
		.columns = ip6_columns };
	struct client_rows rows;
	int rc = shell_state(sh, STATE_interface, NULL, &rows, e);

	if (rc)
		return rc;
	if (!out_is_json(sh->out)) {
		layout_lines(sh->out, legend);
		layout_header(sh->out, &l);
	}
	for (size_t i = 0; i < rows.n; i++) {
		if (!IF(rows.row[i])->ipv6)
			continue;
		if (out_is_json(sh->out)) {
			layout_json(sh->out, &l, rows.row[i]);
			continue;
		}
		layout_row(sh->out, &l, rows.row[i]);
		print_addresses6(sh, IF(rows.row[i])->address6);
	}
	return 0;
}
