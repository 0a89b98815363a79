"""The schema: tables that sessions see and that refuse wrong types; nothing that acts by itself."""
import sqlite3
import sys

import tree

if sqlite3.sqlite_version_info < (3, 37):
    print("sqlite3 of this python does not know STRICT")
    sys.exit(77)

db = sqlite3.connect(":memory:")
names = tree.files(".sql")
for name in (n for n in names if n.startswith("schema/")):
    try:
        db.executescript(tree.text(name))
    except sqlite3.Error as e:
        tree.report(name, 1, str(e))
for kind, obj in db.execute("SELECT type, name FROM sqlite_schema WHERE type = 'trigger'"):
    tree.report("schema", 1, f"{kind} {obj}: no triggers")
tables = [r for r in db.execute("PRAGMA table_list")
          if r[0] == "main" and r[2] == "table" and not r[1].startswith("sqlite_")]
for _, table, _, _, _, strict in tables:
    columns = db.execute(f'PRAGMA table_info("{table}")').fetchall()
    keys = [c for c in columns if c[5]]
    if not strict:
        tree.report("schema", 1, f"table {table} is not STRICT")
    if not keys:
        tree.report("schema", 1, f"table {table} has no PRIMARY KEY: sessions skip it")
    for c in keys:
        if not c[3]:
            tree.report("schema", 1, f"key {table}.{c[1]} is not NOT NULL")
    for fk in db.execute(f'PRAGMA foreign_key_list("{table}")'):
        if {fk[5], fk[6]} != {"NO ACTION"}:
            tree.report("schema", 1, f"{table}.{fk[3]}: no CASCADE and the like")
print(f"info: {len(tables)} tables")
tree.done()
