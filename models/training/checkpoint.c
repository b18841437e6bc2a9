#include "models/training/checkpoint.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/file.h"
#include "core/hash.h"

static const char magic[8] = "\x89"
                             "FWC\r\n\x1a\n";

/* Bytes that are hashed at a time: part of the format, since the hash of a block starts from that of the one before. */
#define BLOCK 65536

#define REMEDY "; name another file, or delete this one to begin anew"

_Static_assert(sizeof(struct fw_checkpoint_place) == 17 * 8, "no padding: the struct is written as it lies in memory");
_Static_assert(sizeof(struct fw_training_epoch) == 3 * 8, "no padding: epochs are written as they lie in memory");

struct fw_checkpoint_file {
    const char *path;
    struct fw_allocator *mem;
    struct fw_outfile out;
    FILE *in;
    int64_t left; /* bytes that are still to be read */
    uint64_t hash;
    size_t used;
    unsigned char block[BLOCK];
};

enum fw_status fw_checkpoint_open(struct fw_checkpoint_file **out, const char *path, struct fw_allocator *mem,
                                  struct fw_error *err)
{
    struct fw_checkpoint_file *file;
    FW_TRY(fw_file_check_writable(path, err));
    FW_ALLOC(file, mem, 1, "a checkpoint", err);
    file->path = path;
    file->mem = mem;
    *out = file;
    return FW_OK;
}

void fw_checkpoint_close(struct fw_checkpoint_file *file)
{
    if (file != NULL)
        fw_free(file->mem, file);
}

/* Labels of some rows: as many at a time as fit into `floats` (FW_DATASET_BLOCK). */
static uint64_t hash_labels(const struct fw_dataset_view *part, int64_t first, int64_t n, float *floats, uint64_t hash)
{
    int64_t tasks = fw_dataset_tasks(part->dataset);
    int64_t most = FW_DATASET_BLOCK / tasks;
    for (int64_t at = first; at < first + n; at += most) {
        int64_t m = first + n - at < most ? first + n - at : most;
        hash = fw_hash_bytes(fw_view_labels(part, at, m, floats), (size_t)(m * tasks) * sizeof *floats, hash);
    }
    return hash;
}

static uint64_t hash_part(const struct fw_model *model, const struct fw_dataset_view *part, uint64_t hash)
{
    const struct fw_dataset *d = part->dataset;
    uint32_t ids[FW_DATASET_BLOCK];
    float floats[FW_DATASET_BLOCK];
    for (int64_t first = 0; first < part->n; first += FW_DATASET_BLOCK) {
        int64_t n = part->n - first < FW_DATASET_BLOCK ? part->n - first : FW_DATASET_BLOCK;
        size_t bytes = (size_t)n * sizeof(float);
        for (int32_t f = 0; f < model->n_fields; f++)
            hash = fw_hash_bytes(fw_view_ids(part, model->fields[f], first, n, ids), (size_t)n * sizeof *ids, hash);
        hash = hash_labels(part, first, n, floats, hash);
        if (d->weights != NULL)
            hash = fw_hash_bytes(fw_view_weights(part, first, n, floats), bytes, hash);
        for (int32_t v = 0; v < d->n_values; v++)
            hash = fw_hash_bytes(fw_view_values(part, v, first, n, floats), bytes, hash);
    }
    return hash;
}

uint64_t fw_checkpoint_data(const struct fw_model *model, const struct fw_row_set *train,
                            const struct fw_row_set *valid)
{
    uint64_t hash = (uint64_t)model->n_fields;
    for (int32_t f = 0; f < model->n_fields; f++)
        hash = fw_hash_combine(hash, (uint64_t)model->n_ids[f]);
    for (int32_t p = 0; p < train->n_parts; p++)
        hash = hash_part(model, &train->parts[p], hash);
    hash = fw_hash_combine(hash, 0);
    for (int32_t p = 0; p < valid->n_parts; p++)
        hash = hash_part(model, &valid->parts[p], hash);
    return hash;
}

/* ---- writing ---- */

static enum fw_status flush(struct fw_checkpoint_file *file, struct fw_error *err)
{
    file->hash = fw_hash_bytes(file->block, file->used, file->hash);
    size_t n = file->used;
    file->used = 0;
    return fw_outfile_write(&file->out, file->block, n, err);
}

static enum fw_status put(struct fw_checkpoint_file *file, const void *data, size_t n, struct fw_error *err)
{
    const unsigned char *next = data;
    while (n > 0) {
        size_t room = BLOCK - file->used;
        size_t now = n < room ? n : room;
        memcpy(file->block + file->used, next, now);
        file->used += now;
        next += now;
        n -= now;
        if (file->used == BLOCK)
            FW_TRY(flush(file, err));
    }
    return FW_OK;
}

static enum fw_status put_u64(struct fw_checkpoint_file *file, uint64_t value, struct fw_error *err)
{
    return put(file, &value, sizeof value, err);
}

static enum fw_status put_text(struct fw_checkpoint_file *file, const char *text, struct fw_error *err)
{
    assert(strlen(text) < FW_CHECKPOINT_TEXT);
    FW_TRY(put_u64(file, strlen(text), err));
    return put(file, text, strlen(text), err);
}

static enum fw_status put_key(struct fw_checkpoint_file *file, const struct fw_checkpoint_key *key, const char *model,
                              struct fw_error *err)
{
    FW_TRY(put_text(file, model, err));
    FW_TRY(put_text(file, key->settings, err));
    FW_TRY(put_text(file, key->options, err));
    FW_TRY(put_text(file, key->metric, err));
    FW_TRY(put_u64(file, key->seed, err));
    FW_TRY(put_u64(file, key->model_seed, err));
    FW_TRY(put_u64(file, (uint64_t)key->train_rows, err));
    FW_TRY(put_u64(file, (uint64_t)key->valid_rows, err));
    return put_u64(file, key->data, err);
}

static enum fw_status put_model(struct fw_checkpoint_file *file, const struct fw_model *model, struct fw_error *err)
{
    struct fw_parameter p;
    struct fw_model_state state;
    FW_TRY(put_u64(file, (uint64_t)fw_model_parameter_count(model), err));
    for (int64_t i = 0; model->vtable->parameter(model->self, i, &p); i++)
        FW_TRY(put(file, p.data, (size_t)(p.rows * p.width) * sizeof *p.data, err));
    for (int64_t i = 0; model->vtable->state != NULL && model->vtable->state(model->self, i, &state); i++) {
        FW_TRY(put_text(file, state.name, err));
        FW_TRY(put_u64(file, state.bytes, err));
        FW_TRY(put(file, state.data, state.bytes, err));
    }
    return FW_OK;
}

static enum fw_status put_all(struct fw_checkpoint_file *file, const struct fw_checkpoint_key *key,
                              const struct fw_checkpoint *c, const struct fw_model *model, struct fw_error *err)
{
    file->used = 0;
    file->hash = FW_CHECKPOINT_VERSION;
    FW_TRY(put(file, magic, sizeof magic, err));
    FW_TRY(put_u64(file, FW_CHECKPOINT_VERSION, err));
    FW_TRY(put_key(file, key, model->vtable->name, err));
    FW_TRY(put(file, &c->place, sizeof c->place, err));
    FW_TRY(put(file, c->curve, (size_t)c->place.n_epochs * sizeof *c->curve, err));
    FW_TRY(put_u64(file, c->memory_bytes, err));
    FW_TRY(put(file, c->memory, c->memory_bytes, err));
    FW_TRY(put_model(file, model, err));
    if (c->place.has_best)
        FW_TRY(put(file, c->best, (size_t)fw_model_parameter_count(model) * sizeof *c->best, err));
    FW_TRY(flush(file, err));
    return fw_outfile_write(&file->out, &file->hash, sizeof file->hash, err);
}

enum fw_status fw_checkpoint_write(struct fw_checkpoint_file *file, const struct fw_checkpoint_key *key,
                                   const struct fw_checkpoint *checkpoint, const struct fw_model *model,
                                   struct fw_error *err)
{
    FW_TRY(fw_outfile_open(&file->out, file->path, err));
    enum fw_status status = put_all(file, key, checkpoint, model, err);
    return fw_outfile_close(&file->out, status, err);
}

/* ---- reading ---- */

static enum fw_status corrupt(const struct fw_checkpoint_file *file, struct fw_error *err)
{
    return fw_error_set(err, FW_E_CORRUPT, "the checkpoint '%s' is damaged" REMEDY, file->path);
}

static enum fw_status get(void *to, size_t n, struct fw_checkpoint_file *file, struct fw_error *err)
{
    if ((int64_t)n > file->left || fread(to, 1, n, file->in) != n)
        return corrupt(file, err);
    file->left -= (int64_t)n;
    return FW_OK;
}

static enum fw_status get_u64(uint64_t *value, struct fw_checkpoint_file *file, struct fw_error *err)
{
    return get(value, sizeof *value, file, err);
}

static enum fw_status get_text(char text[FW_CHECKPOINT_TEXT], struct fw_checkpoint_file *file, struct fw_error *err)
{
    uint64_t length;
    FW_TRY(get_u64(&length, file, err));
    if (length >= FW_CHECKPOINT_TEXT)
        return corrupt(file, err);
    text[length] = '\0';
    return get(text, (size_t)length, file, err);
}

/* Magic, version and checksum; leaves the file behind the version. */
static enum fw_status check_frame(struct fw_checkpoint_file *file, struct fw_error *err)
{
    char start[sizeof magic];
    uint64_t version = 0;
    uint64_t written = 0;
    bool sized = fseek(file->in, 0, SEEK_END) == 0;
    file->left = sized ? (int64_t)ftell(file->in) - 8 : 0;
    rewind(file->in);
    if (file->left < 16 || fread(start, 1, sizeof start, file->in) != sizeof start ||
        memcmp(start, magic, sizeof magic) != 0 || fread(&version, sizeof version, 1, file->in) != 1)
        return fw_error_set(err, FW_E_CORRUPT, "'%s' is no checkpoint, or its beginning is damaged; name another file",
                            file->path);
    if (version != FW_CHECKPOINT_VERSION)
        return fw_error_set(err, FW_E_CORRUPT,
                            "the checkpoint '%s' has version %llu, this program reads version %d" REMEDY, file->path,
                            (unsigned long long)version, FW_CHECKPOINT_VERSION);
    rewind(file->in);
    file->hash = FW_CHECKPOINT_VERSION;
    for (int64_t left = file->left; left >= 0; left -= BLOCK) {
        size_t n = left < BLOCK ? (size_t)left : BLOCK;
        if (fread(file->block, 1, n, file->in) != n)
            return corrupt(file, err);
        file->hash = fw_hash_bytes(file->block, n, file->hash);
    }
    if (fread(&written, sizeof written, 1, file->in) != 1 || written != file->hash)
        return corrupt(file, err);
    file->left -= 16;
    return fseek(file->in, 16, SEEK_SET) == 0 ? FW_OK : corrupt(file, err);
}

/* Settings that differ, the first of them by name. */
static enum fw_status other_settings(const struct fw_checkpoint_file *file, const char *there,
                                     const struct fw_model *model, struct fw_error *err)
{
    struct fw_params params;
    fw_params_init(&params, model->params.table);
    enum fw_status status = fw_params_from_json(&params, there, NULL);
    for (int32_t i = 0; status == FW_OK && params.table[i].name != NULL; i++) {
        const struct fw_param_spec *spec = &params.table[i];
        char was[64];
        char is[64];
        if (params.value[i] == model->params.value[i])
            continue;
        for (int side = 0; side < 2; side++) {
            double value = side == 0 ? params.value[i] : model->params.value[i];
            if (spec->choices != NULL)
                snprintf(side == 0 ? was : is, sizeof was, "%s", spec->choices[(int32_t)value]);
            else
                fw_text_from_double(side == 0 ? was : is, value);
        }
        return fw_error_set(err, FW_E_ARG, "the checkpoint '%s' is of a training with %s=%s, this one has %s=%s" REMEDY,
                            file->path, spec->name, was, spec->name, is);
    }
    return fw_error_set(err, FW_E_ARG, "the checkpoint '%s' is of a training with other settings" REMEDY, file->path);
}

static enum fw_status other_text(const struct fw_checkpoint_file *file, const char *what, const char *there,
                                 const char *here, struct fw_error *err)
{
    return fw_error_set(err, FW_E_ARG, "the checkpoint '%s' is of a training with the %s '%.200s', not '%.200s'" REMEDY,
                        file->path, what, there, here);
}

/* Compares what the file belongs to with this run. */
static enum fw_status check_key(struct fw_checkpoint_file *file, const struct fw_checkpoint_key *key,
                                const struct fw_model *model, struct fw_error *err)
{
    char text[FW_CHECKPOINT_TEXT];
    uint64_t numbers[5];
    FW_TRY(get_text(text, file, err));
    if (strcmp(text, model->vtable->name) != 0)
        return other_text(file, "model", text, model->vtable->name, err);
    FW_TRY(get_text(text, file, err));
    if (strcmp(text, key->settings) != 0)
        return other_settings(file, text, model, err);
    FW_TRY(get_text(text, file, err));
    if (strcmp(text, key->options) != 0)
        return other_text(file, "options", text, key->options, err);
    FW_TRY(get_text(text, file, err));
    if (strcmp(text, key->metric) != 0)
        return other_text(file, "metric", text, key->metric, err);
    FW_TRY(get(numbers, sizeof numbers, file, err));
    for (int i = 0; i < 2; i++) {
        uint64_t here = i == 0 ? key->seed : key->model_seed;
        if (numbers[i] != here)
            return fw_error_set(err, FW_E_ARG, "the checkpoint '%s' is of a training with seed %llu, not %llu" REMEDY,
                                file->path, (unsigned long long)numbers[i], (unsigned long long)here);
    }
    if (numbers[2] != (uint64_t)key->train_rows || numbers[3] != (uint64_t)key->valid_rows)
        return fw_error_set(err, FW_E_ARG,
                            "the checkpoint '%s' is of a training on %lld rows with %lld to judge, not %lld "
                            "and %lld" REMEDY,
                            file->path, (long long)numbers[2], (long long)numbers[3], (long long)key->train_rows,
                            (long long)key->valid_rows);
    if (numbers[4] != key->data)
        return fw_error_set(err, FW_E_ARG,
                            "the checkpoint '%s' is of as many rows, but of other data, another split or another "
                            "plan" REMEDY,
                            file->path);
    return FW_OK;
}

/* Puts parameters and state back. The optimiser follows the parameters first and then gets the state it had. */
static enum fw_status get_model(struct fw_checkpoint_file *file, struct fw_model *model, struct fw_error *err)
{
    struct fw_parameter p;
    struct fw_model_state state;
    char name[FW_CHECKPOINT_TEXT];
    uint64_t n;
    FW_TRY(get_u64(&n, file, err));
    if (n != (uint64_t)fw_model_parameter_count(model))
        return corrupt(file, err);
    for (int64_t i = 0; model->vtable->parameter(model->self, i, &p); i++)
        FW_TRY(get(p.data, (size_t)(p.rows * p.width) * sizeof *p.data, file, err));
    model->vtable->adopt(model->self);
    for (int64_t i = 0; model->vtable->state != NULL && model->vtable->state(model->self, i, &state); i++) {
        FW_TRY(get_text(name, file, err));
        FW_TRY(get_u64(&n, file, err));
        if (n != state.bytes || strcmp(name, state.name) != 0)
            return corrupt(file, err);
        FW_TRY(get(state.data, state.bytes, file, err));
    }
    return FW_OK;
}

static enum fw_status get_all(struct fw_checkpoint *c, struct fw_checkpoint_file *file,
                              const struct fw_checkpoint_key *key, struct fw_model *model, struct fw_error *err)
{
    struct fw_checkpoint_place place;
    uint64_t memory_bytes;
    FW_TRY(check_frame(file, err));
    FW_TRY(check_key(file, key, model, err));
    FW_TRY(get(&place, sizeof place, file, err));
    if (place.phase < 0 || place.phase > 2 || place.epoch < 1 || place.batch < 0 || place.n_epochs < 0 ||
        place.n_epochs > c->most_epochs || place.best_epoch < 0 || place.best_epoch > place.n_epochs || place.end < 0 ||
        place.end > FW_TRAINING_FAILED)
        return corrupt(file, err);
    FW_TRY(get(c->curve, (size_t)place.n_epochs * sizeof *c->curve, file, err));
    FW_TRY(get_u64(&memory_bytes, file, err));
    if (memory_bytes != c->memory_bytes)
        return corrupt(file, err);
    FW_TRY(get(c->memory, c->memory_bytes, file, err));
    FW_TRY(get_model(file, model, err));
    if (place.has_best)
        FW_TRY(get(c->best, (size_t)fw_model_parameter_count(model) * sizeof *c->best, file, err));
    if (file->left != 0)
        return corrupt(file, err);
    c->place = place;
    return FW_OK;
}

enum fw_status fw_checkpoint_read(bool *found_out, struct fw_checkpoint *checkpoint, struct fw_checkpoint_file *file,
                                  const struct fw_checkpoint_key *key, struct fw_model *model, struct fw_error *err)
{
    file->in = fopen(file->path, "rbe");
    if (file->in == NULL && errno == ENOENT) {
        *found_out = false;
        return FW_OK;
    }
    if (file->in == NULL)
        return fw_error_set(err, FW_E_INPUT, "cannot open '%s': %s", file->path, strerror(errno));
    enum fw_status status = get_all(checkpoint, file, key, model, err);
    fclose(file->in);
    file->in = NULL;
    *found_out = status == FW_OK;
    return status;
}
