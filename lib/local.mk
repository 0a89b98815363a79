# lib: what every program shares; sees nothing of ours.
noinst_LIBRARIES += libcore.a
libcore_a_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS) $(SECCOMP_CFLAGS)
libcore_a_SOURCES = \
	lib/addr.c lib/addr.h \
	lib/alg.c lib/alg.def lib/alg.h \
	lib/arena.c lib/arena.h \
	lib/buf.c lib/buf.h \
	lib/drop.c lib/drop.def lib/drop.h \
	lib/err.c lib/err.h \
	lib/frame.c lib/frame.h \
	lib/frame_call.c \
	lib/frame_wire.c lib/frame_wire.h \
	lib/log.c lib/log.h \
	lib/loop.c lib/loop.h \
	lib/memfile.c lib/memfile.h \
	lib/msg.c lib/msg.def lib/msg.h lib/msg_undef.h \
	lib/priv.h \
	lib/record.c lib/record.h lib/record_json.c \
	lib/sastate.h \
	lib/secret.c lib/secret.h \
	lib/state.c lib/state.def lib/state.h lib/state_undef.h
if LINUX
libcore_a_SOURCES += lib/priv_linux.c
else
libcore_a_SOURCES += lib/priv_none.c
endif
