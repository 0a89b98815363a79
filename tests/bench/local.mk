# tests/bench: `make bench` runs every program of BENCHES; they are built for nothing else.
BENCHES =
.PHONY: bench
bench: $(BENCHES)
	@for b in $(BENCHES); do echo "== $$b"; ./$$b || exit 1; done

BENCHES += bench_datapath
EXTRA_PROGRAMS += bench_datapath
bench_datapath_SOURCES = tests/bench/bench_datapath.c
bench_datapath_LDADD = libdatapath.a $(CORE_LIBS)
CLEANFILES += bench_datapath
EXTRA_DIST += tests/bench/bench_config.py tests/bench/bench_policies.py tests/bench/README.md
BENCHES += bench_commit
EXTRA_PROGRAMS += bench_commit
bench_commit_SOURCES = tests/bench/bench_commit.c
bench_commit_LDADD = $(SCHEMA_LIBS) $(CORE_LIBS)
CLEANFILES += bench_commit
EXTRA_DIST += tests/bench/bench_net.py

BENCHES += bench_spd
EXTRA_PROGRAMS += bench_spd
bench_spd_SOURCES = tests/bench/bench_spd.c tests/unit/datapath/esp_fixture.c \
	tests/unit/datapath/esp_fixture.h
bench_spd_LDADD = libdatapath.a $(CORE_LIBS)
CLEANFILES += bench_spd

# IKE: two engines in memory; ike_load is what bench_ike.py loads responders with
ike_bench = tests/bench/ike_stub.c tests/bench/ike_stub.h tests/bench/initiators.c \
	tests/bench/initiators.h
BENCHES += bench_ike
EXTRA_PROGRAMS += bench_ike ike_load
bench_ike_SOURCES = tests/bench/bench_ike.c $(ike_bench)
bench_ike_LDADD = libike.a $(CORE_LIBS)
ike_load_SOURCES = tests/bench/ike_load.c $(ike_bench)
ike_load_LDADD = libike.a $(CORE_LIBS)
CLEANFILES += bench_ike ike_load
EXTRA_DIST += tests/bench/bench_ike.py
