/* names.c - numbered byte strings, found by an open hash table. */
#include "names.h"

#include <stdlib.h>
#include <string.h>

static uint64_t names_hash(const unsigned char *p, size_t n)
{
    uint64_t h = 0xcbf29ce484222325u; /* FNV-1a, then mixed, for its low bits alone are weak */
    for (size_t i = 0; i < n; i++)
        h = (h ^ p[i]) * 0x100000001b3u;
    h ^= h >> 32;
    return h * 0x9e3779b97f4a7c15u >> 16;
}

void jem_names_release(struct jem_names *names)
{
    jem_buf_release(&names->bytes);
    free(names->starts);
    free(names->table);
    memset(names, 0, sizeof *names);
}

const unsigned char *jem_names_get(const struct jem_names *names, size_t i, size_t *n)
{
    *n = names->starts[i + 1] - names->starts[i];
    return *n == 0 ? (const unsigned char *)"" : names->bytes.data + names->starts[i];
}

/* The slot that holds the string, or the empty one where it belongs. */
static size_t names_slot(const struct jem_names *names, const unsigned char *p, size_t n)
{
    size_t i = names_hash(p, n) & (names->table_size - 1);
    for (; names->table[i] != 0; i = (i + 1) & (names->table_size - 1)) {
        size_t len;
        const unsigned char *have = jem_names_get(names, names->table[i] - 1, &len);
        if (len == n && memcmp(have, p, n) == 0)
            break;
    }
    return i;
}

static void names_fill(struct jem_names *names)
{
    memset(names->table, 0, names->table_size * sizeof *names->table);
    for (size_t i = 0; i < names->count; i++) {
        size_t n;
        const unsigned char *p = jem_names_get(names, i, &n);
        names->table[names_slot(names, p, n)] = (uint32_t)i + 1;
    }
}

static bool names_grow(struct jem_names *names)
{
    if (names->count + 1 < names->cap)
        return true;
    size_t cap = names->cap == 0 ? 32 : names->cap * 2, table_size = cap * 2;
    if (cap > UINT32_MAX / 4)
        return false;
    size_t *starts = realloc(names->starts, (cap + 1) * sizeof *starts);
    if (starts == NULL)
        return false;
    names->starts = starts;
    if (names->cap == 0)
        starts[0] = 0;
    uint32_t *table = malloc(table_size * sizeof *table);
    if (table == NULL)
        return false;
    free(names->table);
    names->table = table;
    names->table_size = table_size;
    names->cap = cap;
    names_fill(names);
    return true;
}

size_t jem_names_add(struct jem_names *names, const void *p, size_t n, bool *fresh)
{
    *fresh = false;
    if (!names_grow(names))
        return SIZE_MAX;
    size_t slot = names_slot(names, p, n);
    if (names->table[slot] != 0)
        return names->table[slot] - 1;
    jem_buf_add(&names->bytes, p, n);
    if (names->bytes.failed)
        return SIZE_MAX;
    *fresh = true;
    names->starts[names->count + 1] = names->bytes.len;
    names->table[slot] = (uint32_t)++names->count;
    return names->count - 1;
}

size_t jem_names_find(const struct jem_names *names, const void *p, size_t n)
{
    if (names->count == 0)
        return SIZE_MAX;
    uint32_t slot = names->table[names_slot(names, p, n)];
    return slot == 0 ? SIZE_MAX : slot - 1;
}

void jem_names_cut(struct jem_names *names, size_t count)
{
    if (count >= names->count)
        return;
    names->count = count;
    names->bytes.len = names->starts[count];
    names_fill(names);
}
