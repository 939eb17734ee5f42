-- status_db.sql - the public file: an application's number, its stages and its service; nothing of any person.

CREATE TABLE about (
    one  INTEGER PRIMARY KEY CHECK (one = 1),
    json TEXT NOT NULL
) STRICT;

CREATE TABLE service (
    id          INTEGER PRIMARY KEY,
    name_id     TEXT NOT NULL,
    name_en     TEXT NOT NULL,
    agency_id   TEXT NOT NULL,
    agency_en   TEXT NOT NULL,
    promised_id TEXT NOT NULL,
    promised_en TEXT NOT NULL
) STRICT;

CREATE TABLE stage (
    service INTEGER NOT NULL,
    status  INTEGER NOT NULL,
    id      TEXT NOT NULL,
    en      TEXT NOT NULL,
    PRIMARY KEY (service, status)
) STRICT, WITHOUT ROWID;

CREATE TABLE status (
    number    INTEGER PRIMARY KEY,
    van       INTEGER NOT NULL,
    service   INTEGER NOT NULL,
    status    TEXT NOT NULL,
    submitted INTEGER NOT NULL, -- days since 1970-01-01
    reached   INTEGER NOT NULL, -- day of the stage
    days      TEXT NOT NULL,    -- {status name: day on which it was reached first}
    reason    TEXT NOT NULL,    -- "" or what HQ tells the citizen
    signature BLOB NOT NULL
) STRICT;
