/* hub_url.c - where a hub is, apart from who may enter. Forms: a folder, file://PATH, http(s)://[user[:password]@]host[:port]/path,
 * ssh://[user@]host[:port]/path, [user@]host:path. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "hub_url.h"
#include "jemput/codec.h"
#include "jemput/file.h"

/* Copies n bytes with %XX decoded. False when it does not fit or is malformed. */
static bool url_unescape(const char *p, size_t n, char *out, size_t cap)
{
    size_t len = 0;
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)p[i];
        if (c == '%') {
            if (i + 2 >= n || !isxdigit((unsigned char)p[i + 1]) || !isxdigit((unsigned char)p[i + 2]) ||
                !jem_unhex(p + i + 1, 2, &c, 1) || c == 0)
                return false;
            i += 2;
        }
        if (len + 1 >= cap)
            return false;
        out[len++] = (char)c;
    }
    out[len] = '\0';
    return true;
}

enum jem_hub_kind jem_hub_url_kind(const char *url)
{
    if (strncmp(url, "http://", 7) == 0 || strncmp(url, "https://", 8) == 0)
        return JEM_HUB_HTTP;
    if (strncmp(url, "ssh://", 6) == 0)
        return JEM_HUB_SSH;
    if (strncmp(url, "file://", 7) == 0)
        return JEM_HUB_FOLDER;
    if (strstr(url, "://") != NULL || url[0] == '\0' || url[0] == '-')
        return JEM_HUB_UNKNOWN;
    const char *colon = strchr(url, ':'), *slash = strchr(url, '/');
    if (colon != NULL && colon > url && colon[1] != '\0' && (slash == NULL || colon < slash) && !jem_path_exists(url))
        return JEM_HUB_SSH;
    return JEM_HUB_FOLDER;
}

void jem_hub_url_host(const char *url, char host[256])
{
    const char *at = strstr(url, "://"), *p = at != NULL ? at + 3 : url;
    size_t n = at != NULL ? strcspn(p, "/") : strcspn(p, ":");
    const char *user = memchr(p, '@', n);
    if (user != NULL) {
        n -= (size_t)(user + 1 - p);
        p = user + 1;
    }
    snprintf(host, 256, "%.*s", (int)(n > 255 ? 255 : n), p);
}

static enum jem_code url_folder(const char *url, char clean[512], struct jem_error *err)
{
    char cwd[512];
    int n;
    const char *path = strncmp(url, "file://", 7) == 0 ? url + 7 : url;
    if (path[0] == '/')
        n = snprintf(clean, 512, "%s", path);
    else if (path == url && getcwd(cwd, sizeof cwd) != NULL)
        n = snprintf(clean, 512, "%s/%s", cwd, path);
    else
        n = 512;
    return n < 512 ? JEM_OK : jem_fail(err, JEM_EINVAL, JEM_D_SYNC, 0, JEM_T_HUB_URL);
}

enum jem_code jem_hub_url_split(const char *url, char clean[512], char user[128], char password[256],
    struct jem_error *err)
{
    clean[0] = user[0] = password[0] = '\0';
    enum jem_hub_kind kind = jem_hub_url_kind(url);
    for (const char *p = url; *p != '\0'; p++)
        if ((unsigned char)*p < 0x20 || *p == 0x7f)
            kind = JEM_HUB_UNKNOWN;
    if (kind == JEM_HUB_UNKNOWN || strlen(url) >= 512)
        return jem_fail(err, JEM_EINVAL, JEM_D_SYNC, 0, JEM_T_HUB_URL);
    if (kind == JEM_HUB_FOLDER)
        return url_folder(url, clean, err);
    const char *scheme = strstr(url, "://"), *p = scheme != NULL ? scheme + 3 : url;
    size_t n = scheme != NULL ? strcspn(p, "/") : strcspn(p, ":");
    const char *at = memrchr(p, '@', n);
    bool good = p[n] != '\0' && n > (at != NULL ? (size_t)(at + 1 - p) : 0);
    if (at != NULL) {
        const char *colon = scheme != NULL ? memchr(p, ':', (size_t)(at - p)) : NULL;
        good = good && url_unescape(p, (size_t)((colon != NULL ? colon : at) - p), user, 128) &&
               (colon == NULL || url_unescape(colon + 1, (size_t)(at - colon - 1), password, 256));
    }
    if (!good || (kind == JEM_HUB_SSH && password[0] != '\0') || (kind == JEM_HUB_SSH && at == p)) {
        memset(password, 0, 256);
        return jem_fail(err, JEM_EINVAL, JEM_D_SYNC, 0, JEM_T_HUB_URL);
    }
    if (kind == JEM_HUB_SSH || at == NULL) /* the user of an ssh URL is an address, not a secret */
        snprintf(clean, 512, "%s", url);
    else
        snprintf(clean, 512, "%.*s%s", (int)(p - url), url, at + 1);
    return JEM_OK;
}
