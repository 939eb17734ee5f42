/* text.h - every sentence a person reads, in Bahasa Indonesia and English, from one table.
 *
 * The table is src/base/text/ *.def, one file a room, lines of
 *     T(KEY, "teks Indonesia", "English text")
 * A text may be a printf format; both languages then use the same arguments, numbered (%1$s) when
 * the order differs. A unit test fails on a missing, empty or ill-formed pair. */
#ifndef JEMPUT_TEXT_H
#define JEMPUT_TEXT_H
#include <stddef.h>

enum jem_text {
    JEM_T_NONE = 0,
#define T(key, id, en) JEM_T_##key,
#include "text/all.def"
#undef T
    JEM_T_COUNT
};

enum jem_lang { JEM_LANG_UNKNOWN = 0, JEM_LANG_ID, JEM_LANG_EN };

/* The language of this thread (a web request sets its own); Indonesian until set. */
void jem_lang_set(enum jem_lang lang);
enum jem_lang jem_lang_get(void);
/* "id" | "en" (also "id_ID.UTF-8"); UNKNOWN otherwise. */
enum jem_lang jem_lang_parse(const char *s);
const char *jem_lang_name(enum jem_lang lang);

/* The text in the thread's language, or in a named one. Borrowed, static. */
const char *jem_text(enum jem_text key);
const char *jem_text_in(enum jem_lang lang, enum jem_text key);
#endif
