-- local_6.sql - what format 6 of the local tables added: the erasure of bodies.

-- The one change that the log allows: a body goes, and its hash takes its place, so that the chain still verifies.
DROP TRIGGER event_no_update;
CREATE TRIGGER event_no_update BEFORE UPDATE ON event
WHEN NOT (old.body IS NOT NULL AND new.body IS NULL AND length(new.body_hash) = 32 AND new.id = old.id
    AND new.hlc = old.hlc AND new.wall = old.wall AND new.source = old.source AND new.subject = old.subject
    AND new.actor = old.actor AND new.kind = old.kind AND new.hash = old.hash AND new.prev_hash IS old.prev_hash)
BEGIN SELECT raise(ABORT, 'the log is append-only'); END;

-- Documents of erased applications: their bytes are not taken again.
CREATE TABLE refused (
    hash BLOB PRIMARY KEY
) STRICT, WITHOUT ROWID;
