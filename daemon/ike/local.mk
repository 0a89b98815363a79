noinst_LIBRARIES += libike.a
libike_a_SOURCES = daemon/ike/ike.h
