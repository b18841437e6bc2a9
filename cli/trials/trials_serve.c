/* `fieldwise trials serve`: the store as pages in a browser. */
#include <errno.h>
#include <stdio.h>

#include "cli/command.h"
#include "cli/trials/trials.h"
#include "core/text.h"
#include "results/serve/serve.h"

enum { key_memory = 0x1400 };

struct arguments {
    const char *store;
    struct fw_serve_options serve;
};

static error_t take(int key, char *text, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    switch (key) {
    case 's':
        arguments->store = text;
        return 0;
    case 'p':
        arguments->serve.port = (int)cli_parse_int(state, "--port", text, 0, 65535);
        return 0;
    case key_memory:
        if (!fw_text_to_bytes(fw_text_of(text), &arguments->serve.store_bytes_most) ||
            arguments->serve.store_bytes_most < FW_MIB)
            argp_error(state, "--memory-limit takes a size from 1MiB up, such as 512MiB, not '%s'", text);
        arguments->serve.store_bytes_most /= 2; /* two copies, one read while the other is written */
        return 0;
    case ARGP_KEY_ARG:
        argp_error(state, "'serve' takes no argument '%s'", text);
        return EINVAL;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

int trials_serve(int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"store", 's', "FILE", 0, "The store to show (fieldwise.db)", 0},
        {"port", 'p', "N", 0, "Where to listen; 0: any free port (8484)", 0},
        {"memory-limit", key_memory, "SIZE", 0, "Most memory for copies of the store (1GiB)", 0},
        {NULL, 0, NULL, 0, NULL, 0},
    };
    static const struct argp argp = {
        .options = options,
        .parser = take,
        .doc = "The store as pages in a browser on this machine, followed while searches run. Prints the address to "
               "open; Ctrl-C ends it.\v  fieldwise trials serve\n  fieldwise trials serve --store runs.db --port 0\n\n"
               "Only this machine can connect, and nothing can be changed.",
    };
    struct arguments arguments = {.store = "fieldwise.db"};
    fw_serve_options_init(&arguments.serve);
    CLI_PARSE(&argp, "trials serve", argc, argv, &arguments);
    struct fw_serve *serve;
    struct fw_error err = {0};
    if (fw_serve_start(&serve, arguments.store, &arguments.serve, &err) != FW_OK)
        return cli_fail(&err);
    printf("http://127.0.0.1:%d/\n", fw_serve_port(serve));
    bool told = fflush(stdout) == 0; /* main.c reports when not */
    while (told && atomic_load(&cli_stop) == 0)
        fw_serve_wait(serve, 0.2);
    fw_serve_stop(serve);
    return 0;
}
