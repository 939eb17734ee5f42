/* intake.h - recording: applications, corrections, withdrawals, documents. Everything is durable when a call returns. */
#ifndef JEMPUT_INTAKE_H
#define JEMPUT_INTAKE_H
#include "jemput/app.h"
struct jem_attachment {
    const char *kind;
    const char *path; /* or, when NULL: */
    const void *bytes;
    size_t size;
    const char *name;
    const void *preview; /* of its only page, JPEG or PNG, instead of the one that would be drawn; NULL: draw it */
    size_t preview_size;
    bool
        photo; /* it may come from a camera: then (photo.h) it is kept upright, cut to the paper like a scan (sheet.h), and
                   without what the camera wrote of place and time */
    bool
        scene; /* a JPEG or PNG that shows no paper: a JPEG is kept upright, smaller, and without what the camera wrote */
};
struct jem_apply_in {
    const char *service;
    json_t *fields;               /* object of strings with "nik" and "name"; normalised in place */
    const char *channel;          /* "van" (default), "office", "online", "village", "self-service", "electronic" */
    const char *duplicate_reason; /* NULL: a duplicate is refused with JEM_EEXISTS, naming the earlier number */
    const struct jem_attachment *attachments;
    size_t attachment_count;
    const char
        *once; /* a caller's own name for it, or NULL: given again, the same application is told and nothing recorded */
    const char *draft; /* dropped in the same unit, its scanned pages (tray.h) become documents; or NULL */
};
/* Validates, looks at the documents, then one event an application and one a document in one durable unit.
 * {"number","status","qr","warnings":[{"field","key","text"}],"missing":[{"kind","label"}],"duplicate":number|null;
 * or, when `once` was recorded before, {"number","status","again":true}}.
 * `issues` (may be NULL) gets every error and warning by field. JEM_EINVAL: err names the first error. */
JEM_NODISCARD enum jem_code jem_apply(struct jem_app *app, struct jem_apply_in *in, json_t **out,
    struct jem_issues *issues, struct jem_error *err);
/* The same checks without recording: {"errors":[..],"warnings":[..],"missing":[..],"duplicates":[rows]}. */
JEM_NODISCARD enum jem_code jem_apply_check(struct jem_app *app, struct jem_apply_in *in, json_t **out,
    struct jem_issues *issues, struct jem_error *err);
/* JSON lines {"service","nik","name","set":{},"attach":{kind:path or [paths]},"channel","allow_duplicate"}; a bad line is
 * reported with its number and stops nothing. {"recorded":[{"line","number"}],"refused":[{"line","error","code"}]}; relative
 * attachment paths are taken from the folder of the file. JEM_OK even when lines were refused (the face exits 1
 * then). A full disk, a busy or damaged store ends the file with its code: *out is set all the same, what it lists is recorded. */
struct jem_lines_watch { /* NULL, or hears of each line as soon as it is durable (an entry of "recorded") or refused */
    void (*line)(void *ctx, const json_t *entry, bool recorded);
    void *ctx;
};
JEM_NODISCARD enum jem_code jem_apply_file(struct jem_app *app, const char *path, const struct jem_lines_watch *watch,
    json_t **out, struct jem_error *err);
/* `set`: fields to change; each names the writes it saw. {"number","status","changed":[names],"warnings"} */
JEM_NODISCARD enum jem_code jem_correct(struct jem_app *app, uint64_t number, json_t *set, const char *reason,
    json_t **out, struct jem_issues *issues, struct jem_error *err);
/* The same for a form that was open for a while. seen: {field:"heads"} as jem_show told them ("written") when it was loaded.
 * JEM_EEXISTS: somebody wrote one of the fields of `set` since; nothing is changed. Other fields may have changed: both stay. */
JEM_NODISCARD enum jem_code jem_correct_seen(struct jem_app *app, uint64_t number, json_t *set, const json_t *seen,
    const char *reason, json_t **out, struct jem_issues *issues, struct jem_error *err);
/* An application that began elsewhere goes on here by its number: from now on documents and corrections are recorded here too,
 * about the same application, which keeps its channel. Where the submission is not here, `service` is what the receipt names, and
 * the NIK is recorded: another one than it began with is a conflict at headquarters. */
struct jem_continue {
    const char *service; /* heard only where it is not known yet; may be NULL */
    const char *nik;     /* whose it is */
    const char *channel; /* NULL: of this store, as in jem_apply_in */
};
/* {"number","service","again":true when it began here or went on here before}. JEM_ENOTFOUND: none, or not of that NIK |
 * JEM_EINVAL: closed, no NIK, or the service has to be named */
JEM_NODISCARD enum jem_code jem_continue(struct jem_app *app, uint64_t number, const struct jem_continue *in,
    json_t **out, struct jem_error *err);
JEM_NODISCARD enum jem_code jem_withdraw(struct jem_app *app, uint64_t number, const char *reason, json_t **out,
    struct jem_error *err);
/* {"number","kind","ordinal","pages","size","hash"} */
JEM_NODISCARD enum jem_code jem_attach(struct jem_app *app, uint64_t number, const struct jem_attachment *in,
    json_t **out, struct jem_error *err);
JEM_NODISCARD enum jem_code jem_document_remove(struct jem_app *app, uint64_t number, unsigned ordinal,
    const char *reason, json_t **out, struct jem_error *err);
#endif
