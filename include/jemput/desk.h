/* desk.h - HQ's day: inbox, decisions, conflicts, catalogue, status export. All need the HQ role. */
#ifndef JEMPUT_DESK_H
#define JEMPUT_DESK_H
#include "jemput/app.h"
/* Each list holds its oldest `limit`, the oldest first, of the officer's agency; only: the one list of that name, or NULL. {"new":[rows],"returned":[rows],"ready":[rows],"overdue":[rows],"conflicts":[rows],"illegal":[rows],"duplicates":[{"a","b"}],
 *  "quarantine":[{"ref","head","reason","at_ms"}],"incomplete":[rows with missing pages],"counts":{..}} */
JEM_NODISCARD enum jem_code jem_desk_inbox(struct jem_app *app, unsigned limit, const char *only, json_t **out,
    struct jem_error *err);
/* {"conflicts":[{"number","field","values":[{"event","value","actor","van","at_ms"}]}],"illegal":[..],"duplicates":[..]} */
JEM_NODISCARD enum jem_code jem_desk_conflicts(struct jem_app *app, json_t **out, struct jem_error *err);
/* Rules on a field's conflict with a value (one of the heads or a new one) and a reason. {"number","field","value"} */
JEM_NODISCARD enum jem_code jem_desk_resolve_field(struct jem_app *app, uint64_t number, const char *field,
    const char *value, const char *reason, json_t **out, struct jem_error *err);
JEM_NODISCARD enum jem_code jem_desk_resolve_transition(struct jem_app *app, uint64_t number, const char *event_id,
    bool accept, const char *reason, json_t **out, struct jem_error *err);
/* The stages to which this officer may take an application for `service` from `from`: a bit 1u << stage each; 0 outside HQ. */
unsigned jem_desk_may(struct jem_app *app, const char *service, enum jem_status from);
/* Duplicate pair: link `number` to `to` (it becomes linked), or tell them apart. */
JEM_NODISCARD enum jem_code jem_desk_link(struct jem_app *app, uint64_t number, uint64_t to, bool apart,
    const char *reason, json_t **out, struct jem_error *err);
struct jem_decision {
    uint64_t number;
    enum jem_status to;
    enum jem_status seen; /* the stage that the clerk had before them; UNKNOWN: the one that stands now */
    const char *code;     /* jem_reason_name, or NULL; its words are the reason where none is given */
    const char *reason;   /* or NULL */
    const char *note;     /* further words for the history, or NULL */
};
/* JEM_EINVAL names the statuses that are allowed from here; returned and rejected need a reason or a code. When another
 * clerk moved the application since it was `seen`, nothing is overwritten: both decisions stand in the log, the second as
 * one that waits for a ruling, unless both agree. {"number","from","status","waits":bool} */
JEM_NODISCARD enum jem_code jem_desk_decide(struct jem_app *app, const struct jem_decision *in, json_t **out,
    struct jem_error *err);
/* Publishes a catalogue folder. The version in it says what it was made from: that of the catalogue that counts is raised to the next, a newer
 * one stays, an older one is refused (JEM_EEXISTS). JEM_EINVAL: a fault, or a code that was another service's. To lane 0 and every van's lane. {"version","services"} */
JEM_NODISCARD enum jem_code jem_desk_catalog_publish(struct jem_app *app, const char *dir, json_t **out,
    struct jem_error *err);
/* Trains a dictionary for segments on the newest events of every van and publishes it to lane 0 and every van's lane, when
 * events that were kept out of the training become smaller by it. What it may hold: jemput/dictionary.h, with names false
 * and JEM_DESK_DICTIONARY_APPLICATIONS applications. {"published":bool,"id","bytes","events","before","after"}: bytes of the
 * events kept out, sealed with the program's dictionary and with the new one. JEM_EINVAL too few events */
#define JEM_DESK_DICTIONARY_APPLICATIONS 20
JEM_NODISCARD enum jem_code jem_desk_dictionary_train(struct jem_app *app, json_t **out, struct jem_error *err);
/* {"vans":[rows of jem_store_vans, and: "seen_ms": when HQ last took something in from it or null,"version": of the program that
 * sealed it or "","newest_ms": wall clock of its newest event,"clock": "ntp","gps","operator","none" or "","ahead_ms": by how much
 * that lies in the future,"unsafe_events": accepted, and in no verified backup that the van was told of,"unsafe_oldest_ms",
 * "events": of all its laptops, here,"kept": of these in the last verified backup,"lacking_files": named and not come yet,"lacking_oldest_ms": when the oldest application that lacks one was submitted}]} */
JEM_NODISCARD enum jem_code jem_desk_vans(struct jem_app *app, json_t **out, struct jem_error *err);
/* {"file","rows"} */
JEM_NODISCARD enum jem_code jem_desk_status_export(struct jem_app *app, const char *path, json_t **out,
    struct jem_error *err);
#endif
