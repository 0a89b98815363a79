/*
 * The message catalogue as descriptions, read from msg.def. Knows neither sockets nor meaning.
 */
#include "config.h"

#include "lib/msg.h"

/* the parties by the names msg.def uses */
enum {
	SHELL = MSG_SHELL,
	DAEMON = MSG_DAEMON,
	DATAPATH = MSG_DATAPATH,
	CAPTURE = MSG_CAPTURE,
	IKE = MSG_IKE
};

/* One function a message: its scope gives the field macros a name for the struct they are in. */
#define MSG_BEGIN(name, from, to, fd)                            \
	static const struct msg_info *info_##name(void)          \
	{                                                        \
		typedef struct msg_##name self;                  \
		enum { from_ = (from), to_ = (to), fd_ = (fd) }; \
		static const struct field fields[] = {
#define FIELD(f, kind) { #f, kind, offsetof(self, f), sizeof(((self *)0)->f) },
#define MSG_U8(f) FIELD(f, FIELD_U8)
#define MSG_U16(f) FIELD(f, FIELD_U16)
#define MSG_U32(f) FIELD(f, FIELD_U32)
#define MSG_U64(f) FIELD(f, FIELD_U64)
#define MSG_BOOL(f) FIELD(f, FIELD_BOOL)
#define MSG_ADDR(f) FIELD(f, FIELD_ADDR)
#define MSG_STR(f, max) FIELD(f, FIELD_STR)
#define MSG_BYTES(f, max) FIELD(f, FIELD_BYTES)
#define MSG_SECRET(f, max) FIELD(f, FIELD_SECRET)
#define MSG_END(name)                                                                             \
	}                                                                                         \
	;                                                                                         \
	static const struct msg_info info = {                                                     \
		.record = { #name, sizeof(self), fields, sizeof(fields) / sizeof(struct field) }, \
		.from = from_,                                                                    \
		.to = to_,                                                                        \
		.fd = fd_,                                                                        \
	};                                                                                        \
	return &info;                                                                             \
	}
#include "lib/msg.def"
#include "lib/msg_undef.h"

static const struct msg_info *(*const infos[MSG_N])(void) = {
#define MSG_BEGIN(name, from, to, fd) [MSG_##name] = info_##name,
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
};

const struct msg_info *
msg_info(unsigned int type)
{
	return type > MSG_NONE && type < MSG_N ? infos[type]() : NULL;
}
