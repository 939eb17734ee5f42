/* gen_people.c - plausible people and forms for gen_events.c. Every name, number and address is invented. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gen_events.h"
#include "jemput/region.h"

#define GEN_PICK(rng, list) ((list)[gen_below((rng), (unsigned)(sizeof(list) / sizeof *(list)))])

unsigned gen_below(struct prop *rng, unsigned n)
{
    return (unsigned)prop_below(rng, n);
}

bool gen_chance(struct prop *rng, unsigned percent)
{
    return gen_below(rng, 100) < percent;
}

void gen_shuffle(struct prop *rng, const struct jem_event **items, size_t n)
{
    for (size_t i = n; i > 1; i--) {
        size_t j = gen_below(rng, (unsigned)i);
        const struct jem_event *t = items[i - 1];
        items[i - 1] = items[j];
        items[j] = t;
    }
}

static const char *const people_men[] = { "Asep", "Dadang", "Ujang", "Budi", "Agus", "Hendra", "Yusuf", "Iwan",
    "Rahmat", "Tatang", "Ma'ruf", "Wawan", "Eko", "Slamet", "Dedi", "Cecep", "Imam", "Joko", "Rizky", "Fajar", "Andri",
    "Nanang", "Kosasih", "Endang", "Ade", "Maman" };
static const char *const people_women[] = { "Siti", "Euis", "Neneng", "Dewi", "Sri", "Rina", "Yanti", "Lilis",
    "Nur'aini", "Tuti", "Wati", "Ratna", "Fitri", "Ayu", "Imas", "Ani", "Rohayati", "Enung", "Mimin", "Kartini",
    "Lestari", "Putri", "Nurhayati", "Iis", "Cucu", "Entin" };
static const char *const people_last[] = { "Suryana", "Hidayat", "Saepudin", "Permana", "Nugraha", "Kurniawan",
    "Setiawan", "Maulana", "Rahayu", "Sopandi", "Supriatna", "Komariah", "Mulyani", "Wijaya", "Gunawan", "Sutisna",
    "Ramdani", "Hasanah", "Firmansyah", "Jaelani", "Sumarni", "Handayani", "Purnama", "Sobari", "Kartika",
    "bin Sahid" };
static const char *const people_places[] = { "Cianjur", "Bandung", "Sukabumi", "Garut", "Tasikmalaya", "Bogor",
    "Jakarta", "Surabaya", "Padang", "Kebumen" };
static const char *const people_kampungs[] = { "Cikondang", "Babakan", "Pasir Ipis", "Cibodas", "Sukamaju",
    "Lembur Sawah", "Nagrak", "Ciherang", "Neglasari", "Cimenteng", "Sindangsari", "Cipeuyeum" };
static const char *const people_streets[] = { "Raya Cibeber", "Pasirhayam", "Siliwangi", "KH Abdullah bin Nuh",
    "Otto Iskandardinata", "Dr. Muwardi", "Raya Sukabumi" };
static const char *const people_jobs[] = { "petani", "buruh tani", "pedagang", "wiraswasta", "mengurus rumah tangga",
    "guru honorer", "pelajar", "karyawan swasta", "tukang ojek" };

static void people_name(struct prop *rng, char sex, char *out, size_t cap)
{
    const char *first = sex == 'L' ? GEN_PICK(rng, people_men) : GEN_PICK(rng, people_women);
    if (gen_chance(rng, 15))
        (void)snprintf(out, cap, "%s", first);
    else if (gen_chance(rng, 20))
        (void)snprintf(out, cap, "%s %s %s", first, GEN_PICK(rng, people_last), GEN_PICK(rng, people_last));
    else
        (void)snprintf(out, cap, "%s %s", first, GEN_PICK(rng, people_last));
}

void gen_nik(struct prop *rng, char sex, char birth_date[11], char out[17])
{
    unsigned year = 1945 + gen_below(rng, 65), month = 1 + gen_below(rng, 12), day = 1 + gen_below(rng, 28);
    /* Most people were registered in the regency, some elsewhere. */
    unsigned district = gen_chance(rng, 85) ? 320300 + 1 + gen_below(rng, 30) : 310000 + gen_below(rng, 20000);
    (void)snprintf(birth_date, 11, "%04u-%02u-%02u", year % 10000, month % 100, day % 100);
    (void)snprintf(out, 17, "%06u%02u%02u%02u%04u", district % 1000000, (day + (sex == 'P' ? 40 : 0)) % 100,
        month % 100, year % 100, 1 + gen_below(rng, 40));
}

static void people_set(json_t *fields, const char *name, const char *value)
{
    if (json_object_set_new(fields, name, json_string(value)) != 0)
        abort();
}

static void people_choose(struct prop *rng, json_t *fields, const char *name, const char *const *values, unsigned n)
{
    people_set(fields, name, values[gen_below(rng, n)]);
}

/* A village of the regency, from the table of regions. */
static void people_village(struct prop *rng, json_t *fields, const char *name)
{
    struct jem_region district, village;
    do {
        if (jem_region_children("3203", gen_below(rng, 30), &district, 1) != 1)
            abort();
    } while (jem_region_children(district.code, gen_below(rng, 8), &village, 1) != 1);
    people_set(fields, name, village.code);
}

static void people_address(struct prop *rng, json_t *fields)
{
    char text[160];
    if (gen_chance(rng, 70))
        (void)snprintf(text, sizeof text, "Kp. %s RT %02u/RW %02u", GEN_PICK(rng, people_kampungs),
            1 + gen_below(rng, 12), 1 + gen_below(rng, 9));
    else
        (void)snprintf(text, sizeof text, "Jl. %s No. %u", GEN_PICK(rng, people_streets), 1 + gen_below(rng, 240));
    people_set(fields, "address", text);
    people_village(rng, fields, "village");
}

static void people_child(struct prop *rng, json_t *fields, unsigned year)
{
    char text[120];
    char sex = gen_chance(rng, 50) ? 'L' : 'P';
    people_name(rng, sex, text, sizeof text);
    people_set(fields, "child_name", text);
    people_set(fields, "child_sex", sex == 'L' ? "L" : "P");
    (void)snprintf(text, sizeof text, "%u-%02u-%02u", year % 10000, 1 + gen_below(rng, 10), 1 + gen_below(rng, 28));
    people_set(fields, "child_birth_date", text);
}

static void people_birth(struct prop *rng, json_t *fields)
{
    static const char *const places[] = { "rs-rb", "puskesmas", "polindes", "rumah" };
    static const char *const attendants[] = { "dokter", "bidan-perawat", "bidan-perawat", "dukun" };
    char nik[17], date[11], order[12];
    people_child(rng, fields, 2026);
    people_set(fields, "birth_place", GEN_PICK(rng, people_places));
    people_choose(rng, fields, "place_kind", places, 4);
    people_choose(rng, fields, "attendant", attendants, 4);
    people_set(fields, "birth_kind", gen_chance(rng, 97) ? "tunggal" : "kembar-2");
    (void)snprintf(order, sizeof order, "%u", 1 + gen_below(rng, 5));
    people_set(fields, "birth_order", order);
    gen_nik(rng, 'P', date, nik);
    people_set(fields, "mother_nik", nik);
    if (gen_chance(rng, 90)) {
        gen_nik(rng, 'L', date, nik);
        people_set(fields, "father_nik", nik);
    }
}

static void people_child_card(struct prop *rng, json_t *fields)
{
    static const char *const relations[] = { "ayah", "ibu", "wali" };
    char nik[17], date[11], number[40];
    /* The card is the child's: the form does not ask these of the parent who applies. */
    (void)json_object_del(fields, "birth_date");
    (void)json_object_del(fields, "sex");
    people_child(rng, fields, 2012 + gen_below(rng, 13));
    gen_nik(rng, 'L', date, nik);
    people_set(fields, "child_nik", nik);
    people_set(fields, "request", gen_chance(rng, 80) ? "baru" : "hilang");
    (void)snprintf(number, sizeof number, "3203-LU-%08u-%04u", gen_below(rng, 100000000), gen_below(rng, 10000));
    people_set(fields, "birth_certificate_number", number);
    people_choose(rng, fields, "relation", relations, 3);
}

static void people_identity_card(struct prop *rng, json_t *fields)
{
    static const char *const requests[] = { "baru", "hilang", "rusak", "perubahan" };
    static const char *const marital[] = { "belum-kawin", "kawin-tercatat", "kawin-belum-tercatat", "cerai-mati" };
    people_choose(rng, fields, "request", requests, 4);
    people_choose(rng, fields, "marital_status", marital, 4);
    people_set(fields, "recorded", gen_chance(rng, 80) ? "ya" : "tidak");
}

static void people_family_card(struct prop *rng, json_t *fields)
{
    static const char *const requests[] = { "keluarga-baru", "tambah-anggota", "ubah-data", "hilang", "rusak" };
    char text[120];
    people_choose(rng, fields, "request", requests, 5);
    people_name(rng, 'L', text, sizeof text);
    people_set(fields, "head_name", text);
    (void)snprintf(text, sizeof text, "%u", 1 + gen_below(rng, 7));
    people_set(fields, "member_count", text);
    if (gen_chance(rng, 30)) {
        (void)snprintf(text, sizeof text, "pekerjaan menjadi %s", GEN_PICK(rng, people_jobs));
        people_set(fields, "change_detail", text);
    }
}

json_t *gen_fields(struct prop *rng, const char **service)
{
    static const struct {
        const char *id;
        void (*own)(struct prop *rng, json_t *fields);
    } forms[] = {
        { "akta-kelahiran", people_birth },
        { "ktp-el", people_identity_card },
        { "kartu-keluarga", people_family_card },
        { "kia", people_child_card },
    };
    char name[120], nik[17], kk[17], birth_date[11], kk_date[11], phone[24];
    char sex = gen_chance(rng, 48) ? 'L' : 'P';
    unsigned form = gen_below(rng, 4);
    json_t *fields = json_object();
    if (fields == NULL)
        abort();
    people_name(rng, sex, name, sizeof name);
    gen_nik(rng, sex, birth_date, nik);
    gen_nik(rng, 'L', kk_date, kk);
    people_set(fields, "nik", nik);
    people_set(fields, "name", name);
    people_set(fields, "kk", kk);
    people_set(fields, "birth_date", birth_date);
    people_set(fields, "sex", sex == 'L' ? "L" : "P");
    (void)snprintf(phone, sizeof phone, "08%u%08u", 11 + gen_below(rng, 89), gen_below(rng, 100000000));
    if (gen_chance(rng, 85)) {
        people_set(fields, "phone", phone);
        people_set(fields, "notify", gen_chance(rng, 70) ? "ya" : "tidak");
    }
    people_address(rng, fields);
    forms[form].own(rng, fields);
    *service = forms[form].id;
    return fields;
}
