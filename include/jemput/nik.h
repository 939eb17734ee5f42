/* nik.h - NIK and KK, the 16-digit numbers of a person and of a family card (Permendagri 109/2019;
 * UU 24/2013 art. 13: a NIK never changes). Text always: those that start 91-96 exceed 2^53. */
#ifndef JEMPUT_NIK_H
#define JEMPUT_NIK_H
#include "jemput/error.h"
#include "jemput/issue.h"
#include <stdbool.h>
#include <stdint.h>

#define JEM_NIK_DIGITS 16
enum jem_sex { JEM_SEX_UNKNOWN = 0, JEM_SEX_MALE, JEM_SEX_FEMALE };

struct jem_nik {
    char text[JEM_NIK_DIGITS + 1];
    char district[7];     /* PPRRSS of first registration, digits */
    enum jem_sex sex;     /* unknown for a KK */
    int year, month, day; /* birth (KK: recording) date; the century is the latest not after `today` */
    int serial;
};
/* Hard errors (JEM_EINVAL, each with its own message): not 16 digits (spaces, dots and hyphens between digits
 * are forgiven), impossible day or month, serial 0000. Everything else is a warning: jem_nik_warn. */
JEM_NODISCARD enum jem_code jem_nik_parse(const char *s, int32_t today, struct jem_nik *out, struct jem_error *err);
JEM_NODISCARD enum jem_code jem_kk_parse(const char *s, int32_t today, struct jem_nik *out, struct jem_error *err);
/* Adds warnings for field `field`: unknown or retired district code; birth date or sex that differ from the form
 * (birth_day INT32_MIN and JEM_SEX_UNKNOWN when the form has none). */
void jem_nik_warn(const struct jem_nik *nik, const char *field, int32_t birth_day, enum jem_sex sex,
    struct jem_issues *out);
/* Sixteen digits and nothing else: a NIK or KK by its shape. */
bool jem_nik_shaped(const char *s);
/* "3203••••••••0018" (UTF-8). out >= 40 bytes; s of another length gives bullets only. */
void jem_nik_mask(const char *s, char out[40]);
#endif
