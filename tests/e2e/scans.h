/* scans.h - pictures of paper for tests: JPEG, PNG and PDF files of any size, the same for the same seed. */
#ifndef TESTS_SCANS_H
#define TESTS_SCANS_H
#include "jemput/buf.h"
#include "prop.h"

/* Each appends one file to `out`. A page is paper with grain, lines of words, a stamp; no two seeds draw the same. */
void scans_jpeg(struct prop *rng, unsigned width, unsigned height, struct jem_buf *out);
void scans_png(struct prop *rng, unsigned width, unsigned height, struct jem_buf *out);
/* Every page holds one JPEG of that size, as scanning programs write it. */
void scans_pdf(struct prop *rng, unsigned pages, unsigned width, unsigned height, struct jem_buf *out);
#endif
