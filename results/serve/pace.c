#include "results/serve/pace.h"

#include <math.h>

#include "results/store/sql.h"

enum fw_status fw_pace_query(struct fw_pace *out, struct fw_store *store, int64_t study, struct fw_error *err)
{
    static const char sql[] = "SELECT number, seconds, finished_us FROM trials WHERE study_id = ? ORDER BY number DESC "
                              "LIMIT 100";
    struct fw_sql q;
    bool row;
    int64_t n = 0;
    int64_t first_us = 0;
    int64_t last_us = 0;
    *out = (struct fw_pace){.rate = NAN, .last_seconds = NAN};
    FW_TRY(fw_sql_prepare(&q, store, sql, err));
    fw_sql_bind_int(&q, study);
    FW_TRY(fw_sql_next(&row, &q, err));
    while (row) {
        int64_t at = fw_sql_int(&q, 2);
        if (n++ == 0) {
            out->last_number = fw_sql_int(&q, 0);
            out->last_seconds = fw_sql_real(&q, 1);
            first_us = last_us = at;
        }
        first_us = at < first_us ? at : first_us;
        last_us = at > last_us ? at : last_us;
        FW_TRY(fw_sql_next(&row, &q, err));
    }
    if (n > 1 && last_us > first_us)
        out->rate = (double)(n - 1) * 1e6 / ((double)last_us - (double)first_us);
    return FW_OK;
}
