#include "search/sizes/sizing_draw.h"

#include <string.h>

#include "support/sizing_spaces.h"
#include "support/test_main.h"

enum { most_decisions = sizing_spaces_most_inputs * FW_STRIPS_MOST };

static int64_t bytes_of(const struct fw_embedding_space *space, const int32_t *choices)
{
    int64_t bytes = 0;
    for (int32_t d = 0; d < space->n_decisions; d++)
        bytes += fw_embedding_space_choice_bytes(space, d, choices[d]);
    return bytes;
}

/* Whether some decision has a dearer choice that fits. */
static bool can_grow(const struct fw_embedding_space *space, const int32_t *choices, int64_t left)
{
    for (int32_t d = 0; d < space->n_decisions; d++) {
        int64_t own = fw_embedding_space_choice_bytes(space, d, choices[d]);
        for (int32_t c = 0; c < fw_embedding_space_choices(space, d); c++) {
            int64_t more = fw_embedding_space_choice_bytes(space, d, c) - own;
            if (more > 0 && more <= left)
                return true;
        }
    }
    return false;
}

START_TEST(test_sizing_draw_uses_most_of_the_budget)
{
    struct fw_rng rng;
    fw_rng_seed(&rng, 7, fw_stream(0, 0, FW_STREAM_TEST));
    for (int k = 0; k < 3000; k++) {
        struct fw_embedding_space *space = sizing_spaces_random(&rng, k % 2, k % 4 > 1);
        int64_t budget = sizing_spaces_budget(&rng, space);
        int32_t choices[most_decisions];
        int32_t again[most_decisions];
        if (fw_sizing_draw(choices, space, budget, 11, k, NULL, NULL) == FW_OK) {
            int64_t bytes = bytes_of(space, choices);
            ck_assert_int_gt(bytes, 0);
            ck_assert_int_le(bytes, budget);
            ck_assert((double)bytes >= .7 * (double)budget || !can_grow(space, choices, budget - bytes));
            ck_ok(fw_sizing_draw(again, space, budget, 11, k, NULL, err));
            ck_assert_mem_eq(choices, again, (size_t)space->n_decisions * sizeof *choices);
        }
        fw_embedding_space_destroy(space);
    }
}
END_TEST

static struct fw_embedding_space *published_space(bool multi)
{
    const struct fw_sized_input inputs[] = {{.name = "user", .n_ids = 6000, .ranked = true},
                                            {.name = "item", .n_ids = 3000, .ranked = true},
                                            {.name = "zip", .n_ids = 900, .ranked = true},
                                            {.name = "age@20", .n_ids = 20},
                                            {.name = "age", .n_ids = 1}};
    struct fw_embedding_space *space = NULL;
    struct fw_embedding_space_options options = {.dim = 16, .multi = multi};
    fw_embedding_grid_published(&options.grid);
    ck_ok(fw_embedding_space_create(&space, inputs, 5, &options, NULL, err));
    return space;
}

START_TEST(test_sizing_draw_differs_by_seed_and_index)
{
    struct fw_embedding_space *space = published_space(_i);
    int64_t budget = fw_embedding_space_full_bytes(space) / 4;
    int32_t choices[3][most_decisions] = {{0}};
    bool used[most_decisions][FW_ROW_STRIPS_MOST * FW_STRIPS_MOST + 1] = {{false}};
    ck_ok(fw_sizing_draw(choices[0], space, budget, 1, 0, NULL, err));
    ck_ok(fw_sizing_draw(choices[1], space, budget, 1, 1, NULL, err));
    ck_ok(fw_sizing_draw(choices[2], space, budget, 2, 0, NULL, err));
    ck_assert_mem_ne(choices[0], choices[1], sizeof choices[0]);
    ck_assert_mem_ne(choices[0], choices[2], sizeof choices[0]);
    for (int k = 0; k < 3000; k++) {
        ck_ok(fw_sizing_draw(choices[0], space, budget, 3, k, NULL, err));
        int64_t bytes = bytes_of(space, choices[0]);
        ck_assert(bytes <= budget && (double)bytes >= .7 * (double)budget); /* small inputs: it is always possible */
        for (int32_t d = 0; d < space->n_decisions; d++)
            used[d][choices[0][d]] = true;
    }
    for (int32_t d = 0; d < space->n_decisions; d++) { /* whatever fits by itself is drawn now and then */
        for (int32_t c = 0; c < fw_embedding_space_choices(space, d); c++)
            ck_assert_int_eq(used[d][c], fw_embedding_space_choice_bytes(space, d, c) <= budget);
    }
    fw_embedding_space_destroy(space);
}
END_TEST

START_TEST(test_sizing_draw_names_the_least_budget)
{
    struct fw_embedding_space *space = published_space(_i);
    int32_t choices[most_decisions];
    struct fw_error error = {0};
    ck_assert_int_eq(fw_sizing_draw(choices, space, 15, 1, 0, NULL, &error), FW_E_ARG); /* the number, 4 wide */
    ck_assert_ptr_nonnull(strstr(error.message, "the least is 16 bytes"));
    ck_ok(fw_sizing_draw(choices, space, 16, 1, 0, NULL, err));
    ck_assert_int_eq(bytes_of(space, choices), 16);
    fw_embedding_space_destroy(space);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("sizing_draw");
    TCase *cases = tcase_create("sizing_draw");
    tcase_add_test(cases, test_sizing_draw_uses_most_of_the_budget);
    tcase_add_loop_test(cases, test_sizing_draw_differs_by_seed_and_index, 0, 2);
    tcase_add_loop_test(cases, test_sizing_draw_names_the_least_budget, 0, 2);
    suite_add_tcase(suite, cases);
    return suite;
}
