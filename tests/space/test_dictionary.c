#include "space/dictionary.h"

#include <stdio.h>
#include <string.h>

#include "core/rng.h"
#include "support/test_main.h"

static uint32_t add(struct fw_dictionary *dictionary, const char *text, uint64_t line)
{
    uint32_t code = 0;
    ck_ok(fw_dictionary_add(&code, dictionary, fw_text_of(text), line, err));
    return code;
}

START_TEST(test_dictionary_numbers_texts_by_first_appearance)
{
    struct fw_dictionary *dictionary;
    ck_ok(fw_dictionary_create(&dictionary, NULL, err));
    ck_assert_int_eq(fw_dictionary_size(dictionary), 1);
    ck_assert_uint_eq(add(dictionary, "red", 10), 1);
    ck_assert_uint_eq(add(dictionary, "a text longer than sixteen bytes", 11), 2);
    ck_assert_uint_eq(add(dictionary, "red", 12), 1);
    ck_assert_uint_eq(add(dictionary, "", 13), 0);
    ck_assert_uint_eq(add(dictionary, "nine bytes", 14), 3);
    ck_assert_int_eq(fw_dictionary_size(dictionary), 4);
    ck_assert_uint_eq(fw_dictionary_line(dictionary, 1), 10);
    ck_assert_uint_eq(fw_dictionary_line(dictionary, 3), 14);
    ck_assert_uint_eq(fw_dictionary_line(dictionary, 0), 0);
    ck_assert_uint_eq(fw_dictionary_text(dictionary, 0).length, 0);
    ck_assert(fw_text_equal(fw_dictionary_text(dictionary, 3), fw_text_of("nine bytes")));
    ck_assert_uint_eq(fw_dictionary_find(dictionary, fw_text_of("nine bytes")), 3);
    ck_assert_uint_eq(fw_dictionary_find(dictionary, fw_text_of("nine bytez")), FW_DICTIONARY_NONE);
    ck_assert_uint_eq(fw_dictionary_find(dictionary, fw_text_of("")), 0);
    ck_assert_uint_gt(fw_dictionary_bytes(dictionary), 100);
    fw_dictionary_destroy(dictionary);
    fw_dictionary_destroy(NULL);
}
END_TEST

/* Texts of all lengths, among them some that differ only in NUL bytes at the end: padding must not make them equal. */
static struct fw_text text_number(char *out, int64_t i)
{
    size_t length = (size_t)(i % 23) + 1;
    memset(out, (int)('a' + i % 3), length);
    int64_t rest = i / 23;
    for (size_t at = 0; at < length && rest > 0; at++, rest /= 26)
        out[at] = (char)('a' + rest % 26);
    if (i % 7 == 0)
        out[length - 1] = '\0';
    return (struct fw_text){out, length};
}

START_TEST(test_dictionary_agrees_with_a_linear_search)
{
    enum { N = 3000 };
    static char texts[N][24];
    static struct fw_text distinct[N];
    struct fw_dictionary *dictionary;
    ck_ok(fw_dictionary_create(&dictionary, NULL, err));
    int64_t n = 0;
    for (int64_t i = 0; i < N; i++) {
        struct fw_text text = text_number(texts[i], i);
        int64_t at = 0;
        while (at < n && !fw_text_equal(distinct[at], text))
            at++;
        uint32_t found = fw_dictionary_find(dictionary, text);
        ck_assert_uint_eq(found, at < n ? (uint32_t)at + 1 : FW_DICTIONARY_NONE);
        if (at == n)
            distinct[n++] = text;
        uint32_t code;
        ck_ok(fw_dictionary_add(&code, dictionary, text, 1, err));
        ck_assert_uint_eq(code, (uint32_t)at + 1);
    }
    ck_assert_int_gt(n, 500);
    for (int64_t i = 0; i < n; i++)
        ck_assert(fw_text_equal(fw_dictionary_text(dictionary, (uint32_t)i + 1), distinct[i]));
    fw_dictionary_destroy(dictionary);
}
END_TEST

START_TEST(test_dictionary_many_at_once_is_the_same_as_one_by_one)
{
    enum { N = 20000 };
    static char texts[N][24];
    static struct fw_text views[N];
    static uint32_t offsets[N], codes[N];
    static const char *const more[] = {"none of these at all", "-"};
    struct fw_missing_set missing;
    ck_ok(fw_missing_set_init(&missing, more, 2, err));
    struct fw_dictionary *together, *single;
    ck_ok(fw_dictionary_create(&together, NULL, err));
    ck_ok(fw_dictionary_create(&single, NULL, err));
    static const char *const odd[] = {"?", "NA", "none of these at all", "", "-", "NaN"};
    for (int64_t i = 0; i < N; i++) {
        offsets[i] = (uint32_t)i;
        views[i] = i % 5 == 0 ? fw_text_of(odd[i / 5 % 6])
                              : text_number(texts[i], (int64_t)(fw_rng_at(1, 2, (uint64_t)i) % 9000));
    }
    for (int64_t i = 0, n; i < N; i += n) {
        n = 1 + (int64_t)(fw_rng_at(1, 3, (uint64_t)i) % FW_DICTIONARY_BATCH);
        n = n < N - i ? n : N - i;
        ck_ok(fw_dictionary_add_many(codes + i, together, views + i, n, offsets + i, 100, &missing, err));
    }
    for (int64_t i = 0; i < N; i++) {
        uint32_t code = 0;
        if (!fw_missing_set_has(&missing, views[i]))
            ck_ok(fw_dictionary_add(&code, single, views[i], 100 + (uint64_t)i, err));
        ck_assert_uint_eq(codes[i], code);
    }
    ck_assert_int_eq(fw_dictionary_size(together), fw_dictionary_size(single));
    for (uint32_t code = 1; code < fw_dictionary_size(single); code++)
        ck_assert_uint_eq(fw_dictionary_line(together, code), fw_dictionary_line(single, code));
    /* a marker that was met is still no text of the dictionary, until someone adds it as one */
    ck_assert_uint_eq(fw_dictionary_find(together, fw_text_of("?")), FW_DICTIONARY_NONE);
    uint32_t last = (uint32_t)fw_dictionary_size(together);
    ck_assert_uint_eq(add(together, "?", 5), last);
    ck_assert_uint_eq(fw_dictionary_find(together, fw_text_of("?")), last);
    fw_dictionary_destroy(single);
    fw_dictionary_destroy(together);
}
END_TEST

START_TEST(test_dictionary_shrinks_and_still_grows)
{
    struct fw_allocator mem;
    fw_allocator_init(&mem, 0);
    struct fw_dictionary *dictionary;
    ck_ok(fw_dictionary_create(&dictionary, &mem, err));
    char text[32];
    for (int i = 0; i < 1100; i++) {
        snprintf(text, sizeof text, "value number %d", i);
        add(dictionary, text, 1);
    }
    size_t before = fw_dictionary_bytes(dictionary);
    fw_dictionary_shrink(dictionary);
    ck_assert_uint_lt(fw_dictionary_bytes(dictionary), before);
    ck_assert_uint_eq(add(dictionary, "another", 1), 1101);
    ck_assert_uint_eq(fw_dictionary_find(dictionary, fw_text_of("value number 77")), 78);
    fw_dictionary_destroy(dictionary);
    ck_assert_uint_eq(mem.used, 0);
}
END_TEST

START_TEST(test_dictionary_survives_each_refused_allocation)
{
    for (int64_t refused = 1;; refused++) {
        struct fw_allocator mem;
        fw_allocator_init(&mem, 0);
        mem.fail_at = refused;
        struct fw_dictionary *dictionary = NULL;
        struct fw_error err;
        enum fw_status status = fw_dictionary_create(&dictionary, &mem, &err);
        char text[32];
        uint32_t code;
        for (int i = 0; i < 300 && status == FW_OK; i++) {
            snprintf(text, sizeof text, "value number %d", i);
            status = fw_dictionary_add(&code, dictionary, fw_text_of(text), 1, &err);
            if (status != FW_OK) /* what was there before is there still */
                ck_assert_int_eq(fw_dictionary_size(dictionary), i + 1);
        }
        fw_dictionary_destroy(dictionary);
        ck_assert_uint_eq(mem.used, 0);
        if (mem.count < refused)
            break;
        ck_assert_int_eq(status, FW_E_NOMEM);
        ck_assert_int_lt(refused, 1000);
    }
}
END_TEST

START_TEST(test_dictionary_knows_missing_markers)
{
    static const char *const more[] = {"-999", "", "n.a."};
    struct fw_missing_set set;
    ck_ok(fw_missing_set_init(&set, more, 3, err));
    static const char *const markers[] = {"",     "?",    "NA",   "N/A", "NaN",  "nan",
                                          "null", "NULL", "None", "\\N", "-999", "n.a."};
    static const char *const values[] = {"0", "na", "NAN", "none", "-99", "n.a", "??", "Null"};
    for (size_t i = 0; i < sizeof markers / sizeof markers[0]; i++)
        ck_assert_msg(fw_missing_set_has(&set, fw_text_of(markers[i])), "%s", markers[i]);
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        ck_assert_msg(!fw_missing_set_has(&set, fw_text_of(values[i])), "%s", values[i]);
    const char *many[51] = {NULL};
    struct fw_error err;
    ck_assert_int_eq(fw_missing_set_init(&set, many, 51, &err), FW_E_ARG);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("dictionary");
    TCase *cases = tcase_create("dictionary");
    tcase_add_test(cases, test_dictionary_numbers_texts_by_first_appearance);
    tcase_add_test(cases, test_dictionary_agrees_with_a_linear_search);
    tcase_add_test(cases, test_dictionary_many_at_once_is_the_same_as_one_by_one);
    tcase_add_test(cases, test_dictionary_shrinks_and_still_grows);
    tcase_add_test(cases, test_dictionary_survives_each_refused_allocation);
    tcase_add_test(cases, test_dictionary_knows_missing_markers);
    suite_add_tcase(suite, cases);
    return suite;
}
