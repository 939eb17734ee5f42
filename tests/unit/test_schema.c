// room: record
/* test_schema.c - the published schema and the reader of the catalogue refuse the same things: what the schema
 * refuses the reader refuses, and the reader refuses more only where a schema cannot reach (names that stand twice,
 * references, circles, bounds). */
#include <stdio.h>
#include <string.h>

#include "jemput/catalog.h"
#include "prop.h"
#include "schema_check.h"
#include "unit.h"

static json_t *schema;

/* Small, with every member that the format has; quotes are written '. */
static const char small_catalog[] =
    "{'format':'jemput-catalog-1','version':3,'region':'3203',"
    "'agencies':[{'id':'dukcapil','name':{'id':'Dinas','en':'Office'}},{'id':'pdam','name':{'id':'P','en':'W'}}],"
    "'common_fields':["
    " {'name':'kk','type':'kk','required':true,'label':{'id':'KK','en':'Card'},'hint':{'id':'16','en':'16'}},"
    " {'name':'birth','type':'date','required':false,'label':{'id':'L','en':'B'},'min':-40000,'max':0,"
    "  'role':'birth_date'},"
    " {'name':'sex','type':'choice','required':false,'label':{'id':'JK','en':'Sex'},'role':'sex','options':"
    "  [{'value':'L','label':{'id':'Laki','en':'Male'}},{'value':'P','label':{'id':'Perempuan','en':'Female'}}]},"
    " {'name':'phone','type':'phone','required':false,'label':{'id':'T','en':'P'},'role':'phone'},"
    " {'name':'village','type':'village','required':true,'label':{'id':'D','en':'V'},'role':'village'}],"
    "'services':[{'id':'air-bersih','code':304,'agency':'pdam','name':{'id':'Air','en':'Water'},"
    "'standard':{%s},"
    "'without':['kk','sex'],"
    "'fields':[{'name':'kind','type':'choice','required':true,'label':{'id':'J','en':'K'},'default':'a','options':"
    "  [{'value':'a','label':{'id':'A','en':'A'}},{'value':'b','label':{'id':'B','en':'B'}}]},"
    " {'name':'phone','type':'phone','required':true,'label':{'id':'T','en':'P'},'role':'phone'},"
    " {'name':'note','type':'longtext','required':false,'label':{'id':'C','en':'N'},'max_length':500},"
    " {'name':'count','type':'integer','required':true,'label':{'id':'J','en':'C'},'min':1,'max':40,'default':'1'},"
    " {'name':'capital','type':'money','required':true,'label':{'id':'M','en':'C'},'min':0,'max':5000},"
    " {'name':'mail','type':'email','required':false,'label':{'id':'S','en':'M'}},"
    " {'name':'owner','type':'yesno','required':false,'default':'ya','label':{'id':'P','en':'O'}}],"
    "'requirements':[{'kind':'kk','label':{'id':'KK','en':'Card'},'required':true,'colour':'gray'},"
    " {'kind':'f-1','label':{'id':'F','en':'F'},'required':false,'when':{'id':'bila','en':'when'},'instead_of':'kk'},"
    " {'kind':'asli','label':{'id':'A','en':'O'},'required':true,'shown_only':true}],"
    "'promised':{'hours':24,'text':{'id':'1 hari','en':'1 day'}},'fee':{'idr':0,'note':{'id':'Gratis','en':'Free'}},"
    "'duplicate_window_days':30,'retention_days':730,"
    "'stages':{'ready':{'id':'Siap','en':'Ready'},'returned':{'id':'Kurang','en':'Missing'}}}]}";

static json_t *catalog_of(const char *text)
{
    char json[8192], standard[1200] = "";
    for (int i = 0; i < JEM_STD_COUNT; i++) {
        size_t used = strlen(standard);
        snprintf(standard + used, sizeof standard - used, "%s'%s':{'id':'i','en':'e'}", i ? "," : "",
            jem_standard_key((enum jem_standard)i));
    }
    int n = snprintf(json, sizeof json, text, standard);
    assert_true(n > 0 && (size_t)n < sizeof json);
    for (char *p = json; *p; p++)
        if (*p == '\'')
            *p = '"';
    json_t *out = NULL;
    struct jem_error err;
    if (jem_json_parse(json, (size_t)n, "small", &out, &err) != JEM_OK)
        fail_msg("%s", err.msg);
    return out;
}

/* ---- places in the tree ---- */

struct place {
    json_t *parent; /* borrowed */
    char name[48];  /* "" in an array */
    size_t index;
    char path[160];
};
enum { PLACES = 600 };
struct places { /* the first of a tree */
    struct place items[PLACES];
    size_t count;
};

static void places_add(struct places *all, json_t *parent, const char *name, size_t index, const char *path);

static void places_of(struct places *all, json_t *v, const char *path)
{
    const char *name;
    json_t *member;
    size_t i;
    if (json_is_object(v)) {
        json_object_foreach(v, name, member)
        {
            places_add(all, v, name, 0, path);
        }
    }
    json_array_foreach(v, i, member)
    {
        places_add(all, v, "", i, path);
    }
}

static void places_add(struct places *all, json_t *parent, const char *name, size_t index, const char *path)
{
    if (all->count == PLACES)
        return;
    struct place *p = &all->items[all->count++];
    p->parent = parent;
    p->index = index;
    snprintf(p->name, sizeof p->name, "%s", name);
    if (*name)
        snprintf(p->path, sizeof p->path, "%.100s/%s", path, name);
    else
        snprintf(p->path, sizeof p->path, "%.100s/%zu", path, index);
    char here[160];
    memcpy(here, p->path, sizeof here);
    json_t *v = *name ? json_object_get(parent, name) : json_array_get(parent, index);
    places_of(all, v, here);
}

static json_t *place_get(const struct place *p)
{
    return *p->name ? json_object_get(p->parent, p->name) : json_array_get(p->parent, p->index);
}

static void place_set(const struct place *p, json_t *v)
{
    if (*p->name)
        assert_int_equal(json_object_set_new(p->parent, p->name, v), 0);
    else
        assert_int_equal(json_array_set_new(p->parent, p->index, v), 0);
}

/* ---- what is done to a place ---- */

enum { CHANGES = 26 };

static json_t *long_text(size_t chars)
{
    char text[8300] = "";
    for (size_t i = 0; i < chars; i++)
        memcpy(text + 2 * i, "é", sizeof "é");
    return json_string(text);
}

/* A replacement for the value of a place; NULL where this change does not apply. */
static json_t *replacement(int change, json_t *v)
{
    const char *s = json_string_value(v);
    char edited[200];
    json_t *copy;
    switch (change) {
    case 0: return json_null();
    case 1: return json_true();
    case 2: return json_integer(0);
    case 3: return json_integer(-1);
    case 4: return json_integer(((json_int_t)1 << 53) + 1);
    case 5: return json_real(1.5);
    case 6: return json_string("");
    case 7: return json_string("   ");
    case 8: return json_string("x");
    case 9: return json_string("Akta Kelahiran");
    case 10: return json_array();
    case 11: return json_object();
    case 12: return long_text(41);
    case 13: return long_text(161);
    case 14: return long_text(321);
    case 15: return long_text(4001);
    case 16:
        if (!s || !*s || strlen(s) > 150)
            return NULL;
        snprintf(edited, sizeof edited, "%s ", s);
        return json_string(edited);
    case 17:
        if (!s || !*s || strlen(s) > 150)
            return NULL;
        snprintf(edited, sizeof edited, "%s", s);
        edited[0] = edited[0] == '-' ? '_' : '-';
        return json_string(edited);
    case 18: return json_is_integer(v) ? json_sprintf("%d", (int)json_integer_value(v)) : NULL;
    case 19: return json_is_integer(v) ? json_integer(1000000001) : NULL;
    case 20: return json_is_boolean(v) ? json_boolean(!json_is_true(v)) : NULL;
    case 21:
        if (!json_is_object(v))
            return NULL;
        copy = json_deep_copy(v);
        json_object_set_new(copy, "extra", json_string("x"));
        return copy;
    case 22:
        if (!json_is_array(v) || json_array_size(v) == 0)
            return NULL;
        copy = json_deep_copy(v);
        json_array_append_new(copy, json_deep_copy(json_array_get(v, 0)));
        return copy;
    case 23:
        if (!json_is_array(v) || json_array_size(v) == 0)
            return NULL;
        copy = json_deep_copy(v);
        json_array_remove(copy, 0);
        return copy;
    case 24:
        if (!json_is_array(v) || json_array_size(v) == 0)
            return NULL;
        copy = json_array();
        for (int i = 0; i < 501; i++)
            json_array_append_new(copy, json_deep_copy(json_array_get(v, 0)));
        return copy;
    default: return json_false();
    }
}

/* Faults that no schema word can tell. */
static bool beyond_schema(enum jem_text key)
{
    return key == JEM_T_CATALOG_F_TWICE || key == JEM_T_CATALOG_F_CODE_TWICE || key == JEM_T_CATALOG_F_REFERENCE ||
           key == JEM_T_CATALOG_F_CIRCLE || key == JEM_T_CATALOG_F_MIN_MAX || key == JEM_T_CATALOG_F_SEX ||
           key == JEM_T_CATALOG_F_DEFAULT;
}

struct tally {
    size_t both_take, both_refuse, only_reader_refuses;
};

static void compare(const json_t *root, const char *what, struct tally *tally)
{
    static struct jem_issues issues;
    memset(&issues, 0, sizeof issues);
    struct jem_error err = { 0 };
    struct jem_catalog *catalog = NULL;
    bool taken = schema_holds(schema, schema, root);
    enum jem_code code = jem_catalog_parse(root, &catalog, &issues, &err);
    if (code == JEM_OK) {
        jem_catalog_free(catalog);
        if (!taken)
            fail_msg("%s: the schema refuses what the reader takes", what);
        assert_int_equal(issues.count, 0);
        tally->both_take++;
        return;
    }
    assert_int_equal(code, JEM_EINVAL);
    assert_null(catalog);
    assert_true(issues.errors > 0 && err.msg[0] != '\0');
    assert_string_equal(err.msg, issues.items[0].msg);
    for (size_t i = 0; taken && i < issues.count; i++)
        if (!beyond_schema(issues.items[i].key))
            fail_msg("%s: the reader alone says \"%s\"", what, issues.items[i].msg);
    if (taken)
        tally->only_reader_refuses++;
    else
        tally->both_refuse++;
}

static void every_change_of_every_place(void **state)
{
    (void)state;
    static struct places all;
    struct tally tally = { 0 };
    all.count = 0;
    json_t *root = catalog_of(small_catalog);
    compare(root, "unchanged", &tally);
    assert_int_equal(tally.both_take, 1);
    places_of(&all, root, "");
    assert_true(all.count > 200 && all.count < PLACES);
    for (size_t i = 0; i < all.count; i++) {
        const struct place *p = &all.items[i];
        json_t *kept = json_incref(place_get(p));
        for (int change = 0; change < CHANGES; change++) {
            json_t *v = replacement(change, kept);
            char what[200];
            snprintf(what, sizeof what, "%.160s, change %d", p->path, change);
            if (!v)
                continue;
            place_set(p, v);
            compare(root, what, &tally);
            place_set(p, json_incref(kept));
        }
        if (*p->name) { /* without it, and under another name */
            json_object_del(p->parent, p->name);
            compare(root, p->path, &tally);
            json_object_set_new(p->parent, "nama_lain", json_incref(kept));
            compare(root, p->path, &tally);
            json_object_del(p->parent, "nama_lain");
            json_object_set_new(p->parent, p->name, json_incref(kept));
        }
        json_decref(kept);
    }
    print_message("%zu places: taken by both %zu, refused by both %zu, by the reader alone %zu\n", all.count,
        tally.both_take, tally.both_refuse, tally.only_reader_refuses);
    assert_true(tally.both_take > 100 && tally.both_refuse > 3000 && tally.only_reader_refuses > 10);
    json_decref(root);
}

/* Values moved between places, several at once. */
static void random_changes(void **state)
{
    (void)state;
    static struct places all;
    struct prop rng = prop_start("schema");
    struct tally tally = { 0 };
    size_t rounds = prop_rounds(3000);
    for (size_t round = 0; round < rounds; round++) {
        json_t *root = catalog_of(small_catalog);
        char what[200] = "";
        size_t times = 1 + prop_below(&rng, 3);
        for (size_t t = 0; t < times; t++) {
            all.count = 0;
            places_of(&all, root, "");
            const struct place *to = &all.items[prop_below(&rng, all.count)];
            const struct place *from = &all.items[prop_below(&rng, all.count)];
            size_t used = strlen(what);
            snprintf(what + used, sizeof what - used, "%.40s := %.40s; ", to->path, from->path);
            json_t *v = prop_below(&rng, 2) ? json_deep_copy(place_get(from))
                                            : replacement((int)prop_below(&rng, CHANGES), place_get(to));
            if (v)
                place_set(to, v);
        }
        compare(root, what, &tally);
        json_decref(root);
    }
    print_message("taken by both %zu, refused by both %zu, by the reader alone %zu\n", tally.both_take,
        tally.both_refuse, tally.only_reader_refuses);
}

static void shipped_catalogue_fits_the_schema(void **state)
{
    (void)state;
    json_t *root = NULL;
    struct jem_error err;
    if (jem_catalog_read_dir("src/record/catalog", &root, &err) != JEM_OK)
        fail_msg("%s", err.msg);
    assert_true(schema_holds(schema, schema, root));
    json_object_set_new(root, "extra", json_true());
    assert_false(schema_holds(schema, schema, root));
    json_decref(root);
}

static int read_schema(void **state)
{
    (void)state;
    struct jem_error err;
    return jem_json_file("src/record/catalog/schema.json", 1 << 20, &schema, &err) == JEM_OK ? 0 : -1;
}

static int drop_schema(void **state)
{
    (void)state;
    json_decref(schema);
    schema_release();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shipped_catalogue_fits_the_schema),
        cmocka_unit_test(every_change_of_every_place),
        cmocka_unit_test(random_changes),
    };
    return cmocka_run_group_tests(tests, read_schema, drop_schema);
}
