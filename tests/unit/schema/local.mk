# tests/unit/schema
