/* What evaluate and predict share: a model, a table, and the scores of its rows. */
#ifndef FW_CLI_SCORING_H
#define FW_CLI_SCORING_H

#include "cli/data_options.h"
#include "models/file/model_file.h"

struct cli_scoring {
    struct cli_data_options data;
    struct cli_list settings; /* of the trained model, to be changed */
    const char *model, *path;
    bool json;
    struct fw_bundle bundle;
    struct fw_table *table;
    int64_t *columns; /* (schema columns) in the table */
    float *outputs;   /* (n_rows, outputs of the model) */
    int64_t outputs_capacity;
};

/* The row for --set in a command's own options. */
enum { CLI_SCORING_SET = 0x2180 };
#define CLI_SCORING_OPTIONS                                                                                            \
    {                                                                                                                  \
        "set", CLI_SCORING_SET, "KEY=VALUE", 0,                                                                        \
            "a setting that steers prediction alone, such as sampling of fpenn; see 'fieldwise models show NAME'", 6   \
    }

/* MODEL DATA as arguments, --set and the data options; the input is a struct cli_scoring. */
extern const struct argp_child cli_scoring_children[];
error_t cli_scoring_parse(int key, char *arg, struct argp_state *state);

/* Loads the model; the table is to be read as the model's was. */
FW_NODISCARD
enum fw_status cli_scoring_load(struct cli_scoring *s, struct fw_error *err);

/* Finds the model's columns in s->table and scores its rows; what an earlier call left in s is replaced. */
FW_NODISCARD
enum fw_status cli_scoring_table(struct cli_scoring *s, bool need_label, struct fw_error *err);

/* Loads the model, reads the whole table, scores its rows. */
FW_NODISCARD
enum fw_status cli_scoring_run(struct cli_scoring *s, bool need_label, struct fw_error *err);
void cli_scoring_clear(struct cli_scoring *s);

#endif
