#include "space/stream.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "core/hash.h"
#include "core/rng.h"
#include "support/test_main.h"

enum { TEXT_SIZE = 700000, STORED_SIZE = 2 * TEXT_SIZE };

static char text[TEXT_SIZE];

/* Text that compresses to about half, so that the stored bytes span several reads. */
static void make_text(void)
{
    for (size_t i = 0; i < TEXT_SIZE; i++)
        text[i] = "0123456789abcdef,\n"[fw_rng_at(3, 4, i) % 18];
}

static size_t gzip_member(unsigned char *out, const char *data, size_t size)
{
    z_stream stream = {0};
    ck_assert_int_eq(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    stream.next_in = (z_const Bytef *)(uintptr_t)data;
    stream.avail_in = (unsigned)size;
    stream.next_out = out;
    stream.avail_out = STORED_SIZE;
    ck_assert_int_eq(deflate(&stream, Z_FINISH), Z_STREAM_END);
    size_t written = stream.total_out;
    deflateEnd(&stream);
    return written;
}

static size_t zstd_frame(unsigned char *out, const char *data, size_t size)
{
    ZSTD_CCtx *context = ZSTD_createCCtx();
    ck_assert_ptr_nonnull(context);
    ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
    size_t written = ZSTD_compress2(context, out, STORED_SIZE, data, size);
    ck_assert(!ZSTD_isError(written));
    ZSTD_freeCCtx(context);
    return written;
}

/* Reads all of it in pieces; NULL with a message on failure. */
static enum fw_status read_all(char *to, size_t *size_out, const char *stored, size_t stored_size, size_t piece,
                               struct fw_error *err)
{
    enum fw_status status;
    struct fw_stream *stream = NULL;
    size_t n = 0, size = 0;
    FW_TRY_GOTO(fw_stream_open_memory(&stream, "mem.gz", stored, stored_size, NULL, err), done);
    do {
        FW_TRY_GOTO(fw_stream_read(&n, stream, to + size, piece, err), done);
        size += n;
    } while (n == piece);
    ck_assert_int_eq(fw_stream_text_bytes(stream), (int64_t)size);
    ck_assert_int_eq(fw_stream_bytes_done(stream), (int64_t)stored_size);
    ck_assert_int_eq(fw_stream_bytes_total(stream), (int64_t)stored_size);
    ck_assert_uint_eq(fw_stream_fingerprint(stream), fw_hash_bytes(stored, stored_size, 0));
    *size_out = size;
done:
    fw_stream_close(stream);
    return status;
}

static void assert_reads_back(const unsigned char *stored, size_t stored_size, const char *expected, size_t size)
{
    static char back[TEXT_SIZE + 70000];
    static const size_t pieces[] = {65536, 4099, TEXT_SIZE + 1000, 777};
    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
        size_t got = 0;
        ck_ok(read_all(back, &got, (const char *)stored, stored_size, pieces[i], err));
        ck_assert_uint_eq(got, size);
        ck_assert_int_eq(memcmp(back, expected, size), 0);
    }
}

START_TEST(test_stream_reads_plain_gzip_and_zstd)
{
    static unsigned char stored[STORED_SIZE];
    make_text();
    assert_reads_back((const unsigned char *)text, TEXT_SIZE, text, TEXT_SIZE);
    assert_reads_back((const unsigned char *)text, 5, text, 5);
    assert_reads_back((const unsigned char *)text, 0, text, 0);
    assert_reads_back(stored, gzip_member(stored, text, TEXT_SIZE), text, TEXT_SIZE);
    assert_reads_back(stored, zstd_frame(stored, text, TEXT_SIZE), text, TEXT_SIZE);
    assert_reads_back(stored, gzip_member(stored, text, 0), text, 0);
    assert_reads_back(stored, zstd_frame(stored, text, 0), text, 0);
}
END_TEST

START_TEST(test_stream_reads_members_and_frames_in_a_row)
{
    static unsigned char stored[STORED_SIZE];
    make_text();
    size_t n = 0, m = 0;
    for (size_t at = 0; at < TEXT_SIZE; at += 100000)
        n += gzip_member(stored + n, text + at, 100000);
    memset(stored + n, 0, 1000); /* padding, as tapes leave it */
    assert_reads_back(stored, n, text, TEXT_SIZE);
    assert_reads_back(stored, n + 1000, text, TEXT_SIZE);
    memcpy(stored, "\x50\x2a\x4d\x18\x03\0\0\0abc", 11); /* a skippable frame of three bytes */
    m = 11;
    for (size_t at = 0; at < TEXT_SIZE; at += 100000)
        m += zstd_frame(stored + m, text + at, 100000);
    assert_reads_back(stored, m, text, TEXT_SIZE);
}
END_TEST

/* Cut anywhere, it is an error that names the file, never a shorter text. (Cut to fewer than two or four bytes it is
 * some plain text.) */
START_TEST(test_stream_refuses_truncated_data)
{
    static unsigned char stored[STORED_SIZE];
    static char back[TEXT_SIZE];
    make_text();
    for (int kind = 0; kind < 2; kind++) {
        size_t size = kind == 0 ? gzip_member(stored, text, 300) : zstd_frame(stored, text, 300);
        for (size_t cut = 4; cut < size; cut++) {
            struct fw_error err = {0};
            size_t got;
            ck_assert_int_eq(read_all(back, &got, (const char *)stored, cut, 1000, &err), FW_E_INPUT);
            ck_assert_ptr_nonnull(strstr(err.message, "mem.gz"));
        }
    }
}
END_TEST

START_TEST(test_stream_refuses_damaged_data)
{
    static unsigned char stored[STORED_SIZE];
    static char back[TEXT_SIZE + 1000];
    make_text();
    size_t size = gzip_member(stored, text, 5000);
    int refused = 0, tried = 0;
    for (size_t at = 10; at < size; at += 7) {
        stored[at] ^= 0x10;
        struct fw_error damage = {0};
        size_t length = 0;
        enum fw_status status = read_all(back, &length, (const char *)stored, size, 100000, &damage);
        tried++;
        refused += status == FW_E_INPUT && strstr(damage.message, "mem.gz") != NULL;
        if (status == FW_OK) /* a bit that pads the last byte says nothing */
            ck_assert(length == 5000 && memcmp(back, text, 5000) == 0);
        stored[at] ^= 0x10;
    }
    ck_assert_int_ge(refused, tried - 1);
    memcpy(stored + size, "junk", 4);
    struct fw_error err = {0};
    size_t got;
    ck_assert_int_eq(read_all(back, &got, (const char *)stored, size + 4, 100000, &err), FW_E_INPUT);
    size = zstd_frame(stored, text, 5000);
    memset(stored + size / 2, 0xff, 20);
    ck_assert_int_eq(read_all(back, &got, (const char *)stored, size, 100000, &err), FW_E_INPUT);
    ck_assert_ptr_nonnull(strstr(err.message, "damaged"));
}
END_TEST

START_TEST(test_stream_shows_text_before_taking_it)
{
    static unsigned char stored[STORED_SIZE];
    make_text();
    size_t size = gzip_member(stored, text, TEXT_SIZE);
    struct fw_stream *stream;
    struct fw_text shown;
    bool whole;
    static char back[TEXT_SIZE];
    size_t n;
    ck_ok(fw_stream_open_memory(&stream, "m", (const char *)stored, size, NULL, err));
    ck_assert_str_eq(fw_stream_compression(stream), "gzip");
    ck_ok(fw_stream_peek(&shown, &whole, stream, 1000, err));
    ck_assert_uint_eq(shown.length, 1000);
    ck_ok(fw_stream_peek(&shown, &whole, stream, 200000, err));
    ck_assert_mem_eq(shown.data, text, 200000);
    ck_assert(!whole);
    fw_stream_skip(stream, 10);
    ck_ok(fw_stream_read(&n, stream, back, 50000, err));
    ck_assert_uint_eq(n, 50000);
    ck_assert_mem_eq(back, text + 10, 50000);
    ck_ok(fw_stream_peek(&shown, &whole, stream, TEXT_SIZE, err));
    ck_assert(whole);
    ck_assert_uint_eq(shown.length, TEXT_SIZE - 50010);
    ck_ok(fw_stream_read(&n, stream, back, TEXT_SIZE, err));
    ck_assert_uint_eq(n, TEXT_SIZE - 50010);
    ck_assert_mem_eq(back, text + 50010, n);
    ck_ok(fw_stream_read(&n, stream, back, 10, err));
    ck_assert_uint_eq(n, 0);
    fw_stream_close(stream);
    fw_stream_close(NULL);
}
END_TEST

START_TEST(test_stream_refuses_what_is_no_text)
{
    static const struct {
        const char *head;
        const char *words;
    } kinds[] = {{"PK\3\4....", "zip"},
                 {"BZh91AY&SY", "bzip2"},
                 {"\xfd"
                  "7zXZ...",
                  "xz"},
                 {"PAR1\x15...", "Parquet"},
                 {"\xff\xfe"
                  "a.....",
                  "UTF-16"}};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        struct fw_stream *stream = NULL;
        struct fw_error err = {0};
        ck_assert_int_eq(fw_stream_open_memory(&stream, "data.x", kinds[i].head, 8, NULL, &err), FW_E_INPUT);
        ck_assert_ptr_nonnull(strstr(err.message, kinds[i].words));
        ck_assert_ptr_nonnull(strstr(err.message, "data.x"));
        ck_assert_ptr_null(stream);
    }
}
END_TEST

START_TEST(test_stream_opens_paths_and_standard_input)
{
    struct fw_stream *stream = NULL;
    struct fw_error refusal = {0};
    ck_assert_int_eq(fw_stream_open(&stream, "/no/such/file.csv", NULL, &refusal), FW_E_INPUT);
    ck_assert_str_eq(refusal.message, "cannot open '/no/such/file.csv': No such file or directory");
    ck_assert_int_eq(fw_stream_open(&stream, "/tmp", NULL, &refusal), FW_E_INPUT);
    ck_assert_ptr_nonnull(strstr(refusal.message, "directory"));

    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
    ck_assert_int_eq(write(ends[1], "a,b\n", 4), 4);
    close(ends[1]);
    ck_ok(fw_stream_open(&stream, "-", NULL, err));
    char back[10];
    size_t n;
    ck_ok(fw_stream_read(&n, stream, back, sizeof back, err));
    ck_assert_uint_eq(n, 4);
    ck_assert_str_eq(fw_stream_name(stream), "standard input");
    ck_assert_int_eq(fw_stream_bytes_total(stream), 0);
    fw_stream_close(stream);
    ck_assert_int_ge(fcntl(STDIN_FILENO, F_GETFD), 0); /* not ours to close */
}
END_TEST

static int stop_at_third_question(void *user, int64_t done, int64_t total)
{
    ck_assert_int_eq(done, 4);
    ck_assert_int_eq(total, 0);
    return ++*(int *)user == 3;
}

START_TEST(test_stream_stops_waiting_when_told_so)
{
    int ends[2];
    int questions = 0;
    char back[10];
    size_t n;
    struct fw_stream *stream = NULL;
    struct fw_error refusal = {0};
    struct fw_stream_watch watch = {stop_at_third_question, &questions};
    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
    ck_assert_int_eq(write(ends[1], "a,b\n", 4), 4); /* and no more, and the pipe stays open */
    /* the first bytes decide on the compression: here more of them are waited for */
    ck_assert_int_eq(fw_stream_open_watched(&stream, "-", &watch, NULL, &refusal), FW_E_STOPPED);
    ck_assert_int_eq(questions, 3);
    ck_assert_str_eq(refusal.message, "reading 'standard input' was interrupted");
    questions = -1000000;
    ck_assert_int_eq(write(ends[1], "a,b\n", 4), 4);
    close(ends[1]);
    ck_ok(fw_stream_open_watched(&stream, "-", &watch, NULL, err));
    ck_ok(fw_stream_read(&n, stream, back, sizeof back, err));
    ck_assert_uint_eq(n, 4);
    fw_stream_close(stream);
}
END_TEST

START_TEST(test_stream_survives_each_refused_allocation)
{
    static unsigned char stored[STORED_SIZE];
    make_text();
    for (int kind = 0; kind < 2; kind++) {
        size_t size = kind == 0 ? gzip_member(stored, text, 3000) : zstd_frame(stored, text, 3000);
        for (int64_t refused = 1;; refused++) {
            struct fw_allocator mem;
            fw_allocator_init(&mem, 0);
            mem.fail_at = refused;
            struct fw_stream *stream = NULL;
            struct fw_error err = {0};
            char back[4000];
            size_t n = 0;
            enum fw_status status = fw_stream_open_memory(&stream, "m", (const char *)stored, size, &mem, &err);
            if (status == FW_OK)
                status = fw_stream_read(&n, stream, back, sizeof back, &err);
            fw_stream_close(stream);
            ck_assert_uint_eq(mem.used, 0);
            if (mem.count < refused) {
                ck_assert_uint_eq(n, 3000);
                break;
            }
            ck_assert_int_eq(status, FW_E_NOMEM);
        }
    }
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("stream");
    TCase *cases = tcase_create("stream");
    tcase_set_timeout(cases, 60);
    tcase_add_test(cases, test_stream_reads_plain_gzip_and_zstd);
    tcase_add_test(cases, test_stream_reads_members_and_frames_in_a_row);
    tcase_add_test(cases, test_stream_refuses_truncated_data);
    tcase_add_test(cases, test_stream_refuses_damaged_data);
    tcase_add_test(cases, test_stream_shows_text_before_taking_it);
    tcase_add_test(cases, test_stream_refuses_what_is_no_text);
    tcase_add_test(cases, test_stream_opens_paths_and_standard_input);
    tcase_add_test(cases, test_stream_stops_waiting_when_told_so);
    tcase_add_test(cases, test_stream_survives_each_refused_allocation);
    suite_add_tcase(suite, cases);
    return suite;
}
