#include "results/insight/board.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "results/insight/pareto.h"
#include "results/store/sql.h"

/* The complete trials of a study with the figures of the ranking. */
struct field {
    int64_t *numbers; /* (n) ascending */
    double *values;   /* (n, n_ranking) */
    int64_t n, capacity[2];
    int n_ranking;
    struct fw_allocator *mem;
};

static const char *const columns[] = {"objective", "gain", "bytes", "seconds", "rows"};
enum { n_columns = sizeof columns / sizeof columns[0] };

/* Which column of a trial a figure is; -1: it is a metric. */
static int column_of(const char *name)
{
    for (int c = 0; c < n_columns; c++) {
        if (strcmp(columns[c], name) == 0)
            return c;
    }
    return -1;
}

static double column_value(const struct fw_trial_record *record, int column)
{
    const double values[n_columns] = {record->objective, record->gain,
                                      record->bytes > 0 ? (double)record->bytes : (double)NAN, record->seconds,
                                      (double)record->rows};
    return values[column];
}

static enum fw_status add_trial(struct field *field, const struct fw_sql *q, const struct fw_board_options *options,
                                struct fw_error *err)
{
    int k = field->n_ranking;
    FW_TRY(fw_reserve(field->mem, &field->numbers, &field->capacity[0], field->n + 1, sizeof *field->numbers, err));
    FW_TRY(fw_reserve(field->mem, &field->values, &field->capacity[1], (field->n + 1) * k, sizeof *field->values, err));
    field->numbers[field->n] = fw_sql_int(q, 0);
    for (int f = 0; f < k; f++) {
        int column = column_of(options->figures[f].name);
        field->values[field->n * k + f] = column < 0 ? (double)NAN : fw_sql_real(q, 1 + column);
    }
    field->n++;
    return FW_OK;
}

static enum fw_status read_trials(struct field *field, struct fw_store *store, const struct fw_board_options *options,
                                  struct fw_error *err)
{
    /* the index of numbers leads through the table in the order in which it lies; that of objectives would not */
    static const char sql[] = "SELECT number, objective, gain, bytes, seconds, rows FROM trials INDEXED BY "
                              "sqlite_autoindex_trials_1 WHERE study_id = ? AND state = 'complete' ORDER BY number";
    struct fw_sql q;
    bool row;
    FW_TRY(fw_sql_prepare(&q, store, sql, err));
    fw_sql_bind_int(&q, options->study);
    FW_TRY(fw_sql_next(&row, &q, err));
    while (row) {
        enum fw_status status = add_trial(field, &q, options, err);
        if (status != FW_OK) {
            enum fw_status ignored = fw_sql_finish(&q, NULL);
            (void)ignored;
            return status;
        }
        FW_TRY(fw_sql_next(&row, &q, err));
    }
    return FW_OK;
}

/* How much a row of metrics says of the whole trial: the best of a curve, a figure without steps, a step. */
static int64_t standing(const char *found, const char *wanted, int64_t step)
{
    if (found == NULL || strcmp(found, wanted) != 0)
        return INT64_MAX;
    return step == 0 ? INT64_MAX - 1 : step;
}

/* Fills in one metric of all trials; both come by number. */
static enum fw_status read_metric(struct field *field, int place, const char *name, struct fw_store *store,
                                  int64_t study, struct fw_error *err)
{
    static const char sql[] =
        "SELECT t.number, m.name, m.step, m.value FROM trials t INDEXED BY sqlite_autoindex_trials_1 CROSS JOIN "
        "metrics "
        "m ON m.trial_id = t.id AND m.name IN (?2, 'best_' || ?2) WHERE t.study_id = ?1 AND t.state = 'complete' ORDER "
        "BY t.number";
    struct fw_sql q;
    bool row;
    int64_t i = 0;
    int64_t best = -1;
    FW_TRY(fw_sql_prepare(&q, store, sql, err));
    fw_sql_bind_int(&q, study);
    fw_sql_bind_text(&q, name);
    FW_TRY(fw_sql_next(&row, &q, err));
    while (row) {
        int64_t number = fw_sql_int(&q, 0);
        for (; i < field->n && field->numbers[i] < number; i++)
            best = -1;
        int64_t now = standing(fw_sql_text(&q, 1), name, fw_sql_int(&q, 2));
        if (i < field->n && field->numbers[i] == number && now >= best) {
            best = now;
            field->values[i * field->n_ranking + place] = fw_sql_real(&q, 3);
        }
        FW_TRY(fw_sql_next(&row, &q, err));
    }
    return FW_OK;
}

/* One metric of one trial. */
static enum fw_status read_one(double *out, const char *name, int64_t trial, struct fw_store *store,
                               struct fw_error *err)
{
    static const char sql[] = "SELECT name, step, value FROM metrics WHERE trial_id = ?1 AND name IN (?2, 'best_' || "
                              "?2)";
    struct fw_sql q;
    bool row;
    int64_t best = -1;
    *out = (double)NAN;
    FW_TRY(fw_sql_prepare(&q, store, sql, err));
    fw_sql_bind_int(&q, trial);
    fw_sql_bind_text(&q, name);
    FW_TRY(fw_sql_next(&row, &q, err));
    while (row) {
        int64_t now = standing(fw_sql_text(&q, 0), name, fw_sql_int(&q, 1));
        if (now >= best) {
            best = now;
            *out = fw_sql_real(&q, 2);
        }
        FW_TRY(fw_sql_next(&row, &q, err));
    }
    return FW_OK;
}

struct place {
    double value; /* lower is better */
    int64_t index;
};

static int compare_places(const void *a, const void *b)
{
    const struct place *x = a;
    const struct place *y = b;
    if (x->value != y->value)
        return x->value < y->value ? -1 : 1;
    return x->index < y->index ? -1 : x->index > y->index;
}

/* Indices of trials by one figure, best first, equals by number. */
static enum fw_status rank(int64_t *order, int64_t *n_out, const struct field *field, bool maximise,
                           struct fw_error *err)
{
    struct place *places;
    int64_t n = 0;
    FW_ALLOC(places, field->mem, field->n, "a ranking", err);
    for (int64_t i = 0; i < field->n; i++) {
        if (!isnan(field->values[i]))
            places[n++] = (struct place){maximise ? -field->values[i] : field->values[i], i};
    }
    qsort(places, (size_t)n, sizeof *places, compare_places);
    for (int64_t i = 0; i < n; i++)
        order[i] = places[i].index;
    fw_free(field->mem, places);
    *n_out = n;
    return FW_OK;
}

/* The numbers of the trials that answer the question, in order; the caller's. */
static enum fw_status choose(int64_t **numbers_out, int64_t *n_out, int64_t *n_ranked_out, struct field *field,
                             const struct fw_board_options *options, struct fw_error *err)
{
    int64_t *order;
    int64_t n = 0;
    bool maximise[FW_BOARD_FIGURES];
    enum fw_status status;
    FW_ALLOC(order, field->mem, field->n, "a ranking", err);
    for (int f = 0; f < options->n_ranking; f++)
        maximise[f] = options->figures[f].maximise;
    if (options->n_ranking == 1)
        status = rank(order, &n, field, maximise[0], err);
    else
        status = fw_pareto_front(order, &n, field->values, field->n, options->n_ranking, maximise, field->mem, err);
    int64_t ranked = 0;
    for (int64_t i = 0; i < field->n; i++) {
        bool whole = true;
        for (int f = 0; f < field->n_ranking; f++)
            whole = whole && !isnan(field->values[i * field->n_ranking + f]);
        ranked += whole;
    }
    for (int64_t i = 0; i < n; i++)
        order[i] = field->numbers[order[i]];
    if (status != FW_OK) {
        fw_free(field->mem, order);
        return status;
    }
    *numbers_out = order;
    *n_out = options->top > 0 && options->top < n ? options->top : n;
    *n_ranked_out = ranked;
    return FW_OK;
}

static enum fw_status find_trials(struct fw_board *board, struct fw_store *store,
                                  const struct fw_board_options *options, struct fw_error *err)
{
    struct field field = {.n_ranking = options->n_ranking, .mem = store->mem};
    int64_t *numbers = NULL;
    int64_t n = 0;
    enum fw_status status;
    FW_TRY_GOTO(read_trials(&field, store, options, err), done);
    for (int f = 0; f < options->n_ranking; f++) {
        if (column_of(options->figures[f].name) < 0)
            FW_TRY_GOTO(read_metric(&field, f, options->figures[f].name, store, options->study, err), done);
    }
    FW_TRY_GOTO(choose(&numbers, &n, &board->n_ranked, &field, options, err), done);
    FW_TRY_GOTO(fw_query_trials_numbered(&board->trials, store, options->study, numbers, n, err), done);
done:
    fw_free(store->mem, numbers);
    fw_free(store->mem, field.values);
    fw_free(store->mem, field.numbers);
    return status;
}

enum fw_status fw_board_query(struct fw_board *out, struct fw_store *store, const struct fw_board_options *options,
                              struct fw_error *err)
{
    struct fw_board board = {.n_ranked = -1};
    bool by_objective = options->n_ranking == 1 && strcmp(options->figures[0].name, "objective") == 0;
    int k = options->n_figures;
    enum fw_status status;
    if (by_objective)
        FW_TRY(fw_query_best(&board.trials, store, options->study, options->figures[0].maximise, options->top, err));
    else
        FW_TRY(find_trials(&board, store, options, err));
    FW_ALLOC_GOTO(board.values, store->mem, board.trials.n * k, "the figures of trials", err, done);
    for (int64_t i = 0; i < board.trials.n; i++) {
        for (int f = 0; f < k; f++) {
            const struct fw_trial_row *trial = &board.trials.rows[i];
            const char *name = options->figures[f].name;
            int column = column_of(name);
            if (column >= 0)
                board.values[i * k + f] = column_value(&trial->record, column);
            else
                FW_TRY_GOTO(read_one(&board.values[i * k + f], name, trial->id, store, err), done);
        }
    }
    *out = board;
    status = FW_OK;
done:
    if (status != FW_OK)
        fw_board_clear(&board);
    return status;
}

void fw_board_clear(struct fw_board *board)
{
    fw_free(board->trials.texts.mem, board->values);
    fw_trial_list_clear(&board->trials);
    memset(board, 0, sizeof *board);
}

enum fw_status fw_board_metric_names(struct fw_buffer *out, struct fw_store *store, int64_t study, struct fw_error *err)
{
    static const char sql[] =
        "SELECT DISTINCT name FROM metrics WHERE trial_id = (SELECT id FROM trials WHERE study_id = ? AND state = "
        "'complete' ORDER BY number LIMIT 1) ORDER BY name";
    struct fw_sql q;
    bool row;
    int64_t start = out->length;
    FW_TRY(fw_sql_prepare(&q, store, sql, err));
    fw_sql_bind_int(&q, study);
    FW_TRY(fw_sql_next(&row, &q, err));
    while (row) {
        fw_buffer_addf(out, "%s%s", out->length > start ? ", " : "", fw_sql_text(&q, 0));
        FW_TRY(fw_sql_next(&row, &q, err));
    }
    return fw_buffer_check(out, err);
}
