-- views.sql - what the log says, folded. Dropped and folded anew when VIEWS_VERSION (views.h) changes. Every row is
-- the same for every order in which the events arrived: nothing here may depend on rowids of the log or on the clock.
-- A key is hlc, writer, lane, inc, seq in big endian (22 bytes): memcmp orders keys as the fold orders events.

DROP TABLE IF EXISTS application;
DROP TABLE IF EXISTS apart;
DROP TABLE IF EXISTS need;
DROP TABLE IF EXISTS lacking;
DROP TABLE IF EXISTS pair;
DROP TABLE IF EXISTS span;
DROP TABLE IF EXISTS ack;
DROP TABLE IF EXISTS enrolment;
DROP TABLE IF EXISTS box;
DROP TABLE IF EXISTS revoked;
DROP TABLE IF EXISTS ruling;
DROP TABLE IF EXISTS district;
DROP TABLE IF EXISTS dictionary;
DROP TABLE IF EXISTS erased;
DROP TABLE IF EXISTS account;
DROP TABLE IF EXISTS van;
DROP TABLE IF EXISTS catalog;
DROP TABLE IF EXISTS ticket;
DROP TABLE IF EXISTS ticket_step;
DROP TABLE IF EXISTS visit_plan;
DROP TABLE IF EXISTS visit;
DROP TABLE IF EXISTS visit_end;
DROP TABLE IF EXISTS handover;
DROP TABLE IF EXISTS complaint;
DROP TABLE IF EXISTS complaint_answer;
DROP TABLE IF EXISTS outage;
DROP TABLE IF EXISTS outage_end;
DROP TABLE IF EXISTS outage_photo;
DROP TABLE IF EXISTS survey;
DROP TABLE IF EXISTS hot;
DROP TABLE IF EXISTS word;
DROP TABLE IF EXISTS name;

CREATE TABLE application (
    number    INTEGER PRIMARY KEY,
    at        INTEGER NOT NULL, -- wall clock of the submission; 0 while it has not arrived
    day       INTEGER NOT NULL,
    status    INTEGER NOT NULL, -- enum jem_status; submitted is raised to received once confirmed
    confirmed INTEGER NOT NULL,
    conflicts INTEGER NOT NULL,
    illegal   INTEGER NOT NULL,
    documents INTEGER NOT NULL,
    writer    INTEGER NOT NULL, -- of the submitting event, as inc and seq; seq 0: it has not arrived
    inc       INTEGER NOT NULL,
    seq       INTEGER NOT NULL,
    service   TEXT NOT NULL,
    village   TEXT NOT NULL,
    nik       TEXT NOT NULL,
    name      TEXT NOT NULL,
    officer   TEXT NOT NULL
) STRICT;
CREATE INDEX application_list ON application (at, status, village, service);
CREATE INDEX application_nik ON application (nik, service, day) WHERE nik <> '';
CREATE INDEX application_unconfirmed ON application (writer, inc, seq, at) WHERE confirmed = 0;
CREATE INDEX application_conflict ON application (at) WHERE conflicts > 0;
CREATE INDEX application_illegal ON application (at) WHERE illegal > 0;
-- application_open_N (service, at), one an open stage, are HQ's alone: views.c

-- a was told apart from b by an event on a.
CREATE TABLE apart (
    a INTEGER NOT NULL,
    b INTEGER NOT NULL,
    PRIMARY KEY (a, b)
) STRICT, WITHOUT ROWID;

-- Bytes that an application's documents name: part 0 is the original of document doc, 1, 2, ... its pages' previews.
CREATE TABLE need (
    number INTEGER NOT NULL,
    doc    INTEGER NOT NULL,
    part   INTEGER NOT NULL,
    hash   BLOB NOT NULL,
    PRIMARY KEY (number, doc, part)
) STRICT, WITHOUT ROWID;

-- HQ: bytes that were named and have not come. They follow from need and from what is in blob.
CREATE TABLE lacking (
    hash   BLOB NOT NULL,
    number INTEGER NOT NULL,
    PRIMARY KEY (hash, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX lacking_number ON lacking (number);

-- Likely duplicates: a was submitted first.
CREATE TABLE pair (
    a  INTEGER NOT NULL,
    b  INTEGER NOT NULL,
    at INTEGER NOT NULL, -- of a
    PRIMARY KEY (a, b)
) STRICT, WITHOUT ROWID;
CREATE INDEX pair_b ON pair (b);
CREATE INDEX pair_at ON pair (at, a, b);

-- Days within which two applications for a service by one NIK are duplicates, from the published catalogue.
CREATE TABLE span (
    service TEXT PRIMARY KEY,
    days    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What its reader has of a lane: HQ of a van's (lane 0), a van of HQ's lane for it. All rows of a lane are of the
-- reader's highest incarnation that spoke of it: what an earlier one had may be lost.
CREATE TABLE ack (
    writer INTEGER NOT NULL,
    lane   INTEGER NOT NULL,
    inc    INTEGER NOT NULL,
    level  INTEGER NOT NULL, -- 1 received, 2 durable
    teller INTEGER NOT NULL, -- the reader's incarnation
    seq    INTEGER NOT NULL,
    scan   INTEGER NOT NULL, -- document chunks
    head   TEXT NOT NULL,    -- hex of the commit that ends with seq
    PRIMARY KEY (writer, lane, inc, level)
) STRICT, WITHOUT ROWID;

-- Which key signs a van's incarnations from `inc` on.
CREATE TABLE enrolment (
    van  INTEGER NOT NULL,
    inc  INTEGER NOT NULL,
    sign TEXT NOT NULL,
    key  BLOB NOT NULL,
    PRIMARY KEY (van, inc)
) STRICT, WITHOUT ROWID;

-- Box keys: lane and seq tell where the writer itself named one; seq 0: it was enrolled with it.
CREATE TABLE box (
    writer INTEGER NOT NULL,
    epoch  INTEGER NOT NULL,
    inc    INTEGER NOT NULL,
    lane   INTEGER NOT NULL,
    seq    INTEGER NOT NULL,
    box    TEXT NOT NULL,
    key    BLOB NOT NULL,
    PRIMARY KEY (writer, epoch, inc)
) STRICT, WITHOUT ROWID;

-- Nothing of a van's incarnation after seq.
CREATE TABLE revoked (
    van    INTEGER NOT NULL,
    inc    INTEGER NOT NULL,
    seq    INTEGER NOT NULL,
    hash   TEXT NOT NULL,
    reason TEXT NOT NULL,
    at     INTEGER NOT NULL,
    key    BLOB NOT NULL,
    PRIMARY KEY (van, inc)
) STRICT, WITHOUT ROWID;

CREATE TABLE ruling (
    ref    TEXT NOT NULL,
    head   TEXT NOT NULL,
    admit  INTEGER NOT NULL,
    reason TEXT NOT NULL,
    key    BLOB NOT NULL,
    PRIMARY KEY (ref, head)
) STRICT, WITHOUT ROWID;

-- Applications of other vans, as HQ told this one.
CREATE TABLE district (
    number INTEGER PRIMARY KEY,
    stage  INTEGER NOT NULL,
    day    INTEGER NOT NULL,
    key    BLOB NOT NULL
) STRICT;

-- Where on HQ's lanes a dictionary was published.
CREATE TABLE dictionary (
    lane INTEGER NOT NULL,
    inc  INTEGER NOT NULL,
    seq  INTEGER NOT NULL,
    id   INTEGER NOT NULL,
    PRIMARY KEY (lane, inc, seq)
) STRICT, WITHOUT ROWID;

-- Applications of which nothing that speaks of a person is kept (erase.c). at: unix ms, of the event that said it first.
CREATE TABLE erased (
    number INTEGER PRIMARY KEY,
    basis  TEXT NOT NULL,
    at     INTEGER NOT NULL,
    key    BLOB NOT NULL
) STRICT;

CREATE TABLE account (
    officer      TEXT PRIMARY KEY,
    name         TEXT NOT NULL,
    role         TEXT NOT NULL,
    agency       TEXT NOT NULL, -- whose services alone this officer works on; '' all
    put_key      BLOB NOT NULL, -- x'' when only user.disabled has arrived
    disabled_key BLOB NOT NULL  -- x'' when never disabled; disabled when it is past put_key
) STRICT, WITHOUT ROWID;

CREATE TABLE van (
    van      INTEGER PRIMARY KEY,
    name     TEXT NOT NULL,
    sign     TEXT NOT NULL,
    box      TEXT NOT NULL,
    epoch    INTEGER NOT NULL,
    inc      INTEGER NOT NULL,
    enrolled INTEGER NOT NULL,
    key      BLOB NOT NULL
) STRICT;

-- The publication of the highest version; its key tells where it stands in the log.
CREATE TABLE catalog (
    one     INTEGER PRIMARY KEY CHECK (one = 1),
    version INTEGER NOT NULL,
    key     BLOB NOT NULL
) STRICT;

-- The van's day (kinds.h): one row an event, never changed, so that every order of arrival gives the same. `id` is the event
-- ("3.0.1.17"); a column that names another row's id may name one that has not arrived. Times are Unix milliseconds of the
-- writer's clock, days count from 1970-01-01. `key` orders the rows that follow one.

CREATE TABLE ticket (
    id       TEXT PRIMARY KEY,
    van      INTEGER NOT NULL,
    day      INTEGER NOT NULL,
    number   INTEGER NOT NULL,
    category TEXT NOT NULL, -- general, disability, elderly, maternal, child, disaster
    issued   INTEGER NOT NULL,
    officer  TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX ticket_day ON ticket (van, day, number);

CREATE TABLE ticket_step (
    id      TEXT PRIMARY KEY,
    ticket  TEXT NOT NULL,
    step    TEXT NOT NULL,    -- called, served, skipped; the last one is how the ticket stands
    counter INTEGER NOT NULL, -- 0: not said
    at      INTEGER NOT NULL,
    officer TEXT NOT NULL,
    key     BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX ticket_step_of ON ticket_step (ticket, key);

CREATE TABLE visit_plan (
    id        TEXT PRIMARY KEY,
    van       INTEGER NOT NULL,
    village   TEXT NOT NULL,
    first     INTEGER NOT NULL, -- day
    last      INTEGER NOT NULL, -- day
    place     TEXT NOT NULL,
    note      TEXT NOT NULL,
    replaces  TEXT NOT NULL,    -- a plan that no longer stands, or ''
    cancelled INTEGER NOT NULL, -- nothing stands instead
    at        INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX visit_plan_replaces ON visit_plan (replaces) WHERE replaces <> '';
CREATE INDEX visit_plan_last ON visit_plan (last);

CREATE TABLE visit (
    id      TEXT PRIMARY KEY,
    van     INTEGER NOT NULL,
    plan    TEXT NOT NULL, -- '' when it was not planned
    village TEXT NOT NULL,
    place   TEXT NOT NULL,
    team    TEXT NOT NULL, -- names, a line each
    opened  INTEGER NOT NULL,
    officer TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX visit_opened ON visit (van, opened);
CREATE INDEX visit_of_plan ON visit (plan) WHERE plan <> '';

CREATE TABLE visit_end (
    id           TEXT PRIMARY KEY,
    visit        TEXT NOT NULL,
    applications INTEGER NOT NULL,
    tickets      INTEGER NOT NULL,
    note         TEXT NOT NULL,
    at           INTEGER NOT NULL,
    officer      TEXT NOT NULL,
    key          BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX visit_end_of ON visit_end (visit, key);

-- Whether it stands is told by the application's status.
CREATE TABLE handover (
    id       TEXT PRIMARY KEY,
    number   INTEGER NOT NULL, -- application
    van      INTEGER NOT NULL,
    name     TEXT NOT NULL,
    relation TEXT NOT NULL, -- self, family, proxy
    nik_end  TEXT NOT NULL, -- last four digits, or ''
    document INTEGER NOT NULL, -- ordinal of the photo of that van, 0: none
    note     TEXT NOT NULL,
    at       INTEGER NOT NULL,
    officer  TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX handover_number ON handover (number);
CREATE INDEX handover_at ON handover (at);

CREATE TABLE complaint (
    id       TEXT PRIMARY KEY,
    number   INTEGER NOT NULL, -- application, 0: about none
    van      INTEGER NOT NULL, -- who filed it; 0: HQ
    channel  TEXT NOT NULL,
    category TEXT NOT NULL, -- information, desk, field
    name     TEXT NOT NULL,
    contact  TEXT NOT NULL,
    text     TEXT NOT NULL,
    at       INTEGER NOT NULL,
    officer  TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX complaint_at ON complaint (at);

CREATE TABLE complaint_answer (
    id        TEXT PRIMARY KEY,
    complaint TEXT NOT NULL,
    text      TEXT NOT NULL,
    closes    INTEGER NOT NULL,
    writer    INTEGER NOT NULL,
    at        INTEGER NOT NULL,
    officer   TEXT NOT NULL,
    key       BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX complaint_answer_of ON complaint_answer (complaint, key);

CREATE TABLE outage (
    id      TEXT PRIMARY KEY,
    van     INTEGER NOT NULL, -- 0: HQ
    what    TEXT NOT NULL,    -- power, network, printer, scanner, server, other
    first   INTEGER NOT NULL, -- from when, milliseconds
    last    INTEGER NOT NULL, -- until when; 0: not said with it
    note    TEXT NOT NULL,
    officer TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX outage_first ON outage (first);

CREATE TABLE outage_end (
    id     TEXT PRIMARY KEY,
    outage TEXT NOT NULL,
    last   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX outage_end_of ON outage_end (outage, last);

CREATE TABLE outage_photo (
    id      TEXT PRIMARY KEY,
    outage  TEXT NOT NULL,
    van     INTEGER NOT NULL, -- 0: HQ
    mime    TEXT NOT NULL,
    size    INTEGER NOT NULL,
    hash    BLOB NOT NULL, -- of its bytes, as blob.hash
    preview BLOB NOT NULL,
    name    TEXT NOT NULL, -- of the file, or ''
    at      INTEGER NOT NULL,
    officer TEXT NOT NULL,
    key     BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX outage_photo_of ON outage_photo (outage, key);

-- Answers of the satisfaction survey: nobody's name, nobody's number.
CREATE TABLE survey (
    id        TEXT PRIMARY KEY,
    van       INTEGER NOT NULL, -- 0: HQ
    day       INTEGER NOT NULL,
    service   TEXT NOT NULL,
    age       TEXT NOT NULL,
    sex       TEXT NOT NULL,
    education TEXT NOT NULL,
    u1        INTEGER NOT NULL,
    u2        INTEGER NOT NULL,
    u3        INTEGER NOT NULL,
    u4        INTEGER NOT NULL,
    u5        INTEGER NOT NULL,
    u6        INTEGER NOT NULL,
    u7        INTEGER NOT NULL,
    u8        INTEGER NOT NULL,
    u9        INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX survey_day ON survey (day);

-- What every unit touches, on one page: counts (number 0), and the numbers of applications whose names have no
-- postings yet ('name').
CREATE TABLE hot (
    what   TEXT NOT NULL,
    number INTEGER NOT NULL,
    n      INTEGER NOT NULL,
    PRIMARY KEY (what, number)
) STRICT, WITHOUT ROWID;
INSERT INTO hot VALUES ('applications', 0, 0), ('documents', 0, 0);

-- Every word that a name with postings has ever had; typing errors are looked for among these. Local ids.
CREATE TABLE word (
    id   INTEGER PRIMARY KEY,
    word TEXT NOT NULL UNIQUE
) STRICT;

-- Postings of the terms of name_terms.h. The names themselves are in application.
CREATE VIRTUAL TABLE name USING fts5 (terms, content = '', columnsize = 0, detail = none,
    tokenize = "ascii tokenchars '<=~'");
