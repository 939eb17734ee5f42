/* selftest.c - known answers of the primitives that everything stands on, round trips of the formats, and a scratch
 * store from its making to its audit. Vectors: BLAKE2b of "abc" by its reference implementation, Ed25519 of RFC 8032
 * section 7.1 test 1, X25519 of RFC 7748 section 5.2. */
#include <ftw.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "jemput/care.h"
#include "jemput/file.h"
#include "jemput/region.h"
#include "jemput/sshsig.h"
#include "own.h"

static bool selftest_hex(const unsigned char *p, size_t n, const char *hex)
{
    unsigned char want[64];
    return n <= sizeof want && jem_unhex(hex, strlen(hex), want, n) && memcmp(p, want, n) == 0;
}

static bool selftest_hash(void)
{
    unsigned char hash[32];
    jem_hash("abc", 3, hash);
    return selftest_hex(hash, 32, "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319");
}

static bool selftest_signature(void)
{
    unsigned char seed[32], pk[32], sk[64], sig[64];
    if (!jem_unhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60", 64, seed, 32))
        return false;
    crypto_sign_seed_keypair(pk, sk, seed);
    crypto_sign_detached(sig, NULL, (const unsigned char *)"", 0, sk);
    bool known = selftest_hex(pk, 32, "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a") &&
                 selftest_hex(sig, 64,
                     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a3"
                     "3bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b");
    sig[0] ^= 1;
    bool refused = crypto_sign_verify_detached(sig, (const unsigned char *)"", 0, pk) != 0;
    sodium_memzero(sk, sizeof sk);
    return known && refused;
}

static bool selftest_agreement(void)
{
    unsigned char scalar[32], point[32], out[32];
    if (!jem_unhex("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4", 64, scalar, 32) ||
        !jem_unhex("e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c", 64, point, 32))
        return false;
    return crypto_scalarmult_curve25519(out, scalar, point) == 0 &&
           selftest_hex(out, 32, "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552");
}

static bool selftest_number(void)
{
    char text[JEM_NUMBER_TEXT];
    uint64_t number = jem_number_make(3, UINT64_C(0x123456789a)), back = 0;
    jem_number_format(number, text);
    if (jem_number_parse(text, &back, NULL) != JEM_OK || back != number || jem_number_van(back) != 3)
        return false;
    text[0] = text[0] == '0' ? '1' : '0';
    return jem_number_parse(text, &back, NULL) == JEM_EINVAL;
}

static bool selftest_canonical(void)
{
    static const char want[] = "{\"a\":[1,true,null],\"b\":\"\\u0001\\\"x\"}";
    struct jem_buf out = JEM_BUF_INIT(256);
    json_t *v = json_pack("{s:s,s:[i,b,n]}", "b", "\x01\"x", "a", 1, 1);
    bool same = jem_json_canonical(v, &out, NULL) == JEM_OK && strcmp(jem_buf_text(&out), want) == 0;
    jem_buf_release(&out);
    json_decref(v);
    return same;
}

static bool selftest_regions(void)
{
    struct jem_region region;
    return jem_region_count(JEM_REGION_REGENCY) == 514 && jem_region_find("3203", &region) &&
           region.level == JEM_REGION_REGENCY;
}

static bool selftest_catalog(void)
{
    json_t *root = NULL;
    struct jem_catalog *catalog = NULL;
    bool good = jem_catalog_builtin(&root, NULL) == JEM_OK && jem_catalog_parse(root, &catalog, NULL, NULL) == JEM_OK &&
                jem_catalog_count(catalog) > 0;
    jem_catalog_free(catalog);
    json_decref(root);
    return good;
}

static bool selftest_token(void)
{
    unsigned char pk[32], sk[64], raw[JEM_TOKEN_BYTES], back[JEM_TOKEN_BYTES];
    char text[OWN_QR_CAP];
    struct jem_token token = { .van = 3,
        .number = jem_number_make(3, 99),
        .day = 20000,
        .service_code = 7,
        .documents = 2 };
    struct jem_token read;
    crypto_sign_keypair(pk, sk);
    bool good = jem_token_sign(&token, sk, raw, NULL) == JEM_OK &&
                jem_token_text(raw, "status.example", text, sizeof text, NULL) == JEM_OK &&
                jem_token_parse(text, &read, back, NULL) == JEM_OK && read.number == token.number &&
                jem_token_verify(back, pk, NULL) == JEM_OK;
    back[10] ^= 1;
    good = good && jem_token_verify(back, pk, NULL) == JEM_ECORRUPT;
    sodium_memzero(sk, sizeof sk);
    return good;
}

static bool selftest_sshsig(void)
{
    unsigned char pk[32], sk[64];
    struct jem_buf armor = JEM_BUF_INIT(4096);
    crypto_sign_keypair(pk, sk);
    bool good = jem_sshsig_sign(sk, "tree", 4, &armor, NULL) == JEM_OK &&
                jem_sshsig_verify(jem_buf_text(&armor), armor.len, "tree", 4, pk, NULL) == JEM_OK &&
                jem_sshsig_verify(jem_buf_text(&armor), armor.len, "tred", 4, pk, NULL) != JEM_OK;
    jem_buf_release(&armor);
    sodium_memzero(sk, sizeof sk);
    return good;
}

static bool selftest_segment(void)
{
    unsigned char pk[32], sk[32];
    struct jem_box_key key;
    struct jem_event e = { .id = { 3, 0, 1, 1 },
        .hlc = UINT64_C(1) << 40,
        .wall_ms = INT64_C(1700000000000),
        .clock_source = JEM_CLOCK_NTP,
        .actor = "siti",
        .subject = jem_number_make(3, 5),
        .kind = "application.withdrawn" };
    struct jem_event_list back = { 0 };
    struct jem_buf sealed = JEM_BUF_INIT(JEM_SEGMENT_BYTES_MAX);
    crypto_box_keypair(pk, sk);
    e.body = strdup("{\"reason\":\"uji\"}");
    e.body_len = e.body != NULL ? strlen(e.body) : 0;
    jem_event_seal(&e);
    bool good =
        e.body != NULL && jem_box_key_make(&key, 1, pk, sk, NULL) == JEM_OK &&
        jem_segment_seal(&key, jem_dictionary_shipped(JEM_DICTIONARY_SHIPPED), &e, 1, &sealed, NULL) == JEM_OK &&
        jem_segment_open(&key, NULL, sealed.data, sealed.len, &back, NULL) == JEM_OK && back.count == 1 &&
        memcmp(back.items[0].hash, e.hash, sizeof e.hash) == 0;
    if (good) {
        sealed.data[sealed.len - 1] ^= 1;
        good = jem_segment_open(&key, NULL, sealed.data, sealed.len, &back, NULL) == JEM_ECORRUPT;
    }
    jem_buf_release(&sealed);
    jem_event_list_release(&back);
    jem_event_release(&e);
    sodium_memzero(sk, sizeof sk);
    return good;
}

/* ---- a scratch store ---- */

static int selftest_unlink(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

static bool selftest_open(const char *dir, const char *passphrase)
{
    struct jem_app *app = NULL;
    const struct jem_catalog *catalog = NULL;
    json_t *audit = NULL;
    bool good = jem_app_open(dir, "uji", passphrase, &app, NULL) == JEM_OK &&
                jem_app_catalog(app, &catalog, NULL) == JEM_OK && jem_catalog_version(catalog) == 1 &&
                jem_care_audit(app, true, &audit, NULL) == JEM_OK && jem_json_bool(audit, "views_equal", false);
    json_decref(audit);
    jem_app_close(app);
    return good;
}

static bool selftest_store(void)
{
    const char *base = getenv("TMPDIR");
    char dir[512], passphrase[33], wrong[33];
    unsigned char random[16];
    json_t *made = NULL;
    struct jem_app *app = NULL;
    int n = snprintf(dir, sizeof dir, "%s/jemput-selftest-XXXXXX", base != NULL && *base ? base : "/tmp");
    if (n < 0 || (size_t)n >= sizeof dir || mkdtemp(dir) == NULL)
        return false;
    jem_random(random, sizeof random);
    jem_hex(random, sizeof random, passphrase);
    memcpy(wrong, passphrase, sizeof wrong);
    wrong[0] = wrong[0] == '0' ? '1' : '0';
    struct jem_init in = { .dir = dir,
        .role = JEM_ROLE_HQ,
        .name = "Uji mandiri",
        .user = "uji",
        .passphrase = passphrase };
    bool good = jem_app_init(&in, &made, NULL) == JEM_OK && selftest_open(dir, passphrase) &&
                jem_app_open(dir, "uji", wrong, &app, NULL) == JEM_ELOCKED;
    json_decref(made);
    sodium_memzero(passphrase, sizeof passphrase);
    (void)nftw(dir, selftest_unlink, 16, FTW_DEPTH | FTW_PHYS);
    return good;
}

enum jem_code jem_care_selftest(json_t **out, struct jem_error *err)
{
    static const struct {
        const char *name;
        bool (*run)(void);
    } checks[] = {
        { "hash", selftest_hash },
        { "signature", selftest_signature },
        { "agreement", selftest_agreement },
        { "number", selftest_number },
        { "canonical", selftest_canonical },
        { "regions", selftest_regions },
        { "catalog", selftest_catalog },
        { "token", selftest_token },
        { "sshsig", selftest_sshsig },
        { "segment", selftest_segment },
        { "store", selftest_store },
    };
    bool all = sodium_init() >= 0;
    json_t *list = json_array();
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
        bool good = checks[i].run();
        all = all && good;
        json_array_append_new(list, json_pack("{s:s,s:b}", "name", checks[i].name, "ok", (int)good));
    }
    enum jem_code rc = own_give(json_pack("{s:b,s:o}", "ok", (int)all, "checks", list), out, err);
    return rc == JEM_OK && !all ? jem_fail(err, JEM_ECORRUPT, JEM_D_APP, 0, JEM_T_CARE_SELFTEST) : rc;
}
