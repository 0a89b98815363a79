# tests/unit/datapath
