/* Which models a command trains, and with which settings: --model and --set. */
#ifndef FW_CLI_TRAIN_CHOICE_H
#define FW_CLI_TRAIN_CHOICE_H

#include "cli/data_options.h"
#include "models/model.h"

struct cli_train_choice {
    const struct fw_model_vtable *vtable;
    struct fw_params params;
};

struct cli_train_choices {
    struct cli_train_choice *items;
    int64_t n;
};

/* models: a name, names with commas between, or "all". settings: "key=value" for all of them that have the key, or
 * "model.key=value" for one, which wins. FW_E_ARG: no such model, key or value, with what is near or allowed. The
 * choices are the caller's, also after a failure. */
FW_NODISCARD
enum fw_status cli_train_choose(struct cli_train_choices *out, const char *models, const struct cli_list *settings,
                                struct fw_allocator *mem, struct fw_error *err);

/* Warns of settings that were given and that none of the models reads, for another of its settings says otherwise. */
void cli_train_tell_unread(const struct cli_train_choices *choices, const struct cli_data_options *data);

/* Leaves out the models that are for other labels than these, or for a position where there is none: what "all" means
 * for these data. funnel: two labels are click and conversion. Fails with FW_E_ARG when none is left. */
FW_NODISCARD
enum fw_status cli_train_keep_suited(struct cli_train_choices *choices, const struct fw_schema *schema, bool funnel,
                                     struct fw_error *err);

void cli_train_choices_clear(struct cli_train_choices *choices, struct fw_allocator *mem);

#endif
