/* replay.h - a fuzz target as a plain program: it runs the files that it is given. With -DJEM_LIBFUZZER and clang's
 * -fsanitize=fuzzer,address the same target searches for new ones. */
#ifndef FUZZ_REPLAY_H
#define FUZZ_REPLAY_H
#include <stdbool.h>
#include <stddef.h>

#define INPUT_MAX ((size_t)1 << 20)

int LLVMFuzzerTestOneInput(const unsigned char *p, size_t n);
/* Says what does not hold, and aborts. */
void need(bool ok, const char *what);
/* main of the plain program. */
int replay(int argc, char **argv, int (*target)(const unsigned char *p, size_t n));
#endif
