#include "scratch.h"

#include <stdio.h>
#include <stdlib.h>

void scratch_dir(char *path, size_t cap, const char *name)
{
    const char *base = getenv("TMPDIR");
    int n = snprintf(path, cap, "%s/%s-XXXXXX", base != NULL && *base != '\0' ? base : "/tmp", name);
    if (n < 0 || (size_t)n >= cap || mkdtemp(path) == NULL) {
        perror(path);
        abort();
    }
}
