/* texts.c - issues and typed words on their way between people and JSON. */
#include <string.h>

#include "own.h"

const char *own_text_name(enum jem_text key)
{
    static const char *const names[JEM_T_COUNT] = {
        [JEM_T_NONE] = "NONE",
#define T(key, id, en) [JEM_T_##key] = #key,
#include "text/all.def"
#undef T
    };
    return key < JEM_T_COUNT ? names[key] : "NONE";
}

json_t *own_issues_json(const struct jem_issues *issues, enum jem_severity severity)
{
    json_t *list = json_array();
    for (size_t i = 0; i < issues->count && i < JEM_ISSUES_MAX; i++) {
        const struct jem_issue *it = &issues->items[i];
        if (it->severity != severity)
            continue;
        json_t *o = json_pack("{s:s,s:s,s:s}", "field", it->field, "key", own_text_name(it->key), "text", it->msg);
        if (o == NULL || json_array_append_new(list, o) != 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

enum jem_code own_fail_issues(const struct jem_issues *issues, struct jem_error *err)
{
    for (size_t i = 0; i < issues->count && i < JEM_ISSUES_MAX; i++)
        if (issues->items[i].severity == JEM_SEV_ERROR)
            return jem_fail(err, JEM_EINVAL, JEM_D_APP, 0, JEM_T_APP_AS_SAID, issues->items[i].msg);
    return jem_fail(err, JEM_EINVAL, JEM_D_APP, 0, JEM_T_APP_MANY_FAULTS);
}

enum jem_code own_reason(const char *in, bool required, char out[OWN_REASON_MAX + 1], struct jem_error *err)
{
    const char *start = in != NULL ? in : "";
    start += strspn(start, " \t\r\n");
    size_t n = strlen(start);
    while (n > 0 && strchr(" \t\r\n", start[n - 1]) != NULL)
        n--;
    out[0] = '\0';
    if (n == 0)
        return required ? jem_fail(err, JEM_EINVAL, JEM_D_APP, 0, JEM_T_APP_REASON_MISSING) : JEM_OK;
    if (n > OWN_REASON_MAX)
        return jem_fail(err, JEM_EINVAL, JEM_D_APP, 0, JEM_T_APP_REASON_LONG, OWN_REASON_MAX);
    memcpy(out, start, n);
    out[n] = '\0';
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)out[i] < 0x20 || out[i] == 0x7f)
            out[i] = ' ';
    json_t *text = json_stringn(out, n); /* NULL when it is not UTF-8 */
    bool valid = text != NULL;
    json_decref(text);
    return valid ? JEM_OK : jem_fail(err, JEM_EINVAL, JEM_D_APP, 0, JEM_T_APP_NOT_UTF8);
}

bool own_put_number(json_t *obj, const char *key, uint64_t number)
{
    char text[JEM_NUMBER_TEXT];
    jem_number_format(number, text);
    return json_object_set_new(obj, key, json_string(text)) == 0;
}

enum jem_code own_give(json_t *value, json_t **out, struct jem_error *err)
{
    if (value == NULL)
        return jem_fail_nomem(err);
    *out = value;
    return JEM_OK;
}
