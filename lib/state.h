#ifndef YD_LIB_STATE_H
#define YD_LIB_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/msg.h"
#include "lib/record.h"

/* The live-state tables of state.def as types: struct st_NAME, STATE_NAME, a description each. */

#define STATE_BEGIN(name, owner) struct st_##name {
#define STATE_U8(f) uint8_t f;
#define STATE_U16(f) uint16_t f;
#define STATE_U32(f) uint32_t f;
#define STATE_U64(f) uint64_t f;
#define STATE_SPI(f) uint64_t f;
#define STATE_BOOL(f) bool f;
#define STATE_ADDR(f) struct addr f;
#define STATE_STR(f, max) char f[max];
#define STATE_END(name) \
	}               \
	;
#include "lib/state.def"
#include "lib/state_undef.h"

enum state_table {
#define STATE_BEGIN(name, owner) STATE_##name,
#define STATE_U8(f)
#define STATE_U16(f)
#define STATE_U32(f)
#define STATE_U64(f)
#define STATE_SPI(f)
#define STATE_BOOL(f)
#define STATE_ADDR(f)
#define STATE_STR(f, max)
#define STATE_END(name)
#include "lib/state.def"
#include "lib/state_undef.h"
	STATE_N
};

struct state_info {
	struct record record;
	enum msg_party owner;
};

const struct state_info *state_info(enum state_table t);
/* By name, or NULL. */
const struct state_info *state_find(const char *name);

#endif
