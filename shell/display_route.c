/*
 * The routing tables of both families as the kernel has them, in VRP's form.
 */
#include "config.h"

#include "lib/err.h"
#include "shell/cli/cli.h"
#include "shell/display.h"
#include "shell/out.h"
#include "shell/shell.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#define ROUTE(obj) ((const struct st_route *)(obj))

struct totals {
	size_t destinations;
	size_t routes;
};

/* Which routes are asked for. */
struct selection {
	bool v6;
	bool one; /* the routes to one destination: those of the longest match, or of this prefix */
	bool exact;  /* this prefix */
	bool longer; /* and everything inside it */
	struct prefix prefix;
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

/* With the slash; nothing where the destination stands above. */
static size_t
mask_text(const void *obj, char *out, size_t cap)
{
	const char *slash = strchr(ROUTE(obj)->destination, '/');

	return strlcpy(out, slash ? slash : "", cap);
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
	{ "mask", mask_text },
	{ 0 },
};

/* Addresses are right-aligned: the `/` is in column 15. */
static const struct layout_column columns[] = {
	{ 0, "Destination/Mask", "{network:15}{mask}" },
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

static const struct layout_line summary[] = {
	{ "Route Flags: R - relay, D - download to fib" },
	{ "------------------------------------------------------------------------------" },
	{ "Routing Table : Public" },
	{ "Summary Count : {routes}" },
	{ 0 },
};

/* AR routers print a card for each IPv6 route. */
static const struct layout_line head6[] = {
	{ "Routing Table : Public" },
	{ "         Destinations : {destinations:-8} Routes : {routes:-8}" },
	{ "" },
	{ 0 },
};

static const struct layout_line summary6[] = {
	{ "Routing Table : Public" },
	{ "Summary Count : {routes}" },
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

static int
selection_of(struct selection *s, const struct cli_match *m, bool v6, struct err *e)
{
	const char *to = cli_arg_text(m, "to", NULL);
	int64_t len = cli_arg_int(m, "mask", -1);

	*s = (struct selection){ .v6 = v6, .one = to, .exact = len >= 0 };
	s->longer = cli_has(m, "longer-match");
	if (!to)
		return 0;
	if (addr_parse(to, &s->prefix.addr))
		return err_set(e, -EINVAL, "", "The address is invalid.");
	s->prefix.len = (uint8_t)(len >= 0 ? len : (int64_t)addr_len(&s->prefix.addr) * 8);
	s->prefix.addr = prefix_network(&s->prefix);
	return 0;
}

static bool
is_selected(const struct selection *s, const struct st_route *r)
{
	struct prefix p;

	if (prefix_parse(r->destination, &p) || (p.addr.af == AF_INET6) != s->v6)
		return false;
	if (!s->one)
		return true;
	if (s->longer)
		return p.len >= s->prefix.len && prefix_contains(&s->prefix, &p.addr);
	if (s->exact)
		return p.len == s->prefix.len && addr_eq(&p.addr, &s->prefix.addr);
	return prefix_contains(&p, &s->prefix.addr);
}

/* Of the routes that lead to an address only the longest match. */
static size_t
keep_longest(struct client_rows *rows, size_t n)
{
	struct prefix p = { 0 };
	uint8_t longest = 0;
	size_t kept = 0;

	for (size_t i = 0; i < n; i++)
		if (!prefix_parse(ROUTE(rows->row[i])->destination, &p) && p.len > longest)
			longest = p.len;
	for (size_t i = 0; i < n; i++)
		if (!prefix_parse(ROUTE(rows->row[i])->destination, &p) && p.len == longest)
			rows->row[kept++] = rows->row[i];
	return kept;
}

/* The rows that are asked for; how many there are. */
static int
get_routes(struct shell *sh, const struct selection *s, struct client_rows *rows, struct totals *t,
	struct err *e)
{
	int rc = shell_state(sh, STATE_route, NULL, rows, e);
	size_t n = 0;

	*t = (struct totals){ 0 };
	if (rc)
		return rc;
	for (size_t i = 0; i < rows->n; i++)
		if (is_selected(s, rows->row[i]))
			rows->row[n++] = rows->row[i];
	rows->n = s->one && !s->exact && !s->longer ? keep_longest(rows, n) : n;
	for (size_t i = n = 0; i < rows->n; i++) {
		t->destinations += !n ||
			strcmp(ROUTE(rows->row[i])->destination,
				ROUTE(rows->row[n - 1])->destination) != 0;
		rows->row[n++] = rows->row[i];
	}
	t->routes = n;
	return 0;
}

/* The second way to the same place stands under the first. */
static const struct st_route *
under(const struct st_route *r, const struct st_route *above, struct st_route *room)
{
	if (!above || strcmp(r->destination, above->destination) != 0)
		return r;
	*room = *r;
	room->destination[0] = '\0';
	return room;
}

static int
show(struct shell *sh, const struct layout *l, const struct client_rows *rows)
{
	struct st_route room;

	for (size_t i = 0; i < rows->n; i++) {
		if (out_is_json(sh->out))
			layout_json(sh->out, l, rows->row[i]);
		else if (l->columns)
			layout_row(sh->out, l,
				under(rows->row[i], i ? rows->row[i - 1] : NULL, &room));
		else
			layout_card(sh->out, l, rows->row[i]);
	}
	return 0;
}

static void
print_head(struct shell *sh, const struct layout_line *card, const struct totals *t)
{
	layout_card(sh->out, &(struct layout){ .values = total_values, .card = card }, t);
}

int
display_routing_table(struct shell *sh, const struct cli_match *m, struct err *e)
{
	const struct layout l = {
		.record = &state_info(STATE_route)->record, .values = values, .columns = columns
	};
	struct client_rows rows;
	struct selection s;
	struct totals t;
	int rc = selection_of(&s, m, false, e);

	if (!rc)
		rc = get_routes(sh, &s, &rows, &t, e);
	if (rc)
		return rc;
	if (!out_is_json(sh->out)) {
		print_head(sh, s.one ? summary : head, &t);
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
	struct selection s;
	struct totals t;
	int rc = selection_of(&s, m, true, e);

	if (!rc)
		rc = get_routes(sh, &s, &rows, &t, e);
	if (rc)
		return rc;
	if (!out_is_json(sh->out))
		print_head(sh, s.one ? summary6 : head6, &t);
	return show(sh, &l, &rows);
}
