/* The files of a study, and what has become of them. */
#include "cli/trials/trials.h"

enum fw_status trials_files_read(struct trials_files *out, struct fw_store *store, int64_t study, struct fw_error *err)
{
    struct trials_files files = {0};
    char found[FW_PATH_SIZE];
    enum fw_status status;
    FW_TRY(fw_query_artifacts(&files.list, store, study, err));
    FW_ALLOC_GOTO(files.states, NULL, files.list.n, "the files of a study", err, done);
    for (int64_t i = 0; i < files.list.n; i++)
        FW_TRY_GOTO(fw_store_file_state(&files.states[i], found, &files.list.rows[i].artifact, fw_store_path(store),
                                        err),
                    done);
    *out = files;
    status = FW_OK;
done:
    if (status != FW_OK)
        trials_files_clear(&files);
    return status;
}

void trials_files_clear(struct trials_files *files)
{
    fw_free(NULL, files->states);
    fw_artifact_list_clear(&files->list);
    *files = (struct trials_files){0};
}
