#include "support/grids.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static int64_t count(const char *text, char byte)
{
    int64_t n = 0;
    for (; *text != '\0'; text++)
        n += *text == byte;
    return n;
}

static double read_cell(const char *from, size_t length)
{
    char text[64];
    if (length >= sizeof text) /* checks that pass cost a write each: too much for every cell */
        ck_abort_msg("a cell of %zu bytes", length);
    memcpy(text, from, length);
    text[length] = '\0';
    size_t letters = length;
    while (letters > 0 && strchr("+-.0123456789", text[letters - 1]) != NULL)
        letters--;
    char *end = NULL;
    double value = strtod(text + letters, &end);
    if (*end != '\0')
        ck_abort_msg("'%s' is no number", text);
    return length == 0 ? NAN : value;
}

struct grid grid_of(const char *text)
{
    struct grid grid = {.rows = count(text, '\n') - 1};
    size_t length = strcspn(text, "\n");
    ck_assert_uint_lt(length, sizeof grid.header);
    memcpy(grid.header, text, length);
    grid.columns = count(grid.header, ',') + 1;
    grid.cells = malloc((size_t)(grid.rows * grid.columns + 1) * sizeof *grid.cells);
    const char *from = text + length + 1;
    for (int64_t i = 0; i < grid.rows * grid.columns; i++) {
        length = strcspn(from, ",\n");
        grid.cells[i] = read_cell(from, length);
        if (from[length] != ((i + 1) % grid.columns == 0 ? '\n' : ','))
            ck_abort_msg("cell %lld is out of its line", (long long)i);
        from += length + 1;
    }
    ck_assert_int_eq(*from, '\0');
    return grid;
}

void grid_clear(struct grid *grid)
{
    free(grid->cells);
}

double grid_at(const struct grid *grid, int64_t row, int64_t column)
{
    return grid->cells[row * grid->columns + column];
}

int64_t grid_find(const struct grid *grid, const char *name)
{
    const char *from = grid->header;
    for (int64_t c = 0; c < grid->columns; c++) {
        size_t length = strcspn(from, ",");
        if (length == strlen(name) && strncmp(from, name, length) == 0)
            return c;
        from += length + 1;
    }
    ck_abort_msg("no column '%s' in %s", name, grid->header);
}

double grid_mean(const struct grid *grid, int64_t column)
{
    double sum = 0;
    int64_t n = 0;
    for (int64_t r = 0; r < grid->rows; r++) {
        double value = grid_at(grid, r, column);
        sum += isnan(value) ? 0 : value;
        n += !isnan(value);
    }
    return sum / (double)n;
}

double grid_correlation(const struct grid *grid, int64_t a, int64_t b)
{
    double n = 0;
    double sum[5] = {0}; /* of a, b, aa, bb, ab */
    for (int64_t r = 0; r < grid->rows; r++) {
        double x = grid_at(grid, r, a);
        double y = grid_at(grid, r, b);
        if (isnan(x) || isnan(y))
            continue;
        n += 1;
        sum[0] += x;
        sum[1] += y;
        sum[2] += x * x;
        sum[3] += y * y;
        sum[4] += x * y;
    }
    double of_a = sum[2] - sum[0] * sum[0] / n;
    double of_b = sum[3] - sum[1] * sum[1] / n;
    return (sum[4] - sum[0] * sum[1] / n) / sqrt(of_a * of_b);
}
