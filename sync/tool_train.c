/* tool_train.c - makes the dictionary that is in the program: `tool_train OUT` (make dictionary).
 *
 * Invents applications for every service of the catalogue that is in the program, the papers and receipts that come with
 * them, corrections, and HQ's answers, all from a fixed seed, and trains on them. The same sources give the same bytes.
 * Nothing of the tests' people is in it: the words stand in tool_words.def, and names of regencies in the table of regions. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jemput/application.h"
#include "jemput/catalog.h"
#include "jemput/dictionary.h"
#include "jemput/file.h"
#include "jemput/number.h"
#include "jemput/region.h"

#define TOOL_SEED UINT64_C(0x4a656d7075742031)
#define TOOL_APPLICATIONS 15000
#define TOOL_APPLICATIONS_MIN 3
#define TOOL_START_MS INT64_C(1767600000000)

static const char *const men[] = {
#define MAN(w) w,
#include "tool_words.def"
#undef MAN
};
static const char *const women[] = {
#define WOMAN(w) w,
#include "tool_words.def"
#undef WOMAN
};
static const char *const lasts[] = {
#define LAST(w) w,
#include "tool_words.def"
#undef LAST
};
static const char *const places[] = {
#define PLACE(w) w,
#include "tool_words.def"
#undef PLACE
};
static const char *const jobs[] = {
#define JOB(w) w,
#include "tool_words.def"
#undef JOB
};
static const char *const reasons[] = {
#define REASON(w) w,
#include "tool_words.def"
#undef REASON
};
static const char *const details[] = {
#define DETAIL(w) w,
#include "tool_words.def"
#undef DETAIL
};
static const char *const marks[] = {
#define MARK(w) w,
#include "tool_words.def"
#undef MARK
};
static const char *const trades[] = {
#define TRADE(w) w,
#include "tool_words.def"
#undef TRADE
};
static const char *const banks[] = {
#define BANK(w) w,
#include "tool_words.def"
#undef BANK
};
#define PICK(list) ((list)[below(sizeof(list) / sizeof *(list))])

static uint64_t tool_state = TOOL_SEED;
static struct jem_event_list events;
static const char *regencies[600];
static size_t regency_count;

static void die(const char *what)
{
    fprintf(stderr, "tool_train: %s\n", what);
    exit(1);
}

static uint64_t next(void)
{
    uint64_t z = tool_state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static unsigned below(size_t n)
{
    return (unsigned)(next() % n);
}

static bool chance(unsigned percent)
{
    return below(100) < percent;
}

static void put(json_t *o, const char *key, json_t *v)
{
    if (json_object_set_new(o, key, v) != 0)
        die("out of memory");
}

static void put_text(json_t *o, const char *key, const char *v)
{
    put(o, key, json_string(v));
}

/* ---- what people say of themselves ---- */

static void person(char sex, char *out, size_t cap)
{
    const char *first = sex == 'L' ? PICK(men) : PICK(women);
    unsigned dice = below(100);
    if (dice < 15)
        snprintf(out, cap, "%s", first);
    else if (dice < 75)
        snprintf(out, cap, "%s %s", first, PICK(lasts));
    else if (dice < 88)
        snprintf(out, cap, "%s %s", first, sex == 'L' ? PICK(men) : PICK(women));
    else
        snprintf(out, cap, "%s %s %s", first, sex == 'L' ? PICK(men) : PICK(women), PICK(lasts));
}

static void address(char *out, size_t cap)
{
    static const char *const roads[] = { "Jl.", "Jl.", "Jl.", "Jalan", "Gg." };
    static const char *const hamlets[] = { "Kp.", "Kp.", "Dusun", "Dsn.", "Kampung", "Lingkungan", "Perum" };
    char where[100], more[40] = "", homes[60] = "";
    snprintf(where, sizeof where, chance(40) ? "%s %s" : "%s", PICK(places), PICK(places));
    bool road = chance(40);
    unsigned rt = 1 + below(15), rw = 1 + below(12);
    if (!road || chance(30)) {
        static const char *const forms[] = { " RT %02u/RW %02u", " RT %02u RW %02u", " RT %03u/%03u",
            " RT %03u RW %03u", ", RT %02u/RW %02u", " RT %02u/%02u" };
        snprintf(homes, sizeof homes, PICK(forms), rt, rw);
    }
    if (road)
        snprintf(more, sizeof more, " No. %u", 1 + below(200));
    snprintf(out, cap, "%s %s%s%s", road ? PICK(roads) : PICK(hamlets), where, more, homes);
}

static void digits(unsigned n, char *out)
{
    for (unsigned i = 0; i < n; i++)
        out[i] = (char)('0' + below(10));
    out[n] = '\0';
}

static void date(unsigned from, unsigned years, char *out, size_t cap)
{
    snprintf(out, cap, "%04u-%02u-%02u", from + below(years), 1 + below(12), 1 + below(28));
}

static void card(char *out)
{
    digits(16, out);
    out[0] = '3';
    snprintf(out + 6, 7, "%02u%02u%02u", 1 + below(28), 1 + below(12), below(100));
    out[12] = out[13] = '0';
}

static bool named(const char *name, const char *part)
{
    return strstr(name, part) != NULL;
}

static void text_value(const char *name, char *out, size_t cap)
{
    char number[32];
    digits(12, number);
    if (named(name, "business_name"))
        snprintf(out, cap, "%s %s", chance(50) ? "Warung" : "Toko", PICK(lasts));
    else if (named(name, "group_name"))
        snprintf(out, cap, "Warga RT %02u %s", 1 + below(12), PICK(places));
    else if (named(name, "name") || named(name, "holder"))
        person(chance(50) ? 'L' : 'P', out, cap);
    else if (named(name, "address"))
        address(out, cap);
    else if (named(name, "death_place"))
        snprintf(out, cap, "%s", chance(50) ? "rumah" : "RSUD");
    else if (named(name, "place"))
        snprintf(out, cap, "%s", regencies[below(regency_count)]);
    else if (named(name, "occupation"))
        snprintf(out, cap, "%s", PICK(jobs));
    else if (named(name, "activity"))
        snprintf(out, cap, "%s", PICK(trades));
    else if (named(name, "landmark"))
        snprintf(out, cap, "%s", PICK(marks));
    else if (named(name, "clinic"))
        snprintf(out, cap, "Puskesmas %s", PICK(places));
    else if (named(name, "bank"))
        snprintf(out, cap, "%s", PICK(banks));
    else if (named(name, "birth_certificate"))
        snprintf(out, cap, "3%.3s-LU-%.8s-%.4s", number, number, number + 8);
    else if (named(name, "police_letter"))
        snprintf(out, cap, "SKTLK/%.4s/%s/2026/SPKT", number, chance(50) ? "XI" : "X");
    else if (named(name, "skpwni"))
        snprintf(out, cap, "SKPWNI/%.4s/%.8s/%.4s", number, number, number + 8);
    else
        snprintf(out, cap, "%s", number);
}

static void field_value(const struct jem_field *f, char sex, char *out, size_t cap)
{
    switch (f->type) {
    case JEM_FIELD_NIK:
    case JEM_FIELD_KK: card(out); break;
    case JEM_FIELD_DATE: date(named(f->name, "birth") ? 1950 : 2024, named(f->name, "birth") ? 60 : 3, out, cap); break;
    case JEM_FIELD_INTEGER: snprintf(out, cap, "%u", 1 + below(named(f->name, "m2") ? 400 : 6)); break;
    case JEM_FIELD_MONEY: snprintf(out, cap, "%u000000", 1 + below(50)); break;
    case JEM_FIELD_YESNO: snprintf(out, cap, "%s", chance(70) ? "ya" : "tidak"); break;
    case JEM_FIELD_PHONE:
        digits(12, out);
        out[0] = '0';
        out[1] = '8';
        break;
    case JEM_FIELD_EMAIL: snprintf(out, cap, "%s%u@gmail.com", PICK(lasts), below(100)); break;
    case JEM_FIELD_VILLAGE: digits(10, out); break;
    case JEM_FIELD_LONGTEXT: snprintf(out, cap, "%s", PICK(details)); break;
    case JEM_FIELD_CHOICE:
        if (strcmp(f->role, "sex") == 0)
            snprintf(out, cap, "%c", sex);
        else
            snprintf(out, cap, "%s", f->options[chance(40) ? 0 : below(f->option_count)].value);
        break;
    default: text_value(f->name, out, cap);
    }
}

static json_t *fields(const struct jem_service *service)
{
    json_t *o = json_object();
    char sex = chance(48) ? 'L' : 'P', text[200];
    person(sex, text, sizeof text);
    put_text(o, "name", text);
    card(text);
    put_text(o, "nik", text);
    for (size_t i = 0; i < service->field_count; i++) {
        const struct jem_field *f = &service->fields[i];
        bool asked = f->required || chance(f->role[0] != '\0' || named(f->name, "address") ? 85 : 45);
        if (!asked || (named(f->name, "witness") && chance(80)))
            continue;
        field_value(f, sex, text, sizeof text);
        put_text(o, f->name, text);
    }
    return o;
}

/* ---- events ---- */

static void record(unsigned writer, uint64_t subject, const char *kind, json_t *body)
{
    struct jem_event e = { .id = { (uint16_t)writer, (uint16_t)(writer == 0), 1, events.count + 1 },
        .subject = subject };
    struct jem_buf text = JEM_BUF_INIT(JEM_EVENT_BODY_MAX);
    struct jem_error err;
    e.wall_ms = TOOL_START_MS + (int64_t)events.count * 20000;
    e.hlc = (uint64_t)e.wall_ms << 16;
    memcpy(e.actor, "a", sizeof "a");
    snprintf(e.kind, sizeof e.kind, "%s", kind);
    if (body == NULL || jem_json_canonical(body, &text, &err) != JEM_OK)
        die("out of memory");
    e.body_len = text.len;
    e.body = (char *)text.data;
    json_decref(body);
    jem_event_seal(&e);
    if (jem_event_list_push(&events, &e, &err) != JEM_OK)
        die(err.msg);
}

static json_t *hash(unsigned bytes)
{
    char text[65];
    for (unsigned i = 0; i < bytes * 2; i++)
        text[i] = "0123456789abcdef"[below(16)];
    text[bytes * 2] = '\0';
    return json_string(text);
}

static void attach(uint64_t number, const char *kind, unsigned ordinal)
{
    json_t *body = json_object(), *pages = json_array();
    unsigned n = chance(70) ? 1 : 2 + below(2);
    for (unsigned i = 0; i < n; i++) {
        json_t *page = json_object();
        put(page, "preview", hash(32));
        put(page, "size", json_integer(2000 + below(30000)));
        if (json_array_append_new(pages, page) != 0)
            die("out of memory");
    }
    put(body, "ordinal", json_integer(ordinal));
    put_text(body, "kind", kind);
    put_text(body, "mime", n > 1 ? "application/pdf" : chance(90) ? "image/jpeg" : "image/png");
    put(body, "size", json_integer(60000 + below(900000)));
    put(body, "hash", hash(32));
    put(body, "pages", pages);
    if (chance(20))
        put_text(body, "name", chance(50) ? "scan.jpg" : "foto.jpg");
    record(1, number, "document.attached", body);
}

static void print(uint64_t number, unsigned copy)
{
    bool roll = chance(80);
    json_t *body = json_object();
    put(body, "copy", json_integer(copy));
    put_text(body, "format", roll ? "escpos" : "pdf");
    put(body, "width", json_integer(roll ? (chance(70) ? 58 : 80) : 210));
    record(1, number, "receipt.printed", body);
}

static void correct(uint64_t number, json_t *own)
{
    json_t *body = json_object(), *set = json_object(), *value;
    const char *name;
    unsigned wanted = 1 + below(2);
    json_object_foreach(own, name, value)
    {
        char id[40];
        if (wanted == 0 || chance(70))
            continue;
        json_t *write = json_object(), *base = json_array();
        snprintf(id, sizeof id, "1.0.1.%zu", events.count);
        if (json_array_append_new(base, json_string(id)) != 0)
            die("out of memory");
        put(write, "base", base);
        put(write, "v", json_incref(value));
        put(set, name, write);
        wanted--;
    }
    put(body, "set", set);
    if (chance(60))
        put_text(body, "reason", PICK(reasons));
    record(1, number, "application.corrected", body);
}

static void decide(uint64_t number)
{
    static const char *const way[] = { "submitted", "received", "verified", "in_process", "ready", "handed_over" };
    unsigned from = below(2);
    while (from + 1 < sizeof way / sizeof *way && chance(75)) {
        json_t *body = json_object();
        bool back = from < 4 && chance(8);
        put_text(body, "from", way[from]);
        put_text(body, "to", back ? (chance(70) ? "returned" : "rejected") : way[from + 1]);
        if (back)
            put_text(body, "reason", PICK(reasons));
        record(from == 4 ? 1 : 0, number, "status.changed", body);
        if (back)
            return;
        from++;
    }
}

static void acknowledge(unsigned writer)
{
    json_t *body = json_pack("{s:i,s:i,s:I,s:o,s:s,s:o,s:i,s:[]}", "writer", writer == 0 ? 1 : 0, "inc", 1, "seq",
        (json_int_t)(1 + below(10000)), "hash", hash(32), "level", chance(90) ? "received" : "durable", "head",
        hash(20), "scan", writer == 0 ? (int)below(500) : 0, "missing");
    record(writer, 0, "ledger.acked", body);
}

static void application(const struct jem_service *service, unsigned i)
{
    static const char *const channels[] = { "van", "van", "van", "van", "phone", "village-office" };
    uint64_t number = jem_number_make(1, next());
    json_t *own = fields(service), *warnings = json_array(), *body = json_object();
    if (chance(8) && json_array_append_new(warnings, json_string("NIK_DISTRICT_UNKNOWN")) != 0)
        die("out of memory");
    put_text(body, "service", service->id);
    put(body, "catalog", json_integer(1 + below(3)));
    put_text(body, "channel", PICK(channels));
    put(body, "fields", json_incref(own));
    put(body, "warnings", warnings);
    record(1, number, "application.submitted", body);
    for (size_t j = 0; j < service->requirement_count; j++)
        if (!service->requirements[j].shown_only && chance(service->requirements[j].required ? 50 : 15))
            attach(number, service->requirements[j].kind, (unsigned)j + 1);
    for (unsigned copy = 0; chance(copy == 0 ? 80 : 5); copy++)
        print(number, copy);
    if (chance(12))
        correct(number, own);
    if (chance(40))
        decide(number);
    if (chance(2))
        record(1, number, "application.withdrawn", json_pack("{s:s}", "reason", PICK(reasons)));
    if (i % 8 == 0)
        acknowledge(i % 16 == 0);
    json_decref(own);
}

static void regions(void)
{
    struct jem_region provinces[60], list[60];
    size_t n = jem_region_children("", 0, provinces, 60);
    for (size_t i = 0; i < n; i++) {
        size_t m = jem_region_children(provinces[i].code, 0, list, 60);
        for (size_t j = 0; j < m && regency_count < sizeof regencies / sizeof *regencies; j++) {
            const char *name = list[j].name, *space = strchr(name, ' ');
            bool kind = strncmp(name, "Kab", 3) == 0 || strncmp(name, "Kota", 4) == 0;
            regencies[regency_count++] = kind && space != NULL ? space + 1 : name;
        }
    }
    if (regency_count == 0)
        die("no regions");
}

int main(int argc, char **argv)
{
    struct jem_dictionary_rule rule = { .applications_min = TOOL_APPLICATIONS_MIN, .names = true };
    struct jem_buf out = JEM_BUF_INIT(JEM_BUF_DEFAULT_MAX);
    struct jem_catalog *catalog = NULL;
    struct jem_error err;
    json_t *root = NULL;
    if (argc != 2)
        die("usage: tool_train OUT");
    if (jem_catalog_builtin(&root, &err) != JEM_OK || jem_catalog_parse(root, &catalog, NULL, &err) != JEM_OK)
        die(err.msg);
    regions();
    for (unsigned i = 0; i < TOOL_APPLICATIONS; i++)
        application(jem_catalog_at(catalog, below(jem_catalog_count(catalog))), i);
    if (jem_dictionary_train(events.items, events.count, JEM_DICTIONARY_SHIPPED, &rule, &out, &err) != JEM_OK ||
        jem_file_write(argv[1], out.data, out.len, 0644, &err) != JEM_OK)
        die(err.msg);
    printf("%zu events, %zu bytes\n", events.count, out.len);
    jem_buf_release(&out);
    jem_event_list_release(&events);
    jem_catalog_free(catalog);
    json_decref(root);
    return 0;
}
