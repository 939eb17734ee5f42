/* tool_regions.c - build-time program: the CSV files of idn-area-data into regions.bin (layout: region.c).
 * Usage: tool_regions FOLDER OUT. Anything out of the ordinary in the source stops the build. */
#include "jemput/buf.h"
#include "jemput/file.h"

#include "region_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct entry {
    char code[11];
    uint32_t name;        /* offset in the pool */
    uint32_t first_child; /* index in the next level */
};

struct level {
    const char *file;
    size_t digits; /* of the whole code */
    struct entry *entries;
    size_t count;
};

/* Names once each: an open-addressed table of pool offsets + 1. */
enum { POOL_SLOTS = 1 << 18 };
struct pool {
    struct jem_buf text;
    uint32_t *slots;
};

static _Noreturn void tool_stop(const char *what, const char *detail)
{
    fprintf(stderr, "tool_regions: %s: %s\n", what, detail);
    exit(1);
}

static uint32_t pool_put(struct pool *pool, const char *name)
{
    uint32_t hash = 2166136261u;
    for (const unsigned char *p = (const unsigned char *)name; *p; p++)
        hash = (hash ^ *p) * 16777619u;
    uint32_t at = hash % POOL_SLOTS;
    while (pool->slots[at] != 0) {
        uint32_t offset = pool->slots[at] - 1;
        if (strcmp((const char *)pool->text.data + offset, name) == 0)
            return offset;
        at = (at + 1) % POOL_SLOTS;
    }
    uint32_t offset = (uint32_t)pool->text.len;
    pool->slots[at] = offset + 1;
    jem_buf_add(&pool->text, name, strlen(name) + 1);
    return offset;
}

/* The source has a few double quotes and typographic marks where an apostrophe is meant, and a stray asterisk. */
static void name_clean(char *name)
{
    char *to = name;
    for (const char *p = name; *p; p++) {
        if (memcmp(p, "\xE2\x80\x99", 3) == 0) {
            *to++ = '\'';
            p += 2;
        } else if (*p == '"') {
            *to++ = '\'';
        } else if (*p != '*' && !(*p == ' ' && (to == name || to[-1] == ' '))) {
            *to++ = *p;
        }
    }
    while (to > name && to[-1] == ' ')
        to--;
    *to = '\0';
}

/* Provinces and regencies stand in capitals: "KABUPATEN CIANJUR" becomes "Kab. Cianjur". */
static void name_title(char *name, size_t cap)
{
    bool start = true;
    for (char *p = name; *p; p++) {
        if (!start && *p >= 'A' && *p <= 'Z')
            *p = (char)(*p + 32);
        start = *p == ' ' || *p == '-' || *p == '.';
    }
    static const struct {
        const char *from, *to;
    } heads[] = { { "Kabupaten Administrasi ", "Kab. Adm. " }, { "Kota Administrasi ", "Kota Adm. " },
        { "Kabupaten ", "Kab. " }, { "Dki ", "DKI " } };
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
        size_t n = strlen(heads[i].from);
        if (strncmp(name, heads[i].from, n) != 0)
            continue;
        char rest[128];
        snprintf(rest, sizeof rest, "%s", name + n);
        snprintf(name, cap, "%s%s", heads[i].to, rest);
        return;
    }
    char *and_word = strstr(name, " Dan ");
    if (and_word)
        and_word[1] = 'd';
}

static void level_add(struct level *level, struct pool *pool, const char *line, size_t n, bool capitals)
{
    char text[160];
    if (n >= sizeof text)
        tool_stop(level->file, "a line is too long");
    memcpy(text, line, n);
    text[n] = '\0';
    char *code_end = strchr(text, ',');
    char *name = strrchr(text, ',');
    if (!code_end)
        tool_stop(level->file, "a line has no comma");
    *code_end = '\0';
    name++;
    struct entry *entry = &level->entries[level->count];
    size_t digits = 0;
    for (const char *p = text; *p; p++) {
        if (*p == '.')
            continue;
        if (*p < '0' || *p > '9' || digits == level->digits)
            tool_stop(level->file, "a code is not of this level's form");
        entry->code[digits++] = *p;
    }
    entry->code[digits] = '\0';
    if (digits != level->digits)
        tool_stop(level->file, "a code is too short");
    name_clean(name);
    if (capitals)
        name_title(name, sizeof text - (size_t)(name - text));
    if (*name == '\0')
        tool_stop(level->file, "a name is empty");
    entry->name = pool_put(pool, name);
    level->count++;
}

static int entry_cmp(const void *a, const void *b)
{
    return strcmp(((const struct entry *)a)->code, ((const struct entry *)b)->code);
}

static void level_read(struct level *level, struct pool *pool, const char *folder, bool capitals)
{
    struct jem_error err;
    struct jem_buf csv = JEM_BUF_INIT((size_t)16 << 20);
    char path[512];
    if (jem_path_join(path, sizeof path, folder, level->file, &err) != JEM_OK ||
        jem_file_read(path, csv.max, &csv, &err) != JEM_OK)
        tool_stop(level->file, err.msg);
    size_t lines = 0;
    for (size_t i = 0; i < csv.len; i++)
        lines += csv.data[i] == '\n';
    level->entries = calloc(lines + 1, sizeof *level->entries);
    if (!level->entries)
        tool_stop(level->file, "no memory");
    const char *p = jem_buf_text(&csv), *end = p + csv.len;
    for (bool head = true; p < end; head = false) {
        const char *stop = memchr(p, '\n', (size_t)(end - p));
        size_t n = stop ? (size_t)(stop - p) : (size_t)(end - p);
        size_t bare = n > 0 && p[n - 1] == '\r' ? n - 1 : n;
        if (!head && bare > 0)
            level_add(level, pool, p, bare, capitals);
        p += n + (stop ? 1 : 0);
    }
    qsort(level->entries, level->count, sizeof *level->entries, entry_cmp);
    for (size_t i = 1; i < level->count; i++)
        if (strcmp(level->entries[i - 1].code, level->entries[i].code) == 0)
            tool_stop(level->file, "a code stands twice");
    jem_buf_release(&csv);
}

/* Both levels are sorted, so that one pass finds where the children of each parent begin. */
static void level_link(struct level *parents, const struct level *children)
{
    size_t at = 0;
    for (size_t i = 0; i < parents->count; i++) {
        parents->entries[i].first_child = (uint32_t)at;
        while (
            at < children->count && strncmp(children->entries[at].code, parents->entries[i].code, parents->digits) == 0)
            at++;
    }
    if (at != children->count)
        tool_stop(children->file, "an entry has no parent");
}

static void level_write(const struct level *level, size_t parent_digits, bool leaf, struct jem_buf *out)
{
    for (size_t i = 0; i < level->count; i++) {
        const struct entry *entry = &level->entries[i];
        jem_buf_u16(out, (uint16_t)strtoul(entry->code + parent_digits, NULL, 10));
        jem_buf_u16(out, 0);
        jem_buf_u32(out, entry->name);
        if (!leaf)
            jem_buf_u32(out, entry->first_child);
    }
}

int main(int argc, char **argv)
{
    if (argc != 3)
        tool_stop("usage", "tool_regions FOLDER OUT");
    struct level levels[REGION_LEVELS] = { { .file = "provinces.csv", .digits = 2 },
        { .file = "regencies.csv", .digits = 4 }, { .file = "districts.csv", .digits = 6 },
        { .file = "villages.csv", .digits = 10 } };
    struct pool pool = { .text = JEM_BUF_INIT((size_t)16 << 20), .slots = calloc(POOL_SLOTS, sizeof(uint32_t)) };
    if (!pool.slots)
        tool_stop("names", "no memory");
    for (size_t i = 0; i < REGION_LEVELS; i++)
        level_read(&levels[i], &pool, argv[1], i < 2);
    for (size_t i = 0; i + 1 < REGION_LEVELS; i++)
        level_link(&levels[i], &levels[i + 1]);

    struct jem_buf out = JEM_BUF_INIT((size_t)32 << 20);
    jem_buf_str(&out, REGION_MAGIC);
    jem_buf_u16(&out, REGION_VERSION);
    jem_buf_u16(&out, 0);
    for (size_t i = 0; i < REGION_LEVELS; i++)
        jem_buf_u32(&out, (uint32_t)levels[i].count);
    jem_buf_u32(&out, (uint32_t)pool.text.len);
    for (size_t i = 0; i < REGION_LEVELS; i++)
        level_write(&levels[i], i == 0 ? 0 : levels[i - 1].digits, i + 1 == REGION_LEVELS, &out);
    jem_buf_add(&out, pool.text.data, pool.text.len);

    struct jem_error err;
    if (jem_buf_ok(&out, &err) != JEM_OK || jem_buf_ok(&pool.text, &err) != JEM_OK ||
        jem_file_write(argv[2], out.data, out.len, 0644, &err) != JEM_OK)
        tool_stop(argv[2], err.msg);
    for (size_t i = 0; i < REGION_LEVELS; i++)
        free(levels[i].entries);
    free(pool.slots);
    jem_buf_release(&pool.text);
    jem_buf_release(&out);
    return 0;
}
