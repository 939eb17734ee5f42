/* region.c - provinces, regencies, districts and villages, read in place from the embedded regions.bin.
 *
 * Layout of regions.bin (big endian, no padding), written by tool_regions.c:
 *   0   "JRG1"
 *   4   u16 version (1)     6  u16 zero
 *   8   u32 provinces      12  u32 regencies   16  u32 districts   20  u32 villages
 *   24  u32 bytes of the name pool
 *   28  one table a level, provinces first, each sorted by code:
 *         provinces, regencies, districts, 12 bytes: u16 code inside the parent (2 digits), u16 zero,
 *             u32 offset of the name in the pool, u32 index of the first child in the next table
 *         villages, 8 bytes: u16 code inside the district (4 digits), u16 zero, u32 offset of the name
 *   then the pool: names in UTF-8, each ended by NUL, equal names stored once.
 * The children of entry i are those from its first child up to the first child of entry i + 1, or to the end of the
 * next table. */
#include "jemput/region.h"

#include "region_file.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

extern const unsigned char jem_asset_regions_bin_start[], jem_asset_regions_bin_end[];

struct region_table {
    const unsigned char *entries;
    size_t count, entry_bytes;
    unsigned digits; /* that a level adds to the code */
};

struct region_file {
    struct region_table level[REGION_LEVELS];
    const char *pool;
};

/* One region on its way from the country down: its index at each level so far. */
struct region_path {
    size_t depth; /* levels known, 0..4 */
    size_t index[REGION_LEVELS];
};

static unsigned region_u16(const unsigned char *p)
{
    return (unsigned)p[0] << 8 | p[1];
}

static uint32_t region_u32(const unsigned char *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static struct region_file region_open(void)
{
    const unsigned char *p = jem_asset_regions_bin_start;
    struct region_file file = { .pool = NULL };
    const unsigned char *at = p + REGION_HEADER_BYTES;
    for (size_t i = 0; i < REGION_LEVELS; i++) {
        struct region_table *table = &file.level[i];
        table->entries = at;
        table->count = region_u32(p + 8 + 4 * i);
        table->entry_bytes = i + 1 < REGION_LEVELS ? REGION_PARENT_BYTES : REGION_LEAF_BYTES;
        table->digits = i + 1 < REGION_LEVELS ? 2 : 4;
        at += table->count * table->entry_bytes;
    }
    file.pool = (const char *)at;
    return file;
}

static const unsigned char *region_entry(const struct region_table *table, size_t i)
{
    return table->entries + i * table->entry_bytes;
}

static unsigned region_local(const struct region_table *table, size_t i)
{
    return region_u16(region_entry(table, i));
}

static const char *region_name(const struct region_file *file, size_t level, size_t i)
{
    return file->pool + region_u32(region_entry(&file->level[level], i) + 4);
}

/* The run of children, at level `path->depth`, of the region that `path` names (the country when its depth is 0). */
static void region_span(const struct region_file *file, const struct region_path *path, size_t *first, size_t *end)
{
    size_t depth = path->depth;
    *first = 0;
    *end = depth < REGION_LEVELS ? file->level[depth].count : 0;
    if (depth == 0 || depth == REGION_LEVELS)
        return;
    const struct region_table *parents = &file->level[depth - 1];
    size_t i = path->index[depth - 1];
    *first = region_u32(region_entry(parents, i) + 8);
    if (i + 1 < parents->count)
        *end = region_u32(region_entry(parents, i + 1) + 8);
}

static bool region_descend(const struct region_file *file, struct region_path *path, unsigned local)
{
    size_t low, high;
    region_span(file, path, &low, &high);
    const struct region_table *table = &file->level[path->depth];
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        unsigned found = region_local(table, mid);
        if (found == local) {
            path->index[path->depth++] = mid;
            return true;
        }
        if (found < local)
            low = mid + 1;
        else
            high = mid;
    }
    return false;
}

/* Walks `code` down from the country: false when it is malformed or unknown; "" is the country itself. */
static bool region_walk(const struct region_file *file, const char *code, struct region_path *path)
{
    char digits[11];
    size_t n = 0;
    for (const char *p = code; *p; p++) {
        if (*p == '.')
            continue;
        if (*p < '0' || *p > '9' || n == sizeof digits - 1)
            return false;
        digits[n++] = *p;
    }
    path->depth = 0;
    for (size_t at = 0; at < n;) {
        if (path->depth == REGION_LEVELS)
            return false;
        unsigned want = file->level[path->depth].digits, local = 0;
        if (n - at < want)
            return false;
        for (unsigned i = 0; i < want; i++)
            local = local * 10 + (unsigned)(digits[at++] - '0');
        if (!region_descend(file, path, local))
            return false;
    }
    return true;
}

static void region_fill(const struct region_file *file, const struct region_path *path, struct jem_region *out)
{
    size_t at = 0;
    for (size_t level = 0; level < path->depth; level++) {
        const struct region_table *table = &file->level[level];
        unsigned local = region_local(table, path->index[level]);
        for (unsigned place = table->digits == 4 ? 1000 : 10; place > 0; place /= 10)
            out->code[at++] = (char)('0' + local / place % 10);
    }
    out->code[at] = '\0';
    out->level = (enum jem_region_level)path->depth;
    out->name = region_name(file, path->depth - 1, path->index[path->depth - 1]);
}

bool jem_region_find(const char *code, struct jem_region *out)
{
    struct region_file file = region_open();
    struct region_path path;
    if (!region_walk(&file, code, &path) || path.depth == 0)
        return false;
    region_fill(&file, &path, out);
    return true;
}

size_t jem_region_children(const char *code, size_t from, struct jem_region *out, size_t max)
{
    struct region_file file = region_open();
    struct region_path path;
    if (!region_walk(&file, code, &path))
        return 0;
    size_t first, end, n = 0;
    region_span(&file, &path, &first, &end);
    struct region_path child = path;
    child.depth++;
    for (size_t i = from < end - first ? first + from : end; i < end && n < max; i++) {
        child.index[path.depth] = i;
        region_fill(&file, &child, &out[n++]);
    }
    return n;
}

void jem_region_full_name(const char *code, char *out, size_t cap)
{
    struct region_file file = region_open();
    struct region_path path;
    if (cap == 0)
        return;
    out[0] = '\0';
    if (!region_walk(&file, code, &path))
        return;
    size_t used = 0;
    for (size_t level = path.depth; level-- > 0 && used < cap;) {
        int n =
            snprintf(out + used, cap - used, "%s%s", used ? ", " : "", region_name(&file, level, path.index[level]));
        used += (size_t)n;
    }
}

size_t jem_region_count(enum jem_region_level level)
{
    if (level < JEM_REGION_PROVINCE || level > JEM_REGION_VILLAGE)
        return 0;
    struct region_file file = region_open();
    return file.level[level - 1].count;
}

/* ---- search ---- */

enum { SEARCH_TEXT = 64, SEARCH_KEEP = 256 };

/* How well a name answers; smaller is better. */
enum search_rank {
    SEARCH_EQUAL = 0,
    SEARCH_PREFIX,
    SEARCH_WORD,
    SEARCH_INSIDE,
    SEARCH_DISTRICT,                    /* added to the rank of the district's name */
    SEARCH_WORDS = 2 * SEARCH_DISTRICT, /* every word stands in the names of the village or of what holds it */
    SEARCH_NONE
};

struct search_hits {
    struct jem_region *out;
    unsigned char rank[SEARCH_KEEP];
    size_t count, max;
};

static char search_fold(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

/* Where the folded `needle` starts in `name`, from `name` on. */
static const char *search_locate(const char *name, const char *needle, size_t n)
{
    for (; *name; name++) {
        if (search_fold(*name) != needle[0])
            continue;
        size_t i = 1;
        while (i < n && search_fold(name[i]) == needle[i])
            i++;
        if (i == n)
            return name;
    }
    return NULL;
}

static unsigned search_rank_name(const char *name, const char *needle, size_t n)
{
    unsigned best = SEARCH_NONE;
    for (const char *at = search_locate(name, needle, n); at && best > SEARCH_WORD;
         at = search_locate(at + 1, needle, n)) {
        if (at == name)
            return name[n] == '\0' ? SEARCH_EQUAL : SEARCH_PREFIX;
        best = at[-1] == ' ' || at[-1] == '-' ? SEARCH_WORD : SEARCH_INSIDE;
    }
    return best;
}

/* True when every word of `needle` stands in one of the names, one of them in the village's. */
static bool search_all_words(const char *const names[REGION_LEVELS], const char *needle)
{
    bool in_village = false;
    for (const char *word = needle; *word;) {
        size_t n = strcspn(word, " ");
        bool found = false;
        for (size_t level = 0; level < REGION_LEVELS && !found; level++) {
            found = search_locate(names[level], word, n) != NULL;
            in_village = in_village || (found && level == 0);
        }
        if (!found)
            return false;
        word += n + (word[n] == ' ');
    }
    return in_village;
}

/* Lower case, words parted by one space, commas read as spaces. */
static size_t search_needle(const char *text, char out[SEARCH_TEXT])
{
    size_t n = 0;
    for (; *text && n < SEARCH_TEXT - 1; text++) {
        bool space = *text == ' ' || *text == ',' || *text == '\t';
        if (space && (n == 0 || out[n - 1] == ' '))
            continue;
        out[n++] = space ? ' ' : search_fold(*text);
    }
    while (n > 0 && out[n - 1] == ' ')
        n--;
    out[n] = '\0';
    return n;
}

/* Keeps the best `max`, equals in code order. */
static void search_keep(struct search_hits *hits, const struct region_file *file, const struct region_path *path,
    unsigned rank)
{
    if (hits->count == hits->max && rank >= hits->rank[hits->max - 1])
        return;
    size_t at = hits->count < hits->max ? hits->count++ : hits->max - 1;
    for (; at > 0 && hits->rank[at - 1] > rank; at--) {
        hits->rank[at] = hits->rank[at - 1];
        hits->out[at] = hits->out[at - 1];
    }
    hits->rank[at] = (unsigned char)rank;
    region_fill(file, path, &hits->out[at]);
}

static void search_district(const struct region_file *file, struct region_path *path, const char *needle, size_t n,
    struct search_hits *hits)
{
    const char *names[REGION_LEVELS] = { "", region_name(file, 2, path->index[2]), region_name(file, 1, path->index[1]),
        region_name(file, 0, path->index[0]) };
    unsigned of_district = search_rank_name(names[1], needle, n);
    if (of_district != SEARCH_NONE)
        of_district += SEARCH_DISTRICT;
    bool many = strchr(needle, ' ') != NULL;
    size_t first, end;
    region_span(file, path, &first, &end);
    struct region_path village = *path;
    village.depth = REGION_LEVELS;
    for (size_t i = first; i < end; i++) {
        village.index[3] = i;
        names[0] = region_name(file, 3, i);
        unsigned rank = search_rank_name(names[0], needle, n);
        if (rank > of_district)
            rank = of_district;
        if (rank == SEARCH_NONE && many && search_all_words(names, needle))
            rank = SEARCH_WORDS;
        if (rank != SEARCH_NONE)
            search_keep(hits, file, &village, rank);
    }
}

/* Visits the districts at and below `path`. */
static void search_below(const struct region_file *file, struct region_path path, const char *needle, size_t n,
    struct search_hits *hits)
{
    if (path.depth == REGION_LEVELS - 1) {
        search_district(file, &path, needle, n, hits);
        return;
    }
    size_t first, end;
    region_span(file, &path, &first, &end);
    struct region_path child = path;
    child.depth++;
    for (size_t i = first; i < end; i++) {
        child.index[path.depth] = i;
        search_below(file, child, needle, n, hits);
    }
}

size_t jem_region_search(const char *within, const char *text, struct jem_region *out, size_t max)
{
    struct region_file file = region_open();
    struct region_path path;
    char needle[SEARCH_TEXT];
    size_t n = search_needle(text, needle);
    if (n == 0 || max == 0 || !region_walk(&file, within, &path))
        return 0;
    if (path.depth == REGION_LEVELS)
        path.depth--;
    struct search_hits hits = { .out = out, .max = max < SEARCH_KEEP ? max : SEARCH_KEEP };
    search_below(&file, path, needle, n, &hits);
    return hits.count;
}
