#include "space/vocabulary.h"

#include <stdlib.h>

#include "space/dataset.h"
#include "space/dictionary.h"

/* The texts live in a dictionary whose codes 1, 2, ... are the ranks, so id = code + 1. */
struct fw_vocabulary {
    struct fw_dictionary *ranked;
    struct fw_allocator *mem;
};

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

static enum fw_status create_empty(struct fw_vocabulary **out, struct fw_allocator *mem, struct fw_error *err)
{
    struct fw_vocabulary *vocabulary;
    FW_ALLOC(vocabulary, mem, 1, "a vocabulary", err);
    vocabulary->mem = mem;
    enum fw_status status = fw_dictionary_create(&vocabulary->ranked, mem, err);
    if (status != FW_OK) {
        fw_free(mem, vocabulary);
        return status;
    }
    *out = vocabulary;
    return FW_OK;
}

enum fw_status fw_vocabulary_learn(struct fw_vocabulary **out, const struct fw_dictionary *texts, const int64_t *counts,
                                   int64_t min_count, int64_t max_ids, struct fw_allocator *mem, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct fw_vocabulary *vocabulary = NULL;
    struct ranked_code *order = NULL;
    int64_t size = fw_dictionary_size(texts);
    int64_t n = 0;
    FW_ALLOC_GOTO(order, mem, size, "the ranking of a vocabulary", err, done);
    for (int64_t code = 1; code < size; code++) {
        if (counts[code] >= min_count && counts[code] > 0)
            order[n++] = (struct ranked_code){counts[code], (uint32_t)code};
    }
    if (n > 0)
        qsort(order, (size_t)n, sizeof *order, compare_ranked);
    if (max_ids > 0 && n > max_ids)
        n = max_ids;
    FW_TRY_GOTO(create_empty(&vocabulary, mem, err), done);
    for (int64_t i = 0; i < n; i++) {
        uint32_t code;
        FW_TRY_GOTO(fw_dictionary_add(&code, vocabulary->ranked, fw_dictionary_text(texts, order[i].code), 0, err),
                    done);
    }
    *out = vocabulary;
    vocabulary = NULL;
done:
    fw_vocabulary_destroy(vocabulary);
    fw_free(mem, order);
    return status;
}

void fw_vocabulary_destroy(struct fw_vocabulary *vocabulary)
{
    if (vocabulary == NULL)
        return;
    fw_dictionary_destroy(vocabulary->ranked);
    fw_free(vocabulary->mem, vocabulary);
}

int64_t fw_vocabulary_size(const struct fw_vocabulary *vocabulary)
{
    return fw_dictionary_size(vocabulary->ranked) - 1 + FW_ID_FIRST;
}

uint32_t fw_vocabulary_id(const struct fw_vocabulary *vocabulary, struct fw_text text)
{
    uint32_t code = fw_dictionary_find(vocabulary->ranked, text);
    return code == FW_DICTIONARY_NONE || code == 0 ? FW_ID_UNKNOWN : code - 1 + FW_ID_FIRST;
}

struct fw_text fw_vocabulary_text(const struct fw_vocabulary *vocabulary, uint32_t id)
{
    return fw_dictionary_text(vocabulary->ranked, id - FW_ID_FIRST + 1);
}

void fw_vocabulary_write(const struct fw_vocabulary *vocabulary, struct fw_buffer *buffer)
{
    int64_t n = fw_dictionary_size(vocabulary->ranked) - 1;
    fw_bytes_put_u64(buffer, (uint64_t)n);
    for (int64_t i = 0; i < n; i++)
        fw_bytes_put_text(buffer, fw_dictionary_text(vocabulary->ranked, (uint32_t)(i + 1)));
}

enum fw_status fw_vocabulary_read(struct fw_vocabulary **out, struct fw_bytes_reader *reader, struct fw_allocator *mem,
                                  struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct fw_vocabulary *vocabulary = NULL;
    int64_t n;
    FW_TRY(fw_bytes_get_count(&n, sizeof(uint64_t), reader, err));
    FW_TRY_GOTO(create_empty(&vocabulary, mem, err), done);
    for (int64_t i = 0; i < n; i++) {
        struct fw_text text;
        uint32_t code;
        FW_TRY_GOTO(fw_bytes_get_text(&text, reader, err), done);
        FW_TRY_GOTO(fw_dictionary_add(&code, vocabulary->ranked, text, 0, err), done);
        if (code != i + 1) { /* the same text twice */
            status = fw_bytes_corrupt(reader, err);
            goto done;
        }
    }
    *out = vocabulary;
    vocabulary = NULL;
done:
    fw_vocabulary_destroy(vocabulary);
    return status;
}
