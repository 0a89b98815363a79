# daemon: yongd, the only writer of the store and the only one who changes the operating system.
noinst_LIBRARIES += libdaemon.a
libdaemon_a_CFLAGS = $(AM_CFLAGS) $(MNL_CFLAGS) $(NFTABLES_CFLAGS)
libdaemon_a_SOURCES = \
	daemon/daemon.h \
	daemon/kind.h \
	daemon/privopen.h \
	daemon/want.h \
	daemon/oscfg/oscfg.h \
	daemon/daemon.c \
	daemon/want.c

sbin_PROGRAMS += yongd
yongd_SOURCES = daemon/main.c
yongd_LDADD = libdaemon.a libschema.a $(CORE_LIBS) $(SQLITE_LIBS) $(MNL_LIBS) $(NFTABLES_LIBS)
