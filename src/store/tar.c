/* tar.c - headers of tar archives.
 *
 *   name 100 | mode 8 | uid 8 | gid 8 | size 12 | mtime 12 | checksum 8 | type 1 | link 100 | "ustar\0" "00" | user 32
 *   | group 32 | device 16 | prefix 155 | 12 zeros
 *
 * Numbers are octal digits and a NUL. A size that 11 of them do not hold is 0x80 and 11 bytes, big endian. The checksum is
 * the sum of all bytes, its own field taken as spaces. */
#include "tar.h"

#include <stdio.h>
#include <string.h>

#define TAR_MODE 100
#define TAR_SIZE 124
#define TAR_MTIME 136
#define TAR_CHECKSUM 148
#define TAR_TYPE 156
#define TAR_MAGIC 257
#define TAR_OCTAL_MAX (((uint64_t)1 << 33) - 1)

static void tar_octal(unsigned char *at, int digits, uint64_t v)
{
    for (int i = digits - 1; i >= 0; i--, v >>= 3)
        at[i] = (unsigned char)('0' + (v & 7));
    at[digits] = '\0';
}

static unsigned tar_sum(const unsigned char block[JEM_TAR_BLOCK])
{
    unsigned sum = 0;
    for (int i = 0; i < JEM_TAR_BLOCK; i++)
        sum += i >= TAR_CHECKSUM && i < TAR_CHECKSUM + 8 ? ' ' : block[i];
    return sum;
}

uint64_t jem_tar_padded(uint64_t size)
{
    return (size + JEM_TAR_BLOCK - 1) / JEM_TAR_BLOCK * JEM_TAR_BLOCK;
}

void jem_tar_header(unsigned char out[JEM_TAR_BLOCK], const char *name, uint64_t size, int64_t mtime_s)
{
    memset(out, 0, JEM_TAR_BLOCK);
    memcpy(out, name, strnlen(name, JEM_TAR_NAME_MAX));
    tar_octal(out + TAR_MODE, 7, 0600);
    tar_octal(out + TAR_MODE + 8, 7, 0);
    tar_octal(out + TAR_MODE + 16, 7, 0);
    if (size <= TAR_OCTAL_MAX) {
        tar_octal(out + TAR_SIZE, 11, size);
    } else {
        out[TAR_SIZE] = 0x80;
        for (int i = 0; i < 8; i++)
            out[TAR_SIZE + 4 + i] = (unsigned char)(size >> (56 - 8 * i));
    }
    tar_octal(out + TAR_MTIME, 11, mtime_s < 0 ? 0 : (uint64_t)mtime_s & TAR_OCTAL_MAX);
    out[TAR_TYPE] = '0';
    memcpy(out + TAR_MAGIC, "ustar\00000", 8);
    tar_octal(out + TAR_CHECKSUM, 6, tar_sum(out));
    out[TAR_CHECKSUM + 7] = ' ';
}

/* Octal digits up to a NUL or a space. */
static bool tar_number(const unsigned char *at, int cap, uint64_t *out)
{
    int i = 0;
    *out = 0;
    while (i < cap && at[i] == ' ')
        i++;
    int first = i;
    for (; i < cap && at[i] >= '0' && at[i] <= '7'; i++)
        *out = *out << 3 | (uint64_t)(at[i] - '0');
    return i > first && (i == cap || at[i] == '\0' || at[i] == ' ');
}

static bool tar_size(const unsigned char *at, uint64_t *out)
{
    if ((at[0] & 0x80) == 0)
        return tar_number(at, 12, out);
    *out = 0;
    for (int i = 0; i < 11; i++) {
        if (i < 3 && (i == 0 ? (at[0] & 0x7f) | at[1] : at[1 + i]) != 0)
            return false;
        *out = *out << 8 | at[1 + i];
    }
    return *out <= INT64_MAX / 2;
}

bool jem_tar_parse(const unsigned char block[JEM_TAR_BLOCK], char name[JEM_TAR_NAME_MAX + 1], uint64_t *size)
{
    uint64_t sum = 0;
    if (memcmp(block + TAR_MAGIC, "ustar", 5) != 0 || (block[TAR_TYPE] != '0' && block[TAR_TYPE] != '\0') ||
        !tar_number(block + TAR_CHECKSUM, 8, &sum) || block[TAR_CHECKSUM + 6] != '\0' ||
        block[TAR_CHECKSUM + 7] != ' ' || sum != tar_sum(block) || !tar_size(block + TAR_SIZE, size))
        return false;
    size_t n = strnlen((const char *)block, 100);
    if (n == 0 || n > JEM_TAR_NAME_MAX)
        return false;
    memcpy(name, block, n);
    name[n] = '\0';
    return true;
}
