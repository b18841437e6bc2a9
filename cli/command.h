/* What a command of the program is, and what commands share: how they report an error, how options are parsed. */
#ifndef FW_CLI_COMMAND_H
#define FW_CLI_COMMAND_H

#include <argp.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "core/status.h"

/* A command: its name, the function that runs it (argv[0] is the command's name; returns the exit code), one line for
 * `fieldwise --help`. The table is in main.c; each command is one file, cmd_<name>.c. */
struct cli_command {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *summary;
    bool alone; /* one thread does, and no network: the program need not start anew to settle its libraries */
};

int cmd_inspect(int argc, char **argv);
int cmd_cross(int argc, char **argv);
int cmd_embed(int argc, char **argv);
int cmd_route(int argc, char **argv);
int cmd_tune(int argc, char **argv);
int cmd_train(int argc, char **argv);
int cmd_evaluate(int argc, char **argv);
int cmd_predict(int argc, char **argv);
int cmd_export(int argc, char **argv);
int cmd_transform(int argc, char **argv);
int cmd_trials(int argc, char **argv);
int cmd_models(int argc, char **argv);
int cmd_synth(int argc, char **argv);

/* The name in a table that is nearest to `name`; NULL: none is near. The table with its summaries, a line each. */
const char *cli_nearest_command(const struct cli_command *commands, const char *name);
void cli_print_commands(const struct cli_command *commands, FILE *stream);

/* Prints "fieldwise: message" to standard error and returns the exit code that belongs to the error's status. */
int cli_fail(const struct fw_error *err);

/* Prints "fieldwise COMMAND: message (try --help)" and returns exit code 2. */
int cli_usage(const char *command, const char *format, ...) FW_PRINTF(2, 3);

/* Pieces of option parsing; each ends with a message and exit code 2 when the text will not do. */
int64_t cli_parse_int(struct argp_state *state, const char *flag, const char *text, int64_t low, int64_t high);
double cli_parse_number(struct argp_state *state, const char *flag, const char *text, double low, double high);
void cli_take_table(struct argp_state *state, const char **path, const char *text);
void cli_require_table(struct argp_state *state, const char *path);

/* "<file name without its endings><ending>", a file in the working folder; returns out. */
const char *cli_name_after_data(char out[512], const char *path, const char *ending);

/* The command line as one text, for records; cut where it does not fit. */
void cli_join_arguments(char *out, size_t size, int argc, char **argv);

/* argp_parse with our manners: '_' in option names counts as '-', an unknown option is answered with the nearest known
 * one, errors exit with code 2, --help goes to standard output with code 0. Returns 0 to go on, else the process's
 * exit code plus one (so that 1 means "exit with 0"): use CLI_PARSE. */
int cli_parse(const struct argp *argp, const char *command, int argc, char **argv, void *input);

#define CLI_PARSE(argp, command, argc, argv, input)                                                                    \
    do {                                                                                                               \
        int cli_parse_code_ = cli_parse((argp), (command), (argc), (argv), (input));                                   \
        if (cli_parse_code_ != 0)                                                                                      \
            return cli_parse_code_ - 1;                                                                                \
    } while (0)

/* Set by the first Ctrl-C or SIGTERM; a second one ends the process at once. Handlers are installed by main(). */
extern atomic_int cli_stop;

#endif
