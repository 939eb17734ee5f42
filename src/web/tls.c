/* tls.c - key and certificate by GnuTLS; the one file that knows it. */
#include "tls.h"

#include <arpa/inet.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <ifaddrs.h>
#include <limits.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "jemput/clock.h"
#include "jemput/codec.h"

#define TLS_KEY "web.tls.key"
#define TLS_CERT "web.tls.cert"
#define TLS_PEM_MAX ((size_t)16 << 10)
#define TLS_DAYS 397 /* browsers refuse what is valid for longer */
#define TLS_RENEW_DAYS 30
#define TLS_BACK_DAYS 2 /* a tablet's clock may be behind */
#define TLS_DAY_S ((int64_t)24 * 3600)

/* ---- names ---- */

static void names_add(struct web_tls *t, const char *name)
{
    for (size_t i = 0; i < t->count; i++)
        if (strcasecmp(t->names[i], name) == 0)
            return;
    if (t->count < WEB_TLS_NAMES && strlen(name) < sizeof *t->names)
        memcpy(t->names[t->count++], name, strlen(name) + 1);
}

static void names_address(struct web_tls *t, const struct sockaddr *sa)
{
    char text[INET6_ADDRSTRLEN], name[INET6_ADDRSTRLEN + 2];
    if (sa->sa_family == AF_INET) {
        const struct sockaddr_in *in = (const void *)sa;
        if (inet_ntop(AF_INET, &in->sin_addr, text, sizeof text) != NULL)
            names_add(t, text);
    } else if (sa->sa_family == AF_INET6) {
        const struct sockaddr_in6 *in = (const void *)sa;
        if (IN6_IS_ADDR_LINKLOCAL(&in->sin6_addr) || inet_ntop(AF_INET6, &in->sin6_addr, text, sizeof text) == NULL)
            return;
        snprintf(name, sizeof name, "[%s]", text);
        names_add(t, name);
    }
}

static void names_interfaces(struct web_tls *t, sa_family_t family)
{
    struct ifaddrs *list = NULL;
    if (getifaddrs(&list) != 0)
        return;
    for (const struct ifaddrs *it = list; it != NULL; it = it->ifa_next)
        if (it->ifa_addr != NULL && it->ifa_addr->sa_family == family && (it->ifa_flags & IFF_UP) != 0 &&
            (it->ifa_flags & IFF_LOOPBACK) == 0)
            names_address(t, it->ifa_addr);
    freeifaddrs(list);
}

/* The machine's own name when it is one: letters, digits, hyphens. */
static void names_host(struct web_tls *t)
{
    static const char safe[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-";
    char host[HOST_NAME_MAX + 1] = "", local[HOST_NAME_MAX + 8];
    if (gethostname(host, sizeof host - 1) != 0 || host[0] == '\0' || strspn(host, safe) != strlen(host) ||
        strlen(host) > 50)
        return;
    for (char *p = host; *p; p++)
        if (*p >= 'A' && *p <= 'Z')
            *p = (char)(*p - 'A' + 'a');
    names_add(t, host);
    snprintf(local, sizeof local, "%s.local", host);
    names_add(t, local);
}

void web_tls_names(const char *host, struct web_tls *out)
{
    *out = (struct web_tls){ .cert_pem = JEM_BUF_INIT(TLS_PEM_MAX), .key_pem = JEM_BUF_INIT(TLS_PEM_MAX) };
    if (host != NULL)
        names_add(out, host);
    else {
        names_interfaces(out, AF_INET);
        names_interfaces(out, AF_INET6);
    }
    names_host(out);
    if (host == NULL)
        names_add(out, "127.0.0.1");
    out->now = out->count;
}

bool web_tls_same(const struct web_tls *a, const struct web_tls *b)
{
    if (a->now != b->now)
        return false;
    for (size_t i = 0; i < a->now; i++)
        if (strcmp(a->names[i], b->names[i]) != 0)
            return false;
    return true;
}

/* ---- key and certificate ---- */

static enum jem_code tls_fail(int native, struct jem_error *err)
{
    return jem_fail(err, JEM_EIO, JEM_D_WEB, native, JEM_T_WEB_TLS_FAILED, gnutls_strerror(native));
}

static enum jem_code tls_secret(struct jem_store *store, const char *key, struct jem_buf *out, struct jem_error *err)
{
    jem_buf_clear(out);
    enum jem_code rc = jem_store_secret_get(store, key, out, err);
    return rc == JEM_OK ? jem_buf_ok(out, err) : rc;
}

static enum jem_code tls_keep(struct jem_store *store, const char *key, const gnutls_datum_t *pem, struct jem_buf *out,
    struct jem_error *err)
{
    jem_buf_clear(out);
    jem_buf_add(out, pem->data, pem->size);
    enum jem_code rc = jem_buf_ok(out, err);
    return rc == JEM_OK ? jem_store_secret_set(store, key, pem->data, pem->size, err) : rc;
}

static enum jem_code key_load(struct jem_store *store, struct web_tls *tls, gnutls_x509_privkey_t key,
    struct jem_error *err)
{
    gnutls_datum_t pem = { NULL, 0 };
    enum jem_code rc = tls_secret(store, TLS_KEY, &tls->key_pem, err);
    int native = 0;
    if (rc == JEM_OK) {
        gnutls_datum_t in = { tls->key_pem.data, (unsigned)tls->key_pem.len };
        native = gnutls_x509_privkey_import(key, &in, GNUTLS_X509_FMT_PEM);
        return native < 0 ? tls_fail(native, err) : JEM_OK;
    }
    if (rc != JEM_ENOTFOUND)
        return rc;
    native = gnutls_x509_privkey_generate(key, GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0);
    if (native >= 0)
        native = gnutls_x509_privkey_export2(key, GNUTLS_X509_FMT_PEM, &pem);
    rc = native < 0 ? tls_fail(native, err) : tls_keep(store, TLS_KEY, &pem, &tls->key_pem, err);
    if (pem.data != NULL) {
        gnutls_memset(pem.data, 0, pem.size);
        gnutls_free(pem.data);
    }
    return rc;
}

/* An address as the certificate holds it. 0: it is a name. */
static size_t name_address(const char *name, unsigned char out[16])
{
    char text[64];
    size_t n = strlen(name);
    if (inet_pton(AF_INET, name, out) == 1)
        return 4;
    if (name[0] != '[' || n < 3)
        return 0;
    memcpy(text, name + 1, n - 2);
    text[n - 2] = '\0';
    return inet_pton(AF_INET6, text, out) == 1 ? 16 : 0;
}

/* The names of a certificate, onto those that are here. */
static void cert_names(gnutls_x509_crt_t cert, struct web_tls *t)
{
    for (unsigned i = 0; i < 2 * WEB_TLS_NAMES; i++) {
        unsigned char raw[256];
        char name[INET6_ADDRSTRLEN + 2], text[INET6_ADDRSTRLEN];
        size_t n = sizeof raw - 1;
        unsigned type = 0;
        int rc = gnutls_x509_crt_get_subject_alt_name2(cert, i, raw, &n, &type, NULL);
        if (rc < 0)
            return;
        raw[n] = '\0';
        if (type == GNUTLS_SAN_DNSNAME && strlen((char *)raw) < sizeof *t->names)
            names_add(t, (char *)raw);
        else if (type == GNUTLS_SAN_IPADDRESS && (n == 4 || n == 16) &&
                 inet_ntop(n == 4 ? AF_INET : AF_INET6, raw, text, sizeof text) != NULL) {
            snprintf(name, sizeof name, n == 4 ? "%s" : "[%s]", text);
            names_add(t, name);
        }
    }
}

/* True when the certificate has all present names, and lasts. Names that it has besides are added. */
static bool cert_serves(gnutls_x509_crt_t cert, struct web_tls *t, int64_t now_s)
{
    struct web_tls has = { .count = 0 };
    int64_t from = (int64_t)gnutls_x509_crt_get_activation_time(cert);
    int64_t to = (int64_t)gnutls_x509_crt_get_expiration_time(cert);
    bool all = true;
    cert_names(cert, &has);
    for (size_t i = 0; i < t->now; i++) {
        bool found = false;
        for (size_t j = 0; j < has.count; j++)
            found = found || strcasecmp(t->names[i], has.names[j]) == 0;
        all = all && found;
    }
    for (size_t i = 0; i < has.count; i++)
        names_add(t, has.names[i]);
    return all && from < now_s && to - now_s > TLS_RENEW_DAYS * TLS_DAY_S;
}

static int cert_fill(gnutls_x509_crt_t cert, gnutls_x509_privkey_t key, const struct web_tls *t, int64_t now_s)
{
    unsigned char serial[16];
    static const char subject[] = "Jemput";
    jem_random(serial, sizeof serial);
    serial[0] &= 0x7f; /* a positive number: RFC 5280, 4.1.2.2 */
    int rc = gnutls_x509_crt_set_version(cert, 3);
    if (rc >= 0)
        rc = gnutls_x509_crt_set_serial(cert, serial, sizeof serial);
    if (rc >= 0)
        rc = gnutls_x509_crt_set_dn_by_oid(cert, GNUTLS_OID_X520_COMMON_NAME, 0, subject, sizeof subject - 1);
    if (rc >= 0)
        rc = gnutls_x509_crt_set_activation_time(cert, (time_t)(now_s - TLS_BACK_DAYS * TLS_DAY_S));
    if (rc >= 0)
        rc = gnutls_x509_crt_set_expiration_time(cert, (time_t)(now_s + (TLS_DAYS - TLS_BACK_DAYS) * TLS_DAY_S));
    if (rc >= 0)
        rc = gnutls_x509_crt_set_basic_constraints(cert, 0, -1);
    if (rc >= 0)
        rc = gnutls_x509_crt_set_key_usage(cert, GNUTLS_KEY_DIGITAL_SIGNATURE);
    if (rc >= 0)
        rc = gnutls_x509_crt_set_key_purpose_oid(cert, GNUTLS_KP_TLS_WWW_SERVER, 0);
    for (size_t i = 0; i < t->count && rc >= 0; i++) {
        unsigned char raw[16];
        size_t n = name_address(t->names[i], raw);
        rc = n > 0 ? gnutls_x509_crt_set_subject_alt_name(cert, GNUTLS_SAN_IPADDRESS, raw, (unsigned)n,
                         GNUTLS_FSAN_APPEND)
                   : gnutls_x509_crt_set_subject_alt_name(cert, GNUTLS_SAN_DNSNAME, t->names[i],
                         (unsigned)strlen(t->names[i]), GNUTLS_FSAN_APPEND);
    }
    if (rc >= 0)
        rc = gnutls_x509_crt_set_key(cert, key);
    return rc >= 0 ? gnutls_x509_crt_sign2(cert, cert, key, GNUTLS_DIG_SHA256, 0) : rc;
}

static enum jem_code cert_make(struct jem_store *store, struct web_tls *tls, gnutls_x509_privkey_t key, int64_t now_s,
    struct jem_error *err)
{
    gnutls_x509_crt_t cert;
    gnutls_datum_t pem = { NULL, 0 };
    int native = gnutls_x509_crt_init(&cert);
    if (native < 0)
        return tls_fail(native, err);
    native = cert_fill(cert, key, tls, now_s);
    if (native >= 0)
        native = gnutls_x509_crt_export2(cert, GNUTLS_X509_FMT_PEM, &pem);
    enum jem_code rc = native < 0 ? tls_fail(native, err) : tls_keep(store, TLS_CERT, &pem, &tls->cert_pem, err);
    gnutls_free(pem.data);
    gnutls_x509_crt_deinit(cert);
    return rc;
}

/* The kept certificate when it serves, else a new one; then its fingerprint. */
static enum jem_code cert_load(struct jem_store *store, struct web_tls *tls, gnutls_x509_privkey_t key,
    gnutls_x509_crt_t cert, struct jem_error *err)
{
    int64_t now_s = jem_store_now_ms(store) / 1000;
    size_t n = sizeof tls->fingerprint;
    enum jem_code rc = tls_secret(store, TLS_CERT, &tls->cert_pem, err);
    bool serves = false;
    if (rc == JEM_OK) {
        gnutls_datum_t in = { tls->cert_pem.data, (unsigned)tls->cert_pem.len };
        serves = gnutls_x509_crt_import(cert, &in, GNUTLS_X509_FMT_PEM) >= 0 && cert_serves(cert, tls, now_s);
    }
    if (rc != JEM_OK && rc != JEM_ENOTFOUND)
        return rc;
    if (!serves) {
        rc = cert_make(store, tls, key, now_s, err);
        if (rc != JEM_OK)
            return rc;
    }
    gnutls_datum_t in = { tls->cert_pem.data, (unsigned)tls->cert_pem.len };
    gnutls_x509_crt_t made;
    int native = gnutls_x509_crt_init(&made);
    if (native < 0)
        return tls_fail(native, err);
    native = gnutls_x509_crt_import(made, &in, GNUTLS_X509_FMT_PEM);
    if (native >= 0)
        native = gnutls_x509_crt_get_fingerprint(made, GNUTLS_DIG_SHA256, tls->fingerprint, &n);
    gnutls_x509_crt_deinit(made);
    return native < 0 ? tls_fail(native, err) : JEM_OK;
}

enum jem_code web_tls_load(struct jem_store *store, struct web_tls *tls, struct jem_error *err)
{
    gnutls_x509_privkey_t key;
    gnutls_x509_crt_t cert;
    int native = gnutls_x509_privkey_init(&key);
    if (native < 0)
        return tls_fail(native, err);
    native = gnutls_x509_crt_init(&cert);
    if (native < 0) {
        gnutls_x509_privkey_deinit(key);
        return tls_fail(native, err);
    }
    enum jem_code rc = key_load(store, tls, key, err);
    if (rc == JEM_OK)
        rc = cert_load(store, tls, key, cert, err);
    gnutls_x509_crt_deinit(cert);
    gnutls_x509_privkey_deinit(key);
    return rc;
}

void web_tls_release(struct web_tls *tls)
{
    jem_buf_release(&tls->cert_pem);
    jem_buf_wipe(&tls->key_pem);
    *tls = (struct web_tls){ .count = 0 };
}

void web_tls_hex(const unsigned char fingerprint[32], char out[96])
{
    for (size_t i = 0; i < 32; i++)
        snprintf(out + 3 * i, i < 31 ? 4 : 3, i < 31 ? "%02X:" : "%02X", fingerprint[i]);
}
