# tests/fuzz: libFuzzer targets, built only by ./configure --enable-fuzz --enable-sanitizers CC=clang.
# make fuzz-short runs each for FUZZ_TIME seconds; a finding stays as crash-… in the build folder.
FUZZERS =
FUZZ_TIME = 20
if FUZZ
FUZZERS += fuzz_esp_in fuzz_ipsec_in fuzz_gre_in fuzz_spd fuzz_cli
endif
EXTRA_PROGRAMS += fuzz_esp_in fuzz_gre_in fuzz_spd
FUZZ_ESP = tests/unit/datapath/esp_fixture.c tests/unit/datapath/esp_fixture.h
fuzz_esp_in_SOURCES = tests/fuzz/fuzz_esp_in.c $(FUZZ_ESP)
fuzz_esp_in_LDFLAGS = -fsanitize=fuzzer
fuzz_esp_in_LDADD = libdatapath.a $(CORE_LIBS)
fuzz_gre_in_SOURCES = tests/fuzz/fuzz_gre_in.c $(FUZZ_ESP)
fuzz_gre_in_LDFLAGS = -fsanitize=fuzzer
fuzz_gre_in_LDADD = libdatapath.a $(CORE_LIBS)
EXTRA_PROGRAMS += fuzz_ipsec_in
fuzz_ipsec_in_SOURCES = tests/fuzz/fuzz_ipsec_in.c $(FUZZ_ESP)
fuzz_ipsec_in_LDFLAGS = -fsanitize=fuzzer
fuzz_ipsec_in_LDADD = libdatapath.a $(CORE_LIBS)
CLEANFILES += fuzz_ipsec_in
fuzz_spd_SOURCES = tests/fuzz/fuzz_spd.c $(FUZZ_ESP)
fuzz_spd_LDFLAGS = -fsanitize=fuzzer
fuzz_spd_LDADD = libdatapath.a $(CORE_LIBS)
CLEANFILES += fuzz_esp_in fuzz_gre_in fuzz_spd
EXTRA_PROGRAMS += fuzz_cli
fuzz_cli_SOURCES = tests/fuzz/fuzz_cli.c
fuzz_cli_LDFLAGS = -fsanitize=fuzzer
fuzz_cli_LDADD = $(SHELL_LIBS)
CLEANFILES += fuzz_cli
EXTRA_DIST += tests/fuzz/seeds/fuzz_cli/all tests/fuzz/seeds/fuzz_cli/front

fuzz-short: $(FUZZERS)
	@test -n "$(FUZZERS)" || { echo "configure with --enable-fuzz --enable-sanitizers CC=clang"; exit 1; }
	@for f in $(FUZZERS); do echo "== $$f"; mkdir -p corpus/$$f; \
		seeds=$(srcdir)/tests/fuzz/seeds/$$f; test -d $$seeds || seeds=; \
		./$$f -max_total_time=$(FUZZ_TIME) -print_final_stats=0 -verbosity=0 corpus/$$f $$seeds || exit 1; done
.PHONY: fuzz-short
