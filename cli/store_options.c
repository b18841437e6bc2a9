#include "cli/store_options.h"

#include <stdio.h>

#include "core/file.h"
#include "core/hash.h"
#include "core/mount.h"
#include "core/text.h"
#include "results/store/store_log.h"

enum { key_store = 0x1300, key_no_store, key_time_limit };

static const struct argp_option options_table[] = {
    {NULL, 0, NULL, 0, "Time and record:", 7},
    {"time-limit", key_time_limit, "TIME", 0, "such as 90s or 10m (none)", 7},
    {"store", key_store, "FILE", 0, "where trials are recorded (fieldwise.db)", 7},
    {"no-store", key_no_store, NULL, 0, "record nothing; an interrupted search cannot be continued", 7},
    {NULL, 0, NULL, 0, NULL, 0},
};

void cli_store_init(struct cli_store_options *options)
{
    *options = (struct cli_store_options){.file = "fieldwise.db"};
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct cli_store_options *o = state->input;
    switch (key) {
    case key_store:
        o->file = arg;
        return 0;
    case key_no_store:
        o->none = true;
        return 0;
    case key_time_limit:
        if (!fw_text_to_seconds(fw_text_of(arg), &o->time_limit) || o->time_limit <= 0)
            argp_error(state, "--time-limit takes a time such as 90s, 15m or 2h, not '%s'", arg);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

const struct argp cli_store_argp = {options_table, parse, NULL, NULL, NULL, NULL, NULL};

/* Not refused: many such file systems do well, but nobody can know which. */
static void warn_if_shared(const char *file)
{
    const char *kind = fw_mount_shared(file);
    if (kind != NULL)
        fprintf(stderr,
                "fieldwise: warning: store '%s' lies on %s, where locks and syncs may not hold what they promise; keep "
                "it on a local disk, or let one process at a time use it\n",
                file, kind);
}

enum fw_status cli_store_open(struct cli_store *out, const struct cli_store_options *options, struct fw_allocator *mem,
                              struct fw_error *err)
{
    struct fw_store_options store;
    out->log = fw_trial_log_none;
    if (options->none)
        return FW_OK;
    warn_if_shared(options->file);
    fw_store_options_init(&store);
    store.mem = mem;
    FW_TRY(fw_store_open(&out->store, options->file, &store, err));
    out->log = fw_store_trial_log(out->store);
    return FW_OK;
}

void cli_store_close(struct cli_store *store)
{
    if (store->store != NULL)
        fw_store_close(store->store);
    store->store = NULL;
}

enum fw_status cli_store_artifact(const struct cli_store *store, int64_t study, const char *kind, const char *path,
                                  struct fw_error *err)
{
    char *data = NULL;
    size_t size = 0;
    if (store->store == NULL)
        return FW_OK;
    FW_TRY(fw_file_read(&data, &size, path, 64 * FW_GIB, NULL, err));
    struct fw_artifact artifact = {.kind = kind,
                                   .path = path,
                                   .bytes = (int64_t)size,
                                   .checksum = fw_hash_bytes(data, size, 0)};
    fw_free(NULL, data);
    return store->log.vtable->add_artifact(store->log.self, study, &artifact, err);
}
