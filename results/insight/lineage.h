/* Where a plan or a model file came from: which study and trial of a store chose each of its parts, and whether the
 * store still agrees.
 *
 * A file is known by its checksum, so it may have been moved and renamed. A part names its study and trial in the plan;
 * a store is believed to hold that very study only when data, driver and figure agree, since studies are numbered from
 * 1 in every store.
 *
 *     struct fw_lineage_file file = {.path = path, .bytes = size, .checksum = hash, .plan = plan};
 *     FW_TRY(fw_lineage_trace(&lineage, store, &file, err));
 *     lineage.parts[i].study, lineage.studies.rows[k].command      // in the order in which they are to be run
 *     fw_lineage_clear(&lineage); */
#ifndef FW_RESULTS_LINEAGE_H
#define FW_RESULTS_LINEAGE_H

#include "results/query/query.h"
#include "space/plan.h"

/* The file in question. Texts and plan are borrowed. */
struct fw_lineage_file {
    const char *path;
    int64_t bytes;
    uint64_t checksum;          /* XXH3 of the file, as artifacts have it */
    const struct fw_plan *plan; /* its own, or the one inside of a model */
    const char *model;          /* name of the model; NULL: the file is a plan */
    const char *settings;       /* of the model, JSON */
};

struct fw_lineage_part {
    const char *part;  /* "file", "cross", "embedding sizes", "routing", "settings" */
    const char *what;  /* "age@10 x occupation"; may be NULL */
    int64_t study;     /* its id in this store; 0: this store does not know */
    int64_t trial;     /* its number; 0: none */
    const char *state; /* "as written", or what is wrong and what can be done */
};

struct fw_lineage {
    struct fw_lineage_part *parts;
    int64_t n_parts, capacity;
    struct fw_study_list studies; /* those of the parts, each once, by start; nothing is counted in them */
    struct fw_text_pool texts;
};

/* On failure there is nothing to clear. FW_E_NOMEM, or as store.h says. */
FW_NODISCARD
enum fw_status fw_lineage_trace(struct fw_lineage *out, struct fw_store *store, const struct fw_lineage_file *file,
                                struct fw_error *err);
void fw_lineage_clear(struct fw_lineage *lineage);

#endif
