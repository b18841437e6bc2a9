#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/file.h"
#include "results/query/optuna.h"
#include "support/program.h"
#include "support/scratch.h"
#include "support/store_samples.h"
#include "support/test_main.h"

/* Prints "skipped" when there is no Optuna, otherwise checks what it reads in a.db. */
static const char script[] =
    "import sys\n"
    "try:\n"
    "    import optuna\n"
    "except ImportError:\n"
    "    print('skipped')\n"
    "    sys.exit(0)\n"
    "optuna.logging.set_verbosity(optuna.logging.ERROR)\n"
    "import math, sqlite3\n"
    "names = sorted(s.study_name for s in optuna.get_all_study_summaries(storage='sqlite:///a.db'))\n"
    "assert names == ['first \\ufffd', 'random-2'], names\n"
    "study = optuna.load_study(storage='sqlite:///a.db', study_name=names[0])\n"
    "assert study.direction == optuna.study.StudyDirection.MAXIMIZE\n"
    "assert study.user_attrs['fieldwise_data'] == 'train.csv'\n"
    "t = study.trials\n"
    "assert [x.number for x in t] == [0, 1, 2, 3, 4]\n"
    "assert [x.state.name for x in t] == ['COMPLETE', 'COMPLETE', 'PRUNED', 'FAIL', 'FAIL'], t\n"
    "best = study.best_trial\n"
    "assert best.number == 1 and best.value == 0.75 and study.best_value == 0.75\n"
    "assert t[0].params == {'dim': 8, 'rate': 0.1, 'method': 'nis', 'odd': True}, t[0].params\n"
    "assert t[1].params == {'dim': 16, 'rate': 2.0, 'method': '[1,2]', 'odd': None}, t[1].params\n"
    "assert type(t[0].params['dim']) is int and t[1].distributions['dim'].high == 32\n"
    "assert t[0].distributions['rate'] == optuna.distributions.FloatDistribution(0.1, 2.0)\n"
    "assert t[0].user_attrs['logloss'] == 0.30000000000000004 and t[0].user_attrs['far'] == math.inf\n"
    "assert t[0].user_attrs['auc'] == 0.5 and t[0].intermediate_values == {0: 0.25, 1: 0.5}\n"
    "assert math.isnan(t[1].user_attrs['odd'])\n"
    "assert t[2].value == 0.125 and t[2].intermediate_values == {2: 0.125}\n"
    "assert t[3].user_attrs['fieldwise_reason'] == 'a loss \"is\" not finite'\n"
    "assert t[0].user_attrs['fieldwise_rows'] == 300 and t[0].user_attrs['fieldwise_trial'] == 1\n"
    "assert abs(t[0].duration.total_seconds() - 1.5) < 1e-3\n"
    "other = optuna.load_study(storage='sqlite:///a.db', study_name='random-2')\n"
    "assert other.direction == optuna.study.StudyDirection.MINIMIZE and len(other.trials) == 120\n"
    "assert other.best_trial.number == 0 and other.trials[7].user_attrs['candidate_text'] == 'x7'\n"
    "try:\n"
    "    import pandas\n"
    "except ImportError:\n"
    "    pandas = None\n"
    "assert pandas is None or len(study.trials_dataframe()) == 5\n"
    "study.add_trial(optuna.trial.create_trial(value=1.0))\n" /* the file is one that it can write to */
    "assert study.best_trial.number == 5\n"
    "print('read')\n";

static enum fw_status write_file(void *self, const char *bytes, int64_t n, struct fw_error *err)
{
    return fw_outfile_write(self, bytes, (size_t)n, err);
}

static void add(struct fw_store *store, int64_t study, struct fw_trial_record trial, const struct fw_metric *metrics,
                int64_t n)
{
    trial.metrics = metrics;
    trial.n_metrics = n;
    ck_ok(sample_add(store, study, &trial, err));
}

/* A study of all kinds of trials and members, and one whose member has more texts than a list should. */
static struct fw_store *filled_store(void)
{
    struct fw_store *store = sample_store(scratch_path("x.db"));
    struct fw_trial_log log = fw_store_trial_log(store);
    struct fw_study_info info = sample_study(1);
    int64_t study;
    bool resumed;
    enum fw_study_status how;
    info.name = "first \xff";
    ck_ok(log.vtable->open_study(log.self, &study, &resumed, &how, &info, err));
    const struct fw_metric one[] = {{"auc", 0, 0.25}, {"auc", 1, 0.5}, {"logloss", 0, 0.1 + 0.2}, {"far", 0, INFINITY}};
    const struct fw_metric two[] = {{"odd", 0, NAN}};
    add(store, study, sample_trial(1, "{\"dim\":8,\"rate\":0.1,\"method\":\"nis\",\"odd\":true}", 0.5), one, 4);
    add(store, study, sample_trial(2, "{\"dim\":16,\"rate\":2,\"method\":[1,2],\"odd\":null}", 0.75), two, 1);
    struct fw_trial_record pruned = sample_trial(3, "{\"dim\":32}", 0.125);
    pruned.state = FW_TRIAL_PRUNED;
    add(store, study, pruned, NULL, 0);
    struct fw_trial_record failed = sample_trial(4, "{}", NAN);
    failed.state = FW_TRIAL_FAILED;
    failed.reason = "a loss \"is\" not finite";
    add(store, study, failed, NULL, 0);
    add(store, study, sample_trial(5, "[1]", NAN), NULL, 0); /* complete, with no value */
    info = sample_study(2);
    info.maximise = false;
    ck_ok(log.vtable->open_study(log.self, &study, &resumed, &how, &info, err));
    for (int i = 0; i < 120; i++) {
        char candidate[64];
        snprintf(candidate, sizeof candidate, "{\"text\":\"x%d\"}", i);
        add(store, study, sample_trial((uint64_t)i + 1, candidate, i), NULL, 0);
    }
    return store;
}

START_TEST(test_optuna_reads_what_is_written)
{
    static const char *const interpreters[] = {"python3", "/usr/bin/python3"};
    struct fw_store *store = filled_store();
    struct fw_outfile out;
    ck_ok(fw_outfile_open(&out, scratch_path("a.db"), err));
    ck_ok(fw_outfile_close(&out, fw_optuna_write((struct fw_text_sink){&out, write_file}, store, 0, err), err));
    fw_store_close(store);
    ck_assert_int_eq(sample_is_sound(scratch_path("a.db")), 1);
    ck_assert_int_eq(sample_sql(scratch_path("a.db"), "SELECT count(*) FROM pragma_foreign_key_check"), 0);
    ck_assert_int_eq(sample_sql(scratch_path("a.db"), "SELECT count(*) FROM trials"), 125);
    FILE *file = fopen(scratch_path("look.py"), "w");
    ck_assert_ptr_nonnull(file);
    fputs(script, file);
    fclose(file);
    ck_assert_int_eq(chdir(scratch_path(NULL)), 0);
    bool read = false;
    for (int i = 0; i < 2 && !read; i++) {
        struct program_run run = program_run(interpreters[i], "look.py");
        read = strstr(run.out, "read") != NULL;
        ck_assert_msg(read || run.code == 127 || strstr(run.out, "skipped") != NULL, "%s%s", run.out, run.told);
        program_run_clear(&run);
    }
    if (!read)
        printf("test_optuna: python3-optuna is not installed; that it reads the file was skipped\n");
    ck_assert_int_eq(chdir("/"), 0);
}
END_TEST

START_TEST(test_optuna_one_study_alone)
{
    struct fw_store *store = filled_store();
    struct fw_outfile out;
    ck_ok(fw_outfile_open(&out, scratch_path("a.db"), err));
    ck_ok(fw_outfile_close(&out, fw_optuna_write((struct fw_text_sink){&out, write_file}, store, 2, err), err));
    ck_assert_int_eq(sample_sql(scratch_path("a.db"), "SELECT study_id FROM studies"), 2);
    ck_assert_int_eq(sample_sql(scratch_path("a.db"), "SELECT count(*) FROM trials"), 120);
    ck_assert_int_eq(sample_sql(scratch_path("a.db"), "SELECT count(*) FROM trial_params"), 0);
    fw_store_close(store);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("optuna");
    TCase *cases = tcase_create("optuna");
    tcase_set_timeout(cases, 300);
    tcase_add_checked_fixture(cases, scratch_make, scratch_remove);
    tcase_add_test(cases, test_optuna_reads_what_is_written);
    tcase_add_test(cases, test_optuna_one_study_alone);
    suite_add_tcase(suite, cases);
    return suite;
}
