-- local_4.sql - what format 4 of the local tables added: applications that citizens prepare.

CREATE TABLE prepared (
    code TEXT PRIMARY KEY,
    at   INTEGER NOT NULL,
    body TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX prepared_at ON prepared (at);
