// room: base
/* Errors: messages in both languages, one line, whole characters; codes map as DESIGN section 8 says. */
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "jemput/error.h"

static void fills_in_the_language(void **state)
{
    (void)state;
    struct jem_error err;
    jem_lang_set(JEM_LANG_ID);
    assert_int_equal(jem_fail_errno(&err, ENOSPC, "/x/log.db"), JEM_ENOSPC);
    assert_int_equal(err.code, JEM_ENOSPC);
    assert_int_equal(err.native, ENOSPC);
    assert_non_null(strstr(err.msg, "Penyimpanan penuh"));
    assert_non_null(strstr(err.msg, "/x/log.db"));
    jem_lang_set(JEM_LANG_EN);
    assert_int_equal(jem_fail_errno(&err, ENOENT, "/x"), JEM_ENOTFOUND);
    assert_non_null(strstr(err.msg, "was not found"));
    assert_int_equal(jem_fail_errno(&err, EROFS, "/x"), JEM_EDENIED);
    assert_int_equal(jem_fail_errno(&err, EIO, "/x"), JEM_EIO);
    assert_int_equal(jem_fail_errno(NULL, EDQUOT, "/x"), JEM_ENOSPC);
    assert_int_equal(jem_fail_nomem(&err), JEM_ENOMEM);
}

static void an_own_message_can_be_wrapped(void **state)
{
    (void)state;
    struct jem_error err;
    (void)jem_fail(&err, JEM_ENOTFOUND, JEM_D_BASE, 0, JEM_T_BASE_NOT_FOUND, "kunci");
    (void)jem_fail(&err, JEM_ENOTFOUND, JEM_D_BASE, 0, JEM_T_BASE_NOT_FOUND, err.msg);
    assert_non_null(strstr(err.msg, "kunci"));
}

static void stays_one_line_of_whole_characters(void **state)
{
    (void)state;
    struct jem_error err;
    char path[600];
    for (size_t pad = 0; pad < 4; pad++) {
        memset(path, 'a', pad);
        for (size_t i = pad; i + 3 < sizeof path - 1; i += 3)
            memcpy(path + i, "\xE2\x82\xAC", 4); /* a euro sign a time */
        (void)jem_fail(&err, JEM_ENOTFOUND, JEM_D_BASE, 0, JEM_T_BASE_NOT_FOUND, path);
        size_t n = strlen(err.msg);
        assert_true(n < sizeof err.msg);
        assert_memory_equal(err.msg + n - 3, "\xE2\x82\xAC", 3);
    }
    (void)jem_fail(&err, JEM_ENOTFOUND, JEM_D_BASE, 0, JEM_T_BASE_NOT_FOUND, "a\nb\x1b[2J");
    assert_null(strpbrk(err.msg, "\n\x1b"));
}

static void exit_codes_are_the_contract(void **state)
{
    (void)state;
    static const int want[] = { 0, 1, 1, 2, 3, 4, 4, 4, 4, 5, 6, 6, 70, 70 };
    for (int c = JEM_OK; c <= JEM_EINTERNAL; c++) {
        assert_int_equal(jem_exit_of((enum jem_code)c), want[c]);
        for (int d = JEM_OK; d < c; d++)
            assert_string_not_equal(jem_code_name((enum jem_code)c), jem_code_name((enum jem_code)d));
    }
    assert_string_equal(jem_code_name(JEM_EBUSY), "ebusy");
    assert_int_equal(jem_exit_of((enum jem_code)99), 70);
    assert_int_equal(jem_retry_of(JEM_EBUSY), JEM_RETRY_NOW);
    assert_int_equal(jem_retry_of(JEM_ELINK), JEM_RETRY_LATER);
    assert_int_equal(jem_retry_of(JEM_ECORRUPT), JEM_RETRY_NEVER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fills_in_the_language),
        cmocka_unit_test(an_own_message_can_be_wrapped),
        cmocka_unit_test(stays_one_line_of_whole_characters),
        cmocka_unit_test(exit_codes_are_the_contract),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
