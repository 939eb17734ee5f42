/* assets.c - the style sheet, the script and the icon: under names that change with their bytes, so that a browser may
 * keep them for ever; packed once, at start. */
#include <string.h>
#include <zlib.h>

#include "jemput/asset.h"
#include "jemput/codec.h"
#include "office.h"

#define ASSET_HASH_CHARS 16

#define PAGE_SMALL 1400 /* bytes that go in one packet as they are */

/* The bytes packed at a level of zlib (1 fast .. 9 small) into *out, which is set anew. */
static bool gzip_pack(const unsigned char *bytes, size_t size, int level, struct jem_buf *out)
{
    z_stream z = { .zalloc = NULL };
    if (deflateInit2(&z, level, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY) != Z_OK)
        return false;
    size_t cap = deflateBound(&z, size);
    *out = JEM_BUF_INIT(cap + 1);
    bool ok = jem_buf_reserve(out, cap);
    if (ok) {
        z.next_in = (unsigned char *)(uintptr_t)bytes;
        z.avail_in = (uInt)size;
        z.next_out = out->data;
        z.avail_out = (uInt)cap;
        ok = deflate(&z, Z_FINISH) == Z_STREAM_END;
        out->len = ok ? z.total_out : 0;
    }
    deflateEnd(&z);
    return ok;
}

static bool gzip_accepted(const struct web_request *r)
{
    const char *accepts = web_request_header(r, "Accept-Encoding");
    return accepts != NULL && strstr(accepts, "gzip") != NULL;
}

void web_page_pack(const struct web_request *r, struct web_answer *a)
{
    static const char page[] = "text/html";
    struct jem_buf packed = JEM_BUF_INIT(1);
    if (a->fixed != NULL || a->body.failed || a->body.len < PAGE_SMALL || !gzip_accepted(r) ||
        strncmp(a->type, page, sizeof page - 1) != 0)
        return;
    if (gzip_pack(a->body.data, a->body.len, 6, &packed) && packed.len < a->body.len) {
        jem_buf_release(&a->body);
        a->body = packed;
        web_answer_header(a, "Content-Encoding", "gzip");
    } else {
        jem_buf_release(&packed);
    }
}

enum jem_code web_assets_init(struct web_assets *assets, struct jem_error *err)
{
    *assets = (struct web_assets){ .count = 0 };
    for (const struct jem_asset *it = jem_assets_web; it->path != NULL; it++) {
        static const char folder[] = "assets/";
        if (strncmp(it->path, folder, sizeof folder - 1) != 0 || assets->count == WEB_ASSETS_MAX)
            continue;
        struct web_asset *asset = &assets->items[assets->count++];
        unsigned char hash[32];
        char hex[65];
        asset->name = it->path + sizeof folder - 1;
        asset->bytes = it->start;
        asset->size = (size_t)(it->end - it->start);
        jem_hash(asset->bytes, asset->size, hash);
        jem_hex(hash, sizeof hash, hex);
        struct jem_buf path = JEM_BUF_INIT(sizeof asset->path - 1);
        jem_buf_fmt(&path, "/a/%.*s-%s", ASSET_HASH_CHARS, hex, asset->name);
        memcpy(asset->path, jem_buf_text(&path), path.len + 1);
        jem_buf_release(&path);
        if (!gzip_pack(asset->bytes, asset->size, 9, &asset->gzip)) {
            web_assets_release(assets);
            return jem_fail_nomem(err);
        }
    }
    return JEM_OK;
}

void web_assets_release(struct web_assets *assets)
{
    for (size_t i = 0; i < assets->count; i++)
        jem_buf_release(&assets->items[i].gzip);
    assets->count = 0;
}

const char *web_asset_path(const struct web_assets *assets, const char *name)
{
    for (size_t i = 0; i < assets->count; i++)
        if (strcmp(assets->items[i].name, name) == 0)
            return assets->items[i].path;
    return "";
}

static const char *asset_type(const char *name)
{
    const char *dot = strrchr(name, '.');
    if (dot != NULL && strcmp(dot, ".css") == 0)
        return "text/css; charset=utf-8";
    if (dot != NULL && strcmp(dot, ".js") == 0)
        return "text/javascript; charset=utf-8";
    return "image/svg+xml";
}

void web_assets_answer(const struct web_assets *assets, const struct web_request *r, struct web_answer *a)
{
    for (size_t i = 0; i < assets->count; i++) {
        const struct web_asset *asset = &assets->items[i];
        if (strcmp(asset->path, r->path) != 0)
            continue;
        bool packed = asset->gzip.len < asset->size && gzip_accepted(r);
        a->type = asset_type(asset->name);
        a->immutable = true;
        a->fixed = packed ? asset->gzip.data : asset->bytes;
        a->fixed_size = packed ? asset->gzip.len : asset->size;
        web_answer_header(a, "Vary", "Accept-Encoding");
        if (packed)
            web_answer_header(a, "Content-Encoding", "gzip");
        return;
    }
    web_answer_text(a, 404, JEM_T_WEB_NOT_FOUND);
}
