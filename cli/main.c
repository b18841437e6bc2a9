/* The program: finds the command, runs it. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "core/machine.h"
#include "core/par.h"
#include "models/engine/gemm.h"

static const struct cli_command commands[] = {
    {"inspect", cmd_inspect, "what a table holds: columns, types, values", false},
    {"cross", cmd_cross, "find the feature crosses of a table that are worth having", false},
    {"embed", cmd_embed, "size embeddings under a memory budget: ids and dimensions of each", false},
    {"route", cmd_route, "find what several tasks share, and how small a network does", false},
    {"tune", cmd_tune, "find settings of a model", false},
    {"train", cmd_train, "train a full model from a plan", false},
    {"evaluate", cmd_evaluate, "measure a model on rows with labels", false},
    {"predict", cmd_predict, "score rows", false},
    {"export", cmd_export, "write a model for other programs: JSON or NumPy arrays", false},
    {"transform", cmd_transform, "write a table with its crosses, for other tools", false},
    {"trials", cmd_trials, "what was tried, what was chosen and why", true},
    {"models", cmd_models, "what can be trained, and with which settings", true},
    {"synth", cmd_synth, "generate a table whose answer is known", false},
    {NULL, NULL, NULL, false},
};

static void print_help(FILE *stream)
{
    fprintf(stream, "Usage: fieldwise COMMAND [OPTION...] [ARGUMENT...]\n"
                    "\n"
                    "  fieldwise cross train.csv --label click --plan plan.json\n"
                    "  fieldwise train train.csv --plan plan.json --model lr --out model.fw\n"
                    "\n"
                    "Commands:\n");
    cli_print_commands(commands, stream);
    fprintf(stream, "\n'fieldwise COMMAND --help' lists a command's options; 'fieldwise --version' the version.\n"
                    "Exit codes: 0 done, 1 failed, 2 wrong command line, 3 bad input, 4 corrupt model, plan or store,\n"
                    "5 budget ended before any result, 6 out of memory, disk or files, 130 interrupted.\n");
}

static void on_signal(int number)
{
    (void)number;
    if (atomic_exchange(&cli_stop, 1) != 0)
        _Exit(130);
}

static void install_signal_handlers(void)
{
    struct sigaction action = {.sa_handler = on_signal};
    sigemptyset(&action.sa_mask);
    action.sa_flags = SA_RESTART;
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    /* a reader that went away is a write error with a message, not a silent death */
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* and so is a file larger than allowed */
}

/* Buffered output is part of the result: a full disk behind `>` must not end in exit code 0. */
static int flushed(int code)
{
    if ((fflush(stdout) != 0 || ferror(stdout)) && code == 0) {
        fprintf(stderr, "fieldwise: cannot write standard output\n");
        return fw_status_exit_code(FW_E_IO);
    }
    return code;
}

/* What libgomp and OpenBLAS read from the environment when they are loaded is settled there, and the program starts
 * itself once more. */
static void settle_libraries(char **argv)
{
    bool waiting = fw_par_settle_waiting();
    bool kernels = fw_gemm_settle_kernels();
    if (waiting || kernels)
        fw_machine_restart(argv);
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        print_help(stderr);
        return 2;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0) {
        print_help(stdout);
        return flushed(0);
    }
    if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0) {
        printf("fieldwise %s\n", FIELDWISE_VERSION);
        return flushed(0);
    }
    for (const struct cli_command *c = commands; c->name != NULL; c++) {
        if (strcmp(argv[1], c->name) != 0)
            continue;
        if (!c->alone)
            settle_libraries(argv);
        install_signal_handlers();
        return flushed(c->run(argc - 1, argv + 1));
    }
    const char *near = cli_nearest_command(commands, argv[1]);
    fprintf(stderr, "fieldwise: there is no command '%s'%s%s%s; see 'fieldwise --help'\n", argv[1],
            near != NULL ? "; did you mean '" : "", near != NULL ? near : "", near != NULL ? "'?" : "");
    return 2;
}
