-- local.sql - what belongs to this folder alone: no event tells of it, no rebuild touches it.

CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE secret (
    key   TEXT PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- Documents by their BLAKE2b-256. Bytes lie apart, previews from originals, so that looking for a hash reads none.
CREATE TABLE blob (
    id   INTEGER PRIMARY KEY,
    hash BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),
    cls  INTEGER NOT NULL CHECK (cls IN (1, 2)),
    size INTEGER NOT NULL
) STRICT;
CREATE TABLE preview (
    id    INTEGER PRIMARY KEY,
    bytes BLOB NOT NULL
) STRICT;
CREATE TABLE original (
    id    INTEGER PRIMARY KEY,
    bytes BLOB NOT NULL
) STRICT;

-- Blobs that are arriving: bytes [0, upto) are here without a gap.
CREATE TABLE partial (
    hash  BLOB PRIMARY KEY,
    cls   INTEGER NOT NULL,
    total INTEGER NOT NULL,
    upto  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE piece (
    id    INTEGER PRIMARY KEY,
    hash  BLOB NOT NULL,
    start INTEGER NOT NULL,
    size  INTEGER NOT NULL,
    bytes BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX piece_place ON piece (hash, start, size);

-- The van's document lane: bytes [0, sent) stand in chunks, the last of them in chunk number `chunk`.
CREATE TABLE outgoing (
    id        INTEGER PRIMARY KEY,
    hash      BLOB NOT NULL UNIQUE,
    cls       INTEGER NOT NULL,
    size      INTEGER NOT NULL,
    sent      INTEGER NOT NULL DEFAULT 0,
    chunk     INTEGER NOT NULL DEFAULT 0,
    confirmed INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX outgoing_waiting ON outgoing (cls, id) WHERE sent < size;
CREATE INDEX outgoing_unconfirmed ON outgoing (chunk) WHERE confirmed = 0;

CREATE TABLE draft (
    id      TEXT PRIMARY KEY,
    officer TEXT NOT NULL,
    at      INTEGER NOT NULL,
    body    TEXT NOT NULL
) STRICT;
CREATE INDEX draft_officer ON draft (officer, at);

CREATE TABLE quarantine (
    ref    TEXT PRIMARY KEY,
    head   TEXT NOT NULL,
    reason TEXT NOT NULL,
    at     INTEGER NOT NULL
) STRICT;
