# daemon: yongd, the only writer of the store and the only one who changes the operating system.
noinst_LIBRARIES += libdaemon.a
libdaemon_a_CFLAGS = $(AM_CFLAGS) $(MNL_CFLAGS) $(NFTABLES_CFLAGS)
libdaemon_a_SOURCES = \
	daemon/access.c daemon/access.h \
	daemon/capture.c daemon/capture.h \
	daemon/capture_file.c daemon/capture_file.h \
	daemon/capture_filter.c daemon/capture_filter.h \
	daemon/cfg.c daemon/cfg.h \
	daemon/childlink.c daemon/childlink.h \
	daemon/commit.c daemon/commit.h \
	daemon/compile/claims.c daemon/compile/claims.h \
	daemon/compile/compile.c daemon/compile/compile.h \
	daemon/compile/dirty.c daemon/compile/dirty.h \
	daemon/compile/iface.c \
	daemon/compile/ipsec.c \
	daemon/compile/isakmp.c daemon/compile/isakmp.h \
	daemon/compile/keys.c daemon/compile/keys.h \
	daemon/compile/manual.c daemon/compile/manual.h \
	daemon/compile/owner.h \
	daemon/compile/query.c \
	daemon/compile/route.c \
	daemon/compile/router.c \
	daemon/compile/transform.c daemon/compile/transform.h \
	daemon/compile/tunnel.c \
	daemon/conngroup.c daemon/conngroup.h \
	daemon/conntable.c daemon/conntable.h \
	daemon/control.c daemon/control.h \
	daemon/daemon.c daemon/daemon.h \
	daemon/detach.c daemon/detach.h \
	daemon/dpevents.c daemon/dpevents.h \
	daemon/firstrun.c daemon/firstrun.h \
	daemon/kind.h \
	daemon/kind_dp.c daemon/kind_dp.h \
	daemon/kind_ike.c daemon/kind_ike.h \
	daemon/lines.c daemon/lines.h \
	daemon/narrow.c daemon/narrow.h \
	daemon/negotiated.c daemon/negotiated.h \
	daemon/privopen.h \
	daemon/proc.c daemon/proc.h \
	daemon/rates.c daemon/rates.h \
	daemon/zeros.c daemon/zeros.h \
	daemon/reconcile.c daemon/reconcile.h \
	daemon/sastate.c daemon/sastate.h \
	daemon/session.h \
	daemon/session_capture.c \
	daemon/session_config.c \
	daemon/session_ike.c \
	daemon/session_state.c \
	daemon/speaker.c daemon/speaker.h \
	daemon/status.c daemon/status.h \
	daemon/tree.h \
	daemon/want.c daemon/want.h \
	daemon/want_set.c daemon/want_set.h \
	daemon/oscfg/oscfg.h \
	daemon/oscfg/kinds.c \
	daemon/oscfg/os.h \
	daemon/oscfg/os_decode.h \
	daemon/oscfg/os_filter.h \
	daemon/oscfg/os_found.h \
	daemon/oscfg/os_monitor.h \
	daemon/oscfg/os_multipath.h \
	daemon/oscfg/os_netlink.h
if LINUX
libdaemon_a_SOURCES += \
	daemon/privopen_linux.c \
	daemon/oscfg/os_addr.c \
	daemon/oscfg/os_adopted.c \
	daemon/oscfg/os_decode.c \
	daemon/oscfg/os_filter.c \
	daemon/oscfg/os_filter_text.c \
	daemon/oscfg/os_mss.c \
	daemon/oscfg/os_found.c \
	daemon/oscfg/os_link.c \
	daemon/oscfg/os_monitor.c \
	daemon/oscfg/os_multipath.c \
	daemon/oscfg/os_netlink.c \
	daemon/oscfg/os_query.c \
	daemon/oscfg/os_rib.c \
	daemon/oscfg/os_route.c \
	daemon/oscfg/os_rule.c \
	daemon/oscfg/os_sysctl.c \
	daemon/oscfg/oscfg_linux.c
else
libdaemon_a_SOURCES += \
	daemon/privopen_none.c \
	daemon/oscfg/oscfg_none.c
endif

sbin_PROGRAMS += yongd
yongd_SOURCES = daemon/main.c
yongd_LDADD = libdaemon.a libschema.a $(CORE_LIBS) $(SQLITE_LIBS) $(MNL_LIBS) $(NFTABLES_LIBS)
