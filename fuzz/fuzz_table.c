/* Any bytes as a table: either a table comes of it, consistent in itself, or a message. The first byte chooses options.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "space/schema.h"
#include "space/table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return 0;
    struct fw_table_options options;
    struct fw_table *table = NULL;
    struct fw_error err = {0};
    struct fw_allocator mem;
    fw_allocator_init(&mem, 512 * FW_MIB);
    fw_table_options_init(&options);
    options.threads = 1;
    options.skip_bad_rows = (data[0] & 1) != 0;
    options.header = (enum fw_table_header)((data[0] >> 1) % 3);
    if (fw_table_parse(&table, "fuzz", (const char *)data + 1, size - 1, &options, &mem, &err) == FW_OK) {
        struct fw_schema *schema = NULL;
        struct fw_schema_options schema_options;
        char scratch[32];
        for (int64_t c = 0; c < table->n_columns && table->n_rows > 0; c++) {
            fw_table_text(table, c, table->n_rows - 1, scratch);
            if (fw_table_line(table, table->n_rows - 1) < 1)
                abort();
        }
        fw_schema_options_init(&schema_options);
        schema_options.skip_bad_rows = options.skip_bad_rows;
        if (fw_schema_infer(&schema, table, &schema_options, &mem, &err) == FW_OK)
            fw_schema_destroy(schema);
        fw_table_destroy(table);
    }
    if (mem.used != 0)
        abort();
    return 0;
}
