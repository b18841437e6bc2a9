#include "support/task_tables.h"

#include <stdlib.h>
#include <string.h>

#include "support/test_main.h"

struct task_table task_table_of(const struct fw_task_synth_options *options)
{
    char *text = NULL;
    char *truth = NULL;
    size_t size = 0;
    ck_ok(fw_task_synth_text(&text, &size, &truth, options, 2, NULL, err));
    struct task_table table = {.grid = grid_of(text), .truth = cJSON_Parse(truth)};
    ck_assert_ptr_nonnull(table.truth);
    ck_assert_int_eq(table.grid.rows, options->rows);
    fw_free(NULL, text);
    fw_free(NULL, truth);
    return table;
}

void task_table_clear(struct task_table *table)
{
    grid_clear(&table->grid);
    cJSON_Delete(table->truth);
}

double task_truth(const struct task_table *table, const char *path)
{
    const cJSON *node = table->truth;
    for (const char *from = path; *from != '\0';) {
        char name[64] = {0};
        size_t length = strcspn(from, ".");
        ck_assert_uint_lt(length, sizeof name);
        memcpy(name, from, length);
        node = cJSON_IsArray(node) ? cJSON_GetArrayItem(node, atoi(name)) : cJSON_GetObjectItem(node, name);
        ck_assert_msg(node != NULL, "the truth has no '%s'", path);
        from += length + (from[length] == '.');
    }
    ck_assert_msg(cJSON_IsNumber(node), "'%s' is no number", path);
    return node->valuedouble;
}

void assert_same_for_any_threads(const struct fw_task_synth_options *options, int64_t whole)
{
    static const int threads[] = {1, 2, 3, 8};
    char *first[2] = {0};
    size_t size = 0;
    for (int i = 0; i < 4; i++) {
        char *other[2] = {0};
        size_t other_size = 0;
        ck_ok(fw_task_synth_text(&other[0], &other_size, &other[1], options, threads[i], NULL, err));
        if (i > 0) {
            ck_assert_uint_eq(size, other_size);
            ck_assert_mem_eq(first[0], other[0], size);
            ck_assert_str_eq(first[1], other[1]);
            fw_free(NULL, other[0]);
            fw_free(NULL, other[1]);
            continue;
        }
        first[0] = other[0];
        first[1] = other[1];
        size = other_size;
    }
    struct fw_task_synth_options changed = *options;
    char *text = NULL;
    size_t changed_size = 0;
    changed.rows = whole;
    ck_ok(fw_task_synth_text(&text, &changed_size, NULL, &changed, 2, NULL, err));
    ck_assert_uint_lt(changed_size, size);
    ck_assert_mem_eq(text, first[0], changed_size);
    fw_free(NULL, text);
    changed.seed++;
    ck_ok(fw_task_synth_text(&text, &changed_size, NULL, &changed, 2, NULL, err));
    ck_assert(changed_size > size || memcmp(text, first[0], changed_size) != 0);
    fw_free(NULL, text);
    fw_free(NULL, first[0]);
    fw_free(NULL, first[1]);
}

void assert_task_option_refused(enum fw_task_synth_kind kind, const char *name, const char *text, const char *says)
{
    struct fw_task_synth_options options;
    struct fw_error error = {0};
    fw_task_synth_options_init(&options, kind);
    enum fw_status status = fw_task_synth_set(&options, name, text, &error);
    if (status == FW_OK) {
        char *table = NULL;
        size_t size = 0;
        options.rows = 10;
        status = fw_task_synth_text(&table, &size, NULL, &options, 1, NULL, &error);
    }
    ck_assert_msg(status == FW_E_ARG, "--%s %s is taken", name, text != NULL ? text : "");
    ck_assert_msg(strstr(error.message, says) != NULL, "%s", error.message);
}
