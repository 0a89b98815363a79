/*
 * Views of IPsec proposals, policies and profiles, and the settings that hold for all of them.
 */
#include "config.h"

#include "shell/vrp/vrp.h"

#include "shell/cli/typed.h"

static const struct line proposal[] = {
	{ "transform{Specify a security protocol} <transform>" },
	{ "encapsulation-mode{Specify the packet encapsulation mode} <encapsulation_mode>" },
	{ "ah{Specify AH protocol's parameters} "
	  "authentication-algorithm{Specify authentication algorithm} <ah_authentication>" },
	{ "esp{Specify ESP protocol's parameters} "
	  "authentication-algorithm{Specify authentication algorithm} <esp_authentication>" },
	{ "esp{Specify ESP protocol's parameters} "
	  "encryption-algorithm{Specify encryption algorithm} <esp_encryption>" },
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
#define WINDOW                                                      \
	"anti-replay{Specify the anti-replay of received packets} " \
	"window{Set the size of the anti-replay window} <anti_replay_window>"

static const struct line policy[] = {
	{ "security{Specify the data flow to be protected} acl{Specify an ACL} "
	  "{ <acl> | ipv6{Specify an IPv6 ACL} <acl6> }" },
	{ PROPOSAL },
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

static const struct line profile[] = {
	{ PROPOSAL },
	{ 0 },
};

static const struct line *const manual_lines[] = { policy, manual, window, NULL };
static const struct line *const profile_lines[] = { profile, manual, window, NULL };

const struct view vrp_policy_views[] = {
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
	{ 0 },
};

/* A policy says when it is made how its keys come about. */
int
vrp_policy_check(struct typed *ty)
{
	if (ty->undo || ty->old || typed_get(ty, "mode").kind != VALUE_NULL)
		return 0;
	return typed_refuse(ty, "The IPSec policy does not exist: its mode must be given.");
}
