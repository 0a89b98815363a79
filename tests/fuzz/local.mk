# tests/fuzz: libFuzzer targets, built only by ./configure --enable-fuzz --enable-sanitizers CC=clang.
# make fuzz-short runs each for FUZZ_TIME seconds; a finding stays as crash-… in the build folder.
FUZZERS =
FUZZ_TIME = 20
if FUZZ
FUZZERS += fuzz_esp_in fuzz_gre_in fuzz_spd
endif
EXTRA_PROGRAMS += fuzz_esp_in fuzz_gre_in fuzz_spd
FUZZ_ESP = tests/unit/datapath/esp_fixture.c tests/unit/datapath/esp_fixture.h
fuzz_esp_in_SOURCES = tests/fuzz/fuzz_esp_in.c $(FUZZ_ESP)
fuzz_esp_in_LDFLAGS = -fsanitize=fuzzer
fuzz_esp_in_LDADD = libdatapath.a $(CORE_LIBS)
fuzz_gre_in_SOURCES = tests/fuzz/fuzz_gre_in.c $(FUZZ_ESP)
fuzz_gre_in_LDFLAGS = -fsanitize=fuzzer
fuzz_gre_in_LDADD = libdatapath.a $(CORE_LIBS)
fuzz_spd_SOURCES = tests/fuzz/fuzz_spd.c $(FUZZ_ESP)
fuzz_spd_LDFLAGS = -fsanitize=fuzzer
fuzz_spd_LDADD = libdatapath.a $(CORE_LIBS)
CLEANFILES += fuzz_esp_in fuzz_gre_in fuzz_spd

fuzz-short: $(FUZZERS)
	@test -n "$(FUZZERS)" || { echo "configure with --enable-fuzz --enable-sanitizers CC=clang"; exit 1; }
	@for f in $(FUZZERS); do echo "== $$f"; mkdir -p corpus/$$f; \
		./$$f -max_total_time=$(FUZZ_TIME) -print_final_stats=0 -verbosity=0 corpus/$$f || exit 1; done
.PHONY: fuzz-short
