# libike: IKE. The wire and its cryptography are pure: bytes in, structs out.
noinst_LIBRARIES += libike.a
libike_a_SOURCES = \
	daemon/ike/compose.c daemon/ike/compose.h \
	daemon/ike/cookie.c daemon/ike/cookie.h \
	daemon/ike/crypt.h \
	daemon/ike/crypt_dh.c \
	daemon/ike/crypt_openssl.c \
	daemon/ike/crypt_private.h \
	daemon/ike/fault.def \
	daemon/ike/fragment.c daemon/ike/fragment.h \
	daemon/ike/ike.h \
	daemon/ike/keys.c daemon/ike/keys.h \
	daemon/ike/link.c daemon/ike/link.h \
	daemon/ike/message.c daemon/ike/message.h \
	daemon/ike/natd.c daemon/ike/natd.h \
	daemon/ike/notify.def \
	daemon/ike/payload.def \
	daemon/ike/proposal.c daemon/ike/proposal.h \
	daemon/ike/proposal_kind.c daemon/ike/proposal_kind.h \
	daemon/ike/proposal_select.c \
	daemon/ike/protect.c daemon/ike/protect.h \
	daemon/ike/sender.c daemon/ike/sender.h \
	daemon/ike/sender_from.h \
	daemon/ike/ts.c daemon/ike/ts.h \
	daemon/ike/wire.c daemon/ike/wire.h
if LINUX
libike_a_SOURCES += daemon/ike/sender_from_linux.c
else
libike_a_SOURCES += daemon/ike/sender_from_none.c
endif
EXTRA_DIST += daemon/ike/sender_from_linux.c daemon/ike/sender_from_none.c daemon/ike/main.c
