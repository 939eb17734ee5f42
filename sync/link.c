/* link.c - libgit2's network part, all of it, and the choice between it and lean.h.
 *
 * What libgit2 1.5 does not say by itself is asked here: git_remote_upload returns 0 for a rejected ref (the callback knows);
 * the credential callback is called again after every refusal (one answer is given, then the login counts as refused); http
 * credentials go out with the first request, which saves the 401 round, so that a 401 after it is a refusal. */
#include "link_parts.h"

#include <errno.h>
#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <git2/cert.h>
#include <git2/credential.h>
#include <git2/remote.h>
#include <git2/sys/stream.h>
#include <git2/version.h>

#include "folder.h"
#include "jemput/codec.h"
#include "jemput/file.h"
#include "jemput/sshsig.h"

#define LINK_AUTHORIZATION_MAX 600
#define LINK_LISTING_MAX ((uint64_t)32 << 20)
#define LINK_SLICE_REF "refs/jemput/slice" /* names the commit that is being pushed */

static int link_stop(struct jem_link *link, enum jem_code code)
{
    link->failed = code;
    return GIT_EUSER;
}

/* ---- connections ---- */

/* Connections of libgit2 are made here, so that they have limits and are counted. libgit2 1.5 hands its ssh transport the
 * socket by reading the stream as its own struct, whose members stand in this order; http and TLS use the calls. */
#if LIBGIT2_VER_MAJOR != 1 || LIBGIT2_VER_MINOR != 5
#error "struct link_stream follows git_socket_stream of libgit2 1.5: compare it with this version"
#endif
struct link_stream {
    git_stream parent;
    char *host, *port;
    struct jem_wire wire; /* begins with the socket */
    struct jem_link *link;
};

static _Thread_local struct jem_link *link_current; /* whose connection libgit2 is about to make */

static int link_stream_fail(const char *what, const char *host)
{
    char words[256];
    snprintf(words, sizeof words, "%s %s: %s", what, host, errno == ENOENT ? "unknown host" : strerror(errno));
    git_error_set_str(GIT_ERROR_NET, words);
    return -1;
}

static int link_stream_connect(git_stream *stream)
{
    struct link_stream *s = (struct link_stream *)stream;
    if (!jem_wire_open(&s->wire, s->host, s->port, s->link->deadline_ms))
        return link_stream_fail("cannot connect to", s->host);
    s->link->wire = &s->wire;
    return 0;
}

static ssize_t link_stream_read(git_stream *stream, void *p, size_t n)
{
    struct link_stream *s = (struct link_stream *)stream;
    ssize_t got = recv(s->wire.fd, p, n, 0);
    s->link->listed += s->link->listing && got > 0 ? (uint64_t)got : 0;
    if (s->link->listing && s->link->listed > LINK_LISTING_MAX) { /* libgit2 would take it all into memory */
        git_error_set_str(GIT_ERROR_NET, "a list of refs without end");
        return -1;
    }
    return got >= 0 ? got : link_stream_fail("reading from", s->host);
}

static ssize_t link_stream_write(git_stream *stream, const char *p, size_t n, int flags)
{
    struct link_stream *s = (struct link_stream *)stream;
    ssize_t put = send(s->wire.fd, p, n, flags | MSG_NOSIGNAL);
    return put >= 0 ? put : link_stream_fail("writing to", s->host);
}

static int link_stream_close(git_stream *stream)
{
    struct link_stream *s = (struct link_stream *)stream;
    uint64_t up, down;
    if (s->wire.fd < 0)
        return 0;
    jem_wire_totals(&s->wire, &up, &down);
    s->link->up += up;
    s->link->down += down;
    s->link->cut = s->link->cut || jem_wire_cut(&s->wire);
    s->link->wire = NULL;
    jem_wire_close(&s->wire);
    return 0;
}

static void link_stream_free(git_stream *stream)
{
    struct link_stream *s = (struct link_stream *)stream;
    link_stream_close(stream);
    free(s->host);
    free(s->port);
    free(s);
}

static int link_stream_new(git_stream **out, const char *host, const char *port)
{
    struct link_stream *s = calloc(1, sizeof *s);
    char *host_copy = strdup(host), *port_copy = strdup(port);
    if (s == NULL || host_copy == NULL || port_copy == NULL) {
        free(s);
        free(host_copy);
        free(port_copy);
        git_error_set_oom();
        return -1;
    }
    *s = (struct link_stream){ .parent = { .version = GIT_STREAM_VERSION,
                                   .connect = link_stream_connect,
                                   .read = link_stream_read,
                                   .write = link_stream_write,
                                   .close = link_stream_close,
                                   .free = link_stream_free },
        .host = host_copy,
        .port = port_copy,
        .wire = { .fd = -1 },
        .link = link_current };
    *out = &s->parent;
    return 0;
}

static void link_register(void)
{
    git_stream_registration plain = { .version = GIT_STREAM_VERSION, .init = link_stream_new };
    git_stream_register(GIT_STREAM_STANDARD, &plain);
}

/* ---- callbacks ---- */

static int link_ssh_credential(git_credential **out, struct jem_link *link, const char *user)
{
    struct jem_buf secret = JEM_BUF_INIT(256), private_text = JEM_BUF_INIT(4096), public_text = JEM_BUF_INIT(512);
    int rc = GIT_EUSER;
    enum jem_code code = jem_store_secret_get(link->store, "ssh.secret", &secret, &link->why);
    if (code == JEM_OK && secret.len != 64)
        code = jem_fail(&link->why, JEM_ECORRUPT, JEM_D_SYNC, 0, JEM_T_HUB_SSH_KEY);
    if (code == JEM_OK)
        code = jem_ssh_private_text(secret.data, "jemput", &private_text, &link->why);
    if (code == JEM_OK)
        code = jem_ssh_public_text(secret.data + 32, "jemput", &public_text, &link->why);
    if (code == JEM_OK && link->asked++ > 0)
        code =
            jem_fail(&link->why, JEM_EDENIED, JEM_D_LINK, 0, JEM_T_HUB_SSH_REFUSED, user, jem_buf_text(&public_text));
    if (code == JEM_OK)
        rc =
            git_credential_ssh_key_memory_new(out, user, jem_buf_text(&public_text), jem_buf_text(&private_text), NULL);
    jem_buf_wipe(&secret);
    jem_buf_wipe(&private_text);
    jem_buf_release(&public_text);
    return code == JEM_OK ? rc : link_stop(link, code);
}

static int link_credentials(git_credential **out, const char *url, const char *user_in_url, unsigned allowed, void *ctx)
{
    struct jem_link *link = ctx;
    const char *user = user_in_url != NULL && user_in_url[0] != '\0' ? user_in_url
                       : link->user[0] != '\0'                       ? link->user
                                                                     : "git";
    (void)url;
    if ((allowed & GIT_CREDENTIAL_USERNAME) != 0)
        return git_credential_username_new(out, user);
    if ((allowed & GIT_CREDENTIAL_SSH_KEY) != 0)
        return link_ssh_credential(out, link, user);
    return link_stop(link, jem_fail(&link->why, JEM_EDENIED, JEM_D_LINK, 0,
                               link->kind == JEM_HUB_SSH ? JEM_T_HUB_SSH_NO_KEY
                               : link->user[0] != '\0'   ? JEM_T_HUB_LOGIN_REFUSED
                                                         : JEM_T_HUB_LOGIN_MISSING,
                               link->url));
}

/* The host key that was seen first is the host key (ssh's own habit). */
static int link_host_key(struct jem_link *link, const git_cert_hostkey *cert)
{
    char key[300], seen[65];
    struct jem_buf pinned = JEM_BUF_INIT(256);
    if ((cert->type & GIT_CERT_SSH_SHA256) == 0)
        return link_stop(link, jem_fail(&link->why, JEM_ECORRUPT, JEM_D_LINK, 0, JEM_T_HUB_HOST_KEY, link->host));
    jem_hex(cert->hash_sha256, 32, seen);
    snprintf(key, sizeof key, "hub.hostkey.%s", link->host);
    enum jem_code code = jem_store_meta_get(link->store, key, &pinned, &link->why);
    if (code == JEM_ENOTFOUND)
        code = jem_store_meta_set(link->store, key, seen, &link->why);
    else if (code == JEM_OK && strcmp(jem_buf_text(&pinned), seen) != 0)
        code = jem_fail(&link->why, JEM_ECORRUPT, JEM_D_LINK, 0, JEM_T_HUB_HOST_KEY, link->host);
    jem_buf_release(&pinned);
    return code == JEM_OK ? 0 : link_stop(link, code);
}

static int link_certificate(git_cert *cert, int valid, const char *host, void *ctx)
{
    struct jem_link *link = ctx;
    if (cert->cert_type == GIT_CERT_HOSTKEY_LIBSSH2)
        return link_host_key(link, (const git_cert_hostkey *)cert);
    if (!valid)
        return link_stop(link, jem_fail(&link->why, JEM_ECORRUPT, JEM_D_LINK, 0, JEM_T_HUB_CERTIFICATE, host));
    return 0;
}

static int link_late(struct jem_link *link)
{
    if (link->deadline_ms == 0 || jem_mono_ms() < link->deadline_ms)
        return 0;
    return link_stop(link, jem_fail(&link->why, JEM_ELINK, JEM_D_LINK, JEM_LINK_LATE, JEM_T_HUB_DEADLINE));
}

static int link_fetched(const git_indexer_progress *stats, void *ctx)
{
    struct jem_link *link = ctx;
    link->fetched = stats->received_bytes;
    return link_late(link);
}

static int link_folder_tell(const git_indexer_progress *stats, void *ctx)
{
    (void)stats;
    return link_late(ctx);
}

static int link_pushed(unsigned current, unsigned total, size_t bytes, void *ctx)
{
    struct jem_link *link = ctx;
    (void)current;
    (void)total;
    (void)bytes;
    return link_late(link);
}

static int link_ref_status(const char *ref, const char *status, void *ctx)
{
    struct jem_link *link = ctx;
    if (status == NULL)
        return 0;
    if (jem_lean_ref_elsewhere(status))
        return link_stop(link,
            jem_fail(&link->why, JEM_ELINK, JEM_D_LINK, JEM_LINK_ELSEWHERE, JEM_T_HUB_SILENT, link->url, status));
    return link_stop(link, jem_fail(&link->why, JEM_EDENIED, JEM_D_LINK, 0, JEM_T_HUB_REF_REFUSED, ref, status));
}

static void link_callbacks(struct jem_link *link, git_remote_callbacks *cb)
{
    cb->credentials = link_credentials;
    cb->certificate_check = link_certificate;
    cb->transfer_progress = link_fetched;
    cb->push_transfer_progress = link_pushed;
    cb->push_update_reference = link_ref_status;
    cb->payload = link;
}

/* ---- errors ---- */

/* What a failure of libgit2's network part means. Its words are the only place where a status of http stands. */
static enum jem_code link_fail(struct jem_link *link, int rc, struct jem_error *err)
{
    const char *words = jem_gitlib_words();
    if (link->failed != JEM_OK) {
        if (err != NULL)
            *err = link->why;
        return link->failed;
    }
    if (link->cut || (link->wire != NULL && jem_wire_cut(link->wire))) {
        if (link_late(link) != 0)
            return jem_fail(err, JEM_ELINK, JEM_D_LINK, JEM_LINK_LATE, JEM_T_HUB_DEADLINE);
        link->silences++;
        return jem_fail(err, JEM_ELINK, JEM_D_LINK, rc, JEM_T_HUB_STALLED, link->url);
    }
    if (jem_gitlib_disk(link->ledger->path))
        return jem_gitlib_fail(err, rc, link->ledger->path);
    if (rc == GIT_EAUTH || strstr(words, "status code: 401") != NULL)
        return jem_fail(err, JEM_EDENIED, JEM_D_LINK, rc, JEM_T_HUB_LOGIN_REFUSED, link->url);
    if (strstr(words, "status code: 403") != NULL)
        return jem_fail(err, JEM_EDENIED, JEM_D_LINK, rc, JEM_T_HUB_FORBIDDEN, link->url);
    if (strstr(words, "status code: 413") != NULL)
        return jem_fail(err, JEM_ELINK, JEM_D_LINK, rc, JEM_T_HUB_TOO_LARGE, link->url);
    if (rc == GIT_ECERTIFICATE)
        return jem_fail(err, JEM_ECORRUPT, JEM_D_LINK, rc, JEM_T_HUB_CERTIFICATE, link->host);
    if (rc == GIT_ENOTFOUND || strstr(words, "status code: 404") != NULL ||
        strstr(words, "could not find repository") != NULL ||
        strstr(words, "does not appear to be a git repository") != NULL)
        return jem_fail(err, JEM_ELINK, JEM_D_LINK, rc, JEM_T_HUB_MISSING, link->url);
    return jem_fail(err, JEM_ELINK, JEM_D_LINK, rc, JEM_T_HUB_SILENT, link->url, words);
}

static void link_start(struct jem_link *link)
{
    link_current = link;
    link->failed = JEM_OK;
    link->cut = false;
    link->fetched = 0;
    git_error_clear();
}

/* ---- life ---- */

/* The login that the store keeps is for the configured hub's server alone: one typed for a single round gets none of it. */
static bool link_is_configured(const struct jem_link *link)
{
    struct jem_buf hub = JEM_BUF_INIT(512);
    char host[256] = "";
    bool same = jem_store_meta_get(link->store, "hub", &hub, NULL) == JEM_OK && !hub.failed;
    if (same) {
        const char *url = jem_buf_text(&hub);
        size_t scheme = strcspn(url, ":");
        jem_hub_url_host(url, host);
        same = strncmp(url, link->url, scheme + 1) == 0 && strcmp(host, link->host) == 0;
    }
    jem_buf_release(&hub);
    return same;
}

/* What the URL did not carry comes from the store; a password belongs to its user, so both come from one place. */
static enum jem_code link_login(struct jem_link *link, struct jem_error *err)
{
    struct jem_buf user = JEM_BUF_INIT(sizeof link->user - 1), password = JEM_BUF_INIT(255);
    enum jem_code code = JEM_OK;
    if (link->user[0] == '\0' && link_is_configured(link) &&
        (code = jem_store_secret_get(link->store, "hub.user", &user, NULL)) == JEM_OK) {
        snprintf(link->user, sizeof link->user, "%s", jem_buf_text(&user));
        code = jem_store_secret_get(link->store, "hub.password", &password, NULL);
        if (code == JEM_OK)
            snprintf(link->password, 256, "%s", jem_buf_text(&password));
    }
    jem_buf_release(&user);
    jem_buf_wipe(&password);
    if (code != JEM_OK && code != JEM_ENOTFOUND)
        return jem_fail(err, code, JEM_D_SYNC, 0, JEM_T_HUB_SECRET);
    if (link->kind != JEM_HUB_HTTP || link->user[0] == '\0')
        return JEM_OK;
    char pair[400];
    link->authorization = sodium_malloc(LINK_AUTHORIZATION_MAX);
    if (link->authorization == NULL)
        return jem_fail_nomem(err);
    int n = snprintf(pair, sizeof pair, "%s:%s", link->user, link->password);
    size_t prefix = (size_t)snprintf(link->authorization, LINK_AUTHORIZATION_MAX, "Authorization: Basic ");
    sodium_bin2base64(link->authorization + prefix, LINK_AUTHORIZATION_MAX - prefix, (const unsigned char *)pair,
        (size_t)n, sodium_base64_VARIANT_ORIGINAL);
    sodium_memzero(pair, sizeof pair);
    return JEM_OK;
}

/* No search of the configuration for other addresses: libgit2 1.5 leaks the match data of each entry that it compares. */
static int link_remote(struct jem_link *link)
{
    git_remote_create_options opts;
    git_remote_create_options_init(&opts, GIT_REMOTE_CREATE_OPTIONS_VERSION);
    opts.repository = link->ledger->repo;
    opts.flags = GIT_REMOTE_CREATE_SKIP_INSTEADOF | GIT_REMOTE_CREATE_SKIP_DEFAULT_FETCHSPEC;
    return git_remote_create_with_opts(&link->remote, link->url, &opts);
}

enum jem_code jem_link_open(struct jem_ledger *ledger, struct jem_store *store, const char *url, struct jem_link **out,
    struct jem_error *err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    struct jem_link *link = calloc(1, sizeof *link);
    if (link == NULL)
        return jem_fail_nomem(err);
    pthread_once(&once, link_register);
    link->ledger = ledger;
    link->store = store;
    link->password = sodium_malloc(256);
    enum jem_code code = JEM_OK;
    if (link->password == NULL)
        code = jem_fail_nomem(err);
    if (code == JEM_OK)
        code = jem_hub_url_split(url, link->url, link->user, link->password, err);
    if (code == JEM_OK) {
        link->kind = jem_hub_url_kind(link->url);
        jem_hub_url_host(link->url, link->host);
        code = link_login(link, err);
    }
    int rc = code == JEM_OK ? link_remote(link) : 0;
    if (rc != 0)
        code = jem_fail(err, JEM_EINVAL, JEM_D_SYNC, rc, JEM_T_HUB_URL);
    if (code == JEM_OK && link->kind == JEM_HUB_HTTP)
        code = jem_lean_open(ledger, link->url, link->authorization, &link->lean, err);
    if (code == JEM_OK)
        *out = link;
    else
        jem_link_free(link);
    return code;
}

void jem_link_free(struct jem_link *link)
{
    if (link == NULL)
        return;
    jem_lean_free(link->lean);
    git_remote_free(link->remote);
    sodium_free(link->password);
    sodium_free(link->authorization);
    free(link->refs);
    free(link->moved);
    free(link);
}

const char *jem_link_url(const struct jem_link *link)
{
    return link->url;
}

void jem_link_deadline(struct jem_link *link, int64_t mono_ms)
{
    link->deadline_ms = mono_ms;
    if (link->lean != NULL)
        jem_lean_deadline(link->lean, mono_ms);
}

void jem_link_bytes(const struct jem_link *link, uint64_t *up, uint64_t *down)
{
    *up = *down = 0;
    if (link->wire != NULL)
        jem_wire_totals(link->wire, up, down);
    else if (link->lean != NULL)
        jem_lean_bytes(link->lean, up, down);
    *up += link->up;
    *down += link->down;
}

unsigned jem_link_silences(const struct jem_link *link)
{
    return link->silences + (link->lean != NULL ? jem_lean_silences(link->lean) : 0);
}

/* ---- refs ---- */

static enum jem_code link_read_refs(struct jem_link *link, struct jem_error *err)
{
    const git_remote_head **heads = NULL;
    size_t count = 0;
    int rc = git_remote_ls(&heads, &count, link->remote);
    if (rc != 0)
        return link_fail(link, rc, err);
    free(link->refs);
    link->ref_count = 0;
    link->refs = calloc(count + 1, sizeof *link->refs);
    if (link->refs == NULL)
        return jem_fail_nomem(err);
    for (size_t i = 0; i < count; i++) {
        if (strlen(heads[i]->name) >= JEM_REF_MAX || strncmp(heads[i]->name, "refs/", 5) != 0)
            continue;
        struct jem_link_ref *ref = &link->refs[link->ref_count++];
        snprintf(ref->name, sizeof ref->name, "%s", heads[i]->name);
        ref->oid = heads[i]->oid;
    }
    return JEM_OK;
}

enum jem_code jem_link_refresh(struct jem_link *link, bool for_push, struct jem_error *err)
{
    git_remote_connect_options opts;
    if (link->lean != NULL) {
        enum jem_code code = jem_link_lean_refresh(link, for_push, err);
        if (code == JEM_OK || !jem_link_lean_over(link))
            return code;
    }
    if (for_push && link->ready)
        return JEM_OK;
    link->ready = false;
    git_remote_connect_options_init(&opts, GIT_REMOTE_CONNECT_OPTIONS_VERSION);
    link_start(link);
    link->asked = 0;
    link_callbacks(link, &opts.callbacks);
    opts.follow_redirects = GIT_REMOTE_REDIRECT_NONE;
    if (link->authorization != NULL)
        opts.custom_headers = (git_strarray){ &link->authorization, 1 };
    git_remote_disconnect(link->remote);
    if (link->kind == JEM_HUB_FOLDER && !jem_path_exists(link->url))
        return jem_fail(err, JEM_ELINK, JEM_D_LINK, 0, JEM_T_HUB_NO_FOLDER, link->url);
    if (link_late(link) != 0)
        return link_fail(link, GIT_EUSER, err);
    link->listed = 0;
    link->listing = true;
    int rc = git_remote_connect_ext(link->remote, for_push ? GIT_DIRECTION_PUSH : GIT_DIRECTION_FETCH, &opts);
    link->listing = false;
    enum jem_code code = rc == 0 ? link_read_refs(link, err) : link_fail(link, rc, err);
    link->ready = code == JEM_OK && for_push && link->kind == JEM_HUB_SSH;
    return code;
}

enum jem_code jem_link_leave(struct jem_link *link, struct jem_error *err)
{
    if (link->lean == NULL)
        return link->kind == JEM_HUB_FOLDER ? JEM_OK : jem_link_refresh(link, true, err);
    jem_lean_leave(link->lean);
    return JEM_OK;
}

const struct jem_link_ref *jem_link_refs(const struct jem_link *link, size_t *count)
{
    *count = link->ref_count;
    return link->refs;
}

const git_oid *jem_link_find(const struct jem_link *link, const char *ref)
{
    for (size_t i = 0; i < link->ref_count; i++)
        if (strcmp(link->refs[i].name, ref) == 0)
            return &link->refs[i].oid;
    return NULL;
}

/* ---- transfers ---- */

static int link_fetch_specs(struct jem_link *link, char **specs, size_t count)
{
    git_fetch_options opts;
    git_strarray list = { specs, count };
    git_fetch_options_init(&opts, GIT_FETCH_OPTIONS_VERSION);
    link_callbacks(link, &opts.callbacks);
    opts.update_fetchhead = 0;
    opts.download_tags = GIT_REMOTE_DOWNLOAD_TAGS_NONE;
    opts.prune = GIT_FETCH_NO_PRUNE;
    opts.follow_redirects = GIT_REMOTE_REDIRECT_NONE;
    if (link->authorization != NULL)
        opts.custom_headers = (git_strarray){ &link->authorization, 1 };
    return git_remote_fetch(link->remote, &list, &opts, NULL);
}

enum jem_code jem_link_fetch(struct jem_link *link, const char *const *specs, size_t count, struct jem_error *err)
{
    if (link->lean != NULL) {
        enum jem_code lean = jem_link_lean_fetch(link, specs, count, err);
        if (lean == JEM_OK || !jem_link_lean_over(link))
            return lean;
        lean = jem_link_refresh(link, false, err);
        if (lean != JEM_OK)
            return lean;
    }
    link->ready = false;
    char **copy = calloc(count + 1, sizeof *copy); /* libgit2 wants them writable */
    bool good = copy != NULL;
    for (size_t i = 0; good && i < count; i++)
        good = (copy[i] = strdup(specs[i])) != NULL;
    enum jem_code code = JEM_OK;
    if (good) {
        link_start(link);
        int rc = link->kind == JEM_HUB_FOLDER ? jem_folder_fetch(link->ledger, link->url, link->refs, link->ref_count,
                                                    specs, count, link_folder_tell, link, &link->fetched)
                                              : link_fetch_specs(link, copy, count);
        code = rc == 0 ? JEM_OK : link_fail(link, rc, err);
        link->down += link->kind == JEM_HUB_FOLDER ? link->fetched : 0;
    } else {
        code = jem_fail_nomem(err);
    }
    for (size_t i = 0; copy != NULL && i < count; i++)
        free(copy[i]);
    free(copy);
    return code;
}

static int link_push_spec(struct jem_link *link, char *spec)
{
    git_push_options opts;
    git_strarray list = { &spec, 1 };
    git_push_options_init(&opts, GIT_PUSH_OPTIONS_VERSION);
    link_callbacks(link, &opts.callbacks);
    opts.pb_parallelism = 1;
    opts.follow_redirects = GIT_REMOTE_REDIRECT_NONE;
    if (link->authorization != NULL)
        opts.custom_headers = (git_strarray){ &link->authorization, 1 };
    return git_remote_upload(link->remote, &list, &opts);
}

/* By libgit2, on a connection that was made for it. */
static enum jem_code link_push(struct jem_link *link, const struct jem_link_flight *flight, struct jem_error *err)
{
    char spec[sizeof LINK_SLICE_REF + JEM_REF_MAX + 2];
    git_reference *slice = NULL;
    link->ready = false;
    snprintf(spec, sizeof spec, "%s:%s", LINK_SLICE_REF, flight->ref);
    int rc = git_reference_create(&slice, link->ledger->repo, LINK_SLICE_REF, &flight->oid, 1, NULL);
    if (rc != 0)
        return jem_gitlib_fail(err, rc, link->ledger->path);
    link_start(link);
    rc = link_push_spec(link, spec);
    enum jem_code code = rc == 0 && link->failed == JEM_OK ? JEM_OK : link_fail(link, rc, err);
    link->up += link->kind == JEM_HUB_FOLDER ? flight->bytes : 0;
    git_reference_delete(slice);
    git_reference_free(slice);
    return code;
}

enum jem_code jem_link_push_begin(struct jem_link *link, const git_oid *oid, const char *ref, uint64_t bytes,
    struct jem_error *err)
{
    struct jem_link_flight *flight = &link->flights[link->flying];
    if (link->lean != NULL) {
        enum jem_code code = jem_link_lean_push_begin(link, oid, ref, err);
        if (code != JEM_OK && !jem_link_lean_over(link))
            return code;
        if (code != JEM_OK)
            code = jem_link_refresh(link, true, err);
        if (code != JEM_OK)
            return code;
    }
    flight->oid = *oid;
    flight->bytes = bytes;
    snprintf(flight->ref, sizeof flight->ref, "%s", ref);
    link->flying++;
    return JEM_OK;
}

enum jem_code jem_link_push_end(struct jem_link *link, struct jem_error *err)
{
    const struct jem_link_flight flight = link->flights[0];
    memmove(link->flights, link->flights + 1, --link->flying * sizeof flight);
    if (link->lean != NULL) {
        enum jem_code code = jem_link_lean_push_end(link, &flight, err);
        if (code == JEM_OK || !jem_link_lean_over(link))
            return code;
        code = jem_link_refresh(link, true, err);
        if (code != JEM_OK)
            return code;
    }
    return link_push(link, &flight, err);
}

void jem_link_push_settle(struct jem_link *link)
{
    while (link->flying > 0)
        if (jem_link_push_end(link, NULL) != JEM_OK)
            link->flying = 0;
}

void jem_link_unnote(struct jem_link_ref *refs, size_t *count, const char *ref)
{
    size_t kept = 0;
    for (size_t i = 0; i < *count; i++)
        if (strcmp(refs[i].name, ref) != 0)
            refs[kept++] = refs[i];
    *count = kept;
}

/* By libgit2, which sends the id that the hub has just advertised as the one that it expects. */
static enum jem_code link_drop_by_push(struct jem_link *link, const char *ref, const git_oid *was,
    struct jem_error *err)
{
    char spec[JEM_REF_MAX + 2];
    enum jem_code code = jem_link_refresh(link, true, err);
    const git_oid *at = code == JEM_OK ? jem_link_find(link, ref) : NULL;
    if (code != JEM_OK || at == NULL)
        return code;
    if (!git_oid_equal(at, was))
        return jem_fail(err, JEM_ELINK, JEM_D_SYNC, 0, JEM_T_HUB_OTHER_HISTORY, ref);
    link->ready = false;
    snprintf(spec, sizeof spec, ":%s", ref);
    link_start(link);
    int rc = link_push_spec(link, spec);
    return rc == 0 && link->failed == JEM_OK ? JEM_OK : link_fail(link, rc, err);
}

static enum jem_code link_drop_in_folder(struct jem_link *link, const char *ref, const git_oid *was,
    struct jem_error *err)
{
    bool denied;
    link_start(link);
    int rc = jem_folder_drop(link->url, ref, was, &denied);
    if (denied)
        return jem_fail(err, JEM_EDENIED, JEM_D_LINK, 0, JEM_T_HUB_REF_REFUSED, ref, "deletion prohibited");
    if (rc == GIT_EMODIFIED)
        return jem_fail(err, JEM_ELINK, JEM_D_SYNC, rc, JEM_T_HUB_OTHER_HISTORY, ref);
    return rc == 0 ? JEM_OK : link_fail(link, rc, err);
}

enum jem_code jem_link_drop(struct jem_link *link, const char *ref, const git_oid *was, struct jem_error *err)
{
    const git_oid expected = *was; /* it may stand in the list that is read anew */
    enum jem_code code = JEM_ELINK;
    if (link->lean != NULL) {
        code = jem_link_lean_drop(link, ref, &expected, err);
        if (code != JEM_OK && !jem_link_lean_over(link))
            return code;
    }
    if (code != JEM_OK && link->kind == JEM_HUB_FOLDER)
        code = link_drop_in_folder(link, ref, &expected, err);
    else if (code != JEM_OK)
        code = link_drop_by_push(link, ref, &expected, err);
    if (code == JEM_OK)
        jem_link_unnote(link->refs, &link->ref_count, ref);
    return code;
}
