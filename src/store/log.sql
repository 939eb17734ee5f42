-- log.sql - what happened, for ever. Changes only by adding; nothing here is updated or deleted.
--
-- event.id is stream << 40 | seq: a stream's events lie side by side in the order of their numbers, and an append
-- goes to the end of its stream. hash is of event.h; prev_hash is the hash of the event before, so it stands here
-- only for the first event of a later incarnation. body_hash stands here only when the body was redacted.

CREATE TABLE stream (
    id     INTEGER PRIMARY KEY,
    writer INTEGER NOT NULL,
    lane   INTEGER NOT NULL,
    inc    INTEGER NOT NULL,
    UNIQUE (writer, lane, inc)
) STRICT;

CREATE TABLE event (
    id        INTEGER PRIMARY KEY,
    hlc       INTEGER NOT NULL, -- 64 bits, as signed
    wall      INTEGER NOT NULL,
    source    INTEGER NOT NULL,
    subject   INTEGER NOT NULL,
    actor     TEXT NOT NULL,
    kind      TEXT NOT NULL,
    hash      BLOB NOT NULL,
    prev_hash BLOB,
    body_hash BLOB,
    body      TEXT,
    CHECK (body IS NOT NULL OR body_hash IS NOT NULL)
) STRICT;

CREATE INDEX event_subject ON event (subject) WHERE subject <> 0;

CREATE TRIGGER event_no_update BEFORE UPDATE ON event BEGIN SELECT raise(ABORT, 'the log is append-only'); END;
CREATE TRIGGER event_no_delete BEFORE DELETE ON event BEGIN SELECT raise(ABORT, 'the log is append-only'); END;
CREATE TRIGGER stream_no_update BEFORE UPDATE ON stream BEGIN SELECT raise(ABORT, 'the log is append-only'); END;
CREATE TRIGGER stream_no_delete BEFORE DELETE ON stream BEGIN SELECT raise(ABORT, 'the log is append-only'); END;
