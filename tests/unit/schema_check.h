/* schema_check.h - an independent JSON Schema checker for the words that the catalogue's schema uses
 * (draft 2020-12). A word that it does not know fails the test, so that no rule passes unseen. */
#ifndef SCHEMA_CHECK_H
#define SCHEMA_CHECK_H
#include <stdbool.h>

#include <jansson.h>

/* `root` holds the $defs that $ref names; `schema` is root or a part of it. */
bool schema_holds(const json_t *root, const json_t *schema, const json_t *value);
void schema_release(void); /* the compiled patterns */
#endif
