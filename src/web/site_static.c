/* site_static.c - the status pages as files, for a host that serves files and nothing else.
 *
 *   index.html, en.html        the form, and when the data was renewed
 *   T/NUMBER/index.html, en.html   one application: T/7K3M-Q9TD-X2AB/
 *   404.html                   what the host answers where there is no file
 *   site.js                    what a plain host cannot do: it leads a typed number and a receipt's code to the number's
 *                              page, and checks signatures
 *   v/VAN.json                 {"keys":[hex],"id","en": {"away","met","signed"}}: of each van, and what is said about it
 *   data.json                  {"office": key, "id","en": when the data was renewed}
 *
 * A receipt's address, /T/ and 141 characters, is no file: a host has 404.html for it, whose script reads the number out
 * of it. A page of a number changes only when its application does, so that whoever carries the folder to a host carries
 * little; the time of the data stands in files of its own. They are written last: what they say of the others is true. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "jemput/clock.h"
#include "jemput/file.h"
#include "jemput/number.h"
#include "jemput/web.h"
#include "site_page.h"

#define STATIC_PATH_MAX 4096

extern const char jem_asset_static_site_js_start[], jem_asset_static_site_js_end[];

struct site_folder {
    const char *dir;
    struct jem_status_db *db;
    json_t *about; /* of the data, without its time */
    char csp[SITE_CSP_MAX];
    struct jem_buf page, before;
    uint64_t *numbers; /* ascending */
    size_t count, room;
    struct jem_site_files *files;
};

/* ---- one file ---- */

static bool folder_same(struct site_folder *f, const char *path, const void *p, size_t n)
{
    jem_buf_clear(&f->before);
    return jem_file_read(path, n, &f->before, NULL) == JEM_OK && f->before.len == n &&
           memcmp(f->before.data, p, n) == 0;
}

/* Without a sync for each: one that a power cut empties is found changed, and written again, by the next run. */
static enum jem_code folder_write(const char *path, const char *made, const void *p, size_t n, struct jem_error *err)
{
    int fd = open(made, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0)
        return jem_fail_errno(err, errno, made);
    ssize_t written = write(fd, p, n);
    int errnum = written < 0 ? errno : ENOSPC;
    if (close(fd) != 0 && written == (ssize_t)n) {
        written = -1;
        errnum = errno;
    }
    if (written != (ssize_t)n)
        return jem_fail_errno(err, errnum, made);
    return rename(made, path) == 0 ? JEM_OK : jem_fail_errno(err, errno, path);
}

static enum jem_code folder_put(struct site_folder *f, const char *name, const void *p, size_t n, struct jem_error *err)
{
    char path[STATIC_PATH_MAX], made[STATIC_PATH_MAX];
    enum jem_code rc = jem_path_join(path, sizeof path, f->dir, name, err);
    f->files->all++;
    if (rc != JEM_OK || folder_same(f, path, p, n))
        return rc;
    f->files->written++;
    rc = jem_path_join(made, sizeof made, f->dir, ".new", err);
    return rc == JEM_OK ? folder_write(path, made, p, n, err) : rc;
}

static enum jem_code folder_put_page(struct site_folder *f, const char *name, struct jem_error *err)
{
    enum jem_code rc = jem_buf_ok(&f->page, err);
    return rc == JEM_OK ? folder_put(f, name, f->page.data, f->page.len, err) : rc;
}

static enum jem_code folder_put_json(struct site_folder *f, const char *name, json_t *o, struct jem_error *err)
{
    jem_buf_clear(&f->page);
    enum jem_code rc = o == NULL ? jem_fail_nomem(err) : jem_json_canonical(o, &f->page, err);
    json_decref(o);
    return rc == JEM_OK ? folder_put_page(f, name, err) : rc;
}

static enum jem_code folder_make(struct site_folder *f, const char *name, struct jem_error *err)
{
    char path[STATIC_PATH_MAX];
    enum jem_code rc = jem_path_join(path, sizeof path, f->dir, name, err);
    if (rc == JEM_OK && mkdir(path, 0755) != 0 && errno != EEXIST)
        rc = jem_fail_errno(err, errno, path);
    return rc;
}

static struct site_page folder_page(struct site_folder *f, const json_t *about, const char *self)
{
    struct site_page p = { .b = &f->page, .about = about, .file_csp = f->csp };
    snprintf(p.self, sizeof p.self, "%s", self);
    jem_buf_clear(&f->page);
    return p;
}

/* ---- the applications ---- */

static const char *language_file(enum jem_lang lang)
{
    return lang == JEM_LANG_EN ? "en.html" : "index.html";
}

static enum jem_code number_keep(struct site_folder *f, uint64_t number, struct jem_error *err)
{
    if (f->count == f->room) {
        size_t room = f->room > 0 ? 2 * f->room : 1024;
        uint64_t *more = realloc(f->numbers, room * sizeof *more);
        if (more == NULL)
            return jem_fail_nomem(err);
        f->numbers = more;
        f->room = room;
    }
    f->numbers[f->count++] = number;
    return JEM_OK;
}

static enum jem_code number_put(void *ctx, const struct jem_status_row *row, struct jem_error *err)
{
    struct site_folder *f = ctx;
    char number[JEM_NUMBER_TEXT], name[64], self[32];
    jem_number_format(row->number, number);
    snprintf(self, sizeof self, "/T/%s/", number);
    snprintf(name, sizeof name, "T/%s", number);
    enum jem_code rc = number_keep(f, row->number, err);
    if (rc == JEM_OK)
        rc = folder_make(f, name, err);
    for (int lang = JEM_LANG_ID; rc == JEM_OK && lang <= JEM_LANG_EN; lang++) {
        struct site_page p = folder_page(f, f->about, self);
        jem_lang_set((enum jem_lang)lang);
        site_page_found(&p, row, NULL);
        snprintf(name, sizeof name, "T/%s/%s", number, language_file((enum jem_lang)lang));
        rc = folder_put_page(f, name, err);
    }
    return rc;
}

static int number_compare(const void *a, const void *b)
{
    uint64_t x, y;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return (x > y) - (x < y);
}

/* ---- what went ---- */

/* Our own files only: a folder that holds others stays. */
static void number_remove(struct site_folder *f, const char *number)
{
    char path[STATIC_PATH_MAX];
    for (int lang = JEM_LANG_ID; lang <= JEM_LANG_EN; lang++)
        if (snprintf(path, sizeof path, "%s/T/%s/%s", f->dir, number, language_file((enum jem_lang)lang)) <
                (int)sizeof path &&
            unlink(path) == 0)
            f->files->removed++;
    if (snprintf(path, sizeof path, "%s/T/%s", f->dir, number) < (int)sizeof path)
        (void)rmdir(path);
}

static bool number_went(struct site_folder *f, const char *name)
{
    uint64_t number = 0;
    char text[JEM_NUMBER_TEXT];
    if (jem_number_parse(name, &number, NULL) != JEM_OK)
        return false;
    jem_number_format(number, text);
    return strcmp(text, name) == 0 &&
           (f->count == 0 || bsearch(&number, f->numbers, f->count, sizeof number, number_compare) == NULL);
}

/* The same for the files of vans. */
static bool van_went(struct site_folder *f, const char *name)
{
    json_t *van;
    size_t i;
    char text[32];
    int n = 0;
    if (sscanf(name, "%*4[0-9].json%n", &n) != 0 || n == 0 || name[n] != '\0')
        return false;
    json_array_foreach(json_object_get(f->about, "vans"), i, van)
    {
        snprintf(text, sizeof text, "%d.json", (int)jem_json_int(van, "van", 0));
        if (strcmp(text, name) == 0)
            return false;
    }
    return true;
}

static void van_remove(struct site_folder *f, const char *name)
{
    char path[STATIC_PATH_MAX];
    if (snprintf(path, sizeof path, "%s/v/%s", f->dir, name) < (int)sizeof path && unlink(path) == 0)
        f->files->removed++;
}

static enum jem_code folder_sweep(struct site_folder *f, const char *name,
    bool (*went)(struct site_folder *f, const char *name), void (*take)(struct site_folder *f, const char *name),
    struct jem_error *err)
{
    char path[STATIC_PATH_MAX];
    enum jem_code rc = jem_path_join(path, sizeof path, f->dir, name, err);
    DIR *d = rc == JEM_OK ? opendir(path) : NULL;
    if (d == NULL)
        return rc == JEM_OK ? jem_fail_errno(err, errno, path) : rc;
    for (struct dirent *e; (e = readdir(d)) != NULL;)
        if (went(f, e->d_name))
            take(f, e->d_name);
    closedir(d);
    return JEM_OK;
}

/* ---- vans ---- */

static json_t *said(enum jem_text key, int van)
{
    char text[512];
    snprintf(text, sizeof text, jem_text(key), van);
    return json_string(text);
}

static json_t *van_says(enum jem_lang lang, int van, int64_t synced_ms)
{
    char when[40], met[256];
    jem_lang_set(lang);
    jem_time_human(synced_ms, when, sizeof when);
    snprintf(met, sizeof met, jem_text(synced_ms > 0 ? JEM_T_SITE_AWAY_SEEN : JEM_T_SITE_AWAY_NEVER), when);
    return json_pack("{s:o, s:s, s:o}", "away", said(JEM_T_SITE_AWAY_TEXT, van), "met", met, "signed",
        said(JEM_T_SITE_SIGNED, van));
}

static enum jem_code van_put(struct site_folder *f, int number, struct jem_error *err)
{
    json_t *keys = json_array(), *van;
    int64_t synced_ms = 0;
    char name[32];
    size_t i;
    json_array_foreach(json_object_get(f->about, "vans"), i, van) if (jem_json_int(van, "van", -1) == number)
    {
        json_array_append_new(keys, json_string(jem_json_str(van, "sign", "")));
        synced_ms = jem_json_int(van, "synced_ms", 0);
    }
    snprintf(name, sizeof name, "v/%d.json", number);
    return folder_put_json(f, name,
        json_pack("{s:o, s:o, s:o}", "keys", keys, "id", van_says(JEM_LANG_ID, number, synced_ms), "en",
            van_says(JEM_LANG_EN, number, synced_ms)),
        err);
}

/* The keys of one van stand together. */
static enum jem_code folder_vans(struct site_folder *f, struct jem_error *err)
{
    json_t *van;
    size_t i;
    int last = -1;
    enum jem_code rc = JEM_OK;
    json_array_foreach(json_object_get(f->about, "vans"), i, van)
    {
        int number = (int)jem_json_int(van, "van", 0);
        if (rc == JEM_OK && number != last)
            rc = van_put(f, number, err);
        last = number;
    }
    return rc;
}

/* ---- the folder ---- */

static json_t *data_age(enum jem_lang lang, int64_t exported_ms)
{
    char when[40], text[160];
    jem_lang_set(lang);
    jem_time_human(exported_ms, when, sizeof when);
    snprintf(text, sizeof text, jem_text(JEM_T_SITE_AS_OF), when);
    return json_string(text);
}

static enum jem_code folder_data(struct site_folder *f, const json_t *about, struct jem_error *err)
{
    int64_t exported_ms = jem_json_int(about, "exported_ms", 0);
    return folder_put_json(f, "data.json",
        json_pack("{s:s, s:o, s:o}", "office", jem_json_str(about, "hq", ""), "id", data_age(JEM_LANG_ID, exported_ms),
            "en", data_age(JEM_LANG_EN, exported_ms)),
        err);
}

static enum jem_code folder_front(struct site_folder *f, const json_t *about, struct jem_error *err)
{
    enum jem_code rc = JEM_OK;
    for (int lang = JEM_LANG_ID; rc == JEM_OK && lang <= JEM_LANG_EN; lang++) {
        struct site_page p = folder_page(f, about, "/");
        jem_lang_set((enum jem_lang)lang);
        site_page_form(&p);
        rc = folder_put_page(f, language_file((enum jem_lang)lang), err);
    }
    return rc;
}

static enum jem_code folder_missing(struct site_folder *f, struct jem_error *err)
{
    struct site_page p = folder_page(f, f->about, "/");
    jem_lang_set(JEM_LANG_ID);
    site_page_missing(&p);
    return folder_put_page(f, "404.html", err);
}

/* Somebody's pages that are not ours are not written over. */
static enum jem_code folder_ours(struct site_folder *f, struct jem_error *err)
{
    char front[STATIC_PATH_MAX], data[STATIC_PATH_MAX];
    enum jem_code rc = jem_dir_make(f->dir, 0755, err);
    if (rc == JEM_OK)
        rc = jem_path_join(front, sizeof front, f->dir, "index.html", err);
    if (rc == JEM_OK)
        rc = jem_path_join(data, sizeof data, f->dir, "data.json", err);
    if (rc == JEM_OK && jem_path_exists(front) && !jem_path_exists(data))
        rc = jem_fail(err, JEM_EINVAL, JEM_D_WEB, 0, JEM_T_SITE_FOLDER_FOREIGN, f->dir);
    return rc;
}

static enum jem_code folder_fill(struct site_folder *f, struct jem_error *err)
{
    const json_t *about = jem_status_db_about(f->db);
    size_t script = (size_t)(jem_asset_static_site_js_end - jem_asset_static_site_js_start);
    f->about = json_copy((json_t *)(uintptr_t)about);
    enum jem_code rc = f->about == NULL ? jem_fail_nomem(err) : JEM_OK;
    (void)json_object_del(f->about, "exported_ms");
    if (rc == JEM_OK)
        rc = folder_make(f, "v", err);
    if (rc == JEM_OK)
        rc = folder_make(f, "T", err);
    if (rc == JEM_OK)
        rc = folder_vans(f, err);
    if (rc == JEM_OK)
        rc = folder_put(f, "site.js", jem_asset_static_site_js_start, script, err);
    if (rc == JEM_OK)
        rc = folder_missing(f, err);
    if (rc == JEM_OK)
        rc = jem_status_db_each(f->db, number_put, f, err);
    if (rc == JEM_OK)
        rc = folder_sweep(f, "T", number_went, number_remove, err);
    if (rc == JEM_OK)
        rc = folder_sweep(f, "v", van_went, van_remove, err);
    if (rc == JEM_OK)
        rc = folder_front(f, about, err);
    if (rc == JEM_OK)
        rc = folder_data(f, about, err);
    return rc;
}

static enum jem_code folder_sync(const char *dir, struct jem_error *err)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    enum jem_code rc = fd >= 0 && syncfs(fd) == 0 ? JEM_OK : jem_fail_errno(err, errno, dir);
    if (fd >= 0)
        close(fd);
    return rc;
}

enum jem_code jem_site_write(const char *db, const char *dir, struct jem_site_files *out, struct jem_error *err)
{
    struct site_folder f = { .dir = dir,
        .files = out,
        .page = JEM_BUF_INIT((size_t)1 << 20),
        .before = JEM_BUF_INIT((size_t)1 << 20) };
    enum jem_lang lang = jem_lang_get();
    char lock_path[STATIC_PATH_MAX];
    int lock = -1;
    *out = (struct jem_site_files){ 0 };
    site_page_file_csp(f.csp);
    enum jem_code rc = jem_status_db_open(db, &f.db, err);
    if (rc == JEM_OK)
        rc = folder_ours(&f, err);
    if (rc == JEM_OK)
        rc = jem_path_join(lock_path, sizeof lock_path, dir, ".lock", err);
    if (rc == JEM_OK)
        rc = jem_lock_take(lock_path, &lock, err);
    if (rc == JEM_OK)
        rc = folder_fill(&f, err);
    if (rc == JEM_OK && out->written + out->removed > 0)
        rc = folder_sync(dir, err);
    jem_lang_set(lang);
    jem_lock_release(lock);
    jem_status_db_close(f.db);
    json_decref(f.about);
    jem_buf_release(&f.page);
    jem_buf_release(&f.before);
    free(f.numbers);
    return rc;
}
