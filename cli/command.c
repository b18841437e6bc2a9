#include "cli/command.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

atomic_int cli_stop;

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

int cli_edit_distance(const char *a, const char *b)
{
    enum { longest = 63 };
    size_t n = strlen(a);
    size_t m = strlen(b);
    if (n > longest || m > longest)
        return longest;
    int row[longest + 1];
    for (size_t j = 0; j <= m; j++)
        row[j] = (int)j;
    for (size_t i = 1; i <= n; i++) {
        int diagonal = row[0];
        row[0] = (int)i;
        for (size_t j = 1; j <= m; j++) {
            int substitute = diagonal + (a[i - 1] != b[j - 1]);
            int shorter = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;
            diagonal = row[j];
            row[j] = substitute < shorter ? substitute : shorter;
        }
    }
    return row[m];
}

/* Calls visit for every long option of a parser and its children. */
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
            distance = cli_edit_distance(copy, o->name);
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
