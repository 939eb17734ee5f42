/* serve.c - the officer's server: who may ask what, and which page answers. */
#include <sodium.h>
#include <string.h>
#include <strings.h>

#include "jemput/file.h"
#include "jemput/log.h"
#include "jemput/web.h"
#include "devices.h"
#include "stand.h"

#define LOOP_WAIT_MS 10000
#define STORE_FILE "jemput.db"

/* Referrer-Policy is not no-referrer: a browser then says "Origin: null" with its own forms, and the check of Origin
 * would have to believe nobody in particular. Nothing leaves this origin with same-origin either. */
static const char serve_csp[] =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; form-action "
    "'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

/* ---- who may ---- */

/* The language of this request; kept in a cookie when it was asked for (a may be NULL: not now). */
static void serve_language(const struct web_request *r, struct web_answer *a)
{
    char text[8] = "";
    const char *asked = web_form_get(&r->args, "l");
    enum jem_lang lang = asked != NULL ? jem_lang_parse(asked) : JEM_LANG_UNKNOWN;
    if (lang != JEM_LANG_UNKNOWN && a != NULL) {
        struct jem_buf cookie = JEM_BUF_INIT(120);
        jem_buf_fmt(&cookie, "__Host-l=%s; Secure; HttpOnly; SameSite=Lax; Path=/; Max-Age=31536000",
            jem_lang_name(lang));
        web_answer_header(a, "Set-Cookie", jem_buf_text(&cookie));
        jem_buf_release(&cookie);
    } else if (lang == JEM_LANG_UNKNOWN && web_request_cookie(r, "__Host-l", text, sizeof text)) {
        lang = jem_lang_parse(text);
    }
    jem_lang_set(lang != JEM_LANG_UNKNOWN ? lang : JEM_LANG_ID);
}

/* Large print, high contrast: asked for in the address, then kept in a cookie. */
static unsigned serve_look(const struct web_request *r, struct web_answer *a)
{
    char text[8] = "";
    int64_t asked = web_form_number(&r->args, "m", -1);
    if (asked >= 0 && asked <= WEB_LOOK_ALL) {
        struct jem_buf cookie = JEM_BUF_INIT(120);
        jem_buf_fmt(&cookie, "__Host-m=%d; Secure; HttpOnly; SameSite=Lax; Path=/; Max-Age=31536000", (int)asked);
        web_answer_header(a, "Set-Cookie", jem_buf_text(&cookie));
        jem_buf_release(&cookie);
        return (unsigned)asked;
    }
    bool kept = web_request_cookie(r, "__Host-m", text, sizeof text) && text[0] >= '0' && text[0] <= '3' && !text[1];
    return kept ? (unsigned)(text[0] - '0') : 0;
}

static bool serve_starts(const char *path, const char *with)
{
    return strncmp(path, with, strlen(with)) == 0;
}

static bool serve_is_stand(const struct web_request *r)
{
    return strcmp(r->path, "/warga") == 0 || serve_starts(r->path, "/warga/");
}

/* What a machine that is not enrolled may ask for. */
static bool serve_is_public(const struct web_request *r)
{
    return (r->tls && strcmp(r->path, "/daftar") == 0) || serve_is_stand(r);
}

/* This laptop itself, or a machine that is enrolled; notes which. */
static bool serve_is_known(struct web_office *office, struct web_request *r)
{
    if (r->tls)
        r->device = web_gate_device(&office->gate, r);
    return !r->tls || r->device != 0;
}

/* A POST of a stranger is not even read; files are read only from an officer who is logged in. */
static size_t serve_body_max(void *ctx, struct web_request *r, struct web_answer *early)
{
    struct web_office *office = ctx;
    serve_language(r, NULL);
    if (web_api_is(r)) /* no browser's doing: a key stands in its head */
        return OFFICE_BODY_LARGE;
    if (!web_request_same_origin(r)) {
        web_answer_text(early, 403, JEM_T_WEB_ORIGIN);
        return 0;
    }
    if (strcmp(r->path, WEB_STAND_PHOTO) == 0)
        return OFFICE_BODY_PHOTO;
    if (serve_is_public(r))
        return OFFICE_BODY_SMALL;
    if (!serve_is_known(office, r)) {
        web_answer_text(early, 403, JEM_T_WEB_STRANGER);
        return 0;
    }
    if (strcmp(r->path, "/masuk") == 0 || web_screen_path(r->path))
        return OFFICE_BODY_SMALL;
    if (web_session_exists(&office->sessions, r))
        return serve_starts(r->path, "/baru/") || serve_starts(r->path, "/p/") || strcmp(r->path, "/penyerahan") == 0 ||
                       serve_starts(r->path, "/gangguan") || strcmp(r->path, "/instansi/masuk") == 0 ||
                       strcmp(r->path, "/periksa") == 0 || strcmp(r->path, "/katalog/ubah") == 0
                   ? OFFICE_BODY_LARGE
                   : OFFICE_BODY_SMALL;
    if (serve_starts(r->path, "/api/"))
        web_answer_text(early, 401, JEM_T_WEB_LOCKED);
    else
        web_answer_redirect(early, "/masuk");
    return 0;
}

static bool serve_token_ok(const struct web_page *p)
{
    const char *token = web_form_get(&p->r->form, "t");
    if (token == NULL)
        token = web_request_header(p->r, "X-Token");
    return token != NULL && strlen(token) == 64 && sodium_memcmp(token, p->session->csrf, 64) == 0;
}

/* A picture or a fetch of another site's page; its links may come here, and arrive without the cookie. */
static bool serve_foreign_part(const struct web_request *r)
{
    const char *site = web_request_header(r, "Sec-Fetch-Site"), *mode = web_request_header(r, "Sec-Fetch-Mode");
    return site != NULL && strcmp(site, "same-origin") != 0 && strcmp(site, "none") != 0 && mode != NULL &&
           strcmp(mode, "navigate") != 0;
}

static void serve_locked(const struct web_request *r, struct web_answer *a)
{
    if (serve_starts(r->path, "/api/")) {
        web_answer_text(a, 401, JEM_T_WEB_LOCKED);
        return;
    }
    struct jem_buf to = JEM_BUF_INIT(1000);
    jem_buf_str(&to, "/masuk");
    if (!r->post && strcmp(r->path, "/") != 0) {
        struct jem_buf next = JEM_BUF_INIT(600);
        jem_buf_str(&next, r->path);
        if (*r->query)
            jem_buf_fmt(&next, "?%s", r->query);
        jem_buf_str(&to, "?n=");
        web_url_text(&to, jem_buf_text(&next));
        jem_buf_release(&next);
    }
    web_answer_redirect(a, jem_buf_text(&to));
    jem_buf_release(&to);
}

/* ---- which page ---- */

struct serve_route {
    const char *path;
    bool post, van_only, hq_only;
    void (*page)(struct web_page *p);
};
static const struct serve_route serve_routes[] = {
    { "/", false, false, false, web_page_list },
    { "/cari", false, false, false, web_page_find },
    { "/baru", false, true, false, web_page_services },
    { "/draf", false, true, false, web_page_drafts },
    { "/draf/buang", true, true, false, web_page_draft_drop },
    { "/draf/ambil", true, true, false, web_page_draft_take },
    { "/draf/pindah", true, true, false, web_page_draft_carry },
    { "/periksa", false, false, false, web_page_verify },
    { "/periksa", true, false, false, web_page_verify_photo },
    { "/pindai", false, false, false, web_page_scan },
    { "/sinkron", false, false, false, web_page_sync },
    { "/sinkron/mulai", true, false, false, web_page_sync_start },
    { "/sinkron/jeda", true, false, false, web_page_sync_pause },
    { "/sinkron/lanjut", true, false, false, web_page_sync_resume },
    { "/perangkat", false, true, false, web_page_devices },
    { "/perangkat/lihat", true, true, false, web_page_devices_look },
    { "/perangkat/printer", true, true, false, web_page_devices_printer },
    { "/perangkat/pemindai", true, true, false, web_page_devices_scanner },
    { "/perangkat/pagi", false, true, false, web_page_morning },
    { "/perangkat/pagi", true, true, false, web_page_morning_start },
    { "/perangkat/pagi/kertas", true, true, false, web_page_morning_answer },
    { "/perangkat/uji", false, true, false, web_page_morning_picture },
    { "/api/kode", false, true, false, web_api_code },
    { "/api/state", false, false, false, web_api_state },
    { "/api/desa", false, true, false, web_api_village },
    { "/api/draf", true, true, false, web_api_draft },
    { "/api/orang", true, true, false, web_api_known },
    { "/keluar", true, false, false, web_page_logout },
    { "/hari", false, false, false, web_page_day },
    { "/hari/layar", true, true, false, web_page_screen_make },
    { "/hari/layar/tutup", true, true, false, web_page_screen_end },
    { "/antrean", false, true, false, web_page_queue },
    { "/antrean/beri", true, true, false, web_page_queue_give },
    { "/antrean/panggil", true, true, false, web_page_queue_next },
    { "/antrean/kertas", true, true, false, web_page_queue_paper },
    { "/antrean/nomor", true, true, false, web_page_queue_act },
    { "/antrean/nomor.png", false, true, false, web_page_queue_picture },
    { "/lembar", false, true, false, web_page_sheet },
    { "/lembar.png", false, true, false, web_page_sheet_picture },
    { "/kunjungan", false, false, false, web_page_visits },
    { "/kunjungan.ics", false, false, false, web_page_visits_ics },
    { "/kunjungan/jadwal", false, false, true, web_page_plan },
    { "/kunjungan/jadwal", true, false, true, web_page_plan },
    { "/kunjungan/batal", true, false, true, web_page_plan_cancel },
    { "/kunjungan/cakupan", false, false, true, web_page_coverage },
    { "/kunjungan/buka", true, true, false, web_page_visit_open },
    { "/kunjungan/tutup", true, true, false, web_page_visit_close },
    { "/gangguan", false, false, false, web_page_outages },
    { "/gangguan", true, false, false, web_page_outage_note },
    { "/gangguan/foto", false, false, false, web_page_outage_photo },
    { "/gangguan/foto", true, false, false, web_page_outage_attach },
    { "/gangguan/selesai", true, false, false, web_page_outage_end },
    { "/survei/hasil", false, false, false, web_page_survey_report },
    { "/penyerahan", false, false, false, web_page_handover },
    { "/penyerahan", true, true, false, web_page_handover_record },
    { "/pengaduan", false, false, false, web_page_complaints },
    { "/pengaduan", true, false, false, web_page_complaint_file },
    { "/pengaduan/jawab", true, false, false, web_page_complaint_answer },
    { "/meja", false, false, true, web_page_desk },
    { "/meja/banyak", true, false, true, web_page_desk_many },
    { "/ganda", false, false, true, web_page_pair },
    { "/ganda", true, false, true, web_page_pair },
    { "/karantina", false, false, true, web_page_held },
    { "/karantina/terima", true, false, true, web_page_held_admit },
    { "/karantina/tolak", true, false, true, web_page_held_refuse },
    { "/van", false, false, true, web_page_vans },
    { "/laporan", false, false, true, web_page_report },
    { "/laporan/target", false, false, true, web_page_targets },
    { "/laporan/target", true, false, true, web_page_target_put },
    { "/katalog", false, false, true, web_page_catalog },
    { "/katalog/baru", true, false, true, web_page_catalog_new },
    { "/katalog/ubah", true, false, true, web_page_catalog_put },
    { "/katalog/urut", true, false, true, web_page_catalog_move },
    { "/katalog/layanan", true, false, true, web_page_catalog_act },
    { "/katalog/terbit", false, false, true, web_page_catalog_publish },
    { "/katalog/terbit", true, false, true, web_page_catalog_publish_now },
    { "/katalog/versi", false, false, true, web_page_catalog_versions },
    { "/katalog/contoh", false, false, true, web_page_catalog_preview },
    { "/katalog/contoh.png", false, false, true, web_page_catalog_receipt },
    { "/ekspor", false, false, true, web_page_export },
    { "/ekspor", true, false, true, web_page_export_make },
    { "/ekspor/unduh", true, false, true, web_page_export_get },
    { "/ekspor/cermin", false, false, true, web_page_mirror },
    { "/ekspor/cermin", true, false, true, web_page_mirror_send },
    { "/ekspor/cermin.sql", false, false, true, web_page_mirror_schema },
    { "/cadangan", false, false, true, web_page_keep },
    { "/cadangan", true, false, true, web_page_keep_make },
    { "/cadangan/kabar", true, false, true, web_page_keep_tell },
    { "/cadangan/kunci", true, false, true, web_page_keep_rotate },
    { "/cadangan/kamus", true, false, true, web_page_keep_train },
    { "/cadangan/signers", false, false, true, web_page_keep_signers },
    { "/instansi", false, false, true, web_page_agencies },
    { "/instansi/keluar", true, false, true, web_page_agency_out },
    { "/instansi/paket", false, false, true, web_page_agency_file },
    { "/instansi/masuk", true, false, true, web_page_agency_in },
    { "/instansi/kunci", true, false, true, web_page_agency_key },
    { "/instansi/status.db", false, false, true, web_page_public_data },
    { "/data-pribadi", false, false, true, web_page_law },
    { "/data-pribadi/akses", true, false, true, web_page_law_access },
    { "/data-pribadi/hapus", false, false, true, web_page_law_erase },
    { "/data-pribadi/hapus", true, false, true, web_page_law_erase_ask },
    { "/data-pribadi/hapus/pasti", true, false, true, web_page_law_erase_do },
    { "/data-pribadi/masa-simpan", false, false, true, web_page_law_retention },
    { "/data-pribadi/masa-simpan", true, false, true, web_page_law_retention },
    { "/data-pribadi/catatan", false, false, true, web_page_law_record },
    { "/mandiri", false, true, false, web_page_prepared },
    { "/mandiri", true, true, false, web_page_prepared },
    { "/kelola", false, false, false, web_page_manage },
    { "/kelola/sesi", true, false, false, web_page_session_end },
    { "/kelola/petugas", true, false, false, web_page_officer_add },
    { "/kelola/petugas/peran", true, false, false, web_page_officer_change },
    { "/kelola/petugas/nonaktif", true, false, false, web_page_officer_disable },
    { "/kelola/petugas/sandi", true, false, false, web_page_officer_reset },
    { "/kelola/sandi", true, false, false, web_page_passphrase },
    { "/tablet", false, false, false, web_page_tablets },
    { "/tablet", true, false, false, web_page_tablets },
    { "/tablet/cabut", true, false, false, web_page_tablet_revoke },
    { "/van/cabut", true, false, true, web_page_van_revoke },
    { "/van/daftar", true, false, true, web_page_van_enrol },
    { "/van/ganti", true, false, true, web_page_van_replace },
};

struct serve_record {
    const char *rest; /* behind the number */
    int post;         /* 1 POST, 0 GET, 2 both */
    void (*page)(struct web_page *p, uint64_t number);
};
static const struct serve_record serve_records[] = {
    { "", 0, web_page_record },
    { "/selesai", 0, web_page_done },
    { "/ubah", 2, web_page_correct },
    { "/bersama", 1, web_api_together },
    { "/lanjut", 1, web_page_continue },
    { "/tarik", 1, web_page_withdraw },
    { "/dokumen", 1, web_page_attach },
    { "/lepas", 1, web_page_detach },
    { "/tanda-terima", 0, web_page_receipt },
    { "/kertas", 2, web_page_paper },
    { "/cetak", 2, web_page_print },
    { "/cetak.png", 0, web_page_printed },
    { "/putus", 1, web_page_decide },
    { "/isian", 1, web_page_resolve_field },
    { "/langkah", 1, web_page_resolve_step },
    { "/buka", 1, web_page_reveal },
};

/* "/p/NUMBER/rest" */
static bool serve_record_page(struct web_page *p)
{
    char text[40];
    uint64_t number = 0;
    const char *start = p->r->path + 3, *rest = start + strcspn(start, "/");
    size_t n = (size_t)(rest - start);
    if (n == 0 || n >= sizeof text)
        return false;
    memcpy(text, start, n);
    text[n] = '\0';
    if (jem_number_parse(text, &number, NULL) != JEM_OK)
        return false;
    if (serve_starts(rest, "/dok/") && !p->r->post) {
        web_page_document(p, number, rest + 5);
        return true;
    }
    for (size_t i = 0; i < sizeof serve_records / sizeof *serve_records; i++) {
        const struct serve_record *it = &serve_records[i];
        if (strcmp(it->rest, rest) == 0 && (it->post == 2 || (it->post == 1) == p->r->post)) {
            it->page(p, number);
            return true;
        }
    }
    return false;
}

/* Asked by the script, not by a person: it puts no lock off. */
static bool serve_by_itself(const char *path)
{
    static const char together[] = "/bersama";
    size_t n = strlen(path);
    return strcmp(path, "/api/state") == 0 ||
           (n > sizeof together - 1 && strcmp(path + n - (sizeof together - 1), together) == 0);
}

static bool serve_page(struct web_page *p)
{
    const char *path = p->r->path;
    for (size_t i = 0; i < sizeof serve_routes / sizeof *serve_routes; i++) {
        const struct serve_route *it = &serve_routes[i];
        if (strcmp(it->path, path) == 0 && it->post == p->r->post && !(it->van_only && p->hq) &&
            !(it->hq_only && !p->hq)) {
            it->page(p);
            return true;
        }
    }
    if (serve_starts(path, "/baru/") && !p->hq && strchr(path + 6, '/') == NULL) {
        web_page_apply(p, path + 6);
        return true;
    }
    if (serve_starts(path, "/pindaian/") && !p->hq) {
        web_page_tray(p, path + 10);
        return true;
    }
    return serve_starts(path, "/p/") && serve_record_page(p);
}

/* What loads the laptop while a citizen waits: files to look at, a receipt to draw and print. */
static bool serve_heavy(const struct web_request *r)
{
    static const char print[] = "/cetak";
    size_t n = strlen(r->path);
    return r->post && (r->body_size > OFFICE_BODY_SMALL ||
                          (n > sizeof print - 1 && strcmp(r->path + n - (sizeof print - 1), print) == 0));
}

static bool serve_page_politely(struct web_page *p)
{
    struct web_loop *loop = &p->office->loop;
    bool heavy = serve_heavy(p->r);
    if (heavy)
        web_busy_begin(loop);
    bool found = serve_page(p);
    if (heavy)
        web_busy_end(loop);
    if (p->r->post)
        web_loop_wake(loop);
    return found;
}

/* What a page asks by itself is no person's doing. */
static bool serve_polls(const struct web_request *r)
{
    return serve_by_itself(r->path) || strcmp(r->path, "/api/kode") == 0 || web_request_header(r, "X-Renew") != NULL;
}

static void serve_request(struct web_office *office, struct web_request *r, struct web_answer *a)
{
    struct web_page p = { .office = office, .r = r, .a = a, .b = &a->body };
    p.look = serve_look(r, a);
    serve_language(r, a); /* again for a POST: other requests ran on this thread since its head came */
    if (serve_foreign_part(r)) {
        web_answer_text(a, 403, JEM_T_WEB_ORIGIN);
        return;
    }
    if (web_api_is(r)) {
        web_api_answer(&p);
        return;
    }
    if (serve_starts(r->path, "/a/") && !r->post) {
        web_assets_answer(&office->assets, r, a);
        return;
    }
    if (serve_is_stand(r)) {
        web_stand(&p);
        return;
    }
    if (serve_is_public(r)) {
        web_page_enrol(&p);
        return;
    }
    if (!serve_is_known(office, r)) {
        web_page_stranger(&p);
        return;
    }
    if (strcmp(r->path, "/masuk") == 0) {
        web_page_login(&p);
        return;
    }
    if (web_screen_answer(office, r, a))
        return;
    p.session = web_session_enter(&office->sessions, r, !serve_polls(r));
    if (p.session == NULL) {
        serve_locked(r, a);
        return;
    }
    p.app = p.session->app;
    if (jem_app_require(p.app, JEM_ROLE_UNKNOWN, NULL, NULL) == JEM_ELOCKED) { /* disabled meanwhile */
        web_session_end(&office->sessions, p.session);
        web_session_leave(&office->sessions, p.session);
        serve_locked(r, a);
        return;
    }
    p.hq = jem_store_role(jem_app_store(p.app)) == JEM_ROLE_HQ;
    web_loop_speak(&office->loop, jem_lang_get());
    web_loop_offer(&office->loop, p.app);
    web_gate_offer(&office->gate, p.app);
    if (!p.hq)
        jem_station_offer(office->station, p.app);
    if (r->post && !serve_token_ok(&p))
        web_page_message(&p, 403, jem_text(JEM_T_WEB_FAILED), jem_text(JEM_T_WEB_TOKEN));
    else if (!serve_page_politely(&p))
        web_page_not_found(&p);
    web_session_leave(&office->sessions, p.session);
}

static void serve_answer(void *ctx, struct web_request *r, struct web_answer *a)
{
    serve_request(ctx, r, a);
    web_page_pack(r, a);
}

/* ---- life ---- */

static void serve_busy(void *ctx, bool begins)
{
    struct web_loop *loop = ctx;
    if (begins)
        web_busy_begin(loop);
    else
        web_busy_end(loop);
}

static void serve_recorded(void *ctx)
{
    web_loop_wake(ctx);
}

static void serve_tick(void *ctx, struct web_server *server)
{
    struct web_office *office = ctx;
    web_sessions_sweep(&office->sessions);
    web_gate_tick(&office->gate, server);
    web_chore_tick(&office->export);
}

enum jem_code jem_web_serve(const struct jem_web_options *options, struct jem_error *err)
{
    char path[1024];
    static struct web_office office; /* its lock outlives a round of sync that is cut by the end of the process */
    struct web_server_options server = { .listen = options->listen,
        .loopback_only = true,
        .tls_listen = options->tls_listen,
        .host_name = options->host_name,
        .csp = serve_csp,
        .referrer = "same-origin",
        .body_max = serve_body_max,
        .answer = serve_answer,
        .tick = serve_tick,
        .ctx = &office,
        .ready = options->ready,
        .ready_ctx = options->ctx };
    enum jem_code rc = jem_path_join(path, sizeof path, options->dir, STORE_FILE, err);
    if (rc == JEM_OK && !jem_path_exists(path))
        rc = jem_fail(err, JEM_ENOTFOUND, JEM_D_WEB, 0, JEM_T_APP_NO_STORE, options->dir);
    if (rc != JEM_OK)
        return rc;
    memset(&office, 0, sizeof office);
    office.dir = options->dir;
    pthread_mutex_init(&office.login.lock, NULL);
    pthread_mutex_init(&office.screen.lock, NULL);
    pthread_mutex_init(&office.presence.lock, NULL);
    web_sessions_init(&office.sessions, options->lock_after_s > 0 ? options->lock_after_s : JEM_WEB_LOCK_AFTER_S);
    web_gate_init(&office.gate);
    web_api_init(&office.api);
    web_chore_init(&office.keep, NULL);
    web_chore_init(&office.export, options->dir);
    web_chore_init(&office.mirror, NULL);
    site_page_csp(office.stand_csp);
    rc = web_assets_init(&office.assets, err);
    bool looping = false;
    if (rc == JEM_OK) {
        rc = web_loop_start(&office.loop, options->no_sync, options->sync_every_s, err);
        looping = true;
    }
    const struct jem_station_hooks hooks = { serve_busy, serve_recorded, &office.loop };
    if (rc == JEM_OK)
        rc = jem_station_new(&hooks, &office.station, err);
    if (rc == JEM_OK && options->app != NULL) {
        web_loop_offer(&office.loop, options->app);
        web_gate_offer(&office.gate, options->app);
    }
    if (rc == JEM_OK)
        rc = web_server_run(&server, err);
    jem_station_free(office.station);
    if (looping && !web_loop_end(&office.loop, LOOP_WAIT_MS))
        jem_log(JEM_LOG_WARN, "sync: a round is cut by the end of the server");
    web_chore_end(&office.keep, LOOP_WAIT_MS);
    web_chore_end(&office.export, LOOP_WAIT_MS);
    web_chore_end(&office.mirror, LOOP_WAIT_MS);
    web_screen_close(&office);
    pthread_mutex_destroy(&office.screen.lock);
    web_sessions_release(&office.sessions);
    web_api_release(&office.api);
    web_gate_release(&office.gate);
    web_assets_release(&office.assets);
    pthread_mutex_destroy(&office.login.lock);
    pthread_mutex_destroy(&office.presence.lock);
    return rc;
}
