// room: web
/* test_site_limit.c - how much one address may ask of the status site. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "prop.h"
#include "site_limit.h"
#include "unit.h"

#define KEY SITE_LIMIT_KEY_BYTES

static struct site_limit limit;

static void key_of(const char *text, unsigned char out[KEY])
{
    assert_true(site_limit_key_text(text, out));
}

static void a_full_bucket_then_the_rate(void **state)
{
    unsigned char key[KEY];
    (void)state;
    site_limit_init(&limit);
    key_of("203.0.113.7", key);
    for (int i = 0; i < SITE_LIMIT_BURST; i++)
        assert_int_equal(site_limit_ask(&limit, key, 1000), 0);
    assert_int_equal(site_limit_ask(&limit, key, 1000), SITE_LIMIT_MISS / SITE_LIMIT_PER_S);
    for (int i = 0; i < SITE_LIMIT_PER_S; i++)
        assert_int_equal(site_limit_ask(&limit, key, 2000), 0);
    assert_int_not_equal(site_limit_ask(&limit, key, 2000), 0);
    /* A clock that stands or goes back gives nothing away. */
    assert_int_not_equal(site_limit_ask(&limit, key, 0), 0);
    assert_int_not_equal(site_limit_ask(&limit, key, INT64_MIN / 2), 0);
}

static void guessing_ends_after_thirty(void **state)
{
    unsigned char key[KEY];
    (void)state;
    site_limit_init(&limit);
    key_of("2001:db8:1:2::5", key);
    int guesses = 0;
    for (; site_limit_ask(&limit, key, 5) == 0; guesses++)
        site_limit_miss(&limit, key, 5);
    assert_int_equal(guesses, SITE_LIMIT_BURST / SITE_LIMIT_MISS);
    unsigned wait = site_limit_ask(&limit, key, 5);
    assert_int_equal(wait, 4);
    /* What Retry-After said is true: then there is room for one more guess, and only one. */
    int64_t later = 5 + (int64_t)wait * 1000;
    assert_int_equal(site_limit_ask(&limit, key, later), 0);
    site_limit_miss(&limit, key, later);
    assert_int_not_equal(site_limit_ask(&limit, key, later), 0);
}

/* Over any stretch of time an address gets at most a full bucket and what came back since; time that ends gives a full
 * bucket again, not more. */
static void never_more_than_bucket_and_rate(void **state)
{
    struct prop g = prop_start("site_limit");
    unsigned char key[KEY];
    (void)state;
    key_of("198.51.100.1", key);
    for (size_t round = prop_rounds(200); round > 0; round--) {
        site_limit_init(&limit);
        int64_t start = (int64_t)prop_below(&g, 1u << 30), now = start, spent = 0;
        for (int i = 0; i < 3000; i++) {
            now += (int64_t)prop_below(&g, prop_below(&g, 10) == 0 ? 2000 : 40);
            if (site_limit_ask(&limit, key, now) != 0)
                continue;
            spent += 1;
            if (prop_below(&g, 8) == 0) {
                site_limit_miss(&limit, key, now);
                spent += SITE_LIMIT_MISS - 1;
            }
            /* The last one may have gone into debt by less than a miss. */
            int64_t most = SITE_LIMIT_BURST + (now - start) * SITE_LIMIT_PER_S / 1000 + SITE_LIMIT_MISS;
            assert_true(spent <= most);
        }
        int again = 0;
        for (now += 3600 * 1000; site_limit_ask(&limit, key, now) == 0; again++)
            ;
        assert_int_equal(again, SITE_LIMIT_BURST);
    }
}

/* One held back does not hold others back, and is not forgotten because others come. */
static void addresses_stand_apart(void **state)
{
    unsigned char key[KEY], other[KEY];
    char text[32];
    (void)state;
    site_limit_init(&limit);
    key_of("203.0.113.7", key);
    while (site_limit_ask(&limit, key, 9) == 0)
        site_limit_miss(&limit, key, 9);
    for (unsigned i = 0; i < 20000; i++) {
        snprintf(text, sizeof text, "10.%u.%u.%u", i >> 16, i >> 8 & 255, i & 255);
        key_of(text, other);
        assert_int_equal(site_limit_ask(&limit, other, 9), 0);
    }
    assert_int_not_equal(site_limit_ask(&limit, key, 9), 0);
}

static void keys_of_addresses(void **state)
{
    unsigned char a[KEY], b[KEY];
    struct sockaddr_in four = { .sin_family = AF_INET, .sin_port = htons(4711) };
    struct sockaddr_in6 six = { .sin6_family = AF_INET6, .sin6_port = htons(4712) };
    (void)state;
    assert_int_equal(inet_pton(AF_INET, "203.0.113.7", &four.sin_addr), 1);
    site_limit_key((struct sockaddr *)&four, a);
    key_of("203.0.113.7", b);
    assert_memory_equal(a, b, KEY);
    assert_int_equal(inet_pton(AF_INET6, "::ffff:203.0.113.7", &six.sin6_addr), 1);
    site_limit_key((struct sockaddr *)&six, a);
    assert_memory_equal(a, b, KEY);
    assert_int_equal(inet_pton(AF_INET6, "2001:db8:1:2:ffff::9", &six.sin6_addr), 1);
    site_limit_key((struct sockaddr *)&six, a);
    key_of("2001:db8:1:2::1", b);
    assert_memory_equal(a, b, KEY);
    key_of("2001:db8:1:3::1", b);
    assert_memory_not_equal(a, b, KEY);
    key_of("203.0.113.8", b);
    site_limit_key((struct sockaddr *)&four, a);
    assert_memory_not_equal(a, b, KEY);
    assert_false(site_limit_key_text("unknown", a));
    assert_false(site_limit_key_text("203.0.113.7:80", a));
    assert_false(site_limit_key_text("", a));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_full_bucket_then_the_rate),
        cmocka_unit_test(guessing_ends_after_thirty),
        cmocka_unit_test(never_more_than_bucket_and_rate),
        cmocka_unit_test(addresses_stand_apart),
        cmocka_unit_test(keys_of_addresses),
    };
    return cmocka_run_group_tests_name("site_limit", tests, NULL, NULL);
}
