-- local_5.sql - what format 5 of the local tables added: scanned pages that are no documents yet.

-- A tray is the form (its draft) or the application (its number as text) beside which pages were scanned. They are kept
-- here, finished, until they become documents or are thrown away. The pictures stand last: a list reads none of them.
CREATE TABLE tray_page (
    id       INTEGER PRIMARY KEY,
    tray     TEXT NOT NULL,
    officer  TEXT NOT NULL,
    place    INTEGER NOT NULL, -- in the tray
    kind     TEXT NOT NULL,    -- of document
    width    INTEGER NOT NULL, -- pixels
    height   INTEGER NOT NULL,
    dpi      INTEGER NOT NULL,
    colour   INTEGER NOT NULL, -- enum jem_scan_colour that was asked for
    warnings INTEGER NOT NULL, -- bits of enum jem_sheet_warning, and of what the tray adds
    card     INTEGER NOT NULL, -- 1: of the size of a card
    half     INTEGER NOT NULL, -- 1: a front that waits for its back
    at       INTEGER NOT NULL,
    jpeg     BLOB NOT NULL,
    preview  BLOB NOT NULL
) STRICT;
CREATE INDEX tray_page_tray ON tray_page (tray, place);
