/* enrol.h - what the sides of enrolment share: signed files, the request, and how HQ tells who is who. Internal to the room sync. */
#ifndef JEMPUT_SYNC_ENROL_H
#define JEMPUT_SYNC_ENROL_H
#include "jemput/keys.h"

#define ENROL_REQUEST "jemput-request-1"
#define ENROL_GRANT "jemput-grant-1"
#define ENROL_FILE_MAX ((size_t)16 << 20)
#define ENROL_NAME_MAX 95
#define ENROL_TEXT_MAX 1000

/* ---- signed files ---- */

/* Adds "sig", appends the canonical whole to *out and tells its hash. */
JEM_NODISCARD enum jem_code jem_signed_write(json_t *o, const char *format, const unsigned char secret[64],
    struct jem_buf *out, unsigned char hash[32], struct jem_error *err);
/* Reads a file of this format, whose signer's public key stands in `signer`. *out: new reference.
 * JEM_EINVAL no such file | JEM_ECORRUPT altered since it was signed */
JEM_NODISCARD enum jem_code jem_signed_read(const void *p, size_t n, const char *format, const char *signer,
    json_t **out, unsigned char hash[32], struct jem_error *err);
/* A member of n bytes in hexadecimal; false when it is none. */
bool jem_signed_hex(const json_t *o, const char *member, unsigned char *out, size_t n);
/* min to max bytes without control characters. */
bool jem_enrol_text_fits(const char *s, size_t min, size_t max);

/* ---- request ---- */

struct jem_request {
    char name[ENROL_NAME_MAX + 1];
    unsigned char sign[32], box[32], ssh[32], hash[32];
    uint16_t epoch, inc; /* inc: which it gets, or has */
};
JEM_NODISCARD enum jem_code jem_request_read(const void *p, size_t n, struct jem_request *out, struct jem_error *err);
/* This store's request: always the same bytes, for the signature is deterministic. */
JEM_NODISCARD enum jem_code jem_request_write(struct jem_store *store, const struct jem_keys *keys, struct jem_buf *out,
    unsigned char hash[32], struct jem_error *err);
/* Our keys as they were when we enrolled, or are before that. Owned by the caller. */
JEM_NODISCARD enum jem_code jem_enrol_keys(struct jem_store *store, struct jem_keys **out, struct jem_error *err);

/* ---- HQ (enrol.c); all but the last within a unit ---- */

/* Whose signing key that is or was, and from which incarnation on; *van (may be NULL) 0: nobody's. */
JEM_NODISCARD enum jem_code jem_enrol_key_find(struct jem_store *store, const char sign[65], unsigned *van,
    uint16_t *inc, struct jem_error *err);
/* Body of van.enrolled; NULL: no memory. */
json_t *jem_grant_body(unsigned number, const char *name, const char *sign, const char *box, int64_t epoch,
    int64_t inc);
/* Every key that `van` (a row of the store) has or had, on the lane of `to`. */
JEM_NODISCARD enum jem_code jem_grant_tell_keys(struct jem_store *store, const char *actor, const json_t *van,
    unsigned to, struct jem_error *err);
/* Every van knows the others' names and keys, so that it can check their receipts without a network. first: `number` is told
 * of the others; else it knows them. */
JEM_NODISCARD enum jem_code jem_grant_introduce(struct jem_store *store, const char *actor, unsigned number,
    const json_t *enrolled, bool first, struct jem_error *err);
/* The file and the words of both. *keys may be changed for those of the epoch in which the van was enrolled. */
JEM_NODISCARD enum jem_code jem_grant_finish(struct jem_store *store, struct jem_keys **keys,
    const struct jem_request *r, unsigned number, struct jem_buf *out, struct jem_enrol_words *request_words,
    struct jem_enrol_words *grant_words, struct jem_error *err);
#endif
