#include "models/file/model_file.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/bytes.h"
#include "core/file.h"
#include "core/hash.h"
#include "models/registry.h"

static const char magic[8] = "\x89"
                             "FWM\r\n\x1a\n";

#define MAX_MODEL_BYTES (64 * FW_GIB)

void fw_bundle_clear(struct fw_bundle *bundle)
{
    fw_model_destroy(bundle->model);
    fw_encoder_destroy(bundle->encoder);
    fw_plan_destroy(bundle->plan);
    memset(bundle, 0, sizeof *bundle);
}

/* Starts a record whose length is known only at its end. */
static int64_t begin_record(struct fw_buffer *buffer)
{
    fw_bytes_put_u64(buffer, 0);
    return buffer->length;
}

static void end_record(struct fw_buffer *buffer, int64_t start)
{
    uint64_t length = (uint64_t)(buffer->length - start);
    if (!buffer->failed)
        memcpy(buffer->data + start - 8, &length, sizeof length);
}

static void put_parameters(struct fw_buffer *buffer, const struct fw_model *model)
{
    struct fw_parameter p;
    uint32_t count = 0;
    while (model->vtable->parameter(model->self, count, &p))
        count++;
    fw_bytes_put_u32(buffer, count);
    for (uint32_t i = 0; i < count; i++) {
        model->vtable->parameter(model->self, i, &p);
        fw_bytes_put_text(buffer, fw_text_of(p.name));
        fw_bytes_put_u32(buffer, (uint32_t)p.field);
        fw_bytes_put_u64(buffer, (uint64_t)p.rows);
        fw_bytes_put_u64(buffer, (uint64_t)p.width);
        fw_bytes_put_raw(buffer, p.data, (size_t)(p.rows * p.width) * sizeof *p.data);
    }
}

static enum fw_status print_bundle(struct fw_buffer *buffer, const struct fw_bundle *bundle, struct fw_error *err)
{
    char *plan = NULL;
    FW_TRY(fw_plan_print(&plan, bundle->plan, err));
    fw_bytes_put_raw(buffer, magic, sizeof magic);
    fw_bytes_put_u32(buffer, FW_MODEL_FILE_VERSION);
    fw_bytes_put_u32(buffer, 0);
    fw_bytes_put_text(buffer, fw_text_of(plan));
    fw_free(bundle->plan->mem, plan);
    int64_t start = begin_record(buffer);
    fw_encoder_write(bundle->encoder, buffer);
    end_record(buffer, start);
    fw_bytes_put_text(buffer, fw_text_of(bundle->model->vtable->name));
    start = begin_record(buffer);
    fw_params_json(buffer, &bundle->model->params);
    end_record(buffer, start);
    start = begin_record(buffer);
    put_parameters(buffer, bundle->model);
    end_record(buffer, start);
    start = begin_record(buffer);
    fw_bytes_put_f64(buffer, bundle->scale);
    fw_bytes_put_f64(buffer, bundle->shift);
    end_record(buffer, start);
    FW_TRY(fw_buffer_check(buffer, err));
    fw_bytes_put_u64(buffer, fw_hash_bytes(buffer->data, (size_t)buffer->length, FW_MODEL_FILE_VERSION));
    return fw_buffer_check(buffer, err);
}

enum fw_status fw_model_file_save(const struct fw_bundle *bundle, const char *path, int64_t *bytes_out,
                                  uint64_t *checksum_out, struct fw_allocator *mem, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct fw_buffer buffer;
    struct fw_outfile out;
    fw_buffer_init(&buffer, mem);
    FW_TRY_GOTO(print_bundle(&buffer, bundle, err), done);
    FW_TRY_GOTO(fw_outfile_open(&out, path, err), done);
    status = fw_outfile_write(&out, buffer.data, (size_t)buffer.length, err);
    FW_TRY_GOTO(fw_outfile_close(&out, status, err), done);
    if (bytes_out != NULL)
        *bytes_out = buffer.length;
    if (checksum_out != NULL)
        memcpy(checksum_out, buffer.data + buffer.length - 8, sizeof *checksum_out);
done:
    fw_buffer_clear(&buffer);
    return status;
}

static enum fw_status read_parameters(struct fw_model *model, struct fw_bytes_reader *reader, struct fw_error *err)
{
    uint32_t count = 0;
    FW_TRY(fw_bytes_get_u32(&count, reader, err));
    for (uint32_t i = 0; i < count; i++) {
        struct fw_parameter p;
        struct fw_text name;
        uint32_t field = 0;
        uint64_t rows = 0;
        uint64_t width = 0;
        FW_TRY(fw_bytes_get_text(&name, reader, err));
        FW_TRY(fw_bytes_get_u32(&field, reader, err));
        FW_TRY(fw_bytes_get_u64(&rows, reader, err));
        FW_TRY(fw_bytes_get_u64(&width, reader, err));
        if (!model->vtable->parameter(model->self, i, &p) || !fw_text_equal(name, fw_text_of(p.name)) ||
            (int32_t)field != p.field || rows != (uint64_t)p.rows || width != (uint64_t)p.width)
            return fw_bytes_corrupt(reader, err);
        FW_TRY(fw_bytes_get_raw(p.data, (size_t)(p.rows * p.width) * sizeof *p.data, reader, err));
        for (int64_t k = 0; k < p.rows * p.width; k++) {
            if (!isfinite(p.data[k]))
                return fw_bytes_corrupt(reader, err);
        }
    }
    struct fw_parameter extra;
    if (model->vtable->parameter(model->self, count, &extra) || reader->at != reader->size)
        return fw_bytes_corrupt(reader, err);
    model->vtable->adopt(model->self);
    return FW_OK;
}

/* The record's bytes as a reader of their own. */
static enum fw_status next_record(struct fw_bytes_reader *record, struct fw_bytes_reader *reader, struct fw_error *err)
{
    struct fw_text bytes;
    FW_TRY(fw_bytes_get_text(&bytes, reader, err));
    *record = (struct fw_bytes_reader){(const unsigned char *)bytes.data, bytes.length, 0, reader->what};
    return FW_OK;
}

/* What a command could be told to change is damage in a file: it was written from a model that went together. */
static enum fw_status measure(struct fw_model_footprint *out, const struct fw_model_vtable *vtable,
                              const struct fw_model_config *config, const char *what, struct fw_allocator *mem,
                              struct fw_error *err)
{
    struct fw_error detail = {0};
    enum fw_status status = fw_model_measure(out, vtable, config, mem, &detail);
    if (status == FW_OK)
        return FW_OK;
    if (status == FW_E_ARG)
        return fw_error_set(err, FW_E_CORRUPT, "%s is damaged: %s; write the file again", what, detail.message);
    return fw_error_set(err, status, "%s", detail.message);
}

static enum fw_status read_model(struct fw_bundle *bundle, struct fw_bytes_reader *reader, int threads,
                                 struct fw_allocator *mem, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct fw_dataset *fields = NULL;
    struct fw_text name;
    struct fw_text settings;
    struct fw_bytes_reader record;
    struct fw_model_footprint footprint;
    const struct fw_model_vtable *vtable = NULL;
    char *text = NULL;
    FW_TRY(fw_bytes_get_text(&name, reader, err));
    FW_TRY(fw_bytes_get_text(&settings, reader, err));
    text = fw_strndup(mem, name.data, name.length);
    if (text == NULL)
        return fw_error_nomem(err, mem, "a model's name", (int64_t)name.length, 1);
    status = fw_model_find(&vtable, text, err);
    fw_free(mem, text);
    text = NULL;
    if (status != FW_OK)
        return fw_error_set(err, FW_E_CORRUPT, "%s holds a model '%.*s', which this version does not know",
                            reader->what, (int)(name.length < 40 ? name.length : 40), name.data);
    struct fw_params params;
    fw_params_init(&params, vtable->params);
    text = fw_strndup(mem, settings.data, settings.length);
    if (text == NULL)
        return fw_error_nomem(err, mem, "a model's settings", (int64_t)settings.length, 1);
    FW_TRY_GOTO(fw_params_from_json(&params, text, err), done);
    FW_TRY_GOTO(fw_encoder_describe(&fields, bundle->encoder, 0, mem, err), done);
    FW_TRY_GOTO(next_record(&record, reader, err), done);
    struct fw_model_config config = {
        .dataset = fields,
        .params = &params,
        .sizes = bundle->plan->sizes,
        .tasks = bundle->plan->schema->tasks,
        .n_tasks = bundle->plan->schema->n_tasks,
        .routing = bundle->plan->routing,
        .threads = threads,
        .scoring_only = true,
    };
    FW_TRY_GOTO(measure(&footprint, vtable, &config, reader->what, mem, err), done);
    if (footprint.parameters > record.size) { /* before so much is allocated */
        status = fw_bytes_corrupt(&record, err);
        goto done;
    }
    FW_TRY_GOTO(fw_model_create(&bundle->model, vtable, &config, mem, err), done);
    FW_TRY_GOTO(read_parameters(bundle->model, &record, err), done);
done:
    fw_dataset_destroy(fields);
    fw_free(mem, text);
    return status;
}

/* The frame around the records: magic, version, checksum. */
static enum fw_status check_frame(struct fw_bytes_reader *reader, struct fw_error *err)
{
    uint64_t written;
    uint32_t version = 0;
    uint32_t zero = 0;
    if (reader->size < sizeof magic + 16 || memcmp(reader->data, magic, sizeof magic) != 0)
        return fw_error_set(err, FW_E_CORRUPT, "%s is not a fieldwise model, or its beginning is damaged",
                            reader->what);
    memcpy(&version, reader->data + sizeof magic, sizeof version);
    reader->size -= 8;
    memcpy(&written, reader->data + reader->size, sizeof written);
    if (fw_hash_bytes(reader->data, reader->size, version) != written)
        return fw_error_set(err, FW_E_CORRUPT, "%s is damaged: its checksum does not match; copy or train it again",
                            reader->what);
    if (version != FW_MODEL_FILE_VERSION)
        return fw_error_set(err, FW_E_CORRUPT, "%s has version %u; this program reads version %d", reader->what,
                            version, FW_MODEL_FILE_VERSION);
    reader->at = sizeof magic + sizeof version;
    return fw_bytes_get_u32(&zero, reader, err);
}

enum fw_status fw_model_file_parse(struct fw_bundle *out, const char *data, size_t size, const char *what, int threads,
                                   struct fw_allocator *mem, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct fw_bundle bundle = {0};
    struct fw_bytes_reader reader = {(const unsigned char *)data, size, 0, what};
    struct fw_bytes_reader record;
    FW_TRY(check_frame(&reader, err));
    FW_TRY_GOTO(next_record(&record, &reader, err), done);
    FW_TRY_GOTO(fw_plan_parse(&bundle.plan, (const char *)record.data, record.size, what, mem, err), done);
    FW_TRY_GOTO(next_record(&record, &reader, err), done);
    FW_TRY_GOTO(fw_encoder_read(&bundle.encoder, &record, mem, err), done);
    if (bundle.encoder->n_columns != bundle.plan->schema->n_columns || record.at != record.size) {
        status = fw_bytes_corrupt(&record, err);
        goto done;
    }
    FW_TRY_GOTO(read_model(&bundle, &reader, threads, mem, err), done);
    FW_TRY_GOTO(next_record(&record, &reader, err), done);
    FW_TRY_GOTO(fw_bytes_get_f64(&bundle.scale, &record, err), done);
    FW_TRY_GOTO(fw_bytes_get_f64(&bundle.shift, &record, err), done);
    if (!isfinite(bundle.scale) || !isfinite(bundle.shift) || reader.at != reader.size) {
        status = fw_bytes_corrupt(&reader, err);
        goto done;
    }
    *out = bundle;
    memset(&bundle, 0, sizeof bundle);
done:
    fw_bundle_clear(&bundle);
    return status;
}

enum fw_status fw_model_file_load(struct fw_bundle *out, const char *path, int threads, struct fw_allocator *mem,
                                  struct fw_error *err)
{
    char *data = NULL;
    size_t size = 0;
    char what[4200];
    snprintf(what, sizeof what, "the model '%s'", path);
    FW_TRY(fw_file_read(&data, &size, path, MAX_MODEL_BYTES, mem, err));
    enum fw_status status = fw_model_file_parse(out, data, size, what, threads, mem, err);
    fw_free(mem, data);
    return status;
}

/* Refuses what training has used, and says what may be changed. */
static enum fw_status check_scoring(const struct fw_model *model, const struct fw_params *wanted, struct fw_error *err)
{
    const struct fw_param_spec *table = model->vtable->params;
    char known[256] = "";
    int32_t refused = -1;
    int32_t unread = -1;
    for (int32_t i = 0; table[i].name != NULL; i++) {
        size_t used = strlen(known);
        bool changed = wanted->value[i] != model->params.value[i];
        if (table[i].scoring)
            snprintf(known + used, sizeof known - used, "%s%s", used > 0 ? ", " : "", table[i].name);
        else if (refused < 0 && changed)
            refused = i;
        if (table[i].scoring && changed && !fw_params_active(wanted, &table[i]) && unread < 0)
            unread = i;
    }
    if (refused < 0 && unread >= 0)
        return fw_error_set(err, FW_E_ARG, "'%s' would be without effect: it is read with %s only", table[unread].name,
                            table[unread].when);
    if (refused < 0)
        return FW_OK;
    if (known[0] == '\0')
        return fw_error_set(err, FW_E_ARG, "'%s' cannot be changed in a trained model, nor can another setting of %s",
                            table[refused].name, model->vtable->name);
    return fw_error_set(err, FW_E_ARG, "'%s' cannot be changed in a trained model; of %s can: %s", table[refused].name,
                        model->vtable->name, known);
}

/* A model of the same fields and other settings in the place of the bundle's; the old one is freed first, for models
 * are large. */
static enum fw_status remake(struct fw_bundle *bundle, const struct fw_params *params, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct fw_allocator *mem = bundle->model->mem;
    const struct fw_model_vtable *vtable = bundle->model->vtable;
    struct fw_dataset *fields = NULL;
    fw_real *values = NULL;
    FW_TRY_GOTO(fw_encoder_describe(&fields, bundle->encoder, 0, mem, err), done);
    FW_ALLOC_GOTO(values, mem, fw_model_parameter_count(bundle->model), "the parameters of a model", err, done);
    fw_model_get_parameters(bundle->model, values);
    struct fw_model_config config = {.dataset = fields,
                                     .params = params,
                                     .sizes = bundle->plan->sizes,
                                     .tasks = bundle->plan->schema->tasks,
                                     .n_tasks = bundle->plan->schema->n_tasks,
                                     .routing = bundle->plan->routing,
                                     .seed = bundle->model->seed,
                                     .threads = bundle->model->threads,
                                     .scoring_only = true};
    fw_model_destroy(bundle->model);
    bundle->model = NULL;
    FW_TRY_GOTO(fw_model_create(&bundle->model, vtable, &config, mem, err), done);
    fw_model_set_parameters(bundle->model, values);
done:
    fw_free(mem, values);
    fw_dataset_destroy(fields);
    return status;
}

enum fw_status fw_bundle_set(struct fw_bundle *bundle, const char *const *texts, int64_t n, struct fw_error *err)
{
    struct fw_params params = bundle->model->params;
    for (int64_t i = 0; i < n; i++)
        FW_TRY(fw_params_parse(&params, texts[i], err));
    FW_TRY(check_scoring(bundle->model, &params, err));
    return n > 0 ? remake(bundle, &params, err) : FW_OK;
}
