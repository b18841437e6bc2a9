/* `fieldwise route` as a user runs it: from a table of several labels to a plan and a smaller network, limits, wrong
 * input, interrupts, its page. */
#include <cjson/cJSON.h>
#include <math.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/file.h"
#include "models/file/model_file.h"
#include "support/markup.h"
#include "support/program.h"
#include "support/scratch.h"
#include "support/store_samples.h"
#include "support/test_main.h"

/* A search that takes a moment, whose gates move all the same. */
#define SHORT                                                                                                          \
    " --subnetworks 3 --units 4 --tower 4 --set epochs=3,rate=0.02,gate_rate=0.5,batch=64,dim=2 --fine-tune 1 "        \
    "--threads 1 --quiet "
#define ROUTE "route t.csv --labels y1,y2,y3" SHORT

static void in_scratch(void)
{
    scratch_make();
    ck_assert_int_eq(chdir(scratch_path(NULL)), 0);
    program_expect(0, NULL, "synth tasks --groups 2,1 --labelled 1,0.5,1 --numeric 4 --rows 1200 --seed 3 --out t.csv");
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
    ck_assert_ptr_nonnull(plan->routing);
    return plan;
}

/* Bytes of the parameters that are no embeddings, as they are in a model file. */
static int64_t dense_bytes(const char *path)
{
    struct fw_bundle bundle;
    ck_ok(fw_model_file_load(&bundle, path, 1, NULL, err));
    ck_assert_str_eq(bundle.model->vtable->name, "snr");
    ck_assert_ptr_nonnull(bundle.plan->routing);
    int64_t bytes = 4 * fw_model_parameter_count(bundle.model) - (int64_t)bundle.model->footprint.embeddings;
    fw_bundle_clear(&bundle);
    return bytes;
}

/* No line of what was printed is wider than a terminal, but for those that name commands. */
static void ck_lines(const char *text)
{
    for (const char *line = text; *line != '\0';) {
        size_t n = strcspn(line, "\n");
        bool command = strstr(line, "fieldwise ") != NULL && (size_t)(strstr(line, "fieldwise ") - line) < n;
        ck_assert_msg(n <= 80 || command, "wide: %.*s", (int)n, line);
        line += n + (line[n] == '\n');
    }
}

/* ---- from table to model ---- */

START_TEST(test_cmd_route_from_table_to_model)
{
    struct program_run run = program_run(FIELDWISE_PROGRAM, "%s", ROUTE "--lambda 1e-4,0.1 --plan p.json --out m.fw");
    ck_assert_msg(run.code == 0, "%s", run.told);
    ck_assert_ptr_nonnull(strstr(run.out, "searched snr_trans: 3 tasks, 2 levels of 3 sub-networks of 4 units"));
    ck_assert_ptr_nonnull(strstr(run.out, "what two tasks share"));
    ck_assert_ptr_nonnull(strstr(run.out, "next: fieldwise train t.csv --plan p.json --model snr --set "
                                          "epochs=3,rate=0.02,batch=64,dim=2\n"));
    ck_lines(run.out);
    program_run_clear(&run);
    struct fw_plan *plan = plan_of("p.json");
    ck_assert_str_eq(plan->origin.command, "route");
    ck_assert_str_eq(plan->route.metric, "auc");
    ck_assert(plan->route.lambda == 1e-4 || plan->route.lambda == 0.1);
    ck_assert(plan->route.quality > 0.4 && plan->route.quality < 1);
    ck_assert_int_eq(plan->route.study, 1);
    ck_assert_int_ge(plan->route.trial, 1);
    ck_assert_int_eq(plan->routing->topology.n_tasks, 3);
    fw_plan_destroy(plan);
    ck_assert_int_eq(sample_sql("fieldwise.db", "SELECT count(*) FROM artifacts WHERE kind IN ('plan', 'model')"), 2);
    ck_assert_int_eq(sample_sql("fieldwise.db", "SELECT count(*) FROM trials"), 2);
    program_expect(0, "y2", "evaluate m.fw t.csv --quiet");
    program_expect(0, "y1,y2,y3\n", "predict m.fw t.csv --quiet");
    program_expect(0, "model snr",
                   "train t.csv --plan p.json --model snr --set epochs=1,dim=2 --no-store --quiet --out s.fw");
    program_expect(0, "y1,y2,y3\n", "predict s.fw t.csv --quiet");
    ck_assert_int_eq(dense_bytes("m.fw"), dense_bytes("s.fw"));
}
END_TEST

static void ck_step(const cJSON *step, const cJSON *searched)
{
    const cJSON *task;
    int n_figures = cJSON_GetArraySize(cJSON_GetObjectItem(step, "figures"));
    ck_assert_int_eq(n_figures, 3);
    ck_assert_double_le(number(step, "connections"), number(searched, "connections"));
    ck_assert_double_le(number(step, "subnetworks"), number(searched, "subnetworks"));
    ck_assert_double_le(number(step, "bytes"), number(searched, "bytes"));
    ck_assert_double_eq(number(step, "bytes"), 4 * number(step, "parameters"));
    ck_assert(number(step, "score") > 0 && number(step, "score") <= 1);
    ck_assert(number(step, "test") > 0 && number(step, "test") <= 1);
    ck_assert_int_gt(cJSON_GetArraySize(cJSON_GetObjectItem(step, "epochs")), 0);
    ck_assert_int_eq(cJSON_GetArraySize(cJSON_GetObjectItem(step, "gates")), (int)number(searched, "connections"));
    ck_assert(cJSON_IsNull(cJSON_GetObjectItem(step, "failure")));
    cJSON_ArrayForEach(task, cJSON_GetObjectItem(step, "tasks"))
    {
        ck_assert(number(task, "use") > 0 && number(task, "use") <= 1);
        ck_assert_int_eq(cJSON_GetArraySize(cJSON_GetObjectItem(task, "sharing")), 3);
    }
    for (int r = 0; r < n_figures; r++) {
        const cJSON *figure = cJSON_GetArrayItem(cJSON_GetObjectItem(step, "figures"), r);
        ck_assert_str_eq(cJSON_GetObjectItem(figure, "figure")->valuestring, "auc");
        ck_assert(number(figure, "validation") > 0 && number(figure, "test") > 0);
    }
}

START_TEST(test_cmd_route_json_of_steps_with_a_test)
{
    cJSON *json = json_of(ROUTE "--lambda 1e-4,0.1 --tolerance 1 --test --no-store --json --plan p.json");
    const cJSON *steps = cJSON_GetObjectItem(json, "steps");
    const cJSON *searched = cJSON_GetObjectItem(json, "searched");
    const cJSON *step;
    ck_assert_int_eq(cJSON_GetArraySize(steps), 2);
    ck_assert_str_eq(cJSON_GetObjectItem(json, "model")->valuestring, "snr_trans");
    ck_assert_str_eq(cJSON_GetObjectItem(searched, "kind")->valuestring, "trans");
    ck_assert_double_eq(number(searched, "connections"), 18);
    ck_assert(cJSON_IsNull(cJSON_GetObjectItem(json, "study")));
    ck_assert(cJSON_IsFalse(cJSON_GetObjectItem(json, "stopped")));
    cJSON_ArrayForEach(step, steps) ck_step(step, searched);
    /* whatever is a little worse may be taken: the smallest is */
    const cJSON *chosen = cJSON_GetArrayItem(steps, (int)number(json, "chosen"));
    cJSON_ArrayForEach(step, steps) ck_assert_double_le(number(chosen, "bytes"), number(step, "bytes"));
    cJSON_Delete(json);
}
END_TEST

START_TEST(test_cmd_route_closes_what_is_not_worth_its_price)
{
    static const char *const worths[] = {"0", "1000"};
    double pruned[2];
    double connections[2];
    for (int i = 0; i < 2; i++) {
        char arguments[512];
        snprintf(arguments, sizeof arguments, ROUTE "--lambda 1e-2 --worth %s --no-store --json --plan p.json",
                 worths[i]);
        cJSON *json = json_of(arguments);
        const cJSON *step = cJSON_GetArrayItem(cJSON_GetObjectItem(json, "steps"), 0);
        pruned[i] = number(step, "pruned");
        connections[i] = number(step, "connections");
        cJSON_Delete(json);
    }
    ck_assert_double_eq(pruned[0], 0);
    ck_assert_double_gt(pruned[1], 0);
    ck_assert_double_eq(connections[1], connections[0] - pruned[1]);
}
END_TEST

START_TEST(test_cmd_route_again_joins_its_study)
{
    for (int i = 0; i < 2; i++)
        program_expect(0, NULL,
                       i == 0 ? ROUTE "--lambda 1e-3,0.1 --plan p.json" : ROUTE "--lambda 1e-3,0.1 --plan q.json");
    program_expect(0, "route-1", "trials list");
    program_expect(0, "lambda", "trials show route-1");
    ck_assert_int_eq(sample_sql("fieldwise.db", "SELECT count(*) FROM studies WHERE status = 'complete'"), 1);
    ck_assert_int_eq(sample_sql("fieldwise.db", "SELECT count(*) FROM trials"), 2);
    struct program_run run = program_run("cmp", "p.json q.json");
    ck_assert_msg(run.code == 0, "%s", run.out);
    program_run_clear(&run);
    program_expect(0, NULL, ROUTE "--lambda 1e-3,0.1,0.2 --plan q.json"); /* another path */
    ck_assert_int_eq(sample_sql("fieldwise.db", "SELECT count(*) FROM studies"), 2);
}
END_TEST

/* A figure that is better when lower is recorded as itself, and the best trial is the lowest. */
START_TEST(test_cmd_route_records_losses_as_they_are)
{
    program_expect(0, NULL, ROUTE "--lambda 1e-3,0.5 --metric logloss");
    struct fw_store *store = sample_store("fieldwise.db");
    struct fw_study_list studies;
    struct fw_trial_list trials;
    ck_ok(fw_query_studies(&studies, store, err));
    ck_assert(!studies.rows[0].maximise);
    ck_ok(fw_query_trials(&trials, store, studies.rows[0].id, 0, err));
    ck_assert_int_eq(trials.n, 2);
    double least = INFINITY;
    for (int64_t i = 0; i < trials.n; i++) {
        ck_assert_double_gt(trials.rows[i].record.objective, 0);
        least = fmin(least, trials.rows[i].record.objective);
    }
    ck_assert_double_eq(studies.rows[0].best_objective, least);
    fw_trial_list_clear(&trials);
    fw_study_list_clear(&studies);
    fw_store_close(store);
}
END_TEST

START_TEST(test_cmd_route_plans_do_not_depend_on_threads)
{
    const char *command = "route t.csv --labels y1,y2 --subnetworks 2 --units 4 --tower 4 --set "
                          "epochs=2,gate_rate=0.5,dim=2 --lambda 1e-3,0.1 --no-store --quiet --threads %d --plan "
                          "%d.json";
    for (int threads = 1; threads <= 3; threads += 2) {
        char arguments[512];
        snprintf(arguments, sizeof arguments, command, threads, threads);
        program_expect(0, NULL, arguments);
    }
    struct program_run run = program_run("cmp", "1.json 3.json");
    ck_assert_msg(run.code == 0, "%s", run.out);
    program_run_clear(&run);
}
END_TEST

/* ---- limits ---- */

START_TEST(test_cmd_route_keeps_to_a_limit_of_bytes)
{
    static const char *const kinds[] = {"trans", "aver"};
    for (int k = 0; k < 2; k++) {
        char arguments[512];
        snprintf(arguments, sizeof arguments, ROUTE "--kind %s --memory 1KB --no-store --plan p.json --out m.fw",
                 kinds[k]);
        program_expect(0, "wrote p.json and m.fw", arguments);
        ck_assert_int_le(dense_bytes("m.fw"), 1024);
        struct fw_plan *plan = plan_of("p.json");
        ck_assert_int_eq(plan->route.memory, 1024);
        ck_assert_str_eq(fw_connection_kind_name(plan->routing->topology.kind), kinds[k]);
        fw_plan_destroy(plan);
    }
    program_expect(2, "the smallest network that feeds every task takes",
                   ROUTE "--memory 100 --no-store --plan q.json");
    ck_assert_int_ne(access("q.json", F_OK), 0);
}
END_TEST

/* The smallest network that is possible is found. */
START_TEST(test_cmd_route_meets_the_least_limit)
{
    for (int seed = 1; seed <= 3; seed++) {
        struct program_run run = program_run(FIELDWISE_PROGRAM, ROUTE "--memory 1 --no-store --plan q.json");
        const char *least = strstr(run.told, "every task takes ");
        ck_assert_msg(run.code == 2 && least != NULL, "%s", run.told);
        long long bytes = atoll(least + strlen("every task takes "));
        program_run_clear(&run);
        remove("p.json");
        run = program_run(FIELDWISE_PROGRAM, ROUTE "--memory %lld --seed %d --no-store --plan p.json --out m.fw", bytes,
                          seed);
        ck_assert_msg(run.code == 0, "%s", run.told);
        ck_assert_int_le(dense_bytes("m.fw"), bytes);
        ck_assert_int_eq(access("p.json", F_OK), 0);
        program_run_clear(&run);
    }
}
END_TEST

START_TEST(test_cmd_route_that_closes_everything_keeps_a_path_a_task)
{
    struct program_run run = program_run(
        FIELDWISE_PROGRAM, "%s",
        "route t.csv --labels y1,y2,y3 --subnetworks 3 --units 4 --tower 4 --set epochs=4,gate_rate=1,batch=64,dim=2 "
        "--threads 1 --quiet --lambda 1000 --no-store --plan p.json --report r.html");
    ck_assert_msg(run.code == 0, "%s", run.told);
    ck_assert_ptr_nonnull(strstr(run.out, "tasks would have been cut off: the strongest path of each was kept open"));
    ck_assert_ptr_null(strstr(run.out, "nan"));
    program_run_clear(&run);
    struct fw_plan *plan = plan_of("p.json");
    bool live[FW_LEVELS_MOST * FW_SUBNETWORKS_MOST];
    bool fed[FW_TASKS_MOST];
    fw_routing_live(live, fed, plan->routing);
    ck_assert(fed[0] && fed[1] && fed[2]);
    fw_plan_destroy(plan);
    program_expect(0, "model snr",
                   "train t.csv --plan p.json --model snr --set epochs=1 --no-store --quiet --out s.fw");
}
END_TEST

START_TEST(test_cmd_route_of_classes_and_numbers)
{
    program_expect(
        0, "r2", "route t.csv --labels y1,x1 --regression x1 --lambda 1e-3 --no-store --plan p.json --out m.fw" SHORT);
    program_expect(0, "x1", "evaluate m.fw t.csv --quiet");
    program_expect(0, "logloss",
                   ROUTE
                   "--metric logloss --kind aver --levels 3 --fine-tune 0 --lambda 0.01 --no-store --plan p.json");
    struct fw_plan *plan = plan_of("p.json");
    ck_assert_str_eq(plan->route.metric, "logloss");
    ck_assert_double_gt(plan->route.quality, 0);
    ck_assert_int_eq(plan->routing->topology.n_levels, 3);
    fw_plan_destroy(plan);
}
END_TEST

START_TEST(test_cmd_route_from_a_plan)
{
    program_expect(0, NULL, ROUTE "--lambda 1e-4 --no-store --plan p.json");
    program_expect(
        0, "p.json has a routing already; it is replaced",
        "route t.csv --from p.json --subnetworks 2 --units 4 --set epochs=1,dim=2 --threads 1 --no-store --plan "
        "q.json");
    struct fw_plan *plan = plan_of("q.json");
    ck_assert_int_eq(plan->routing->topology.levels[0].n, 2);
    fw_plan_destroy(plan);
    program_expect(0, NULL, "cross t.csv --label y1 --max-crosses 1 --no-store --plan c.json --quiet");
    program_expect(2, "a routing is of several labels, c.json has one, y1",
                   "route t.csv --from c.json --no-store --plan q.json");
}
END_TEST

/* ---- wrong input ---- */

START_TEST(test_cmd_route_answers_wrong_options)
{
    program_expect(2, "name the columns to predict together", "route t.csv");
    program_expect(2, "a routing is of several labels, 'y1' is one", "route t.csv --label y1");
    program_expect(2, "named twice", "route t.csv --labels y1,y1");
    program_expect(2, "--lambda takes a number from 0", ROUTE "--lambda -1");
    program_expect(2, "--lambda takes a number from 0", ROUTE "--lambda nan");
    program_expect(2, "--lambda takes a number from 0", ROUTE "--lambda inf");
    program_expect(2, "--lambda takes rising values", ROUTE "--lambda 1e-3,1e-4");
    program_expect(2, "--lambda takes rising values", ROUTE "--lambda 1e-3,1e-3");
    program_expect(2, "give one of --lambda and --memory", ROUTE "--lambda 1e-3 --memory 1MB");
    program_expect(2, "--memory takes a size", ROUTE "--memory lots");
    program_expect(2, "--kind is trans or aver", ROUTE "--kind mixed");
    program_expect(2, "--levels takes a whole number from 1 to 6", ROUTE "--levels 7");
    program_expect(2, "--subnetworks takes", ROUTE "--subnetworks 65");
    program_expect(2, "--tolerance takes", ROUTE "--tolerance -1");
    program_expect(2, "--worth takes a number from 0", ROUTE "--worth -1");
    program_expect(2, "--fine-tune takes", ROUTE "--fine-tune -1");
    program_expect(2, "lambda is no setting here but an option: --lambda 1", ROUTE "--set lambda=1");
    program_expect(2, "there is no setting 'dims'", ROUTE "--set dims=4");
    program_expect(2, "r2 is no metric of 'y1'", ROUTE "--metric y1:r2");
    program_expect(2, "--test keeps one fold out", ROUTE "--test --valid-fraction 0.2");
    program_expect(2, "--report and --plan are both 'x'", ROUTE "--plan x --report x");
    program_expect(2, "--out and --plan are both 'x'", ROUTE "--plan x --out x");
    program_expect(2, "did you mean --lambda", ROUTE "--lamda 1");
    program_expect(3, "there is no column 'nope'", "route t.csv --labels y1,nope");
    program_expect(3, "No such file", "route nothere.csv --labels a,b");
    program_expect(6, "cannot write 'nofolder/p.json'", ROUTE "--plan nofolder/p.json");
    program_expect(6, "cannot write 'nofolder/m.fw'", ROUTE "--out nofolder/m.fw");
    ck_assert_int_ne(access("t.csv.routed.json", F_OK), 0);
    ck_assert_int_ne(access("fieldwise.db", F_OK), 0); /* nothing was begun */
}
END_TEST

START_TEST(test_cmd_route_of_a_label_that_says_nothing)
{
    FILE *file = fopen("n.csv", "w");
    ck_assert_ptr_nonnull(file);
    fputs("a,b,c\n", file);
    for (int i = 0; i < 300; i++)
        fprintf(file, "%d,%d,v%d\n", i % 3 == 0, i == 0, i * 7 % 11);
    fclose(file);
    program_expect(3, "'b'", "route n.csv --labels a,b --no-store --plan q.json" SHORT);
    ck_assert_int_ne(access("q.json", F_OK), 0);
}
END_TEST

/* ---- interrupts ---- */

/* Waits until the search has begun, so long after that, and interrupts. */
static int run_and_interrupt(useconds_t microseconds)
{
    remove("fieldwise.db");
    fflush(NULL);
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        if (freopen("/dev/null", "w", stdout) == NULL || freopen("/dev/null", "w", stderr) == NULL)
            _exit(126);
        execl(FIELDWISE_PROGRAM, "fieldwise", "route", "t.csv", "--labels", "y1,y2", "--threads", "1", "--lambda",
              "1e-4,1e-3,1e-2,1e-1", "--set", "epochs=500,patience=0,dim=2", "--units", "4", "--subnetworks", "2",
              "--plan", "p.json", (char *)NULL);
        _exit(127);
    }
    for (int i = 0; i < 4000 && access("fieldwise.db", F_OK) != 0; i++)
        usleep(10000);
    usleep(microseconds);
    kill(child, SIGINT);
    int status = 0;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    /* on a busy machine the signal may come before the program listens to it */
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

START_TEST(test_cmd_route_interrupted_leaves_a_whole_plan_or_none)
{
    static const useconds_t moments[] = {0, 500000};
    for (size_t i = 0; i < sizeof moments / sizeof moments[0]; i++) {
        remove("p.json");
        ck_assert_int_eq(run_and_interrupt(moments[i]), 130);
        if (access("p.json", F_OK) == 0)
            fw_plan_destroy(plan_of("p.json"));
    }
}
END_TEST

/* ---- the page ---- */

START_TEST(test_cmd_route_report_escapes_hostile_names)
{
    FILE *file = fopen("h.csv", "w");
    ck_assert_ptr_nonnull(file);
    fputs("\"<script>alert(1)</script>\",\"a\"\"b' onload=x & <b>\",c\n", file);
    for (int i = 0; i < 600; i++)
        fprintf(file, "%d,%d,v%d\n", i * 7 % 11 < 5, i * 5 % 13 < 6, i * 7 % 11);
    fclose(file);
    program_expect(
        0, "report: r.html",
        "route h.csv --labels \"$(head -1 h.csv | cut -d, -f1 | tr -d '\\\"'),a\\\"b' onload=x & <b>\" --lambda "
        "1e-4,0.1 --report r.html --plan p.json" SHORT);
    char *page = NULL;
    size_t size = 0;
    ck_ok(fw_file_read(&page, &size, "r.html", 1 << 24, NULL, err));
    markup_check(page);
    ck_assert_ptr_null(strstr(page, "<script"));
    ck_assert_ptr_null(strstr(page, "nan"));
    ck_assert_ptr_nonnull(strstr(page, "<bdi>&lt;script&gt;alert(1)&lt;/script&gt;</bdi>"));
    ck_assert_ptr_nonnull(strstr(page, "<h2>How the gates closed</h2>"));
    ck_assert_ptr_nonnull(strstr(page, "study</td><td><bdi>1 in fieldwise.db"));
    ck_assert_int_eq(markup_count(page, ">chosen</text>"), 1);
    ck_assert_int_ge(markup_count(page, "<svg"), 5);
    fw_free(NULL, page);
    ck_assert_int_eq(sample_sql("fieldwise.db", "SELECT count(*) FROM artifacts WHERE kind = 'report'"), 1);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("cmd_route");
    TCase *run = tcase_create("run");
    tcase_add_checked_fixture(run, in_scratch, out_of_scratch);
    tcase_set_timeout(run, 60);
    tcase_add_test(run, test_cmd_route_from_table_to_model);
    tcase_add_test(run, test_cmd_route_json_of_steps_with_a_test);
    tcase_add_test(run, test_cmd_route_closes_what_is_not_worth_its_price);
    tcase_add_test(run, test_cmd_route_again_joins_its_study);
    tcase_add_test(run, test_cmd_route_records_losses_as_they_are);
    tcase_add_test(run, test_cmd_route_plans_do_not_depend_on_threads);
    tcase_add_test(run, test_cmd_route_keeps_to_a_limit_of_bytes);
    tcase_add_test(run, test_cmd_route_meets_the_least_limit);
    tcase_add_test(run, test_cmd_route_that_closes_everything_keeps_a_path_a_task);
    tcase_add_test(run, test_cmd_route_of_classes_and_numbers);
    tcase_add_test(run, test_cmd_route_from_a_plan);
    tcase_add_test(run, test_cmd_route_answers_wrong_options);
    tcase_add_test(run, test_cmd_route_of_a_label_that_says_nothing);
    tcase_add_test(run, test_cmd_route_interrupted_leaves_a_whole_plan_or_none);
    tcase_add_test(run, test_cmd_route_report_escapes_hostile_names);
    suite_add_tcase(suite, run);
    return suite;
}
