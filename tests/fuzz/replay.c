/* replay.c - the inputs of a corpus, one after the other. */
#include "replay.h"

#include <stdio.h>
#include <stdlib.h>

#include "jemput/file.h"

void need(bool ok, const char *what)
{
    if (!ok) {
        fprintf(stderr, "fuzz: %s\n", what);
        abort();
    }
}

int replay(int argc, char **argv, int (*target)(const unsigned char *p, size_t n))
{
    need(argc > 1, "no inputs given");
    for (int i = 1; i < argc; i++) {
        struct jem_buf input = JEM_BUF_INIT(INPUT_MAX);
        struct jem_error err;
        need(jem_file_read(argv[i], INPUT_MAX, &input, &err) == JEM_OK, "an input cannot be read");
        (void)target(input.data, input.len);
        jem_buf_release(&input);
    }
    printf("%d inputs\n", argc - 1);
    return 0;
}
