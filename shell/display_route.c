/*
 * The routing tables of both families as the kernel has them, in VRP's form.
 */
#include "config.h"

#include "lib/err.h"
#include "shell/cli/cli.h"
#include "shell/display.h"
#include "shell/out.h"
#include "shell/shell.h"

#include <string.h>

#define ROUTE(obj) ((const struct st_route *)(obj))

struct totals {
	size_t destinations;
	size_t routes;
};

static size_t
network_text(const void *obj, char *out, size_t cap)
{
	strlcpy(out, ROUTE(obj)->destination, cap);
	out[strcspn(out, "/")] = '\0';
	return strlen(out);
}

static size_t
length_text(const void *obj, char *out, size_t cap)
{
	const char *slash = strchr(ROUTE(obj)->destination, '/');

	return strlcpy(out, slash ? slash + 1 : "", cap);
}

static size_t
destinations_text(const void *obj, char *out, size_t cap)
{
	return layout_number(((const struct totals *)obj)->destinations, out, cap);
}

static size_t
routes_text(const void *obj, char *out, size_t cap)
{
	return layout_number(((const struct totals *)obj)->routes, out, cap);
}

static const struct layout_value values[] = {
	{ "network", network_text },
	{ "length", length_text },
	{ 0 },
};

/* Addresses are right-aligned: the `/` is in column 15. */
static const struct layout_column columns[] = {
	{ 0, "Destination/Mask", "{network:15}/{length}" },
	{ 20, "Proto", "{protocol}" },
	{ 28, "Pre", "{preference}" },
	{ 33, "Cost", "{cost}" },
	{ 43, "Flags", " {flags:2}" },
	{ 49, "NextHop", "{nexthop}" },
	{ 65, "Interface", "{interface}" },
	{ 0 },
};

static const struct layout_value total_values[] = {
	{ "destinations", destinations_text },
	{ "routes", routes_text },
	{ 0 },
};

static const struct layout_line head[] = {
	{ "Route Flags: R - relay, D - download to fib" },
	{ "------------------------------------------------------------------------------" },
	{ "Routing Tables: Public" },
	{ "         Destinations : {destinations:-8} Routes : {routes:-8}" },
	{ "" },
	{ 0 },
};

/* AR routers print a card for each IPv6 route. */
static const struct layout_line head6[] = {
	{ "Routing Table : Public" },
	{ "         Destinations : {destinations:-8} Routes : {routes:-8}" },
	{ "" },
	{ 0 },
};

static const struct layout_line card6[] = {
	{ "Destination  : {network:-39} PrefixLength : {length}" },
	{ "NextHop      : {nexthop:-39} Preference   : {preference}" },
	{ "Cost         : {cost:-39} Protocol     : {protocol}" },
	{ "RelayNextHop : ::                                      TunnelID     : 0x0" },
	{ "Interface    : {interface:-39} Flags        : {flags}" },
	{ "" },
	{ 0 },
};

/* The rows of one family; how many there are. */
static int
get_routes(struct shell *sh, bool v6, struct client_rows *rows, struct totals *t, struct err *e)
{
	int rc = shell_state(sh, STATE_route, NULL, rows, e);
	size_t n = 0;

	*t = (struct totals){ 0 };
	for (size_t i = 0; !rc && i < rows->n; i++) {
		if (!strchr(ROUTE(rows->row[i])->destination, ':') == v6)
			continue;
		t->destinations += !n ||
			strcmp(ROUTE(rows->row[i])->destination,
				ROUTE(rows->row[n - 1])->destination) != 0;
		rows->row[n++] = rows->row[i];
	}
	t->routes = rows->n = n;
	return rc;
}

static int
show(struct shell *sh, const struct layout *l, const struct client_rows *rows)
{
	for (size_t i = 0; i < rows->n; i++) {
		if (out_is_json(sh->out))
			layout_json(sh->out, l, rows->row[i]);
		else if (l->columns)
			layout_row(sh->out, l, rows->row[i]);
		else
			layout_card(sh->out, l, rows->row[i]);
	}
	return 0;
}

int
display_routing_table(struct shell *sh, const struct cli_match *m, struct err *e)
{
	const struct layout l = {
		.record = &state_info(STATE_route)->record, .values = values, .columns = columns
	};
	struct client_rows rows;
	struct totals t;
	int rc = get_routes(sh, false, &rows, &t, e);

	if (rc)
		return rc;
	if (!out_is_json(sh->out)) {
		layout_card(sh->out, &(struct layout){ .values = total_values, .card = head }, &t);
		layout_header(sh->out, &l);
		out_line(sh->out, "");
	}
	return show(sh, &l, &rows);
}

int
display_routing_table6(struct shell *sh, const struct cli_match *m, struct err *e)
{
	const struct layout l = {
		.record = &state_info(STATE_route)->record, .values = values, .card = card6
	};
	struct client_rows rows;
	struct totals t;
	int rc = get_routes(sh, true, &rows, &t, e);

	if (rc)
		return rc;
	if (!out_is_json(sh->out))
		layout_card(sh->out, &(struct layout){ .values = total_values, .card = head6 }, &t);
	return show(sh, &l, &rows);
}
