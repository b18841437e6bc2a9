/* `fieldwise embed` as a user runs it: from table to a model within a budget, ways to search, wrong input, interrupts.
 */
#include <cjson/cJSON.h>
#include <math.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "models/file/model_file.h"
#include "support/program.h"
#include "support/scratch.h"
#include "support/store_samples.h"
#include "support/test_main.h"

/* A search that takes a moment: what it finds does not matter here. */
#define SHORT " --set epochs=2,units=8 --warm-passes 1 --passes 1 --threads 1 --quiet "
#define EMBED "embed t.csv --label y" SHORT

static void in_scratch(void)
{
    scratch_make();
    ck_assert_int_eq(chdir(scratch_path(NULL)), 0);
    program_expect(0, NULL, "synth sizes --rows 4000 --cardinality 60 --seed 3 --out t.csv");
}

static void out_of_scratch(void)
{
    ck_assert_int_eq(chdir("/"), 0);
    scratch_remove();
}

/* The JSON that a command prints; the caller deletes it. */
static cJSON *json_of(const char *arguments)
{
    struct program_run run = program_run(FIELDWISE_PROGRAM, "%s", arguments);
    ck_assert_msg(run.code == 0, "'%s' ended with %d: %s", arguments, run.code, run.told);
    cJSON *json = cJSON_Parse(run.out);
    ck_assert_ptr_nonnull(json);
    program_run_clear(&run);
    return json;
}

static double number(const cJSON *json, const char *name)
{
    const cJSON *member = cJSON_GetObjectItem(json, name);
    ck_assert_msg(cJSON_IsNumber(member), "'%s' is no number", name);
    return member->valuedouble;
}

static struct fw_plan *plan_of(const char *path)
{
    struct fw_plan *plan;
    ck_ok(fw_plan_load(&plan, path, NULL, err));
    ck_assert_ptr_nonnull(plan->sizes);
    return plan;
}

static void ck_same_files(const char *a, const char *b)
{
    struct program_run run = program_run("cmp", "%s %s", a, b);
    ck_assert_msg(run.code == 0, "%s", run.out);
    program_run_clear(&run);
}

/* Bytes of the arrays that embeddings are made of, as they are in a model file. */
static int64_t embedding_bytes(const char *path)
{
    struct fw_bundle bundle;
    struct fw_parameter p;
    int64_t bytes = 0;
    ck_ok(fw_model_file_load(&bundle, path, 1, NULL, err));
    for (int64_t i = 0; bundle.model->vtable->parameter(bundle.model->self, i, &p); i++) {
        if (strncmp(p.name, "embedding", strlen("embedding")) == 0)
            bytes += 4 * p.rows * p.width;
    }
    ck_assert_int_eq(bytes, (int64_t)bundle.model->footprint.embeddings);
    fw_bundle_clear(&bundle);
    return bytes;
}

/* ---- from table to model ---- */

START_TEST(test_cmd_embed_from_table_to_model_within_the_budget)
{
    char arguments[512];
    program_expect(0, "next: fieldwise train t.csv --plan p.json --model deepfm --set epochs=2,units=8",
                   EMBED "--memory 10% --plan p.json");
    struct fw_plan *plan = plan_of("p.json");
    int64_t memory = plan->sizing.memory;
    ck_assert_int_gt(memory, 0);
    ck_assert_str_eq(plan->sizing.model, "deepfm");
    ck_assert_str_eq(plan->sizing.metric, "auc");
    ck_assert_int_le(fw_embedding_sizes_bytes(plan->sizes), memory);
    fw_plan_destroy(plan);
    program_expect(0, " embeddings), ",
                   "train t.csv --plan p.json --model deepfm --set epochs=2 --set units=8 --no-store --out m.fw");
    ck_assert_int_gt(embedding_bytes("m.fw"), 0);
    ck_assert_int_le(embedding_bytes("m.fw"), memory);
    program_expect(0, "auc", "evaluate m.fw t.csv");
    program_expect(0, "score", "predict m.fw t.csv --quiet");
    program_expect(0, "embed-1", "trials list");
    snprintf(arguments, sizeof arguments, EMBED "--memory %lld --plan again.json --no-store", (long long)memory);
    program_expect(0, NULL, arguments);
    plan = plan_of("again.json");
    ck_assert_int_eq(plan->sizing.memory, memory);
    fw_plan_destroy(plan);
}
END_TEST

START_TEST(test_cmd_embed_sized_plans_train_other_models)
{
    program_expect(0, NULL, EMBED "--memory 10% --plan p.json --no-store");
    program_expect(0, "lr has no embeddings: the plan's sizes are not used; they are for deepfm",
                   "train t.csv --plan p.json --model lr --no-store --out l.fw");
    program_expect(0, "auc", "train t.csv --plan p.json --model dcn --set epochs=1,units=8 --no-store --out d.fw");
    struct fw_plan *plan = plan_of("p.json");
    ck_assert_int_eq(embedding_bytes("d.fw"), fw_embedding_sizes_bytes(plan->sizes));
    fw_plan_destroy(plan);
    ck_assert_int_eq(embedding_bytes("l.fw"), 0);
    program_expect(2, "model 'ffm' does not have one embedding an input",
                   "train t.csv --plan p.json --model ffm --no-store --out f.fw");
    program_expect(2, "sized for dim=16, not dim=4",
                   "train t.csv --plan p.json --model fm --set dim=4 --no-store --out f.fw");
}
END_TEST

START_TEST(test_cmd_embed_the_same_command_again_trains_nothing)
{
    program_expect(0, NULL, EMBED "--memory 10% --plan p.json");
    int64_t trials = sample_sql("fieldwise.db", "SELECT count(*) FROM trials");
    program_expect(0, ", known",
                   "embed t.csv --label y --set epochs=2,units=8 --warm-passes 1 --passes 1 --threads 1 "
                   "--memory 10% --plan q.json");
    ck_assert_int_eq(sample_sql("fieldwise.db", "SELECT count(*) FROM trials"), trials);
    ck_assert_int_eq(sample_sql("fieldwise.db", "SELECT count(*) FROM studies"), 1);
    ck_same_files("p.json", "q.json");
    program_expect(0, NULL, EMBED "--memory 20% --plan r.json"); /* joins the study */
    ck_assert_int_gt(sample_sql("fieldwise.db", "SELECT count(*) FROM trials"), trials);
    ck_assert_int_eq(sample_sql("fieldwise.db", "SELECT count(*) FROM studies"), 1);
}
END_TEST

START_TEST(test_cmd_embed_plans_do_not_depend_on_threads)
{
    const char *command = "embed t.csv --label y --set epochs=2,units=8 --warm-passes 1 --passes 1 --quiet --no-store "
                          "--memory 10%% --multi --threads %d --plan %d.json";
    for (int threads = 1; threads <= 3; threads += 2) {
        char arguments[512];
        snprintf(arguments, sizeof arguments, command, threads, threads);
        program_expect(0, NULL, arguments);
    }
    ck_same_files("1.json", "3.json");
}
END_TEST

/* ---- ways to search ---- */

START_TEST(test_cmd_embed_ways_to_search)
{
    static const char *const ways[] = {
        "--multi",
        "--projected",
        "--multi --projected",
        "--controller plain",
        "--async",
        "--grid fine",
        "--rows 1,1 --columns 1,3",
        "--metric logloss",
        "--test",
        "--model fm --set dim=4",
        "--method uniform,mde",
    };
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        char arguments[512];
        bool is_fm = strstr(ways[i], "fm") != NULL;
        snprintf(arguments, sizeof arguments,
                 "embed t.csv --label y --set epochs=2 %s --warm-passes 1 --passes 1 "
                 "--threads 1 --quiet --no-store --memory 4KB --plan p.json %s",
                 is_fm ? "" : "--set units=8", ways[i]);
        remove("p.json");
        program_expect(0, "wrote p.json", arguments);
        struct fw_plan *plan = plan_of("p.json");
        int64_t bytes = fw_embedding_sizes_bytes(plan->sizes);
        ck_assert_msg(bytes > 0 && bytes <= 4096, "%s: %lld bytes", ways[i], (long long)bytes);
        for (int32_t k = 0; k < plan->sizes->n; k++) {
            const struct fw_embedding_size *size = &plan->sizes->items[k];
            bool full = fw_embedding_size_width(size) == plan->sizes->dim; /* has no need to be mapped */
            bool projected = strstr(ways[i], "--projected") != NULL;
            ck_assert(projected ? size->projected || full || size->n_strips == 0 : !size->projected);
        }
        fw_plan_destroy(plan);
    }
}
END_TEST

/* The entry of a list with this method and budget; NULL: none. */
static const cJSON *trial_of(const cJSON *trials, const char *method, double memory)
{
    const cJSON *trial;
    cJSON_ArrayForEach(trial, trials)
    {
        const cJSON *own = cJSON_GetObjectItem(trial, "memory");
        double budget = cJSON_IsNumber(own) ? own->valuedouble : 0;
        if (strcmp(cJSON_GetObjectItem(trial, "method")->valuestring, method) == 0 && (memory < 0 || budget == memory))
            return trial;
    }
    return NULL;
}

static void ck_trial(const cJSON *trial, double full)
{
    const cJSON *input;
    double sum = 0;
    const cJSON *memory = cJSON_GetObjectItem(trial, "memory");
    double limit = cJSON_IsNumber(memory) ? memory->valuedouble : full;
    ck_assert_double_le(number(trial, "bytes"), limit);
    ck_assert(number(trial, "quality") > 0 && number(trial, "quality") <= 1);
    ck_assert(cJSON_IsBool(cJSON_GetObjectItem(trial, "front")));
    ck_assert(cJSON_IsNull(cJSON_GetObjectItem(trial, "failure")));
    ck_assert(number(trial, "search_seconds") >= 0 && number(trial, "fit_seconds") >= 0);
    cJSON_ArrayForEach(input, cJSON_GetObjectItem(trial, "inputs"))
    {
        ck_assert_double_le(number(input, "ids"), number(input, "of"));
        ck_assert(number(input, "coverage") >= 0 && number(input, "coverage") <= 1);
        ck_assert(cJSON_IsArray(cJSON_GetObjectItem(input, "strips")));
        ck_assert(cJSON_IsBool(cJSON_GetObjectItem(input, "projected")));
        sum += number(input, "bytes");
    }
    ck_assert_double_eq(sum, number(trial, "bytes"));
}

START_TEST(test_cmd_embed_json_of_several_budgets)
{
    cJSON *json = json_of(EMBED "--pareto 1KB,4KB --no-store --json --plan p.json");
    const cJSON *trials = cJSON_GetObjectItem(json, "trials");
    const cJSON *trial;
    ck_assert_str_eq(cJSON_GetObjectItem(json, "model")->valuestring, "deepfm");
    ck_assert_str_eq(cJSON_GetObjectItem(json, "metric")->valuestring, "auc");
    ck_assert_str_eq(cJSON_GetObjectItem(json, "plan")->valuestring, "p.json");
    ck_assert(cJSON_IsNull(cJSON_GetObjectItem(json, "study")));
    ck_assert(cJSON_IsFalse(cJSON_GetObjectItem(json, "stopped")));
    ck_assert_double_gt(number(json, "full_bytes"), 4096);
    ck_assert_double_gt(number(json, "samples"), 0);
    ck_assert_double_ge(number(json, "seconds"), 0);
    cJSON_ArrayForEach(trial, trials) ck_trial(trial, number(json, "full_bytes"));
    ck_assert_ptr_nonnull(trial_of(trials, "full", 0));
    ck_assert_ptr_nonnull(trial_of(trials, "nis", 1024));
    ck_assert_ptr_nonnull(trial_of(trials, "nis", 4096));
    const cJSON *taken = cJSON_GetArrayItem(trials, (int)number(json, "taken"));
    struct fw_plan *plan = plan_of("p.json");
    ck_assert_double_eq((double)fw_embedding_sizes_bytes(plan->sizes), number(taken, "bytes"));
    fw_plan_destroy(plan);
    cJSON_Delete(json);
}
END_TEST

START_TEST(test_cmd_embed_compares_with_all_rules)
{
    static const char *const methods[] = {"full", "nis",    "uniform",   "vocabulary",
                                          "mde",  "random", "magnitude", "saliency"};
    cJSON *json = json_of(EMBED "--memory 20% --compare --no-store --json --plan p.json");
    const cJSON *trials = cJSON_GetObjectItem(json, "trials");
    const cJSON *trial;
    cJSON_ArrayForEach(trial, trials) ck_trial(trial, number(json, "full_bytes"));
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++)
        ck_assert_msg(trial_of(trials, methods[i], -1) != NULL, "no trial of '%s'", methods[i]);
    const cJSON *taken = cJSON_GetArrayItem(trials, (int)number(json, "taken"));
    ck_assert_double_le(number(taken, "bytes"), number(json, "full_bytes") / 5);
    cJSON_ArrayForEach(trial, trials)
    {
        if (number(trial, "bytes") <= number(json, "full_bytes") / 5)
            ck_assert_double_le(number(trial, "quality"), number(taken, "quality"));
    }
    cJSON_Delete(json);
}
END_TEST

START_TEST(test_cmd_embed_keeps_the_crosses_of_a_plan)
{
    program_expect(0, NULL, "synth crosses --rows 3000 --planted 1 --max-order 2 --strength 2 --seed 3 --out c.csv");
    program_expect(0, NULL, "cross c.csv --label y --max-crosses 1 --no-store --plan c.json --quiet");
    program_expect(0, NULL, "embed c.csv --from c.json --memory 30% --no-store --plan s.json" SHORT);
    struct fw_plan *crossed;
    ck_ok(fw_plan_load(&crossed, "c.json", NULL, err));
    struct fw_plan *sized = plan_of("s.json");
    ck_assert_int_eq(crossed->n_crosses, 1);
    ck_assert_int_eq(sized->n_crosses, 1);
    char cross[256];
    snprintf(cross, sizeof cross, "%s x %s", crossed->crosses[0].fields[0], crossed->crosses[0].fields[1]);
    ck_assert_msg(fw_embedding_sizes_find(sized->sizes, cross) != NULL, "'%s' has no size", cross);
    ck_assert_str_eq(sized->origin.command, "cross");
    fw_plan_destroy(sized);
    fw_plan_destroy(crossed);
    program_expect(0, "1 crosses", "train c.csv --plan s.json --model fm --set epochs=1 --no-store --out c.fw");
    program_expect(0, "s.json is sized already, for deepfm; its sizes are replaced",
                   "embed c.csv --from s.json --memory 20% --method uniform --set epochs=1 --no-store --plan r.json");
    sized = plan_of("r.json");
    ck_assert_int_eq(sized->n_crosses, 1);
    fw_plan_destroy(sized);
}
END_TEST

/* ---- budgets, options and tables at their limits ---- */

START_TEST(test_cmd_embed_budgets_at_their_limits)
{
    program_expect(0, "holds the full size, 20.0 KiB: it is kept",
                   "embed t.csv --label y --set epochs=1 --memory 1GB --no-store --plan p.json");
    struct fw_plan *plan = plan_of("p.json");
    ck_assert_int_eq(fw_embedding_sizes_bytes(plan->sizes), 20480);
    fw_plan_destroy(plan);
    program_expect(2, "the least possible is 144 bytes", EMBED "--memory 100 --no-store");
    program_expect(0, NULL, EMBED "--memory 144 --no-store --plan p.json");
    plan = plan_of("p.json");
    ck_assert_int_le(fw_embedding_sizes_bytes(plan->sizes), 144);
    fw_plan_destroy(plan);
    /* one input may be what is left, which some models do not take: that fails its own trial, not the command */
    program_expect(1, "no sizes could be trained: fwfm needs at least two inputs",
                   "embed t.csv --label y --model fwfm --set epochs=1 --memory 144 --method vocabulary --no-store");
}
END_TEST

START_TEST(test_cmd_embed_answers_wrong_options)
{
    program_expect(2, "--label", "embed t.csv --memory 10%");
    program_expect(2, "say what the embeddings may take", "embed t.csv --label y");
    program_expect(2, "a size such as 16MB or 10%", EMBED "--memory lots");
    program_expect(2, "a share above 0% and up to 100%", EMBED "--memory 0%");
    program_expect(2, "up to 100%", EMBED "--memory 101%");
    program_expect(2, "known: uniform", EMBED "--memory 10% --method best");
    program_expect(2, "factored or plain", EMBED "--memory 10% --controller a3c");
    program_expect(2, "published or fine", EMBED "--memory 10% --grid coarse");
    program_expect(2, "auc or logloss", EMBED "--memory 10% --metric accuracy");
    program_expect(2, "--lambda takes a number", EMBED "--memory 10% --lambda x");
    program_expect(2, "--rows takes", EMBED "--memory 10% --rows 1,0");
    program_expect(2, "did you mean --memory", EMBED "--memroy 10%");
    program_expect(2, "there is no setting 'dims'", EMBED "--memory 10% --set dims=4");
    program_expect(2, "did you mean 'deepfm'", EMBED "--memory 10% --model depfm");
    program_expect(2, "model 'lr' has no embeddings to size; choose another, such as fm or deepfm",
                   "embed t.csv --label y --memory 10% --model lr");
    program_expect(2, "model 'ffm' does not have one embedding an input",
                   "embed t.csv --label y --memory 10% --model ffm");
    program_expect(3, "No such file", "embed nothere.csv --label y --memory 10%");
    program_expect(6, "cannot write 'nofolder/p.json'", EMBED "--memory 10% --plan nofolder/p.json");
    ck_assert_int_ne(access("t.csv.sized.json", F_OK), 0);
    ck_assert_int_ne(access("fieldwise.db", F_OK), 0); /* nothing was begun */
}
END_TEST

/* A column of one value, one of ids that are all different, and rows that say nothing. */
static void write_noise(const char *path, int rows, int last_positive)
{
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fputs("y,one,id,c,t\n", file);
    for (int i = 0; i < rows; i++)
        fprintf(file, "%d,k,u%d,c%d,%d\n", i < last_positive && i * 7 % 5 < 2, i, i * 11 % 8, i);
    fclose(file);
}

START_TEST(test_cmd_embed_tables_that_say_little)
{
    write_noise("n.csv", 5000, 5000);
    program_expect(0, NULL, "embed n.csv --label y --memory 10% --no-store --plan p.json" SHORT);
    program_expect(0, NULL,
                   "embed n.csv --label y --categorical id --min-count 1 --memory 10% --no-store --plan p.json" SHORT);
    struct fw_plan *plan = plan_of("p.json");
    ck_assert_int_gt(fw_embedding_sizes_bytes(plan->sizes), 0);
    ck_assert_int_le(fw_embedding_sizes_bytes(plan->sizes), plan->sizing.memory);
    ck_assert_ptr_nonnull(fw_embedding_sizes_find(plan->sizes, "id"));
    fw_plan_destroy(plan);
    program_expect(0, NULL, "train n.csv --plan p.json --model deepfm --set epochs=1 --no-store --out n.fw");
    write_noise("late.csv", 1000, 700);
    program_expect(3, "validation rows have the label 0",
                   "embed late.csv --label y --time t --split time --memory 50% --no-store --plan q.json" SHORT);
    ck_assert_int_ne(access("q.json", F_OK), 0);
}
END_TEST

/* ---- interrupts ---- */

static int run_and_interrupt(useconds_t microseconds, const char *plan)
{
    fflush(NULL);
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        if (freopen("/dev/null", "w", stdout) == NULL || freopen("/dev/null", "w", stderr) == NULL)
            _exit(126);
        execl(FIELDWISE_PROGRAM, "fieldwise", "embed", "t.csv", "--label", "y", "--memory", "10%", "--threads", "1",
              "--warm-passes", "200", "--passes", "200", "--set", "units=8", "--plan", plan, (char *)NULL);
        _exit(127);
    }
    program_wait_ready(child);
    usleep(microseconds);
    kill(child, SIGINT);
    int status = 0;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFEXITED(status));
    return WEXITSTATUS(status);
}

START_TEST(test_cmd_embed_interrupted_leaves_a_whole_plan_or_none)
{
    static const useconds_t moments[] = {150000, 400000, 900000};
    for (size_t i = 0; i < sizeof moments / sizeof moments[0]; i++) {
        remove("p.json");
        ck_assert_int_eq(run_and_interrupt(moments[i], "p.json"), 130);
        if (access("p.json", F_OK) != 0)
            continue;
        struct fw_plan *plan = plan_of("p.json");
        ck_assert_int_gt(fw_embedding_sizes_bytes(plan->sizes), 0);
        ck_assert_int_le(fw_embedding_sizes_bytes(plan->sizes), plan->sizing.memory);
        fw_plan_destroy(plan);
        program_expect(0, NULL, "train t.csv --plan p.json --model deepfm --set epochs=1 --no-store --out m.fw");
    }
    ck_assert_int_eq(sample_is_sound("fieldwise.db"), 1);
}
END_TEST

START_TEST(test_cmd_embed_time_limits_end_with_what_there_is)
{
    struct program_run run =
        program_run(FIELDWISE_PROGRAM, "embed t.csv --label y --memory 10%% --threads 1 --warm-passes 200 "
                                       "--passes 200 --set units=8 --time-limit 1.5s --plan p.json --no-store");
    ck_assert_msg(run.code == 0 || run.code == 5, "%d: %s", run.code, run.told);
    if (run.code == 0)
        fw_plan_destroy(plan_of("p.json"));
    else
        ck_assert_int_ne(access("p.json", F_OK), 0);
    program_run_clear(&run);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("cmd_embed");
    TCase *cases = tcase_create("cmd_embed");
    tcase_add_checked_fixture(cases, in_scratch, out_of_scratch);
    tcase_set_timeout(cases, 120);
    tcase_add_test(cases, test_cmd_embed_from_table_to_model_within_the_budget);
    tcase_add_test(cases, test_cmd_embed_sized_plans_train_other_models);
    tcase_add_test(cases, test_cmd_embed_the_same_command_again_trains_nothing);
    tcase_add_test(cases, test_cmd_embed_plans_do_not_depend_on_threads);
    tcase_add_test(cases, test_cmd_embed_ways_to_search);
    tcase_add_test(cases, test_cmd_embed_json_of_several_budgets);
    tcase_add_test(cases, test_cmd_embed_compares_with_all_rules);
    tcase_add_test(cases, test_cmd_embed_keeps_the_crosses_of_a_plan);
    tcase_add_test(cases, test_cmd_embed_budgets_at_their_limits);
    tcase_add_test(cases, test_cmd_embed_answers_wrong_options);
    tcase_add_test(cases, test_cmd_embed_tables_that_say_little);
    tcase_add_test(cases, test_cmd_embed_interrupted_leaves_a_whole_plan_or_none);
    tcase_add_test(cases, test_cmd_embed_time_limits_end_with_what_there_is);
    suite_add_tcase(suite, cases);
    return suite;
}
