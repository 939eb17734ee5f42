/* error.h - what went wrong, for programs (code), people (msg) and retry loops. */
#ifndef JEMPUT_ERROR_H
#define JEMPUT_ERROR_H
#include "jemput/text.h"

#define JEM_NODISCARD __attribute__((warn_unused_result))

enum jem_code {
    JEM_OK = 0,
    JEM_EINVAL,    /* the input is refused: say what to change        exit 1 */
    JEM_EEXISTS,   /* it is already there                             exit 1 */
    JEM_EUSAGE,    /* the command line is wrong                       exit 2 */
    JEM_ENOTFOUND, /*                                                 exit 3 */
    JEM_EBUSY,     /* another process holds it: try again             exit 4 */
    JEM_ELINK,     /* the link or the hub does not answer             exit 4 */
    JEM_ENOSPC,    /* disk full                                       exit 4 */
    JEM_EIO,       /* the operating system refused                    exit 4 */
    JEM_ECORRUPT,  /* tampered, corrupt, unverifiable                 exit 5 */
    JEM_ELOCKED,   /* wrong or no passphrase                          exit 6 */
    JEM_EDENIED,   /* this officer, role or hub login may not do that exit 6 */
    JEM_ENOMEM,    /*                                                 exit 70 */
    JEM_EINTERNAL  /* our own mistake                                 exit 70 */
};

enum jem_domain {
    JEM_D_UNKNOWN = 0,
    JEM_D_BASE,
    JEM_D_RECORD,
    JEM_D_STORE,
    JEM_D_RECEIPT,
    JEM_D_SYNC,
    JEM_D_GIT,
    JEM_D_LINK,
    JEM_D_CRYPTO,
    JEM_D_HW,
    JEM_D_APP,
    JEM_D_WEB,
    JEM_D_CLI
};

struct jem_error { /* filled only on failure; the caller owns it */
    enum jem_code code;
    enum jem_domain domain;
    int native;    /* errno, sqlite, libgit2 value, 0 when none */
    char msg[320]; /* one line in the current language: what, which, what to do; no secret, no NIK */
};

/* Fills *err (err may be NULL) with the text `key` of the current language, formatted with the
 * arguments that its format names, and returns `code`, so that a caller writes
 * `return jem_fail(err, JEM_EINVAL, JEM_D_RECORD, 0, JEM_T_NIK_LENGTH, n);` */
enum jem_code jem_fail(struct jem_error *err, enum jem_code code, enum jem_domain domain, int native, enum jem_text key,
    ...);

/* The same from errno: ENOSPC and EDQUOT become JEM_ENOSPC, ENOENT JEM_ENOTFOUND, EACCES and EROFS
 * JEM_EDENIED, the rest JEM_EIO; the message names `path`. */
enum jem_code jem_fail_errno(struct jem_error *err, int errnum, const char *path);

enum jem_code jem_fail_nomem(struct jem_error *err);

/* 0, 1, 2, 3, 4, 5, 6 or 70: the exit code of DESIGN section 8. */
int jem_exit_of(enum jem_code code);

enum jem_retry { JEM_RETRY_UNKNOWN = 0, JEM_RETRY_NOW, JEM_RETRY_LATER, JEM_RETRY_NEVER };
enum jem_retry jem_retry_of(enum jem_code code);

/* "einval", "ebusy": stable names for --json output. */
const char *jem_code_name(enum jem_code code);
#endif
