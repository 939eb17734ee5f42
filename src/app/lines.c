/* lines.c - applications from a file of JSON lines. Each line is a durable unit of its own, so that a bad line stops
 * nothing and a power cut loses nothing that was reported. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "own.h"

#define LINE_MAX_BYTES ((size_t)1 << 20)
#define LINE_ATTACHMENTS_MAX OWN_DOCUMENTS_MAX

struct lines {
    struct jem_app *app;
    FILE *file;
    const char *path;
    char folder[2048]; /* of the file, ends with '/'; "" for the present one */
    struct jem_buf line;
    unsigned number; /* of the line at hand, from 1 */
    bool whole;      /* it ended with a newline */
    bool too_long;
    json_t *recorded, *refused;
    const struct jem_lines_watch *watch; /* NULL: nobody */
};

/* ---- reading ---- */

/* The next line without its end. False at the end of the file. */
static bool lines_next(struct lines *l)
{
    int c = getc(l->file);
    if (c == EOF)
        return false;
    jem_buf_clear(&l->line);
    l->number++;
    l->whole = l->too_long = false;
    for (; c != EOF; c = getc(l->file)) {
        if (c == '\n') {
            l->whole = true;
            break;
        }
        if (l->line.len < LINE_MAX_BYTES)
            jem_buf_byte(&l->line, (unsigned char)c);
        else
            l->too_long = true;
    }
    return true;
}

/* The text of the line: a byte order mark in front and a carriage return behind are forgiven. */
static const char *lines_text(const struct lines *l, size_t *n)
{
    const char *text = jem_buf_text(&l->line);
    *n = l->line.len;
    if (l->number == 1 && *n >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
        text += 3;
        *n -= 3;
    }
    while (*n > 0 && strchr(" \t\r", text[*n - 1]) != NULL)
        (*n)--;
    while (*n > 0 && (*text == ' ' || *text == '\t')) {
        text++;
        (*n)--;
    }
    return text;
}

static enum jem_code lines_open(struct lines *l, struct jem_error *err)
{
    const char *slash = strrchr(l->path, '/');
    size_t n = slash != NULL ? (size_t)(slash - l->path) + 1 : 0;
    if (n >= sizeof l->folder)
        return jem_fail_errno(err, ENAMETOOLONG, l->path);
    memcpy(l->folder, l->path, n);
    l->folder[n] = '\0';
    l->file = fopen(l->path, "rbe");
    return l->file != NULL ? JEM_OK : jem_fail_errno(err, errno, l->path);
}

/* ---- one application ---- */

struct line_form {
    struct jem_apply_in in;
    struct jem_attachment attachments[LINE_ATTACHMENTS_MAX];
    char *paths[LINE_ATTACHMENTS_MAX]; /* owned */
};

static void line_form_release(struct line_form *f)
{
    json_decref(f->in.fields);
    for (size_t i = 0; i < f->in.attachment_count; i++)
        free(f->paths[i]);
}

static enum jem_code line_attach(const struct lines *l, struct line_form *f, const char *kind, const json_t *path,
    struct jem_error *err)
{
    const char *text = json_string_value(path);
    size_t n = f->in.attachment_count;
    if (text == NULL || *text == '\0')
        return jem_fail(err, JEM_EINVAL, JEM_D_APP, 0, JEM_T_LINES_ATTACH);
    if (n == LINE_ATTACHMENTS_MAX)
        return jem_fail(err, JEM_EINVAL, JEM_D_APP, 0, JEM_T_DOCUMENT_MANY, LINE_ATTACHMENTS_MAX);
    struct jem_buf full = JEM_BUF_INIT(4096);
    jem_buf_str(&full, *text == '/' ? "" : l->folder);
    jem_buf_str(&full, text);
    enum jem_code rc = jem_buf_ok(&full, err);
    if (rc == JEM_OK && (f->paths[n] = strdup(jem_buf_text(&full))) == NULL)
        rc = jem_fail_nomem(err);
    jem_buf_release(&full);
    if (rc == JEM_OK) {
        f->attachments[n] = (struct jem_attachment){ .kind = kind, .path = f->paths[n] };
        f->in.attachment_count++;
    }
    return rc;
}

static enum jem_code line_attachments(const struct lines *l, struct line_form *f, json_t *attach, struct jem_error *err)
{
    const char *kind;
    json_t *value;
    enum jem_code rc = JEM_OK;
    if (attach == NULL)
        return JEM_OK;
    if (!json_is_object(attach))
        return jem_fail(err, JEM_EINVAL, JEM_D_APP, 0, JEM_T_LINES_ATTACH);
    json_object_foreach(attach, kind, value)
    {
        size_t n = json_is_array(value) ? json_array_size(value) : 1;
        for (size_t i = 0; i < n && rc == JEM_OK; i++)
            rc = line_attach(l, f, kind, json_is_array(value) ? json_array_get(value, i) : value, err);
        if (rc != JEM_OK)
            break;
    }
    return rc;
}

static enum jem_code line_members(const json_t *line, struct jem_error *err)
{
    static const char *const known[] = { "service", "nik", "name", "set", "attach", "channel", "allow_duplicate" };
    static const bool text[] = { true, false, false, false, false, true, true };
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)line, key, value)
    {
        size_t i = 0;
        while (i < sizeof known / sizeof *known && strcmp(known[i], key) != 0)
            i++;
        if (i == sizeof known / sizeof *known)
            return jem_fail(err, JEM_EINVAL, JEM_D_APP, 0, JEM_T_LINES_MEMBER, (int)strnlen(key, 40), key);
        if (text[i] && !json_is_string(value))
            return jem_fail(err, JEM_EINVAL, JEM_D_APP, 0, JEM_T_LINES_TEXT, known[i]);
    }
    return JEM_OK;
}

/* `line` stays borrowed until the form is released: kinds and texts point into it. */
static enum jem_code line_form(const struct lines *l, const json_t *line, struct line_form *f, struct jem_error *err)
{
    if (!json_is_object(line))
        return jem_fail(err, JEM_EINVAL, JEM_D_APP, 0, JEM_T_LINES_OBJECT);
    enum jem_code rc = line_members(line, err);
    if (rc != JEM_OK)
        return rc;
    json_t *set = json_object_get(line, "set");
    if (set != NULL && !json_is_object(set))
        return jem_fail(err, JEM_EINVAL, JEM_D_APP, 0, JEM_T_LINES_SET);
    f->in.fields = set != NULL ? json_copy(set) : json_object();
    if (f->in.fields == NULL)
        return jem_fail_nomem(err);
    static const char *const outer[] = { "nik", "name" };
    for (size_t i = 0; i < sizeof outer / sizeof *outer; i++) {
        json_t *value = json_object_get(line, outer[i]);
        if (value != NULL && json_object_set(f->in.fields, outer[i], value) != 0)
            return jem_fail_nomem(err);
    }
    f->in.service = jem_json_str(line, "service", NULL);
    f->in.channel = jem_json_str(line, "channel", NULL);
    f->in.duplicate_reason = jem_json_str(line, "allow_duplicate", NULL);
    f->in.attachments = f->attachments;
    return line_attachments(l, f, json_object_get(line, "attach"), err);
}

static enum jem_code lines_apply(struct lines *l, const char *text, size_t n, json_t **out, struct jem_error *err)
{
    json_t *line = NULL;
    struct line_form f = { .in = { .service = NULL } };
    if (l->too_long)
        return jem_fail(err, JEM_EINVAL, JEM_D_APP, 0, JEM_T_LINES_LONG, (int)(LINE_MAX_BYTES >> 10));
    enum jem_code rc = jem_json_parse(text, n, jem_text(JEM_T_LINES_THIS), &line, err);
    if (rc == JEM_EINVAL && !l->whole)
        rc = jem_fail(err, JEM_EINVAL, JEM_D_APP, 0, JEM_T_LINES_CUT);
    if (rc == JEM_OK)
        rc = line_form(l, line, &f, err);
    if (rc == JEM_OK)
        rc = jem_apply(l->app, &f.in, out, NULL, err);
    line_form_release(&f);
    json_decref(line);
    return rc;
}

/* Troubles that are not the line's own: every further line would meet them too. */
static bool lines_hopeless(enum jem_code rc)
{
    return rc == JEM_ENOSPC || rc == JEM_ENOMEM || rc == JEM_EBUSY || rc == JEM_ECORRUPT || rc == JEM_EINTERNAL;
}

static enum jem_code lines_one(struct lines *l, struct jem_error *err)
{
    size_t n;
    const char *text = lines_text(l, &n);
    json_t *result = NULL, *entry = NULL;
    struct jem_error why = { .code = JEM_OK };
    if (n == 0 && !l->too_long)
        return JEM_OK;
    enum jem_code rc = lines_apply(l, text, n, &result, &why);
    if (rc == JEM_OK)
        entry = json_pack("{s:i,s:s}", "line", (int)l->number, "number", jem_json_str(result, "number", ""));
    else
        entry = json_pack("{s:i,s:s,s:s}", "line", (int)l->number, "error", why.msg, "code", jem_code_name(rc));
    json_decref(result);
    if (json_array_append_new(rc == JEM_OK ? l->recorded : l->refused, entry) != 0)
        return jem_fail_nomem(err);
    if (l->watch != NULL)
        l->watch->line(l->watch->ctx, entry, rc == JEM_OK);
    if (!lines_hopeless(rc))
        return JEM_OK;
    if (err != NULL)
        *err = why;
    return rc;
}

enum jem_code jem_apply_file(struct jem_app *app, const char *path, const struct jem_lines_watch *watch, json_t **out,
    struct jem_error *err)
{
    struct lines l = { .app = app,
        .watch = watch,
        .path = path,
        .line = JEM_BUF_INIT(LINE_MAX_BYTES + 1),
        .recorded = json_array(),
        .refused = json_array() };
    enum jem_code rc = own_may_write(app, err);
    if (rc == JEM_OK)
        rc = lines_open(&l, err);
    if (rc != JEM_OK)
        goto out;
    while (rc == JEM_OK && lines_next(&l))
        rc = lines_one(&l, err);
    if (rc == JEM_OK && ferror(l.file))
        rc = jem_fail_errno(err, EIO, path);
    /* Also after a failure: what was recorded is recorded. */
    json_t *report = json_pack("{s:O,s:O}", "recorded", l.recorded, "refused", l.refused);
    if (report != NULL)
        *out = report;
    else if (rc == JEM_OK)
        rc = jem_fail_nomem(err);
out:
    if (l.file != NULL)
        fclose(l.file);
    jem_buf_release(&l.line);
    json_decref(l.recorded);
    json_decref(l.refused);
    return rc;
}
