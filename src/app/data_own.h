/* data_own.h - what the use cases of data out and in share. Private to src/app. */
#ifndef APP_DATA_OWN_H
#define APP_DATA_OWN_H
#include <stdio.h>

#include "jemput/selection.h"
#include "own.h"

/* A file that is written piece by piece under another name and appears whole. */
struct data_file {
    FILE *f;
    char made[4096];
    const char *path; /* borrowed */
};
JEM_NODISCARD enum jem_code data_file_open(struct data_file *file, const char *path, struct jem_error *err);
/* Writes the buffer and empties it. */
JEM_NODISCARD enum jem_code data_file_put(struct data_file *file, struct jem_buf *bytes, struct jem_error *err);
JEM_NODISCARD enum jem_code data_file_finish(struct data_file *file, struct jem_error *err);
void data_file_drop(struct data_file *file); /* nothing when finished */

/* One application as it goes out: {"number","service","agency","status","submitted","channel","van","officer","village","nik","name",
 * "conflicts","linked","reason","stages":{status:day},"documents":[{"kind","pages","mime","size"}],"fields":{}}.
 * `whole`: nothing is masked. New reference. *a and *events (may be NULL) are the caller's to release. */
JEM_NODISCARD enum jem_code data_row(struct jem_app *app, uint64_t number, bool whole, json_t **out,
    struct jem_error *err);
/* A copy of the text with every run of 16 digits masked as a NIK is. New reference. */
json_t *data_masked(const char *text);
/* {"service","village","from","to","status"} without what is open. New reference. */
json_t *data_selection_json(const struct jem_selection *what);
/* The reverse; borrows from the object. */
void data_selection_read(const json_t *about, struct jem_selection *out);
/* Appends data.exported to HQ's lane 0, in an open unit. Takes over `about`. */
JEM_NODISCARD enum jem_code data_note(struct jem_app *app, const char *what, const char *to, size_t rows, bool whole,
    json_t *about, const char *reason, struct jem_error *err);
#endif
