/* backup_file.h - a backup file as it lies there. Private to src/store. */
#ifndef JEM_STORE_BACKUP_FILE_H
#define JEM_STORE_BACKUP_FILE_H
#include "jemput/backup.h"

#define JEM_BACKUP_FORMAT "jemput-backup-1"
#define JEM_BACKUP_DB "jemput.db"
#define JEM_BACKUP_SLOTS "slots.json"
#define JEM_BACKUP_MANIFEST "manifest.json"

struct jem_backup_file {
    int fd;
    const char *path; /* borrowed */
    uint64_t db_at, db_size;
    struct jem_buf slots, manifest_text;
    json_t *manifest;
};
/* Reads all but the database. JEM_EINVAL no backup | JEM_ECORRUPT cut or altered | JEM_ENOTFOUND, JEM_EDENIED, JEM_EIO */
JEM_NODISCARD enum jem_code jem_backup_file_open(const char *path, struct jem_backup_file *out, struct jem_error *err);
void jem_backup_file_close(struct jem_backup_file *file); /* zeroed accepted */
/* The BLAKE2b-256 of n bytes at `at`, read from the disk and not from memory as far as the system allows; each portion is
 * also written to `to` (a descriptor and its name; -1: nowhere). JEM_ECORRUPT: there are fewer */
JEM_NODISCARD enum jem_code jem_backup_hash(int fd, const char *path, uint64_t at, uint64_t n, int to,
    const char *to_path, unsigned char out[32], struct jem_error *err);
/* True when the manifest names this member with this size and hash. */
bool jem_backup_lists(const json_t *manifest, const char *name, uint64_t size, const unsigned char hash[32]);
/* `store` is open on the database of the backup: pages, chains, documents, heads and counts against the manifest.
 * JEM_ECORRUPT */
JEM_NODISCARD enum jem_code jem_backup_check(struct jem_store *store, const char *path, const json_t *manifest,
    struct jem_error *err);
/* {"events","streams","applications","documents"} of an open store. New reference in *out. */
JEM_NODISCARD enum jem_code jem_backup_counts(struct jem_store *store, json_t **out, struct jem_error *err);
/* [{"writer","lane","inc","seq","hash"}]. New reference in *out. */
JEM_NODISCARD enum jem_code jem_backup_heads(struct jem_store *store, json_t **out, struct jem_error *err);
#endif
