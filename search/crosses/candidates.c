#include "search/crosses/candidates.h"

#include <stdlib.h>
#include <string.h>

#include "core/hash.h"
#include "space/key_table.h"

struct member {
    struct fw_cross cross;
    int32_t field;
};

static bool share_a_column(const struct fw_cross *a, const struct fw_cross *b, const int64_t *column)
{
    for (int32_t i = 0; i < a->order; i++) {
        for (int32_t j = 0; j < b->order; j++) {
            if (column[a->fields[i]] == column[b->fields[j]])
                return true;
        }
    }
    return false;
}

static uint64_t key_of(const struct fw_cross *cross)
{
    return fw_hash_bytes(cross->fields, (size_t)cross->order * sizeof cross->fields[0], 0) >> 1;
}

/* Marks the strongest base fields such that their pairs stay within the limit; returns how many are left out. */
static enum fw_status choose_fields(bool *paired, int32_t *left_out, int32_t n_base,
                                    const struct fw_candidate_rules *rules, struct fw_allocator *mem,
                                    struct fw_error *err)
{
    int64_t keep = n_base;
    while (rules->max_candidates > 0 && keep > 2 && keep * (keep - 1) / 2 > rules->max_candidates)
        keep--;
    *left_out = (int32_t)(n_base - keep);
    for (int32_t f = 0; f < n_base; f++)
        paired[f] = keep == n_base;
    if (keep == n_base)
        return FW_OK;
    /* selection by rank: fields are few compared with rows, and ties go to the lower index */
    int32_t *rank;
    FW_ALLOC(rank, mem, n_base, "the ranking of fields", err);
    for (int32_t f = 0; f < n_base; f++)
        rank[f] = f;
    for (int64_t k = 0; k < keep; k++) {
        int64_t best = k;
        for (int64_t i = k + 1; i < n_base && rules->strength != NULL; i++) {
            if (rules->strength[rank[i]] > rules->strength[rank[best]])
                best = i;
        }
        int32_t field = rank[best];
        memmove(rank + k + 1, rank + k, (size_t)(best - k) * sizeof *rank);
        rank[k] = field;
        paired[field] = true;
    }
    fw_free(mem, rank);
    return FW_OK;
}

static enum fw_status list_members(struct member *members, int32_t *n_out, int32_t *left_out,
                                   const struct fw_feature_set *set, const struct fw_candidate_rules *rules,
                                   struct fw_allocator *mem, struct fw_error *err)
{
    bool *paired;
    int32_t n = 0;
    FW_ALLOC(paired, mem, set->n_base, "the ranking of fields", err);
    enum fw_status status = choose_fields(paired, left_out, set->n_base, rules, mem, err);
    for (int32_t f = 0; status == FW_OK && f < set->n_base; f++) {
        if (paired[f])
            members[n++] = (struct member){{1, {f}}, f};
    }
    for (int32_t x = 0; status == FW_OK && x < set->n_crosses; x++)
        members[n++] = (struct member){set->crosses[x].cross, set->crosses[x].field};
    fw_free(mem, paired);
    *n_out = n;
    return status;
}

enum fw_status fw_candidates_list(struct fw_candidate **out, int64_t *n_out, int32_t *n_fields_left_out,
                                  const struct fw_feature_set *set, const struct fw_candidate_rules *rules,
                                  struct fw_allocator *mem, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct member *members = NULL;
    struct fw_candidate *list = NULL;
    struct fw_key_table seen;
    int64_t n = 0;
    int64_t capacity = 0;
    int32_t n_members = 0;
    fw_key_table_init(&seen, mem);
    FW_ALLOC_GOTO(members, mem, set->n_base + set->n_crosses, "the members of a feature set", err, done);
    FW_TRY_GOTO(list_members(members, &n_members, n_fields_left_out, set, rules, mem, err), done);
    for (int32_t i = 0; i < n_members; i++) {
        for (int32_t j = i + 1; j < n_members; j++) {
            const struct fw_cross *a = &members[i].cross;
            const struct fw_cross *b = &members[j].cross;
            if (a->order + b->order > rules->max_order || share_a_column(a, b, rules->column))
                continue;
            struct fw_cross cross = fw_cross_union(a, b);
            if (fw_feature_set_has(set, &cross))
                continue;
            FW_TRY_GOTO(fw_key_table_reserve(&seen, seen.n_keys + 1, err), done);
            struct fw_key_slot *slot = fw_key_table_add(&seen, key_of(&cross));
            if (slot->value++ > 0)
                continue;
            FW_TRY_GOTO(fw_reserve(mem, &list, &capacity, n + 1, sizeof *list, err), done);
            list[n++] = (struct fw_candidate){cross, members[i].field, members[j].field};
        }
    }
    *out = list;
    *n_out = n;
    list = NULL;
done:
    fw_free(mem, members);
    fw_free(mem, list);
    fw_key_table_clear(&seen);
    return status;
}
