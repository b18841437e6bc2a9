/* Who took what, in which order: the histories that a model of next items learns from.
 *
 * A row of a table says that a user took an item. Rows of one user, sorted by time, are a history. Its last item tests,
 * the one before validates, the others train (leave-one-out, as sequential recommendation is judged); histories of one
 * or two items train alone. An item taken twice stands twice.
 *
 * Users and items have ids by falling number of training rows, so that a prefix of the ids is the popular part (sizes
 * of embeddings depend on it); ties go to the one that appeared first. Id 0 is what is unknown: seen in fewer training
 * rows than asked for, or only in rows that judge.
 *
 *     struct fw_interactions_columns columns = {.user = 0, .item = 1, .time = 3};
 *     FW_TRY(fw_interactions_create(&interactions, table, &columns, 1, 1, mem, err));
 *
 * Immutable once made, then safe to read from many threads. */
#ifndef FW_SPACE_INTERACTIONS_H
#define FW_SPACE_INTERACTIONS_H

#include "space/table.h"

/* Items that a history must have to judge. */
#define FW_HISTORY_LEAST 3

/* Columns of the table, from 0. */
struct fw_interactions_columns {
    int64_t user, item;
    int64_t time; /* numbers, or texts of one length that sort by time; -1: rows are in order of time */
};

enum fw_held { FW_HELD_VALID, FW_HELD_TEST };

struct fw_interactions {
    int64_t n_users, n_items;            /* ids, 0 included */
    int64_t *user_counts;                /* (n_users) training rows of each id */
    int64_t *item_counts;                /* (n_items) */
    struct fw_dictionary *users, *items; /* the text of an id is that of the code; 0: the empty text */
    int64_t n_histories;                 /* by first appearance of their users */
    uint32_t *user;                      /* (n_histories) 0: several users may be unknown */
    int64_t *first;                      /* (n_histories + 1) history h is taken[first[h]] .. taken[first[h + 1] - 1] */
    uint32_t *taken;                     /* items by id */
    int64_t n_train;                     /* rows that train */
    int64_t n_judges;                    /* histories that judge */
    int64_t *judges;                     /* (n_judges) their numbers, rising */
    struct fw_allocator *mem;
};

/* Ids are given to users with at least min_user training rows and items with at least min_item. The table may be
 * destroyed afterwards. FW_E_ARG: a column named twice, or a least count below 1. FW_E_INPUT: a user or item that is
 * missing, a time that is none, fewer than 2 items with an id, no history of 3 items. FW_E_NOMEM. */
FW_NODISCARD
enum fw_status fw_interactions_create(struct fw_interactions **out, const struct fw_table *table,
                                      const struct fw_interactions_columns *columns, int64_t min_user, int64_t min_item,
                                      struct fw_allocator *mem, struct fw_error *err);
void fw_interactions_destroy(struct fw_interactions *interactions); /* NULL is a no-op */

/* Items in a history, and those of them that train. */
static inline int64_t fw_history_length(const struct fw_interactions *x, int64_t history)
{
    return x->first[history + 1] - x->first[history];
}
static inline int64_t fw_history_train(const struct fw_interactions *x, int64_t history)
{
    int64_t n = fw_history_length(x, history);
    return n >= FW_HISTORY_LEAST ? n - 2 : n;
}

/* Where in `taken` a judging history has its held-out item; what stands before it in the history is known then. */
static inline int64_t fw_history_held(const struct fw_interactions *x, int64_t history, enum fw_held held)
{
    return x->first[history + 1] - (held == FW_HELD_TEST ? 1 : 2);
}

#endif
