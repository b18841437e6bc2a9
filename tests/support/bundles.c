#include "support/bundles.h"

#include "models/file/scorer.h"
#include "space/training_data.h"
#include "support/fitting.h"
#include "support/mixed_sizes.h"
#include "support/schemas.h"
#include "support/test_main.h"

struct fw_table *bundle_make(struct fw_bundle *bundle, struct fw_allocator *mem)
{
    return bundle_make_with(bundle, "lr", "optimiser=newton", mem);
}

struct fw_table *bundle_make_with(struct fw_bundle *bundle, const char *model, const char *settings,
                                  struct fw_allocator *mem)
{
    return bundle_make_sized(bundle, model, settings, 0, 0, mem);
}

struct fw_table *bundle_make_sized(struct fw_bundle *bundle, const char *model, const char *settings, int32_t dim,
                                   int32_t first, struct fw_allocator *mem)
{
    struct fw_buffer text;
    fw_buffer_init(&text, NULL);
    fw_buffer_add_text(&text, "y,colour,size,tags\n");
    for (int i = 0; i < bundle_rows; i++)
        fw_buffer_addf(&text, "%d,c%d,%d,%s\n", (i * 7 % 13) < 6, i % 5, i % 17, i % 3 ? "a|b" : "b|c");
    struct fw_table *table = table_of(text.data, NULL);
    fw_buffer_clear(&text);
    struct fw_schema_options options;
    const char *const sequences[] = {"tags"};
    fw_schema_options_init(&options);
    options.labels = NAMES("y");
    options.sequence = (struct fw_name_list){sequences, 1};
    struct fw_schema *schema = schema_of(table, &options);
    struct fw_training_data data;
    struct fw_split_options split;
    struct fw_encoder_options encoding;
    struct fw_cross_options crossing;
    fw_split_options_init(&split);
    fw_encoder_options_init(&encoding);
    fw_cross_options_init(&crossing);
    ck_ok(fw_training_data_build(&data, table, NULL, NULL, NULL, schema, &split, &encoding, true, 1, mem, err));
    struct fw_cross cross = {2, {0, 1}};
    ck_ok(fw_encoder_add_cross(data.encoder, data.dataset, &cross, &crossing, err));
    struct fw_row_set all = fw_row_set_all(data.dataset);
    *bundle = (struct fw_bundle){.encoder = data.encoder, .scale = 1};
    struct fw_embedding_sizes *sizes = dim > 0 ? mixed_sizes(data.dataset, dim, first) : NULL;
    struct fw_plan_sizing sizing = {.memory = 4096};
    bundle->model = fitting_create_sized(model, settings, data.dataset, sizes, 1, mem);
    if (bundle->model->vtable->start != NULL)
        ck_ok(bundle->model->vtable->start(bundle->model->self, &all, NULL, err));
    fitting_epoch(bundle->model, &all);
    ck_ok(fw_plan_create(&bundle->plan, schema, mem, err));
    ck_ok(fw_plan_freeze_bins(bundle->plan, data.encoder, err));
    ck_ok(fw_plan_set_sizes(bundle->plan, sizes, &sizing, err));
    fw_embedding_sizes_destroy(sizes);
    fw_dataset_destroy(data.dataset);
    return table;
}

void bundle_score(float *logits, const struct fw_bundle *bundle, const struct fw_table *table)
{
    int64_t columns[4] = {0, 1, 2, 3};
    ck_ok(fw_score_table(logits, bundle, table, columns, 1, NULL, err));
}
