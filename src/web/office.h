/* office.h - what the officer's pages share: the office, its sessions, one page under way. Private to src/web. */
#ifndef WEB_OFFICE_H
#define WEB_OFFICE_H
#include <pthread.h>

#include "gate.h"
#include "html.h"
#include "jemput/app.h"
#include "jemput/data.h"
#include "jemput/intake.h"
#include "jemput/photo.h"
#include "loop.h"
#include "screen.h"
#include "server.h"
#include "site_page.h"

#define OFFICE_BODY_SMALL ((size_t)64 << 10)
#define OFFICE_BODY_PHOTO ((size_t)16 << 20) /* a phone of 48 megapixels */
#define OFFICE_BODY_LARGE ((size_t)60 << 20)
#define OFFICE_DRAFT_ID 33 /* 32 hex digits and NUL */

/* ---- session.c: who is logged in ---- */

/* Files that came with a form which could not be saved yet: the browser will not send them again. */
struct web_stash {
    char draft[OFFICE_DRAFT_ID]; /* of which form; "" empty */
    struct web_file files[WEB_FORM_FILES_MAX];
    size_t count, size_bytes;
    char *bodies[16]; /* owned; in which the files lie */
    size_t body_count;
};

struct web_session {
    char id[65], csrf[65]; /* 256 random bits each, hex */
    struct jem_app *app;
    char user[JEM_EVENT_ACTOR_MAX + 1];
    unsigned serial;      /* tells it from others without giving it away */
    unsigned device;      /* the machine that it was begun on; 0: this laptop */
    int64_t begun_ms;     /* wall clock */
    pthread_mutex_t lock; /* held while a request of this session is answered */
    unsigned users;       /* requests that hold it; the table's lock guards it */
    bool ended;
    int64_t seen_ms; /* monotonic; of the last request that a person made */
    struct web_stash stash;
    char saved_draft
        [OFFICE_DRAFT_ID]; /* the form saved last, and what it became: a second click is not a second record */
    uint64_t saved_number;
    uint64_t printed_number; /* the picture as it was issued last */
    struct jem_buf printed;
};

#define SESSIONS_MAX 32
struct web_sessions {
    pthread_mutex_t lock;
    struct web_session *items[SESSIONS_MAX];
    int64_t idle_ms; /* after which a session ends */
    unsigned last;   /* serial given last */
};
void web_sessions_init(struct web_sessions *table, int idle_s);
void web_sessions_release(struct web_sessions *table); /* no request may be under way */
/* Takes the app over, also on failure. The session is held: web_session_leave. */
struct web_session *web_session_start(struct web_sessions *table, struct jem_app *app, unsigned device);
/* The session of the request's cookie, held and locked; NULL: none, ended, idle too long, or of another machine.
 * `person`: this request puts the idle lock off. */
struct web_session *web_session_enter(struct web_sessions *table, const struct web_request *r, bool person);
void web_session_leave(struct web_sessions *table, struct web_session *session);
void web_session_end(struct web_sessions *table, struct web_session *session); /* still to be left */
bool web_session_exists(struct web_sessions *table, const struct web_request *r);
/* No session was used by a person after this one. */
bool web_session_latest(struct web_sessions *table, const struct web_session *session);
void web_sessions_sweep(struct web_sessions *table);
struct web_session_row {
    char user[JEM_EVENT_ACTOR_MAX + 1];
    unsigned serial, device;
    int64_t begun_ms, idle_ms;
};
size_t web_sessions_list(struct web_sessions *table, struct web_session_row out[SESSIONS_MAX]);
/* Ends those of an officer (NULL: of any), of a machine (0: of any) and with that serial (0: any), but not `keep` (NULL: none). */
void web_sessions_end(struct web_sessions *table, const char *user, unsigned device, unsigned serial,
    const struct web_session *keep);
/* Stash: files of the request whose field is "d.KIND" (all when prefix is ""). False when they pass OFFICE_BODY_LARGE. */
bool web_stash_take(struct web_session *session, const char *draft, struct web_request *r);
void web_stash_drop(struct web_stash *stash, size_t index);
void web_stash_clear(struct web_stash *stash);

/* ---- login.c: one hash at a time, a growing delay ---- */
#define LOGIN_NAMES 64
struct web_login {
    pthread_mutex_t lock;
    struct {
        char user[40];
        unsigned failures;
        int64_t next_ms, last_ms;
    } names[LOGIN_NAMES];
};

/* How long the officer has to wait before the next try; 0: not. A wrong passphrase that was shown elsewhere than at the login. */
int64_t web_login_wait(struct web_login *login, const char *user);
void web_login_failed(struct web_login *login, const char *user);

/* ---- assets.c ---- */
#define WEB_ASSETS_MAX 8
struct web_asset {
    const char *name; /* "app.css" */
    char path[64];    /* "/a/<hash>-app.css" */
    const unsigned char *bytes;
    size_t size;
    struct jem_buf gzip; /* empty when it is not smaller */
};
struct web_assets {
    struct web_asset items[WEB_ASSETS_MAX];
    size_t count;
};
JEM_NODISCARD enum jem_code web_assets_init(struct web_assets *assets, struct jem_error *err);
void web_assets_release(struct web_assets *assets);
const char *web_asset_path(const struct web_assets *assets, const char *name);
/* Packs a page for a browser that takes it packed. That its length then tells something of its content helps nobody: a stranger
 * cannot make the browser ask for a page with its cookie, which is SameSite=Strict. */
void web_page_pack(const struct web_request *r, struct web_answer *a);
/* Answers a path under /a/; 404 when there is none. */
void web_assets_answer(const struct web_assets *assets, const struct web_request *r, struct web_answer *a);

/* ---- presence.c: who has which application open for a change ---- */
#define PRESENCE_MAX 64
struct web_presence {
    pthread_mutex_t lock;
    struct {
        uint64_t number;
        char session[65], user[40];
        int64_t until_ms; /* monotonic */
    } items[PRESENCE_MAX];
};
/* This session has it open for so long from now; 0: not any more. */
void web_presence_note(struct web_presence *table, uint64_t number, const struct web_session *session, const char *user,
    int64_t for_ms);
/* "budi, rina": the officers of other sessions that have it open; "" none. */
void web_presence_others(struct web_presence *table, uint64_t number, const struct web_session *session,
    struct jem_buf *out);

/* ---- api.c: the intake for other systems ---- */
#define WEB_API_ACCOUNTS 8
struct web_api {
    pthread_mutex_t lock; /* held while one request is answered */
    unsigned char salt[32];
    struct {
        unsigned char mark[32]; /* of the account and the key that were shown */
        struct jem_app *app;    /* NULL: free */
        int64_t until_ms;       /* monotonic */
    } items[WEB_API_ACCOUNTS];
};
void web_api_init(struct web_api *api);
void web_api_release(struct web_api *api);
/* A request of another system: its path, and a key with it. */
bool web_api_is(const struct web_request *r);

/* ---- chore.c: one long work at a time, on a thread with a handle of its own, so that pages go on ---- */
#define WEB_CHORE_PATH 1000
#define WEB_CHORE_KEEP_MS ((int64_t)600000) /* a file that was made is there for so long */
enum web_chore_kind { WEB_CHORE_NONE = 0, WEB_CHORE_BACKUP, WEB_CHORE_DICTIONARY, WEB_CHORE_EXPORT, WEB_CHORE_MIRROR };
struct web_chore_want {
    enum web_chore_kind kind;
    /* of the backup; of the export, which loses its name as soon as it is whole; the mirror's address */
    char path[WEB_CHORE_PATH];
    bool partitioned;         /* the mirror's tables */
    struct jem_export export; /* its texts are copied by web_chore_start */
};
struct web_chore_state {
    enum web_chore_kind kind; /* of the last one, or of that under way */
    bool running;
    char user[JEM_EVENT_ACTOR_MAX + 1]; /* who wanted it */
    struct jem_error err;               /* how it ended */
    json_t *out;                        /* what the use case gave. New reference; NULL */
    char path[WEB_CHORE_PATH];          /* as it was wanted; "" */
    enum jem_export_format format;
    bool file; /* one is there */
    uint64_t size;
};
struct web_chore {
    pthread_mutex_t lock;
    pthread_cond_t ended;
    pthread_t thread;
    bool joinable;
    enum jem_lang lang;
    struct jem_app *app; /* the thread's */
    struct web_chore_want want;
    char service[80], village[20], reason[1300];
    int fd;           /* of the file without a name; -1 */
    int64_t until_ms; /* monotonic */
    struct web_chore_state state;
};
/* dir: where a process that was killed may have left a file of an export, which goes. */
void web_chore_init(struct web_chore *chore, const char *dir);
/* JEM_EBUSY another is under way | JEM_EINVAL a text is too long */
JEM_NODISCARD enum jem_code web_chore_start(struct web_chore *chore, struct jem_app *app,
    const struct web_chore_want *want, struct jem_error *err);
void web_chore_wait(struct web_chore *chore, int ms); /* until it ended, at most so long */
void web_chore_read(struct web_chore *chore, struct web_chore_state *out);
/* A file to read, which has no name any more; -1: err says why. */
int web_file_take(const char *path, uint64_t *size, struct jem_error *err);
/* The file that it made for this officer, a descriptor of one's own; -1: there is none. */
int web_chore_file(struct web_chore *chore, const char *user, uint64_t *size);
void web_chore_tick(struct web_chore *chore);
/* Waits for one under way, at most so long; after that the end of the process cuts it. */
void web_chore_end(struct web_chore *chore, int ms);
/* Where an export is written: "ekspor.csv" in the store's folder. False: it does not fit. */
bool web_chore_export_path(const char *dir, enum jem_export_format format, char out[WEB_CHORE_PATH]);
const char *web_chore_export_name(enum jem_export_format format);

struct jem_station;
/* ---- the office ---- */
struct web_office {
    const char *dir;
    struct web_sessions sessions;
    struct web_login login;
    struct web_presence presence;
    struct web_api api;
    struct web_loop loop;
    struct web_gate gate;
    struct web_chore keep, export, mirror; /* backups and dictionaries; exports; PostgreSQL */
    struct jem_station *station;           /* scanner, printer, readers; HQ's too, where nobody offers it a handle */
    struct web_screen screen;
    struct web_assets assets;
    char stand_csp[SITE_CSP_MAX]; /* of the citizens' status pages */
};

enum { WEB_LOOK_BIG = 1, WEB_LOOK_CONTRAST = 2, WEB_LOOK_ALL = 3 };

/* One request of the office under way. */
struct web_page {
    struct web_office *office;
    struct web_session *session; /* NULL before login */
    struct jem_app *app;
    struct web_request *r;
    struct web_answer *a;
    struct jem_buf *b; /* the answer's body */
    bool hq;
    unsigned look; /* WEB_LOOK_...: how this person wants pages */
    bool devices;  /* the script of devices.h is wanted */
    int refresh_s; /* without the script the browser loads the page again after so long; 0: never */
};

void web_api_answer(struct web_page *p);
struct web_office;
/* Opens the store for an account, or says how many ms are to wait (login.c). pages: for people; else for a system. */
enum jem_code web_login_try(struct web_office *office, const char *user, const char *passphrase, bool pages,
    struct jem_app **out, int64_t *wait_ms, struct jem_error *err);

/* ---- layout.c ---- */
enum web_nav {
    WEB_NAV_NONE = 0,
    WEB_NAV_LIST,
    WEB_NAV_NEW,
    WEB_NAV_VERIFY,
    WEB_NAV_SYNC,
    WEB_NAV_DRAFTS,
    WEB_NAV_QUEUE,
    WEB_NAV_DAY,
    WEB_NAV_DESK,
    WEB_NAV_HELD,
    WEB_NAV_DEVICES,
    WEB_NAV_VANS,
    WEB_NAV_AGENCIES,
    WEB_NAV_REPORT,
    WEB_NAV_CATALOG,
    WEB_NAV_MANAGE
};
/* Everything above the content; the title is escaped. `wrong`: "Kesalahan:" before it. */
void web_page_begin(struct web_page *p, enum web_nav nav, const char *title, bool wrong);
void web_page_end(struct web_page *p);
/* <form method=post action=...> with the token of the session; more: further attributes of ours or "". */
void web_form_begin(struct web_page *p, const char *action, const char *more);
/* A page of one message with a way back. */
void web_page_message(struct web_page *p, unsigned status, const char *title, const char *message);
void web_page_error(struct web_page *p, const struct jem_error *err); /* by its code: 404, 403, 409, 400, 500 */
void web_page_not_found(struct web_page *p);
/* An admin of headquarters; of others the second says no, and the refusal is the answer. */
bool web_admin(struct web_page *p);
bool web_admin_only(struct web_page *p);
/* {"link":{"k","t"},"sync":{..},"wait":{..},"disk":{..},"clock":{..},"pending":[records,documents]} of
 * the strip. New reference, NULL when state cannot be read. */
json_t *web_strip(struct web_page *p);
/* "5 menit", "2 jam": how long ago or left. */
void web_span_text(int64_t ms, char *out, size_t cap);
void web_size_text(uint64_t bytes, char *out, size_t cap);
/* What the loop does, in a few words for the strip; 0: it is as it should be, 1: it waits for something. */
int web_loop_words(const struct web_loop_state *state, struct jem_buf *out);
void web_json_answer(struct web_page *p, unsigned status, json_t *o); /* takes the reference */
/* "recorded" -> badge of the van's side; a status -> badge of HQ's side. */
void web_badge_van(struct jem_buf *b, const char *confirmed);
void web_badge_status(struct jem_buf *b, const char *status, const char *label);

/* ---- pages; each answers GET and POST of its path ---- */
void web_page_login(struct web_page *p);
void web_page_logout(struct web_page *p);
void web_page_list(struct web_page *p);
void web_page_find(struct web_page *p);
void web_page_services(struct web_page *p);
void web_page_drafts(struct web_page *p);
void web_page_draft_drop(struct web_page *p);
void web_page_draft_take(struct web_page *p);
void web_page_draft_carry(struct web_page *p);
/* The officer's drafts, when there are some, for the first page. */
void web_drafts_wait(struct web_page *p);
/* Instead of the form: "draft" (jem_draft_get) is worked on by another officer; or its service asks other things now. */
void web_draft_of_another(struct web_page *p, const json_t *draft);
void web_draft_carry(struct web_page *p, const json_t *draft);
/* A draft of a service that is offered no more. False: no such draft. */
bool web_draft_orphan(struct web_page *p, const char *id);
void web_api_known(struct web_page *p);
void web_api_draft(struct web_page *p);
void web_api_village(struct web_page *p);
void web_api_state(struct web_page *p);
void web_page_apply(struct web_page *p, const char *service);
void web_page_done(struct web_page *p, uint64_t number);
void web_page_record(struct web_page *p, uint64_t number);
void web_page_correct(struct web_page *p, uint64_t number);
void web_api_together(struct web_page *p, uint64_t number);
void web_page_continue(struct web_page *p, uint64_t number);
void web_page_withdraw(struct web_page *p, uint64_t number);
/* The form that goes on here with another van's application; service: as its receipt names it, or "". Nothing at headquarters. */
void web_continue_form(struct web_page *p, const char *number, const char *service);
void web_page_attach(struct web_page *p, uint64_t number);
void web_page_detach(struct web_page *p, uint64_t number);
void web_page_document(struct web_page *p, uint64_t number, const char *rest);
void web_page_receipt(struct web_page *p, uint64_t number);
void web_page_print(struct web_page *p, uint64_t number);
void web_page_printed(struct web_page *p, uint64_t number);
/* What headquarters told of an application of another van (jem_elsewhere), in the page. */
void web_elsewhere(struct web_page *p, const json_t *o);
/* True for a number whose application is here, or of which headquarters told. */
bool web_number_known(struct web_page *p, const char *text, uint64_t *number);
void web_page_verify(struct web_page *p);
void web_page_verify_photo(struct web_page *p);
/* A camera's field, and the end of its form. */
void web_photo_field(struct jem_buf *b);
/* The form's picture -> the text of the receipt's QR on it; "" none. */
void web_photo_receipt(const struct web_form *f, char qr[JEM_SHEET_QR_MAX]);
void web_page_scan(struct web_page *p);
void web_page_sync(struct web_page *p);
void web_page_sync_start(struct web_page *p);
void web_page_sync_pause(struct web_page *p);
void web_page_sync_resume(struct web_page *p);

/* HQ: the desk (page_desk.c) and rulings (page_rule.c) */
void web_page_desk(struct web_page *p);
void web_page_desk_many(struct web_page *p);
void web_page_pair(struct web_page *p);
void web_page_decide(struct web_page *p, uint64_t number);
void web_page_resolve_field(struct web_page *p, uint64_t number);
void web_page_resolve_step(struct web_page *p, uint64_t number);
void web_page_reveal(struct web_page *p, uint64_t number);

/* HQ: exchange with agencies (page_agency.c), the report (page_report.c) */
void web_page_agencies(struct web_page *p);
void web_page_agency_out(struct web_page *p);
void web_page_agency_file(struct web_page *p);
void web_page_public_data(struct web_page *p);
void web_page_agency_in(struct web_page *p);
void web_page_agency_key(struct web_page *p);
void web_page_report(struct web_page *p);
/* HQ: exports (page_export.c); backups, keys, the dictionary (page_keep.c) */
void web_page_export(struct web_page *p);
void web_page_export_make(struct web_page *p);
void web_page_export_get(struct web_page *p);
bool web_may_export(struct web_page *p); /* links to it are for those who may */
/* HQ: the mirror in PostgreSQL (page_mirror.c) */
void web_page_mirror(struct web_page *p);
void web_page_mirror_send(struct web_page *p);
void web_page_mirror_schema(struct web_page *p);
void web_page_keep(struct web_page *p);
void web_page_keep_make(struct web_page *p);
void web_page_keep_tell(struct web_page *p);
void web_page_keep_rotate(struct web_page *p);
void web_page_keep_train(struct web_page *p);
void web_page_keep_signers(struct web_page *p);
bool web_may_keep(struct web_page *p);
void web_page_targets(struct web_page *p);
void web_page_target_put(struct web_page *p);

/* HQ: the catalogue's admins (page_catalog.c, page_catalog_edit.c) */
void web_page_catalog(struct web_page *p);
void web_page_catalog_new(struct web_page *p);
void web_page_catalog_put(struct web_page *p);
void web_page_catalog_move(struct web_page *p);
void web_page_catalog_act(struct web_page *p);
void web_page_catalog_publish(struct web_page *p);
void web_page_catalog_publish_now(struct web_page *p);
void web_page_catalog_versions(struct web_page *p);
void web_page_catalog_preview(struct web_page *p);
void web_page_catalog_receipt(struct web_page *p);

/* The van's day: page_day.c, page_visit.c, page_people.c */
void web_page_day(struct web_page *p);
void web_page_screen_make(struct web_page *p);
void web_page_screen_end(struct web_page *p);
void web_page_queue(struct web_page *p);
void web_page_queue_give(struct web_page *p);
void web_page_queue_paper(struct web_page *p);
void web_page_queue_next(struct web_page *p);
void web_page_queue_act(struct web_page *p);
void web_page_queue_picture(struct web_page *p);
void web_page_sheet(struct web_page *p);
void web_page_sheet_picture(struct web_page *p);
void web_page_visits(struct web_page *p);
void web_page_visits_ics(struct web_page *p);
void web_page_visit_open(struct web_page *p);
void web_page_visit_close(struct web_page *p);
void web_page_plan(struct web_page *p);
void web_page_plan_cancel(struct web_page *p);
void web_page_coverage(struct web_page *p);
void web_page_outages(struct web_page *p);
void web_page_outage_note(struct web_page *p);
void web_page_outage_end(struct web_page *p);
void web_page_outage_photo(struct web_page *p);
void web_page_outage_attach(struct web_page *p);
void web_page_survey_report(struct web_page *p);
void web_page_handover(struct web_page *p);
void web_page_handover_record(struct web_page *p);
void web_page_complaints(struct web_page *p);
void web_page_complaint_file(struct web_page *p);
void web_page_complaint_answer(struct web_page *p);

/* HQ: quarantine and vans (page_trust.c) */
void web_page_held(struct web_page *p);
void web_page_held_admit(struct web_page *p);
void web_page_held_refuse(struct web_page *p);
void web_page_vans(struct web_page *p);
void web_page_van_revoke(struct web_page *p);
void web_page_van_enrol(struct web_page *p);
void web_page_van_replace(struct web_page *p);

/* HQ: personal data (page_law.c) */
void web_page_law(struct web_page *p);
void web_page_law_access(struct web_page *p);
void web_page_law_erase(struct web_page *p);
void web_page_law_erase_ask(struct web_page *p);
void web_page_law_erase_do(struct web_page *p);
void web_page_law_retention(struct web_page *p);
void web_page_law_record(struct web_page *p);

/* ---- page_manage.c: officers, sessions, one's own passphrase ---- */
void web_page_manage(struct web_page *p);
void web_page_session_end(struct web_page *p);
void web_page_officer_add(struct web_page *p);
void web_page_officer_change(struct web_page *p);
void web_page_officer_disable(struct web_page *p);
void web_page_officer_reset(struct web_page *p);
void web_page_passphrase(struct web_page *p);
/* May add officers and enrol machines. */
bool web_manager(const struct web_page *p);

/* ---- page_tablet.c: machines beside this one ---- */
void web_page_tablets(struct web_page *p);
void web_page_tablet_revoke(struct web_page *p);
/* Of a machine that is not enrolled, or wants to be: no session. */
void web_page_enrol(struct web_page *p);
void web_page_stranger(struct web_page *p);

/* ---- stand.c: the citizens' pages, below /warga; no session ---- */
void web_stand(struct web_page *p);
/* ---- page_prepared.c: what a citizen prepared, opened at the counter ---- */
void web_page_prepared(struct web_page *p);
void web_prepared_ask(struct web_page *p); /* the form for a code */
#endif
