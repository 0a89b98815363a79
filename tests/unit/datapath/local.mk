# test_datapath: one suite a source. One file a line.
check_PROGRAMS += test_datapath
TESTS += test_datapath
test_datapath_CFLAGS = $(AM_CFLAGS) $(CUNIT_CFLAGS) $(PCAP_CFLAGS)
test_datapath_LDADD = liboffline.a libdatapath.a libcapture.a $(CORE_LIBS) $(PCAP_LIBS) $(CUNIT_LIBS)
test_datapath_SOURCES = \
	tests/unit/datapath/ah_in_test.c \
	tests/unit/datapath/ah_out_test.c \
	tests/unit/datapath/ah_test.c \
	tests/unit/datapath/capture_test.c \
	tests/unit/datapath/checksum_test.c \
	tests/unit/datapath/control_test.c \
	tests/unit/datapath/crypto_openssl_test.c \
	tests/unit/datapath/ecn_test.c \
	tests/unit/datapath/encap_test.c \
	tests/unit/datapath/esp_fixture.c \
	tests/unit/datapath/esp_fixture.h \
	tests/unit/datapath/esp_in_test.c \
	tests/unit/datapath/esp_out_test.c \
	tests/unit/datapath/fixture.c \
	tests/unit/datapath/fixture.h \
	tests/unit/datapath/gre_table_test.c \
	tests/unit/datapath/gre_test.c \
	tests/unit/datapath/keepalive_test.c \
	tests/unit/datapath/mss_test.c \
	tests/unit/datapath/gro_test.c \
	tests/unit/datapath/group_test.c \
	tests/unit/datapath/gso_test.c \
	tests/unit/datapath/ip4_test.c \
	tests/unit/datapath/ip6_test.c \
	tests/unit/datapath/main.c \
	tests/unit/datapath/pipeline_test.c \
	tests/unit/datapath/punt_test.c \
	tests/unit/datapath/quote_test.c \
	tests/unit/datapath/raw6_test.c \
	tests/unit/datapath/reass_test.c \
	tests/unit/datapath/resend_test.c \
	tests/unit/datapath/icmp_test.c \
	tests/unit/datapath/fit_test.c \
	tests/unit/datapath/pmtu_test.c \
	tests/unit/datapath/natfix_test.c \
	tests/unit/datapath/natt_test.c \
	tests/unit/datapath/noncekey_test.c \
	tests/unit/datapath/port_udp_test.c \
	tests/unit/datapath/esp_sa_test.c \
	tests/unit/datapath/offline_test.c \
	tests/unit/datapath/port_pcap_test.c \
	tests/unit/datapath/pkt_test.c \
	tests/unit/datapath/port_raw_test.c \
	tests/unit/datapath/port_test.c \
	tests/unit/datapath/port_tun_test.c \
	tests/unit/datapath/replay_test.c \
	tests/unit/datapath/sadb_test.c \
	tests/unit/datapath/selector_test.c \
	tests/unit/datapath/spd_icmp_test.c \
	tests/unit/datapath/spd_test.c \
	tests/unit/datapath/stats_test.c \
	tests/unit/datapath/super_test.c \
	tests/unit/datapath/suites.h \
	tests/unit/datapath/tuples_test.c
