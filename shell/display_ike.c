/*
 * IKE as it runs: the SAs of both phases, from the state tables of IKE (lib/state.def).
 */
#include "config.h"

#include "lib/addr.h"
#include "lib/err.h"
#include "shell/cli/cli.h"
#include "shell/display.h"
#include "shell/out.h"
#include "shell/shell.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

static const char line[] =
	"  ------------------------------------------------------------------------------";

size_t
display_endpoint(const struct addr *a, uint16_t port, char *out, size_t cap)
{
	char text[ADDR_STRLEN];
	int len;

	addr_format(a, text);
	if (!port)
		return strlcpy(out, text, cap);
	len = snprintf(out, cap, a->af == AF_INET6 ? "[%s]:%u" : "%s:%u", text, port);
	return len < 0 ? 0 : (size_t)len;
}

/* --- SAs ------------------------------------------------------------------------------------- */

/* One line of `display ike sa`: an IKE SA, or a pair of SAs that it made (child). */
struct phase {
	const struct st_ike_sa *sa;
	const struct st_ike_child *child; /* NULL: the IKE SA itself */
};

#define PHASE(obj) ((const struct phase *)(obj))

static size_t
conn_text(const void *obj, char *out, size_t cap)
{
	const struct phase *p = obj;

	return layout_number(p->child ? p->child->connection : p->sa->connection, out, cap);
}

static size_t
peer_text(const void *obj, char *out, size_t cap)
{
	return display_endpoint(&PHASE(obj)->sa->remote, PHASE(obj)->sa->remote_port, out, cap);
}

static size_t
local_text(const void *obj, char *out, size_t cap)
{
	return display_endpoint(&PHASE(obj)->sa->local, PHASE(obj)->sa->local_port, out, cap);
}

static size_t
flags_text(const void *obj, char *out, size_t cap)
{
	static const struct {
		const char *state, *flags;
	} rows[] = {
		{ "negotiating", "NEG" },
		{ "installing", "NEG" },
		{ "established", "RD" },
		{ "rekeyed", "RD|RL" },
		{ "fading", "RD|FD" },
		{ "timeout", "RD|TO" },
		{ "deleting", "RL" },
	};
	const struct phase *p = obj;
	const char *state = p->child ? p->child->state : p->sa->state;

	strlcpy(out, "-", cap);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (!strcmp(rows[i].state, state))
			strlcpy(out, rows[i].flags, cap);
	if (p->child ? p->child->initiator : p->sa->initiator)
		strlcat(out, "|ST", cap);
	return strlen(out);
}

static size_t
phase_text(const void *obj, char *out, size_t cap)
{
	return (size_t)snprintf(
		out, cap, "v%u:%s", PHASE(obj)->sa->version, PHASE(obj)->child ? "2" : "1");
}

static const struct {
	uint8_t type;
	const char *text, *keyword;
} id_types[] = {
	{ MSG_IKE_ID_IPV4, "IP", "ip" },
	{ MSG_IKE_ID_IPV6, "IP", "ip" },
	{ MSG_IKE_ID_FQDN, "FQDN", "fqdn" },
	{ MSG_IKE_ID_USER_FQDN, "USER-FQDN", "user-fqdn" },
	{ MSG_IKE_ID_DN, "DN", "dn" },
	{ MSG_IKE_ID_KEY_ID, "KEY-ID", "key-id" },
};

static size_t
id_type_text(uint8_t type, char *out, size_t cap)
{
	for (size_t i = 0; i < sizeof(id_types) / sizeof(id_types[0]); i++)
		if (id_types[i].type == type)
			return strlcpy(out, id_types[i].text, cap);
	return strlcpy(out, "-", cap);
}

static size_t
remote_type_text(const void *obj, char *out, size_t cap)
{
	return id_type_text(PHASE(obj)->sa->remote_id_type, out, cap);
}

static size_t
local_type_text(const void *obj, char *out, size_t cap)
{
	return id_type_text(PHASE(obj)->sa->local_id_type, out, cap);
}

static size_t
of_sa(const void *obj, const char *text, char *out, size_t cap)
{
	const struct layout l = { .record = &state_info(STATE_ike_sa)->record };

	return layout_text(&l, text, PHASE(obj)->sa, 0, out, cap);
}

static size_t
of_child(const void *obj, const char *text, char *out, size_t cap)
{
	const struct layout l = { .record = &state_info(STATE_ike_child)->record };

	return layout_text(&l, text, PHASE(obj)->child, 0, out, cap);
}

static size_t
nat_text(const void *obj, char *out, size_t cap)
{
	static const char *const texts[] = { "No NAT", "This end is behind a NAT",
		"The peer is behind a NAT", "Both ends are behind a NAT" };
	const struct st_ike_sa *sa = PHASE(obj)->sa;

	return strlcpy(out, texts[sa->nat_local + 2 * sa->nat_remote], cap);
}

static size_t
authentication_text(const void *obj, char *out, size_t cap)
{
	const char *method = PHASE(obj)->sa->authentication;

	return strlcpy(out,
		!strcmp(method, "pre-share") ? "PRE_SHARED"
			: *method	     ? method
					     : "-",
		cap);
}

/* A field of the SA under its own name. */
#define OF_SA(name, text)                                               \
	static size_t name##_text(const void *obj, char *o, size_t cap) \
	{                                                               \
		return of_sa(obj, text, o, cap);                        \
	}
#define OF_CHILD(name, text)                                            \
	static size_t name##_text(const void *obj, char *o, size_t cap) \
	{                                                               \
		return of_child(obj, text, o, cap);                     \
	}
OF_SA(name, "{peer!dash}")
OF_SA(version, "{version}")
OF_SA(remote_id, "{remote_id!dash}")
OF_SA(local_id, "{local_id!dash}")
OF_SA(spi_i, "{spi_i}")
OF_SA(spi_r, "{spi_r}")
OF_SA(encryption, "{encryption!CIPHER}")
OF_SA(integrity, "{integrity!INTEGRITY}")
OF_SA(prf, "{prf!prf}")
OF_SA(dh, "{dh!dh}")
OF_SA(lifetime, "{lifetime_s}")
OF_SA(remaining, "{remaining_s}")
OF_SA(holding, "{established_s!holding}")
OF_SA(fragmentation, "{fragmentation!Enable}")
OF_SA(dpd, "{dpd_sent}/{dpd_lost}")
OF_SA(children, "{n_children}")
OF_CHILD(ike_connection, "{ike_connection}")
OF_CHILD(policy, "{policy}")
OF_CHILD(rule, "{rule}")
OF_CHILD(interface, "{interface!dash}")
OF_CHILD(flow_source, "{flow_source!dash}")
OF_CHILD(flow_destination, "{flow_destination!dash}")
OF_CHILD(spis, "{spi_in!hex}/{spi_out!hex}")
OF_CHILD(protocol, "{protocol!protocol}")
OF_CHILD(cipher, "{cipher!CIPHER}")
OF_CHILD(auth, "{auth!INTEGRITY}")
OF_CHILD(esn, "{esn!Enable}")
OF_CHILD(pfs, "{dh!dh}")
OF_CHILD(child_remaining, "{remaining_s}")
OF_CHILD(child_holding, "{established_s!holding}")

static const struct layout_value phase_values[] = {
	{ "conn", conn_text },
	{ "peer", peer_text },
	{ "local", local_text },
	{ "flags", flags_text },
	{ "phase", phase_text },
	{ "remote_type", remote_type_text },
	{ "local_type", local_type_text },
	{ "name", name_text },
	{ "version", version_text },
	{ "remote_id", remote_id_text },
	{ "local_id", local_id_text },
	{ "spi_i", spi_i_text },
	{ "spi_r", spi_r_text },
	{ "encryption", encryption_text },
	{ "integrity", integrity_text },
	{ "prf", prf_text },
	{ "dh", dh_text },
	{ "lifetime", lifetime_text },
	{ "remaining", remaining_text },
	{ "holding", holding_text },
	{ "fragmentation", fragmentation_text },
	{ "dpd", dpd_text },
	{ "children", children_text },
	{ "nat", nat_text },
	{ "authentication", authentication_text },
	{ "ike_connection", ike_connection_text },
	{ "policy", policy_text },
	{ "rule", rule_text },
	{ "interface", interface_text },
	{ "flow_source", flow_source_text },
	{ "flow_destination", flow_destination_text },
	{ "spis", spis_text },
	{ "protocol", protocol_text },
	{ "cipher", cipher_text },
	{ "auth", auth_text },
	{ "esn", esn_text },
	{ "pfs", pfs_text },
	{ "child_remaining", child_remaining_text },
	{ "child_holding", child_holding_text },
	{ 0 },
};

static const struct layout_column phase_columns[] = {
	{ 4, "Conn-ID", "{conn}" },
	{ 13, "Peer", "{peer}" },
	{ 29, "VPN", "" },
	{ 35, "Flag(s)", "{flags}" },
	{ 45, "Phase", "{phase}" },
	{ 53, "RemoteType", "{remote_type}" },
	{ 65, "RemoteID", "{remote_id}" },
	{ 0 },
};

static bool
is_ike(const void *obj)
{
	return !PHASE(obj)->child;
}

static bool
is_child(const void *obj)
{
	return PHASE(obj)->child;
}

static const struct layout_line verbose_card[] = {
	{ "---------------------------------------------" },
	{ " IKE SA phase            : 1", is_ike },
	{ " IKE SA phase            : 2", is_child },
	{ " IKE peer name           : {name}" },
	{ " Connection ID           : {conn}" },
	{ " Of the IKE connection   : {ike_connection}", is_child },
	{ " Version                 : v{version}" },
	{ " Flag(s)                 : {flags}" },
	{ " Local address           : {local}" },
	{ " Remote address          : {peer}" },
	{ " Initiator SPI           : {spi_i}", is_ike },
	{ " Responder SPI           : {spi_r}", is_ike },
	{ " Local ID type           : {local_type}", is_ike },
	{ " Local ID                : {local_id}", is_ike },
	{ " Remote ID type          : {remote_type}", is_ike },
	{ " Remote ID               : {remote_id}", is_ike },
	{ " Authentication method   : {authentication}", is_ike },
	{ " Encryption algorithm    : {encryption}", is_ike },
	{ " Integrity algorithm     : {integrity}", is_ike },
	{ " Prf algorithm           : {prf}", is_ike },
	{ " Diffie-Hellman group    : {dh}", is_ike },
	{ " SA duration(seconds)    : {lifetime}", is_ike },
	{ " SA remaining(seconds)   : {remaining}", is_ike },
	{ " Holding time            : {holding}", is_ike },
	{ " NAT traversal           : {nat}", is_ike },
	{ " IKE fragmentation       : {fragmentation}", is_ike },
	{ " DPD packets (sent/lost) : {dpd}", is_ike },
	{ " Number of IPSec SAs     : {children}", is_ike },
	{ " Interface               : {interface}", is_child },
	{ " IPSec policy            : {policy}", is_child },
	{ " Acl rule                : {rule}", is_child },
	{ " Flow source             : {flow_source}", is_child },
	{ " Flow destination        : {flow_destination}", is_child },
	{ " Security protocol       : {protocol}", is_child },
	{ " SPI (inbound/outbound)  : {spis}", is_child },
	{ " Encryption algorithm    : {cipher}", is_child },
	{ " Integrity algorithm     : {auth}", is_child },
	{ " Extended sequence number: {esn}", is_child },
	{ " PFS                     : {pfs}", is_child },
	{ " SA remaining(seconds)   : {child_remaining}", is_child },
	{ " Holding time            : {child_holding}", is_child },
	{ 0 },
};

static const char *const legend[] = {
	"",
	"  Flag Description:",
	"  RD--READY   ST--STAYALIVE   RL--REPLACED   FD--FADING   TO--TIMEOUT",
	"  HRT--HEARTBEAT   LKG--LAST KNOWN GOOD SEQ NO.   BCK--BACKED UP",
	"  M--ACTIVE   S--STANDBY   A--ALONE  NEG--NEGOTIATING",
	NULL,
};

static bool
id_wanted(const struct st_ike_sa *sa, const struct cli_match *m)
{
	const char *type = cli_arg_text(m, "type", NULL), *id = cli_arg_text(m, "id", NULL);
	bool fits = !type;

	for (size_t i = 0; i < sizeof(id_types) / sizeof(id_types[0]); i++)
		fits |= id_types[i].type == sa->remote_id_type && type &&
			!strcmp(id_types[i].keyword, type);
	return fits && (!id || !strcmp(id, sa->remote_id));
}

static bool
sa_wanted(const struct st_ike_sa *sa, const struct cli_match *m)
{
	const char *remote = cli_arg_text(m, "remote", NULL);
	struct addr a;

	if (cli_has(m, "v2") && sa->version != 2)
		return false;
	if (remote)
		return !addr_parse(remote, &a) && addr_eq(&a, &sa->remote);
	return id_wanted(sa, m);
}

static bool
connection_wanted(const struct phase *p, const struct cli_match *m)
{
	int64_t n = cli_arg_int(m, "connection", 0);

	return !n || n == p->sa->connection || (p->child && n == p->child->connection);
}

struct sas {
	struct shell *sh;
	const struct cli_match *match;
	struct client_rows ike, child;
	size_t n;
};

static int
get_sas(struct sas *s, struct err *e)
{
	int rc = shell_state(s->sh, STATE_ike_sa, NULL, &s->ike, e);

	return rc ? rc : shell_state(s->sh, STATE_ike_child, NULL, &s->child, e);
}

static void
print_phase(struct sas *s, const struct phase *p)
{
	const struct layout sa = { .record = &state_info(STATE_ike_sa)->record };
	const struct layout child = { .record = &state_info(STATE_ike_child)->record };
	const struct layout l = {
		.values = phase_values, .columns = phase_columns, .card = verbose_card
	};
	struct out *o = s->sh->out;

	if (!connection_wanted(p, s->match))
		return;
	s->n++;
	if (out_is_json(o))
		layout_json(o, p->child ? &child : &sa, p->child ? (const void *)p->child : p->sa);
	else if (cli_has(s->match, "verbose"))
		layout_card(o, &l, p);
	else
		layout_row(o, &l, p);
}

/* What an IKE SA made comes before it, as VRP has it. */
static void
print_connection(struct sas *s, const struct st_ike_sa *sa)
{
	for (size_t i = 0; i < s->child.n; i++) {
		const struct st_ike_child *c = s->child.row[i];

		if (c->ike_connection == sa->connection)
			print_phase(s, &(struct phase){ sa, c });
	}
	print_phase(s, &(struct phase){ .sa = sa });
}

int
display_ike_sa(struct shell *sh, const struct cli_match *m, struct err *e)
{
	const struct layout l = { .values = phase_values, .columns = phase_columns };
	struct sas s = { .sh = sh, .match = m };
	bool table = !out_is_json(sh->out) && !cli_has(m, "verbose");
	int rc = get_sas(&s, e);

	if (rc)
		return rc;
	if (table) {
		out_line(sh->out, "IKE SA information :");
		layout_header(sh->out, &l);
		out_line(sh->out, line);
	}
	for (size_t i = 0; i < s.ike.n; i++)
		if (sa_wanted(s.ike.row[i], m))
			print_connection(&s, s.ike.row[i]);
	if (table) {
		out_line(sh->out, "");
		out_linef(sh->out, "  Number of IKE SA : %zu", s.n);
		out_line(sh->out, line);
		layout_lines(sh->out, legend);
	} else if (!s.n && !out_is_json(sh->out)) {
		out_line(sh->out, "Info: There is no such IKE SA.");
	}
	return 0;
}
