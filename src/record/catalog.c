/* catalog.c - asking a catalogue that has been read. */
#include "catalog_parse.h"

#include <stdlib.h>
#include <string.h>

void jem_catalog_free(struct jem_catalog *catalog)
{
    if (!catalog)
        return;
    cat_free_blocks(catalog->blocks);
    json_decref(catalog->root);
    free(catalog);
}

int64_t jem_catalog_version(const struct jem_catalog *catalog)
{
    return catalog->version;
}

const char *jem_catalog_region(const struct jem_catalog *catalog)
{
    return catalog->region;
}

size_t jem_catalog_count(const struct jem_catalog *catalog)
{
    return catalog->count;
}

const struct jem_service *jem_catalog_at(const struct jem_catalog *catalog, size_t i)
{
    return i < catalog->count ? &catalog->services[i] : NULL;
}

const struct jem_service *jem_catalog_find(const struct jem_catalog *catalog, const char *id)
{
    for (size_t i = 0; i < catalog->count; i++)
        if (strcmp(catalog->services[i].id, id) == 0)
            return &catalog->services[i];
    return NULL;
}

const struct jem_service *jem_catalog_by_code(const struct jem_catalog *catalog, unsigned code)
{
    for (size_t i = 0; i < catalog->count; i++)
        if (catalog->services[i].code == code)
            return &catalog->services[i];
    return NULL;
}

const struct jem_field *jem_service_field(const struct jem_service *service, const char *name)
{
    for (size_t i = 0; i < service->field_count; i++)
        if (strcmp(service->fields[i].name, name) == 0)
            return &service->fields[i];
    return NULL;
}

/* ---- the nearest of some words ---- */

enum { NEAR_MAX = 40 };

static size_t near_fold(const char *s, char out[NEAR_MAX + 1])
{
    size_t n = 0;
    for (; *s && n < NEAR_MAX; s++) {
        char c = *s;
        if (c >= 'A' && c <= 'Z')
            c = (char)(c + 32);
        out[n++] = c == ' ' || c == '_' ? '-' : c;
    }
    out[n] = '\0';
    return n;
}

static unsigned near_least(unsigned a, unsigned b, unsigned c)
{
    unsigned least = a < b ? a : b;
    return least < c ? least : c;
}

unsigned catalog_distance(const char *typed, const char *word)
{
    char a[NEAR_MAX + 1], b[NEAR_MAX + 1];
    size_t n = near_fold(typed, a), m = near_fold(word, b);
    unsigned rows[3][NEAR_MAX + 1];
    for (size_t j = 0; j <= m; j++)
        rows[0][j] = (unsigned)j;
    for (size_t i = 1; i <= n; i++) {
        unsigned *row = rows[i % 3], *up = rows[(i + 2) % 3], *up2 = rows[(i + 1) % 3];
        row[0] = (unsigned)i;
        for (size_t j = 1; j <= m; j++) {
            row[j] = near_least(up[j] + 1, row[j - 1] + 1, up[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && up2[j - 2] + 1 < row[j])
                row[j] = up2[j - 2] + 1;
        }
    }
    return rows[n % 3][m];
}

/* Every third letter may be wrong; a part of the id of three letters or more is near as well. */
const char *jem_catalog_nearest(const struct jem_catalog *catalog, const char *id)
{
    const char *best = "";
    unsigned best_distance = (unsigned)(strlen(id) < NEAR_MAX ? strlen(id) : NEAR_MAX) / 3 + 1;
    char typed[NEAR_MAX + 1];
    size_t typed_len = near_fold(id, typed);
    if (typed_len < 2)
        return best;
    for (size_t i = 0; i < catalog->count; i++) {
        const char *candidate = catalog->services[i].id;
        unsigned distance = catalog_distance(id, candidate);
        if (distance < best_distance) {
            best_distance = distance;
            best = candidate;
        }
    }
    for (size_t i = 0; i < catalog->count && *best == '\0' && typed_len >= 3; i++) {
        const char *candidate = catalog->services[i].id;
        if (strstr(candidate, typed) || strstr(typed, candidate))
            best = candidate;
    }
    return best;
}

/* ---- words ---- */

static const struct {
    const char *key;
    enum jem_text label;
} standards[JEM_STD_COUNT] = {
    [JEM_STD_REQUIREMENTS] = { "requirements", JEM_T_STANDARD_REQUIREMENTS },
    [JEM_STD_PROCEDURE] = { "procedure", JEM_T_STANDARD_PROCEDURE },
    [JEM_STD_TIME] = { "time", JEM_T_STANDARD_TIME },
    [JEM_STD_COST] = { "cost", JEM_T_STANDARD_COST },
    [JEM_STD_PRODUCT] = { "product", JEM_T_STANDARD_PRODUCT },
    [JEM_STD_COMPLAINTS] = { "complaints", JEM_T_STANDARD_COMPLAINTS },
    [JEM_STD_LEGAL_BASIS] = { "legal_basis", JEM_T_STANDARD_LEGAL_BASIS },
    [JEM_STD_FACILITIES] = { "facilities", JEM_T_STANDARD_FACILITIES },
    [JEM_STD_COMPETENCE] = { "competence", JEM_T_STANDARD_COMPETENCE },
    [JEM_STD_SUPERVISION] = { "supervision", JEM_T_STANDARD_SUPERVISION },
    [JEM_STD_STAFF_NUMBER] = { "staff_number", JEM_T_STANDARD_STAFF_NUMBER },
    [JEM_STD_SERVICE_GUARANTEE] = { "service_guarantee", JEM_T_STANDARD_SERVICE_GUARANTEE },
    [JEM_STD_SAFETY_GUARANTEE] = { "safety_guarantee", JEM_T_STANDARD_SAFETY_GUARANTEE },
    [JEM_STD_EVALUATION] = { "evaluation", JEM_T_STANDARD_EVALUATION },
};

const char *jem_standard_key(enum jem_standard s)
{
    return (size_t)s < JEM_STD_COUNT ? standards[s].key : "";
}

const char *jem_standard_label(enum jem_standard s)
{
    return (size_t)s < JEM_STD_COUNT ? jem_text(standards[s].label) : "";
}

const char *jem_pair(const char *const pair[JEM_LANGS])
{
    const char *s = pair[jem_lang_get() == JEM_LANG_EN ? JEM_EN : JEM_ID];
    return s ? s : "";
}
