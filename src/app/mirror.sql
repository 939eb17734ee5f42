-- mirror.sql - the tables of `jemput hq mirror` in PostgreSQL, for analysts of a regency, a province, the nation.
--
-- One database takes any number of regions: `region` is the regency's code, part of every key, and the column to distribute or
-- to partition by. /*PARTITION*/ becomes PARTITION BY LIST (region) with --partitioned. Every run of 16 digits (NIK, family card) is
-- masked as 3203******0001. What headquarters erased is erased here with the next run.
CREATE SCHEMA IF NOT EXISTS jemput;

CREATE TABLE IF NOT EXISTS jemput.event (
    region   text NOT NULL,
    writer   integer NOT NULL,
    lane     integer NOT NULL,
    inc      integer NOT NULL,
    seq      bigint NOT NULL,
    hlc      bigint NOT NULL,
    wall     timestamptz NOT NULL,
    clock    text NOT NULL,
    actor    text NOT NULL,
    kind     text NOT NULL,
    subject  text,
    hash     bytea NOT NULL,
    body     jsonb,
    PRIMARY KEY (region, writer, lane, inc, seq)
)/*PARTITION*/;
CREATE INDEX IF NOT EXISTS event_subject ON jemput.event (region, subject);
CREATE INDEX IF NOT EXISTS event_kind ON jemput.event (region, kind, wall);

CREATE TABLE IF NOT EXISTS jemput.application (
    region    text NOT NULL,
    number    text NOT NULL,
    service   text NOT NULL,
    agency    text NOT NULL,
    status    text NOT NULL,
    submitted date NOT NULL,
    channel   text NOT NULL,
    van       integer NOT NULL,
    officer   text NOT NULL,
    village   text NOT NULL,
    nik       text NOT NULL,
    name      text NOT NULL,
    documents integer NOT NULL,
    conflicts integer NOT NULL,
    linked    text NOT NULL,
    reason    text NOT NULL,
    stages    jsonb NOT NULL,
    fields    jsonb NOT NULL,
    PRIMARY KEY (region, number)
)/*PARTITION*/;
CREATE INDEX IF NOT EXISTS application_submitted ON jemput.application (region, submitted);

COMMENT ON TABLE jemput.event IS 'The log: one row an event, never changed but for erasure.';
COMMENT ON COLUMN jemput.event.region IS 'Code of the regency (Kemendagri).';
COMMENT ON COLUMN jemput.event.writer IS 'Van number; 0 is headquarters.';
COMMENT ON COLUMN jemput.event.lane IS '0, or the van that headquarters writes to.';
COMMENT ON COLUMN jemput.event.inc IS 'Incarnation: a life of the writer''s laptop.';
COMMENT ON COLUMN jemput.event.seq IS 'Contiguous from 1 within writer, lane and inc.';
COMMENT ON COLUMN jemput.event.hlc IS 'Hybrid logical clock: milliseconds << 16 | counter; orders events.';
COMMENT ON COLUMN jemput.event.wall IS 'The writer''s clock.';
COMMENT ON COLUMN jemput.event.clock IS 'What set that clock: ntp, gps, operator, none.';
COMMENT ON COLUMN jemput.event.subject IS 'Number of the application that it is about; NULL: none.';
COMMENT ON COLUMN jemput.event.hash IS 'BLAKE2b-256 of the chain up to this event, over the unmasked body.';
COMMENT ON COLUMN jemput.event.body IS 'By kind; personal numbers masked; NULL: erased, or packed data that is of no use here.';
COMMENT ON TABLE jemput.application IS 'One row an application, as it stands now.';
COMMENT ON COLUMN jemput.application.status IS 'submitted, received, verified, in_process, ready, handed_over, returned, rejected, withdrawn, linked.';
COMMENT ON COLUMN jemput.application.stages IS 'Day on which each stage was reached first.';
COMMENT ON COLUMN jemput.application.fields IS 'Answers by the catalogue''s field names; personal numbers masked.';

CREATE OR REPLACE VIEW jemput.survey AS
SELECT region, writer AS van, (body ->> 'day')::date AS day, body ->> 'service' AS service,
    (body ->> 'u1')::integer AS u1, (body ->> 'u2')::integer AS u2, (body ->> 'u3')::integer AS u3,
    (body ->> 'u4')::integer AS u4, (body ->> 'u5')::integer AS u5, (body ->> 'u6')::integer AS u6,
    (body ->> 'u7')::integer AS u7, (body ->> 'u8')::integer AS u8, (body ->> 'u9')::integer AS u9
FROM jemput.event WHERE kind = 'survey.answered' AND body IS NOT NULL;
COMMENT ON VIEW jemput.survey IS 'Answers of the satisfaction survey, 1 to 4 each; nobody''s name.';

CREATE OR REPLACE VIEW jemput.visit AS
SELECT region, writer AS van, wall AS opened, body ->> 'village' AS village, body ->> 'place' AS place
FROM jemput.event WHERE kind = 'visit.opened' AND body IS NOT NULL;
COMMENT ON VIEW jemput.visit IS 'Visits to villages as vans opened them.';
