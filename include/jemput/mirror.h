/* mirror.h - headquarters' log and applications into PostgreSQL, for reading across regions (src/app/mirror.sql has the tables). */
#ifndef JEMPUT_MIRROR_H
#define JEMPUT_MIRROR_H
#include "jemput/app.h"

/* Admin. Sends what the mirror lacks: events batch by batch along each stream, in the same transaction the applications that they are
 * about, as they stand now, and what was erased. Safe to stop anywhere and to repeat; several regions share one database. The
 * region is the store's regency code, or its name.
 * url: postgresql://...; partitioned: tables that do not exist yet are made PARTITION BY LIST (region); a partition of this
 * region is made where the tables are partitioned.
 * {"region","events": sent now,"applications": written now,"total": events of this region there,"source": events here,
 * "erased": applications taken out now}. A run that wrote applications is on record (data.exported, "mirror", the host and
 * database). JEM_ELINK no connection or a lost one | JEM_EDENIED not allowed there */
JEM_NODISCARD enum jem_code jem_mirror_run(struct jem_app *app, const char *url, bool partitioned, json_t **out,
    struct jem_error *err);
/* An address that jem_mirror_run may be given by a page, which shows it again: of the form above, and with no password in it.
 * JEM_EINVAL says what is wrong with it. */
JEM_NODISCARD enum jem_code jem_mirror_place(const char *url, struct jem_error *err);
/* The statements that make the tables, for a database administrator. Appended. */
JEM_NODISCARD enum jem_code jem_mirror_schema(bool partitioned, struct jem_buf *out, struct jem_error *err);
#endif
