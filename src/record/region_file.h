/* region_file.h - numbers of the format of regions.bin, shared by its reader (region.c, which describes the
 * layout) and its writer (tool_regions.c). */
#ifndef JEM_RECORD_REGION_FILE_H
#define JEM_RECORD_REGION_FILE_H

#define REGION_MAGIC "JRG1"
#define REGION_VERSION 1
enum {
    REGION_LEVELS = 4,
    REGION_HEADER_BYTES = 28,
    REGION_PARENT_BYTES = 12, /* an entry of a level that has children */
    REGION_LEAF_BYTES = 8     /* an entry of the last level */
};
#endif
