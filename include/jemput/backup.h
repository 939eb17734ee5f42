/* backup.h - one file that holds a whole store, and a store made again from it.
 *
 * The file is a tar archive (ustar) of three members, in this order, with nothing between or behind them:
 *   jemput.db       the encrypted database, as SQLite's online backup made it: readable with the store's key only
 *   slots.json      who can open it (slots.h)
 *   manifest.json   {"format":"jemput-backup-1","at_ms","role":"van"|"hq","name","van":number or -1,"inc",
 *                    "counts":{"events","streams","applications","documents"},
 *                    "heads":[{"writer","lane","inc","seq","hash"}],
 *                    "files":[{"name","size","hash":BLAKE2b-256}]}
 * Stock tar lists and unpacks it. It holds no personal data in clear. */
#ifndef JEMPUT_BACKUP_H
#define JEMPUT_BACKUP_H
#include "jemput/store.h"

/* Writes FILE.part beside `path`, reads it back from the disk, opens it, checks hashes, pages, chains and documents, and only
 * then gives it its name, durably; a file that had that name is replaced by then, if `replace`. Others go on recording
 * meanwhile: the backup is the store as it was when it began. What it holds is then noted (jem_store_kept), and when and
 * where it was made (meta "backup.at", "backup.file"). No open unit. *out:
 * {"file","bytes","at_ms","events","applications","documents","verified":true}
 * JEM_ENOSPC, JEM_EIO, JEM_EDENIED, JEM_ENOTFOUND: nothing is left behind and an older file of that name is untouched |
 * JEM_EBUSY another backup writes there | JEM_EEXISTS not `replace`, and the name is taken | JEM_ECORRUPT the store or what
 * was written is damaged */
JEM_NODISCARD enum jem_code jem_backup_make(struct jem_store *store, const char *path, bool replace, json_t **out,
    struct jem_error *err);

/* Makes the store in the folder `dir`, which is empty or does not exist, with the passphrase of an officer of the backup.
 * All is checked as above before the folder holds a store; until then what an interrupted restore left counts as nothing.
 * An enrolled store goes on in a new incarnation. *out: {"role","name","van","inc","events","applications","documents",
 * "at_ms": of the backup,"last_number": of the newest own application or null,"last_ms"}
 * JEM_EEXISTS the folder is in use | JEM_EINVAL no backup | JEM_ECORRUPT cut or altered | JEM_ELOCKED | JEM_ENOTFOUND */
JEM_NODISCARD enum jem_code jem_backup_restore(const char *path, const char *dir, const char *user,
    const char *passphrase, const struct jem_clock *clock, json_t **out, struct jem_error *err);
#endif
