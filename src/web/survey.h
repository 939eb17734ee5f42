/* survey.h - the survey's pages, on the turned screen and at the stand. */
#ifndef WEB_SURVEY_H
#define WEB_SURVEY_H
#include <stdbool.h>

struct web_page;
struct web_survey {
    const char *path, *token;                                      /* token "": the path alone opens it, once a visit */
    bool aloud;                                                    /* the laptop may read it out */
    void (*begin)(struct web_page *p), (*end)(struct web_page *p); /* the frame of each page */
};
/* Answers GET and POST of the path. True: answers were kept. */
bool web_survey(struct web_page *p, const struct web_survey *on);
#endif
