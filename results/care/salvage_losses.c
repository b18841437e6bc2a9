#include "results/care/salvage_losses.h"

#include <inttypes.h>

#include "results/care/trial_gaps.h"
#include "results/store/sql.h"

/* Numbers and ranges of lost trials that are told of a study. */
#define MOST_NUMBERS 20

/* FW_TRIAL_GAPS_MOST in SQL: a damaged count may be anything. */
#define TEXT_OF(x)  TEXT_OF_(x)
#define TEXT_OF_(x) #x
#define MOST_TRIALS TEXT_OF(FW_TRIAL_GAPS_MOST)

/* The trials of a study that are known to be lost. `until`: their highest number; earlier: of the numbers that are not
 * there, those that were lost before. */
static enum fw_status note_trials(struct fw_salvage *result, struct fw_store *new, int64_t study, const char *name,
                                  int64_t kept, int64_t until, int64_t earlier, struct fw_error *err)
{
    struct fw_buffer *losses = &result->losses;
    int64_t lost = until - kept - earlier;
    if (lost <= 0)
        return FW_OK;
    result->n_lost_trials += lost;
    fw_buffer_addf(losses, "study '%s': %" PRId64 " %s (", name, lost, lost == 1 ? "trial" : "trials");
    FW_TRY(fw_trial_gaps_add(losses, new, study, until, MOST_NUMBERS, true, err));
    if (earlier > 0)
        fw_buffer_addf(losses, "; %" PRId64 " of these %s lost before", earlier, earlier == 1 ? "was" : "were");
    fw_buffer_add_text(losses, ")\n");
    return FW_OK;
}

/* What is known to be lost of the studies that are there. */
static enum fw_status note_studies(struct fw_salvage *result, struct fw_store *new, struct fw_error *err)
{
    static const char sql[] =
        "WITH kept AS (SELECT study_id, count(*) AS n, max(number) AS highest FROM main.trials GROUP BY study_id) "
        "SELECT s.id, s.name, s.note IS '" FW_SALVAGE_NOTE
        "', c.decisions - (SELECT count(*) FROM main.decisions WHERE "
        "study_id = s.id), c.artifacts - (SELECT count(*) FROM main.artifacts WHERE study_id = s.id), coalesce(k.n, 0),"
        " CAST(min(max(coalesce(c.trials + c.lost, 0), coalesce(k.highest, 0)), " MOST_TRIALS
        ") AS INTEGER), max(coalesce(c.lost, 0), 0) FROM main.studies s LEFT JOIN temp.contents c ON c.study_id = s.id "
        "LEFT JOIN "
        "kept k ON k.study_id = s.id ORDER BY s.id";
    static const char *const names[] = {"decision", "record of a file"};
    static const char *const plurals[] = {"decisions", "records of files"};
    struct fw_buffer *losses = &result->losses;
    struct fw_sql q;
    bool row;
    FW_TRY(fw_sql_prepare(&q, new, sql, err));
    FW_TRY(fw_sql_next(&row, &q, err));
    while (row) {
        const char *name = fw_sql_text(&q, 1);
        name = name != NULL ? name : "?";
        if (fw_sql_int(&q, 2) != 0)
            fw_buffer_addf(losses, "study '%s': its own row is damaged\n", name);
        FW_TRY(note_trials(result, new, fw_sql_int(&q, 0), name, fw_sql_int(&q, 5), fw_sql_int(&q, 6),
                           fw_sql_int(&q, 7), err));
        for (int i = 0; i < 2; i++) {
            int64_t lost = fw_sql_int(&q, 3 + i);
            if (lost > 0)
                fw_buffer_addf(losses, "study '%s': %" PRId64 " %s\n", name, lost, lost == 1 ? names[i] : plurals[i]);
        }
        FW_TRY(fw_sql_next(&row, &q, err));
    }
    return FW_OK;
}

/* ... and those that are not, with all that they had. */
enum fw_status fw_salvage_note_losses(struct fw_salvage *result, struct fw_store *new, struct fw_error *err)
{
    static const char gone[] = "SELECT study_id, trials FROM temp.contents WHERE typeof(trials) = 'integer' AND "
                               "study_id NOT IN (SELECT id FROM main.studies)";
    struct fw_buffer *losses = &result->losses;
    struct fw_sql q;
    bool row;
    FW_TRY(note_studies(result, new, err));
    FW_TRY(fw_sql_prepare(&q, new, gone, err));
    FW_TRY(fw_sql_next(&row, &q, err));
    while (row) {
        fw_buffer_addf(losses, "study number %" PRId64 " with its %" PRId64 " trials\n", fw_sql_int(&q, 0),
                       fw_sql_int(&q, 1));
        FW_TRY(fw_sql_next(&row, &q, err));
    }
    return fw_buffer_check(losses, err);
}
