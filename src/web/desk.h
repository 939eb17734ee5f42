/* desk.h - what the pages of headquarters' desk share. Private to src/web. */
#ifndef WEB_DESK_H
#define WEB_DESK_H
#include "office.h"

/* The name of a list of the desk, static; NULL for another text. */
const char *web_desk_list(const char *key);
/* A choice of coded reasons and a line for words; id: prefix of the controls' ids. */
void web_desk_reasons(struct web_page *p, const char *id);
/* What an officer of headquarters may rule on an application (o: of jem_show), beside its fields: stages, fields in
 * conflict, changes of stage that wait. */
void web_desk_rulings(struct web_page *p, const json_t *o, const struct jem_service *service);
/* The scanned pages of an application, one at a time, large. (page_view.c) */
void web_desk_view(struct web_page *p, const json_t *o);
/* The question that shows masked numbers whole. (page_view.c) */
void web_desk_reveal(struct web_page *p, const char *number);
/* What a service costs, in its catalogue's words where it has any: what is free of a fee may cost a tax. (value.c) */
void web_fee(struct jem_buf *b, const struct jem_service *service);
/* A value as people read it; numbers of persons are masked. field: NULL when the catalogue does not know it. (value.c) */
void web_value(struct jem_buf *b, const struct jem_field *field, const char *name, const char *value);
/* Who wrote an entry of a conflict or a timeline, when, and where. (page_record.c) */
void web_who(struct jem_buf *b, const json_t *it);
#endif
