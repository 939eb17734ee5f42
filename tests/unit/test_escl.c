// room: hw
/* eSCL without a device: capabilities and status decoded, settings written, and the rules of what to do next. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "escl.h"
#include "escl_xml.h"
#include "jemput/file.h"
#include "prop.h"
#include "quirks.h"
#include "scanner_ops.h"

static struct jem_escl_caps caps_of(const char *path)
{
    struct jem_buf xml = JEM_BUF_INIT(1 << 20);
    struct jem_escl_caps caps;
    struct jem_error err;
    if (jem_file_read(path, 1 << 20, &xml, &err) != JEM_OK ||
        jem_escl_caps_read(xml.data, xml.len, &caps, &err) != JEM_OK)
        fail_msg("%s: %s", path, err.msg);
    jem_buf_release(&xml);
    return caps;
}

/* ---- capabilities ---------------------------------------------------------------------------------------------------- */

static void reads_lists_ranges_and_shared_profiles(void **state)
{
    (void)state;
    struct jem_escl_caps c = caps_of("tests/devices/scanner_duplex/caps.xml");
    const struct jem_scan_source_caps *platen = &c.common.sources[JEM_SOURCE_PLATEN];
    assert_int_equal(platen->resolution_count, 3);
    assert_int_equal(platen->resolutions[0], 200);
    assert_int_equal(platen->resolutions[2], 600);
    assert_int_equal(platen->range.max, 0);
    assert_int_equal(platen->max_width_300dpi, 2550);
    assert_int_equal(platen->min_height_300dpi, 16);
    assert_true(platen->jpeg && c.sources[JEM_SOURCE_PLATEN].format_ext && c.sources[JEM_SOURCE_PLATEN].intent_ok);
    const struct jem_scan_source_caps *adf = &c.common.sources[JEM_SOURCE_ADF];
    assert_int_equal(adf->resolution_count, 0);
    assert_int_equal(adf->range.min, 75);
    assert_int_equal(adf->range.max, 600);
    assert_int_equal(adf->range.step, 25);
    assert_false(c.sources[JEM_SOURCE_ADF].format_ext);
    assert_true(c.common.sources[JEM_SOURCE_ADF_DUPLEX].present); /* told as an option */
    assert_true(c.compression);
    assert_int_equal(c.compression_factor, 25);

    c = caps_of("tests/devices/scanner_quirky/caps.xml");
    assert_false(c.common.sources[JEM_SOURCE_PLATEN].present);
    assert_false(c.common.sources[JEM_SOURCE_ADF_DUPLEX].present);
    assert_int_equal(c.common.sources[JEM_SOURCE_ADF].resolutions[0], 200);
    assert_int_equal(c.common.sources[JEM_SOURCE_ADF].colours, 1 << JEM_COLOUR_BILEVEL | 1 << JEM_COLOUR_GRAY);
    assert_false(c.compression);
}

static void refuses(const char *xml)
{
    struct jem_escl_caps caps;
    struct jem_escl_status status;
    struct jem_error err = { 0 };
    assert_int_equal(jem_escl_caps_read(xml, strlen(xml), &caps, &err), JEM_ECORRUPT);
    assert_true(err.msg[0] != '\0');
    assert_int_equal(caps.common.sources[JEM_SOURCE_PLATEN].present, false);
    assert_int_equal(jem_escl_status_read(xml, strlen(xml), NULL, &status, &err), JEM_ECORRUPT);
}

static void refuses_what_is_no_answer(void **state)
{
    (void)state;
    refuses("");
    refuses("<html><body>404</body></html>");
    refuses("<ScannerCapabilities>");
    refuses("<ScannerCapabilities/>"); /* a scanner without a source */
    refuses("<!DOCTYPE a [<!ENTITY b \"c\">]><ScannerStatus>&b;</ScannerStatus>");
    refuses("<!DOCTYPE lolz [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\">"
            "<!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;\">]><ScannerStatus>&c;</ScannerStatus>");
    refuses("<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><ScannerStatus/>");
    struct jem_buf deep = JEM_BUF_INIT(1 << 20);
    jem_buf_str(&deep, "<ScannerStatus>");
    for (int i = 0; i < 100; i++)
        jem_buf_str(&deep, "<a>");
    for (int i = 0; i < 100; i++)
        jem_buf_str(&deep, "</a>");
    jem_buf_str(&deep, "</ScannerStatus>");
    refuses(jem_buf_text(&deep));
    jem_buf_clear(&deep);
    jem_buf_str(&deep, "<ScannerStatus>");
    for (int i = 0; i < JEM_ESCL_XML_MAX_ELEMENTS + 1; i++)
        jem_buf_str(&deep, "<a/>");
    jem_buf_str(&deep, "</ScannerStatus>");
    refuses(jem_buf_text(&deep));
    jem_buf_release(&deep);
}

static void leaves_out_nonsense_values(void **state)
{
    (void)state;
    static const char xml[] =
        "<ScannerCapabilities><MakeAndModel>A\nB</MakeAndModel><Platen><PlatenInputCaps><MinWidth>-4</MinWidth>"
        "<MaxWidth>99999999999</MaxWidth><MaxHeight>0</MaxHeight><SettingProfiles><SettingProfile><ColorModes>"
        "<ColorMode>RGB48</ColorMode><ColorMode>RGB24</ColorMode></ColorModes><SupportedResolutions>"
        "<DiscreteResolutions><DiscreteResolution><XResolution>300</XResolution><YResolution>600</YResolution>"
        "</DiscreteResolution><DiscreteResolution><XResolution>1</XResolution><YResolution>1</YResolution>"
        "</DiscreteResolution><DiscreteResolution><XResolution>150</XResolution><YResolution>150</YResolution>"
        "</DiscreteResolution></DiscreteResolutions></SupportedResolutions></SettingProfile></SettingProfiles>"
        "</PlatenInputCaps></Platen></ScannerCapabilities>";
    struct jem_escl_caps c;
    assert_int_equal(jem_escl_caps_read(xml, sizeof xml - 1, &c, NULL), JEM_OK);
    const struct jem_scan_source_caps *platen = &c.common.sources[JEM_SOURCE_PLATEN];
    assert_string_equal(c.common.model, "A B");
    assert_int_equal(platen->resolution_count, 1);
    assert_int_equal(platen->resolutions[0], 150);
    assert_int_equal(platen->colours, 1 << JEM_COLOUR_RGB);
    assert_int_equal(platen->max_width_300dpi, 2480); /* A4 where nothing sensible is told */
}

/* ---- status ------------------------------------------------------------------------------------------------------------ */

static void reads_states_and_its_own_job(void **state)
{
    (void)state;
    static const char xml[] =
        "<s:ScannerStatus xmlns:s='x' xmlns:p='y'><p:State>Processing</p:State><s:AdfState>ScannerAdfHatchOpen"
        "</s:AdfState><s:Jobs><s:JobInfo><p:JobUri>/eSCL/ScanJobs/1</p:JobUri><p:JobState>Completed</p:JobState>"
        "</s:JobInfo><s:JobInfo><p:JobUri>http://printer:80/eSCL/ScanJobs/2/</p:JobUri><p:JobState>Processing"
        "</p:JobState></s:JobInfo><s:JobInfo><p:JobState>Aborted</p:JobState><p:JobUri>/eSCL/ScanJobs/3</p:JobUri>"
        "</s:JobInfo></s:Jobs></s:ScannerStatus>";
    static const enum jem_escl_job jobs[] = { JEM_ESCL_JOB_COMPLETED, JEM_ESCL_JOB_ACTIVE, JEM_ESCL_JOB_ENDED,
        JEM_ESCL_JOB_UNKNOWN };
    for (int i = 0; i < 4; i++) {
        char path[64];
        struct jem_escl_status s;
        (void)snprintf(path, sizeof path, "/eSCL/ScanJobs/%d", i + 1);
        assert_int_equal(jem_escl_status_read(xml, sizeof xml - 1, path, &s, NULL), JEM_OK);
        assert_int_equal(s.common.state, JEM_SCANNER_BUSY);
        assert_int_equal(s.common.adf, JEM_ADF_COVER);
        assert_int_equal(s.job, jobs[i]);
    }
}

/* ---- settings ------------------------------------------------------------------------------------------------------------ */

struct seen {
    char order[1024], width[16], source[16];
};

static void see(void *ctx, const char *path, const char *text)
{
    struct seen *s = ctx;
    const char *name = strrchr(path, '/') + 1;
    if (strstr(path, "/ScanRegions/") == NULL) {
        strncat(s->order, name, sizeof s->order - strlen(s->order) - 2);
        strncat(s->order, " ", 2);
    }
    if (strcmp(name, "Width") == 0)
        (void)snprintf(s->width, sizeof s->width, "%s", text);
    if (strcmp(name, "InputSource") == 0)
        (void)snprintf(s->source, sizeof s->source, "%s", text);
}

static void writes_settings_in_the_order_of_the_schema(void **state)
{
    (void)state;
    struct jem_escl_caps caps = caps_of("tests/devices/scanner_duplex/caps.xml");
    struct jem_scan_settings s = { .source = JEM_SOURCE_ADF_DUPLEX,
        .colour = JEM_COLOUR_RGB,
        .dpi = 300,
        .width_300dpi = 2480,
        .height_300dpi = 3508 };
    static const char *const orders[] = {
        "",
        "Version Intent ScanRegions InputSource CompressionFactor ColorMode DocumentFormat DocumentFormatExt "
        "XResolution "
        "YResolution ScanSettings ",
        "Version Intent ScanRegions InputSource CompressionFactor ColorMode DocumentFormat XResolution YResolution "
        "Duplex "
        "ScanSettings ",
    };
    for (int i = 1; i < 3; i++) {
        struct jem_buf xml = JEM_BUF_INIT(1 << 16);
        struct seen seen = { "", "", "" };
        const struct jem_escl_xml walk = { NULL, see, &seen };
        s.source = i == 1 ? JEM_SOURCE_PLATEN : JEM_SOURCE_ADF_DUPLEX;
        assert_int_equal(jem_escl_settings_write(&s, &caps, &xml, NULL), JEM_OK);
        assert_int_equal(jem_escl_xml_walk(xml.data, xml.len, &walk, NULL), JEM_OK);
        assert_string_equal(seen.order, orders[i]);
        assert_string_equal(seen.width, "2480");
        assert_string_equal(seen.source, i == 1 ? "Platen" : "Feeder");
        jem_buf_release(&xml);
    }
}

static void takes_only_the_path_of_a_location(void **state)
{
    (void)state;
    static const char *const good[] = { "/eSCL/ScanJobs/12-ab", "http://192.168.1.4/eSCL/ScanJobs/12-ab",
        "http://[::1]:60000/eSCL/ScanJobs/12-ab/", "http:///eSCL/ScanJobs/12-ab", "localhost/escl/scanjobs/12-ab",
        "//evil.example/eSCL/ScanJobs/12-ab", "/ScanJobs/12-ab", "http://h:8080//eSCL/ScanJobs/12-ab?x=1" };
    static const char *const bad[] = { "", "/", "http://x/", "/eSCL/ScanJobs/", "/eSCL/ScanJobs", "/eSCL/ScanJobs/../x",
        "/eSCL/ScanJobs/a//b", "/eSCL/ScanJobs/\r\nX: y" };
    char path[JEM_ESCL_PATH_MAX];
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_true(jem_escl_job_path(good[i], path));
        assert_string_equal(path, "/eSCL/ScanJobs/12-ab");
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(jem_escl_job_path(bad[i], path));
    char longest[1024] = "/eSCL/ScanJobs/";
    memset(longest + strlen(longest), 'a', 600);
    assert_false(jem_escl_job_path(longest, path));
}

/* ---- rules ---------------------------------------------------------------------------------------------------------------- */

static const struct jem_escl_facts feeder = { .source = JEM_SOURCE_ADF,
    .colour = JEM_COLOUR_GRAY,
    .tries = 1,
    .status_known = true,
    .status = { { JEM_SCANNER_IDLE, JEM_ADF_EMPTY }, JEM_ESCL_JOB_UNKNOWN } };

static void expect(struct jem_escl_verdict v, enum jem_escl_next next, enum jem_scan_end end)
{
    assert_int_equal(v.next, next);
    if (next == JEM_ESCL_STOP)
        assert_int_equal(v.end, end);
}

static void judges_pages(void **state)
{
    (void)state;
    struct jem_escl_facts f = feeder;
    f.http = 200;
    expect(jem_escl_judge_page(&f), JEM_ESCL_TAKE, 0);
    f.http = 404;
    expect(jem_escl_judge_page(&f), JEM_ESCL_STOP, JEM_SCAN_NO_PAPER);
    f.pages = 3;
    expect(jem_escl_judge_page(&f), JEM_ESCL_STOP, JEM_SCAN_DONE);
    f.http = 409; /* an empty feeder, told the other way */
    expect(jem_escl_judge_page(&f), JEM_ESCL_STOP, JEM_SCAN_DONE);
    f.status_known = false; /* might be a jam */
    expect(jem_escl_judge_page(&f), JEM_ESCL_WAIT, 0);
    f.tries = 3;
    expect(jem_escl_judge_page(&f), JEM_ESCL_STOP, JEM_SCAN_DONE);
    f = feeder;
    f.http = 404;
    f.pages = 1;
    f.status.common.adf = JEM_ADF_LOADED;
    f.status.job = JEM_ESCL_JOB_ACTIVE; /* too early */
    expect(jem_escl_judge_page(&f), JEM_ESCL_WAIT, 0);
    f.tries = 3;
    expect(jem_escl_judge_page(&f), JEM_ESCL_STOP, JEM_SCAN_DONE);
    f.quirks = JEM_QUIRK_RETRY_404;
    expect(jem_escl_judge_page(&f), JEM_ESCL_WAIT, 0);
    f.tries = 30;
    expect(jem_escl_judge_page(&f), JEM_ESCL_STOP, JEM_SCAN_DONE);
    f = feeder;
    f.http = 503;
    f.tries = 29;
    expect(jem_escl_judge_page(&f), JEM_ESCL_WAIT, 0);
    f.tries = 30;
    expect(jem_escl_judge_page(&f), JEM_ESCL_STOP, JEM_SCAN_BUSY);
    f.status.common.adf = JEM_ADF_JAM; /* whatever the code: paper is stuck */
    for (f.http = 400; f.http < 600; f.http++)
        expect(jem_escl_judge_page(&f), JEM_ESCL_STOP, JEM_SCAN_JAM);
    f.source = JEM_SOURCE_PLATEN; /* the glass has no feeder */
    f.http = 404;
    f.tries = 3;
    expect(jem_escl_judge_page(&f), JEM_ESCL_STOP, JEM_SCAN_FAILED);
    f.http = 500;
    expect(jem_escl_judge_page(&f), JEM_ESCL_STOP, JEM_SCAN_FAILED);
}

static void judges_new_jobs(void **state)
{
    (void)state;
    struct jem_escl_facts f = feeder;
    f.status.common.adf = JEM_ADF_LOADED;
    f.http = 201;
    expect(jem_escl_judge_create(&f), JEM_ESCL_TAKE, 0);
    f.http = 503;
    expect(jem_escl_judge_create(&f), JEM_ESCL_WAIT, 0);
    f.tries = 10;
    expect(jem_escl_judge_create(&f), JEM_ESCL_STOP, JEM_SCAN_BUSY);
    f.http = 409;
    expect(jem_escl_judge_create(&f), JEM_ESCL_STOP, JEM_SCAN_REFUSED);
    f.colour = JEM_COLOUR_BILEVEL;
    expect(jem_escl_judge_create(&f), JEM_ESCL_PLAIN, 0);
    f.status.common.adf = JEM_ADF_COVER;
    expect(jem_escl_judge_create(&f), JEM_ESCL_STOP, JEM_SCAN_COVER);
    f.status.common.adf = JEM_ADF_EMPTY;
    expect(jem_escl_judge_create(&f), JEM_ESCL_STOP, JEM_SCAN_NO_PAPER);
    f.http = 500;
    expect(jem_escl_judge_create(&f), JEM_ESCL_STOP, JEM_SCAN_FAILED);
    expect(jem_escl_judge_feeder(&f), JEM_ESCL_STOP, JEM_SCAN_NO_PAPER);
    assert_int_equal(jem_escl_pause_ms(300), 150);
    assert_int_equal(jem_escl_pause_ms(30000), 1000);
}

/* Every series of answers ends: nothing is asked for ever. */
static void every_series_of_answers_ends(void **state)
{
    (void)state;
    struct prop g = prop_start("escl answers");
    static const unsigned codes[] = { 400, 404, 409, 410, 500, 503 };
    for (size_t round = 0; round < prop_rounds(2000); round++) {
        struct jem_escl_facts f = { .source = (enum jem_scan_source)(1 + prop_below(&g, 3)),
            .colour = (enum jem_scan_colour)(1 + prop_below(&g, 3)),
            .quirks = (unsigned)prop_below(&g, 256),
            .pages = (unsigned)prop_below(&g, 3),
            .status_known = prop_below(&g, 2) };
        f.status.common.adf = (enum jem_adf_state)prop_below(&g, 5);
        f.status.job = (enum jem_escl_job)prop_below(&g, 4);
        bool page = prop_below(&g, 2);
        for (f.tries = 1;; f.tries++) {
            f.http = codes[prop_below(&g, 6)];
            struct jem_escl_verdict v = page ? jem_escl_judge_page(&f) : jem_escl_judge_create(&f);
            if (v.next == JEM_ESCL_PLAIN)
                f.colour = JEM_COLOUR_GRAY;
            if (v.next == JEM_ESCL_STOP) {
                assert_int_not_equal(v.end, JEM_SCAN_END_UNKNOWN);
                break;
            }
            assert_true(f.tries <= 30);
        }
    }
}

/* ---- choices --------------------------------------------------------------------------------------------------------------- */

static void chooses_what_there_is(void **state)
{
    (void)state;
    struct prop g = prop_start("dpi");
    for (size_t round = 0; round < prop_rounds(2000); round++) {
        struct jem_scan_source_caps c = { .present = true };
        if (prop_below(&g, 2)) {
            unsigned dpi = 50;
            c.resolution_count = 1 + prop_below(&g, 8);
            for (size_t i = 0; i < c.resolution_count; i++)
                c.resolutions[i] = dpi += 1 + (unsigned)prop_below(&g, 200);
        } else {
            c.range.min = 10 + (unsigned)prop_below(&g, 100);
            c.range.max = c.range.min + (unsigned)prop_below(&g, 1200);
            c.range.step = (unsigned)prop_below(&g, 60);
        }
        unsigned wanted = 1 + (unsigned)prop_below(&g, 2000), chosen = jem_scan_dpi_choose(&c, wanted);
        assert_int_equal(jem_scan_dpi_choose(&c, chosen), chosen); /* it is one of them */
        if (chosen < wanted)                                       /* only when nothing larger is there */
            assert_int_equal(jem_scan_dpi_choose(&c, 100000), chosen);
        for (size_t i = 0; i < c.resolution_count; i++) /* nothing smaller would do */
            assert_false(c.resolutions[i] >= wanted && c.resolutions[i] < chosen);
        if (c.resolution_count == 0 && chosen > wanted && chosen > c.range.min)
            assert_true(chosen - (c.range.step ? c.range.step : 1) < wanted);
    }
    struct jem_scan_source_caps none = { .present = true };
    assert_int_equal(jem_scan_dpi_choose(&none, 300), 0);
    assert_int_equal(jem_scan_colour_choose(&none, JEM_COLOUR_GRAY), JEM_COLOUR_UNKNOWN);
}

static void fits_regions_into_the_bed(void **state)
{
    (void)state;
    struct prop g = prop_start("regions");
    struct jem_escl_caps c = caps_of("tests/devices/scanner_duplex/caps.xml");
    for (size_t round = 0; round < prop_rounds(2000); round++) {
        struct jem_scan_settings s = { .source = JEM_SOURCE_PLATEN, .colour = JEM_COLOUR_GRAY, .dpi = 300 }, out;
        s.x_300dpi = (uint32_t)prop_below(&g, 6000);
        s.y_300dpi = (uint32_t)prop_below(&g, 6000);
        s.width_300dpi = (uint32_t)prop_below(&g, 6000);
        s.height_300dpi = (uint32_t)prop_below(&g, 6000);
        assert_int_equal(jem_scan_settings_fit(&c.common, &s, &out, NULL), JEM_OK);
        assert_in_range(out.width_300dpi, 16, 2550);
        assert_in_range(out.height_300dpi, 16, 3508);
        assert_true(out.x_300dpi + out.width_300dpi <= 2550);
        assert_true(out.y_300dpi + out.height_300dpi <= 3508);
    }
}

static void every_quirk_has_its_evidence(void **state)
{
    (void)state;
    const struct jem_quirk_line *line;
    unsigned i = 0;
    for (; (line = jem_quirk_line(i)); i++) {
        assert_true(line->quirks != 0);
        assert_true((line->model != NULL) != (line->server != NULL));
        assert_true(strlen(line->symptom) > 10 && strlen(line->evidence) > 20);
    }
    assert_true(i > 5);
    assert_int_equal(jem_quirks_of("Uji Pindai 200", "nginx"), 0);
    assert_true(jem_quirks_of("HP ScanJet Pro 4500 fn1", "") & JEM_QUIRK_ONE_PIPE);
    assert_true(jem_quirks_of("Xerox B215 Multifunction Printer", "") & JEM_QUIRK_RETRY_404);
    assert_true(jem_quirks_of("", "HP_Compact_Server/1.0") & JEM_QUIRK_HOST_PLAIN);
    assert_true(jem_quirks_of("epson ET-2850 Series", "") & JEM_QUIRK_HOST_PORT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_lists_ranges_and_shared_profiles),
        cmocka_unit_test(refuses_what_is_no_answer),
        cmocka_unit_test(leaves_out_nonsense_values),
        cmocka_unit_test(reads_states_and_its_own_job),
        cmocka_unit_test(writes_settings_in_the_order_of_the_schema),
        cmocka_unit_test(takes_only_the_path_of_a_location),
        cmocka_unit_test(judges_pages),
        cmocka_unit_test(judges_new_jobs),
        cmocka_unit_test(every_series_of_answers_ends),
        cmocka_unit_test(chooses_what_there_is),
        cmocka_unit_test(fits_regions_into_the_bed),
        cmocka_unit_test(every_quirk_has_its_evidence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
