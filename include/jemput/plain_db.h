/* plain_db.h - a plain SQLite file for people's own tools, filled row by row. It appears under its name when it is whole and
 * synced; until then it stands beside it as NAME.new. Not encrypted: whoever makes one answers for where it lies. */
#ifndef JEMPUT_PLAIN_DB_H
#define JEMPUT_PLAIN_DB_H
#include "jemput/json.h"

struct jem_plain_db;
/* `schema`: statements that make the tables. */
JEM_NODISCARD enum jem_code jem_plain_db_make(const char *path, const char *schema, struct jem_plain_db **out,
    struct jem_error *err);
/* Inserts one row: `values` is an array of strings, integers and nulls, in the order of the statement's question marks. */
JEM_NODISCARD enum jem_code jem_plain_db_put(struct jem_plain_db *db, const char *insert, const json_t *values,
    struct jem_error *err);
/* Syncs and gives the file its name; frees in every case. */
JEM_NODISCARD enum jem_code jem_plain_db_finish(struct jem_plain_db *db, struct jem_error *err);
/* Throws the unfinished file away. NULL accepted */
void jem_plain_db_drop(struct jem_plain_db *db);
#endif
