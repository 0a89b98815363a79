/*
 * The live-state tables as descriptions, read from state.def. Holds no state.
 */
#include "config.h"

#include "lib/state.h"

#include <string.h>

/* the owners by the names state.def uses */
enum { DAEMON = MSG_DAEMON, DATAPATH = MSG_DATAPATH, IKE = MSG_IKE };

/* One function a table: its scope gives the field macros a name for the struct they are in. */
#define STATE_BEGIN(name, owner)                          \
	static const struct state_info *info_##name(void) \
	{                                                 \
		typedef struct st_##name self;            \
		enum { owner_ = (owner) };                \
		static const struct field fields[] = {
#define FIELD(f, kind) { #f, kind, offsetof(self, f), sizeof(((self *)0)->f) },
#define STATE_U8(f) FIELD(f, FIELD_U8)
#define STATE_U16(f) FIELD(f, FIELD_U16)
#define STATE_U32(f) FIELD(f, FIELD_U32)
#define STATE_U64(f) FIELD(f, FIELD_U64)
#define STATE_SPI(f) FIELD(f, FIELD_SPI)
#define STATE_BOOL(f) FIELD(f, FIELD_BOOL)
#define STATE_ADDR(f) FIELD(f, FIELD_ADDR)
#define STATE_STR(f, max) FIELD(f, FIELD_STR)
#define STATE_END(name)                                                                           \
	}                                                                                         \
	;                                                                                         \
	static const struct state_info info = {                                                   \
		.record = { #name, sizeof(self), fields, sizeof(fields) / sizeof(struct field) }, \
		.owner = (enum msg_party)owner_,                                                  \
	};                                                                                        \
	return &info;                                                                             \
	}
#include "lib/state.def"
#include "lib/state_undef.h"

static const struct state_info *(*const infos[STATE_N])(void) = {
#define STATE_BEGIN(name, owner) [STATE_##name] = info_##name,
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
};

const struct state_info *
state_info(enum state_table t)
{
	return (unsigned int)t < STATE_N ? infos[t]() : NULL;
}

const struct state_info *
state_find(const char *name)
{
	for (unsigned int t = 0; t < STATE_N; t++)
		if (strcmp(infos[t]()->record.name, name) == 0)
			return infos[t]();
	return NULL;
}
