/*
 * IPsec proposals, policies, profiles, and what holds for all of them. The values of algorithms are
 * those of alg.def.
 */
#include "config.h"

#include "schema/model.h"
#include "schema/type.h"

#include <errno.h>

static const struct type type_sequence = TYPE_INTEGER("sequence", 1, 10000);
static const struct type type_spi = TYPE_INTEGER("spi", 256, 4294967295);

static const struct choice transforms[] = {
	{ "ah", "AH protocol defined in RFC2402", { VALUE_TEXT, .s = "ah" } },
	{ "ah-esp", "ESP protocol first, then AH protocol", { VALUE_TEXT, .s = "ah-esp" } },
	{ "esp", "ESP protocol defined in RFC2406", { VALUE_TEXT, .s = "esp" } },
	{ 0 },
};
static const struct type type_transform = TYPE_CHOICE("transform", transforms);

static const struct choice modes[] = {
	{ "transport", "Only the payload of IP packet is protected(transport mode)",
		{ VALUE_TEXT, .s = "transport" } },
	{ "tunnel", "The entire IP packet is protected(tunnel mode)",
		{ VALUE_TEXT, .s = "tunnel" } },
	{ 0 },
};
static const struct type type_encapsulation = TYPE_CHOICE("encapsulation-mode", modes);

#define CHOICE(keyword, display, weak) TYPE_ALG_CHOICE(keyword, keyword, display, weak)

/* Both lists are those of alg.def whose rows are offered for the protocol. */
static const struct choice esp_auths[] = {
#define OFFER_both(...) CHOICE(__VA_ARGS__),
#define OFFER_ah(...)
#define OFFER_no(...)
#define ALG_AUTH(id, iana, keyword, display, weak, manual, offered, ...) \
	OFFER_##offered(keyword, display, weak)
#include "lib/alg.def"
#undef OFFER_ah
	{ 0 },
};
static const struct type type_esp_auth = TYPE_CHOICES("authentication-algorithm", esp_auths);

static const struct choice ah_auths[] = {
#define OFFER_ah(...) CHOICE(__VA_ARGS__),
#include "lib/alg.def"
#undef ALG_AUTH
	{ 0 },
};
static const struct type type_ah_auth = TYPE_CHOICES("authentication-algorithm", ah_auths);

static const struct choice ciphers[] = {
#define ALG_CIPHER(id, iana, keyword, display, weak, ...) CHOICE(keyword, display, weak),
#include "lib/alg.def"
#undef ALG_CIPHER
	{ 0 },
};
static const struct type type_cipher = TYPE_CHOICES("encryption-algorithm", ciphers);

static const struct choice policy_modes[] = {
	{ "isakmp", "Indicate setup IPSec SAs by IKE negotiation", { VALUE_TEXT, .s = "isakmp" } },
	{ "manual", "Indicate setup IPSec SAs manually", { VALUE_TEXT, .s = "manual" } },
	{ 0 },
};
static const struct type type_policy_mode = TYPE_CHOICE("policy-mode", policy_modes);

static const struct choice triggers[] = {
	{ "auto", "SAs are set up at once and kept", { VALUE_TEXT, .s = "auto" } },
	{ "traffic-based", "SAs are set up when there is something to protect",
		{ VALUE_TEXT, .s = "traffic-based" } },
	{ 0 },
};
static const struct type type_trigger = TYPE_CHOICE("trigger-mode", triggers);

enum { WINDOW_MIN = 32, WINDOW_MAX = 4096 };

/* A power of two. */
static int
parse_window(const struct type *t, const char *text, struct arena *a, struct value *out)
{
	if (type_parse_integer(t, text, a, out) || out->i & (out->i - 1))
		return -EINVAL;
	return 0;
}

static const struct type type_window = {
	.name = "window",
	.help_form = "INTEGER<32,64,128,256,512,1024,2048,4096>",
	.min = WINDOW_MIN,
	.max = WINDOW_MAX,
	.parse = parse_window,
	.render = type_render_integer,
};

static const struct choice df_bits[] = {
	{ "clear", "Clear the DF bit of the outer header", { VALUE_TEXT, .s = "clear" } },
	{ "copy", "Copy the DF bit of the inner header", { VALUE_TEXT, .s = "copy" } },
	{ "set", "Set the DF bit of the outer header", { VALUE_TEXT, .s = "set" } },
	{ 0 },
};
static const struct type type_df_bit = TYPE_CHOICE("df-bit", df_bits);

static const struct column global_columns[] = {
	{ .name = "id", .type = &type_one },
	{ .name = "sha2_compatible", .type = &type_on },
	{ .name = "anti_replay", .type = &type_on },
	{ .name = "anti_replay_window", .type = &type_window, .help = "Anti-replay window size" },
	{ .name = "fragmentation_before", .type = &type_on },
	{ .name = "df_bit", .type = &type_df_bit },
	{ .name = "sa_duration_time", .type = &type_sa_time, .help = "Duration in seconds" },
	{ .name = "sa_duration_traffic",
		.type = &type_sa_traffic,
		.help = "Duration in kilobytes, 0: no limit" },
};

const struct table model_ipsec_global = {
	.name = "ipsec_global",
	.label = "IPSec global settings",
	.columns = global_columns,
	.n_columns = sizeof(global_columns) / sizeof(global_columns[0]),
	.n_key = 1,
	.order = "id",
};

static const struct column proposal_columns[] = {
	{ .name = "name",
		.type = &type_name15,
		.help = "IPSec proposal name, up to 15 characters",
		.ref = &model_ipsec_proposal },
	{ .name = "transform", .type = &type_transform },
	{ .name = "encapsulation_mode", .type = &type_encapsulation },
	{ .name = "ah_authentication", .type = &type_ah_auth },
	{ .name = "esp_authentication", .type = &type_esp_auth },
	{ .name = "esp_encryption", .type = &type_cipher },
	{ .name = "esn", .type = &type_on },
};

const struct table model_ipsec_proposal = {
	.name = "ipsec_proposal",
	.label = "IPSec proposal",
	.columns = proposal_columns,
	.n_columns = sizeof(proposal_columns) / sizeof(proposal_columns[0]),
	.n_key = 1,
	.order = "name",
};

static const struct column group_columns[] = {
	{ .name = "name",
		.type = &type_name15,
		.help = "IPSec policy name, up to 15 characters",
		.ref = &model_ipsec_policy_group },
};

const struct table model_ipsec_policy_group = {
	.name = "ipsec_policy_group",
	.label = "IPSec policy group",
	.columns = group_columns,
	.n_columns = 1,
	.n_key = 1,
	.order = "name",
};

#define SPI(NAME)                                                       \
	{                                                               \
		.name = NAME, .type = &type_spi, .help = "Value of SPI" \
	}
#define STRING_KEY(NAME)                                                            \
	{                                                                           \
		.name = NAME, .type = &type_string_key, .help = "String of the key" \
	}
#define HEX_KEY(NAME)                                                          \
	{                                                                      \
		.name = NAME, .type = &type_hex_key, .help = "Hexadecimal key" \
	}

/* What is typed to key the SAs of both directions by hand: a policy's and a profile's. */
#define MANUAL_SA                                                                            \
	SPI("in_esp_spi"), SPI("out_esp_spi"), SPI("in_ah_spi"), SPI("out_ah_spi"),          \
		STRING_KEY("in_esp_string_key"), STRING_KEY("out_esp_string_key"),           \
		STRING_KEY("in_ah_string_key"), STRING_KEY("out_ah_string_key"),             \
		HEX_KEY("in_esp_authentication_key"), HEX_KEY("out_esp_authentication_key"), \
		HEX_KEY("in_ah_authentication_key"), HEX_KEY("out_ah_authentication_key"),   \
		HEX_KEY("in_esp_encryption_key"), HEX_KEY("out_esp_encryption_key")

/* What is negotiated: with whom, and how long it holds. */
#define IKE_PEER                                                                     \
	{                                                                            \
		.name = "ike_peer", .type = &type_name15,                            \
		.help = "IKE peer name, up to 15 characters", .ref = &model_ike_peer \
	}
#define PFS                                                          \
	{                                                            \
		.name = "pfs", .type = &type_pfs, .help = "DH group" \
	}
#define DURATIONS                                                                             \
	{ .name = "sa_duration_time", .type = &type_sa_time, .help = "Duration in seconds" }, \
	{                                                                                     \
		.name = "sa_duration_traffic", .type = &type_sa_traffic,                      \
		.help = "Duration in kilobytes, 0: no limit"                                  \
	}

static const struct column policy_columns[] = {
	{ .name = "name",
		.type = &type_name15,
		.help = "IPSec policy name, up to 15 characters",
		.ref = &model_ipsec_policy_group,
		.ref_implied = true },
	{ .name = "sequence",
		.type = &type_sequence,
		.help = "The sequence number of IPSec policy" },
	{ .name = "mode", .type = &type_policy_mode },
	{ .name = "enabled", .type = &type_on },
	{ .name = "acl", .type = &type_acl_number, .help = "ACL number", .ref = &model_acl },
	{ .name = "acl6", .type = &type_acl_number, .help = "ACL IPv6 number", .ref = &model_acl6 },
	IKE_PEER,
	{ .name = "tunnel_local", .type = &type_ip_host, .help = "Local IP address" },
	{ .name = "tunnel_local_interface", .type = &type_on },
	{ .name = "tunnel_remote", .type = &type_ip_host, .help = "Remote IP address" },
	PFS,
	{ .name = "sa_trigger_mode", .type = &type_trigger },
	DURATIONS,
	MANUAL_SA,
	{ .name = "anti_replay_window", .type = &type_window, .help = "Anti-replay window size" },
};

const struct table model_ipsec_policy = {
	.name = "ipsec_policy",
	.label = "IPSec policy",
	.columns = policy_columns,
	.n_columns = sizeof(policy_columns) / sizeof(policy_columns[0]),
	.n_key = 2,
	.order = "name, sequence",
};

#define PROPOSAL                                                                                 \
	{                                                                                        \
		.name = "proposal", .type = &type_name15,                                        \
		.help = "IPSec proposal name, up to 15 characters", .ref = &model_ipsec_proposal \
	}

static const struct column policy_proposal_columns[] = {
	{ .name = "name", .type = &type_name15, .ref = &model_ipsec_policy_group },
	{ .name = "sequence", .type = &type_sequence },
	{ .name = "position", .type = &type_place },
	PROPOSAL,
};

const struct table model_ipsec_policy_proposal = {
	.name = "ipsec_policy_proposal",
	.label = "IPSec proposal of the policy",
	.columns = policy_proposal_columns,
	.n_columns = sizeof(policy_proposal_columns) / sizeof(policy_proposal_columns[0]),
	.n_key = 3,
	.order = "name, sequence, position",
	.part_of = &model_ipsec_policy,
};

static const struct column profile_columns[] = {
	{ .name = "name",
		.type = &type_name15,
		.help = "IPSec profile name, up to 15 characters",
		.ref = &model_ipsec_profile },
	IKE_PEER,
	PFS,
	DURATIONS,
	MANUAL_SA,
	{ .name = "anti_replay_window", .type = &type_window, .help = "Anti-replay window size" },
};

const struct table model_ipsec_profile = {
	.name = "ipsec_profile",
	.label = "IPSec profile",
	.columns = profile_columns,
	.n_columns = sizeof(profile_columns) / sizeof(profile_columns[0]),
	.n_key = 1,
	.order = "name",
};

static const struct column profile_proposal_columns[] = {
	{ .name = "profile", .type = &type_name15, .ref = &model_ipsec_profile },
	{ .name = "position", .type = &type_place },
	PROPOSAL,
};

const struct table model_ipsec_profile_proposal = {
	.name = "ipsec_profile_proposal",
	.label = "IPSec proposal of the profile",
	.columns = profile_proposal_columns,
	.n_columns = sizeof(profile_proposal_columns) / sizeof(profile_proposal_columns[0]),
	.n_key = 2,
	.order = "profile, position",
	.part_of = &model_ipsec_profile,
};
