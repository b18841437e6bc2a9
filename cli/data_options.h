/* The options with which every command reads a table, as one argp child, and the reading itself with progress and a
 * line of what was understood. */
#ifndef FW_CLI_DATA_OPTIONS_H
#define FW_CLI_DATA_OPTIONS_H

#include <argp.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/alloc.h"
#include "core/budget.h"
#include "core/log.h"
#include "space/plan.h"
#include "space/schema.h"
#include "space/table.h"

/* Texts collected from repeated or comma-separated flags. */
struct cli_list {
    char **items;
    int64_t n;
};

struct cli_data_options {
    struct fw_allocator mem; /* of the whole command; its limit is --memory-limit */
    struct cli_list names, missing, ignore, categorical, numeric, sequence;
    struct cli_list labels;    /* --label: a list of one */
    struct cli_list positives; /* "COLUMN=VALUE", or "VALUE" */
    struct cli_list regression, task_weights;
    const char *weight, *group, *time, *position;
    const char *single; /* set by a command that works on one label of two classes alone: its name; NULL: any labels */
    const char *delimiter; /* as given; NULL: sniffed */
    const char *cache;     /* "auto", "off" or a folder */
    char delimiter_char;
    char separator;
    enum fw_table_header header;
    enum fw_table_format format;
    bool skip_bad_rows;
    bool quiet;
    int threads;
};

/* Defaults; call before parsing. */
void cli_data_init(struct cli_data_options *options);
void cli_data_clear(struct cli_data_options *options);

/* The options as a child parser; its input is a struct cli_data_options. Commands set `group` in their argp_child. */
extern const struct argp cli_data_argp;

/* Turns the options into what the library takes; the lists are borrowed from the options. */
void cli_table_options(struct fw_table_options *out, const struct cli_data_options *options);
void cli_schema_options(struct fw_schema_options *out, const struct cli_data_options *options);

/* Takes from a plan what the user did not say: how the file is read. */
void cli_data_from_plan(struct cli_data_options *options, const struct fw_plan *plan);

/* A reading under way: what the library takes for it, with warnings and progress on a terminal. */
struct cli_reading {
    struct fw_table_options options;
    struct fw_log log;
    const char *path;
    double started, shown; /* in seconds of the clock; shown 0: no progress so far */
    int64_t bytes;         /* shown last */
    bool active;           /* progress is shown */
};

/* Fills *reading, which must stay where it is until the end; path and options are borrowed. Ctrl-C stops the reading
 * with FW_E_STOPPED. */
void cli_reading_begin(struct cli_reading *reading, const char *path, struct cli_data_options *options);
void cli_reading_end(struct cli_reading *reading); /* clears the line of progress */

/* Tells on standard error how a table was understood, unless quiet; its cells are not looked at. */
void cli_reading_tell(const struct cli_reading *reading, const struct fw_table *table, bool cached,
                      const struct cli_data_options *options);

/* Reads a table with progress on a terminal, and tells on standard error how it was understood, unless quiet.
 * Stops with FW_E_STOPPED on Ctrl-C. */
FW_NODISCARD
enum fw_status cli_read_table(struct fw_table **out, const char *path, struct cli_data_options *options,
                              struct fw_error *err);

/* Where each column of a schema is in a table (fw_schema_match): *columns_out is the caller's, freed with fw_free also
 * after a failure. */
FW_NODISCARD
enum fw_status cli_match_columns(int64_t **columns_out, const struct fw_schema *schema, const struct fw_table *table,
                                 bool need_label, struct cli_data_options *options, struct fw_error *err);

/* A plan that knows how the table was read and encoded, without crosses yet. Takes the schema, also when it fails. */
FW_NODISCARD
enum fw_status cli_plan_of_schema(struct fw_plan **out, struct fw_schema *schema,
                                  const struct fw_table_dialect *dialect, const struct fw_encoder_options *encoder,
                                  struct cli_data_options *options, struct fw_error *err);

/* A line on standard error, unless quiet. */
void cli_note(const struct cli_data_options *options, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Prints library messages on standard error; `user` is the struct cli_data_options. */
void cli_emit_log(void *user, enum fw_log_level level, const char *line);

/* Ends with a usage message when the labels are not what `single` says. For a command's end of parsing. */
void cli_check_labels(struct argp_state *state, const struct cli_data_options *options);

/* Appends one text, whatever is in it; exits with a message on a refused allocation. */
void cli_list_add_one(struct cli_list *list, const char *text, size_t length);

/* Appends the items of a comma-separated text; exits with a message on a refused allocation. */
void cli_list_add(struct cli_list *list, const char *text);
void cli_list_clear(struct cli_list *list);

#endif
