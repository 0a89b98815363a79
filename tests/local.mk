# tests: unit (CUnit, one program per room), check (the rules), scenario, interop, fuzz, bench.
UNIT_TESTS =
include tests/unit/lib/local.mk
include tests/unit/schema/local.mk
include tests/unit/shell/local.mk
include tests/unit/daemon/local.mk
include tests/unit/daemon/oscfg/local.mk
include tests/unit/datapath/local.mk
include tests/unit/ike/local.mk
include tests/check/local.mk
include tests/scenario/local.mk
include tests/interop/local.mk
include tests/fuzz/local.mk
include tests/bench/local.mk
