# tests/interop: our wire format against codecs of others; no root, no network.
check_PROGRAMS += espcat
espcat_SOURCES = tests/interop/espcat.c
espcat_LDADD = libdatapath.a $(CORE_LIBS)
TESTS += tests/interop/ipsec_scapy.py tests/interop/vectors.py
EXTRA_DIST += tests/interop/ipsec_scapy.py tests/interop/ipsec_ref.py tests/interop/vectors.py
EXTRA_DIST += tests/vectors/aead-esp.json tests/vectors/gcm-esp.json tests/vectors/rfc3602-esp.json
EXTRA_DIST += tests/vectors/rfc3686-ctr.json
