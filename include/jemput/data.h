/* data.h - data out of headquarters: exports for people's own tools. Every one is an event of HQ (data.exported). */
#ifndef JEMPUT_DATA_H
#define JEMPUT_DATA_H
#include "jemput/app.h"
#include "jemput/selection.h"

enum jem_export_format { JEM_EXPORT_UNKNOWN = 0, JEM_EXPORT_CSV, JEM_EXPORT_JSONL, JEM_EXPORT_SQLITE };
enum jem_export_format jem_export_format_parse(const char *s);
struct jem_export {
    enum jem_export_format format;
    const char *path; /* written beside it first, then renamed; 0600 */
    struct jem_selection what;
    bool nik;           /* whole NIKs and KK numbers: admin only, with a reason */
    const char *reason; /* may be NULL without `nik` */
};
/* Verifier, approver, admin. One row an application, in the order of submission:
 *   number, service, agency, status, submitted, channel, van, officer, village, nik, name, documents, conflicts,
 *   linked, reason, the day of each stage (received .. withdrawn; "" never), then the fields of the services.
 * CSV: a column for each field of the catalogue's services that are in it, `field_NAME`; what the catalogue no longer names
 * stands in `other_fields` as JSON. JSON lines: "stages" and "fields" as objects, "documents" as
 * [{"kind","pages","mime","size"}]. SQLite: tables application, field, stage, document. Fields of type nik and kk, and any
 * other run of 16 digits, are masked unless `nik`.
 * {"file","rows","format","nik"}; the file is there only when the event is durable. */
JEM_NODISCARD enum jem_code jem_data_export(struct jem_app *app, const struct jem_export *in, json_t **out,
    struct jem_error *err);
/* Whether jem_data_export would begin: role, reason, format, days. What it says is not checked against the disk. */
JEM_NODISCARD enum jem_code jem_data_export_may(struct jem_app *app, const struct jem_export *in,
    struct jem_error *err);
#endif
