/*
 * Views of IKE proposals and peers, and the settings that hold for all peers.
 */
#include "config.h"

#include "shell/vrp/vrp.h"

#include "shell/cli/typed.h"

/* All but the duration are rendered whatever they are, as VRP does. */
static const struct line proposal[] = {
	{ "encryption-algorithm{Specify encryption algorithm} <encryption>", .always = true },
	{ "dh{Specify the Diffie-Hellman group} <dh>", .always = true },
	{ "authentication-algorithm{Specify authentication algorithm} <authentication>",
		.always = true },
	{ "authentication-method{Specify authentication method} <authentication_method>",
		.always = true },
	{ "integrity-algorithm{Specify integrity algorithm (IKEv2)} <integrity>", .always = true },
	{ "prf{Specify pseudo-random function (IKEv2)} <prf>", .always = true },
	{ "sa{Specify the parameters of the SA} "
	  "duration{Specify the duration of the IKE SA} <duration>" },
	{ 0 },
};

static const struct line *const proposal_lines[] = { proposal, NULL };

const struct view vrp_ike_proposal_views[] = {
	{ "ike-proposal-<number>", "Ike-proposal view commands:", NULL, proposal_lines },
	{ 0 },
};

#define OF_VERSION "version{Specify the version of IKE} "

static const struct line peer[] = {
	{ OF_VERSION "1{IKEv1}=version_1", .on_by_default = true },
	{ OF_VERSION "2{IKEv2}=version_2", .on_by_default = true },
	{ "exchange-mode{Specify the exchange mode of IKEv1} <exchange_mode>" },
	{ "pre-shared-key{Specify the pre-shared key} "
	  "{ simple{Key in plain text} | cipher{Key in cipher text}! } <pre_shared_key>" },
	{ "ike-proposal{Specify the IKE proposal} <ike_proposal>" },
	{ "local-id-type{Specify the type of the local identity} <local_id_type>" },
	{ "local-id{Specify the local identity} <local_id>" },
	{ "remote-id-type{Specify the type of the peer's identity} <remote_id_type>" },
	{ "remote-id{Specify the peer's identity} <remote_id>" },
	{ "local-address{Specify the local address} <local_address>" },
	{ "remote-address{Specify the address of the peer} <address>",
		.table = &model_ike_peer_address, .bind = vrp_place_bind },
	{ "nat{Specify NAT} traversal{Specify NAT traversal}=nat_traversal",
		.on_by_default = true },
	{ 0 },
};

/* Of one peer, and of all. */
#define DPD "dpd{Specify dead peer detection} "
#define DPD_TYPE DPD "type{Specify when the peer is asked} <dpd_type>"
#define DPD_IDLE DPD "idle-time{Specify how long the peer may be silent} <dpd_idle>"
#define DPD_INTERVAL \
	DPD "retransmit-interval{Specify the interval of retransmissions} <dpd_interval>"
#define DPD_RETRIES DPD "retry-limit{Specify the number of retransmissions} <dpd_retries>"
#define DPD_MSG DPD "msg{Specify the order of the payloads} <dpd_msg>"

static const struct line dpd[] = {
	{ DPD_TYPE },
	{ DPD_IDLE },
	{ DPD_INTERVAL },
	{ DPD_RETRIES },
	{ DPD_MSG },
	{ "re-authentication{Specify that the peers authenticate each other again} "
	  "interval{Specify the interval} <reauthentication>" },
	{ 0 },
};

static const struct line *const peer_lines[] = { peer, dpd, NULL };

const struct view vrp_ike_peer_views[] = {
	{ "ike-peer-<name>", "Ike-peer view commands:", NULL, peer_lines },
	{ 0 },
};

#define IKE "ike{Specify IKE(Internet Key Exchange) configuration information} "

const struct line vrp_ike_lines[] = {
	{ IKE "local-name{Specify the local name} <local_name>" },
	{ IKE "nat-keepalive-timer{Specify keepalives for NAT} "
	      "interval{Specify the interval} <nat_keepalive>" },
	{ IKE DPD_TYPE },
	{ IKE DPD_IDLE },
	{ IKE DPD_INTERVAL },
	{ IKE DPD_RETRIES },
	{ IKE DPD_MSG },
	{ 0 },
};

/* The other version's column, when one was named. */
static const char *
version_off(const struct typed *ty)
{
	return cli_has(ty->match, "v1")	   ? "version_2"
		: cli_has(ty->match, "v2") ? "version_1"
					   : NULL;
}

int
vrp_ike_peer_bind(struct typed *ty)
{
	const char *off = version_off(ty);

	if (off && !ty->undo)
		typed_set(ty, off, VALUE_OF_INT(0));
	return 0;
}

/* The version of a peer that is there is changed in its own view. */
int
vrp_ike_peer_check(struct typed *ty)
{
	const char *off = version_off(ty);

	if (ty->undo || !ty->old || !off || !ty->old[model_column(ty->table, off)].i)
		return 0;
	return typed_refuse(ty, "The IKE peer exists already, with another version.");
}
