#include "results/serve/study_marks.h"

#include <string.h>

#include "results/store/sql.h"

static enum fw_status read_row(struct fw_study_marks *marks, const struct fw_sql *q, struct fw_error *err)
{
    bool refused = false;
    struct fw_allocator *mem = marks->texts.mem;
    FW_TRY(fw_reserve(mem, &marks->rows, &marks->capacity, marks->n + 1, sizeof *marks->rows, err));
    marks->rows[marks->n++] = (struct fw_study_mark){
        .study = fw_sql_int(q, 0),
        .archived = fw_sql_int(q, 1) != 0,
        .has_tag = fw_sql_int(q, 2) != 0,
        .tags = fw_text_pool_add(&marks->texts, fw_sql_text(q, 3), &refused),
        .note = fw_text_pool_add(&marks->texts, fw_sql_text(q, 4), &refused),
    };
    return refused ? fw_error_nomem(err, mem, "the tags of studies", 1, 64 * 1024) : FW_OK;
}

enum fw_status fw_study_marks_query(struct fw_study_marks *out, struct fw_store *store, const char *tag,
                                    struct fw_error *err)
{
    static const char sql[] =
        "SELECT s.id, s.archived_us IS NOT NULL, EXISTS (SELECT 1 FROM tags WHERE study_id = s.id AND name = ?1), "
        "(SELECT group_concat(name, ', ') FROM (SELECT name FROM tags WHERE study_id = s.id ORDER BY name)), s.note "
        "FROM studies s ORDER BY s.id";
    struct fw_study_marks marks;
    struct fw_sql q;
    bool row;
    enum fw_status status;
    memset(&marks, 0, sizeof marks);
    fw_text_pool_init(&marks.texts, store->mem);
    FW_TRY_GOTO(fw_sql_prepare(&q, store, sql, err), done);
    fw_sql_bind_text(&q, tag);
    FW_TRY_GOTO(fw_sql_next(&row, &q, err), done);
    while (row) {
        FW_TRY_GOTO(read_row(&marks, &q, err), done);
        FW_TRY_GOTO(fw_sql_next(&row, &q, err), done);
    }
    *out = marks;
done:
    if (status != FW_OK)
        fw_study_marks_clear(&marks);
    return status;
}

void fw_study_marks_clear(struct fw_study_marks *marks)
{
    fw_free(marks->texts.mem, marks->rows);
    fw_text_pool_clear(&marks->texts);
    memset(marks, 0, sizeof *marks);
}

const struct fw_study_mark *fw_study_marks_find(const struct fw_study_marks *marks, int64_t study)
{
    int64_t low = 0;
    int64_t high = marks->n;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (marks->rows[middle].study < study)
            low = middle + 1;
        else
            high = middle;
    }
    return low < marks->n && marks->rows[low].study == study ? &marks->rows[low] : NULL;
}
