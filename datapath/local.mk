# datapath: the packets. One file a line.
noinst_LIBRARIES += libdatapath.a
libdatapath_a_SOURCES = \
	datapath/checksum.c \
	datapath/checksum.h \
	datapath/dp.h \
	datapath/ecn.c \
	datapath/ecn.h \
	datapath/gre.h \
	datapath/gso.h \
	datapath/ip4.c \
	datapath/ip4.h \
	datapath/ip6.c \
	datapath/ip6.h \
	datapath/pipeline.h \
	datapath/pkt.c \
	datapath/pkt.h \
	datapath/port.h \
	datapath/stats.h
