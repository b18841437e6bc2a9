#include <cjson/cJSON.h>
#include <math.h>
#include <string.h>

#include "models/file/export.h"
#include "models/file/scorer.h"
#include "support/bundles.h"
#include "support/scratch.h"
#include "support/test_main.h"
#include "support/zip_reader.h"

static enum fw_status write_file(const char *path, const struct fw_bundle *bundle, enum fw_export_format format,
                                 struct fw_allocator *mem, struct fw_error *err)
{
    struct fw_outfile out;
    FW_TRY(fw_outfile_open(&out, path, err));
    return fw_outfile_close(&out, fw_export_write(&out, bundle, format, mem, err), err);
}

static char *export(size_t *size, const struct fw_bundle *bundle, enum fw_export_format format)
{
    char *bytes = NULL;
    const char *path = scratch_path("export");
    ck_ok(write_file(path, bundle, format, NULL, err));
    ck_ok(fw_file_read(&bytes, size, path, 64 * FW_MIB, NULL, err));
    return bytes;
}

static const cJSON *member(const cJSON *object, const char *name)
{
    const cJSON *found = cJSON_GetObjectItemCaseSensitive(object, name);
    ck_assert_msg(found != NULL, "there is no '%s'", name);
    return found;
}

static const char *text(const cJSON *object, const char *name)
{
    const char *value = member(object, name)->valuestring;
    ck_assert_ptr_nonnull(value);
    return value;
}

/* The fields of the bundle's table, worked out by hand: colours c0 to c4 come 80 times each, in this order; sizes 0 to
 * 16; items b, a, c by falling frequency. */
static void check_fields(const cJSON *fields, const struct fw_bundle *bundle)
{
    static const char *const names[] = {"colour", "size@20", "tags~length",     "tags~b",
                                        "tags~a", "tags~c",  "colour x size@20"};
    static const char *const kinds[] = {"category", "bins", "length", "item", "item", "item", "cross"};
    static const int ids[] = {7, 19, 23, 4, 4, 4, 86};
    ck_assert_int_eq(cJSON_GetArraySize(fields), 7);
    for (int f = 0; f < 7; f++) {
        const cJSON *field = cJSON_GetArrayItem(fields, f);
        ck_assert_str_eq(text(field, "name"), names[f]);
        ck_assert_str_eq(text(field, "kind"), kinds[f]);
        ck_assert_int_eq(member(field, "ids")->valueint, ids[f]);
    }
    const cJSON *colours = member(cJSON_GetArrayItem(fields, 0), "vocabulary");
    ck_assert_int_eq(cJSON_GetArraySize(colours), 5);
    ck_assert_str_eq(cJSON_GetArrayItem(colours, 4)->valuestring, "c4");
    const cJSON *cuts = member(cJSON_GetArrayItem(fields, 1), "cuts");
    ck_assert_int_eq(cJSON_GetArraySize(cuts), 16);
    for (int i = 0; i < 16; i++) /* between two sizes */
        ck_assert(cJSON_GetArrayItem(cuts, i)->valuedouble >= i && cJSON_GetArrayItem(cuts, i)->valuedouble < i + 1);
    ck_assert_str_eq(text(cJSON_GetArrayItem(fields, 5), "item"), "c");
    const cJSON *cross = cJSON_GetArrayItem(fields, 6);
    ck_assert_int_eq(cJSON_GetArrayItem(member(cross, "members"), 1)->valueint, 1);
    ck_assert(cJSON_IsTrue(member(cross, "exact_keys")));
    const cJSON *combinations = member(cross, "combinations");
    if (!cJSON_IsArray(combinations))
        return; /* an archive has them as an array */
    ck_assert_int_eq(cJSON_GetArraySize(combinations), 85);
    for (int i = 0; i < 85; i++) {
        const cJSON *pair = cJSON_GetArrayItem(combinations, i);
        const uint32_t members[2] = {(uint32_t)cJSON_GetArrayItem(pair, 0)->valueint,
                                     (uint32_t)cJSON_GetArrayItem(pair, 1)->valueint};
        ck_assert_uint_eq(fw_cross_map_id(bundle->encoder->crosses[0], members), (uint32_t)i + 1);
    }
}

static void check_document(const cJSON *json, const struct fw_bundle *bundle)
{
    ck_assert_str_eq(text(json, "format"), "fieldwise export");
    ck_assert_int_eq(member(json, "version")->valueint, FW_EXPORT_VERSION);
    ck_assert_str_eq(text(json, "model"), "lr");
    ck_assert_str_eq(text(member(json, "settings"), "optimiser"), "newton");
    ck_assert_double_eq(member(member(json, "calibration"), "scale")->valuedouble, 0.8);
    ck_assert_double_eq(member(member(json, "calibration"), "shift")->valuedouble, -0.1);
    ck_assert_str_eq(text(member(json, "plan"), "format"), "fieldwise plan");
    check_fields(member(json, "fields"), bundle);
    const cJSON *numbers = member(json, "numbers");
    const struct fw_scaling *scaling = &bundle->encoder->columns[1].scaling;
    ck_assert_int_eq(cJSON_GetArraySize(numbers), 1);
    ck_assert_str_eq(text(cJSON_GetArrayItem(numbers, 0), "column"), "size");
    ck_assert_double_eq(member(cJSON_GetArrayItem(numbers, 0), "mean")->valuedouble, scaling->mean);
    ck_assert_double_eq(member(cJSON_GetArrayItem(numbers, 0), "scale")->valuedouble, scaling->scale);
    ck_assert_int_eq(cJSON_GetArraySize(member(json, "parameters")), 8);
}

static const char *const arrays[] = {
    "bias",          "weight/colour", "weight/size@20", "weight/tags~length",
    "weight/tags~b", "weight/tags~a", "weight/tags~c",  "weight/colour x size@20",
};

START_TEST(test_export_json_holds_every_number_exactly)
{
    struct fw_bundle bundle;
    struct fw_table *table = bundle_make(&bundle, NULL);
    struct fw_parameter p;
    size_t size;
    bundle.scale = 0.8;
    bundle.shift = -0.1;
    bundle.model->vtable->parameter(bundle.model->self, 1, &p);
    p.data[2] = 0.1F; /* not what a double 0.1 is */
    p.data[3] = 1e-40F;
    p.data[4] = -3.4028235e38F;
    p.data[5] = 16777216;
    char *bytes = export(&size, &bundle, FW_EXPORT_JSON);
    cJSON *json = cJSON_ParseWithLength(bytes, size);
    ck_assert_ptr_nonnull(json);
    check_document(json, &bundle);
    ck_assert_ptr_nonnull(strstr(bytes, ", 0.1, 1e-40, -3.4028235e+38, 16777216"));
    for (int i = 0; bundle.model->vtable->parameter(bundle.model->self, i, &p); i++) {
        const cJSON *parameter = cJSON_GetArrayItem(member(json, "parameters"), i);
        const cJSON *data = member(parameter, "data");
        ck_assert_str_eq(text(parameter, "name"), arrays[i]);
        ck_assert_int_eq(cJSON_GetArrayItem(member(parameter, "shape"), 0)->valueint, p.rows);
        ck_assert_int_eq(cJSON_GetArrayItem(member(parameter, "shape"), 1)->valueint, 1);
        if (i > 0)
            ck_assert_int_eq(member(parameter, "field")->valueint, i - 1);
        ck_assert_int_eq(cJSON_GetArraySize(data), p.rows);
        int64_t at = 0;
        const cJSON *value;
        cJSON_ArrayForEach(value, data) ck_assert_float_eq((float)value->valuedouble, p.data[at++]);
    }
    cJSON_Delete(json);
    fw_free(NULL, bytes);
    fw_bundle_clear(&bundle);
    fw_table_destroy(table);
}
END_TEST

START_TEST(test_export_npz_holds_the_arrays_and_the_rest_as_json)
{
    struct fw_bundle bundle;
    struct fw_table *table = bundle_make(&bundle, NULL);
    struct zip_archive archive;
    struct fw_parameter p;
    size_t size;
    bundle.scale = 0.8;
    bundle.shift = -0.1;
    char *bytes = export(&size, &bundle, FW_EXPORT_NPZ);
    zip_read(&archive, (const unsigned char *)bytes, size, 0);
    ck_assert_int_eq(archive.n, 1 + 8 + 1);
    struct npy_array meta = npy_read(&archive, "meta");
    ck_assert_str_eq(meta.descr, "|u1");
    cJSON *json = cJSON_ParseWithLength(meta.data, (size_t)meta.shape[0]);
    ck_assert_ptr_nonnull(json);
    check_document(json, &bundle);
    for (int i = 0; bundle.model->vtable->parameter(bundle.model->self, i, &p); i++) {
        struct npy_array array = npy_read(&archive, arrays[i]);
        const cJSON *parameter = cJSON_GetArrayItem(member(json, "parameters"), i);
        ck_assert_str_eq(text(parameter, "name"), arrays[i]);
        ck_assert_str_eq(array.descr, "<f4");
        ck_assert_int_eq(array.n_dims, 2);
        ck_assert_int_eq(array.shape[0], p.rows);
        ck_assert_int_eq(array.shape[1], p.width);
        ck_assert_mem_eq(array.data, p.data, (size_t)p.rows * sizeof(float));
    }
    struct npy_array pairs = npy_read(&archive, "combinations/colour x size@20");
    ck_assert_str_eq(pairs.descr, "<u4");
    ck_assert_int_eq(pairs.shape[0], 85);
    for (uint32_t i = 0; i < 85; i++) {
        uint32_t members[2];
        memcpy(members, (const char *)pairs.data + 8 * (size_t)i, sizeof members);
        ck_assert_uint_eq(fw_cross_map_id(bundle.encoder->crosses[0], members), i + 1);
    }
    cJSON_Delete(json);
    fw_free(NULL, bytes);
    fw_bundle_clear(&bundle);
    fw_table_destroy(table);
}
END_TEST

/* ---- sized embeddings ---- */

/* The rows of an array by its name in the document, with a shape and data; fails when there is none. */
static const cJSON *array_of(const cJSON *json, const char *name)
{
    const cJSON *parameter;
    const cJSON *found = NULL;
    cJSON_ArrayForEach(parameter, member(json, "parameters"))
    {
        if (strcmp(text(parameter, "name"), name) != 0)
            continue;
        ck_assert_msg(found == NULL, "two arrays are named '%s'", name);
        found = parameter;
    }
    ck_assert_msg(found != NULL, "there is no array '%s'", name);
    return found;
}

static double shape_of(const cJSON *parameter, int axis)
{
    return cJSON_GetArrayItem(member(parameter, "shape"), axis)->valuedouble;
}

/* The strips of one input: their arrays are there, of the shapes that the strips say; returns their bytes. */
static int64_t check_strips(const cJSON *json, const cJSON *input, int dim)
{
    int64_t bytes = 0;
    const cJSON *strip;
    bool projected = cJSON_IsTrue(member(input, "projected"));
    cJSON_ArrayForEach(strip, member(input, "strips"))
    {
        const cJSON *table = array_of(json, text(strip, "array"));
        int ids = member(strip, "ids")->valueint;
        int width = member(strip, "width")->valueint;
        ck_assert_double_eq(shape_of(table, 0), ids);
        ck_assert_double_eq(shape_of(table, 1), width);
        bytes += 4 * ids * width;
        ck_assert_int_eq(cJSON_HasObjectItem(strip, "projection"), projected);
        if (!projected)
            continue;
        const cJSON *matrix = array_of(json, text(strip, "projection"));
        ck_assert_double_eq(shape_of(matrix, 0), width);
        ck_assert_double_eq(shape_of(matrix, 1), dim);
        bytes += 4 * width * dim;
    }
    return bytes;
}

/* All inputs with a vector in the order of fields and numbers, none that was dropped. */
static void check_embeddings(const cJSON *json, const struct fw_bundle *bundle)
{
    const struct fw_embedding_sizes *sizes = bundle->plan->sizes;
    const cJSON *embeddings = member(json, "embeddings");
    const cJSON *inputs = member(embeddings, "inputs");
    int at = 0;
    int64_t bytes = 0;
    ck_assert_int_eq(member(embeddings, "dim")->valueint, 5);
    ck_assert_int_eq(member(embeddings, "behind")->valueint, 0);
    for (int32_t i = 0; i < sizes->n; i++) {
        const struct fw_embedding_size *size = &sizes->items[i];
        if (size->n_strips == 0)
            continue;
        const cJSON *input = cJSON_GetArrayItem(inputs, at++);
        ck_assert_str_eq(text(input, "input"), size->input);
        ck_assert_int_eq(cJSON_GetArraySize(member(input, "strips")), size->n_strips);
        ck_assert_int_eq(member(input, i < 7 ? "field" : "number")->valueint, i < 7 ? i : i - 7);
        bytes += check_strips(json, input, sizes->dim);
    }
    ck_assert_int_eq(cJSON_GetArraySize(inputs), at);
    ck_assert_int_eq(bytes, fw_embedding_sizes_bytes(sizes));
    ck_assert_int_eq(cJSON_GetArraySize(member(member(member(json, "plan"), "embeddings"), "inputs")), sizes->n);
}

START_TEST(test_export_says_how_sized_embeddings_are_made)
{
    struct fw_bundle bundle;
    struct zip_archive archive;
    size_t size;
    struct fw_table *table =
        bundle_make_sized(&bundle, "deepfm", "dim=5,batch=50,linear=learned,layers=1,units=3", 5, _i, NULL);
    char *bytes = export(&size, &bundle, FW_EXPORT_JSON);
    cJSON *json = cJSON_ParseWithLength(bytes, size);
    ck_assert_ptr_nonnull(json);
    check_embeddings(json, &bundle);
    fw_free(NULL, bytes);
    bytes = export(&size, &bundle, FW_EXPORT_NPZ);
    zip_read(&archive, (const unsigned char *)bytes, size, 0);
    struct npy_array meta = npy_read(&archive, "meta");
    cJSON *small = cJSON_ParseWithLength(meta.data, (size_t)meta.shape[0]);
    ck_assert_ptr_nonnull(small);
    ck_assert(cJSON_Compare(member(json, "embeddings"), member(small, "embeddings"), true));
    const cJSON *strip =
        cJSON_GetArrayItem(member(cJSON_GetArrayItem(member(member(small, "embeddings"), "inputs"), 0), "strips"), 0);
    struct npy_array array = npy_read(&archive, text(strip, "array"));
    ck_assert_int_eq(array.shape[0], member(strip, "ids")->valueint);
    cJSON_Delete(small);
    cJSON_Delete(json);
    fw_free(NULL, bytes);
    fw_bundle_clear(&bundle);
    fw_table_destroy(table);
}
END_TEST

/* Neither a network without sizes nor logistic regression, which does not use those of its plan. */
START_TEST(test_export_without_sized_embeddings_does_not_speak_of_them)
{
    struct fw_bundle bundle;
    size_t size;
    struct fw_table *table = _i == 0 ? bundle_make_with(&bundle, "fm", "dim=5,batch=50", NULL)
                                     : bundle_make_sized(&bundle, "lr", "optimiser=newton", 5, 0, NULL);
    char *bytes = export(&size, &bundle, FW_EXPORT_JSON);
    cJSON *json = cJSON_ParseWithLength(bytes, size);
    ck_assert_ptr_nonnull(json);
    ck_assert(!cJSON_HasObjectItem(json, "embeddings"));
    cJSON_Delete(json);
    fw_free(NULL, bytes);
    fw_bundle_clear(&bundle);
    fw_table_destroy(table);
}
END_TEST

/* Equal names get numbers, bytes that are no UTF-8 are written out. */
START_TEST(test_export_names_of_arrays_are_unique_and_valid)
{
    struct fw_bundle bundle;
    struct fw_table *table = bundle_make(&bundle, NULL);
    size_t size;
    strcpy(bundle.encoder->fields[4].name, bundle.encoder->fields[3].name); /* two times tags~b */
    strcpy(bundle.encoder->fields[1].name, "s\xe9ize");
    char *bytes = export(&size, &bundle, FW_EXPORT_JSON);
    ck_assert_ptr_nonnull(strstr(bytes, "{\"name\": \"weight/tags~b#2\", \"kind\": \"weight\", \"field\": 4,"));
    ck_assert_ptr_nonnull(strstr(bytes, "{\"name\": \"weight/s\\\\xE9ize\", \"kind\": \"weight\", \"field\": 1,"));
    ck_assert_ptr_nonnull(strstr(bytes, "{\"name\": \"s\\udce9ize\", \"ids\": 19"));
    fw_free(NULL, bytes);
    fw_bundle_clear(&bundle);
    fw_table_destroy(table);
}
END_TEST

START_TEST(test_export_refuses_what_is_not_finite_and_survives_refused_memory)
{
    struct fw_bundle bundle;
    struct fw_table *table = bundle_make(&bundle, NULL);
    struct fw_error error = {0};
    const char *path = scratch_path("export");
    for (int format = FW_EXPORT_JSON; format <= FW_EXPORT_NPZ; format++) {
        for (int64_t refused = 1;; refused++) {
            struct fw_allocator mem;
            fw_allocator_init(&mem, 0);
            mem.fail_at = refused;
            enum fw_status status = write_file(path, &bundle, (enum fw_export_format)format, &mem, &error);
            ck_assert_uint_eq(mem.used, 0);
            if (status == FW_OK)
                break;
            ck_assert_int_eq(status, FW_E_NOMEM);
        }
    }
    struct fw_parameter p;
    bundle.model->vtable->parameter(bundle.model->self, 2, &p);
    p.data[1] = NAN;
    ck_assert_int_eq(write_file(path, &bundle, FW_EXPORT_JSON, NULL, &error), FW_E_NUMERIC);
    ck_assert_ptr_nonnull(strstr(error.message, "weight"));
    fw_bundle_clear(&bundle);
    fw_table_destroy(table);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("export");
    TCase *cases = tcase_create("export");
    tcase_add_checked_fixture(cases, scratch_make, scratch_remove);
    tcase_set_timeout(cases, 60);
    tcase_add_test(cases, test_export_json_holds_every_number_exactly);
    tcase_add_test(cases, test_export_npz_holds_the_arrays_and_the_rest_as_json);
    tcase_add_loop_test(cases, test_export_says_how_sized_embeddings_are_made, 0, 4);
    tcase_add_loop_test(cases, test_export_without_sized_embeddings_does_not_speak_of_them, 0, 2);
    tcase_add_test(cases, test_export_names_of_arrays_are_unique_and_valid);
    tcase_add_test(cases, test_export_refuses_what_is_not_finite_and_survives_refused_memory);
    suite_add_tcase(suite, cases);
    return suite;
}
