/* status_db.h - status.db: what the public may know of each application, without any personal data.
 * Plain SQLite: number, van, stage, day of submission, days of each stage reached, HQ's signature; and once a service
 * its names, promised time and stage labels. Read-only for the status site. A reason that may speak of a person is
 * replaced by the advice to ask. */
#ifndef JEMPUT_STATUS_DB_H
#define JEMPUT_STATUS_DB_H
#include "jemput/store.h"

/* Writes a new file beside `path`, fsyncs, renames over it. `sign` signs a row for HQ:
 * message "jemput-status-1\n" | number u64 | status name | ' ' | day of the stage, decimal. */
struct jem_status_signer {
    void (*sign)(void *ctx, const void *p, size_t n, unsigned char sig[64]);
    void *ctx;
    unsigned char public_key[32];
};
JEM_NODISCARD enum jem_code jem_status_db_export(struct jem_store *store, const char *path,
    const struct jem_status_signer *signer, size_t *rows, struct jem_error *err);
struct jem_status_db;
JEM_NODISCARD enum jem_code jem_status_db_open(const char *path, struct jem_status_db **out, struct jem_error *err);
void jem_status_db_close(struct jem_status_db *db);
struct jem_status_row {
    uint64_t number;
    enum jem_status status;
    int32_t day_submitted, day_stage;
    int32_t stage_days[JEM_STATUS_COUNT]; /* INT32_MIN: not reached */
    char service[JEM_LANGS][96], agency[JEM_LANGS][96], promised[JEM_LANGS][160], stage[JEM_LANGS][64],
        reason[JEM_LANGS][160];
    unsigned char signature[64];
};
/* JEM_ENOTFOUND: then *out is that of another number, if there is any, so that looking for one that is there takes no
 * longer. Reopens the file when it was replaced. */
JEM_NODISCARD enum jem_code jem_status_db_find(struct jem_status_db *db, uint64_t number, struct jem_status_row *out,
    struct jem_error *err);
/* Every row, by number, of the file that is open: a new one is not looked for. A code other than JEM_OK from `each` ends it, and is the
 * result. */
JEM_NODISCARD enum jem_code jem_status_db_each(struct jem_status_db *db,
    enum jem_code (*each)(void *ctx, const struct jem_status_row *row, struct jem_error *err), void *ctx,
    struct jem_error *err);
/* When the data was exported, the region's name and contact, and the vans' public keys for token checks, each with the time at
 * which HQ last took something in from its van (0 never):
 * {"exported_ms","region","contact","vans":[{"van","sign","synced_ms"}],"hq":hex}. Borrowed. */
const json_t *jem_status_db_about(struct jem_status_db *db);
#endif
