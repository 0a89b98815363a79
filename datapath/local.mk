# datapath: the packets. One file a line.
noinst_LIBRARIES += libdatapath.a
libdatapath_a_SOURCES = \
	datapath/ah.c \
	datapath/ah.h \
	datapath/ah_in.c \
	datapath/ah_out.c \
	datapath/checksum.c \
	datapath/checksum.h \
	datapath/control.c \
	datapath/control.h \
	datapath/crypto.h \
	datapath/crypto_openssl.c \
	datapath/dp.c \
	datapath/dp.h \
	datapath/ecn.c \
	datapath/ecn.h \
	datapath/encap.c \
	datapath/encap.h \
	datapath/esp.h \
	datapath/esp_in.c \
	datapath/esp_out.c \
	datapath/fit.c \
	datapath/fit.h \
	datapath/gre.c \
	datapath/gre.h \
	datapath/gre_table.c \
	datapath/group.c datapath/group.h \
	datapath/gre_tunnel.h \
	datapath/gro.c \
	datapath/gro.h \
	datapath/gso.c \
	datapath/gso.h \
	datapath/icmp.c \
	datapath/icmp.h \
	datapath/ip4.c \
	datapath/ip4.h \
	datapath/ip6.c \
	datapath/ip6.h \
	datapath/keepalive.c \
	datapath/l4.h \
	datapath/limit.h \
	datapath/mss.c \
	datapath/mss.h \
	datapath/natfix.c \
	datapath/natfix.h \
	datapath/natt.c \
	datapath/natt.h \
	datapath/noncekey.c \
	datapath/noncekey.h \
	datapath/os/errqueue.h \
	datapath/os/tun.h \
	datapath/os/udp.h \
	datapath/pipeline.c \
	datapath/pipeline.h \
	datapath/pkt.c \
	datapath/punt.c datapath/punt.h \
	datapath/pkt.h \
	datapath/pmtu.c \
	datapath/pmtu.h \
	datapath/port.c \
	datapath/port.h \
	datapath/port_mem.c \
	datapath/port_mem.h \
	datapath/port_raw.c \
	datapath/port_tun.c \
	datapath/port_udp.c \
	datapath/quote.c \
	datapath/quote.h \
	datapath/raw6.c \
	datapath/raw6.h \
	datapath/reass.c \
	datapath/reass.h \
	datapath/resend.c \
	datapath/resend.h \
	datapath/replay.c \
	datapath/replay.h \
	datapath/sadb.c \
	datapath/sadb.h \
	datapath/selector.c \
	datapath/selector.h \
	datapath/spd.c \
	datapath/spd.h \
	datapath/stats.c \
	datapath/stats.h \
	datapath/tuples.c \
	datapath/tuples.h
if LINUX
libdatapath_a_SOURCES += datapath/os/errqueue_linux.c datapath/os/tun_linux.c \
	datapath/os/udp_linux.c
else
libdatapath_a_SOURCES += datapath/os/errqueue_none.c datapath/os/tun_none.c \
	datapath/os/udp_none.c
endif
EXTRA_DIST += datapath/os/tun_linux.c datapath/os/tun_none.c \
	datapath/os/errqueue_linux.c datapath/os/errqueue_none.c \
	datapath/os/udp_linux.c datapath/os/udp_none.c

pkglibexec_PROGRAMS += yongdp
yongdp_SOURCES = datapath/main.c
yongdp_LDADD = liboffline.a libdatapath.a $(CORE_LIBS) $(PCAP_LIBS)

# yongdp --replay
noinst_LIBRARIES += liboffline.a
liboffline_a_CFLAGS = $(AM_CFLAGS) $(PCAP_CFLAGS)
liboffline_a_SOURCES = \
	datapath/offline/esp_sa.c \
	datapath/offline/esp_sa.h \
	datapath/offline/offline.c \
	datapath/offline/offline.h \
	datapath/offline/port_pcap.c \
	datapath/offline/port_pcap.h

# yongcap: one live capture. The only program with libpcap's live half.
noinst_LIBRARIES += libcapture.a
libcapture_a_CFLAGS = $(AM_CFLAGS) $(PCAP_CFLAGS)
libcapture_a_SOURCES = \
	datapath/capture/capture.c \
	datapath/capture/capture.h \
	datapath/capture/source.c \
	datapath/capture/source.h

pkglibexec_PROGRAMS += yongcap
yongcap_SOURCES = datapath/capture/main.c
yongcap_CFLAGS = $(AM_CFLAGS) $(PCAP_CFLAGS)
yongcap_LDADD = libcapture.a $(CORE_LIBS) $(PCAP_LIBS)
