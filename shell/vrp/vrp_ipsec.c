/*
 * Views of IPsec proposals and policies.
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

static const struct line manual[] = {
	{ "security{Specify the data flow to be protected} acl{Specify an ACL} <acl>" },
	{ "proposal{Specify an IPSec proposal} <proposal>" },
	{ "tunnel{Specify the tunnel} local{Specify the local address} <tunnel_local>" },
	{ "tunnel{Specify the tunnel} remote{Specify the remote address} <tunnel_remote>" },
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

static const struct line *const manual_lines[] = { manual, NULL };

const struct view vrp_policy_views[] = {
	{ "ipsec-policy-manual-<name>-<sequence>", "Ipsec-policy-manual view commands:", NULL,
		manual_lines },
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
