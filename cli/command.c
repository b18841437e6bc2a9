#include "cli/command.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/nearest.h"
#include "core/text.h"

atomic_int cli_stop;

const char *cli_nearest_command(const struct cli_command *commands, const char *name)
{
    const char *best = NULL;
    int best_distance = 3; /* further away is no help */
    for (const struct cli_command *c = commands; c->name != NULL; c++) {
        int distance = fw_edit_distance(name, c->name);
        if (distance < best_distance) {
            best_distance = distance;
            best = c->name;
        }
    }
    return best;
}

void cli_print_commands(const struct cli_command *commands, FILE *stream)
{
    for (const struct cli_command *c = commands; c->name != NULL; c++)
        fprintf(stream, "  %-10s %s\n", c->name, c->summary);
}

int cli_fail(const struct fw_error *err)
{
    fprintf(stderr, "fieldwise: %s\n", err->message[0] != '\0' ? err->message : fw_status_text(err->status));
    return fw_status_exit_code(err->status);
}

int cli_usage(const char *command, const char *format, ...)
{
    struct fw_error err = {.status = FW_E_ARG};
    va_list args;
    va_start(args, format);
    fw_error_vset(&err, FW_E_ARG, format, args);
    va_end(args);
    fprintf(stderr, "fieldwise %s: %s (see 'fieldwise %s --help')\n", command, err.message, command);
    return 2;
}

/* The long option of a parser and its children that is nearest to a name; distance 0: it is one, or begins so. */
static const char *find_option(const struct argp *argp, const char *name, size_t length, int *best_distance)
{
    const char *best = NULL;
    for (const struct argp_option *o = argp->options; o != NULL && (o->name != NULL || o->key != 0 || o->doc != NULL);
         o++) {
        if (o->name == NULL)
            continue;
        int distance;
        if (strncmp(o->name, name, length) == 0) {
            distance = 0; /* getopt takes unambiguous abbreviations */
        } else {
            char copy[64];
            snprintf(copy, sizeof copy, "%.*s", (int)length, name);
            distance = fw_edit_distance(copy, o->name);
        }
        if (distance < *best_distance) {
            *best_distance = distance;
            best = o->name;
        }
    }
    for (const struct argp_child *child = argp->children; child != NULL && child->argp != NULL; child++) {
        const char *found = find_option(child->argp, name, length, best_distance);
        best = found != NULL ? found : best;
    }
    return best;
}

/* '_' as '-' in the names of long options; false after reporting an unknown one. */
static bool check_long_options(const struct argp *argp, const char *command, int argc, char **argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strncmp(argv[i], "--", 2) != 0)
            continue;
        char *name = argv[i] + 2;
        size_t length = strcspn(name, "=");
        for (size_t c = 0; c < length; c++)
            name[c] = name[c] == '_' ? '-' : name[c];
        if (strncmp(name, "help", length) == 0 || strncmp(name, "usage", length) == 0)
            continue;
        int distance = 100;
        const char *near = find_option(argp, name, length, &distance);
        if (distance == 0)
            continue;
        if (near != NULL && distance <= 3)
            cli_usage(command, "there is no option --%.*s; did you mean --%s?", (int)length, name, near);
        else
            cli_usage(command, "there is no option --%.*s", (int)length, name);
        return false;
    }
    return true;
}

int64_t cli_parse_int(struct argp_state *state, const char *flag, const char *text, int64_t low, int64_t high)
{
    int64_t value;
    if (!fw_text_to_int(fw_text_of(text), &value) || value < low || value > high)
        argp_error(state, "%s takes a whole number from %lld to %lld, not '%s'", flag, (long long)low, (long long)high,
                   text);
    return value;
}

double cli_parse_number(struct argp_state *state, const char *flag, const char *text, double low, double high)
{
    double value = 0;
    if (!fw_text_to_double(fw_text_of(text), &value) || !(value >= low && value <= high))
        argp_error(state, "%s takes a number from %g to %g, not '%s'", flag, low, high, text);
    return value;
}

void cli_take_table(struct argp_state *state, const char **path, const char *text)
{
    if (*path != NULL)
        argp_error(state, "one table at a time: '%s' is too many", text);
    *path = text;
}

void cli_require_table(struct argp_state *state, const char *path)
{
    if (path == NULL)
        argp_error(state, "name a table to read, or - for standard input");
}

const char *cli_name_after_data(char out[512], const char *path, const char *ending)
{
    const char *base = strrchr(path, '/') != NULL ? strrchr(path, '/') + 1 : path;
    size_t length = strcspn(base, ".");
    if (strcmp(base, "-") == 0 || length == 0)
        snprintf(out, 512, "fieldwise%s", ending);
    else
        snprintf(out, 512, "%.*s%s", (int)(length < 400 ? length : 400), base, ending);
    return out;
}

void cli_join_arguments(char *out, size_t size, int argc, char **argv)
{
    size_t used = (size_t)snprintf(out, size, "fieldwise");
    for (int i = 0; i < argc && used < size; i++) {
        bool plain = strcspn(argv[i], " '\"$\\<>|&;*?()") == strlen(argv[i]) && argv[i][0] != '\0';
        used += (size_t)snprintf(out + used, size - used, plain ? " %s" : " '%s'", argv[i]);
    }
}

int cli_parse(const struct argp *argp, const char *command, int argc, char **argv, void *input)
{
    if (!check_long_options(argp, command, argc, argv))
        return 2 + 1;
    char name[64];
    snprintf(name, sizeof name, "fieldwise %s", command);
    argv[0] = name; /* for argp's own messages; it is not kept */
    argp_err_exit_status = 2;
    int failed = argp_parse(argp, argc, argv, 0, NULL, input);
    argv[0] = (char *)(size_t)command;
    return failed != 0 ? 2 + 1 : 0;
}
