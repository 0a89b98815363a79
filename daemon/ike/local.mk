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
	daemon/ike/sender_os.h \
	daemon/ike/ts.c daemon/ike/ts.h \
	daemon/ike/wire.c daemon/ike/wire.h
if LINUX
libike_a_SOURCES += daemon/ike/sender_os_linux.c
else
libike_a_SOURCES += daemon/ike/sender_os_none.c
endif
EXTRA_DIST += daemon/ike/sender_os_linux.c daemon/ike/sender_os_none.c

# The engine: IKE SAs and what happens to them. exchange.def is the map.
libike_a_SOURCES += \
	daemon/ike/auth.c daemon/ike/auth.h \
	daemon/ike/call.c daemon/ike/call.h \
	daemon/ike/child.c daemon/ike/child.h \
	daemon/ike/child_sa.c daemon/ike/child_sa.h \
	daemon/ike/collide.c daemon/ike/collide.h \
	daemon/ike/connection.c daemon/ike/connection.h \
	daemon/ike/debug.c daemon/ike/debug.h \
	daemon/ike/dpd.c daemon/ike/dpd.h \
	daemon/ike/engine.h \
	daemon/ike/exchange.c daemon/ike/exchange.def daemon/ike/exchange.h \
	daemon/ike/explain.c daemon/ike/explain.def daemon/ike/explain.h \
	daemon/ike/halfopen.c daemon/ike/halfopen.h \
	daemon/ike/handshake.c daemon/ike/handshake.h \
	daemon/ike/identity.c daemon/ike/identity.h \
	daemon/ike/ike.c \
	daemon/ike/ike_sa.c daemon/ike/ike_sa.h \
	daemon/ike/input.c daemon/ike/input.h \
	daemon/ike/lifetime.c daemon/ike/lifetime.h \
	daemon/ike/migrate.c daemon/ike/migrate.h \
	daemon/ike/offer.c daemon/ike/offer.h \
	daemon/ike/path.c daemon/ike/path.h \
	daemon/ike/peer.c daemon/ike/peer.h \
	daemon/ike/report.c daemon/ike/report.h \
	daemon/ike/request.c daemon/ike/request.h \
	daemon/ike/seal.c daemon/ike/seal.h \
	daemon/ike/statistics.c daemon/ike/statistics.def daemon/ike/statistics.h \
	daemon/ike/suite.c daemon/ike/suite.h \
	daemon/ike/window.c daemon/ike/window.h \
	daemon/ike/x.h \
	daemon/ike/x_auth.c \
	daemon/ike/x_auth_answer.c \
	daemon/ike/x_child.c \
	daemon/ike/x_create_child.c \
	daemon/ike/x_info.c \
	daemon/ike/x_init.c \
	daemon/ike/x_rekey_ike.c

pkglibexec_PROGRAMS += yongike
yongike_SOURCES = daemon/ike/main.c
yongike_LDADD = libike.a $(CORE_LIBS)
