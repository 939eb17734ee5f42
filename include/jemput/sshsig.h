/* sshsig.h - Ed25519 signatures in SSHSIG form (openssh PROTOCOL.sshsig), namespace "git", SHA-512, so that stock
 * `git verify-commit` with an allowed-signers file accepts them; and Ed25519 keys in OpenSSH's text forms. */
#ifndef JEMPUT_SSHSIG_H
#define JEMPUT_SSHSIG_H
#include "jemput/buf.h"
/* Appends the armoured signature without a last newline. */
JEM_NODISCARD enum jem_code jem_sshsig_sign(const unsigned char secret[64], const void *msg, size_t n,
    struct jem_buf *out, struct jem_error *err);
/* JEM_ECORRUPT unless it is a valid signature of this very key over msg. */
JEM_NODISCARD enum jem_code jem_sshsig_verify(const char *armor, size_t armor_len, const void *msg, size_t n,
    const unsigned char public_key[32], struct jem_error *err);
/* "ssh-ed25519 AAAA... comment" */
JEM_NODISCARD enum jem_code jem_ssh_public_text(const unsigned char public_key[32], const char *comment,
    struct jem_buf *out, struct jem_error *err);
/* "-----BEGIN OPENSSH PRIVATE KEY-----": a secret, wipe it. */
JEM_NODISCARD enum jem_code jem_ssh_private_text(const unsigned char secret[64], const char *comment,
    struct jem_buf *out, struct jem_error *err);
#endif
