# tests/unit/daemon: ydctl speaks to a real daemon, without a grammar.
check_PROGRAMS += ydctl
ydctl_SOURCES = tests/unit/daemon/ydctl.c
ydctl_LDADD = libschema.a $(CORE_LIBS) $(SQLITE_LIBS)
