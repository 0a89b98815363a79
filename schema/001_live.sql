-- What only the live store has, version 1: never in an image, never recorded in a changeset.

CREATE TABLE meta (
	id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
	revision INTEGER NOT NULL DEFAULT 0,
	saved_revision INTEGER NOT NULL DEFAULT 0
) STRICT;
INSERT INTO meta (id) VALUES (1);

CREATE TABLE commit_log (
	revision INTEGER NOT NULL PRIMARY KEY,
	schema INTEGER NOT NULL,
	time INTEGER NOT NULL,
	user TEXT NOT NULL,
	terminal TEXT NOT NULL,
	text TEXT NOT NULL,
	changeset BLOB NOT NULL
) STRICT;
