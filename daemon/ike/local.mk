# libike: IKE. The wire and its cryptography are pure: bytes in, structs out.
noinst_LIBRARIES += libike.a
libike_a_SOURCES = \
	daemon/ike/compose.h \
	daemon/ike/cookie.h \
	daemon/ike/crypt.h \
	daemon/ike/fault.def \
	daemon/ike/fragment.h \
	daemon/ike/ike.h \
	daemon/ike/keys.h \
	daemon/ike/message.h \
	daemon/ike/natd.h \
	daemon/ike/notify.def \
	daemon/ike/payload.def \
	daemon/ike/proposal.h \
	daemon/ike/protect.h \
	daemon/ike/ts.h \
	daemon/ike/wire.h
