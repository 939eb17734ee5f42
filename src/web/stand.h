/* stand.h - the frame of the citizens' pages, and what citizens say there. */
#ifndef WEB_STAND_H
#define WEB_STAND_H
#include <stdbool.h>

#include "jemput/text.h"

#define WEB_STAND_PHOTO "/warga/foto"

struct web_page;
void web_stand_begin(struct web_page *p, const char *title, bool wrong);
void web_stand_end(struct web_page *p);
/* Counts as so many wrong codes of the same address: what a phone can send is bounded. */
void web_stand_cost(struct web_page *p);
/* /warga/survei and /warga/pengaduan. False: it is neither. */
bool web_stand_voice(struct web_page *p);
#endif
