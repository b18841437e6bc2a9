#include "space/interactions.h"

#include <assert.h>
#include <stdlib.h>

#include "space/stamps.h"

/* One of the two sides while it is read. Codes are numbers by first appearance, ids those by rank. */
struct side {
    struct fw_dictionary *texts;
    uint32_t *codes; /* (n_rows) */
    int64_t *counts; /* (codes) training rows */
    uint32_t *id_of; /* (codes) */
    int64_t *ranked; /* (n_ids) training rows by id */
    struct fw_dictionary *ids;
};

struct building {
    const struct fw_table *table;
    struct fw_allocator *mem;
    struct fw_interactions *out;
    struct side user, item;
    int64_t *rows; /* (n_rows) history by history, by time */
};

static enum fw_status read_side(struct side *side, struct building *b, int64_t column, const char *what,
                                struct fw_error *err)
{
    const struct fw_table *table = b->table;
    FW_TRY(fw_dictionary_create(&side->texts, b->mem, err));
    FW_ALLOC(side->codes, b->mem, table->n_rows, "users and items", err);
    for (int64_t row = 0; row < table->n_rows; row++) {
        char scratch[32];
        struct fw_text text = fw_table_text(table, column, row, scratch);
        if (text.length == 0)
            return fw_error_set(err, FW_E_INPUT, "%s:%lld: the %s in column '%s' is missing; leave such rows out",
                                table->path, (long long)fw_table_line(table, row), what, table->columns[column].name);
        FW_TRY(fw_dictionary_add(&side->codes[row], side->texts, text, 0, err));
    }
    FW_ALLOC(side->counts, b->mem, fw_dictionary_size(side->texts), "users and items", err);
    FW_ALLOC(side->id_of, b->mem, fw_dictionary_size(side->texts), "users and items", err);
    return FW_OK;
}

/* Rows by history, in their order; first (n_histories + 1). History h is that of code h + 1. */
static enum fw_status gather_histories(struct building *b, struct fw_error *err)
{
    struct fw_interactions *x = b->out;
    int64_t n_rows = b->table->n_rows;
    x->n_histories = fw_dictionary_size(b->user.texts) - 1;
    FW_ALLOC(x->first, b->mem, x->n_histories + 2, "histories", err);
    FW_ALLOC(b->rows, b->mem, n_rows, "histories", err);
    /* one place further than they belong: filling moves each to where it should be */
    for (int64_t row = 0; row < n_rows; row++)
        x->first[b->user.codes[row] + 1]++;
    for (int64_t h = 0; h <= x->n_histories; h++)
        x->first[h + 1] += x->first[h];
    for (int64_t row = 0; row < n_rows; row++)
        b->rows[x->first[b->user.codes[row]]++] = row;
    return FW_OK;
}

static enum fw_status sort_by_time(struct building *b, int64_t column, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    const struct fw_interactions *x = b->out;
    struct fw_stamp *stamps = NULL;
    struct fw_stamp *own = NULL;
    FW_ALLOC_GOTO(stamps, b->mem, b->table->n_rows, "sorting rows by time", err, done);
    FW_ALLOC_GOTO(own, b->mem, b->table->n_rows, "sorting rows by time", err, done);
    FW_TRY_GOTO(fw_stamps_read(stamps, b->table, column, err), done);
    for (int64_t i = 0; i < b->table->n_rows; i++)
        own[i] = stamps[b->rows[i]];
    for (int64_t h = 0; h < x->n_histories; h++)
        qsort(own + x->first[h], (size_t)fw_history_length(x, h), sizeof *own, fw_stamps_compare);
    for (int64_t i = 0; i < b->table->n_rows; i++)
        b->rows[i] = own[i].row;
done:
    fw_free(b->mem, own);
    fw_free(b->mem, stamps);
    return status;
}

struct ranked_code {
    int64_t count;
    uint32_t code;
};

static int compare_ranked(const void *a, const void *b)
{
    const struct ranked_code *x = a;
    const struct ranked_code *y = b;
    if (x->count != y->count)
        return x->count > y->count ? -1 : 1;
    return x->code < y->code ? -1 : 1;
}

/* Ids of one side from its training rows. */
static enum fw_status rank_side(struct side *side, int64_t least, struct fw_allocator *mem, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct ranked_code *order = NULL;
    int64_t size = fw_dictionary_size(side->texts);
    int64_t n = 0;
    int64_t unknown = 0;
    FW_ALLOC_GOTO(order, mem, size, "the ranking of users and items", err, done);
    for (int64_t code = 1; code < size; code++) {
        if (side->counts[code] >= least)
            order[n++] = (struct ranked_code){side->counts[code], (uint32_t)code};
        else
            unknown += side->counts[code];
    }
    if (n > 0)
        qsort(order, (size_t)n, sizeof *order, compare_ranked);
    FW_ALLOC_GOTO(side->ranked, mem, n + 1, "the ranking of users and items", err, done);
    FW_TRY_GOTO(fw_dictionary_create(&side->ids, mem, err), done);
    side->ranked[0] = unknown;
    for (int64_t i = 0; i < n; i++) {
        uint32_t id;
        FW_TRY_GOTO(fw_dictionary_add(&id, side->ids, fw_dictionary_text(side->texts, order[i].code), 0, err), done);
        assert(id == i + 1);
        side->id_of[order[i].code] = id;
        side->ranked[id] = order[i].count;
    }
done:
    fw_free(mem, order);
    return status;
}

static void count_training(struct building *b)
{
    struct fw_interactions *x = b->out;
    for (int64_t h = 0; h < x->n_histories; h++) {
        int64_t n = fw_history_train(x, h);
        x->n_train += n;
        x->n_judges += fw_history_length(x, h) >= FW_HISTORY_LEAST;
        b->user.counts[h + 1] = n;
        for (int64_t i = 0; i < n; i++)
            b->item.counts[b->item.codes[b->rows[x->first[h] + i]]]++;
    }
}

/* What is kept of the two sides, and the histories in ids. */
static enum fw_status take_over(struct building *b, struct fw_error *err)
{
    struct fw_interactions *x = b->out;
    x->n_users = fw_dictionary_size(b->user.ids);
    x->n_items = fw_dictionary_size(b->item.ids);
    x->users = b->user.ids;
    x->items = b->item.ids;
    x->user_counts = b->user.ranked;
    x->item_counts = b->item.ranked;
    b->user.ids = b->item.ids = NULL;
    b->user.ranked = b->item.ranked = NULL;
    FW_ALLOC(x->user, b->mem, x->n_histories, "histories", err);
    FW_ALLOC(x->taken, b->mem, b->table->n_rows, "histories", err);
    FW_ALLOC(x->judges, b->mem, x->n_judges, "histories", err);
    int64_t judge = 0;
    for (int64_t h = 0; h < x->n_histories; h++) {
        x->user[h] = b->user.id_of[h + 1];
        if (fw_history_length(x, h) >= FW_HISTORY_LEAST)
            x->judges[judge++] = h;
    }
    for (int64_t i = 0; i < b->table->n_rows; i++)
        x->taken[i] = b->item.id_of[b->item.codes[b->rows[i]]];
    return FW_OK;
}

static enum fw_status build(struct building *b, const struct fw_interactions_columns *columns, int64_t min_user,
                            int64_t min_item, struct fw_error *err)
{
    const struct fw_table *table = b->table;
    FW_TRY(read_side(&b->user, b, columns->user, "user", err));
    FW_TRY(read_side(&b->item, b, columns->item, "item", err));
    FW_TRY(gather_histories(b, err));
    if (columns->time >= 0)
        FW_TRY(sort_by_time(b, columns->time, err));
    count_training(b);
    if (b->out->n_judges == 0)
        return fw_error_set(err, FW_E_INPUT,
                            "%s: no user in column '%s' has %d rows, so that nothing can be held out; is it the right "
                            "column?",
                            table->path, table->columns[columns->user].name, FW_HISTORY_LEAST);
    FW_TRY(rank_side(&b->user, min_user, b->mem, err));
    FW_TRY(rank_side(&b->item, min_item, b->mem, err));
    int64_t n_items = fw_dictionary_size(b->item.ids) - 1;
    if (n_items < 2)
        return fw_error_set(err, FW_E_INPUT,
                            "%s: column '%s' has %lld item%s with at least %lld training row%s; at least 2 are needed",
                            table->path, table->columns[columns->item].name, (long long)n_items,
                            n_items == 1 ? "" : "s", (long long)min_item, min_item == 1 ? "" : "s");
    return take_over(b, err);
}

static enum fw_status check_columns(const struct fw_table *table, const struct fw_interactions_columns *columns,
                                    struct fw_error *err)
{
    const int64_t all[] = {columns->user, columns->item, columns->time};
    static const char *const names[] = {"user", "item", "time"};
    for (int i = 1; i < 3; i++) {
        for (int j = 0; j < i; j++) {
            if (all[i] == all[j])
                return fw_error_set(err, FW_E_ARG,
                                    "column '%s' is named twice, as the %s and as the %s; name different columns",
                                    table->columns[all[i]].name, names[j], names[i]);
        }
    }
    return FW_OK;
}

static void clear_side(struct side *side, struct fw_allocator *mem)
{
    fw_dictionary_destroy(side->ids);
    fw_free(mem, side->ranked);
    fw_free(mem, side->id_of);
    fw_free(mem, side->counts);
    fw_free(mem, side->codes);
    fw_dictionary_destroy(side->texts);
}

enum fw_status fw_interactions_create(struct fw_interactions **out, const struct fw_table *table,
                                      const struct fw_interactions_columns *columns, int64_t min_user, int64_t min_item,
                                      struct fw_allocator *mem, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct building b = {.table = table, .mem = mem};
    FW_TRY(check_columns(table, columns, err));
    if (min_user < 1 || min_item < 1)
        return fw_error_set(err, FW_E_ARG, "a least count of %lld is not possible; 1 or more is",
                            (long long)(min_user < 1 ? min_user : min_item));
    FW_ALLOC_GOTO(b.out, mem, 1, "interactions", err, done);
    b.out->mem = mem;
    FW_TRY_GOTO(build(&b, columns, min_user, min_item, err), done);
    *out = b.out;
    b.out = NULL;
done:
    fw_free(mem, b.rows);
    clear_side(&b.item, mem);
    clear_side(&b.user, mem);
    fw_interactions_destroy(b.out);
    return status;
}

void fw_interactions_destroy(struct fw_interactions *x)
{
    if (x == NULL)
        return;
    fw_free(x->mem, x->judges);
    fw_free(x->mem, x->taken);
    fw_free(x->mem, x->user);
    fw_free(x->mem, x->first);
    fw_dictionary_destroy(x->items);
    fw_dictionary_destroy(x->users);
    fw_free(x->mem, x->item_counts);
    fw_free(x->mem, x->user_counts);
    fw_free(x->mem, x);
}
