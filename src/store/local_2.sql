-- local_2.sql - what format 2 of the local tables added. Runs after local.sql in a new store, and once in an older one.

-- A restored van counts document chunks on in a new incarnation: a number alone does not tell a chunk.
ALTER TABLE outgoing ADD COLUMN inc INTEGER NOT NULL DEFAULT 1;
ALTER TABLE outgoing ADD COLUMN day INTEGER NOT NULL DEFAULT 0; -- on which it was attached

ALTER TABLE quarantine ADD COLUMN late INTEGER NOT NULL DEFAULT 0; -- 1: good work that came too late; a person may admit it

-- HQ: applications by when their stage changed last. rev only grows.
CREATE TABLE changed (
    rev    INTEGER PRIMARY KEY,
    number INTEGER NOT NULL UNIQUE,
    day    INTEGER NOT NULL
) STRICT;

-- What the last verified backup holds: of each stream the last event and, as its reader said, the commit (hex) and the
-- document chunks.
CREATE TABLE kept (
    writer INTEGER NOT NULL,
    lane   INTEGER NOT NULL,
    inc    INTEGER NOT NULL,
    seq    INTEGER NOT NULL,
    hash   BLOB NOT NULL,
    head   TEXT NOT NULL,
    scan   INTEGER NOT NULL,
    PRIMARY KEY (writer, lane, inc)
) STRICT, WITHOUT ROWID;
