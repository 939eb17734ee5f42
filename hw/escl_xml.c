/* escl_xml.c - the only file that includes expat. */
#include "escl_xml.h"

#include <expat.h>
#include <stdlib.h>
#include <string.h>

struct walk {
    XML_Parser parser;
    const struct jem_escl_xml *to;
    char path[JEM_ESCL_XML_PATH_MAX];
    size_t path_len;
    unsigned depth, elements;
    size_t starts[JEM_ESCL_XML_MAX_DEPTH]; /* length of the path before each open element */
    char text[JEM_ESCL_XML_TEXT_MAX];
    size_t text_len;
    bool refused;
};

static void walk_refuse(struct walk *w)
{
    w->refused = true;
    (void)XML_StopParser(w->parser, XML_FALSE);
}

static void XMLCALL walk_begin(void *ctx, const XML_Char *name, const XML_Char **attributes)
{
    struct walk *w = ctx;
    (void)attributes;
    const char *colon = strrchr(name, ':');
    const char *local = colon ? colon + 1 : name;
    size_t n = strlen(local);
    if (w->refused)
        return;
    if (w->depth == JEM_ESCL_XML_MAX_DEPTH || ++w->elements > JEM_ESCL_XML_MAX_ELEMENTS ||
        w->path_len + n + 2 > sizeof w->path) {
        walk_refuse(w);
        return;
    }
    w->starts[w->depth++] = w->path_len;
    w->path[w->path_len++] = '/';
    memcpy(w->path + w->path_len, local, n + 1);
    w->path_len += n;
    w->text_len = 0;
    if (w->to->begin)
        w->to->begin(w->to->ctx, w->path);
}

static void XMLCALL walk_end(void *ctx, const XML_Char *name)
{
    struct walk *w = ctx;
    (void)name;
    if (w->refused || w->depth == 0)
        return;
    while (w->text_len > 0 && strchr(" \t\r\n", w->text[w->text_len - 1]))
        w->text_len--;
    w->text[w->text_len] = '\0';
    if (w->to->end)
        w->to->end(w->to->ctx, w->path, w->text + strspn(w->text, " \t\r\n"));
    w->text_len = 0;
    w->path_len = w->starts[--w->depth];
    w->path[w->path_len] = '\0';
}

static void XMLCALL walk_text(void *ctx, const XML_Char *s, int len)
{
    struct walk *w = ctx;
    size_t n = (size_t)len, space = sizeof w->text - 1 - w->text_len;
    n = n < space ? n : space;
    memcpy(w->text + w->text_len, s, n);
    w->text_len += n;
}

/* A document type is the door to entities: no scanner needs one. */
static void XMLCALL walk_doctype(void *ctx, const XML_Char *name, const XML_Char *system, const XML_Char *public,
    int internal)
{
    (void)name;
    (void)system;
    (void)public;
    (void)internal;
    walk_refuse(ctx);
}

enum jem_code jem_escl_xml_walk(const void *p, size_t n, const struct jem_escl_xml *to, struct jem_error *err)
{
    if (n > JEM_ESCL_XML_MAX_BYTES)
        return jem_fail(err, JEM_ECORRUPT, JEM_D_HW, 0, JEM_T_HTTP1_BAD);
    struct walk *w = calloc(1, sizeof *w);
    XML_Parser parser = w ? XML_ParserCreate(NULL) : NULL;
    if (!parser) {
        free(w);
        return jem_fail_nomem(err);
    }
    w->parser = parser;
    w->to = to;
    XML_SetUserData(parser, w);
    XML_SetElementHandler(parser, walk_begin, walk_end);
    XML_SetCharacterDataHandler(parser, walk_text);
    XML_SetStartDoctypeDeclHandler(parser, walk_doctype);
    enum XML_Status status = XML_Parse(parser, n ? p : "", (int)n, XML_TRUE);
    enum XML_Error why = XML_GetErrorCode(parser);
    bool good = status == XML_STATUS_OK && !w->refused;
    XML_ParserFree(parser);
    free(w);
    if (good)
        return JEM_OK;
    return why == XML_ERROR_NO_MEMORY ? jem_fail_nomem(err)
                                      : jem_fail(err, JEM_ECORRUPT, JEM_D_HW, (int)why, JEM_T_HTTP1_BAD);
}

bool jem_escl_path_ends(const char *path, const char *end)
{
    size_t n = strlen(path), k = strlen(end);
    return n > k && path[n - k - 1] == '/' && strcmp(path + n - k, end) == 0;
}
