// room: hw
/* SANE through our helper program: the `test` backend's glass and feeder, its faults, and helpers that crash, hang and
 * flood. Each test has a configuration folder of its own; after each there is no process left. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <leptonica/allheaders.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "jemput/clock.h"
#include "jemput/scanner.h"
#include "prop.h"
#include "sane_frame.h"
#include "scratch.h"

static char folder[256], helper[1200];

static void put_file(const char *name, const char *text, mode_t mode)
{
    char path[512];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0 && fclose(f) == 0);
    assert_int_equal(chmod(path, mode), 0);
}

/* The backend's defaults, and `more` lines. */
static void backend_is(const char *more)
{
    char text[2048];
    (void)snprintf(text, sizeof text,
        "number_of_devices 2\nmode Gray\ndepth 8\nresolution 75.0\nresolution_min 1.0\nresolution_max 1200.0\n"
        "resolution_quant 1.0\ntest-picture \"Grid\"\ngeometry_min 0.0\ngeometry_max 300.0\ngeometry_quant 1.0\n"
        "tl_x 0.0\ntl_y 0.0\nbr_x 80.0\nbr_y 100.0\n%s",
        more);
    put_file("dll.conf", "test\n", 0644);
    put_file("test.conf", text, 0644);
}

static void helper_is(const char *script)
{
    char path[512], text[1024];
    (void)snprintf(text, sizeof text, "#!/bin/bash\n%s\n", script);
    put_file("helper", text, 0755);
    (void)snprintf(path, sizeof path, "%s/helper", folder);
    assert_int_equal(setenv("JEMPUT_SANE", path, 1), 0);
}

static int begin(void **state)
{
    (void)state;
    assert_int_equal(setenv("JEMPUT_SANE", helper, 1), 0);
    assert_int_equal(setenv("SANE_CONFIG_DIR", folder, 1), 0);
    backend_is("");
    return 0;
}

/* No helper may outlive its request, not even as a zombie. */
static int end(void **state)
{
    (void)state;
    errno = 0;
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
    return 0;
}

/* ---- a scan ---- */

struct take {
    unsigned pages, stop_at; /* stop_at: the sink fails there */
    PIX *last;
    unsigned dpi;
    atomic_bool cancel;
    unsigned kill_after; /* pages, then a moment later the helper is killed */
    pthread_t killer;
    bool killing;
};

static pid_t only_child(void)
{
    char path[64];
    int pid = 0;
    (void)snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    assert_int_equal(fscanf(f, "%d", &pid), 1);
    (void)fclose(f);
    return pid;
}

static void *kill_soon(void *ctx)
{
    (void)usleep(150000);
    (void)kill((pid_t)(intptr_t)ctx, SIGKILL);
    return NULL;
}

static enum jem_code take_page(void *ctx, const struct jem_scan_page *page, struct jem_error *err)
{
    struct take *t = ctx;
    assert_int_equal(page->number, ++t->pages);
    assert_int_equal(page->jpeg[0], 0xFF);
    pixDestroy(&t->last);
    t->last = pixReadMem(page->jpeg, page->len);
    assert_non_null(t->last);
    t->dpi = page->dpi;
    if (t->pages == t->stop_at)
        return jem_fail(err, JEM_ENOSPC, JEM_D_HW, 0, JEM_T_SANE_GONE);
    if (t->pages == t->kill_after) {
        t->killing = pthread_create(&t->killer, NULL, kill_soon, (void *)(intptr_t)only_child()) == 0;
        assert_true(t->killing);
    }
    return JEM_OK;
}

static const struct jem_scan_settings glass_gray = { .source = JEM_SOURCE_PLATEN,
    .colour = JEM_COLOUR_GRAY,
    .dpi = 75,
    .width_300dpi = 1200,
    .height_300dpi = 1800 };
static const struct jem_scan_settings feeder_gray = { .source = JEM_SOURCE_ADF,
    .colour = JEM_COLOUR_GRAY,
    .dpi = 75,
    .width_300dpi = 600,
    .height_300dpi = 600 };

static struct jem_scanner *scanner_of(const char *id)
{
    struct jem_scanner *scanner = NULL;
    struct jem_error err = { 0 };
    if (jem_scanner_open(NULL, id, &scanner, &err) != JEM_OK)
        fail_msg("%s", err.msg);
    return scanner;
}

static enum jem_code scan(const struct jem_scan_settings *settings, struct take *take, struct jem_scan_report *report,
    struct jem_error *err)
{
    struct jem_scanner *scanner = scanner_of("sane:test:0");
    const struct jem_scan_sink sink = { take_page, take };
    enum jem_code code = jem_scanner_scan(scanner, settings, &take->cancel, &sink, report, err);
    if (take->killing)
        (void)pthread_join(take->killer, NULL);
    take->killing = false;
    jem_scanner_close(scanner);
    return code;
}

static void scan_works(const struct jem_scan_settings *settings, struct take *take)
{
    struct jem_scan_report report = { 0 };
    struct jem_error err = { 0 };
    if (scan(settings, take, &report, &err) != JEM_OK)
        fail_msg("%s", err.msg);
    assert_int_equal(report.end, JEM_SCAN_DONE);
    assert_int_equal(report.pages, take->pages);
}

/* ---- the test backend ---- */

static void devices_are_listed(void **state)
{
    (void)state;
    struct jem_scanner_list list;
    size_t found = 0;
    assert_int_equal(jem_scanners_list(NULL, &list, NULL), JEM_OK);
    for (size_t i = 0; i < list.count; i++) {
        if (strcmp(list.items[i].id, "sane:test:0") != 0 && strcmp(list.items[i].id, "sane:test:1") != 0)
            continue;
        found++;
        assert_true(list.items[i].usable);
        assert_int_equal(list.items[i].via, JEM_VIA_SANE);
        assert_non_null(strstr(list.items[i].name, "Noname"));
    }
    assert_int_equal(found, 2);
    jem_scanner_list_release(&list);
}

static void capabilities_are_told(void **state)
{
    (void)state;
    struct jem_scanner *scanner = scanner_of("sane:test:0");
    struct jem_scanner_caps caps;
    struct jem_scanner_status status;
    struct jem_error err = { 0 };
    if (jem_scanner_caps(scanner, &caps, &err) != JEM_OK)
        fail_msg("%s", err.msg);
    assert_true(caps.sources[JEM_SOURCE_PLATEN].present && caps.sources[JEM_SOURCE_ADF].present);
    assert_false(caps.sources[JEM_SOURCE_ADF_DUPLEX].present);
    const struct jem_scan_source_caps *glass = &caps.sources[JEM_SOURCE_PLATEN];
    assert_int_equal(glass->colours, 1u << JEM_COLOUR_BILEVEL | 1u << JEM_COLOUR_GRAY | 1u << JEM_COLOUR_RGB);
    assert_int_equal(glass->range.min, 1);
    assert_int_equal(glass->range.max, 1200);
    assert_int_equal(glass->max_width_300dpi, 3543); /* 300 mm */
    assert_int_equal(jem_scan_dpi_choose(glass, 200), 200);
    assert_int_equal(jem_scanner_status(scanner, &status, NULL), JEM_OK);
    assert_int_equal(status.state, JEM_SCANNER_IDLE);
    jem_scanner_close(scanner);

    scanner = scanner_of("sane:test:7");
    assert_int_equal(jem_scanner_status(scanner, &status, NULL), JEM_OK);
    assert_int_equal(status.state, JEM_SCANNER_GONE);
    assert_int_equal(jem_scanner_caps(scanner, &caps, &err), JEM_EIO);
    assert_non_null(strstr(err.msg, "tidak ditemukan lagi"));
    jem_scanner_close(scanner);
}

static size_t tones_of(PIX *pix)
{
    NUMA *histogram = pixGetGrayHistogram(pix, 1);
    size_t tones = 0;
    for (int i = 0; i < 256; i++) {
        float n = 0;
        numaGetFValue(histogram, i, &n);
        tones += n > 50;
    }
    numaDestroy(&histogram);
    return tones;
}

static void the_glass_gives_one_page_in_each_colour(void **state)
{
    (void)state;
    static const int depths[] = { 0, 8, 8, 32 };
    backend_is("test-picture \"Color pattern\"\n");
    for (enum jem_scan_colour c = JEM_COLOUR_BILEVEL; c <= JEM_COLOUR_RGB; c++) {
        struct jem_scan_settings settings = glass_gray;
        struct take take = { 0 };
        settings.colour = c;
        scan_works(&settings, &take);
        assert_int_equal(take.pages, 1);
        assert_int_equal(pixGetDepth(take.last), depths[c]);
        assert_in_range(pixGetWidth(take.last), 296, 304);
        assert_in_range(pixGetHeight(take.last), 446, 454);
        assert_int_equal(pixGetXRes(take.last), 75);
        if (c != JEM_COLOUR_RGB)
            assert_true(tones_of(take.last) >= 2);
        pixDestroy(&take.last);
    }
}

/* Rows of 16 bits, lines longer than announced, reads of one byte at a time. */
static void odd_rows_make_whole_pages(void **state)
{
    (void)state;
    static const char *const odd[] = { "depth 16\n", "hand-scanner true\n", "read-limit true\nread-limit-size 17\n",
        "fuzzy-parameters true\n", "ppl-loss 3\n" };
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        struct take take = { 0 };
        backend_is(odd[i]);
        scan_works(&glass_gray, &take);
        assert_int_equal(take.pages, 1);
        assert_true(pixGetHeight(take.last) > 100 && pixGetWidth(take.last) > 100);
        assert_true(tones_of(take.last) >= 2);
        pixDestroy(&take.last);
    }
}

static void the_feeder_gives_all_its_pages(void **state)
{
    (void)state;
    struct take take = { 0 }, three = { 0 };
    struct jem_scan_settings settings = feeder_gray;
    scan_works(&settings, &take);
    assert_int_equal(take.pages, 10); /* what the backend's feeder holds */
    pixDestroy(&take.last);
    settings.max_pages = 3;
    scan_works(&settings, &three);
    assert_int_equal(three.pages, 3);
    pixDestroy(&three.last);
}

static void faults_have_their_own_words(void **state)
{
    (void)state;
    static const struct {
        const char *status;
        enum jem_scan_end end;
        enum jem_code code;
        const char *id, *en;
    } faults[] = {
        { "JAMMED", JEM_SCAN_JAM, JEM_EIO, "Kertas macet", "Paper jam" },
        { "COVER_OPEN", JEM_SCAN_COVER, JEM_EIO, "Penutup", "cover is open" },
        { "NO_DOCS", JEM_SCAN_NO_PAPER, JEM_EIO, "Pengumpan kosong", "feeder is empty" },
        { "IO_ERROR", JEM_SCAN_FAILED, JEM_EIO, "Periksa kabelnya", "Check its cable" },
        { "DEVICE_BUSY", JEM_SCAN_BUSY, JEM_EBUSY, "program lain", "Another program" },
        { "ACCESS_DENIED", JEM_SCAN_FAILED, JEM_EDENIED, "grup \"scanner\"", "group \"scanner\"" },
        { "CANCELLED", JEM_SCAN_CANCELLED, JEM_EBUSY, "dibatalkan", "cancelled" },
        { "NO_MEM", JEM_SCAN_FAILED, JEM_EIO, "Out of memory", "Out of memory" },
    };
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
        for (int english = 0; english < 2; english++) {
            char line[96];
            struct take take = { 0 };
            struct jem_scan_report report = { 0 };
            struct jem_error err = { 0 };
            (void)snprintf(line, sizeof line, "read-status-code \"SANE_STATUS_%s\"\n", faults[i].status);
            backend_is(line);
            jem_lang_set(english ? JEM_LANG_EN : JEM_LANG_ID);
            enum jem_code code = scan(english ? &feeder_gray : &glass_gray, &take, &report, &err);
            jem_lang_set(JEM_LANG_ID);
            if (code != faults[i].code || report.end != faults[i].end ||
                !strstr(err.msg, english ? faults[i].en : faults[i].id))
                fail_msg("%s: %s, %s: %s", faults[i].status, jem_code_name(code), jem_scan_end_name(report.end),
                    err.msg);
            assert_true(report.resumable);
            assert_int_equal(take.pages + report.pages, 0);
        }
}

static void *cancel_soon(void *ctx)
{
    (void)usleep(400000);
    atomic_store((atomic_bool *)ctx, true);
    return NULL;
}

static void a_cancel_ends_a_slow_scan(void **state)
{
    (void)state;
    struct take take = { 0 }, next = { 0 };
    struct jem_scan_report report = { 0 };
    struct jem_error err = { 0 };
    struct jem_scan_settings settings = feeder_gray;
    pthread_t thread;
    settings.dpi = 600;
    backend_is("read-delay true\nread-delay-duration 200000\nread-limit true\nread-limit-size 2000\n");
    assert_int_equal(pthread_create(&thread, NULL, cancel_soon, &take.cancel), 0);
    int64_t start_ms = jem_mono_ms();
    assert_int_equal(scan(&settings, &take, &report, &err), JEM_EBUSY);
    int64_t took_ms = jem_mono_ms() - start_ms;
    (void)pthread_join(thread, NULL);
    assert_true(took_ms >= 300 && took_ms < 8000);
    assert_int_equal(report.end, JEM_SCAN_CANCELLED);
    assert_non_null(strstr(err.msg, "dibatalkan"));
    backend_is("");
    scan_works(&glass_gray, &next);
    pixDestroy(&next.last);
    pixDestroy(&take.last);
}

static void a_killed_helper_costs_one_page(void **state)
{
    (void)state;
    struct take take = { .kill_after = 2 };
    struct jem_scan_report report = { 0 };
    struct jem_error err = { 0 };
    backend_is("read-delay true\nread-delay-duration 100000\nread-limit true\nread-limit-size 4000\n");
    assert_int_equal(scan(&feeder_gray, &take, &report, &err), JEM_EIO);
    assert_int_equal(take.pages, 2);
    assert_int_equal(report.pages, 2);
    assert_int_equal(report.end, JEM_SCAN_FAILED);
    assert_true(report.resumable);
    if (!strstr(err.msg, "berhenti mendadak (kode 9)") || !strstr(err.msg, "2 halaman sudah tersimpan"))
        fail_msg("%s", err.msg);
    /* The same batch goes on: numbers follow the pages that are kept. */
    backend_is("");
    take.kill_after = 0;
    assert_int_equal(scan(&feeder_gray, &take, &report, &err), JEM_OK);
    assert_int_equal(report.end, JEM_SCAN_DONE);
    assert_int_equal(report.pages, 12);
    assert_int_equal(take.pages, 12);
    pixDestroy(&take.last);
}

static void a_sink_that_fails_ends_the_scan(void **state)
{
    (void)state;
    struct take take = { .stop_at = 2 };
    struct jem_scan_report report = { 0 };
    struct jem_error err = { 0 };
    assert_int_equal(scan(&feeder_gray, &take, &report, &err), JEM_ENOSPC);
    assert_int_equal(report.pages, 1);
    pixDestroy(&take.last);
}

/* ---- helpers that misbehave ---- */

static void caps_fail(const char *script, enum jem_code code, const char *why, int64_t within_ms)
{
    struct jem_scanner *scanner = scanner_of("sane:test:0");
    struct jem_scanner_caps caps;
    struct jem_error err = { 0 };
    helper_is(script);
    int64_t start_ms = jem_mono_ms();
    enum jem_code got = jem_scanner_caps(scanner, &caps, &err);
    if (got != code || !strstr(err.msg, why))
        fail_msg("%s: %s: %s", script, jem_code_name(got), err.msg);
    assert_true(jem_mono_ms() - start_ms < within_ms);
    jem_scanner_close(scanner);
}

static void bad_helpers_are_ended(void **state)
{
    (void)state;
    caps_fail("exit 7", JEM_EIO, "berhenti mendadak (kode 7)", 3000);
    caps_fail("kill -SEGV $$", JEM_EIO, "berhenti mendadak (kode 11)", 3000);
    caps_fail("cat /dev/zero >&3", JEM_ECORRUPT, "kacau", 3000);
    caps_fail("yes EEEE >&3", JEM_ECORRUPT, "kacau", 3000);
    caps_fail("printf 'K\\xff\\xff\\xff\\xff' >&3; sleep 1000", JEM_ECORRUPT, "kacau", 3000);
    caps_fail("printf 'K\\0\\0\\0\\1z' >&3; sleep 1000", JEM_ECORRUPT, "kacau", 3000);
    caps_fail("printf 'E\\0\\0\\0\\2\\1\\0' >&3; sleep 1000", JEM_ECORRUPT, "kacau", 3000);
    caps_fail("exec 3>&-; sleep 1000", JEM_EIO, "berhenti mendadak (kode 9)", 3000);
    caps_fail("sleep 1000 & exit 5", JEM_EIO, "berhenti mendadak (kode 5)", 3000); /* a child of it holds the socket */
    caps_fail("trap '' TERM INT HUP; while :; do sleep 1; done", JEM_EIO, "tidak menjawab", 25000);
}

static void a_flood_of_devices_is_bounded(void **state)
{
    (void)state;
    struct jem_scanner_list list;
    bool told = false;
    helper_is("while :; do printf 'D\\0\\0\\0\\7\\0\\1a\\0\\0\\0\\0' >&3; done");
    assert_int_equal(jem_scanners_list(NULL, &list, NULL), JEM_OK);
    assert_true(list.count <= 64 + 16);
    for (size_t i = 0; i < list.count; i++)
        told = told || (strcmp(list.items[i].id, "sane:") == 0 && !list.items[i].usable &&
                           strstr(list.items[i].why, "/etc/sane.d/dll.conf"));
    assert_true(told);
    jem_scanner_list_release(&list);
}

static void a_missing_helper_is_no_scanner(void **state)
{
    (void)state;
    struct jem_scanner *scanner = scanner_of("sane:test:0");
    struct jem_scanner_caps caps;
    struct jem_scanner_list list;
    struct jem_error err = { 0 };
    assert_int_equal(setenv("JEMPUT_SANE", "/nonexistent/jemput-sane", 1), 0);
    assert_int_equal(jem_scanner_caps(scanner, &caps, &err), JEM_ENOTFOUND);
    assert_non_null(strstr(err.msg, "Pasang ulang"));
    assert_int_equal(jem_scanners_list(NULL, &list, NULL), JEM_OK);
    for (size_t i = 0; i < list.count; i++)
        assert_int_not_equal(list.items[i].via, JEM_VIA_SANE);
    jem_scanner_list_release(&list);
    jem_scanner_close(scanner);
}

/* What a scanner can do is asked by the real helper; the scan then meets a bad one. */
static void scan_fails(const char *script, const char *why, int64_t within_ms, bool cancel)
{
    struct jem_scanner *scanner = scanner_of("sane:test:0");
    struct jem_scanner_caps caps;
    struct take take = { 0 };
    struct jem_scan_report report = { 0 };
    struct jem_error err = { 0 };
    const struct jem_scan_sink sink = { take_page, &take };
    pthread_t thread;
    assert_int_equal(setenv("JEMPUT_SANE", helper, 1), 0);
    assert_int_equal(jem_scanner_caps(scanner, &caps, NULL), JEM_OK);
    helper_is(script);
    if (cancel)
        assert_int_equal(pthread_create(&thread, NULL, cancel_soon, &take.cancel), 0);
    int64_t start_ms = jem_mono_ms();
    assert_int_not_equal(jem_scanner_scan(scanner, &feeder_gray, &take.cancel, &sink, &report, &err), JEM_OK);
    assert_true(jem_mono_ms() - start_ms < within_ms);
    if (cancel)
        (void)pthread_join(thread, NULL);
    if (!strstr(err.msg, why))
        fail_msg("%s: %s", script, err.msg);
    assert_int_equal(take.pages, 0);
    assert_int_equal(report.pages, 0);
    jem_scanner_close(scanner);
}

static void a_scan_survives_bad_helpers(void **state)
{
    (void)state;
    scan_fails("printf 'P\\0\\0\\1\\0\\xff\\xd8\\xff' >&3; kill -9 $$", "berhenti mendadak (kode 9)", 3000, false);
    scan_fails("printf 'P\\0\\0\\0\\4\\xff\\xd8\\xff\\xd9' >&3; sleep 1000", "terpotong", 3000, false);
    scan_fails("printf 'P\\x7f\\0\\0\\0' >&3; cat /dev/zero >&3", "kacau", 3000, false);
    scan_fails("printf 'D\\0\\0\\0\\0' >&3; sleep 1000", "kacau", 3000, false);
    scan_fails("trap '' TERM; while :; do sleep 1; done", "dibatalkan", 9000, true);
    scan_fails("printf 'P\\0\\1\\0\\0' >&3; while :; do printf x >&3; sleep 0.2; done", "dibatalkan", 9000, true);
}

/* ---- frames ---- */

static void frames_come_back_as_they_went(void **state)
{
    (void)state;
    struct prop g = prop_start("frames");
    for (size_t round = 0; round < prop_rounds(200); round++) {
        struct jem_scanner_caps caps = { .model = "Maker, model" }, caps_out;
        for (size_t i = JEM_SOURCE_PLATEN; i < JEM_SOURCES; i++) {
            struct jem_scan_source_caps *s = &caps.sources[i];
            s->present = prop_below(&g, 2) == 1;
            s->jpeg = true;
            s->max_width_300dpi = 1 + (uint32_t)prop_below(&g, 30000);
            s->max_height_300dpi = 1 + (uint32_t)prop_below(&g, 30000);
            s->min_width_300dpi = (uint32_t)prop_below(&g, s->max_width_300dpi + 1);
            s->min_height_300dpi = (uint32_t)prop_below(&g, s->max_height_300dpi + 1);
            s->resolution_count = prop_below(&g, JEM_SCAN_RESOLUTIONS_MAX + 1);
            for (size_t k = 0; k < s->resolution_count; k++)
                s->resolutions[k] = (unsigned)(10 + 100 * k + prop_below(&g, 90));
            s->range = (struct jem_scan_range){ 1, 1 + (unsigned)prop_below(&g, 1200), 1 };
            s->colours = (unsigned)prop_below(&g, 8) << 1;
        }
        struct jem_buf b = JEM_BUF_INIT(8192);
        sane_put_caps(&b, &caps);
        assert_int_equal(jem_buf_ok(&b, NULL), JEM_OK);
        struct jem_reader r = jem_reader_of(b.data, b.len);
        assert_true(sane_get_caps(&r, &caps_out));
        assert_memory_equal(&caps, &caps_out, sizeof caps);
        for (size_t hit = 0; hit < 40; hit++) { /* damage: taken only if it is still possible, and never past the end */
            size_t n = prop_below(&g, b.len + 1);
            unsigned char *copy = malloc(n ? n : 1);
            assert_non_null(copy);
            memcpy(copy, b.data, n);
            if (n > 0)
                copy[prop_below(&g, n)] ^= (unsigned char)(1 + prop_below(&g, 255));
            r = jem_reader_of(copy, n);
            if (sane_get_caps(&r, &caps_out))
                for (size_t i = 1; i < JEM_SOURCES; i++)
                    assert_true(caps_out.sources[i].resolution_count <= JEM_SCAN_RESOLUTIONS_MAX);
            r = jem_reader_of(copy, n);
            struct sane_end end_out;
            (void)sane_get_end(&r, &end_out);
            struct jem_scan_settings settings_out;
            r = jem_reader_of(copy, n);
            (void)sane_get_settings(&r, &settings_out);
            free(copy);
        }
        jem_buf_release(&b);
    }
}

static int group_end(void **state)
{
    (void)state;
    char command[512];
    (void)snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(devices_are_listed, begin, end),
        cmocka_unit_test_setup_teardown(capabilities_are_told, begin, end),
        cmocka_unit_test_setup_teardown(the_glass_gives_one_page_in_each_colour, begin, end),
        cmocka_unit_test_setup_teardown(odd_rows_make_whole_pages, begin, end),
        cmocka_unit_test_setup_teardown(the_feeder_gives_all_its_pages, begin, end),
        cmocka_unit_test_setup_teardown(faults_have_their_own_words, begin, end),
        cmocka_unit_test_setup_teardown(a_cancel_ends_a_slow_scan, begin, end),
        cmocka_unit_test_setup_teardown(a_killed_helper_costs_one_page, begin, end),
        cmocka_unit_test_setup_teardown(a_sink_that_fails_ends_the_scan, begin, end),
        cmocka_unit_test_setup_teardown(bad_helpers_are_ended, begin, end),
        cmocka_unit_test_setup_teardown(a_flood_of_devices_is_bounded, begin, end),
        cmocka_unit_test_setup_teardown(a_missing_helper_is_no_scanner, begin, end),
        cmocka_unit_test_setup_teardown(a_scan_survives_bad_helpers, begin, end),
        cmocka_unit_test(frames_come_back_as_they_went),
    };
    char self[1024];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    if (n < 0)
        return 2;
    self[n] = '\0';
    *strrchr(self, '/') = '\0';
    (void)snprintf(helper, sizeof helper, "%s/../jemput-sane", self);
    scratch_dir(folder, sizeof folder, "sane");
    return cmocka_run_group_tests(tests, NULL, group_end);
}
