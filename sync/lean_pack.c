/* lean_pack.c - packs as gitformat-pack has them:
 *
 *   "PACK" · version u32 = 2 · objects u32 · { type and size · [base OID 20] · zlib } ... · SHA-1 of all before
 *
 * Type in bits 4-6 of the first byte, size in its low 4 bits and then 7 bits a byte, least first, bit 7: more follows. Type 7
 * carries a delta against an object named by its OID, which lies in the other side's repository; type 6 one against an object that
 * stands in the same pack, so many bytes before. Both are needed: by its OID, index-pack of git 2.39 would take an object of the
 * pack from the repository too, where an interrupted push left it, and give up over the two ("already resolved"). */
#include "lean_pack.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include <git2/revwalk.h>
#include <git2/tree.h>

#define PACK_DELTA_MAX 8192 /* a longer commit is sent whole: the search for matches is quadratic */
#define PACK_MATCH_MIN 7    /* a copy costs up to 5 bytes */
#define PACK_OFS_DELTA 6
#define PACK_REF_DELTA 7

/* ---- SHA-1 ---- */

static uint32_t sha1_roll(uint32_t x, int n)
{
    return x << n | x >> (32 - n);
}

static void sha1_block(uint32_t h[5], const unsigned char *p)
{
    uint32_t w[80], a = h[0], b = h[1], c = h[2], d = h[3], e = h[4];
    for (int i = 0; i < 16; i++)
        w[i] = (uint32_t)p[4 * i] << 24 | (uint32_t)p[4 * i + 1] << 16 | (uint32_t)p[4 * i + 2] << 8 | p[4 * i + 3];
    for (int i = 16; i < 80; i++)
        w[i] = sha1_roll(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
    for (int i = 0; i < 80; i++) {
        uint32_t f, k;
        if (i < 20)
            f = (b & c) | (~b & d), k = 0x5a827999;
        else if (i < 40)
            f = b ^ c ^ d, k = 0x6ed9eba1;
        else if (i < 60)
            f = (b & c) | (b & d) | (c & d), k = 0x8f1bbcdc;
        else
            f = b ^ c ^ d, k = 0xca62c1d6;
        uint32_t next = sha1_roll(a, 5) + f + e + k + w[i];
        e = d, d = c, c = sha1_roll(b, 30), b = a, a = next;
    }
    h[0] += a, h[1] += b, h[2] += c, h[3] += d, h[4] += e;
}

void jem_lean_sha1(const void *p, size_t n, unsigned char out[20])
{
    uint32_t h[5] = { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0 };
    const unsigned char *from = p;
    unsigned char tail[128] = { 0 };
    size_t whole = n / 64, rest = n % 64, padded = rest < 56 ? 64 : 128;
    for (size_t i = 0; i < whole; i++)
        sha1_block(h, from + 64 * i);
    if (rest > 0)
        memcpy(tail, from + 64 * whole, rest);
    tail[rest] = 0x80;
    for (size_t i = 0; i < 8; i++)
        tail[padded - 1 - i] = (unsigned char)((uint64_t)n * 8 >> 8 * i);
    for (size_t i = 0; i < padded; i += 64)
        sha1_block(h, tail + i);
    for (size_t i = 0; i < 20; i++)
        out[i] = (unsigned char)(h[i / 4] >> (24 - 8 * (i % 4)));
}

/* ---- delta ---- */

static void delta_copy(struct jem_buf *out, size_t at, size_t n)
{
    unsigned char op[8], flags = 0x80;
    size_t len = 1;
    for (int i = 0; i < 4; i++)
        if ((at >> 8 * i & 0xff) != 0) {
            flags |= (unsigned char)(1 << i);
            op[len++] = (unsigned char)(at >> 8 * i);
        }
    for (int i = 0; i < 2; i++)
        if ((n >> 8 * i & 0xff) != 0) {
            flags |= (unsigned char)(0x10 << i);
            op[len++] = (unsigned char)(n >> 8 * i);
        }
    op[0] = flags;
    jem_buf_add(out, op, len);
}

static void delta_own(struct jem_buf *out, const unsigned char *p, size_t n)
{
    for (size_t at = 0; at < n; at += 127) {
        size_t part = n - at < 127 ? n - at : 127;
        jem_buf_byte(out, (unsigned char)part);
        jem_buf_add(out, p + at, part);
    }
}

void jem_lean_delta(const void *base, size_t base_size, const void *text, size_t text_size, struct jem_buf *out)
{
    const unsigned char *b = base, *t = text;
    size_t own = 0; /* bytes before `at` that no copy covers */
    jem_buf_varint(out, base_size);
    jem_buf_varint(out, text_size);
    for (size_t at = 0; at < text_size;) {
        size_t best = 0, best_at = 0;
        for (size_t i = 0; i + PACK_MATCH_MIN <= base_size && best < 0xffff; i++) {
            size_t n = 0;
            while (at + n < text_size && i + n < base_size && n < 0xffff && t[at + n] == b[i + n])
                n++;
            if (n > best) {
                best = n;
                best_at = i;
            }
        }
        if (best < PACK_MATCH_MIN) {
            own++;
            at++;
            continue;
        }
        delta_own(out, t + at - own, own);
        delta_copy(out, best_at, best);
        own = 0;
        at += best;
    }
    delta_own(out, t + text_size - own, own);
}

/* ---- objects ---- */

struct pack_item {
    git_oid oid, base;
    bool delta; /* base is known to the other side or stands earlier in this pack */
    size_t place;
    size_t at; /* in the pack, once it is written */
};
struct pack {
    struct jem_ledger *ledger;
    git_revwalk *walk;
    size_t start; /* of the pack in the buffer */
    struct pack_item *items;
    size_t count, cap;
};

static int pack_put(struct pack *pack, const git_oid *oid, const git_oid *base)
{
    if (pack->count == pack->cap) {
        size_t cap = pack->cap == 0 ? 64 : pack->cap * 2;
        struct pack_item *items = realloc(pack->items, cap * sizeof *items);
        if (items == NULL) {
            git_error_set_oom();
            return -1;
        }
        pack->items = items;
        pack->cap = cap;
    }
    pack->items[pack->count] = (struct pack_item){ .oid = *oid, .delta = base != NULL, .place = pack->count };
    if (base != NULL)
        pack->items[pack->count].base = *base;
    pack->count++;
    return 0;
}

/* What a tree holds that `before` does not hold under the same name. */
static int pack_tree(struct pack *pack, const git_tree *tree, const git_tree *before)
{
    int rc = 0;
    if (before != NULL && git_oid_equal(git_tree_id(tree), git_tree_id(before)))
        return 0;
    rc = pack_put(pack, git_tree_id(tree), NULL);
    for (size_t i = 0; rc == 0 && i < git_tree_entrycount(tree); i++) {
        const git_tree_entry *entry = git_tree_entry_byindex(tree, i), *old = NULL;
        if (before != NULL)
            old = git_tree_entry_byname(before, git_tree_entry_name(entry));
        if (old != NULL && git_oid_equal(git_tree_entry_id(entry), git_tree_entry_id(old)))
            continue;
        if (git_tree_entry_type(entry) != GIT_OBJECT_BLOB) { /* no lane of ours has folders */
            git_error_set_str(GIT_ERROR_TREE, "a lane's tree with more than files");
            return GIT_EINVALID;
        }
        rc = pack_put(pack, git_tree_entry_id(entry), NULL);
    }
    return rc;
}

static int pack_commit(struct pack *pack, const git_oid *oid)
{
    git_commit *commit = NULL, *parent = NULL;
    git_tree *tree = NULL, *before = NULL;
    int rc = git_commit_lookup(&commit, pack->ledger->repo, oid);
    if (rc == 0 && git_commit_parentcount(commit) > 0)
        rc = git_commit_parent(&parent, commit, 0);
    if (rc == 0)
        rc = pack_put(pack, oid, parent != NULL ? git_commit_id(parent) : NULL);
    if (rc == 0)
        rc = git_commit_tree(&tree, commit);
    if (rc == 0 && parent != NULL)
        rc = git_commit_tree(&before, parent);
    if (rc == 0)
        rc = pack_tree(pack, tree, before);
    git_tree_free(before);
    git_tree_free(tree);
    git_commit_free(parent);
    git_commit_free(commit);
    return rc;
}

static int pack_by_oid(const void *a, const void *b)
{
    const struct pack_item *x = a, *y = b;
    int order = git_oid_cmp(&x->oid, &y->oid);
    return order != 0 ? order : x->place < y->place ? -1 : 1;
}

static int pack_by_place(const void *a, const void *b)
{
    const struct pack_item *x = a, *y = b;
    return x->place < y->place ? -1 : x->place > y->place;
}

/* Each object once, where it came first. */
static void pack_unique(struct pack *pack)
{
    size_t kept = 0;
    if (pack->count == 0)
        return;
    qsort(pack->items, pack->count, sizeof *pack->items, pack_by_oid);
    for (size_t i = 0; i < pack->count; i++)
        if (kept == 0 || !git_oid_equal(&pack->items[kept - 1].oid, &pack->items[i].oid))
            pack->items[kept++] = pack->items[i];
    pack->count = kept;
    qsort(pack->items, pack->count, sizeof *pack->items, pack_by_place);
}

static int pack_hide(struct pack *pack, const git_oid *oid)
{
    return git_odb_exists(pack->ledger->odb, oid) ? git_revwalk_hide(pack->walk, oid) : 0;
}

static int pack_gather(struct pack *pack, const git_oid *head, const git_oid *before, const struct jem_link_ref *known,
    size_t known_count)
{
    git_oid oid;
    int rc = git_revwalk_new(&pack->walk, pack->ledger->repo);
    if (rc == 0)
        rc = git_revwalk_sorting(pack->walk, GIT_SORT_TOPOLOGICAL | GIT_SORT_REVERSE);
    if (rc == 0)
        rc = git_revwalk_push(pack->walk, head);
    if (rc == 0 && before != NULL)
        rc = pack_hide(pack, before);
    for (size_t i = 0; rc == 0 && i < known_count; i++)
        rc = pack_hide(pack, &known[i].oid);
    while (rc == 0 && (rc = git_revwalk_next(&oid, pack->walk)) == 0)
        rc = pack_commit(pack, &oid);
    if (rc != GIT_ITEROVER)
        return rc;
    pack_unique(pack);
    return 0;
}

/* ---- writing ---- */

static void pack_deflate(struct jem_buf *out, const void *p, size_t n)
{
    uLong bound = compressBound((uLong)n);
    if (!jem_buf_reserve(out, bound))
        return;
    uLongf made = bound;
    if (compress2(out->data + out->len, &made, p, (uLong)n, n < 65536 ? 9 : 6) != Z_OK) {
        out->failed = true;
        return;
    }
    out->len += made;
    out->data[out->len] = '\0';
}

static void pack_header(struct jem_buf *out, unsigned type, size_t n)
{
    unsigned char byte = (unsigned char)(type << 4 | (n & 15));
    for (n >>= 4; n > 0; n >>= 7) {
        jem_buf_byte(out, byte | 0x80);
        byte = n & 0x7f;
    }
    jem_buf_byte(out, byte);
}

/* Names what a delta of n bytes rests on: so many bytes before, when that stands in this pack, else by its OID. */
static void pack_base(const struct pack *pack, const struct pack_item *item, size_t n, struct jem_buf *out)
{
    unsigned char back[10];
    size_t i = (size_t)(item - pack->items), at = sizeof back;
    while (i > 0 && !git_oid_equal(&pack->items[i - 1].oid, &item->base))
        i--;
    if (i == 0) {
        pack_header(out, PACK_REF_DELTA, n);
        jem_buf_add(out, item->base.id, GIT_OID_RAWSZ);
        return;
    }
    size_t offset = item->at - pack->items[i - 1].at;
    back[--at] = offset & 0x7f; /* 7 bits a byte, most first, each but the last one less */
    while ((offset >>= 7) > 0)
        back[--at] = (unsigned char)(0x80 | (--offset & 0x7f));
    pack_header(out, PACK_OFS_DELTA, n);
    jem_buf_add(out, back + at, sizeof back - at);
}

/* The commit as a difference from its parent, appended when that is shorter than whole_size. */
static bool pack_write_delta(const struct pack *pack, const struct pack_item *item, git_odb_object *object,
    size_t whole_size, struct jem_buf *out)
{
    git_odb_object *base = NULL;
    struct jem_buf delta = JEM_BUF_INIT(4 * PACK_DELTA_MAX), packed = JEM_BUF_INIT(4 * PACK_DELTA_MAX);
    bool wrote = false;
    size_t n = git_odb_object_size(object);
    if (n <= PACK_DELTA_MAX && git_odb_read(&base, pack->ledger->odb, &item->base) == 0 &&
        git_odb_object_type(base) == git_odb_object_type(object) && git_odb_object_size(base) <= PACK_DELTA_MAX) {
        jem_lean_delta(git_odb_object_data(base), git_odb_object_size(base), git_odb_object_data(object), n, &delta);
        pack_base(pack, item, delta.len, &packed);
        pack_deflate(&packed, delta.data, delta.len);
        wrote = !delta.failed && !packed.failed && packed.len < whole_size;
    }
    if (wrote)
        jem_buf_add(out, packed.data, packed.len);
    git_odb_object_free(base);
    jem_buf_release(&delta);
    jem_buf_release(&packed);
    return wrote;
}

static int pack_write(const struct pack *pack, struct pack_item *item, struct jem_buf *out)
{
    git_odb_object *object = NULL;
    int rc = git_odb_read(&object, pack->ledger->odb, &item->oid);
    if (rc != 0)
        return rc;
    size_t n = git_odb_object_size(object), start = out->len;
    item->at = start - pack->start;
    pack_header(out, (unsigned)git_odb_object_type(object), n);
    pack_deflate(out, git_odb_object_data(object), n);
    size_t whole = out->len - start;
    if (item->delta && !out->failed) {
        struct jem_buf shorter = JEM_BUF_INIT(4 * PACK_DELTA_MAX);
        if (pack_write_delta(pack, item, object, whole, &shorter)) {
            out->len = start;
            jem_buf_add(out, shorter.data, shorter.len);
        }
        jem_buf_release(&shorter);
    }
    git_odb_object_free(object);
    return 0;
}

enum jem_code jem_lean_pack(struct jem_ledger *ledger, const git_oid *head, const git_oid *before,
    const struct jem_link_ref *known, size_t known_count, struct jem_buf *out, struct jem_error *err)
{
    struct pack pack = { .ledger = ledger, .start = out->len };
    unsigned char sum[20];
    int rc = pack_gather(&pack, head, before, known, known_count);
    jem_buf_str(out, "PACK");
    jem_buf_u32(out, 2);
    jem_buf_u32(out, (uint32_t)pack.count);
    for (size_t i = 0; rc == 0 && i < pack.count && !out->failed; i++)
        rc = pack_write(&pack, &pack.items[i], out);
    if (rc == 0 && !out->failed) {
        jem_lean_sha1(out->data + pack.start, out->len - pack.start, sum);
        jem_buf_add(out, sum, sizeof sum);
    }
    git_revwalk_free(pack.walk);
    free(pack.items);
    return rc != 0 ? jem_gitlib_fail(err, rc, ledger->path) : jem_buf_ok(out, err);
}
