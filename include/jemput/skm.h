/* skm.h - the arithmetic of the satisfaction survey SKM (PermenPANRB 14/2017). Pure, integers only: the weight of an element
 * is exactly 1/9, so that a perfect score is exactly 100; nothing is rounded before the last step.
 *
 * Nine elements U1..U9, each answered 1..4. NRR of an element = sum / n. IKM = sum(NRR / 9) * 25 = 25 * all answers / (9 n).
 * Grades: A from 88.31, B from 76.61, C from 65.00, else D. */
#ifndef JEMPUT_SKM_H
#define JEMPUT_SKM_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JEM_SKM_ELEMENTS 9
#define JEM_SKM_HIDE_BELOW 5 /* groups with fewer answers are not shown: they could be recognised */

struct jem_skm { /* zeroed: no answers */
    uint64_t n, sum[JEM_SKM_ELEMENTS];
};
/* False, and nothing is added, when an answer is not 1..4. */
bool jem_skm_add(struct jem_skm *skm, const int answers[JEM_SKM_ELEMENTS]);
/* Hundredths, rounded half up; 0 without answers. NRR 100..400, IKM 2500..10000. */
unsigned jem_skm_nrr(const struct jem_skm *skm, size_t element);
unsigned jem_skm_ikm(const struct jem_skm *skm);
/* 'A'..'D' of an IKM in hundredths. */
char jem_skm_grade(unsigned ikm);
/* Krejcie and Morgan: answers wanted of `population` served, rounded half up; 0 of 0. */
uint64_t jem_skm_sample(uint64_t population);
/* The question of an element 0..8 and its answers 1..4, in the thread's language. */
const char *jem_skm_question(size_t element);
const char *jem_skm_choice(size_t element, int answer);
const char *jem_skm_name(size_t element); /* "U1 Persyaratan" */
#endif
