#include "space/synth/task_synth.h"

#include <string.h>

#include "core/json.h"
#include "space/synth/synth_write.h"
#include "space/synth/task_synth_vtable.h"

static const struct fw_task_synth_vtable *const kinds[] = {
    [FW_TASK_SYNTH_MMOE] = &fw_task_synth_mmoe,
    [FW_TASK_SYNTH_TASKS] = &fw_task_synth_tasks,
    [FW_TASK_SYNTH_FUNNEL] = &fw_task_synth_funnel,
    [FW_TASK_SYNTH_EXAMINATION] = &fw_task_synth_examination,
};
enum { n_kinds = sizeof kinds / sizeof *kinds };

const struct fw_task_synth_vtable *fw_task_synth_vtable_of(enum fw_task_synth_kind kind)
{
    return kinds[kind];
}

const char *fw_task_synth_kind_name(enum fw_task_synth_kind kind)
{
    return kinds[kind]->name;
}

bool fw_task_synth_kind_find(enum fw_task_synth_kind *out, const char *name)
{
    for (int k = 0; k < n_kinds; k++) {
        if (strcmp(name, kinds[k]->name) == 0) {
            *out = (enum fw_task_synth_kind)k;
            return true;
        }
    }
    return false;
}

void fw_task_synth_options_init(struct fw_task_synth_options *options, enum fw_task_synth_kind kind)
{
    memset(options, 0, sizeof *options);
    options->kind = kind;
    options->seed = 1;
    fw_task_synth_settings_init(options);
}

/* A kind's model with what it was made from. */
struct table {
    const struct fw_task_synth_vtable *kind;
    struct fw_task_synth_options options;
    struct fw_allocator *mem;
    void *model;
};

static void put_header(struct fw_buffer *out, const void *opaque)
{
    const struct table *table = opaque;
    table->kind->put_header(out, table->model);
    fw_buffer_add(out, "\n", 1);
}

static enum fw_status put_rows(struct fw_buffer *out, const void *opaque, int64_t row, int64_t n, struct fw_error *err)
{
    const struct table *table = opaque;
    return table->kind->put_rows(out, table->model, row, n, err);
}

static enum fw_status truth_of(char **out, const void *opaque, struct fw_error *err)
{
    const struct table *table = opaque;
    cJSON *root = cJSON_CreateObject();
    bool good =
        root != NULL && table->kind->add_truth(root, table->model) && fw_task_synth_settings_add(root, &table->options);
    enum fw_status status =
        good ? fw_json_print(out, root, true, table->mem, err) : fw_error_nomem(err, table->mem, "the truth", 1, 1);
    cJSON_Delete(root);
    return status;
}

static enum fw_status open_source(struct fw_synth_source *out, struct table *table,
                                  const struct fw_task_synth_options *options, struct fw_allocator *mem,
                                  struct fw_error *err)
{
    FW_TRY(fw_task_synth_settings_check(options, err));
    *table = (struct table){.kind = fw_task_synth_vtable_of(options->kind), .options = *options, .mem = mem};
    FW_TRY(table->kind->create(&table->model, options, mem, err));
    *out = (struct fw_synth_source){.model = table,
                                    .rows = options->rows,
                                    .put_header = put_header,
                                    .put_rows = put_rows,
                                    .truth = truth_of,
                                    .progress = options->progress,
                                    .user = options->user,
                                    .mem = mem};
    return FW_OK;
}

enum fw_status fw_task_synth_generate(fw_synth_sink *sink, void *sink_user, char **truth_out,
                                      const struct fw_task_synth_options *options, int threads,
                                      struct fw_allocator *mem, struct fw_error *err)
{
    struct fw_synth_source source;
    struct table table;
    FW_TRY(open_source(&source, &table, options, mem, err));
    enum fw_status status = fw_synth_source_generate(sink, sink_user, truth_out, &source, threads, err);
    table.kind->destroy(table.model);
    return status;
}

enum fw_status fw_task_synth_write(const char *path, const char *truth_path,
                                   const struct fw_task_synth_options *options, int threads, struct fw_allocator *mem,
                                   struct fw_error *err)
{
    struct fw_synth_source source;
    struct table table;
    FW_TRY(open_source(&source, &table, options, mem, err));
    enum fw_status status = fw_synth_source_write(path, truth_path, &source, threads, err);
    table.kind->destroy(table.model);
    return status;
}

enum fw_status fw_task_synth_text(char **data_out, size_t *size_out, char **truth_out,
                                  const struct fw_task_synth_options *options, int threads, struct fw_allocator *mem,
                                  struct fw_error *err)
{
    struct fw_synth_source source;
    struct table table;
    FW_TRY(open_source(&source, &table, options, mem, err));
    enum fw_status status = fw_synth_source_text(data_out, size_out, truth_out, &source, threads, err);
    table.kind->destroy(table.model);
    return status;
}
