#include "space/table_build.h"

#include <string.h>

enum fw_status fw_line_map_add(struct fw_line_map *map, int64_t row, int64_t line, struct fw_allocator *mem,
                               struct fw_error *err)
{
    if (map->n > 0) {
        const struct fw_line_point *last = &map->points[map->n - 1];
        if (line - last->line == row - last->row)
            return FW_OK;
    }
    FW_TRY(fw_reserve(mem, &map->points, &map->capacity, map->n + 1, sizeof *map->points, err));
    map->points[map->n++] = (struct fw_line_point){row, line};
    return FW_OK;
}

int64_t fw_line_map_find(const struct fw_line_map *map, int64_t row)
{
    if (map->n == 0)
        return 0;
    int64_t low = 0;
    int64_t high = map->n - 1; /* the last point at or before the row is in [low, high] */
    while (low < high) {
        int64_t middle = low + (high - low + 1) / 2;
        if (map->points[middle].row <= row)
            low = middle;
        else
            high = middle - 1;
    }
    return map->points[low].line + (row - map->points[low].row);
}

enum fw_status fw_table_create(struct fw_table **out, const char *path, struct fw_allocator *mem, struct fw_error *err)
{
    struct fw_table *table;
    FW_ALLOC(table, mem, 1, "a table", err);
    table->mem = mem;
    table->internal = fw_alloc_array(mem, 1, sizeof(struct fw_table_internal));
    table->path = fw_strndup(mem, path, strlen(path));
    if (table->internal == NULL || table->path == NULL) {
        fw_table_destroy(table);
        return fw_error_nomem(err, mem, "a table", 1, sizeof *table);
    }
    table->dialect.compression = "none";
    *out = table;
    return FW_OK;
}

struct fw_table_internal *fw_table_internal(const struct fw_table *table)
{
    return table->internal;
}

enum fw_status fw_table_index_names(struct fw_table *table, struct fw_error *err)
{
    struct fw_table_internal *internal = table->internal;
    FW_TRY(fw_dictionary_create(&internal->names, table->mem, err));
    for (int64_t c = 0; c < table->n_columns; c++) {
        uint32_t code;
        FW_TRY(fw_dictionary_add(&code, internal->names, fw_text_of(table->columns[c].name), 0, err));
        if (code != (uint32_t)c + 1)
            return fw_error_set(err, FW_E_INPUT,
                                "%s: columns %lld and %lld are both named '%s'; rename one of them, or give all names "
                                "with --names",
                                table->path, (long long)code, (long long)c + 1, table->columns[c].name);
    }
    return FW_OK;
}
