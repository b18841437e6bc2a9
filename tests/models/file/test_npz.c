#include <stdio.h>
#include <string.h>

#include "models/file/npz.h"
#include "support/scratch.h"
#include "support/test_main.h"
#include "support/zip_reader.h"

static const float weights[6] = {0.5F, -1, 2, 3e-30F, 4, 5};
static const uint32_t ids[3] = {7, 8, 9};

/* Three arrays, one of them empty, with ZIP64 forms from a size on. */
static enum fw_status write_arrays(const char *path, uint64_t zip64_from, struct fw_allocator *mem,
                                   struct fw_error *err)
{
    struct fw_outfile out;
    struct fw_npz npz;
    FW_TRY(fw_outfile_open(&out, path, err));
    fw_npz_init(&npz, &out, mem);
    npz.zip64_from = zip64_from;
    enum fw_status status =
        fw_npz_add(&npz, fw_text_of("weight/Zürich"), FW_NPZ_F32, (int64_t[]){2, 3}, 2, weights, err);
    if (status == FW_OK)
        status = fw_npz_add(&npz, fw_text_of("none"), FW_NPZ_F64, (int64_t[]){0, 4, 2}, 3, NULL, err);
    if (status == FW_OK)
        status = fw_npz_add(&npz, fw_text_of("ids"), FW_NPZ_U32, (int64_t[]){3}, 1, ids, err);
    if (status == FW_OK)
        status = fw_npz_finish(&npz, err);
    fw_npz_clear(&npz);
    return fw_outfile_close(&out, status, err);
}

START_TEST(test_npz_arrays_come_back_in_plain_and_in_zip64_form)
{
    /* sizes are at least 128 bytes; offsets pass 300 after the first entries */
    static const uint64_t from[] = {UINT32_MAX, 1, 130, 300};
    for (int i = 0; i < 4; i++) {
        struct zip_archive archive;
        char *bytes = NULL;
        size_t size = 0;
        const char *path = scratch_path("a.npz");
        ck_ok(write_arrays(path, from[i], NULL, err));
        ck_ok(fw_file_read(&bytes, &size, path, FW_MIB, NULL, err));
        zip_read(&archive, (const unsigned char *)bytes, size, i > 0);
        ck_assert_int_eq(archive.n, 3);
        struct npy_array array = npy_read(&archive, "weight/Zürich");
        ck_assert_str_eq(array.descr, "<f4");
        ck_assert_int_eq(array.n_dims, 2);
        ck_assert_int_eq(array.shape[0], 2);
        ck_assert_int_eq(array.shape[1], 3);
        ck_assert_mem_eq(array.data, weights, sizeof weights);
        array = npy_read(&archive, "none");
        ck_assert_str_eq(array.descr, "<f8");
        ck_assert_int_eq(array.n_dims, 3);
        ck_assert_int_eq(array.shape[0], 0);
        array = npy_read(&archive, "ids");
        ck_assert_str_eq(array.descr, "<u4");
        ck_assert_int_eq(array.n_dims, 1);
        ck_assert_mem_eq(array.data, ids, sizeof ids);
        fw_free(NULL, bytes);
    }
}
END_TEST

START_TEST(test_npz_survives_each_refused_allocation)
{
    for (int64_t refused = 1;; refused++) {
        struct fw_allocator mem;
        struct fw_error error = {0};
        fw_allocator_init(&mem, 0);
        mem.fail_at = refused;
        enum fw_status status = write_arrays(scratch_path("b.npz"), UINT32_MAX, &mem, &error);
        ck_assert_uint_eq(mem.used, 0);
        if (status == FW_OK)
            break;
        ck_assert_int_eq(status, FW_E_NOMEM);
        ck_assert_ptr_null(fopen(scratch_path("b.npz"), "rb"));
    }
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("npz");
    TCase *cases = tcase_create("npz");
    tcase_add_checked_fixture(cases, scratch_make, scratch_remove);
    tcase_add_test(cases, test_npz_arrays_come_back_in_plain_and_in_zip64_form);
    tcase_add_test(cases, test_npz_survives_each_refused_allocation);
    suite_add_tcase(suite, cases);
    return suite;
}
