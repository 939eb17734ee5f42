/* numbers.c - growing and sorting. */
#include "numbers.h"

#include <stdlib.h>

enum jem_code own_numbers_add(struct own_numbers *numbers, int64_t n, struct jem_error *err)
{
    if (numbers->count == numbers->cap) {
        size_t cap = numbers->cap == 0 ? 64 : numbers->cap * 2;
        int64_t *more = realloc(numbers->items, cap * sizeof *more);
        if (more == NULL)
            return jem_fail_nomem(err);
        numbers->items = more;
        numbers->cap = cap;
    }
    numbers->items[numbers->count++] = n;
    return JEM_OK;
}

static int by_value(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

json_t *own_quantile(int64_t *values, size_t n, unsigned percent)
{
    if (n == 0)
        return json_null();
    qsort(values, n, sizeof *values, by_value);
    size_t rank = (n * percent + 99) / 100;
    return json_integer((json_int_t)values[rank > 0 ? rank - 1 : 0]);
}
