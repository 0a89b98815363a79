/*
 * IKE: what holds for all peers, proposals, peers and the addresses at which they are tried. The values of
 * algorithms are the keywords of alg.def.
 */
#include "config.h"

#include "schema/model.h"
#include "schema/type.h"

static const struct type type_number = TYPE_INTEGER("ike-proposal", 1, 99);
static const struct type type_duration = TYPE_INTEGER("ike-duration", 60, 604800);
static const struct type type_keepalive = TYPE_INTEGER("nat-keepalive", 5, 300);
static const struct type type_idle = TYPE_INTEGER("dpd-idle", 10, 3600);
static const struct type type_interval = TYPE_INTEGER("dpd-interval", 2, 60);
static const struct type type_retries = TYPE_INTEGER("dpd-retries", 1, 10);

static const struct type type_identity = {
	.name = "identity",
	.help_form = "STRING<1-127>",
	.min = 1,
	.max = 127,
	.parse = type_parse_text,
	.render = type_render_text,
};

/* --- what holds for all peers ------------------------------------------------------ */

static const struct choice dpd_types[] = {
	{ "on-demand", "Ask when there is something to send and the peer is silent",
		{ VALUE_TEXT, .s = "on-demand" } },
	{ "periodic", "Ask whenever the peer is silent", { VALUE_TEXT, .s = "periodic" } },
	{ 0 },
};
static const struct type type_dpd = TYPE_CHOICE("dpd-type", dpd_types);

static const struct choice dpd_msgs[] = {
	{ "seq-hash-notify", "The hash payload comes before the notify payload (IKEv1)",
		{ VALUE_TEXT, .s = "seq-hash-notify" } },
	{ "seq-notify-hash", "The notify payload comes before the hash payload (IKEv1)",
		{ VALUE_TEXT, .s = "seq-notify-hash" } },
	{ 0 },
};
static const struct type type_dpd_msg = TYPE_CHOICE("dpd-msg", dpd_msgs);

/* The same for all peers and for one. */
#define DPD                                                                                        \
	{ .name = "dpd_type", .type = &type_dpd },                                                 \
		{ .name = "dpd_idle", .type = &type_idle, .help = "Time in seconds" },             \
		{ .name = "dpd_interval", .type = &type_interval, .help = "Interval in seconds" }, \
		{ .name = "dpd_retries",                                                           \
			.type = &type_retries,                                                     \
			.help = "Number of retransmissions" },                                     \
	{                                                                                          \
		.name = "dpd_msg", .type = &type_dpd_msg                                           \
	}

static const struct column global_columns[] = {
	{ .name = "id", .type = &type_one },
	{ .name = "local_name", .type = &type_identity, .help = "Local name for IKE" },
	{ .name = "nat_keepalive", .type = &type_keepalive, .help = "Interval in seconds" },
	DPD,
};

const struct table model_ike_global = {
	.name = "ike_global",
	.label = "IKE global settings",
	.columns = global_columns,
	.n_columns = sizeof(global_columns) / sizeof(global_columns[0]),
	.n_key = 1,
	.order = "id",
};

/* --- proposals --------------------------------------------------------------------- */

/* What encrypts in IKE: block ciphers and AEADs (RFC 5282); neither counter mode nor none. */
static const struct choice ciphers[] = {
#define OFFER_cbc(...) TYPE_ALG_CHOICE(__VA_ARGS__),
#define OFFER_aead(...) TYPE_ALG_CHOICE(__VA_ARGS__),
#define OFFER_null(...)
#define OFFER_ctr(...)
#define OFFER_gmac(...)
#define ALG_CIPHER(id, iana, keyword, display, weak, manual, kind, ...) \
	OFFER_##kind(keyword, keyword, display, weak)
#include "lib/alg.def"
#undef ALG_CIPHER
	/* As older releases write them. */
	TYPE_ALG_CHOICE("des-cbc", "des", "DES", true),
	TYPE_ALG_CHOICE("3des-cbc", "3des", "3DES", true),
	TYPE_ALG_CHOICE("aes-cbc-128", "aes-128", "AES-128", false),
	TYPE_ALG_CHOICE("aes-cbc-192", "aes-192", "AES-192", false),
	TYPE_ALG_CHOICE("aes-cbc-256", "aes-256", "AES-256", false),
	{ 0 },
};
static const struct type type_encryption = TYPE_CHOICES("ike-encryption", ciphers);

/* The hash of IKEv1; IKEv2 has two for it, integrity and the pseudo-random function. */
static const struct choice hashes[] = {
#define OFFER_both(keyword, ...) TYPE_ALG_CHOICE(keyword, keyword, __VA_ARGS__),
#define OFFER_ah(...)
#define OFFER_no(...)
#define ALG_AUTH(id, iana, keyword, display, weak, manual, offered, ...) \
	OFFER_##offered(keyword, display, weak)
#include "lib/alg.def"
#undef OFFER_both
	{ 0 },
};
static const struct type type_hash = TYPE_CHOICES("ike-authentication", hashes);

static const struct choice integrities[] = {
#define OFFER_both(keyword, ...) TYPE_ALG_CHOICE("hmac-" keyword, keyword, __VA_ARGS__),
#include "lib/alg.def"
#undef ALG_AUTH
	{ 0 },
};
static const struct type type_integrity = TYPE_CHOICES("ike-integrity", integrities);

static const struct choice prfs[] = {
#define ALG_PRF(id, iana, keyword, display, weak, ...) \
	TYPE_ALG_CHOICE(keyword, keyword, display, weak),
#include "lib/alg.def"
#undef ALG_PRF
	{ 0 },
};
static const struct type type_prf = TYPE_CHOICES("ike-prf", prfs);

static const struct choice groups[] = {
#define ALG_DH(id, iana, keyword, display, weak, ...) \
	TYPE_ALG_CHOICE(keyword, keyword, display, weak),
#include "lib/alg.def"
#undef ALG_DH
	{ 0 },
};
static const struct type type_dh = TYPE_CHOICES("ike-dh", groups);

static const struct choice methods[] = {
	{ "pre-share", "Pre-shared key", { VALUE_TEXT, .s = "pre-share" } },
	{ 0 },
};
static const struct type type_method = TYPE_CHOICE("ike-method", methods);

static const struct column proposal_columns[] = {
	{ .name = "number",
		.type = &type_number,
		.help = "Number of the IKE proposal",
		.ref = &model_ike_proposal },
	{ .name = "encryption", .type = &type_encryption },
	{ .name = "dh", .type = &type_dh },
	{ .name = "authentication", .type = &type_hash },
	{ .name = "authentication_method", .type = &type_method },
	{ .name = "integrity", .type = &type_integrity },
	{ .name = "prf", .type = &type_prf },
	{ .name = "duration", .type = &type_duration, .help = "Duration in seconds" },
};

const struct table model_ike_proposal = {
	.name = "ike_proposal",
	.label = "IKE proposal",
	.columns = proposal_columns,
	.n_columns = sizeof(proposal_columns) / sizeof(proposal_columns[0]),
	.n_key = 1,
	.order = "number",
};

/* --- peers ------------------------------------------------------------------------- */

static const struct choice exchange_modes[] = {
	{ "aggressive", "Aggressive mode (IKEv1)", { VALUE_TEXT, .s = "aggressive" } },
	{ "auto", "Either mode as responder, main mode as initiator (IKEv1)",
		{ VALUE_TEXT, .s = "auto" } },
	{ "main", "Main mode (IKEv1)", { VALUE_TEXT, .s = "main" } },
	{ 0 },
};
static const struct type type_exchange_mode = TYPE_CHOICE("exchange-mode", exchange_modes);

static const struct choice id_types[] = {
	{ "fqdn", "Name of a host", { VALUE_TEXT, .s = "fqdn" } },
	{ "ip", "IP address", { VALUE_TEXT, .s = "ip" } },
	{ "key-id", "Any text", { VALUE_TEXT, .s = "key-id" } },
	{ "user-fqdn", "Name of a user at a host", { VALUE_TEXT, .s = "user-fqdn" } },
	{ 0 },
};
static const struct type type_id = TYPE_CHOICE("id-type", id_types);

static const struct column peer_columns[] = {
	{ .name = "name",
		.type = &type_name15,
		.help = "IKE peer name, up to 15 characters",
		.ref = &model_ike_peer },
	{ .name = "version_1", .type = &type_on },
	{ .name = "version_2", .type = &type_on },
	{ .name = "exchange_mode", .type = &type_exchange_mode },
	{ .name = "pre_shared_key", .type = &type_string_key, .help = "Pre-shared key" },
	{ .name = "ike_proposal",
		.type = &type_number,
		.help = "Number of the IKE proposal",
		.ref = &model_ike_proposal },
	{ .name = "local_address", .type = &type_ip_host, .help = "Local IP address" },
	{ .name = "local_id_type", .type = &type_id },
	{ .name = "local_id", .type = &type_identity, .help = "Local identity" },
	{ .name = "remote_id_type", .type = &type_id },
	{ .name = "remote_id", .type = &type_identity, .help = "Identity of the peer" },
	{ .name = "nat_traversal", .type = &type_on },
	DPD,
	{ .name = "reauthentication", .type = &type_duration, .help = "Interval in seconds" },
};

const struct table model_ike_peer = {
	.name = "ike_peer",
	.label = "IKE peer",
	.columns = peer_columns,
	.n_columns = sizeof(peer_columns) / sizeof(peer_columns[0]),
	.n_key = 1,
	.order = "name",
};

static const struct column address_columns[] = {
	{ .name = "peer", .type = &type_name15, .ref = &model_ike_peer },
	{ .name = "position", .type = &type_place },
	{ .name = "address", .type = &type_ip_host, .help = "IP address of the peer" },
};

const struct table model_ike_peer_address = {
	.name = "ike_peer_address",
	.label = "remote address",
	.columns = address_columns,
	.n_columns = sizeof(address_columns) / sizeof(address_columns[0]),
	.n_key = 2,
	.order = "peer, position",
	.part_of = &model_ike_peer,
};
