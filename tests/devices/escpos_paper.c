// room: hw
/* escpos_paper.c - the printer of the tests as a program: commands on stdin, the paper as PBM on stdout. Arguments: the dots of
 * its head, and "impact" for a head of 8 pins. Fails at a command that it does not know and at half a command. */
#include "escpos_view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv)
{
    struct escpos_view view;
    unsigned char b[4096];
    size_t n;
    escpos_view_init(&view, argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 576);
    view.impact = argc > 2 && strcmp(argv[2], "impact") == 0;
    while ((n = fread(b, 1, sizeof b, stdin)) > 0)
        escpos_view_take(&view, b, n);
    if (view.unknown > 0 || escpos_view_waiting(&view) > 0) {
        (void)fprintf(stderr, "%u unknown commands, %zu bytes of half a command\n", view.unknown,
            escpos_view_waiting(&view));
        return 1;
    }
    (void)printf("P4\n%u %u\n", view.head_dots, view.height);
    size_t bytes = (size_t)((view.head_dots + 7) / 8) * view.height;
    bool ok = fwrite(view.bits, 1, bytes, stdout) == bytes && fflush(stdout) == 0;
    (void)fprintf(stderr, "%u pictures, %u characters, %u cuts\n", view.strips, view.characters, view.cuts);
    escpos_view_release(&view);
    return ok ? 0 : 1;
}
