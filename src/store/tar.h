/* tar.h - headers of tar archives (POSIX.1-1988 ustar), and a database that lies in one. Private to src/store. */
#ifndef JEM_STORE_TAR_H
#define JEM_STORE_TAR_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JEM_TAR_BLOCK 512
#define JEM_TAR_NAME_MAX 99

/* The header of a plain file. Sizes from 8 GiB on are written in base 256, as GNU tar and libarchive read them. */
void jem_tar_header(unsigned char out[JEM_TAR_BLOCK], const char *name, uint64_t size, int64_t mtime_s);
/* False when the block is no header of a plain file, or its checksum is wrong. */
bool jem_tar_parse(const unsigned char block[JEM_TAR_BLOCK], char name[JEM_TAR_NAME_MAX + 1], uint64_t *size);
/* The content and what fills its last block. */
uint64_t jem_tar_padded(uint64_t size);

/* The name of an SQLite file system, the cipher's above it, in which the main database is the first member of a tar
 * archive: its bytes start behind one header. A header that is there tells its size; without one the file is being
 * written. NULL: SQLite refused it. */
const char *jem_tar_vfs(void);
#endif
