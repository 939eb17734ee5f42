-- local_3.sql - what format 3 of the local tables added: the print queue.

-- Receipts on their way to paper. `copy` holds from state 2 (printing) on. `cut`: bytes went out and not all of them are
-- known to have arrived: the printer may wait for the rest.
CREATE TABLE print_job (
    id      INTEGER PRIMARY KEY,
    number  INTEGER NOT NULL,
    format  TEXT NOT NULL,
    width   INTEGER NOT NULL,
    copy    INTEGER NOT NULL,
    printer TEXT NOT NULL,
    officer TEXT NOT NULL,
    state   INTEGER NOT NULL CHECK (state BETWEEN 1 AND 6),
    reason  TEXT NOT NULL,
    cut     INTEGER NOT NULL,
    at      INTEGER NOT NULL,
    changed INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX print_job_open ON print_job (number) WHERE state IN (1, 2, 4); -- may still become paper
CREATE INDEX print_job_printer ON print_job (printer, changed);
