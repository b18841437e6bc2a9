/* Any bytes as a table: either a table comes of it, consistent in itself, or a message; and the same in small blocks.
 * The first byte chooses options, the second the size of the blocks. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "space/schema.h"
#include "space/table.h"
#include "space/table_build.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void require_equal(const struct fw_table *a, const struct fw_table *b)
{
    char scratch_a[32], scratch_b[32];
    require(a->n_rows == b->n_rows && a->n_columns == b->n_columns && a->n_bad_rows == b->n_bad_rows);
    require(a->fingerprint == b->fingerprint && a->text_bytes == b->text_bytes);
    for (int64_t row = 0; row < a->n_rows; row++) {
        require(fw_table_line(a, row) >= 1 && fw_table_line(a, row) == fw_table_line(b, row));
        for (int64_t c = 0; c < a->n_columns; c++)
            require(fw_text_equal(fw_table_text(a, c, row, scratch_a), fw_table_text(b, c, row, scratch_b)));
    }
    for (int64_t c = 0; c < a->n_columns; c++)
        require(strcmp(a->columns[c].name, b->columns[c].name) == 0 &&
                a->columns[c].n_missing == b->columns[c].n_missing);
}

static void try_schema(const struct fw_table *table, bool skip_bad_rows, struct fw_allocator *mem)
{
    struct fw_schema *schema = NULL;
    struct fw_schema_options options;
    struct fw_error err;
    fw_schema_options_init(&options);
    options.skip_bad_rows = skip_bad_rows;
    if (fw_schema_infer(&schema, table, &options, mem, &err) == FW_OK)
        fw_schema_destroy(schema);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    struct fw_table_options options;
    struct fw_table *whole = NULL, *pieced = NULL;
    struct fw_error whole_err = {0}, pieced_err = {0};
    struct fw_allocator mem;
    fw_allocator_init(&mem, 512 * FW_MIB);
    fw_table_options_init(&options);
    options.threads = 1;
    options.skip_bad_rows = (data[0] & 1) != 0;
    options.header = (enum fw_table_header)((data[0] >> 1) % 3);
    options.max_field = (data[0] & 128) != 0 ? 20 : options.max_field;
    const char *text = (const char *)data + 2;
    enum fw_status status = fw_table_parse(&whole, "fuzz", text, size - 2, &options, &mem, &whole_err);
    size_t block_size = (size_t)data[1] + 1;
    enum fw_status again =
        fw_table_parse_in_blocks(&pieced, "fuzz", text, size - 2, block_size, &options, &mem, &pieced_err);
    require(status == again && strcmp(whole_err.message, pieced_err.message) == 0);
    if (status == FW_OK) {
        require_equal(whole, pieced);
        try_schema(whole, options.skip_bad_rows, &mem);
    }
    fw_table_destroy(pieced);
    fw_table_destroy(whole);
    require(mem.used == 0);
    return 0;
}
