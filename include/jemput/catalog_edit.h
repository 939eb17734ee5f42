/* catalog_edit.h - HQ's admins write the next catalogue. What is changed waits as a draft, one a service, until it is published as a whole:
 * a signed event for every van. Nothing that another admin did is overwritten unseen: a draft has a revision that its editor must have
 * seen, keeps the service as it was published when it began, and publishing names the revisions that were looked at. All need the
 * admin role; checks are those of jem_catalog_parse. */
#ifndef JEMPUT_CATALOG_EDIT_H
#define JEMPUT_CATALOG_EDIT_H
#include "jemput/app.h"
#include "jemput/paper.h"

/* What all services share, its agencies and the fields that each asks, has a draft like a service. This is what it goes by, wherever an
 * id is asked for; no service can have it, for theirs are in small letters. */
#define JEM_EDIT_COMMON "COMMON"

/* ---- parts: what is asked about a service at a time ---- */
enum jem_edit_kind {
    JEM_EDIT_END = 0,
    JEM_EDIT_WORD,    /* one line */
    JEM_EDIT_PAIR,    /* one line, Indonesian and English: path.id and path.en */
    JEM_EDIT_TEXTS,   /* the same, of many lines */
    JEM_EDIT_NUMBER,  /* whole */
    JEM_EDIT_TICK,    /* "1" or "" */
    JEM_EDIT_CHOICE,  /* one of `choices` */
    JEM_EDIT_AGENCY,  /* one of the catalogue's */
    JEM_EDIT_OPTIONS, /* a line each: value | Indonesian | English */
    JEM_EDIT_WITHOUT  /* path.NAME "1" for each common field that is not asked */
};
struct jem_edit_choice {
    const char *value; /* NULL ends the list */
    enum jem_text label;
};
struct jem_edit_input {
    const char *path; /* into the part */
    enum jem_edit_kind kind;
    bool needed;
    enum jem_text label, hint; /* hint may be JEM_T_NONE */
    const struct jem_edit_choice *choices;
};
struct jem_edit_part {
    const char *name; /* "general", "standard", "stages", "fields", "requirements"; "agencies", "common_fields" */
    enum jem_text label;
    const char *list,
        *key; /* of the items: the member of the service and what an item goes by; NULL: the service itself */
    const struct jem_edit_input *inputs;
    bool common; /* of JEM_EDIT_COMMON, and of no service */
};
extern const struct jem_edit_part jem_edit_parts[]; /* ends with name NULL */
const struct jem_edit_part *jem_edit_part(const char *name);
/* {path: text} of a service (or of an item: NULL or not there gives a new one), as the inputs show it. New reference. */
json_t *jem_edit_values(const struct jem_edit_part *part, const json_t *service, const char *item);

/* ---- drafts ---- */
/* {"version","published_ms","officer","services":[{"id","code","name","agency_name","retired","state":"published"|"changed"|"new","officer",
 *  "at_ms","rev","faults":count,"behind":bool: it was published anew since the draft began}],"common": the same of JEM_EDIT_COMMON,
 *  "drafts":count} */
JEM_NODISCARD enum jem_code jem_edit_list(struct jem_app *app, json_t **out, struct jem_error *err);
/* {"id","state","rev": names what stands now,"officer","at_ms","behind","service": as it would be published,"agencies":[{"id","name"}],
 *  "common":[{"name","label"}],"faults":[{"path": from the service on,"part","item","text"}],"changes": jem_catalog_diff to what is published}
 * JEM_ENOTFOUND */
JEM_NODISCARD enum jem_code jem_edit_get(struct jem_app *app, const char *id, json_t **out, struct jem_error *err);
struct jem_edit_change {
    const char *id, *part, *item; /* item: what it goes by, "" a new one */
    const json_t *values;         /* {path: text}; what is not given stays */
    const json_t *was;            /* {path: text} as the editor saw them, or NULL */
    int64_t seen;                 /* the revision that the editor saw; -1: whatever stands */
};
/* {"id","rev","item"}. When another admin changed the service since it was `seen`, what is apart merges: of `was`, only what the editor
 * changed is taken, and a place that both changed is a conflict.
 * JEM_EINVAL: nothing was kept, *out {"faults":[{"path": from the part on,"text"}]} | JEM_EEXISTS: a conflict, nothing was kept, *out
 * {"rev","officer","at_ms","now": {path: text} as it stands,"values": the same with what the editor changed,"changes": from one to the other} */
JEM_NODISCARD enum jem_code jem_edit_put(struct jem_app *app, const struct jem_edit_change *in, json_t **out,
    struct jem_error *err);
/* Moves an item of a list `by` places (up is negative), or takes it out (by 0). */
JEM_NODISCARD enum jem_code jem_edit_move(struct jem_app *app, const char *id, const char *part, const char *item,
    int by, int64_t seen, json_t **out, struct jem_error *err);
/* A new service with the next code that no version ever had, like another one. JEM_EEXISTS: the id is taken */
JEM_NODISCARD enum jem_code jem_edit_new(struct jem_app *app, const char *id, const char *like, json_t **out,
    struct jem_error *err);
/* Not offered any more, or again. */
JEM_NODISCARD enum jem_code jem_edit_retire(struct jem_app *app, const char *id, bool retired, int64_t seen,
    json_t **out, struct jem_error *err);
/* The service as it was in a version, as a draft. */
JEM_NODISCARD enum jem_code jem_edit_restore(struct jem_app *app, const char *id, int64_t version, int64_t seen,
    json_t **out, struct jem_error *err);
/* The draft goes; what is published stands. */
JEM_NODISCARD enum jem_code jem_edit_drop(struct jem_app *app, const char *id, int64_t seen, json_t **out,
    struct jem_error *err);
/* The draft stands, although the service was published anew since it began. */
JEM_NODISCARD enum jem_code jem_edit_keep(struct jem_app *app, const char *id, int64_t seen, json_t **out,
    struct jem_error *err);
/* Publishes drafts. chosen: {id: the revision that was looked at}, NULL for all there are. {"version","services","changed":[ids]}
 * JEM_EEXISTS: not what was looked at, or a draft is behind | JEM_EINVAL: names the first fault, or nothing would change */
JEM_NODISCARD enum jem_code jem_edit_publish(struct jem_app *app, const json_t *chosen, json_t **out,
    struct jem_error *err);
/* The receipt as it would be printed for this service, with made-up words for the person. folder: NULL for the draft. Appended. */
JEM_NODISCARD enum jem_code jem_edit_receipt(struct jem_app *app, const char *folder, const char *id,
    enum jem_paper_format format, unsigned width_mm, struct jem_buf *out, struct jem_error *err);
/* The catalogue with every draft in it: the same that jem_edit_publish would give out. *out: jem_catalog_free. JEM_EINVAL with its first fault */
JEM_NODISCARD enum jem_code jem_edit_catalog(struct jem_app *app, struct jem_catalog **out, struct jem_error *err);
/* The same as jem_catalog_show tells it: what the officer's form will ask. */
JEM_NODISCARD enum jem_code jem_edit_show(struct jem_app *app, const char *service, json_t **out,
    struct jem_error *err);

/* ---- versions ---- */
/* {"versions":[{"version","officer","at_ms","services"}],"version": the one that counts,"drafts":count} */
JEM_NODISCARD enum jem_code jem_edit_versions(struct jem_app *app, json_t **out, struct jem_error *err);
/* What changed: {"from","to","services":[{"id","name","state":"new"|"gone"|"changed","changes":[..]}],"changes": outside of services}.
 * to 0: the drafts; from 0: the version that counts. folder (may be NULL): instead of `to`. JEM_ENOTFOUND */
JEM_NODISCARD enum jem_code jem_edit_compare(struct jem_app *app, int64_t from, int64_t to, const char *folder,
    json_t **out, struct jem_error *err);
/* Writes a version (0: the one that counts, -1: with the drafts) as a folder that jem_desk_catalog_publish takes. {"folder","version","services"} */
JEM_NODISCARD enum jem_code jem_edit_export(struct jem_app *app, int64_t version, const char *folder, json_t **out,
    struct jem_error *err);
#endif
