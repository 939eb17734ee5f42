/* scratch.h - folders for tests, below $TMPDIR or /tmp. */
#ifndef SCRATCH_H
#define SCRATCH_H
#include <stddef.h>

/* Makes a new folder NAME-XXXXXX and writes its path; ends the program when it cannot. */
void scratch_dir(char *path, size_t cap, const char *name);
#endif
