/* What a kind of generated table for several tasks is: one const table each. Options are described once, by `settings`:
 * defaults, ranges, names and the truth's record come from there. */
#ifndef FW_SPACE_TASK_SYNTH_VTABLE_H
#define FW_SPACE_TASK_SYNTH_VTABLE_H

#include <cjson/cJSON.h>

#include "core/text.h"
#include "space/synth/synth_measure.h"
#include "space/synth/task_synth.h"

enum fw_task_synth_form {
    FW_TASK_SYNTH_WHOLE,  /* int64_t */
    FW_TASK_SYNTH_NUMBER, /* double */
    FW_TASK_SYNTH_LIST,   /* struct fw_task_synth_list */
    FW_TASK_SYNTH_FLAG    /* bool, false by default */
};

struct fw_task_synth_setting {
    const char *name; /* as an option of the command */
    enum fw_task_synth_form form;
    size_t offset;    /* in struct fw_task_synth_options */
    double fallback;  /* the default; not of lists */
    double low, high; /* of the value, or of each of a list */
    const char *list; /* lists: the default as text; NULL: not given */
};

struct fw_task_synth_vtable {
    const char *name;
    const struct fw_task_synth_setting *settings; /* ends at a NULL name; "rows" among them */
    /* OPTIONAL. What ranges do not say. FW_E_ARG. NULL: nothing. */
    enum fw_status (*check)(const struct fw_task_synth_options *options, struct fw_error *err);
    /* REQUIRED. Builds what the table is drawn from; the options are copied when needed. */
    enum fw_status (*create)(void **out, const struct fw_task_synth_options *options, struct fw_allocator *mem,
                             struct fw_error *err);
    /* REQUIRED. NULL is a no-op. */
    void (*destroy)(void *model);
    /* REQUIRED. As in struct fw_synth_source. */
    void (*put_header)(struct fw_buffer *out, const void *model);
    enum fw_status (*put_rows)(struct fw_buffer *out, const void *model, int64_t row, int64_t n, struct fw_error *err);
    /* REQUIRED. Adds what is known to the truth; false when out of memory. The options are added by the caller. */
    bool (*add_truth)(cJSON *root, const void *model);
};

extern const struct fw_task_synth_vtable fw_task_synth_mmoe;
extern const struct fw_task_synth_vtable fw_task_synth_tasks;
extern const struct fw_task_synth_vtable fw_task_synth_funnel;
extern const struct fw_task_synth_vtable fw_task_synth_examination;

const struct fw_task_synth_vtable *fw_task_synth_vtable_of(enum fw_task_synth_kind kind);

/* Defaults of a kind's settings; all ranges and the kind's own check (FW_E_ARG); a record of them, "options". */
void fw_task_synth_settings_init(struct fw_task_synth_options *options);
FW_NODISCARD
enum fw_status fw_task_synth_settings_check(const struct fw_task_synth_options *options, struct fw_error *err);
bool fw_task_synth_settings_add(cJSON *root, const struct fw_task_synth_options *options);

/* Numbers (n) as an array of this name; false when out of memory. */
bool fw_task_synth_add_numbers(cJSON *object, const char *name, const double *values, int64_t n);

/* {"auc": .., "logloss": ..} as this member; false when out of memory. */
bool fw_task_synth_add_best(cJSON *object, const char *name, const struct fw_synth_best *best);

#endif
