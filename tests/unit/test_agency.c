/* test_agency.c - exchange with agencies: who may, what a package holds and what it does not, its signature, answers that fit and
 * answers that do not. */
// room: app
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "app_world.h"
#include "jemput/agency.h"
#include "jemput/csv.h"
#include "jemput/desk.h"
#include "jemput/exchange.h"
#include "jemput/intake.h"
#include "jemput/keys.h"
#include "jemput/law.h"
#include "jemput/lookup.h"
#include "jemput/sshsig.h"
#include "prop.h"
#include "unit.h"

#define PEOPLE 4

static struct jem_error err;
static uint64_t numbers[PEOPLE];
static char package[24];

static int setup(void **state)
{
    (void)state;
    world_make(&world, 1);
    for (unsigned i = 0; i < PEOPLE; i++) {
        numbers[i] = world_apply(world.van[0], i < 3 ? "bpjs-kesehatan" : "kia", i);
        nanosleep(&(struct timespec){ 0, 2000000 }, NULL); /* within a millisecond, numbers decide which is older */
    }
    world_sync(&world, 0);
    for (unsigned i = 0; i < PEOPLE; i++) {
        json_t *o = NULL;
        struct jem_decision yes = { .number = numbers[i], .to = JEM_STATUS_VERIFIED };
        assert_int_equal(jem_desk_decide(world.hq, &yes, &o, &err), JEM_OK);
        json_decref(o);
    }
    return 0;
}

static json_t *packed(bool csv, const char *again, struct jem_buf *file)
{
    struct jem_buf signature = JEM_BUF_INIT(4096);
    struct jem_package in = { .agency = "bpjs-kesehatan", .csv = csv, .again = again };
    struct jem_keys *keys = NULL;
    json_t *o = NULL;
    assert_int_equal(jem_agency_out(world.hq, &in, file, &signature, &o, &err), JEM_OK);
    assert_int_equal(jem_keys_load(jem_app_store(world.hq), &keys, &err), JEM_OK);
    assert_int_equal(jem_sshsig_verify(jem_buf_text(&signature), signature.len, file->data, file->len,
                         keys->sign_public, &err),
        JEM_OK);
    file->data[file->len / 2] ^= 1;
    assert_int_equal(jem_sshsig_verify(jem_buf_text(&signature), signature.len, file->data, file->len,
                         keys->sign_public, &err),
        JEM_ECORRUPT);
    file->data[file->len / 2] ^= 1;
    jem_keys_free(keys);
    jem_buf_release(&signature);
    return o;
}

static void a_package_holds_what_its_agency_asks(void **state)
{
    (void)state;
    struct jem_buf file = JEM_BUF_INIT((size_t)1 << 20), again = JEM_BUF_INIT((size_t)1 << 20),
                   csv = JEM_BUF_INIT((size_t)1 << 20);
    json_t *o = packed(false, NULL, &file), *read = NULL, *row, *shown = NULL, *lines = NULL;
    size_t i;
    char nik[17];
    assert_int_equal(jem_json_int(o, "applications", 0), 3);
    (void)snprintf(package, sizeof package, "%s", jem_json_str(o, "package", ""));
    json_decref(o);
    assert_int_equal(jem_json_parse(jem_buf_text(&file), file.len, "x", &read, &err), JEM_OK);
    assert_string_equal(jem_json_str(read, "format", ""), "jemput-exchange-1");
    const json_t *rows = json_object_get(read, "applications");
    assert_int_equal(json_array_size(rows), 3);
    json_array_foreach(rows, i, row)
    {
        world_nik((unsigned)i, nik);
        assert_string_equal(jem_json_str(row, "service", ""), "bpjs-kesehatan");
        assert_string_equal(jem_json_str(row, "nik", ""), nik); /* whole, and in the order of submission */
        assert_null(json_object_get(row, "officer"));
        assert_null(json_object_get(row, "van"));
        assert_null(json_object_get(row, "stages"));
    }
    assert_int_equal(jem_show(world.hq, numbers[0], &shown, &err), JEM_OK);
    assert_string_equal(jem_json_str(shown, "status", ""), "in_process");
    json_decref(shown);
    json_decref(packed(false, package, &again)); /* once more, the same */
    assert_int_equal(again.len, file.len);
    assert_memory_equal(again.data, file.data, file.len);
    json_decref(packed(true, package, &csv)); /* the same rows as CSV */
    assert_int_equal(jem_csv_read(jem_buf_text(&csv), csv.len, &lines, &err), JEM_OK);
    assert_int_equal(json_array_size(lines), 4);
    json_t *head = json_array_get(lines, 0), *cell;
    json_array_foreach(rows, i, row)
    {
        size_t c;
        json_array_foreach(head, c, cell)
        {
            const char *name = json_string_value(cell),
                       *value = json_string_value(json_array_get(json_array_get(lines, i + 1), c));
            if (strncmp(name, "field_", 6) == 0)
                assert_string_equal(value, jem_json_str(json_object_get(row, "fields"), name + 6, ""));
            else if (strcmp(name, "package") != 0 && strcmp(name, "documents") != 0)
                assert_string_equal(value, jem_json_str(row, name, ""));
        }
    }
    json_decref(lines);
    json_decref(read);
    struct jem_package more = { .agency = "bpjs-kesehatan" };
    jem_buf_clear(&again);
    assert_int_equal(jem_agency_out(world.hq, &more, &file, &again, &o, &err), JEM_ENOTFOUND); /* nothing waits */
    more.agency = "entah";
    assert_int_equal(jem_agency_out(world.hq, &more, &file, &again, &o, &err), JEM_ENOTFOUND);
    assert_non_null(strstr(err.msg, "bpjs-kesehatan"));
    more = (struct jem_package){ .agency = "bpjs-kesehatan", .again = "7K3M9-Q9TDX" };
    assert_int_equal(jem_agency_out(world.hq, &more, &file, &again, &o, &err), JEM_ENOTFOUND);
    assert_int_equal(jem_agency_out(world.van[0], &more, &file, &again, &o, &err), JEM_EDENIED);
    jem_buf_release(&file);
    jem_buf_release(&again);
    jem_buf_release(&csv);
}

static json_t *answered(const char *text, enum jem_code want)
{
    json_t *o = NULL;
    assert_int_equal(jem_agency_in(world.hq, "bpjs-kesehatan", text, strlen(text), NULL, 0, &o, &err), want);
    return o;
}

static void answers_that_do_not_match_change_nothing(void **state)
{
    (void)state;
    char text[1500], n[PEOPLE][JEM_NUMBER_TEXT];
    json_t *shown = NULL;
    for (unsigned i = 0; i < PEOPLE; i++)
        jem_number_format(numbers[i], n[i]);
    (void)snprintf(text, sizeof text,
        "number,status,reference,reason,name\r\n%s,ready,BPJS-0001,,\r\n%s,rejected,BPJS-0002,Sudah terdaftar,\r\n"
        "%s,ready,BPJS-0003,,Bukan Namanya\r\n%s,ready,BPJS-0004,,\r\n%s,verified,BPJS-0005,,\r\n%s,ready,,,\r\n"
        "7K3M-Q9TD-X2AB,ready,BPJS-0007,,\r\nentah,ready,BPJS-0008,,\r\n%s,returned,BPJS-0009,,\r\n",
        n[0], n[1], n[2], n[3], n[2], n[2], n[2]);
    json_t *o = answered(text, JEM_OK);
    assert_int_equal(json_array_size(json_object_get(o, "applied")), 2);
    assert_int_equal(json_array_size(json_object_get(o, "refused")), 7);
    assert_int_equal(jem_json_int(json_array_get(json_object_get(o, "refused"), 0), "line", 0), 3);
    json_decref(o);
    o = answered(text, JEM_OK);
    assert_int_equal(json_array_size(json_object_get(o, "applied")), 0);
    assert_int_equal(jem_json_int(o, "already", 0), 2);
    json_decref(o);
    assert_int_equal(jem_show(world.hq, numbers[1], &shown, &err), JEM_OK);
    assert_string_equal(jem_json_str(shown, "status", ""), "rejected");
    char *timeline = json_dumps(json_object_get(shown, "timeline"), 0);
    assert_non_null(strstr(timeline, "BPJS-0002"));
    assert_non_null(strstr(timeline, package));
    free(timeline);
    json_decref(shown);
    assert_int_equal(jem_show(world.hq, numbers[2], &shown, &err), JEM_OK);
    assert_string_equal(jem_json_str(shown, "status", ""), "in_process");
    json_decref(shown);
    answered("a,b\r\n1,2\r\n", JEM_EINVAL);
    answered("{\"format\":\"jemput-exchange-1\",\"agency\":\"samsat\",\"answers\":[]}", JEM_EINVAL);
}

static void answers_are_signed_when_a_key_is_known(void **state)
{
    (void)state;
    char text[300], number[JEM_NUMBER_TEXT];
    struct jem_buf key = JEM_BUF_INIT(300), signature = JEM_BUF_INIT(4096);
    struct jem_keys *keys = NULL;
    json_t *o = NULL;
    assert_int_equal(jem_keys_load(jem_app_store(world.van[0]), &keys, &err),
        JEM_OK); /* any pair serves as the agency's */
    assert_int_equal(jem_ssh_public_text(keys->sign_public, "bpjs", &key, &err), JEM_OK);
    assert_int_equal(jem_agency_key(world.hq, "bpjs-kesehatan", "ssh-rsa AAAA", &o, &err), JEM_EINVAL);
    assert_int_equal(jem_agency_key(world.hq, "bpjs-kesehatan", jem_buf_text(&key), &o, &err), JEM_OK);
    json_decref(o);
    jem_number_format(numbers[2], number);
    (void)snprintf(text, sizeof text,
        "{\"format\":\"jemput-exchange-1\",\"agency\":\"bpjs-kesehatan\",\"answers\":[{\"number\":\"%s\",\"status\":"
        "\"ready\","
        "\"reference\":\"B-3\"}]}",
        number);
    answered(text, JEM_ECORRUPT);
    assert_int_equal(jem_sshsig_sign(keys->sign_secret, text, strlen(text), &signature, &err), JEM_OK);
    assert_int_equal(jem_agency_in(world.hq, "bpjs-kesehatan", text, strlen(text), jem_buf_text(&signature),
                         signature.len, &o, &err),
        JEM_OK);
    assert_int_equal(json_array_size(json_object_get(o, "applied")), 1);
    json_decref(o);
    jem_keys_free(keys);
    jem_buf_release(&key);
    jem_buf_release(&signature);
}

static void an_erasure_names_the_package(void **state)
{
    (void)state;
    json_t *o = NULL, *it;
    size_t i, seen = 0;
    assert_int_equal(jem_law_erase(world.hq, numbers[0], "permintaan", &o, &err), JEM_OK);
    json_array_foreach(json_object_get(o, "exports"), i, it) seen +=
        strcmp(jem_json_str(it, "what", ""), "exchange") == 0 &&
        strcmp(jem_json_str(it, "to", ""), "bpjs-kesehatan") == 0;
    assert_int_equal(seen, 1);
    json_decref(o);
    assert_int_equal(jem_law_erase(world.hq, numbers[3], "permintaan", &o, &err),
        JEM_OK); /* another agency's: in none */
    assert_int_equal(json_array_size(json_object_get(o, "exports")), 0);
    json_decref(o);
}

/* ---- what anybody may type comes out as it went in ---- */

enum { NASTY_PEOPLE = 6, NASTY_SINCE = 100 };

static void nasty_text(struct prop *g, char *out, size_t cap)
{
    static const char *const pieces[] = { "=2+3", "+62", "-1", "@x", "'", "\"", ",", ";", "a\"b,c", "\xc3\xbc",
        "\xe6\x97\xa5", "\\", "<b>", "0012", "''=", "x y", "\\n", "#", "|", "A" };
    out[0] = '\0';
    for (uint64_t n = 1 + prop_below(g, 5); n > 0; n--) {
        const char *piece = pieces[prop_below(g, sizeof pieces / sizeof *pieces)];
        size_t at = strlen(out);
        if (at + strlen(piece) < cap)
            (void)snprintf(out + at, cap - at, "%s", piece);
    }
}

static void nasty_apply(struct prop *g, unsigned person, uint64_t *number)
{
    static const char *const texts[] = { "clinic", "bank", "account_holder" };
    json_t *fields = world_form(world.hq, "bpjs-kesehatan", person), *o = NULL;
    struct jem_apply_in in = { .service = "bpjs-kesehatan", .fields = fields };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char text[60];
        nasty_text(g, text, sizeof text);
        json_object_set_new(fields, texts[i], json_string(text));
    }
    if (jem_apply(world.hq, &in, &o, NULL, &err) != JEM_OK)
        fail_msg("%s", err.msg);
    *number = world_number(o, "number");
    json_decref(o);
    json_decref(fields);
    struct jem_decision yes = { .number = *number, .to = JEM_STATUS_VERIFIED };
    assert_int_equal(jem_desk_decide(world.hq, &yes, &o, &err), JEM_OK);
    json_decref(o);
    nanosleep(&(struct timespec){ 0, 2000000 }, NULL);
}

static json_t *stands(uint64_t number)
{
    json_t *o = NULL;
    assert_int_equal(jem_show(world.hq, number, &o, &err), JEM_OK);
    return o;
}

/* The rows of both forms say of every application what its record says. */
static void nasty_package(const uint64_t *number, const struct jem_buf *json, const struct jem_buf *csv)
{
    json_t *read = NULL, *lines = NULL, *cell;
    assert_int_equal(jem_json_parse(jem_buf_text(json), json->len, "x", &read, &err), JEM_OK);
    assert_int_equal(jem_csv_read(jem_buf_text(csv), csv->len, &lines, &err), JEM_OK);
    const json_t *rows = json_object_get(read, "applications"), *head = json_array_get(lines, 0);
    assert_int_equal(json_array_size(rows), NASTY_PEOPLE);
    assert_int_equal(json_array_size(lines), NASTY_PEOPLE + 1);
    for (size_t i = 0; i < NASTY_PEOPLE; i++) {
        json_t *o = stands(number[i]), *fields = json_object_get(json_array_get(rows, i), "fields");
        const json_t *known = json_object_get(o, "fields");
        const char *name;
        json_t *value;
        size_t c, seen = 0;
        json_object_foreach(fields, name, value)
            assert_string_equal(json_string_value(value), jem_json_str(known, name, "-"));
        json_array_foreach(head, c, cell)
        {
            name = json_string_value(cell);
            if (strncmp(name, "field_", 6) != 0)
                continue;
            assert_string_equal(json_string_value(json_array_get(json_array_get(lines, i + 1), c)),
                jem_json_str(known, name + 6, ""));
            seen += json_object_get(fields, name + 6) != NULL;
        }
        assert_int_equal(seen, json_object_size(fields));
        json_decref(o);
    }
    json_decref(read);
    json_decref(lines);
}

/* Answers with any reference and reason, in both forms, arrive as they were written. */
static void nasty_answers(struct prop *g, const uint64_t *number, bool csv)
{
    static const char *const outcomes[] = { "ready", "returned", "rejected" };
    char reference[NASTY_PEOPLE][60], reason[NASTY_PEOPLE][60], text[JEM_NUMBER_TEXT];
    const char *status[NASTY_PEOPLE];
    struct jem_buf file = JEM_BUF_INIT(1 << 20);
    json_t *answers = json_array(), *o = NULL;
    jem_buf_str(&file, csv ? "number,status,reference,reason,name\r\n" : "");
    for (size_t i = 0; i < NASTY_PEOPLE; i++) {
        status[i] = outcomes[prop_below(g, 3)];
        (void)snprintf(reference[i], sizeof reference[i], "R%zu", i);
        nasty_text(g, reference[i] + strlen(reference[i]), sizeof reference[i] - 10);
        nasty_text(g, reason[i], sizeof reason[i]);
        jem_number_format(number[i], text);
        const char *const cells[] = { text, status[i], reference[i], reason[i], "" };
        for (size_t c = 0; csv && c < sizeof cells / sizeof *cells; c++)
            jem_csv_cell(&file, cells[c], c == 0);
        if (csv)
            jem_csv_end(&file);
        json_array_append_new(answers, json_pack("{s:s,s:s,s:s,s:s}", "number", text, "status", status[i], "reference",
                                           reference[i], "reason", reason[i]));
    }
    json_t *whole =
        json_pack("{s:s,s:s,s:O}", "format", "jemput-exchange-1", "agency", "bpjs-kesehatan", "answers", answers);
    if (!csv)
        assert_int_equal(jem_json_canonical(whole, &file, &err), JEM_OK);
    if (jem_agency_in(world.hq, "bpjs-kesehatan", jem_buf_text(&file), file.len, NULL, 0, &o, &err) != JEM_OK)
        fail_msg("%s", err.msg);
    if (json_array_size(json_object_get(o, "applied")) != NASTY_PEOPLE)
        fail_msg("%s", json_dumps(json_object_get(o, "refused"), 0));
    json_decref(o);
    for (size_t i = 0; i < NASTY_PEOPLE; i++) {
        json_t *shown = NULL, *events, *e, *last = NULL;
        size_t k;
        assert_int_equal(jem_log_show(world.hq, number[i], &shown, &err), JEM_OK);
        events = json_object_get(shown, "events");
        json_array_foreach(events, k, e) last = strcmp(jem_json_str(e, "kind", ""), "status.changed") == 0 ? e : last;
        const json_t *body = json_object_get(last, "body");
        assert_string_equal(jem_json_str(body, "to", ""), status[i]);
        assert_string_equal(jem_json_str(body, "reason", ""), reason[i]);
        assert_non_null(strstr(jem_json_str(body, "note", ""), reference[i]));
        json_decref(shown);
    }
    json_decref(whole);
    json_decref(answers);
    jem_buf_release(&file);
}

static void what_goes_out_and_in_stays_as_it_was(void **state)
{
    (void)state;
    struct prop g = prop_start("agency");
    unsigned person = NASTY_SINCE;
    for (size_t round = prop_rounds(4); round > 0; round--) {
        uint64_t number[NASTY_PEOPLE];
        struct jem_buf json = JEM_BUF_INIT((size_t)1 << 20), csv = JEM_BUF_INIT((size_t)1 << 20);
        for (size_t i = 0; i < NASTY_PEOPLE; i++)
            nasty_apply(&g, person++, &number[i]);
        json_t *o = packed(false, NULL, &json);
        char code[24];
        (void)snprintf(code, sizeof code, "%s", jem_json_str(o, "package", ""));
        json_decref(o);
        json_decref(packed(true, code, &csv));
        nasty_package(number, &json, &csv);
        nasty_answers(&g, number, prop_below(&g, 2) == 0);
        jem_buf_release(&json);
        jem_buf_release(&csv);
    }
}

/* By a tool that is not ours, as the README tells agencies. */
static void a_package_is_checked_by_ssh_keygen(void **state)
{
    (void)state;
    char command[900];
    struct jem_buf file = JEM_BUF_INIT((size_t)1 << 20), signature = JEM_BUF_INIT(4096),
                   signers = JEM_BUF_INIT(1 << 16);
    struct jem_package in = { .agency = "bpjs-kesehatan", .again = package };
    json_t *o = NULL;
    assert_int_equal(jem_agency_out(world.hq, &in, &file, &signature, &o, &err), JEM_OK);
    json_decref(o);
    assert_int_equal(jem_exchange_signers(world.hq, &signers, &err), JEM_OK);
    (void)world_file(&world, "bpjs.json.sig", signature.data, signature.len);
    (void)world_file(&world, "signers", signers.data, signers.len);
    (void)snprintf(command, sizeof command,
        "cd '%s' && ssh-keygen -Y verify -f signers -I hq@jemput.invalid -n git -s bpjs.json.sig <bpjs.json >verdict "
        "2>&1",
        world.root);
    (void)world_file(&world, "bpjs.json", file.data, file.len);
    assert_int_equal(system(command), 0);
    file.data[file.len / 2] ^= 1;
    (void)world_file(&world, "bpjs.json", file.data, file.len);
    assert_int_not_equal(system(command), 0);
    jem_buf_release(&file);
    jem_buf_release(&signature);
    jem_buf_release(&signers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_package_holds_what_its_agency_asks),
        cmocka_unit_test(answers_that_do_not_match_change_nothing),
        cmocka_unit_test(what_goes_out_and_in_stays_as_it_was),
        cmocka_unit_test(a_package_is_checked_by_ssh_keygen),
        cmocka_unit_test(answers_are_signed_when_a_key_is_known),
        cmocka_unit_test(an_erasure_names_the_package),
    };
    return cmocka_run_group_tests(tests, setup, world_down);
}
