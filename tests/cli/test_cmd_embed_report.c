/* `fieldwise embed --report`: the page holds what was found, whatever columns are called. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/file.h"
#include "core/rng.h"
#include "support/markup.h"
#include "support/program.h"
#include "support/scratch.h"
#include "support/store_samples.h"
#include "support/test_main.h"

#define QUICK " --set epochs=1,dim=4 --warm-passes 1 --passes 0.5 --threads 1 --quiet "

static void in_scratch(void)
{
    scratch_make();
    ck_assert_int_eq(chdir(scratch_path(NULL)), 0);
}

static void out_of_scratch(void)
{
    ck_assert_int_eq(chdir("/"), 0);
    scratch_remove();
}

/* A page that was written, well-formed; freed with fw_free. */
static char *page_of(const char *path)
{
    char *text = NULL;
    size_t size = 0;
    ck_ok(fw_file_read(&text, &size, path, 1 << 24, NULL, err));
    markup_check(text);
    return text;
}

static void expect_in(const char *page, const char *words)
{
    ck_assert_msg(strstr(page, words) != NULL, "no '%s' in the page", words);
}

START_TEST(test_cmd_embed_report_has_all_that_was_found)
{
    char name[32];
    program_expect(0, NULL, "synth sizes --rows 1500 --tail 2 --head 1 --useless 1 --cardinality 60 --out t.csv");
    program_expect(
        0, "report: r.html",
        "embed t.csv --label y --pareto 20%,50% --method nis,uniform,magnitude --test --report r.html" QUICK);
    char *page = page_of("r.html");
    for (int i = 1; i <= 4; i++) {
        snprintf(name, sizeof name, "<bdi>c%d</bdi>", i);
        expect_in(page, name);
    }
    expect_in(page, "validation auc <b>");
    expect_in(page, "test auc <b>");
    expect_in(page, "<h2>How the policy learned</h2>");
    expect_in(page, "--method nis,uniform,magnitude");
    expect_in(page, "study</td><td><bdi>1 in fieldwise.db");
    expect_in(page, "</html>\n");
    ck_assert_int_eq(markup_count(page, ">taken</text>"), 1);
    ck_assert_int_eq(markup_count(page, "class=\"marked\""), 1);
    ck_assert_int_eq(markup_count(page, "\" transform=\"translate("),
                     (int)sample_sql("fieldwise.db", "SELECT count(*) FROM trials WHERE state = 'complete'"));
    fw_free(NULL, page);
    ck_assert_int_eq(sample_sql("fieldwise.db", "SELECT count(*) FROM artifacts WHERE kind = 'report'"), 1);

    /* from the record: the same page but for the policy, which has no rounds then */
    program_expect(
        0, "report: again.html",
        "embed t.csv --label y --pareto 20%,50% --method nis,uniform,magnitude --test --report again.html" QUICK);
    page = page_of("again.html");
    ck_assert_ptr_null(strstr(page, "How the policy learned"));
    fw_free(NULL, page);
}
END_TEST

START_TEST(test_cmd_embed_report_of_a_single_trial)
{
    program_expect(0, NULL, "synth sizes --rows 800 --tail 2 --head 0 --useless 0 --cardinality 20 --out t.csv");
    program_expect(
        0, NULL,
        "embed t.csv --label y --memory 50% --method uniform --metric logloss --no-store --report r.html" QUICK);
    char *page = page_of("r.html");
    ck_assert_int_eq(markup_count(page, "class=\"mark "), 2); /* the trial and its legend */
    expect_in(page, "full size, ");
    expect_in(page, "lower is better");
    expect_in(page, "not recorded");
    ck_assert_ptr_null(strstr(page, "nan"));
    fw_free(NULL, page);
    program_expect(0, NULL, "embed t.csv --label y --memory 100% --no-store --report r.html" QUICK);
    fw_free(NULL, page_of("r.html"));
}
END_TEST

static void write_hostile(const char *path)
{
    static const char *const names[] = {"<script>alert(1)</script>", "a\"\"b' onload=x & <b>", "gpj.\xe2\x80\xae.exe",
                                        "\xff\xfe\x1b[31m"};
    struct fw_rng rng;
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fw_rng_seed(&rng, 1, fw_stream(0, 0, FW_STREAM_TEST));
    fprintf(file, "y");
    for (int i = 0; i < 4; i++)
        fprintf(file, ",\"%s\"", names[i]);
    for (int r = 0; r < 600; r++) {
        unsigned values[4];
        for (int i = 0; i < 4; i++)
            values[i] = (unsigned)fw_rng_below(&rng, 9);
        fprintf(file, "\n%d,v%u,v%u,v%u,v%u", values[0] + fw_rng_below(&rng, 9) > 8, values[0], values[1], values[2],
                values[3]);
    }
    fprintf(file, "\n");
    ck_assert_int_eq(fclose(file), 0);
}

START_TEST(test_cmd_embed_report_escapes_hostile_names)
{
    write_hostile("<i>&t.csv");
    program_expect(0, NULL,
                   "embed '<i>&t.csv' --label y --memory 60% --method uniform --no-store --report r.html" QUICK);
    char *page = page_of("r.html");
    ck_assert_ptr_null(strstr(page, "<script"));
    ck_assert_ptr_null(strstr(page, "<i>"));
    ck_assert_ptr_null(strstr(page, "\xe2\x80\xae"));
    expect_in(page, "<title>Embedding sizes of deepfm for &lt;i&gt;&amp;t.csv</title>");
    expect_in(page, "<bdi>&lt;script&gt;alert(1)&lt;/script&gt;</bdi>");
    expect_in(page, "<bdi>a&quot;b&#39; onload=x &amp; &lt;b&gt;</bdi>");
    expect_in(page, "<bdi>gpj.\\u{202e}.exe</bdi>");
    expect_in(page, "\\x1b[31m</bdi>");
    fw_free(NULL, page);
}
END_TEST

START_TEST(test_cmd_embed_report_that_cannot_be_written_fails_at_once)
{
    program_expect(0, NULL, "synth sizes --rows 800 --tail 2 --head 0 --useless 0 --cardinality 20 --out t.csv");
    program_expect(6, "nofolder", "embed t.csv --label y --memory 50% --report nofolder/r.html" QUICK);
    ck_assert_int_ne(access("fieldwise.db", F_OK), 0);
    program_expect(2, "--report and --plan are both",
                   "embed t.csv --label y --memory 50% --plan same.json --report same.json" QUICK);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("cmd_embed_report");
    TCase *cases = tcase_create("cmd_embed_report");
    tcase_add_checked_fixture(cases, in_scratch, out_of_scratch);
    tcase_set_timeout(cases, 120);
    tcase_add_test(cases, test_cmd_embed_report_has_all_that_was_found);
    tcase_add_test(cases, test_cmd_embed_report_of_a_single_trial);
    tcase_add_test(cases, test_cmd_embed_report_escapes_hostile_names);
    tcase_add_test(cases, test_cmd_embed_report_that_cannot_be_written_fails_at_once);
    suite_add_tcase(suite, cases);
    return suite;
}
