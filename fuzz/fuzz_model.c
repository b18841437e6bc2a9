/* Any bytes as a model file: either a model comes of it, and it scores a row, or a message. The checksum is put right
 * first, or no changed byte would get past it. */
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/hash.h"
#include "models/file/model_file.h"
#include "models/file/scorer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

/* A row of numbers that are also names. */
static void score(const struct fw_bundle *bundle, struct fw_allocator *mem)
{
    struct fw_error err = {0};
    struct fw_row_scorer *scorer = NULL;
    int64_t n = bundle->plan->schema->n_columns;
    struct fw_text *cells = fw_alloc_array(mem, n, sizeof *cells);
    if (cells == NULL)
        return;
    for (int64_t c = 0; c < n; c++)
        cells[c] = fw_text_of(c % 3 == 0 ? "1" : c % 3 == 1 ? "a|b" : "");
    if (fw_row_scorer_create(&scorer, bundle, mem, &err) == FW_OK) {
        const struct fw_reading *served[FW_READINGS_MOST];
        double scores[FW_READINGS_MOST];
        int32_t n_served = fw_served_readings(served, bundle->model);
        fw_row_scores(scores, scorer, cells);
        for (int32_t r = 0; r < n_served; r++)
            require(served[r]->kind == FW_READ_NUMBER || isnan(scores[r]) || (scores[r] >= 0 && scores[r] <= 1));
    }
    fw_row_scorer_destroy(scorer);
    fw_free(mem, cells);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fw_bundle bundle;
    struct fw_error err = {0};
    struct fw_allocator mem;
    if (size < 16)
        return 0;
    fw_allocator_init(&mem, 512 * FW_MIB);
    char *bytes = malloc(size);
    require(bytes != NULL);
    memcpy(bytes, data, size);
    uint64_t hash = fw_hash_bytes(bytes, size - sizeof hash, FW_MODEL_FILE_VERSION);
    memcpy(bytes + size - sizeof hash, &hash, sizeof hash);
    if (fw_model_file_parse(&bundle, bytes, size, "the model", 1, &mem, &err) == FW_OK) {
        score(&bundle, &mem);
        fw_bundle_clear(&bundle);
    } else {
        require(err.message[0] != '\0');
    }
    free(bytes);
    require(mem.used == 0);
    return 0;
}
