/* day.h - the van's day besides applications: queue, visits, handover, complaints, outages, survey, the evening's sheet. Every
 * act is one event, durable when the call returns. Rows are those of day_db.h with texts added. */
#ifndef JEMPUT_DAY_H
#define JEMPUT_DAY_H
#include "jemput/intake.h"
#include "jemput/paper.h"

/* ---- queue: tickets are printed as jem_print_ticket ---- */
/* Gives the next number of this van and day. category: general, disability, elderly, maternal, child, disaster.
 * {"ticket":id,"number","text":"012","day","category","category_label","code":"JEMPUT/Q/van/day/number","before":how many
 * wait before} */
JEM_NODISCARD enum jem_code jem_queue_issue(struct jem_app *app, const char *category, json_t **out,
    struct jem_error *err);
/* The counter (1..9) is done with the ticket that it called, which counts as served, and calls the next one. Priority groups go
 * first, in the order of their numbers; after two of them in a row a general ticket is called when one waits, so that
 * nobody waits for ever. *out: the ticket, as of jem_queue_list. JEM_ENOTFOUND nobody waits (what was served stays served) */
JEM_NODISCARD enum jem_code jem_queue_next(struct jem_app *app, unsigned counter, json_t **out, struct jem_error *err);
/* Calls a ticket of today by its number: one that waits, was skipped, or again. */
JEM_NODISCARD enum jem_code jem_queue_call(struct jem_app *app, unsigned number, unsigned counter, json_t **out,
    struct jem_error *err);
/* JEM_EINVAL: it was not called */
JEM_NODISCARD enum jem_code jem_queue_serve(struct jem_app *app, unsigned number, json_t **out, struct jem_error *err);
JEM_NODISCARD enum jem_code jem_queue_skip(struct jem_app *app, unsigned number, json_t **out, struct jem_error *err);
/* A day (INT32_MIN: today) of van (-1: this one; HQ sees all): {"day","van","tickets":[rows + "text","category_label",
 * "state_label","priority":bool],"waiting","called","served","skipped","now":[tickets at the counters, last called first],
 * "wait_s":{"n","median","p90"},"service_s":{..}} */
JEM_NODISCARD enum jem_code jem_queue_list(struct jem_app *app, int van, int32_t day, json_t **out,
    struct jem_error *err);
/* "JEMPUT/Q/3/2026-11-21/12" of this van and today -> 12. False: it is something else. */
bool jem_queue_code_parse(struct jem_app *app, const char *text, unsigned *number);
/* The paper of a ticket of today. */
JEM_NODISCARD enum jem_code jem_queue_paper(struct jem_app *app, unsigned number, enum jem_paper_format format,
    unsigned width_mm, struct jem_buf *out, struct jem_error *err);
/* Says the call aloud by espeak-ng, in a thread of its own; without that program nothing happens. False: nothing is said. */
bool jem_queue_speak(unsigned number, unsigned counter);
/* The same with any text, for the survey. */
bool jem_speak(const char *text);

/* ---- visits ---- */
struct jem_visit_plan {
    unsigned van;
    const char *village; /* code */
    int32_t first, last; /* days */
    const char *place, *note;
    const char *replaces; /* id of the plan that this one takes the place of, or NULL */
};
/* HQ: {"plan":id,"van","village"} */
JEM_NODISCARD enum jem_code jem_visit_plan(struct jem_app *app, const struct jem_visit_plan *plan, json_t **out,
    struct jem_error *err);
/* HQ: nothing stands instead of it. {"plan":id,"cancelled":true} */
JEM_NODISCARD enum jem_code jem_visit_cancel(struct jem_app *app, const char *plan, const char *reason, json_t **out,
    struct jem_error *err);
/* HQ: what visits cover between two days (INT32_MIN, INT32_MAX: this quarter of the year): {"from","to","region","total","visited","planned",
 * "none","percent": of all that were visited,"villages":[{"village","name","district","visits": begun in the period,"last_day" ever or "",
 * "last_van","days_since","next_day" of the first plan that is not over or "","next_van","state": "visited", "planned" (for a day of
 * the period) or "none","state_label"}] by code}. Villages are those of the region, and any other that was visited or planned.
 * JEM_EINVAL: days in the wrong order or too many */
JEM_NODISCARD enum jem_code jem_visit_coverage(struct jem_app *app, int32_t from, int32_t to, json_t **out,
    struct jem_error *err);
/* Of one state, or all (NULL, ""). Appended. */
JEM_NODISCARD enum jem_code jem_visit_coverage_csv(const json_t *coverage, const char *only, struct jem_buf *out,
    struct jem_error *err);
/* Van: village NULL: that of the plan. team: names, one each or with commas between. JEM_EEXISTS: one is open. */
JEM_NODISCARD enum jem_code jem_visit_open(struct jem_app *app, const char *plan, const char *village,
    const char *place, const char *team, json_t **out, struct jem_error *err);
/* Closes the open one with what was recorded since it began. {"visit","applications","tickets"} JEM_ENOTFOUND: none is open */
JEM_NODISCARD enum jem_code jem_visit_close(struct jem_app *app, const char *note, json_t **out, struct jem_error *err);
/* The visit that is open here: a form takes its "village" (code) from it. JEM_ENOTFOUND */
JEM_NODISCARD enum jem_code jem_visit_current(struct jem_app *app, json_t **out, struct jem_error *err);
/* {"current":row|null,"plans":[rows],"visits":[rows]}, with "village_name"; at HQ of all vans. */
JEM_NODISCARD enum jem_code jem_visit_list(struct jem_app *app, json_t **out, struct jem_error *err);
/* The plans that stand as iCalendar (RFC 5545): all-day events. Appends. */
JEM_NODISCARD enum jem_code jem_visit_ics(struct jem_app *app, struct jem_buf *out, struct jem_error *err);

/* ---- handover of finished documents ---- */
struct jem_handover_in {
    const char *name, *relation; /* self, family, proxy */
    const char *nik;             /* of who received: whole or its last four digits; only these are kept. Or NULL */
    const char *note;            /* or NULL */
    const struct jem_attachment *photo; /* a scene, which becomes a document of the application; or NULL */
};
/* {"applications":[rows that are ready, of the village (a code's beginning; NULL all)],"handed":[the last 50 handovers]} */
JEM_NODISCARD enum jem_code jem_handover_list(struct jem_app *app, const char *village, json_t **out,
    struct jem_error *err);
/* {"number","status","name"}. At any van: of one that another van took it is enough that headquarters told it is ready. JEM_EINVAL: it
 * is not ready. Undone by jem_desk_resolve_transition, refused. */
JEM_NODISCARD enum jem_code jem_handover_record(struct jem_app *app, uint64_t number, const struct jem_handover_in *in,
    json_t **out, struct jem_error *err);

/* ---- complaints ---- */
struct jem_complaint_in {
    uint64_t number; /* application, or 0 */
    const char *channel, *category, *text;
    const char *name, *contact; /* or NULL: anonymous */
};
/* Terms by SP4N-LAPOR!: first answer in 3 days; end in 5 (information), 14 (desk: nobody has to go and look) or 60 (field),
 * calendar days. {"complaint":id,"first_due_ms","due_ms"} */
JEM_NODISCARD enum jem_code jem_complaint_file(struct jem_app *app, const struct jem_complaint_in *in, json_t **out,
    struct jem_error *err);
/* By HQ, or the van that filed it. {"complaint","closes"} */
JEM_NODISCARD enum jem_code jem_complaint_answer(struct jem_app *app, const char *id, const char *text, bool closes,
    json_t **out, struct jem_error *err);
/* id NULL: all, or the open ones. {"complaints":[rows with "number" as on paper or "", "category_label","first_due_ms","due_ms",
 * "late_first":bool,"late":bool,"answers":[..]],"open","late"} */
JEM_NODISCARD enum jem_code jem_complaint_list(struct jem_app *app, bool open, const char *id, json_t **out,
    struct jem_error *err);

/* ---- outages: promised times do not run while one lasts (Permendagri 19/2018) ---- */
#define JEM_OUTAGE_PHOTOS_MAX 10
/* Photos of what happened, JPEG or PNG; `kind` and `photo` of an attachment do not matter. Without what the camera wrote of place
 * and time, at most JEM_PHOTO_SCENE_EDGE_PX long. They go out in the document lane. */
struct jem_outage_photos {
    const struct jem_attachment *items; /* borrowed */
    size_t count;
};
/* what: power, network, printer, scanner, server, other; to_ms 0: it lasts; photos may be NULL. All of it is kept or none.
 * {"outage":id,"photos":how many} JEM_EINVAL a photo that is none, more than JEM_OUTAGE_PHOTOS_MAX */
JEM_NODISCARD enum jem_code jem_outage_note(struct jem_app *app, const char *what, int64_t from_ms, int64_t to_ms,
    const char *note, const struct jem_outage_photos *photos, json_t **out, struct jem_error *err);
/* More photos of an outage that was noted here, whether it lasts or not. {"outage":id,"photos":how many it has now}
 * JEM_ENOTFOUND no such outage of ours | JEM_EEXISTS it has this very picture | JEM_EINVAL as above, or none is given */
JEM_NODISCARD enum jem_code jem_outage_attach(struct jem_app *app, const char *id,
    const struct jem_outage_photos *photos, json_t **out, struct jem_error *err);
/* Photo `n` (1...) of an outage, or its preview: appends the bytes; *mime is static. JEM_ENOTFOUND there is none, or its
 * bytes are not here */
JEM_NODISCARD enum jem_code jem_outage_photo(struct jem_app *app, const char *id, unsigned n, bool preview,
    struct jem_buf *out, const char **mime, struct jem_error *err);
/* id NULL: the newest that lasts here. to_ms 0: now. */
JEM_NODISCARD enum jem_code jem_outage_end(struct jem_app *app, const char *id, int64_t to_ms, json_t **out,
    struct jem_error *err);
/* {"outages":[rows + "what_label","minutes","photos":[{"mime","size","hash","name","at_ms","officer","at":"here"|"hq"|"before"|
 * "": where its bytes are,"preview_here":bool}]]} newest first; at HQ of all vans. */
JEM_NODISCARD enum jem_code jem_outage_list(struct jem_app *app, json_t **out, struct jem_error *err);

/* ---- search ---- */
/* What else the words (each has to be there, in any case of letters) or a ticket's number name: {"complaints":[as of
 * jem_complaint_list],"visits":[visits and plans, as of jem_visit_list],"tickets":[of today, as of jem_queue_list]}, at most `limit` of each, the
 * newest first. */
JEM_NODISCARD enum jem_code jem_day_find(struct jem_app *app, const char *text, unsigned limit, json_t **out,
    struct jem_error *err);

/* ---- survey ---- */
struct jem_survey_in {
    int answers[9];
    const char *service, *age, *sex, *education; /* or NULL, "": not said */
};
JEM_NODISCARD enum jem_code jem_survey_answer(struct jem_app *app, const struct jem_survey_in *in, json_t **out,
    struct jem_error *err);
/* Of the days first..last: {"n","ikm":"87.65"|null,"grade","elements":[{"element","name","nrr":"3.51"}],"population":applications of
 * those days,"sample":answers wanted,"groups":[{"by":"service"|"sex"|"age"|"education","value","label","n","ikm","grade"}],"hidden":groups
 * with fewer than JEM_SKM_HIDE_BELOW} */
JEM_NODISCARD enum jem_code jem_survey_report(struct jem_app *app, int32_t first, int32_t last, json_t **out,
    struct jem_error *err);

/* ---- the evening's sheet ---- */
/* What this van did on a day, for the village head: {"day","van","name","place","count","numbers":[first and last of the day],
 * "tickets","served","surveys","handovers","visits":[rows],"events","head":hex,"at_ms","qr"}. The code is signed with the van's key. */
JEM_NODISCARD enum jem_code jem_day_sheet(struct jem_app *app, int32_t day, json_t **out, struct jem_error *err);
JEM_NODISCARD enum jem_code jem_day_sheet_paper(struct jem_app *app, int32_t day, enum jem_paper_format format,
    unsigned width_mm, struct jem_buf *out, struct jem_error *err);
/* Checks the code of a sheet with no network: {"valid","van","day","count","events","head"}; JEM_ECORRUPT false | JEM_EINVAL no
 * sheet's code */
JEM_NODISCARD enum jem_code jem_day_sheet_verify(struct jem_app *app, const char *text, json_t **out,
    struct jem_error *err);
/* Days as people type them: "2026-11-21", "today", "hari ini", ""; JEM_EINVAL. */
JEM_NODISCARD enum jem_code jem_day_typed(struct jem_app *app, const char *text, int32_t *out, struct jem_error *err);
/* Moments: "2026-11-21 14:05", "14:05" of today (WIB); a dot does for the colon. JEM_EINVAL */
JEM_NODISCARD enum jem_code jem_time_typed(struct jem_app *app, const char *text, int64_t *out_ms,
    struct jem_error *err);
#endif
