#include "support/walks.h"

#include <string.h>

#include "core/rng.h"
#include "support/tables.h"
#include "support/test_main.h"

struct fw_interactions *interactions_of(const char *text, int64_t min_user, int64_t min_item)
{
    struct fw_table *table = table_of(text, NULL);
    struct fw_interactions *x = NULL;
    struct fw_interactions_columns columns = {.user = fw_table_find_column(table, "user"),
                                              .item = fw_table_find_column(table, "item"),
                                              .time = -1};
    if (fw_table_find_column(table, "time") >= 0)
        columns.time = fw_table_find_column(table, "time");
    ck_ok(fw_interactions_create(&x, table, &columns, min_user, min_item, NULL, err));
    fw_table_destroy(table);
    return x;
}

struct fw_interactions *walks_create(const struct walks *walks)
{
    struct fw_rng rng;
    struct fw_buffer text;
    int64_t *next = fw_alloc_array(NULL, walks->n_items, sizeof *next);
    ck_assert_ptr_nonnull(next);
    fw_rng_seed(&rng, walks->seed, fw_stream(0, 0, FW_STREAM_TEST));
    for (int64_t i = 0; i < walks->n_items; i++)
        next[i] = i;
    for (int64_t i = walks->n_items - 1; i > 0; i--) {
        int64_t j = (int64_t)fw_rng_below(&rng, (uint64_t)i);
        int64_t other = next[i];
        next[i] = next[j];
        next[j] = other;
    }
    fw_buffer_init(&text, NULL);
    fw_buffer_add_text(&text, "user,item\n");
    for (int64_t u = 0; u < walks->n_users; u++) {
        int64_t item = (int64_t)fw_rng_below(&rng, (uint64_t)walks->n_items);
        for (int64_t i = 0; i < walks->length; i++) {
            double draw = fw_rng_uniform(&rng);
            fw_buffer_addf(&text, "u%d,i%d\n", (int)u, (int)item);
            item = fw_rng_uniform(&rng) < walks->follow ? next[item] : (int64_t)(draw * draw * (double)walks->n_items);
        }
    }
    struct fw_interactions *x = interactions_of(text.data, 1, 1);
    fw_buffer_clear(&text);
    fw_free(NULL, next);
    return x;
}
