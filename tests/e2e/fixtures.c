// room: app
/* fixtures.c - input for the end-to-end and crash suites: people and forms that the starting catalogue accepts, all
 * of its services, and real pictures. The same seed gives the same files.
 *
 *   fixtures lines SEED COUNT SHARE FOLDER   FOLDER/lines.jsonl: COUNT applications for apply --from, every one of SHARE
 *                                            with documents under FOLDER/docs; FOLDER/personal.txt: what of them is
 *                                            personal, one string a line
 *   fixtures jpeg|png FILE WIDTH HEIGHT      one picture
 *   fixtures pdf FILE PAGES                  one PDF
 *   fixtures slot DIR USER PASSPHRASE-FILE   makes the store's folder cheap to open (cheap_slot.h)
 *   fixtures fill DIR USER PASSPHRASE-FILE COUNT   so many applications into the store of that folder, thousands in one unit
 *   fixtures aged DIR USER PASSPHRASE-FILE DAYS [NUMBER]   so many days ago: an application at a van; its rejection at
 *                                            headquarters */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "cheap_slot.h"
#include "gen_events.h"
#include "jemput/catalog.h"
#include "jemput/desk.h"
#include "jemput/file.h"
#include "jemput/region.h"
#include "jemput/store.h"
#include "own.h"
#include "scans.h"
#include "store_kit.h"

#define PICK(rng, list) ((list)[gen_below((rng), (unsigned)(sizeof(list) / sizeof *(list)))])

struct fixtures {
    struct prop rng;
    const char *folder;
    int32_t today;
    FILE *lines, *personal;
};

static _Noreturn void die(const char *what)
{
    fprintf(stderr, "fixtures: %s\n", what);
    exit(1);
}

static void write_file(const char *path, const struct jem_buf *b)
{
    struct jem_error err = { 0 };
    if (jem_file_write(path, b->data, b->len, 0644, &err) != JEM_OK)
        die(err.msg);
}

/* ---- people ---- */

/* What must never be found at the hub. Too short a string would turn up in ciphertext by chance. */
static void personal(struct fixtures *f, const char *text)
{
    if (strlen(text) >= 9)
        fprintf(f->personal, "%s\n", text);
}

static void person_name(struct fixtures *f, char out[64])
{
    static const char *const first[] = { "Asep", "Dewi", "Euis", "Slamet", "Nur'aini", "Ketut", "Yohanes", "Rizky",
        "Neneng", "Ujang", "Maria Ulfah", "Sri Rahayu", "I Made", "Cut Nyak" };
    static const char *const second[] = { "Kusumawardhani", "Hendrasaputra", "Simanjuntak", "Purwaningsih",
        "Nugrahaningrum", "Tjokroaminoto", "Sastrowardoyo", "Mangunkusumo", "Wiryosumarto", "Panggabean" };
    static const char *const third[] = { "", " bin Abdullah", " binti Sukarna", " Lumbantobing", " Prawiranegara" };
    (void)snprintf(out, 64, "%s %s%s", PICK(&f->rng, first), PICK(&f->rng, second), PICK(&f->rng, third));
}

static void village(struct fixtures *f, char out[64])
{
    struct jem_region district, found;
    do {
        if (jem_region_children("3203", gen_below(&f->rng, 30), &district, 1) != 1)
            die("no districts of 3203");
    } while (jem_region_children(district.code, gen_below(&f->rng, 8), &found, 1) != 1);
    (void)snprintf(out, 64, "%s", found.code);
}

/* ---- a form ---- */

static void form_text(struct fixtures *f, const struct jem_field *field, char out[64])
{
    static const char *const words[] = { "Sukamaju", "melati", "utara", "kampung", "warung", "bengkel", "pagi" };
    if (strstr(field->name, "_name") != NULL || strcmp(field->name, "account_holder") == 0)
        person_name(f, out);
    else if (strstr(field->name, "address") != NULL)
        (void)snprintf(out, 64, "Kp. %s RT %02u/RW %02u No. %u", PICK(&f->rng, words), gen_below(&f->rng, 20),
            gen_below(&f->rng, 9), gen_below(&f->rng, 400));
    else if (gen_chance(&f->rng, 50))
        (void)snprintf(out, 64, "%s-%u", PICK(&f->rng, words), gen_below(&f->rng, 100000));
    else
        (void)snprintf(out, 64, "%s %s", PICK(&f->rng, words), PICK(&f->rng, words));
    if (field->max_length < 60)
        out[field->max_length] = '\0';
    for (size_t n = strlen(out);
         n > 0 && out[n - 1] == ' ';) /* the program trims: what is typed is what stands there */
        out[--n] = '\0';
}

static void form_date(struct fixtures *f, const struct jem_field *field, char out[64])
{
    int64_t low = field->min < -20000 ? -20000 : field->min, high = field->max > 300 ? 300 : field->max;
    jem_day_format((int32_t)(f->today + low + (int64_t)prop_below(&f->rng, (uint64_t)(high - low + 1))), out);
}

static void form_number(struct fixtures *f, const struct jem_field *field, char out[64])
{
    int64_t span = field->max > 900000 ? 900000 : field->max - field->min;
    (void)snprintf(out, 64, "%lld", (long long)(field->min + (int64_t)prop_below(&f->rng, (uint64_t)span + 1)));
}

static void form_value(struct fixtures *f, const struct jem_field *field, char out[64])
{
    char date[11];
    switch (field->type) {
    case JEM_FIELD_NIK: gen_nik(&f->rng, gen_chance(&f->rng, 50) ? 'L' : 'P', date, out); break;
    case JEM_FIELD_KK: gen_nik(&f->rng, 'L', date, out); break;
    case JEM_FIELD_DATE: form_date(f, field, out); break;
    case JEM_FIELD_INTEGER:
    case JEM_FIELD_MONEY: form_number(f, field, out); break;
    case JEM_FIELD_CHOICE:
        (void)snprintf(out, 64, "%s", field->options[gen_below(&f->rng, (unsigned)field->option_count)].value);
        break;
    case JEM_FIELD_YESNO: (void)snprintf(out, 64, "%s", gen_chance(&f->rng, 50) ? "ya" : "tidak"); break;
    case JEM_FIELD_PHONE:
        (void)snprintf(out, 64, "08%u%08u", 11 + gen_below(&f->rng, 88), gen_below(&f->rng, 100000000));
        break;
    case JEM_FIELD_EMAIL: (void)snprintf(out, 64, "warga%u@contoh.example", gen_below(&f->rng, 100000000)); break;
    case JEM_FIELD_VILLAGE: village(f, out); break;
    default: form_text(f, field, out); break;
    }
}

static bool form_is_personal(const struct jem_field *field)
{
    return field->type == JEM_FIELD_NIK || field->type == JEM_FIELD_KK || field->type == JEM_FIELD_PHONE ||
           field->type == JEM_FIELD_EMAIL || strstr(field->name, "_name") != NULL ||
           strstr(field->name, "address") != NULL || strcmp(field->name, "account_holder") == 0;
}

/* The NIK says the birth date and the sex: the form agrees with it. */
static json_t *form_of(struct fixtures *f, const struct jem_service *service)
{
    char text[64], birth[11], nik[17];
    char sex = gen_chance(&f->rng, 50) ? 'L' : 'P';
    json_t *set = json_object();
    gen_nik(&f->rng, sex, birth, nik);
    json_object_set_new(set, "nik", json_string(nik));
    personal(f, nik);
    person_name(f, text);
    json_object_set_new(set, "name", json_string(text));
    personal(f, text);
    for (size_t i = 0; i < service->field_count; i++) {
        const struct jem_field *field = &service->fields[i];
        if (!field->required && gen_chance(&f->rng, 40))
            continue;
        if (strcmp(field->role, "birth_date") == 0)
            (void)snprintf(text, sizeof text, "%s", birth);
        else if (strcmp(field->role, "sex") == 0)
            (void)snprintf(text, sizeof text, "%c", sex);
        else
            form_value(f, field, text);
        json_object_set_new(set, field->name, json_string(text));
        if (form_is_personal(field))
            personal(f, text + (field->type == JEM_FIELD_PHONE)); /* without the 0: also found as +62... */
    }
    struct jem_issues *issues = calloc(1, sizeof *issues);
    json_t *copy = json_deep_copy(set);
    jem_intake_check(service, copy, false, f->today, issues);
    if (issues->errors > 0) {
        fprintf(stderr, "fixtures: %s.%s: %s\n", service->id, issues->items[0].field, issues->items[0].msg);
        exit(1);
    }
    json_decref(copy);
    free(issues);
    return set;
}

/* ---- documents ---- */

/* The names of files tell whose they are, as officers name them: these must not leave the van in clear either. */
static json_t *document(struct fixtures *f, const char *kind, const char *nik, unsigned n)
{
    static const char *const endings[] = { "jpg", "jpg", "jpg", "png", "pdf" };
    struct jem_buf b = JEM_BUF_INIT(JEM_BUF_DEFAULT_MAX);
    char name[120], path[4096];
    const char *ending = PICK(&f->rng, endings);
    unsigned width = 500 + gen_below(&f->rng, 900), height = width + gen_below(&f->rng, 500);
    if (strcmp(ending, "jpg") == 0)
        scans_jpeg(&f->rng, width, height, &b);
    else if (strcmp(ending, "png") == 0)
        scans_png(&f->rng, width / 2, height / 2, &b);
    else
        scans_pdf(&f->rng, 1 + gen_below(&f->rng, 3), width / 2, height / 2, &b);
    (void)snprintf(name, sizeof name, "docs/%s-%s-%u.%s", kind, nik, n, ending);
    (void)snprintf(path, sizeof path, "%s/%s", f->folder, name);
    write_file(path, &b);
    jem_buf_release(&b);
    return json_string(name);
}

static json_t *attachments(struct fixtures *f, const struct jem_service *service, const char *nik)
{
    json_t *attach = json_object();
    unsigned kinds = 1 + gen_below(&f->rng, 2);
    for (size_t i = 0; i < service->requirement_count && json_object_size(attach) < kinds; i++) {
        const struct jem_requirement *r = &service->requirements[i];
        if (r->shown_only)
            continue;
        json_t *first = document(f, r->kind, nik, 1);
        if (gen_chance(&f->rng, 25))
            first = json_pack("[o,o]", first, document(f, r->kind, nik, 2));
        json_object_set_new(attach, r->kind, first);
    }
    return attach;
}

/* ---- the commands ---- */

static void make_lines(struct fixtures *f, unsigned count, unsigned share)
{
    struct jem_error err = { 0 };
    json_t *root = NULL;
    struct jem_catalog *catalog = NULL;
    if (jem_catalog_builtin(&root, &err) != JEM_OK || jem_catalog_parse(root, &catalog, NULL, &err) != JEM_OK)
        die(err.msg);
    for (unsigned i = 0; i < count; i++) {
        const struct jem_service *service = jem_catalog_at(catalog, i % jem_catalog_count(catalog));
        json_t *set = form_of(f, service);
        json_t *line = json_pack("{s:s,s:O,s:O}", "service", service->id, "nik", json_object_get(set, "nik"), "name",
            json_object_get(set, "name"));
        if (share > 0 && i % share == 0)
            json_object_set_new(line, "attach", attachments(f, service, jem_json_str(set, "nik", "")));
        json_object_del(set, "nik");
        json_object_del(set, "name");
        json_object_set_new(line, "set", set);
        if (gen_chance(&f->rng, 10))
            json_object_set_new(line, "channel", json_string("village"));
        if (json_dumpf(line, f->lines, JSON_COMPACT) != 0 || fputc('\n', f->lines) == EOF)
            die("cannot write lines.jsonl");
        json_decref(line);
    }
    jem_catalog_free(catalog);
    json_decref(root);
}

static FILE *open_in(const char *folder, const char *name)
{
    char path[4096];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    if (file == NULL)
        die(path);
    return file;
}

static unsigned number_of(const char *s)
{
    return (unsigned)strtoul(s, NULL, 10);
}

static int lines(char **argv)
{
    char docs[4096];
    struct fixtures f = { .rng = { strtoull(argv[2], NULL, 10) },
        .folder = argv[5],
        .today = jem_day_of_unix_ms((int64_t)time(NULL) * 1000) };
    (void)snprintf(docs, sizeof docs, "%s/docs", f.folder);
    (void)mkdir(f.folder, 0700);
    (void)mkdir(docs, 0700);
    f.lines = open_in(f.folder, "lines.jsonl");
    f.personal = open_in(f.folder, "personal.txt");
    make_lines(&f, number_of(argv[3]), number_of(argv[4]));
    if (fclose(f.lines) != 0 || fclose(f.personal) != 0)
        die("cannot write");
    return 0;
}

static void passphrase_read(const char *path, struct jem_buf *out)
{
    struct jem_error err = { 0 };
    if (jem_file_read(path, 4096, out, &err) != JEM_OK)
        die(err.msg);
    out->data[strcspn(jem_buf_text(out), "\n")] = '\0';
}

static int slot(char **argv)
{
    struct jem_error err = { 0 };
    struct jem_buf passphrase = JEM_BUF_INIT(4096);
    passphrase_read(argv[4], &passphrase);
    if (cheap_slot(argv[2], argv[3], jem_buf_text(&passphrase), &err) != JEM_OK)
        die(err.msg);
    jem_buf_release(&passphrase);
    return 0;
}

static struct jem_store *store_of(char **argv, const struct jem_clock *clock)
{
    struct jem_error err = { 0 };
    struct jem_buf passphrase = JEM_BUF_INIT(4096);
    struct jem_store *store = NULL;
    passphrase_read(argv[4], &passphrase);
    if (jem_store_open(argv[2], argv[3], jem_buf_text(&passphrase), clock, &store, &err) != JEM_OK)
        die(err.msg);
    jem_buf_release(&passphrase);
    return store;
}

static int fill(char **argv)
{
    struct jem_store *store = store_of(argv, jem_clock_system());
    kit_fill(store, NULL, number_of(argv[5]));
    jem_store_close(store);
    return 0;
}

/* ---- days ago ---- */

static int64_t ago_ms(void *ctx)
{
    return jem_clock_system()->now_unix_ms(NULL) - *(const int64_t *)ctx;
}

static enum jem_clock_source ago_source(void *ctx)
{
    (void)ctx;
    return JEM_CLOCK_NTP;
}

static int aged(int argc, char **argv)
{
    struct jem_error err = { 0 };
    int64_t back_ms = (int64_t)number_of(argv[5]) * 24 * 3600 * 1000;
    const struct jem_clock clock = { ago_ms, ago_source, &back_ms };
    struct jem_store *store = store_of(argv, &clock);
    struct jem_app *app = NULL;
    struct jem_decision no = { .to = JEM_STATUS_REJECTED, .reason = "tidak lengkap" };
    json_t *out = NULL;
    if (argc == 6) {
        kit_fill(store, NULL, 1);
        jem_store_close(store);
        return 0;
    }
    if (own_app_of(store, argv[3], &app, &err) != JEM_OK || jem_number_parse(argv[6], &no.number, &err) != JEM_OK ||
        jem_desk_decide(app, &no, &out, &err) != JEM_OK)
        die(err.msg);
    json_decref(out);
    jem_app_close(app);
    return 0;
}

int main(int argc, char **argv)
{
    struct prop rng = { 7 };
    struct jem_buf b = JEM_BUF_INIT(JEM_BUF_DEFAULT_MAX);
    if (argc == 6 && strcmp(argv[1], "lines") == 0)
        return lines(argv);
    if (argc == 5 && strcmp(argv[1], "slot") == 0)
        return slot(argv);
    if (argc == 6 && strcmp(argv[1], "fill") == 0)
        return fill(argv);
    if ((argc == 6 || argc == 7) && strcmp(argv[1], "aged") == 0)
        return aged(argc, argv);
    if (argc == 5 && strcmp(argv[1], "jpeg") == 0)
        scans_jpeg(&rng, number_of(argv[3]), number_of(argv[4]), &b);
    else if (argc == 5 && strcmp(argv[1], "png") == 0)
        scans_png(&rng, number_of(argv[3]), number_of(argv[4]), &b);
    else if (argc == 4 && strcmp(argv[1], "pdf") == 0)
        scans_pdf(&rng, number_of(argv[3]), 600, 840, &b);
    else
        die("usage: lines SEED COUNT SHARE FOLDER | jpeg|png FILE WIDTH HEIGHT | pdf FILE PAGES | slot DIR USER "
            "PASSPHRASE-FILE | fill DIR USER PASSPHRASE-FILE COUNT | aged DIR USER PASSPHRASE-FILE DAYS [NUMBER]");
    write_file(argv[2], &b);
    jem_buf_release(&b);
    return 0;
}
