/* sniff.h - what a file is by its first bytes, and whether the ending of its name agrees. Pure. */
#ifndef JEM_HW_SNIFF_H
#define JEM_HW_SNIFF_H
#include "jemput/page.h"

/* The kind by magic numbers. When it is none that documents may have, *looks_like (a key) names what it seems to be. */
enum jem_mime jem_sniff(const unsigned char *p, size_t n, enum jem_text *looks_like);

/* JEM_EINVAL when `name` ends in a known ending of another kind than `mime`; the message quotes the ending only. NULL
 * and names without an ending are fine. */
JEM_NODISCARD enum jem_code jem_sniff_name(const char *name, enum jem_mime mime, struct jem_error *err);
#endif
