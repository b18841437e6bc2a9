/* Any bytes as a checkpoint: either the training stands where it says, or a message. The checksum is put right first.
 * The first byte chooses the model and whether the bytes are a whole file, or what follows the true head of one: what
 * it belongs to, which a mutation would seldom leave as it is. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/hash.h"
#include "models/registry.h"
#include "models/training/checkpoint.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { EPOCHS = 4, BLOCK = 65536 };

static const struct {
    const char *model;
    const char *settings;
} kinds[] = {{"lr", "optimiser=adagrad,batch=4"}, {"fm", "dim=2,batch=4"}};

static char path[64];

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void remove_file(void)
{
    unlink(path);
}

static void name_file(void)
{
    if (path[0] != '\0')
        return;
    snprintf(path, sizeof path, "/tmp/fuzz-checkpoint-%d", (int)getpid());
    atexit(remove_file);
}

static struct fw_model *make_model(int kind, struct fw_allocator *mem)
{
    struct fw_field fields[2] = {{.name = "a", .n_ids = 3}, {.name = "b", .n_ids = 5}};
    struct fw_dataset dataset = {.n_fields = 2, .fields = fields};
    const struct fw_model_vtable *vtable;
    struct fw_params params;
    struct fw_model *model;
    require(fw_model_find(&vtable, kinds[kind].model, NULL) == FW_OK);
    fw_params_init(&params, vtable->params);
    require(fw_params_parse(&params, kinds[kind].settings, NULL) == FW_OK);
    struct fw_model_config config = {.dataset = &dataset, .params = &params, .seed = 1, .threads = 1};
    require(fw_model_create(&model, vtable, &config, mem, NULL) == FW_OK);
    return model;
}

static void append(FILE *file, const void *bytes, size_t n)
{
    require(n == 0 || fwrite(bytes, 1, n, file) == n);
}

static void append_text(FILE *file, const char *text)
{
    uint64_t length = strlen(text);
    append(file, &length, sizeof length);
    append(file, text, (size_t)length);
}

/* All that comes before the place: as checkpoint.c writes it. */
static void append_head(FILE *file, const struct fw_checkpoint_key *key, const char *model)
{
    uint64_t version = FW_CHECKPOINT_VERSION;
    uint64_t numbers[5] = {key->seed, key->model_seed, (uint64_t)key->train_rows, (uint64_t)key->valid_rows, key->data};
    append(file,
           "\x89"
           "FWC\r\n\x1a\n",
           8);
    append(file, &version, sizeof version);
    append_text(file, model);
    append_text(file, key->settings);
    append_text(file, key->options);
    append_text(file, key->metric);
    append(file, numbers, sizeof numbers);
}

static void write_file(const struct fw_checkpoint_key *key, const char *model, bool headless, const uint8_t *data,
                       size_t size)
{
    char *bytes = NULL;
    size_t length = 0;
    uint64_t hash = FW_CHECKPOINT_VERSION;
    FILE *memory = open_memstream(&bytes, &length);
    require(memory != NULL);
    if (headless)
        append_head(memory, key, model);
    append(memory, data, size);
    require(fclose(memory) == 0);
    for (size_t at = 0; at <= length; at += BLOCK)
        hash = fw_hash_bytes(bytes + at, length - at < BLOCK ? length - at : BLOCK, hash);
    FILE *file = fopen(path, "wb");
    require(file != NULL);
    append(file, bytes, length);
    append(file, &hash, sizeof hash);
    require(fclose(file) == 0);
    free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return 0;
    struct fw_error err = {0};
    struct fw_allocator mem;
    struct fw_buffer settings;
    struct fw_checkpoint_file *file;
    struct fw_training_epoch curve[EPOCHS];
    unsigned char memory[16];
    bool found = false;
    fw_allocator_init(&mem, 64 * FW_MIB);
    fw_buffer_init(&settings, &mem);
    name_file();
    struct fw_model *model = make_model((data[0] >> 1) & 1, &mem);
    float *best = fw_alloc_array(&mem, fw_model_parameter_count(model), sizeof *best);
    require(best != NULL);
    fw_params_json(&settings, &model->params);
    struct fw_checkpoint_key key = {.settings = settings.data, .options = "o", .metric = "m", .seed = 1};
    struct fw_checkpoint checkpoint = {
        .curve = curve, .most_epochs = EPOCHS, .best = best, .memory = memory, .memory_bytes = sizeof memory};
    write_file(&key, model->vtable->name, (data[0] & 1) != 0, data + 1, size - 1);
    require(fw_checkpoint_open(&file, path, &mem, &err) == FW_OK);
    enum fw_status status = fw_checkpoint_read(&found, &checkpoint, file, &key, model, &err);
    require(found == (status == FW_OK) && (found || err.message[0] != '\0'));
    require(!found || checkpoint.place.n_epochs <= EPOCHS);
    fw_checkpoint_close(file);
    fw_free(&mem, best);
    fw_buffer_clear(&settings);
    fw_model_destroy(model);
    require(mem.used == 0);
    return 0;
}
