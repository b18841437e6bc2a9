/* Crosses of fields: c_{i,j,..} = vec(f_i (x) f_j (x) ...), one id for each combination of the members' ids
 * (AutoCross, section 1).
 *
 * A cross is defined by its base fields, ascending, so that AB x C and A x BC are one cross. A cross map, learned on
 * training rows, leads from a combination to an id in falling frequency; combinations seen less often than `min_count`
 * share id 0 (unknown). Three forms, chosen by the data:
 *   - dense: a table over all combinations, where their number is small;
 *   - dictionary: a hash table of the exact combinations seen; no collisions;
 *   - hashed: beyond `dictionary_limit` combinations only; the number of buckets is chosen so that the expected share
 * of combinations that meet another one stays below `max_collision`, as far as memory allows; it is reported. */
#ifndef FW_SPACE_CROSS_H
#define FW_SPACE_CROSS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/alloc.h"
#include "core/bytes.h"
#include "space/dataset.h"

#define FW_CROSS_MAX_ORDER 8

struct fw_cross {
    int32_t order;
    int32_t fields[FW_CROSS_MAX_ORDER]; /* indices of base fields, ascending */
};

/* The cross of two crosses (or single fields, order 1): the union of their fields. */
struct fw_cross fw_cross_union(const struct fw_cross *a, const struct fw_cross *b);
bool fw_cross_equal(const struct fw_cross *a, const struct fw_cross *b);

struct fw_cross_options {
    int64_t min_count;        /* training rows; default 2 */
    int64_t dense_limit;      /* combinations in a dense table; default 2^16 */
    int64_t dictionary_limit; /* combinations held exactly; default 2^22 */
    double max_collision;     /* of the hashed form; default 0.02 */
    int32_t max_bits;         /* of the hashed form; default 26 */
};

void fw_cross_options_init(struct fw_cross_options *options);

enum fw_cross_form { FW_CROSS_DENSE, FW_CROSS_DICTIONARY, FW_CROSS_HASHED };

struct fw_cross_map;

/* Learns the map of a cross from the training rows (fw_dataset_train_start) of a data set whose first fields are the
 * base fields. */
FW_NODISCARD
enum fw_status fw_cross_map_learn(struct fw_cross_map **out, const struct fw_dataset *dataset,
                                  const struct fw_cross *cross, const struct fw_cross_options *options,
                                  struct fw_allocator *mem, struct fw_error *err);
void fw_cross_map_destroy(struct fw_cross_map *map); /* NULL is a no-op */

/* Number of ids, the unknown one included. */
int64_t fw_cross_map_size(const struct fw_cross_map *map);
enum fw_cross_form fw_cross_map_form(const struct fw_cross_map *map);

/* Expected share of combinations that share a bucket with another; 0 for the exact forms. */
double fw_cross_map_collision(const struct fw_cross_map *map);

/* The id of a combination; ids: (order) of the base fields in ascending order of field. Never allocates. */
uint32_t fw_cross_map_id(const struct fw_cross_map *map, const uint32_t *ids);

/* The ids of all rows of a data set as a new field, named by the members' names joined by " x ". */
FW_NODISCARD
enum fw_status fw_cross_map_apply(struct fw_field *out, const struct fw_cross_map *map,
                                  const struct fw_dataset *dataset, struct fw_allocator *mem, struct fw_error *err);

/* The name of a cross: the members' names joined by " x "; the text is the caller's. */
FW_NODISCARD
enum fw_status fw_cross_name(char **out, const struct fw_cross *cross, const struct fw_dataset *dataset,
                             struct fw_allocator *mem, struct fw_error *err);

/* How a combination is told apart from others. Exact: by its key, the number whose digits are the members' ids, each in
 * the base of its field's n_ids, the first member's highest. From 2^63 possible combinations on by a 63-bit hash of the
 * ids. False means the latter. */
bool fw_cross_map_has_exact_keys(const struct fw_cross_map *map);

/* Dense and dictionary: the keys of ids 1, 2, .. into keys (n_ids - 1). */
void fw_cross_map_keys(const struct fw_cross_map *map, uint64_t *keys);

/* Hashed: ids are 1 + the upper so many bits of fw_hash_u64(key). */
int32_t fw_cross_map_bits(const struct fw_cross_map *map);

const struct fw_cross *fw_cross_map_cross(const struct fw_cross_map *map);

void fw_cross_map_write(const struct fw_cross_map *map, struct fw_buffer *buffer);
/* n_ids: (n_fields) ids of each base field. A member beyond them, or of another size, is damage: the ids of its field
 * would not fit the map. */
FW_NODISCARD
enum fw_status fw_cross_map_read(struct fw_cross_map **out, const int64_t *n_ids, int32_t n_fields,
                                 struct fw_bytes_reader *reader, struct fw_allocator *mem, struct fw_error *err);

#endif
