/*
 * Views of IPsec proposals, policies and profiles, and the settings that hold for all of them.
 */
#include "config.h"

#include "shell/vrp/vrp.h"

#include "shell/cli/typed.h"

#include <string.h>

static const struct line proposal[] = {
	{ "transform{Specify a security protocol} <transform>" },
	{ "encapsulation-mode{Specify the packet encapsulation mode} <encapsulation_mode>" },
	{ "ah{Specify AH protocol's parameters} "
	  "authentication-algorithm{Specify authentication algorithm} <ah_authentication>" },
	{ "esp{Specify ESP protocol's parameters} "
	  "authentication-algorithm{Specify authentication algorithm} <esp_authentication>" },
	{ "esp{Specify ESP protocol's parameters} "
	  "encryption-algorithm{Specify encryption algorithm} <esp_encryption>" },
	{ "esn{Specify extended sequence numbers} enable{Enable the function}=esn" },
	{ 0 },
};

static const struct line *const proposal_lines[] = { proposal, NULL };

const struct view vrp_proposal_views[] = {
	{ "ipsec-proposal-<name>", "Ipsec-proposal view commands:", NULL, proposal_lines },
	{ 0 },
};

#define SA "sa{Specify the parameters of the SA} "
#define IN "inbound{Specify the inbound SA} "
#define OUT "outbound{Specify the outbound SA} "
#define AH "ah{Specify AH protocol} "
#define ESP "esp{Specify ESP protocol} "
#define SPI SA "spi{Specify the SPI (Security Parameter Index)} "
#define STRING_KEY SA "string-key{Specify the key in string format} "
#define AUTH_HEX SA "authentication-hex{Specify the authentication key in hexadecimal format} "
#define ENC_HEX SA "encryption-hex{Specify the encryption key in hexadecimal format} "
#define STORED "[ simple{Key in plain text} | cipher{Key in cipher text}! ] "

#define PROPOSAL "proposal{Specify an IPSec proposal} <proposal>"
#define DURATION(which, help) SA which "{" help "} "
#define TIME "time-based{Specify the duration in seconds} <sa_duration_time>"
#define TRAFFIC                                             \
	"traffic-based{Specify the duration in kilobytes} " \
	"{ <sa_duration_traffic> | disable{No limit}=sa_duration_traffic:0 }"
#define WINDOW                                                      \
	"anti-replay{Specify the anti-replay of received packets} " \
	"window{Set the size of the anti-replay window} <anti_replay_window>"

static const struct line acl[] = {
	{ "security{Specify the data flow to be protected} acl{Specify an ACL} "
	  "{ <acl> | ipv6{Specify an IPv6 ACL} <acl6> }" },
	{ 0 },
};

static const struct line only_proposal[] = {
	{ PROPOSAL, .table = &model_ipsec_policy_proposal, .bind = vrp_only_bind },
	{ 0 },
};

static const struct line proposals[] = {
	{ PROPOSAL, .table = &model_ipsec_policy_proposal, .bind = vrp_place_bind },
	{ 0 },
};

static const struct line profile_proposals[] = {
	{ PROPOSAL, .table = &model_ipsec_profile_proposal, .bind = vrp_place_bind },
	{ 0 },
};

static const struct line peer[] = {
	{ "ike-peer{Specify an IKE peer} <ike_peer>" },
	{ 0 },
};

/* How long negotiated SAs hold, and whether their keys depend on those of the IKE SA. */
static const struct line negotiated[] = {
	{ "pfs{Specify perfect forward secrecy} <pfs>" },
	{ DURATION("duration", "Specify the duration of the SA") TIME },
	{ DURATION("duration", "Specify the duration of the SA") TRAFFIC },
	{ 0 },
};

static const struct line isakmp[] = {
	{ "tunnel{Specify the tunnel} local{Specify the local address} "
	  "{ <tunnel_local> | applied-interface{Specify the address of the interface that the "
	  "policy is applied to}=tunnel_local_interface }" },
	{ SA "trigger-mode{Specify when SAs are set up} <sa_trigger_mode>" },
	{ "policy{Specify the policy} enable{Enable the policy}=enabled", .on_by_default = true },
	{ 0 },
};

static const struct line tunnel[] = {
	{ "tunnel{Specify the tunnel} local{Specify the local address} <tunnel_local>" },
	{ "tunnel{Specify the tunnel} remote{Specify the remote address} <tunnel_remote>" },
	{ 0 },
};

/* How SAs are keyed by hand. */
static const struct line manual[] = {
	{ SPI IN AH "<in_ah_spi>" },
	{ SPI IN ESP "<in_esp_spi>" },
	{ SPI OUT AH "<out_ah_spi>" },
	{ SPI OUT ESP "<out_esp_spi>" },
	{ STRING_KEY IN AH STORED "<in_ah_string_key>" },
	{ STRING_KEY IN ESP STORED "<in_esp_string_key>" },
	{ STRING_KEY OUT AH STORED "<out_ah_string_key>" },
	{ STRING_KEY OUT ESP STORED "<out_esp_string_key>" },
	{ AUTH_HEX IN AH STORED "<in_ah_authentication_key>" },
	{ AUTH_HEX IN ESP STORED "<in_esp_authentication_key>" },
	{ AUTH_HEX OUT AH STORED "<out_ah_authentication_key>" },
	{ AUTH_HEX OUT ESP STORED "<out_esp_authentication_key>" },
	{ ENC_HEX IN ESP STORED "<in_esp_encryption_key>" },
	{ ENC_HEX OUT ESP STORED "<out_esp_encryption_key>" },
	{ 0 },
};

static const struct line window[] = {
	{ WINDOW },
	{ 0 },
};

static const struct line *const manual_lines[] = { acl, only_proposal, tunnel, manual, window,
	NULL };
static const struct line *const isakmp_lines[] = { acl, peer, proposals, negotiated, isakmp, window,
	NULL };
static const struct line *const profile_lines[] = { peer, profile_proposals, negotiated, manual,
	window, NULL };

static bool
is_isakmp(const struct row *r)
{
	return !strcmp(r->v[model_column(r->table, "mode")].s, "isakmp");
}

const struct view vrp_policy_views[] = {
	{ "ipsec-policy-isakmp-<name>-<sequence>", "Ipsec-policy-isakmp view commands:", is_isakmp,
		isakmp_lines },
	{ "ipsec-policy-manual-<name>-<sequence>", "Ipsec-policy-manual view commands:", NULL,
		manual_lines },
	{ 0 },
};

const struct view vrp_profile_views[] = {
	{ "ipsec-profile-<name>", "Ipsec-profile view commands:", NULL, profile_lines },
	{ 0 },
};

#define IPSEC "ipsec{Specify IPSec(IP Security) configuration information} "

const struct line vrp_ipsec_lines[] = {
	{ IPSEC "authentication{Specify the authentication of packets} "
		"sha2{Specify SHA2 authentication} "
		"compatible{Specify compatibility with truncation to 96 bits} "
		"enable{Enable the function}=sha2_compatible" },
	{ IPSEC "anti-replay{Specify the anti-replay of received packets} "
		"enable{Enable the function}=anti_replay",
		.on_by_default = true },
	{ IPSEC WINDOW },
	{ IPSEC "fragmentation{Specify the fragmentation of packets} "
		"before-encryption{Fragment packets before they are encrypted}="
		"fragmentation_before" },
	{ IPSEC "df-bit{Specify the DF bit of the outer header} <df_bit>" },
	{ IPSEC DURATION("global-duration", "Specify the duration of all SAs") TIME },
	{ IPSEC DURATION("global-duration", "Specify the duration of all SAs") TRAFFIC },
	{ 0 },
};

/* A policy says when it is made how its keys come about, and then never again. */
int
vrp_policy_check(struct typed *ty)
{
	struct value mode = typed_get(ty, "mode");
	const char *is;

	if (ty->undo)
		return 0;
	if (!ty->old) {
		if (mode.kind != VALUE_NULL)
			return 0;
		return typed_refuse(ty, "The IPSec policy does not exist: its mode must be given.");
	}
	is = ty->old[model_column(ty->table, "mode")].s;
	if (mode.kind == VALUE_NULL || !strcmp(mode.s, is))
		return 0;
	return typed_refuse(ty, "The IPSec policy exists already, and its mode is %s.", is);
}
