# tests/fuzz: libFuzzer targets, built only by ./configure --enable-fuzz --enable-sanitizers CC=clang.
# The one list of them: NAME is tests/fuzz/NAME.c, which is linked with everything there is to be fuzzed;
# seeds are what seeds.py makes under that name. README.md says more.
FUZZ_TARGETS = \
	tests/fuzz/fuzz_changeset \
	tests/fuzz/fuzz_cli \
	tests/fuzz/fuzz_esp_in \
	tests/fuzz/fuzz_esp_sa \
	tests/fuzz/fuzz_frame \
	tests/fuzz/fuzz_gre_in \
	tests/fuzz/fuzz_icmp \
	tests/fuzz/fuzz_ike \
	tests/fuzz/fuzz_ike_fragment \
	tests/fuzz/fuzz_ike_message \
	tests/fuzz/fuzz_ip \
	tests/fuzz/fuzz_ipsec_in \
	tests/fuzz/fuzz_natt \
	tests/fuzz/fuzz_pcap \
	tests/fuzz/fuzz_reass \
	tests/fuzz/fuzz_session \
	tests/fuzz/fuzz_spd \
	tests/fuzz/fuzz_super
EXTRA_PROGRAMS += $(FUZZ_TARGETS)
EXTRA_LIBRARIES += libfuzz.a
# what compares is not what is fuzzed
libfuzz_a_CFLAGS = $(AM_CFLAGS) $(CUNIT_CFLAGS) @FUZZ_PLAIN@
libfuzz_a_SOURCES = \
	tests/fuzz/fuzz.c \
	tests/fuzz/fuzz.h \
	tests/fuzz/fuzz_dp.c \
	tests/unit/daemon/bench.c \
	tests/unit/daemon/bench.h \
	tests/unit/daemon/peer.c \
	tests/unit/daemon/peer.h \
	tests/unit/daemon/rows.c \
	tests/unit/daemon/rows.h \
	tests/unit/daemon/shell.c \
	tests/unit/daemon/shell.h \
	tests/unit/datapath/esp_fixture.c \
	tests/unit/datapath/esp_fixture.h \
	tests/unit/ike/sim.c \
	tests/unit/ike/sim.h \
	tests/unit/ike/sim_daemon.c \
	tests/unit/ike/sim_daemon.h \
	tests/unit/ike/sim_look.c \
	tests/unit/lib/samples.c \
	tests/unit/lib/samples.h

# What programs link that do not say: the targets alone.
LDADD = @FUZZ_ENGINE@ libfuzz.a libike.a liboffline.a libdatapath.a $(SHELL_LIBS) $(PCAP_LIBS)
# two engines an input: their cryptography is made once
tests_fuzz_fuzz_ike_LDFLAGS = -Wl,--wrap=crypt_new,--wrap=crypt_free
# The daemon and the datapath have functions of one name.
tests_fuzz_fuzz_session_LDADD = @FUZZ_ENGINE@ libfuzz.a $(yongd_LDADD)
CLEANFILES += $(FUZZ_TARGETS) libfuzz.a
EXTRA_DIST += tests/fuzz/README.md tests/fuzz/run.py tests/fuzz/seeds.py \
	tests/fuzz/seeds/fuzz_cli/all tests/fuzz/seeds/fuzz_cli/front

# fuzz-short is CI's; fuzz-long is for the table in README.md. Of some targets: make fuzz-short FUZZ='ip spd'
FUZZ =
FUZZ_SECONDS = 20
FUZZ_RUN = /usr/bin/python3 $(srcdir)/tests/fuzz/run.py --only '$(FUZZ)'
fuzz-build:
	@test -n "@FUZZ_ENGINE@" || { echo "configure --enable-fuzz --enable-sanitizers CC=clang"; exit 1; }
	@$(MAKE) $(AM_MAKEFLAGS) $(FUZZ_TARGETS)
fuzz-short: fuzz-build
	@$(FUZZ_RUN) --seconds $(FUZZ_SECONDS) $(FUZZ_TARGETS)
fuzz-long: fuzz-build
	@nice -n 19 $(FUZZ_RUN) --seconds 1200 $(FUZZ_TARGETS)
.PHONY: fuzz-build fuzz-short fuzz-long
