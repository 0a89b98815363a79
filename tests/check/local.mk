# tests/check: the rules of the house, as a target. `make lint` says what breaks them.
LINT = tests/check/dist.py tests/check/format.sh tests/check/headers.sh tests/check/includes.py \
	tests/check/objects.py tests/check/size.py tests/check/sql.py tests/check/static.sh \
	tests/check/text.py tests/check/twins.py
EXTRA_DIST += $(LINT) tests/check/run.sh tests/check/tree.py tests/check/cppcheck.cfg \
	tests/check/cppcheck.txt

LINT_CFLAGS = $(AM_CFLAGS) $(SQLITE_CFLAGS) $(EDIT_CFLAGS) $(JANSSON_CFLAGS) $(CUNIT_CFLAGS) \
	$(PCAP_CFLAGS) $(MNL_CFLAGS) $(NFTABLES_CFLAGS) $(SECCOMP_CFLAGS)
# one or some of them: make lint LINT=tests/check/size.py
lint: all
	@echo '$(DISTFILES) $(SOURCES)' | tr ' ' '\n' >lint.dist
	@echo '$(noinst_LIBRARIES)' | tr ' ' '\n' >lint.libraries
	@CC='$(CC)' LINT_CFLAGS='$(DEFS) -I. -I$(top_srcdir) $(LINT_CFLAGS)' \
		$(SHELL) $(srcdir)/tests/check/run.sh $(abs_top_srcdir) $(LINT)
CLEANFILES += lint.dist lint.libraries
clean-local:
	rm -rf lint.cppcheck
.PHONY: lint
