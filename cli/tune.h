/* What the files of `fieldwise tune` share: the command as parsed, and what is printed at its end. */
#ifndef FW_CLI_TUNE_H
#define FW_CLI_TUNE_H

#include "cli/data_options.h"
#include "cli/split_options.h"
#include "cli/store_options.h"
#include "models/model.h"
#include "search/settings/tune.h"

struct tune_command {
    struct cli_data_options data;
    struct cli_split_options split;
    struct cli_store_options store;
    struct fw_tune_options options;
    struct cli_list fixed, searched; /* as given */
    const char *path, *plan, *model, *out;
    bool json;
    double started;
    char command_line[2048];
};

/* The end of a search. */
struct tune_report {
    const struct tune_command *command;
    const struct fw_model_vtable *model;
    const struct fw_tune_space *space;
    const struct fw_tune_result *result;
    int64_t bytes; /* of the model file; 0: none was written */
};

/* Both print on standard output. */
void tune_print_text(const struct tune_report *report);
void tune_print_json(const struct tune_report *report);

/* Appends "key=value" with `between` before each but the first, of the settings that differ from the model's defaults;
 * epochs are left out unless asked for. */
void tune_add_settings(struct fw_buffer *out, const struct fw_params *params, const char *between, bool epochs);

#endif
