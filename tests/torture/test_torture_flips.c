/* Every bit of a small model file flipped, and every length it can be cut to: each is refused, none gives other scores.
 * (Plans, checkpoints and the store have tests of their own kind beside their code.) */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "models/file/model_file.h"
#include "support/scratch.h"
#include "support/test_main.h"
#include "support/torture.h"

enum { most_bytes = 16384, sampled_bits = 8000, sampled_lengths = 1000, sampled_scorings = 6, all_scorings = 200 };

static const char *const models[] = {"lr", "fm", "wdl"};
enum { n_models = sizeof models / sizeof models[0] };

/* A model of the small table in file m.fw. */
static char *make_model(const char *model, size_t *size)
{
    struct torture_run run;
    char arguments[256];
    torture_small_table(scratch_path(NULL));
    snprintf(arguments, sizeof arguments, "train t.csv --label y --model %s%s --no-store --threads 1 --out m.fw", model,
             strcmp(model, "lr") == 0    ? ""
             : strcmp(model, "wdl") == 0 ? " --set epochs=2,dim=4,layers=1,units=4"
                                         : " --set epochs=2,dim=4");
    torture_run(&run, scratch_path(NULL), arguments, NULL);
    ck_assert_msg(run.code == 0, "%s", run.told);
    char *data = torture_read(scratch_path("m.fw"), size);
    ck_assert_ptr_nonnull(data);
    ck_assert_uint_le(*size, most_bytes);
    return data;
}

static bool is_refused(const char *data, size_t size)
{
    struct fw_bundle bundle;
    struct fw_error err = {0};
    enum fw_status status = fw_model_file_parse(&bundle, data, size, "the model", 1, NULL, &err);
    if (status == FW_OK)
        fw_bundle_clear(&bundle);
    return status == FW_E_CORRUPT && err.message[0] != '\0';
}

START_TEST(test_torture_flips_of_a_model)
{
    size_t size = 0;
    double started = fw_clock_seconds();
    char *data = make_model(models[_i], &size);
    char row[128];
    ck_assert(!is_refused(data, size));
    long bits = 8 * (long)size;
    long tried = torture_cases(bits, sampled_bits);
    long failures = 0;
    for (long i = 0; i < tried; i++) {
        long bit = torture_pick(i, tried, bits) - 1;
        data[bit / 8] = (char)(data[bit / 8] ^ (1 << bit % 8));
        failures += !is_refused(data, size);
        data[bit / 8] = (char)(data[bit / 8] ^ (1 << bit % 8));
    }
    snprintf(row, sizeof row, "model %s (%zu bytes): one bit flipped", models[_i], size);
    torture_row(row, tried, bits, failures, started);
    started = fw_clock_seconds();
    tried = torture_cases((long)size, sampled_lengths);
    for (long i = 0; i < tried; i++) {
        /* a copy of this very length, so that a read beyond it is seen by the sanitizer */
        size_t cut = (size_t)(torture_pick(i, tried, (long)size) - 1);
        char *copy = malloc(cut > 0 ? cut : 1);
        ck_assert_ptr_nonnull(copy);
        memcpy(copy, data, cut);
        failures += !is_refused(copy, cut);
        free(copy);
    }
    snprintf(row, sizeof row, "model %s (%zu bytes): cut short", models[_i], size);
    torture_row(row, tried, (long)size, failures, started);
    free(data);
}
END_TEST

/* The same through the program: exit code 4, and nothing on standard output that could be taken for scores. */
START_TEST(test_torture_flips_end_the_program)
{
    size_t size = 0;
    double started = fw_clock_seconds();
    char *data = make_model("fm", &size);
    long tried = torture_cases(all_scorings, sampled_scorings);
    long failures = 0;
    for (long i = 0; i < tried; i++) {
        long bit = torture_pick(i, tried, 8 * (long)size) - 1;
        struct torture_run run;
        data[bit / 8] = (char)(data[bit / 8] ^ (1 << bit % 8));
        FILE *file = fopen(scratch_path("bad.fw"), "wb");
        ck_assert_ptr_nonnull(file);
        ck_assert_uint_eq(fwrite(data, 1, size, file), size);
        fclose(file);
        data[bit / 8] = (char)(data[bit / 8] ^ (1 << bit % 8));
        torture_run(&run, scratch_path(NULL), "predict bad.fw t.csv --out scores.csv", NULL);
        failures += run.code != 4 || strstr(run.told, "bad.fw") == NULL ||
                    torture_count_files(scratch_path(NULL), "scores") > 0;
    }
    torture_row("predict with a model of which one bit is flipped", tried, all_scorings, failures, started);
    free(data);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("torture_flips");
    TCase *cases = tcase_create("torture_flips");
    tcase_set_timeout(cases, 900);
    tcase_add_checked_fixture(cases, scratch_make, scratch_remove);
    tcase_add_loop_test(cases, test_torture_flips_of_a_model, 0, n_models);
    tcase_add_test(cases, test_torture_flips_end_the_program);
    suite_add_tcase(suite, cases);
    return suite;
}
