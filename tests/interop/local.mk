# tests/interop: our wire format against codecs of others; no root, no network.
check_PROGRAMS += espcat
espcat_SOURCES = tests/interop/espcat.c
espcat_LDADD = libdatapath.a $(CORE_LIBS)
TESTS += tests/interop/esp_scapy.py
EXTRA_DIST += tests/interop/esp_scapy.py
