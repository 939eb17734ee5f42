// room: store
/* The print queue: one job a number that may still become paper, moves only from where a job stands, and stores that were
 * made before there was a queue. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "db.h"
#include "jemput/print_queue.h"
#include "prop.h"
#include "store_kit.h"

static struct jem_error err;

static struct jem_print_job job_of(uint64_t number)
{
    return (struct jem_print_job){ .number = number,
        .format = "escpos",
        .width_mm = 58,
        .printer = "usb:1-2/A",
        .officer = "siti" };
}

static void a_store_of_before_gets_the_queue(void **state)
{
    (void)state;
    static const char drop[] = "DROP TABLE print_job; DROP TABLE prepared; DROP TABLE tray_page; DROP TABLE refused";
    struct kit kit;
    struct jem_store *again = NULL;
    struct jem_print_job job = job_of(5), got;
    kit_open(&kit, JEM_ROLE_VAN, 7);
    uint64_t number = kit_submit(&kit, "kia", "3203014507900001", "Siti");
    assert_int_equal(jem_db_exec(kit.store, drop, sizeof drop - 1, &err), JEM_OK);
    assert_int_equal(jem_store_meta_set(kit.store, "local", "2", &err), JEM_OK);
    assert_int_not_equal(jem_store_job_add(kit.store, &job, &err), JEM_OK);
    jem_store_close(kit.store);
    kit.store = NULL;
    assert_int_equal(jem_store_open(kit.dir, "siti", KIT_PASSPHRASE, &kit.clock, &kit.store, &err), JEM_OK);
    assert_int_equal(jem_store_dup(kit.store, &again, &err), JEM_OK); /* once is enough */
    job.number = number;
    assert_int_equal(jem_store_job_add(again, &job, &err), JEM_OK);
    assert_int_equal(jem_store_job(kit.store, job.id, &got, &err), JEM_OK);
    assert_int_equal(got.number, number);
    assert_string_equal(got.printer, "usb:1-2/A");
    jem_store_close(again);
    kit_close(&kit);
}

static void a_number_has_one_job_at_a_time(void **state)
{
    (void)state;
    struct kit kit;
    struct jem_print_job first = job_of(9), second = job_of(9), other = job_of(10);
    const unsigned any = ~0u;
    kit_open(&kit, JEM_ROLE_VAN, 7);
    assert_int_equal(jem_store_job_add(kit.store, &first, &err), JEM_OK);
    assert_int_equal(jem_store_job_add(kit.store, &second, &err), JEM_EEXISTS);
    assert_int_equal(second.id, first.id);
    assert_int_equal(jem_store_job_add(kit.store, &other, &err), JEM_OK);
    first.state = JEM_JOB_FAILED;
    assert_int_equal(jem_store_job_put(kit.store, &first, JEM_JOB_BIT(JEM_JOB_PRINTING), &err),
        JEM_EBUSY); /* it is queued */
    assert_int_equal(jem_store_job_put(kit.store, &first, JEM_JOB_BIT(JEM_JOB_QUEUED), &err), JEM_OK);
    assert_int_equal(jem_store_job_add(kit.store, &second, &err), JEM_OK);
    first.state = JEM_JOB_PRINTING;
    assert_int_equal(jem_store_job_put(kit.store, &first, any, &err), JEM_EEXISTS); /* the second stands for it */
    first.id = 12345;
    first.state = JEM_JOB_PRINTED;
    assert_int_equal(jem_store_job_put(kit.store, &first, any, &err), JEM_EBUSY);
    assert_int_equal(jem_store_job(kit.store, 12345, &first, &err), JEM_ENOTFOUND);
    kit_close(&kit);
}

/* Against a model: random moves of random jobs by two handles. */
static void moves_follow_the_model(void **state)
{
    (void)state;
    enum { JOBS = 40, NUMBERS = 5 };
    struct prop g = prop_start("print queue");
    struct kit kit;
    struct jem_store *other = NULL;
    enum jem_job_state model[JOBS + 1] = { JEM_JOB_UNSET };
    uint64_t number_of[JOBS + 1] = { 0 };
    int64_t made = 0;
    const unsigned open = JEM_JOB_BIT(JEM_JOB_QUEUED) | JEM_JOB_BIT(JEM_JOB_PRINTING) | JEM_JOB_BIT(JEM_JOB_UNKNOWN);
    kit_open(&kit, JEM_ROLE_VAN, 7);
    assert_int_equal(jem_store_dup(kit.store, &other, &err), JEM_OK);
    for (size_t round = 0; round < prop_rounds(400); round++) {
        struct jem_store *store = prop_below(&g, 2) ? other : kit.store;
        uint64_t number = 1 + prop_below(&g, NUMBERS);
        int64_t id = made > 0 ? 1 + (int64_t)prop_below(&g, (uint64_t)made) : 0, holder = 0;
        for (int64_t i = 1; i <= made; i++)
            if (JEM_JOB_BIT(model[i]) & open && number_of[i] == (id > 0 && round % 3 ? number_of[id] : number))
                holder = i;
        if (round % 3 == 0 && made < JOBS) {
            struct jem_print_job job = job_of(number);
            enum jem_code rc = jem_store_job_add(store, &job, &err);
            assert_int_equal(rc, holder ? JEM_EEXISTS : JEM_OK);
            assert_int_equal(job.id, holder ? holder : made + 1);
            if (rc == JEM_OK) {
                made++;
                model[made] = JEM_JOB_QUEUED;
                number_of[made] = number;
            }
        } else if (round % 3 != 0 && id > 0) {
            struct jem_print_job job;
            unsigned from = (unsigned)prop_below(&g, 128);
            assert_int_equal(jem_store_job(store, id, &job, &err), JEM_OK);
            assert_int_equal(job.state, model[id]);
            job.state = (enum jem_job_state)(1 + prop_below(&g, 6));
            job.cut = prop_below(&g, 2);
            bool taken = JEM_JOB_BIT(job.state) & open && holder && holder != id;
            enum jem_code rc = jem_store_job_put(store, &job, from, &err);
            assert_int_equal(rc, taken ? JEM_EEXISTS : JEM_JOB_BIT(model[id]) & from ? JEM_OK : JEM_EBUSY);
            if (rc == JEM_OK)
                model[id] = job.state;
        }
    }
    struct jem_print_job *jobs = NULL;
    size_t count = 0, expected = 0;
    for (int64_t i = 1; i <= made; i++)
        expected += (JEM_JOB_BIT(model[i]) & open) != 0;
    assert_int_equal(jem_store_jobs(kit.store, 0, open, 100, &jobs, &count, &err), JEM_OK);
    assert_int_equal(count, expected);
    free(jobs);
    jem_store_close(other);
    kit_close(&kit);
}

static void the_last_job_says_whether_it_was_cut(void **state)
{
    (void)state;
    struct kit kit;
    struct jem_print_job job = job_of(3);
    bool cut = true;
    kit_open(&kit, JEM_ROLE_VAN, 7);
    assert_int_equal(jem_store_job_cut(kit.store, "usb:1-2/A", &cut, &err), JEM_OK);
    assert_false(cut);
    assert_int_equal(jem_store_job_add(kit.store, &job, &err), JEM_OK);
    job.state = JEM_JOB_FAILED;
    job.cut = true;
    assert_int_equal(jem_store_job_put(kit.store, &job, ~0u, &err), JEM_OK);
    assert_int_equal(jem_store_job_cut(kit.store, "usb:1-2/A", &cut, &err), JEM_OK);
    assert_true(cut);
    assert_int_equal(jem_store_job_cut(kit.store, "usb:1-3/B", &cut, &err), JEM_OK);
    assert_false(cut);
    kit_close(&kit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_store_of_before_gets_the_queue),
        cmocka_unit_test(a_number_has_one_job_at_a_time),
        cmocka_unit_test(moves_follow_the_model),
        cmocka_unit_test(the_last_job_says_whether_it_was_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
