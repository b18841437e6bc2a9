/* fieldwise export: a model for other programs. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/outputs.h"
#include "core/alloc.h"
#include "models/file/export.h"

enum { key_out = 0x2400, key_format };

struct export_command {
    const char *model;
    const char *out; /* NULL: standard output */
    enum fw_export_format format;
    bool has_format;
};

static const struct argp_option options[] = {
    {"format", key_format, "json|npz", 0, "what to write (by the ending of --out, else json)", 1},
    {"out", key_out, "FILE", 0, "where it goes (standard output); the file appears whole or not at all", 1},
    {NULL, 0, NULL, 0, NULL, 0},
};

static void parse_format(struct argp_state *state, struct export_command *c, const char *arg)
{
    if (strcmp(arg, "json") != 0 && strcmp(arg, "npz") != 0)
        argp_error(state, "--format is json or npz, not '%s'", arg);
    c->format = strcmp(arg, "npz") == 0 ? FW_EXPORT_NPZ : FW_EXPORT_JSON;
    c->has_format = true;
}

static void check(struct argp_state *state, struct export_command *c)
{
    if (c->model == NULL)
        argp_error(state, "name a model");
    size_t length = c->out != NULL ? strlen(c->out) : 0;
    if (!c->has_format && length >= 4 && strcmp(c->out + length - 4, ".npz") == 0)
        c->format = FW_EXPORT_NPZ;
    if (c->format == FW_EXPORT_NPZ && c->out == NULL && isatty(STDOUT_FILENO) == 1)
        argp_error(state, "an npz archive is no text for a terminal; name a file with --out");
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct export_command *c = state->input;
    switch (key) {
    case key_out:
        c->out = arg;
        return 0;
    case key_format:
        parse_format(state, c, arg);
        return 0;
    case ARGP_KEY_ARG:
        if (c->model != NULL)
            argp_error(state, "one model at a time: '%s' is too many", arg);
        c->model = arg;
        return 0;
    case ARGP_KEY_END:
        check(state, c);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp parser = {
    options,
    parse,
    "MODEL",
    "Writes all that a model file holds, with names and shapes: settings, plan, vocabularies, bins, crosses, scalings, "
    "calibration and every parameter, so that scores can be computed or checked elsewhere.\v"
    "  fieldwise export model.fw --out model.json\n"
    "  fieldwise export model.fw --out model.npz\n",
    NULL,
    NULL,
    NULL};

static enum fw_status run(struct fw_outfile *out, const struct export_command *c, struct fw_error *err)
{
    struct fw_bundle bundle;
    struct fw_allocator mem;
    fw_allocator_init(&mem, 0);
    FW_TRY(cli_check_output("--out", c->out, &c->model, 1, err));
    FW_TRY(fw_model_file_load(&bundle, c->model, 1, &mem, err));
    enum fw_status status = FW_OK;
    if (c->out == NULL)
        fw_outfile_open_stdout(out);
    else
        FW_TRY_GOTO(fw_outfile_open(out, c->out, err), done);
    status = fw_export_write(out, &bundle, c->format, &mem, err);
    status = fw_outfile_close(out, status, err);
done:
    fw_bundle_clear(&bundle);
    return status;
}

int cmd_export(int argc, char **argv)
{
    struct export_command c = {.format = FW_EXPORT_JSON};
    struct fw_error err = {0};
    struct fw_outfile out = {.fd = -1};
    CLI_PARSE(&parser, "export", argc, argv, &c);
    enum fw_status status = run(&out, &c, &err);
    if (out.reader_gone)
        return 0; /* `| head` has seen enough */
    return status != FW_OK ? cli_fail(&err) : 0;
}
