# tests/interop: our wire format against codecs of others; no root, no network.
check_PROGRAMS += espcat
espcat_SOURCES = tests/interop/espcat.c
espcat_LDADD = libdatapath.a $(CORE_LIBS)
TESTS += tests/interop/ipsec_scapy.py tests/interop/natt_scapy.py tests/interop/vectors.py
EXTRA_DIST += tests/interop/ipsec_scapy.py tests/interop/natt_scapy.py tests/interop/ipsec_ref.py tests/interop/vectors.py
EXTRA_DIST += tests/vectors/aead-esp.json tests/vectors/gcm-esp.json tests/vectors/rfc3602-esp.json
EXTRA_DIST += tests/vectors/rfc3686-ctr.json tests/vectors/ciphers.json tests/vectors/aeads.json
EXTRA_DIST += tests/vectors/macs.json

# datapaths driven from scripts, in namespaces; skipped without root
check_PROGRAMS += dpfeed
dpfeed_SOURCES = tests/lab/dpfeed.c
dpfeed_LDADD = $(CORE_LIBS)
TESTS += tests/interop/dp_gre_test.py tests/interop/dp_path_test.py \
	tests/interop/dp_natt_test.py tests/interop/dp_ah6_test.py
EXTRA_DIST += tests/lab/bed.py tests/interop/dp_gre_test.py tests/interop/dp_path_test.py \
	tests/interop/dp_natt_test.py tests/interop/dp_ah6_test.py

# captures, against scapy and tshark
TESTS += tests/interop/replay_test.py
EXTRA_DIST += tests/interop/replay_test.py

# IKE, against strongSwan; what is preloaded into it, and into yongike, is built without our flags
PRELOADED = fakexfrm.so fastclock.so
check_DATA = $(PRELOADED)
CLEANFILES += $(PRELOADED)
$(PRELOADED): %.so: tests/interop/%.c
	$(AM_V_CCLD)$(CC) $(DEFAULT_INCLUDES) -std=gnu11 -O1 -g -Wall -Wextra -fPIC -shared -o $@ $<
TESTS += tests/interop/ike/strongswan_test.py
EXTRA_DIST += tests/interop/fakexfrm.c tests/interop/fastclock.c tests/interop/ike/strongswan_test.py tests/lab/strongswan.py \
	tests/lab/esp_peer.py

# IKE's wire, against tshark, scapy and Python's own arithmetic
check_PROGRAMS += ikecat
ikecat_SOURCES = tests/interop/ike/ikecat.c
ikecat_LDADD = libike.a $(CORE_LIBS)
TESTS += tests/interop/ike/wire_test.py
EXTRA_DIST += tests/interop/ike/wire_test.py tests/interop/README.md
