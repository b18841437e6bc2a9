#include "results/care/trial_gaps.h"

#include <inttypes.h>

#include "results/store/sql.h"

/* Temporary tables of a salvage go before those that are asked for here, unless these say "main". */
#define NUMBERS(how) "SELECT number FROM main.trials " how " WHERE study_id = ? ORDER BY number"

enum fw_status fw_trial_gaps_add(struct fw_buffer *text, struct fw_store *store, int64_t study, int64_t until, int most,
                                 bool indexed, struct fw_error *err)
{
    static const char fast[] = NUMBERS("");
    static const char safe[] = NUMBERS("NOT INDEXED");
    struct fw_sql q;
    bool row = true;
    int64_t last = 0;
    int groups = 0;
    FW_TRY(fw_sql_prepare(&q, store, indexed ? fast : safe, err));
    fw_sql_bind_int(&q, study);
    while (row) {
        FW_TRY(fw_sql_next(&row, &q, err));
        int64_t next = row ? fw_sql_int(&q, 0) : until + 1;
        next = next < until + 1 ? next : until + 1;
        if (next > last + 1 && groups++ < most)
            fw_buffer_addf(text, next == last + 2 ? "%s%" PRId64 : "%s%" PRId64 "-%" PRId64, groups > 1 ? ", " : "",
                           last + 1, next - 1);
        last = next > last ? next : last;
    }
    if (groups > most)
        fw_buffer_add_text(text, ", ...");
    return fw_buffer_check(text, err);
}
