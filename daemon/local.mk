# daemon: yongd, the only writer of the store and the only one who changes the operating system.
noinst_LIBRARIES += libdaemon.a
libdaemon_a_CFLAGS = $(AM_CFLAGS) $(MNL_CFLAGS) $(NFTABLES_CFLAGS)
libdaemon_a_SOURCES = \
	daemon/daemon.h \
	daemon/kind.h \
	daemon/privopen.h \
	daemon/want.h \
	daemon/oscfg/oscfg.h \
	daemon/oscfg/kinds.c \
	daemon/oscfg/os.h \
	daemon/oscfg/os_decode.h \
	daemon/oscfg/os_filter.h \
	daemon/oscfg/os_found.h \
	daemon/oscfg/os_monitor.h \
	daemon/oscfg/os_netlink.h \
	daemon/daemon.c \
	daemon/want.c
if LINUX
libdaemon_a_SOURCES += \
	daemon/privopen_linux.c \
	daemon/oscfg/os_addr.c \
	daemon/oscfg/os_decode.c \
	daemon/oscfg/os_filter.c \
	daemon/oscfg/os_filter_text.c \
	daemon/oscfg/os_found.c \
	daemon/oscfg/os_link.c \
	daemon/oscfg/os_monitor.c \
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
