#include "space/cross.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "space/key_table.h"

struct fw_cross_map {
    struct fw_cross cross;
    enum fw_cross_form form;
    bool exact_key;                     /* the key is the combination itself; else its 64-bit hash */
    uint64_t radix[FW_CROSS_MAX_ORDER]; /* n_ids of each member */
    int64_t n_ids;
    uint32_t *dense;           /* (product of radices) */
    struct fw_key_table table; /* key -> id */
    int32_t bits;              /* hashed: ids are 1 + hash % 2^bits */
    double collision;
    struct fw_allocator *mem;
};

struct fw_cross fw_cross_union(const struct fw_cross *a, const struct fw_cross *b)
{
    struct fw_cross cross = {0};
    int32_t i = 0;
    int32_t j = 0;
    while ((i < a->order || j < b->order) && cross.order < FW_CROSS_MAX_ORDER) {
        int32_t next = i == a->order                 ? b->fields[j]
                       : j == b->order               ? a->fields[i]
                       : a->fields[i] < b->fields[j] ? a->fields[i]
                                                     : b->fields[j];
        i += i < a->order && a->fields[i] == next;
        j += j < b->order && b->fields[j] == next;
        cross.fields[cross.order++] = next;
    }
    return cross;
}

bool fw_cross_equal(const struct fw_cross *a, const struct fw_cross *b)
{
    return a->order == b->order && memcmp(a->fields, b->fields, (size_t)a->order * sizeof a->fields[0]) == 0;
}

void fw_cross_options_init(struct fw_cross_options *options)
{
    *options = (struct fw_cross_options){
        .min_count = 2,
        .dense_limit = INT64_C(1) << 16,
        .dictionary_limit = INT64_C(1) << 22,
        .max_collision = 0.02,
        .max_bits = 26,
    };
}

/* Sets radices and how keys are made; returns the number of possible combinations, or 0 when it is beyond 2^63. */
static uint64_t set_radices(struct fw_cross_map *map)
{
    uint64_t product = 1;
    bool fits = true;
    for (int32_t m = 0; m < map->cross.order; m++)
        fits = fits && !__builtin_mul_overflow(product, map->radix[m], &product) && product < UINT64_C(1) << 63;
    map->exact_key = fits;
    return fits ? product : 0;
}

static inline uint64_t key_of(const struct fw_cross_map *map, const uint32_t *ids, int64_t stride)
{
    uint64_t key = ids[0];
    if (map->exact_key) {
        for (int32_t m = 1; m < map->cross.order; m++)
            key = key * map->radix[m] + ids[m * stride];
        return key;
    }
    for (int32_t m = 1; m < map->cross.order; m++)
        key = fw_hash_combine(key, ids[m * stride]);
    return key >> 1; /* keeps clear of FW_KEY_NONE */
}

/* Keys of rows [row, row + n), n at most FW_DATASET_BLOCK. */
static void read_keys(const struct fw_cross_map *map, const struct fw_dataset *dataset, int64_t row, int64_t n,
                      uint64_t *keys)
{
    uint32_t ids[FW_CROSS_MAX_ORDER * FW_DATASET_BLOCK];
    for (int32_t m = 0; m < map->cross.order; m++) {
        uint32_t *scratch = ids + m * FW_DATASET_BLOCK;
        const uint32_t *from = fw_field_read(&dataset->fields[map->cross.fields[m]], row, n, scratch);
        if (from != scratch)
            memcpy(scratch, from, (size_t)n * sizeof *scratch);
    }
    for (int64_t i = 0; i < n; i++)
        keys[i] = key_of(map, ids + i, FW_DATASET_BLOCK);
}

struct ranked_key {
    uint64_t key;
    uint64_t count;
};

static int compare_ranked(const void *a, const void *b)
{
    const struct ranked_key *x = a;
    const struct ranked_key *y = b;
    if (x->count != y->count)
        return x->count > y->count ? -1 : 1;
    return (x->key > y->key) - (x->key < y->key);
}

/* Counts combinations; stops and says so in *too_many once there are more than the limit. */
static enum fw_status count_keys(struct fw_key_table *counts, bool *too_many, const struct fw_cross_map *map,
                                 const struct fw_dataset *dataset, int64_t limit, struct fw_error *err)
{
    uint64_t keys[FW_DATASET_BLOCK];
    *too_many = false;
    for (int64_t row = fw_dataset_train_start(dataset); row < dataset->n_rows; row += FW_DATASET_BLOCK) {
        int64_t n = dataset->n_rows - row < FW_DATASET_BLOCK ? dataset->n_rows - row : FW_DATASET_BLOCK;
        FW_TRY(fw_key_table_reserve(counts, counts->n_keys + n, err));
        read_keys(map, dataset, row, n, keys);
        for (int64_t i = 0; i < n; i++)
            fw_key_table_add(counts, keys[i])->value++;
        if (counts->n_keys > limit) {
            *too_many = true;
            return FW_OK;
        }
    }
    return FW_OK;
}

static enum fw_status learn_exact(struct fw_cross_map *map, const struct fw_key_table *counts, uint64_t product,
                                  const struct fw_cross_options *options, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct ranked_key *order;
    FW_ALLOC(order, map->mem, counts->n_keys, "the ranking of a cross", err);
    int64_t n = 0;
    for (int64_t s = 0; s < counts->n_slots; s++) {
        if (counts->slots[s].key != FW_KEY_NONE && (int64_t)counts->slots[s].value >= options->min_count)
            order[n++] = (struct ranked_key){counts->slots[s].key, counts->slots[s].value};
    }
    if (n > 0)
        qsort(order, (size_t)n, sizeof *order, compare_ranked);
    map->n_ids = 1 + n;
    if (product > 0 && product <= (uint64_t)options->dense_limit) {
        map->form = FW_CROSS_DENSE;
        FW_ALLOC_GOTO(map->dense, map->mem, (int64_t)product, "the table of a cross", err, done);
        for (int64_t i = 0; i < n; i++)
            map->dense[order[i].key] = (uint32_t)(1 + i);
    } else {
        map->form = FW_CROSS_DICTIONARY;
        FW_TRY_GOTO(fw_key_table_reserve(&map->table, n, err), done);
        for (int64_t i = 0; i < n; i++)
            fw_key_table_add(&map->table, order[i].key)->value = (uint64_t)(1 + i);
    }
done:
    fw_free(map->mem, order);
    return status;
}

/* The number of distinct keys, by linear counting on a bitmap of 2^26 bits (Whang et al. 1990): a few parts in a
 * thousand at the sizes at which crosses are hashed. */
static enum fw_status estimate_distinct(double *distinct, const struct fw_cross_map *map,
                                        const struct fw_dataset *dataset, struct fw_error *err)
{
    const int bits = 26;
    uint64_t *bitmap;
    uint64_t keys[FW_DATASET_BLOCK];
    FW_ALLOC(bitmap, map->mem, INT64_C(1) << (bits - 6), "counting combinations", err);
    for (int64_t row = fw_dataset_train_start(dataset); row < dataset->n_rows; row += FW_DATASET_BLOCK) {
        int64_t n = dataset->n_rows - row < FW_DATASET_BLOCK ? dataset->n_rows - row : FW_DATASET_BLOCK;
        read_keys(map, dataset, row, n, keys);
        for (int64_t i = 0; i < n; i++) {
            uint64_t h = fw_hash_u64(keys[i]) >> (64 - bits);
            bitmap[h >> 6] |= UINT64_C(1) << (h & 63);
        }
    }
    int64_t set = 0;
    for (int64_t w = 0; w < INT64_C(1) << (bits - 6); w++)
        set += __builtin_popcountll(bitmap[w]);
    fw_free(map->mem, bitmap);
    double slots = (double)(INT64_C(1) << bits);
    double empty = slots - (double)set > 1 ? slots - (double)set : 1;
    *distinct = -slots * log(empty / slots);
    return FW_OK;
}

static enum fw_status learn_hashed(struct fw_cross_map *map, const struct fw_dataset *dataset,
                                   const struct fw_cross_options *options, struct fw_error *err)
{
    double distinct;
    FW_TRY(estimate_distinct(&distinct, map, dataset, err));
    map->form = FW_CROSS_HASHED;
    for (map->bits = 10; map->bits < options->max_bits; map->bits++) {
        if (distinct / (double)(INT64_C(1) << map->bits) <= options->max_collision)
            break;
    }
    map->n_ids = 1 + (INT64_C(1) << map->bits);
    map->collision = 1 - exp(-distinct / (double)(INT64_C(1) << map->bits));
    return FW_OK;
}

enum fw_status fw_cross_map_learn(struct fw_cross_map **out, const struct fw_dataset *dataset,
                                  const struct fw_cross *cross, const struct fw_cross_options *options,
                                  struct fw_allocator *mem, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct fw_cross_map *map;
    struct fw_key_table counts;
    bool too_many;
    FW_ALLOC(map, mem, 1, "a cross", err);
    fw_key_table_init(&counts, mem);
    map->cross = *cross;
    map->mem = mem;
    fw_key_table_init(&map->table, mem);
    for (int32_t m = 0; m < cross->order; m++)
        map->radix[m] = (uint64_t)dataset->fields[cross->fields[m]].n_ids;
    uint64_t product = set_radices(map);
    FW_TRY_GOTO(count_keys(&counts, &too_many, map, dataset, options->dictionary_limit, err), done);
    if (too_many) {
        fw_key_table_clear(&counts);
        FW_TRY_GOTO(learn_hashed(map, dataset, options, err), done);
    } else {
        FW_TRY_GOTO(learn_exact(map, &counts, product, options, err), done);
    }
    *out = map;
    map = NULL;
done:
    fw_key_table_clear(&counts);
    fw_cross_map_destroy(map);
    return status;
}

void fw_cross_map_destroy(struct fw_cross_map *map)
{
    if (map == NULL)
        return;
    fw_free(map->mem, map->dense);
    fw_key_table_clear(&map->table);
    fw_free(map->mem, map);
}

int64_t fw_cross_map_size(const struct fw_cross_map *map)
{
    return map->n_ids;
}

enum fw_cross_form fw_cross_map_form(const struct fw_cross_map *map)
{
    return map->form;
}

double fw_cross_map_collision(const struct fw_cross_map *map)
{
    return map->collision;
}

bool fw_cross_map_has_exact_keys(const struct fw_cross_map *map)
{
    return map->exact_key;
}

int32_t fw_cross_map_bits(const struct fw_cross_map *map)
{
    return map->bits;
}

/* The keys in the order of ids, to an address of any alignment. */
static void put_keys(char *to, const struct fw_cross_map *map)
{
    uint64_t product = map->form == FW_CROSS_DENSE ? 1 : 0;
    for (int32_t m = 0; m < map->cross.order; m++)
        product *= map->radix[m];
    for (uint64_t key = 0; key < product; key++) {
        if (map->dense[key] > 0)
            memcpy(to + (size_t)(map->dense[key] - 1) * sizeof key, &key, sizeof key);
    }
    for (int64_t s = 0; s < map->table.n_slots; s++) {
        const struct fw_key_slot *slot = &map->table.slots[s];
        if (slot->key != FW_KEY_NONE)
            memcpy(to + (size_t)(slot->value - 1) * sizeof slot->key, &slot->key, sizeof slot->key);
    }
}

void fw_cross_map_keys(const struct fw_cross_map *map, uint64_t *keys)
{
    put_keys((char *)keys, map);
}

const struct fw_cross *fw_cross_map_cross(const struct fw_cross_map *map)
{
    return &map->cross;
}

static inline uint32_t id_of_key(const struct fw_cross_map *map, uint64_t key)
{
    if (map->form == FW_CROSS_DENSE)
        return map->dense[key];
    if (map->form == FW_CROSS_HASHED)
        return 1 + (uint32_t)(fw_hash_u64(key) >> (64 - map->bits));
    const struct fw_key_slot *slot = fw_key_table_find(&map->table, key);
    return slot != NULL ? (uint32_t)slot->value : FW_ID_UNKNOWN;
}

uint32_t fw_cross_map_id(const struct fw_cross_map *map, const uint32_t *ids)
{
    return id_of_key(map, key_of(map, ids, 1));
}

enum fw_status fw_cross_name(char **out, const struct fw_cross *cross, const struct fw_dataset *dataset,
                             struct fw_allocator *mem, struct fw_error *err)
{
    struct fw_buffer name;
    fw_buffer_init(&name, mem);
    for (int32_t m = 0; m < cross->order; m++) {
        fw_buffer_add_text(&name, m > 0 ? " x " : "");
        fw_buffer_add_text(&name, dataset->fields[cross->fields[m]].name);
    }
    enum fw_status status = fw_buffer_check(&name, err);
    if (status != FW_OK) {
        fw_buffer_clear(&name);
        return status;
    }
    *out = name.data;
    return FW_OK;
}

enum fw_status fw_cross_map_apply(struct fw_field *out, const struct fw_cross_map *map,
                                  const struct fw_dataset *dataset, struct fw_allocator *mem, struct fw_error *err)
{
    char *name;
    FW_TRY(fw_cross_name(&name, &map->cross, dataset, mem, err));
    enum fw_status status = fw_field_init(out, name, map->n_ids, dataset->n_rows, mem, err);
    fw_free(mem, name);
    FW_TRY(status);
    out->kind = FW_FIELD_CROSS;
    uint64_t keys[FW_DATASET_BLOCK];
    uint32_t ids[FW_DATASET_BLOCK];
    for (int64_t row = 0; row < dataset->n_rows; row += FW_DATASET_BLOCK) {
        int64_t n = dataset->n_rows - row < FW_DATASET_BLOCK ? dataset->n_rows - row : FW_DATASET_BLOCK;
        read_keys(map, dataset, row, n, keys);
        for (int64_t i = 0; i < n; i++)
            ids[i] = id_of_key(map, keys[i]);
        fw_field_write(out, row, n, ids);
    }
    return FW_OK;
}

void fw_cross_map_write(const struct fw_cross_map *map, struct fw_buffer *buffer)
{
    fw_bytes_put_u32(buffer, (uint32_t)map->cross.order);
    for (int32_t m = 0; m < map->cross.order; m++) {
        fw_bytes_put_u32(buffer, (uint32_t)map->cross.fields[m]);
        fw_bytes_put_u64(buffer, map->radix[m]);
    }
    fw_bytes_put_u32(buffer, (uint32_t)map->form);
    fw_bytes_put_u32(buffer, (uint32_t)map->bits);
    fw_bytes_put_f64(buffer, map->collision);
    fw_bytes_put_u64(buffer, (uint64_t)map->n_ids);
    if (map->form == FW_CROSS_HASHED)
        return;
    /* exact forms are written as their combinations in the order of ids: small, and independent of slots */
    fw_bytes_put_u64(buffer, (uint64_t)map->n_ids - 1);
    int64_t start = buffer->length;
    for (int64_t i = 1; i < map->n_ids; i++)
        fw_bytes_put_u64(buffer, 0);
    if (!buffer->failed)
        put_keys(buffer->data + start, map);
}

/* Puts the combinations back; each must be possible and appear once. */
static enum fw_status read_exact(struct fw_cross_map *map, uint64_t product, struct fw_bytes_reader *reader,
                                 struct fw_error *err)
{
    int64_t n;
    FW_TRY(fw_bytes_get_count(&n, sizeof(uint64_t), reader, err));
    if (n != map->n_ids - 1)
        return fw_bytes_corrupt(reader, err);
    if (map->form == FW_CROSS_DENSE) {
        if (product == 0 || product > UINT64_C(1) << 28)
            return fw_bytes_corrupt(reader, err);
        FW_ALLOC(map->dense, map->mem, (int64_t)product, "the table of a cross", err);
    } else {
        FW_TRY(fw_key_table_reserve(&map->table, n, err));
    }
    for (int64_t i = 0; i < n; i++) {
        uint64_t key = 0;
        FW_TRY(fw_bytes_get_u64(&key, reader, err));
        if (key == FW_KEY_NONE || (map->exact_key && key >= product))
            return fw_bytes_corrupt(reader, err);
        if (map->form == FW_CROSS_DENSE) {
            if (map->dense[key] != 0)
                return fw_bytes_corrupt(reader, err);
            map->dense[key] = (uint32_t)(1 + i);
        } else {
            struct fw_key_slot *slot = fw_key_table_add(&map->table, key);
            if (slot == NULL || slot->value != 0)
                return fw_bytes_corrupt(reader, err);
            slot->value = (uint64_t)(1 + i);
        }
    }
    return FW_OK;
}

static enum fw_status read_head(struct fw_cross_map *map, const int64_t *field_ids, int32_t n_fields,
                                struct fw_bytes_reader *reader, struct fw_error *err)
{
    uint32_t order = 0;
    uint32_t form = 0;
    uint32_t bits = 0;
    uint64_t n_ids = 0;
    FW_TRY(fw_bytes_get_u32(&order, reader, err));
    if (order < 2 || order > FW_CROSS_MAX_ORDER)
        return fw_bytes_corrupt(reader, err);
    map->cross.order = (int32_t)order;
    for (uint32_t m = 0; m < order; m++) {
        uint32_t field = 0;
        FW_TRY(fw_bytes_get_u32(&field, reader, err));
        FW_TRY(fw_bytes_get_u64(&map->radix[m], reader, err));
        if (field >= (uint32_t)n_fields || (m > 0 && (int32_t)field <= map->cross.fields[m - 1]) ||
            map->radix[m] != (uint64_t)field_ids[field])
            return fw_bytes_corrupt(reader, err);
        map->cross.fields[m] = (int32_t)field;
    }
    FW_TRY(fw_bytes_get_u32(&form, reader, err));
    FW_TRY(fw_bytes_get_u32(&bits, reader, err));
    FW_TRY(fw_bytes_get_f64(&map->collision, reader, err));
    FW_TRY(fw_bytes_get_u64(&n_ids, reader, err));
    bool hashed = form == FW_CROSS_HASHED;
    if (form > FW_CROSS_HASHED || n_ids < 1 || n_ids > UINT32_MAX || (hashed && (bits < 1 || bits > 31)) ||
        (hashed && n_ids != 1 + (UINT64_C(1) << bits)))
        return fw_bytes_corrupt(reader, err);
    map->form = (enum fw_cross_form)form;
    map->bits = (int32_t)bits;
    map->n_ids = (int64_t)n_ids;
    return FW_OK;
}

enum fw_status fw_cross_map_read(struct fw_cross_map **out, const int64_t *n_ids, int32_t n_fields,
                                 struct fw_bytes_reader *reader, struct fw_allocator *mem, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct fw_cross_map *map;
    FW_ALLOC(map, mem, 1, "a cross", err);
    map->mem = mem;
    fw_key_table_init(&map->table, mem);
    FW_TRY_GOTO(read_head(map, n_ids, n_fields, reader, err), done);
    uint64_t product = set_radices(map);
    if (map->form != FW_CROSS_HASHED)
        FW_TRY_GOTO(read_exact(map, product, reader, err), done);
    *out = map;
    map = NULL;
done:
    fw_cross_map_destroy(map);
    return status;
}
