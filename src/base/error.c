/* error.c - fills errors; maps codes to exit codes, to retry classes and to names. */
#include "jemput/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void error_fill(struct jem_error *err, enum jem_code code, enum jem_domain domain, int native)
{
    memset(err, 0, sizeof *err);
    err->code = code;
    err->domain = domain;
    err->native = native;
}

/* A message stays one line of whole UTF-8 characters, whatever a file name or a peer put into it. */
static void error_tidy(char *msg)
{
    size_t n = strlen(msg);
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)msg[i] < 0x20 || msg[i] == 0x7f)
            msg[i] = ' ';
    size_t lead = n;
    while (lead > 0 && n - lead < 3 && ((unsigned char)msg[lead - 1] & 0xC0) == 0x80)
        lead--;
    if (lead == 0 || (unsigned char)msg[lead - 1] < 0xC0)
        return;
    unsigned char c = (unsigned char)msg[lead - 1];
    size_t want = c >= 0xF0 ? 4 : c >= 0xE0 ? 3 : 2;
    if (n - (lead - 1) < want)
        msg[lead - 1] = '\0';
}

enum jem_code jem_fail(struct jem_error *err, enum jem_code code, enum jem_domain domain, int native, enum jem_text key,
    ...)
{
    if (!err)
        return code;
    /* An argument may point into the message of this same error: format first, fill after. */
    char msg[sizeof err->msg];
    va_list ap;
    va_start(ap, key);
    int n = vsnprintf(msg, sizeof msg, jem_text(key), ap);
    va_end(ap);
    if (n < 0)
        msg[0] = '\0';
    error_tidy(msg);
    error_fill(err, code, domain, native);
    memcpy(err->msg, msg, sizeof msg);
    return code;
}

enum jem_code jem_fail_errno(struct jem_error *err, int errnum, const char *path)
{
    switch (errnum) {
    case ENOSPC:
    case EDQUOT: return jem_fail(err, JEM_ENOSPC, JEM_D_BASE, errnum, JEM_T_BASE_NO_SPACE, path);
    case ENOENT: return jem_fail(err, JEM_ENOTFOUND, JEM_D_BASE, errnum, JEM_T_BASE_NOT_FOUND, path);
    case EACCES:
    case EPERM:
    case EROFS: return jem_fail(err, JEM_EDENIED, JEM_D_BASE, errnum, JEM_T_BASE_DENIED, path);
    case ENOMEM: return jem_fail_nomem(err);
    default: {
        char text[96];
        return jem_fail(err, JEM_EIO, JEM_D_BASE, errnum, JEM_T_BASE_IO, path, strerror_r(errnum, text, sizeof text));
    }
    }
}

enum jem_code jem_fail_nomem(struct jem_error *err)
{
    return jem_fail(err, JEM_ENOMEM, JEM_D_BASE, ENOMEM, JEM_T_BASE_NOMEM);
}

static const struct {
    const char *name;
    int exit_code;
    enum jem_retry retry;
} error_codes[] = {
    [JEM_OK] = { "ok", 0, JEM_RETRY_UNKNOWN },
    [JEM_EINVAL] = { "einval", 1, JEM_RETRY_NEVER },
    [JEM_EEXISTS] = { "eexists", 1, JEM_RETRY_NEVER },
    [JEM_EUSAGE] = { "eusage", 2, JEM_RETRY_NEVER },
    [JEM_ENOTFOUND] = { "enotfound", 3, JEM_RETRY_NEVER },
    [JEM_EBUSY] = { "ebusy", 4, JEM_RETRY_NOW },
    [JEM_ELINK] = { "elink", 4, JEM_RETRY_LATER },
    [JEM_ENOSPC] = { "enospc", 4, JEM_RETRY_LATER },
    [JEM_EIO] = { "eio", 4, JEM_RETRY_LATER },
    [JEM_ECORRUPT] = { "ecorrupt", 5, JEM_RETRY_NEVER },
    [JEM_ELOCKED] = { "elocked", 6, JEM_RETRY_NEVER },
    [JEM_EDENIED] = { "edenied", 6, JEM_RETRY_NEVER },
    [JEM_ENOMEM] = { "enomem", 70, JEM_RETRY_LATER },
    [JEM_EINTERNAL] = { "einternal", 70, JEM_RETRY_NEVER },
};

static enum jem_code error_known(enum jem_code code)
{
    return (size_t)code < sizeof error_codes / sizeof *error_codes ? code : JEM_EINTERNAL;
}

int jem_exit_of(enum jem_code code)
{
    return error_codes[error_known(code)].exit_code;
}

enum jem_retry jem_retry_of(enum jem_code code)
{
    return error_codes[error_known(code)].retry;
}

const char *jem_code_name(enum jem_code code)
{
    return error_codes[error_known(code)].name;
}
