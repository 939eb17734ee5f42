/* catalog.h - the services that a van offers: versioned data that HQ edits, signs and publishes.
 * Schema: src/record/catalog/schema.json (JSON Schema 2020-12); this reader refuses what the schema refuses. */
#ifndef JEMPUT_CATALOG_H
#define JEMPUT_CATALOG_H
#include "jemput/issue.h"
#include "jemput/json.h"

enum { JEM_ID = 0, JEM_EN = 1, JEM_LANGS = 2 }; /* index of a bilingual pair: jem_pair() picks */

enum jem_field_type {
    JEM_FIELD_UNKNOWN = 0,
    JEM_FIELD_TEXT,
    JEM_FIELD_LONGTEXT,
    JEM_FIELD_NIK,
    JEM_FIELD_KK,
    JEM_FIELD_DATE,
    JEM_FIELD_INTEGER,
    JEM_FIELD_MONEY,
    JEM_FIELD_CHOICE,
    JEM_FIELD_YESNO,
    JEM_FIELD_PHONE,
    JEM_FIELD_EMAIL,
    JEM_FIELD_VILLAGE
};
const char *jem_field_type_name(enum jem_field_type type); /* "text", "longtext", "nik", ... as in the JSON */

/* How a checked value stands in an application's fields, always a string: nik, kk 16 digits; date "YYYY-MM-DD";
 * integer, money decimal digits (a leading minus for integers); choice the option's value; yesno "ya" or "tidak";
 * phone digits from 0 on ("0812..."); village 10 digits. A choice with role "sex" has the options "L" and "P". */
struct jem_option {
    const char *value;
    const char *label[JEM_LANGS];
};
struct jem_field {
    const char *name; /* [a-z][a-z0-9_]{0,39} */
    enum jem_field_type type;
    bool required;
    const char *label[JEM_LANGS], *hint[JEM_LANGS]; /* hint may be "" */
    const struct jem_option *options;
    size_t option_count; /* choice only */
    int64_t min, max;    /* integer, money: bounds; date: day bounds relative to today (INT64_MIN/MAX none) */
    size_t max_length;   /* text: characters; default 120, longtext 1000 */
    const char *preset;  /* never NULL: "" or the value that the form begins with ("default" in the JSON) */
    const char *role; /* never NULL: "" | "birth_date" | "sex" | "phone" | "village": what the NIK and the search use */
};
struct jem_requirement {
    const char *kind; /* document kind, [a-z][a-z0-9-]{0,31}: "kk", "ktp", "surat-lahir" */
    const char *label[JEM_LANGS];
    bool required;               /* false: only in the case that `when` words */
    bool shown_only;             /* the original is shown, no copy kept */
    const char *when[JEM_LANGS]; /* "" or the case in words */
    const char *instead_of;      /* "" or the kind that this one may replace (F-2.04 for the marriage book) */
    const char *colour;          /* "bilevel" | "gray" | "colour" */
};
/* The 14 components of UU 25/2009 art. 21 and PermenPANRB 15/2014; the first 6 are published to citizens. */
enum jem_standard {
    JEM_STD_REQUIREMENTS = 0,
    JEM_STD_PROCEDURE,
    JEM_STD_TIME,
    JEM_STD_COST,
    JEM_STD_PRODUCT,
    JEM_STD_COMPLAINTS,
    JEM_STD_LEGAL_BASIS,
    JEM_STD_FACILITIES,
    JEM_STD_COMPETENCE,
    JEM_STD_SUPERVISION,
    JEM_STD_STAFF_NUMBER,
    JEM_STD_SERVICE_GUARANTEE,
    JEM_STD_SAFETY_GUARANTEE,
    JEM_STD_EVALUATION,
    JEM_STD_COUNT
};
#define JEM_STD_PUBLISHED 6
const char *jem_standard_key(enum jem_standard s);   /* "requirements", "procedure", ...: the JSON member */
const char *jem_standard_label(enum jem_standard s); /* in the thread's language */

struct jem_service {
    const char *id;     /* [a-z][a-z0-9-]{1,31}: "akta-kelahiran" */
    unsigned code;      /* 1..65535, stands in the receipt token; never reused */
    const char *agency; /* agency id */
    const char *agency_name[JEM_LANGS], *name[JEM_LANGS];
    const char *standard[JEM_STD_COUNT][JEM_LANGS];
    const struct jem_field *fields;
    size_t field_count; /* the catalogue's common fields first (less those
        that "without" names; one of the same name takes its place), then its own; nik and name of the applicant
        are implied, not listed */
    const struct jem_requirement *requirements;
    size_t requirement_count;
    int promised_hours;              /* working time promised, in hours of the clock: 24 = one day */
    const char *promised[JEM_LANGS]; /* in words */
    int64_t fee_idr;                 /* 0 is free */
    const char *fee_note[JEM_LANGS];
    bool retired;              /* not offered any more; what was applied for goes on, and its code is taken for ever */
    int duplicate_window_days; /* same NIK and service within it is a duplicate; 0 never */
    int retention_days;
    const char *stage_label[12][JEM_LANGS]; /* by enum jem_status; NULL where the common text serves */
};
struct jem_catalog;

/* From one merged JSON object {"format":"jemput-catalog-1","version":n,...,"services":[...]}; every fault of the
 * whole is added to `issues` (may be NULL) with its path, and JEM_EINVAL names the first. *out: jem_catalog_free */
JEM_NODISCARD enum jem_code jem_catalog_parse(const json_t *root, struct jem_catalog **out, struct jem_issues *issues,
    struct jem_error *err);
/* Reads DIR/catalog.json and DIR/services/ *.json (one file a service) into one merged object, canonical, owned by the
 * caller. Messages name the file. Validate with jem_catalog_parse. */
JEM_NODISCARD enum jem_code jem_catalog_read_dir(const char *dir, json_t **out, struct jem_error *err);
/* What two JSON objects of a catalogue differ in, in the order of their members: [{"path","before","after"}], texts as they stand
 * and the rest as JSON; null: not there. An element of a list goes by its "id", "name", "kind" or "value"; a place that an element
 * changed in its list is told of the list: its names before and after. New reference; NULL when memory ran out. */
json_t *jem_catalog_diff(const json_t *before, const json_t *after);
/* The starting catalogue that is built into the program, merged like a folder. */
JEM_NODISCARD enum jem_code jem_catalog_builtin(json_t **out, struct jem_error *err);
void jem_catalog_free(struct jem_catalog *catalog);
int64_t jem_catalog_version(const struct jem_catalog *catalog);
const char *jem_catalog_region(const struct jem_catalog *catalog); /* regency code, 4 digits, or "" */
size_t jem_catalog_count(const struct jem_catalog *catalog);
const struct jem_service *jem_catalog_at(const struct jem_catalog *catalog, size_t i);         /* catalogue order */
const struct jem_service *jem_catalog_find(const struct jem_catalog *catalog, const char *id); /* NULL unknown */
const struct jem_service *jem_catalog_by_code(const struct jem_catalog *catalog, unsigned code);
/* The ids nearest to a mistyped one, for "did you mean"; "" when none is near. */
const char *jem_catalog_nearest(const struct jem_catalog *catalog, const char *id);
const struct jem_field *jem_service_field(const struct jem_service *service, const char *name);
/* Picks the thread's language of a pair. */
const char *jem_pair(const char *const pair[JEM_LANGS]);

/* Checks what was entered for a service: `fields` is an object of strings with "nik" and "name" beside the
 * catalogue's own. Values are normalised in place (spaces trimmed and folded, what nobody sees dropped, NIK and phone digits only, dates to
 * YYYY-MM-DD from also D-M-YYYY and D/M/YYYY, village codes without dots). Unknown fields, wrong types, missing
 * required ones are errors; NIK doubts are warnings. `partial`: only the fields given are checked (a correction).
 * Never fails otherwise. */
void jem_intake_check(const struct jem_service *service, json_t *fields, bool partial, int32_t today,
    struct jem_issues *out);
/* Kinds of required documents that `kinds` (JSON array of strings) lacks; a kind that may stand instead counts, one
 * that is only shown is never missing. Into out[max] (borrowed from service); count. */
size_t jem_intake_missing(const struct jem_service *service, const json_t *kinds, const struct jem_requirement **out,
    size_t max);
#endif
