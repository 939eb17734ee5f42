/* escl_xml.h - walks a small foreign XML document by expat: no DTD, no entities, bounded in size, depth and count. */
#ifndef JEM_HW_ESCL_XML_H
#define JEM_HW_ESCL_XML_H
#include "jemput/buf.h"

#define JEM_ESCL_XML_MAX_BYTES ((size_t)512 << 10)
#define JEM_ESCL_XML_MAX_DEPTH 24
#define JEM_ESCL_XML_MAX_ELEMENTS 20000
#define JEM_ESCL_XML_PATH_MAX 512
#define JEM_ESCL_XML_TEXT_MAX 512

struct jem_escl_xml {
    /* path: local names from the root, "/ScannerStatus/Jobs/JobInfo"; each may be NULL */
    void (*begin)(void *ctx, const char *path);
    /* text: of the element itself, without white space at its ends; cut to JEM_ESCL_XML_TEXT_MAX - 1 */
    void (*end)(void *ctx, const char *path, const char *text);
    void *ctx;
};
/* JEM_ECORRUPT: no well-formed XML, a DTD, or past a limit. `begin` and `end` have been called for what came before. */
JEM_NODISCARD enum jem_code jem_escl_xml_walk(const void *p, size_t n, const struct jem_escl_xml *to,
    struct jem_error *err);
/* Whether path ends with `end` at a name's border: path_ends("/A/BC", "BC"), not ("/A/BC", "C"). */
bool jem_escl_path_ends(const char *path, const char *end);
#endif
