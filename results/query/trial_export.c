#include "results/query/trial_export.h"

#include "results/query/ask.h"
#include "results/query/trial_table.h"

enum fw_status fw_trial_export_wide(struct fw_store *store, int64_t study, struct fw_row_sink sink,
                                    struct fw_error *err)
{
    struct fw_trial_columns columns;
    const char **names = NULL;
    FW_TRY(fw_trial_columns_read(&columns, store, study, true, err));
    enum fw_status status = FW_OK;
    FW_ALLOC_GOTO(names, columns.texts.mem, columns.n, "the columns of an export", err, done);
    for (int64_t i = 0; i < columns.n; i++)
        names[i] = columns.rows[i].name;
    struct fw_trial_table table = {
        .study = study, .columns = names, .n_columns = (int)columns.n, .large = true, .known = &columns};
    status = fw_trial_table_run(store, &table, sink, err);
done:
    fw_free(columns.texts.mem, names);
    fw_trial_columns_clear(&columns);
    return status;
}

#define LONG                                                                                                           \
    "SELECT s.name AS study, t.number AS trial, m.name AS metric, m.step, m.value FROM studies s CROSS JOIN trials t " \
    "ON t.study_id = s.id CROSS JOIN metrics m ON m.trial_id = t.id "

enum fw_status fw_trial_export_long(struct fw_store *store, int64_t study, struct fw_row_sink sink,
                                    struct fw_error *err)
{
    static const char of_one[] = LONG "WHERE s.id = ?1 ORDER BY s.id, t.number, m.name, m.step";
    static const char of_all[] = LONG "ORDER BY s.id, t.number, m.name, m.step";
    struct fw_value value = fw_value_int(study);
    struct fw_ask ask = {.sql = study > 0 ? of_one : of_all,
                         .values = &value,
                         .n_values = study > 0 ? 1 : 0,
                         .large = true};
    return fw_ask_run(store, &ask, sink, err);
}
