/* The encoder: how the columns of a table become fields of ids, learned once on training rows and then frozen.
 *
 * A categorical column is one field (a vocabulary). A numeric column is one field a granularity (a binning), and a
 * scaled number (a scaling) for models that want numbers. A sequence column ("a|b|c") is one yes/no field for each of
 * its most frequent items and one field for its length. The position, where asked for, is one field behind those of the
 * features. Crosses come after the base fields. The encoder is what a model
 * file carries, so that a raw row is scored as training rows were.
 *
 *     FW_TRY(fw_encoder_learn(&encoder, table, schema, folds, first_train_fold, &options, mem, err));
 *     FW_TRY(fw_dataset_build(&dataset, encoder, sources, 1, n_folds, n_judged, seed, threads, mem, err));
 *
 * Immutable after learning (but for crosses added by the search), then safe to use from many threads. */
#ifndef FW_SPACE_ENCODER_H
#define FW_SPACE_ENCODER_H

#include <stdint.h>

#include "core/alloc.h"
#include "core/bytes.h"
#include "space/binning.h"
#include "space/cross.h"
#include "space/dataset.h"
#include "space/scaling.h"
#include "space/schema.h"
#include "space/table.h"
#include "space/vocabulary.h"

/* The bins of a numeric column as a plan keeps them. */
struct fw_frozen_binning {
    const char *column; /* borrowed */
    int32_t n_granularities;
    int32_t bins[FW_BINNING_MAX_GRANULARITIES];
    double *cuts[FW_BINNING_MAX_GRANULARITIES]; /* rising; borrowed */
    int64_t n_cuts[FW_BINNING_MAX_GRANULARITIES];
};

struct fw_encoder_options {
    enum fw_binning_kind binning;
    int32_t bins[FW_BINNING_MAX_GRANULARITIES]; /* rising */
    int32_t n_granularities;
    int64_t min_count;      /* a text seen less often is unknown; default 2 */
    int64_t max_ids;        /* texts kept in a vocabulary; 0: no limit */
    int32_t sequence_items; /* yes/no fields of a sequence column; default 32 */
    const struct fw_frozen_binning
        *frozen; /* columns whose bins are taken over and not learned; borrowed; may be NULL */
    int32_t n_frozen;
    bool position; /* the schema's position, if it has one, becomes a field too: the last base field, of the kind
                      FW_FIELD_POSITION, with an id for every position of the training rows; false by default. Not part
                      of a plan: who trains a model that reads positions asks for it */
};

enum fw_column_encoding { FW_ENCODE_CATEGORY, FW_ENCODE_NUMBER, FW_ENCODE_SEQUENCE, FW_ENCODE_POSITION };

struct fw_column_encoder {
    enum fw_column_encoding encoding;
    int64_t column;      /* in the schema */
    int32_t first_field; /* its fields are first_field .. first_field + n_fields - 1 */
    int32_t n_fields;
    struct fw_vocabulary
        *vocabulary;           /* categories, positions, or the items of a sequence (an item's rank is its field) */
    struct fw_binning binning; /* numbers */
    struct fw_scaling scaling; /* numbers */
    int32_t value;             /* numbers: the place among the value columns; others: -1 */
};

struct fw_field_info {
    char *name; /* "age@20", "job", "genres~Action" */
    enum fw_field_kind kind;
    int64_t n_ids;
    int64_t column; /* in the schema */
};

struct fw_encoder {
    int64_t n_columns; /* of the schema */
    char separator;    /* of sequences */
    int32_t n_encoders;
    struct fw_column_encoder *columns;
    int32_t n_values; /* numeric columns: scaled numbers a row */
    int32_t n_fields; /* base fields */
    struct fw_field_info *fields;
    int32_t n_crosses;
    struct fw_cross_map **crosses; /* the fields after the base fields, in this order */
    struct fw_allocator *mem;
};

/* Defaults: equal-frequency bins at 20 and 200, min_count 2. */
void fw_encoder_options_init(struct fw_encoder_options *options);

/* Learns vocabularies, bins and scalings of all feature columns from the rows whose fold is at least first_train_fold.
 * columns: (schema columns) where each is in the table; NULL: in the schema's order. FW_E_INPUT when no feature column
 * is left. */
FW_NODISCARD
enum fw_status fw_encoder_learn(struct fw_encoder **out, const struct fw_table *table, const int64_t *columns,
                                const struct fw_schema *schema, const int32_t *folds, int32_t first_train_fold,
                                const struct fw_encoder_options *options, int threads, struct fw_allocator *mem,
                                struct fw_error *err);
void fw_encoder_destroy(struct fw_encoder *encoder); /* NULL is a no-op */

/* Keeps the base fields that are marked and drops the others from encoder and data set. Only granularities of numeric
 * columns may be dropped, at least one a column stays, and there are no crosses yet. */
void fw_encoder_keep_fields(struct fw_encoder *encoder, struct fw_dataset *dataset, const bool *keep);

/* The encoder of the position; NULL: positions are not encoded. The id of a position's text is what
 * fw_column_encoder_encode says (numbers by value: "1.0" is "1"), the text of an id fw_vocabulary_text of its
 * vocabulary. */
const struct fw_column_encoder *fw_encoder_position(const struct fw_encoder *encoder);

/* The numbers that the ids of a position stand for, into a field of the encoder's fields; other fields have none. */
FW_NODISCARD
enum fw_status fw_encoder_number_positions(struct fw_field *field, const struct fw_encoder *encoder,
                                           struct fw_allocator *mem, struct fw_error *err);

/* Index of a base field by name; -1: none. */
int32_t fw_encoder_find_field(const struct fw_encoder *encoder, const char *name);

/* Learns a cross on the data set and appends its field to the data set and its map to the encoder. */
FW_NODISCARD
enum fw_status fw_encoder_add_cross(struct fw_encoder *encoder, struct fw_dataset *dataset,
                                    const struct fw_cross *cross, const struct fw_cross_options *options,
                                    struct fw_error *err);

/* Takes ownership of a map that was learned elsewhere. */
FW_NODISCARD
enum fw_status fw_encoder_adopt_cross(struct fw_encoder *encoder, struct fw_cross_map *map, struct fw_error *err);

/* Encodes one raw row: cells (n_columns of the schema, in its order; those of ignored columns are not looked at) into
 * ids (n_fields + n_crosses) and scaled numbers into values (n_values; NULL: not wanted). A number that cannot be read
 * counts as missing. Never allocates. */
void fw_encoder_encode_row(const struct fw_encoder *encoder, const struct fw_text *cells, uint32_t *ids, float *values);

/* The field ids of one column for one cell into ids (n_fields of the column). missing: the cell is empty or a marker.
 */
void fw_column_encoder_encode(const struct fw_column_encoder *column, char separator, struct fw_text cell, bool missing,
                              uint32_t *ids);

/* Appends a value column of zeros for each numeric column to a data set that has none yet. */
FW_NODISCARD
enum fw_status fw_encoder_append_values(struct fw_dataset *dataset, const struct fw_encoder *encoder,
                                        struct fw_error *err);

/* A data set of n_rows blank rows with the encoder's fields, crosses and value columns: what a model needs to know of
 * them, and room to score single rows in. */
FW_NODISCARD
enum fw_status fw_encoder_describe(struct fw_dataset **out, const struct fw_encoder *encoder, int64_t n_rows,
                                   struct fw_allocator *mem, struct fw_error *err);

void fw_encoder_write(const struct fw_encoder *encoder, struct fw_buffer *buffer);
FW_NODISCARD
enum fw_status fw_encoder_read(struct fw_encoder **out, struct fw_bytes_reader *reader, struct fw_allocator *mem,
                               struct fw_error *err);

#endif
