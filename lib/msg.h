#ifndef YD_LIB_MSG_H
#define YD_LIB_MSG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/record.h"

/* The message catalogue of msg.def as types: struct msg_NAME, MSG_NAME, and one description each. */

enum { MSG_PROTOCOL = 1 };

enum msg_party { MSG_SHELL = 1, MSG_DAEMON = 2, MSG_DATAPATH = 4, MSG_CAPTURE = 8, MSG_IKE = 16 };

enum msg_port_kind {
	MSG_PORT_TUN_TUNNEL = 1, /* TUN of a tunnel interface */
	MSG_PORT_TUN_PROTECTED,	 /* TUN that what policies protect is steered into */
	MSG_PORT_RAW_ESP,	 /* raw IPv4 socket on 50, receives; sends with its own IP header */
	MSG_PORT_RAW_GRE,	 /* the same on 47 */
	MSG_PORT_RAW_BYPASS,	 /* raw IPv4 socket, send only, marked: past the steering */
	MSG_PORT_RAW_AH,	 /* raw IPv4 socket on 51 */
	MSG_PORT_RAW6_ESP,	 /* the same for IPv6 (IPV6_HDRINCL to send) */
	MSG_PORT_RAW6_AH,
	MSG_PORT_RAW6_GRE,
	MSG_PORT_RAW6_BYPASS,
	MSG_PORT_UDP /* UDP 4500: ESP in UDP (RFC 3948), IKE is punted */
};

enum msg_sa_mode { MSG_SA_TRANSPORT = 1, MSG_SA_TUNNEL = 2 };

/* The DF bit of the outer header: copied from the inner one, or the same for all. */
enum msg_df { MSG_DF_COPY = 0, MSG_DF_SET = 1, MSG_DF_CLEAR = 2 };

/* Why a capture has ended: it was told to, or it has reached one of its limits. */
enum msg_capture_end {
	MSG_CAPTURE_STOPPED,
	MSG_CAPTURE_PACKETS,
	MSG_CAPTURE_BYTES,
	MSG_CAPTURE_SECONDS
};

/* Identity types (RFC 7296 3.5, by the same numbers). */
enum msg_ike_id {
	MSG_IKE_ID_NONE = 0,
	MSG_IKE_ID_IPV4 = 1,
	MSG_IKE_ID_FQDN = 2,
	MSG_IKE_ID_USER_FQDN = 3,
	MSG_IKE_ID_IPV6 = 5,
	MSG_IKE_ID_DN = 9,
	MSG_IKE_ID_KEY_ID = 11
};

/* Pairs of selectors of one connection; a datapath has a rule for each. */
enum { MSG_IKE_SELECTORS_MOST = 64 };

enum msg_ike_dpd { MSG_IKE_DPD_OFF = 0, MSG_IKE_DPD_ON_DEMAND = 1, MSG_IKE_DPD_PERIODIC = 2 };

enum msg_ike_topic {
	MSG_IKE_DEBUG_ERROR = 1,
	MSG_IKE_DEBUG_EVENT = 2, /* states, timers, decisions */
	MSG_IKE_DEBUG_PACKET = 4 /* each message and its payloads; no key, no secret */
};

enum msg_spd_action { MSG_SPD_DISCARD = 0, MSG_SPD_BYPASS = 1, MSG_SPD_PROTECT = 2 };

#define MSG_BEGIN(name, from, to, fd) struct msg_##name {
#define MSG_U8(f) uint8_t f;
#define MSG_U16(f) uint16_t f;
#define MSG_U32(f) uint32_t f;
#define MSG_U64(f) uint64_t f;
#define MSG_BOOL(f) bool f;
#define MSG_ADDR(f) struct addr f;
#define MSG_STR(f, max) char f[max];
#define MSG_BYTES(f, max) RECORD_BYTES(max) f;
#define MSG_SECRET(f, max) RECORD_BYTES(max) f;
#define MSG_END(name) \
	char end_;    \
	}             \
	;
#include "lib/msg.def"
#include "lib/msg_undef.h"

enum msg_type {
	MSG_NONE,
#define MSG_BEGIN(name, from, to, fd) MSG_##name,
#define MSG_U8(f)
#define MSG_U16(f)
#define MSG_U32(f)
#define MSG_U64(f)
#define MSG_BOOL(f)
#define MSG_ADDR(f)
#define MSG_STR(f, max)
#define MSG_BYTES(f, max)
#define MSG_SECRET(f, max)
#define MSG_END(name)
#include "lib/msg.def"
#include "lib/msg_undef.h"
	MSG_N
};

struct msg_info {
	struct record record;
	unsigned int from; /* enum msg_party, or-ed */
	unsigned int to;
	bool fd; /* a descriptor comes with it */
};

/* NULL for a type that does not exist. */
const struct msg_info *msg_info(unsigned int type);

#endif
