/* The plan: the one document that searches write and trainers read. JSON, versioned, for people too.
 *
 * It holds what the columns are (schema), how the file is read, how columns become fields (bins are kept as cut points,
 * so that a field means the same wherever the plan goes; vocabularies are learned anew by a trainer on its rows), the
 * crosses by field names with their measured gains, the embedding sizes and the routing of several tasks if they were
 * searched, and where each decision came from.
 *
 * A checksum covers everything else in the document, so that damage is seen; whoever edits a plan on purpose deletes
 * that line. */
#ifndef FW_SPACE_PLAN_H
#define FW_SPACE_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "core/alloc.h"
#include "space/embedding_sizes.h"
#include "space/encoder.h"
#include "space/schema.h"
#include "space/table.h"
#include "space/topology.h"

#define FW_PLAN_VERSION 1

struct fw_plan_cross {
    int32_t order;
    char *fields[FW_CROSS_MAX_ORDER]; /* names of base fields, in the order of the fields */
    double gain;                      /* in the objective, when it was accepted */
    double gain_low, gain_high;       /* its interval */
    double objective;                 /* of the set with this cross */
    int64_t trial;                    /* its number in the study; 0: unknown */
};

/* Where the plan's decisions came from. Texts may be NULL. */
struct fw_plan_origin {
    char *command; /* "cross" */
    char *driver;
    char *objective;
    char *store;
    int64_t study; /* 0: none */
    uint64_t seed;
    char *data;
    uint64_t data_fingerprint;
    int64_t rows;
    double base; /* objective without crosses */
};

/* Where the embedding sizes came from. Numbers are 0 to 2^50. */
struct fw_plan_sizing {
    int64_t memory;       /* bytes that the embeddings were to keep to; 0: no limit */
    char *model;          /* "deepfm": whose embeddings they are; NULL: unknown */
    char *metric;         /* what `quality` is measured in; NULL: not measured */
    double quality;       /* of the model fitted with these sizes; finite */
    int64_t study, trial; /* 0: none, unknown */
};

/* Where the routing came from. Numbers are 0 to 2^50. */
struct fw_plan_route {
    double lambda;        /* price of an open connection in the loss; from 0 up */
    int64_t memory;       /* bytes that the network was to keep to; 0: no limit */
    char *metric;         /* what `quality` is measured in; NULL: not measured */
    double quality;       /* of the model fitted with this routing; finite */
    int64_t study, trial; /* 0: none, unknown */
};

struct fw_plan {
    struct fw_table_dialect dialect; /* format, delimiter, quote, header */
    char **missing;                  /* (n_missing) further missing markers; owned */
    int64_t n_missing;
    struct fw_schema *schema;          /* owned */
    struct fw_encoder_options encoder; /* its frozen bins are owned by the plan */
    int32_t n_crosses;
    struct fw_plan_cross *crosses;
    struct fw_embedding_sizes *sizes; /* owned; NULL: not sized, models choose */
    struct fw_plan_sizing sizing;     /* owned texts; zeros without sizes */
    struct fw_routing *routing;       /* owned; of as many tasks as the schema has; NULL: none */
    struct fw_plan_route route;       /* owned text; zeros without a routing */
    struct fw_plan_origin origin;
    struct fw_allocator *mem;
};

/* An empty plan; takes ownership of the schema on success. */
FW_NODISCARD
enum fw_status fw_plan_create(struct fw_plan **out, struct fw_schema *schema, struct fw_allocator *mem,
                              struct fw_error *err);
void fw_plan_destroy(struct fw_plan *plan); /* NULL is a no-op */

/* Freezes the bins of an encoder into the plan, under the names of the schema's columns. */
FW_NODISCARD
enum fw_status fw_plan_freeze_bins(struct fw_plan *plan, const struct fw_encoder *encoder, struct fw_error *err);

/* Adds a cross by the names of its fields (copied). */
FW_NODISCARD
enum fw_status fw_plan_add_cross(struct fw_plan *plan, const struct fw_plan_cross *cross, struct fw_error *err);

/* Replaces the plan's embedding sizes and where they came from (both copied); sizes NULL: the plan is not sized, sizing
 * is not read. FW_E_ARG: sizes that fw_embedding_sizes_check refuses, numbers of the sizing out of range; then the plan
 * keeps what it had. */
FW_NODISCARD
enum fw_status fw_plan_set_sizes(struct fw_plan *plan, const struct fw_embedding_sizes *sizes,
                                 const struct fw_plan_sizing *sizing, struct fw_error *err);

/* Replaces the plan's routing and where it came from (both copied); routing NULL: none, route is not read. Gates are
 * kept to six significant digits, which is how the document shows them. FW_E_ARG: a topology that fw_topology_check
 * refuses or that is of other tasks than the schema, gates outside [0, 1], a task that no open path leads to, numbers
 * of the route out of range; then the plan keeps what it had. */
FW_NODISCARD
enum fw_status fw_plan_set_routing(struct fw_plan *plan, const struct fw_routing *routing,
                                   const struct fw_plan_route *route, struct fw_error *err);

/* Adds a further missing marker (copied). */
FW_NODISCARD
enum fw_status fw_plan_add_missing(struct fw_plan *plan, const char *text, struct fw_error *err);

/* Replaces an owned text of the plan's origin by a copy; NULL clears it. */
FW_NODISCARD
enum fw_status fw_plan_set_text(struct fw_plan *plan, char **text, const char *value, struct fw_error *err);

/* The plan's crosses as crosses over an encoder's fields; crosses: (n_crosses). FW_E_CORRUPT naming a field that the
 * encoder has not. */
FW_NODISCARD
enum fw_status fw_plan_resolve_crosses(struct fw_cross *crosses, const struct fw_plan *plan,
                                       const struct fw_encoder *encoder, struct fw_error *err);

/* The document as text (owned by the caller, fw_free) and back. `what` names it in messages. */
FW_NODISCARD
enum fw_status fw_plan_print(char **out, const struct fw_plan *plan, struct fw_error *err);
FW_NODISCARD
enum fw_status fw_plan_parse(struct fw_plan **out, const char *text, size_t size, const char *what,
                             struct fw_allocator *mem, struct fw_error *err);

/* To and from a file; the file appears whole or not at all. */
FW_NODISCARD
enum fw_status fw_plan_save(const struct fw_plan *plan, const char *path, struct fw_error *err);
FW_NODISCARD
enum fw_status fw_plan_load(struct fw_plan **out, const char *path, struct fw_allocator *mem, struct fw_error *err);

#endif
