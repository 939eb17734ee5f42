/* tls.h - the certificate of the port for counters: a P-256 key and a self-signed certificate of our own making, kept in the
 * encrypted store (secrets "web.tls.key", "web.tls.cert"), so that a stolen laptop does not hand them out.
 *
 * The certificate names every address and name that this machine has, and those that it had: a van which comes back to a
 * known Wi-Fi keeps its fingerprint. It is made anew, on the same key, when a name is missing, or 30 days before it ends. */
#ifndef WEB_TLS_H
#define WEB_TLS_H
#include "jemput/store.h"

#define WEB_TLS_NAMES 16
struct web_tls {
    struct jem_buf cert_pem, key_pem;
    unsigned char fingerprint[32]; /* SHA-256 of the certificate, as browsers show it */
    char names[WEB_TLS_NAMES][64]; /* as in a URL; what this machine is called now comes first */
    size_t count, now;             /* of them, those that it is called now */
};
/* The names and addresses of this machine: `host` alone when it is not NULL (the port listens on that address), else all
 * but loopback and link-local ones; then the host's name and its .local form. Compare with web_tls_same. */
void web_tls_names(const char *host, struct web_tls *out);
bool web_tls_same(const struct web_tls *a, const struct web_tls *b);
/* Fills the rest of *tls, whose names are set; makes and keeps what is missing. JEM_EIO the library fails */
JEM_NODISCARD enum jem_code web_tls_load(struct jem_store *store, struct web_tls *tls, struct jem_error *err);
void web_tls_release(struct web_tls *tls);
/* "AB:CD:.." as a browser's certificate page has it. */
void web_tls_hex(const unsigned char fingerprint[32], char out[96]);
#endif
