/* lean_pack.h - the pack of one push, built in memory: what `head` reaches and the other side's refs do not.
 * Thin: a commit may stand as its difference from its parent, which the other side holds. */
#ifndef JEMPUT_SYNC_LEAN_PACK_H
#define JEMPUT_SYNC_LEAN_PACK_H
#include "jemput/buf.h"
#include "link.h"

/* Appends the pack to out. before: what the other side's ref stands at, or NULL; known: its refs. Those whose objects this ledger
 * lacks say nothing. JEM_ENOMEM also when it would pass out's maximum */
JEM_NODISCARD enum jem_code jem_lean_pack(struct jem_ledger *ledger, const git_oid *head, const git_oid *before,
    const struct jem_link_ref *known, size_t known_count, struct jem_buf *out, struct jem_error *err);

/* Git's delta format (gitformat-pack, "Deltified representation"): a text from copies of base and bytes of its own. */
void jem_lean_delta(const void *base, size_t base_size, const void *text, size_t text_size, struct jem_buf *out);
/* FIPS 180-4 */
void jem_lean_sha1(const void *p, size_t n, unsigned char out[20]);
#endif
