/* Questions to a store that must not hold up those who write to it: they are asked of a copy in memory.
 *
 * A store has a rollback journal, so a reader's lock keeps writers from committing for as long as it is held. The one
 * idea: the lock is held for one thing only, to copy the file's bytes, and all questions, however long they take, go to
 * the copy. A new copy is made when the file has changed, and not before a hundred times as long has passed as the last
 * one held the lock: writers lose one part in a hundred at most, and in a store of ordinary size a copy is a fraction
 * of a second old. What changes in the file's place, name or lock is noticed with the next question.
 *
 *     struct fw_store_copier *copier;
 *     FW_TRY(fw_store_copier_create(&copier, "fieldwise.db", &options, err));
 *     struct fw_store_copy copy;
 *     FW_TRY_GOTO(fw_store_copy_take(&copy, copier, err), done);
 *     status = ask(copy.store);
 *     fw_store_copy_give(&copy);
 *
 * A copier serves any number of threads; a copy that was taken belongs to one of them. Memory: twice the bytes of the
 * file while it changes, once otherwise, and never more than the limit. */
#ifndef FW_RESULTS_STORE_COPY_H
#define FW_RESULTS_STORE_COPY_H

#include "results/query/query.h"
#include "results/store/store.h"

struct fw_store_copier;

struct fw_store_copier_options {
    size_t bytes_most;        /* of the file: a larger store is refused; 512 MiB by default */
    double wait_seconds;      /* for another process's lock; beyond it the last copy has to do. 2 by default */
    double pause_least;       /* seconds between two looks at the file; 0.1 by default */
    struct fw_allocator *mem; /* borrowed until destroy; may be NULL */
};

void fw_store_copier_options_init(struct fw_store_copier_options *options);

/* Opens the store (read-only) and makes the first copy. Fails as fw_store_open does, and with FW_E_NOMEM for a file
 * beyond the limit. */
FW_NODISCARD
enum fw_status fw_store_copier_create(struct fw_store_copier **out, const char *path,
                                      const struct fw_store_copier_options *options, struct fw_error *err);

/* All copies must have been given back. NULL is a no-op. */
void fw_store_copier_destroy(struct fw_store_copier *copier);

struct fw_store_copy {
    struct fw_store *store;              /* for query.h and ask.h */
    const struct fw_study_list *studies; /* as fw_query_studies gives them; borrowed until the copy is given back */
    int64_t as_of_us;                    /* the file was like this then; microseconds since 1970 UTC */
    bool locked;                         /* the file has been locked since, so that this may be old */
    struct fw_store_copier *copier;
    int slot;
};

/* Looks whether there is a newer state of the store, copies it when it is due, and lends the newest copy. Fails as
 * fw_store_open does while the file is gone, is no store, or is locked and there is no copy yet. */
FW_NODISCARD
enum fw_status fw_store_copy_take(struct fw_store_copy *copy, struct fw_store_copier *copier, struct fw_error *err);
void fw_store_copy_give(struct fw_store_copy *copy);

/* Seconds for which the lock was held so far, and how many copies were made: for benches and tests. */
void fw_store_copier_cost(struct fw_store_copier *copier, double *seconds, int64_t *n_copies);

#endif
