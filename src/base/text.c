/* text.c - the table of texts and the language of a thread. */
#include "jemput/text.h"

#include <string.h>

struct text_pair {
    const char *id, *en;
};

static const struct text_pair text_table[] = {
    [JEM_T_NONE] = { "", "" },
#define T(key, id, en) [JEM_T_##key] = { id, en },
#include "text/all.def"
#undef T
};

static _Thread_local enum jem_lang text_lang = JEM_LANG_ID;

void jem_lang_set(enum jem_lang lang)
{
    if (lang == JEM_LANG_ID || lang == JEM_LANG_EN)
        text_lang = lang;
}

enum jem_lang jem_lang_get(void)
{
    return text_lang;
}

enum jem_lang jem_lang_parse(const char *s)
{
    if (!s || strlen(s) < 2 || !strchr("_-.@", s[2]))
        return JEM_LANG_UNKNOWN;
    if (strncmp(s, "id", 2) == 0)
        return JEM_LANG_ID;
    return strncmp(s, "en", 2) == 0 ? JEM_LANG_EN : JEM_LANG_UNKNOWN;
}

const char *jem_lang_name(enum jem_lang lang)
{
    return lang == JEM_LANG_EN ? "en" : "id";
}

const char *jem_text_in(enum jem_lang lang, enum jem_text key)
{
    if (key <= JEM_T_NONE || key >= JEM_T_COUNT)
        return "";
    return lang == JEM_LANG_EN ? text_table[key].en : text_table[key].id;
}

const char *jem_text(enum jem_text key)
{
    return jem_text_in(text_lang, key);
}
