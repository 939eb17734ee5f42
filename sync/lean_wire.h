/* lean_wire.h - what goes over the wire of git's smart HTTP, as bytes: packets, requests, answers. No network, no disk.
 * Source: gitprotocol-common, gitprotocol-v2, gitprotocol-pack (receive-pack) and gitprotocol-http of git. */
#ifndef JEMPUT_SYNC_LEAN_WIRE_H
#define JEMPUT_SYNC_LEAN_WIRE_H
#include "jemput/buf.h"
#include "link.h"

/* ---- packets ---- */

/* Length in four hex digits, itself included, then that many bytes less four; 0000, 0001 and 0002 carry nothing. */
#define JEM_PACKET_MAX 65520
enum jem_packet { JEM_PACKET_UNKNOWN = 0, JEM_PACKET_DATA, JEM_PACKET_FLUSH, JEM_PACKET_DELIMITER, JEM_PACKET_END };

/* Takes a packet; false stops the decoder. p is followed by a NUL that n does not count. */
typedef bool jem_packet_take(void *ctx, enum jem_packet kind, const unsigned char *p, size_t n);
struct jem_packets {
    jem_packet_take *take;
    void *ctx;
    size_t have; /* bytes of the packet that is being gathered */
    bool failed; /* malformed, or stopped by take: nothing more is taken */
    unsigned char raw[JEM_PACKET_MAX + 1];
};
void jem_packets_start(struct jem_packets *packets, jem_packet_take *take, void *ctx);
/* Bytes in pieces of any size; false once it failed. */
bool jem_packets_feed(struct jem_packets *packets, const void *p, size_t n);
/* True when all that was fed made whole packets. */
bool jem_packets_done(const struct jem_packets *packets);

/* ---- requests, appended to out ---- */

void jem_lean_ask_refs(struct jem_buf *out, const char *const *prefixes, size_t count);
void jem_lean_ask_pack(struct jem_buf *out, const git_oid *wants, size_t want_count, const git_oid *haves,
    size_t have_count);
/* The command that goes before a pack. before NULL: the ref is to be made; after NULL: it is to go, and no pack follows. */
void jem_lean_ask_push(struct jem_buf *out, const git_oid *before, const git_oid *after, const char *ref);

/* ---- answers ---- */

#define JEM_LEAN_REFS_MAX 20000
struct jem_lean_refs {
    struct jem_link_ref *items;
    size_t count, cap;
};
void jem_lean_refs_release(struct jem_lean_refs *refs);
/* The answer to ls-refs. False: malformed, cut short, or too many. */
bool jem_lean_read_refs(const void *p, size_t n, struct jem_lean_refs *out);
/* What info/refs?service=git-receive-pack tells; false also without the capability report-status. */
bool jem_lean_read_advertisement(const void *p, size_t n, struct jem_lean_refs *out);

/* What receive-pack says of one push of one ref. */
struct jem_lean_report {
    bool unpacked, stored;
    char reason[128]; /* of what did not succeed, printable */
};
/* False: no whole report, or one about other refs. */
bool jem_lean_read_report(const void *p, size_t n, const char *ref, struct jem_lean_report *out);

/* The answer to a fetch, in pieces: its pack goes on to `sink`, whose false stops. */
struct jem_lean_pack_reader {
    struct jem_packets packets;
    bool (*sink)(void *ctx, const unsigned char *p, size_t n);
    void *ctx;
    bool in_pack, whole;
    char said[128]; /* the server's word of failure, or "" */
};
void jem_lean_pack_reader_start(struct jem_lean_pack_reader *reader,
    bool (*sink)(void *ctx, const unsigned char *p, size_t n), void *ctx);
bool jem_lean_pack_reader_feed(struct jem_lean_pack_reader *reader, const void *p, size_t n);
/* True when the answer ended where an answer ends. */
bool jem_lean_pack_reader_done(const struct jem_lean_pack_reader *reader);
#endif
