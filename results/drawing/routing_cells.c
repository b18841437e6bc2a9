#include "results/drawing/routing_cells.h"

#include <math.h>
#include <stdio.h>

#include "results/drawing/short_name.h"
#include "results/drawing/svg.h"

/* Pixels. */
#define WIDTH      960.0
#define LEFT       230.0 /* numbers and names of tasks */
#define UP         24.0  /* numbers of columns */
#define DOWN       6.0
#define CELLS_WIDE 540.0 /* all cells of a row, where they are not larger than they may be */
#define CELL_MOST  34.0
#define CELL_HIGH  20.0
#define CELL_HEAD  14.0 /* narrower columns have a number at every fifth only */
#define CELL_SPELT 30.0 /* narrower cells have no number within */
#define USE_WIDE   100.0

#define NAME_MOST 28 /* columns of a name */

struct cells {
    struct fw_buffer *out;
    const char *const *names;
    int32_t n_rows, n_columns;
    double wide, high; /* of a cell */
};

static struct cells cells_of(struct fw_buffer *out, const char *const *names, int32_t n_rows, int32_t n_columns)
{
    return (struct cells){.out = out,
                          .names = names,
                          .n_rows = n_rows,
                          .n_columns = n_columns,
                          .wide = fmin(CELL_MOST, CELLS_WIDE / n_columns),
                          .high = CELL_HIGH};
}

static void begin(const struct cells *c, const char *title)
{
    fw_svg_begin(c->out, WIDTH, UP + c->n_rows * c->high + DOWN, title);
    for (int32_t k = 0; k < c->n_columns; k++) {
        char number[16];
        snprintf(number, sizeof number, "%d", k + 1);
        if (c->wide >= CELL_HEAD || (k + 1) % 5 == 0)
            fw_svg_text(c->out, LEFT + (k + 0.5) * c->wide, UP - 8, "tick mid", number);
    }
}

/* The name of a row and the outline of its cells. */
static void begin_row(const struct cells *c, int32_t row)
{
    char name[FW_SHORT_NAME_SIZE];
    char text[FW_SHORT_NAME_SIZE + 16];
    double y = UP + row * c->high;
    fw_short_name(name, c->names[row], NAME_MOST);
    snprintf(text, sizeof text, "%d %s", row + 1, name);
    fw_svg_text(c->out, LEFT - 8, y + c->high / 2 + 4, "end", text);
    fw_buffer_addf(c->out, "<rect class=\"gone\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>\n", LEFT, y,
                   c->n_columns * c->wide, c->high);
}

/* A cell that is shaded by a value of up to 1; nothing where it is 0. */
static void add_cell(const struct cells *c, int32_t row, int32_t column, double value, const char *number,
                     const char *text)
{
    double x = LEFT + column * c->wide;
    double y = UP + row * c->high;
    if (!(value > 0))
        return;
    fw_buffer_addf(c->out,
                   "<rect class=\"shade\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill-opacity=\"%.2f\">",
                   x + 0.5, y + 0.5, c->wide - 1, c->high - 1, 0.1 + 0.9 * fmin(1, value));
    fw_svg_title(c->out, text);
    fw_buffer_add_text(c->out, "</rect>\n");
    if (c->wide >= CELL_SPELT)
        fw_svg_text(c->out, x + c->wide / 2, y + c->high / 2 + 4, "halo mid", number);
}

/* Where the use of a row begins. */
static double right_of(const struct cells *c)
{
    return LEFT + c->n_columns * c->wide + 16;
}

static void add_use(const struct cells *c, int32_t row, double use)
{
    char text[32];
    double x = right_of(c);
    double y = UP + row * c->high;
    snprintf(text, sizeof text, "%.0f %%", 100 * use);
    fw_buffer_addf(c->out, "<rect class=\"kept\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>\n", x, y + 5,
                   USE_WIDE * use, c->high - 10);
    fw_buffer_addf(c->out, "<rect class=\"frame\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>\n", x, y + 5,
                   USE_WIDE, c->high - 10);
    fw_svg_text(c->out, x + USE_WIDE + 40, y + c->high / 2 + 4, "tick end", text);
}

static void add_gates(const struct cells *c, const struct fw_routing *routing, const bool *live, int32_t task)
{
    const struct fw_topology *t = &routing->topology;
    int32_t last = t->n_levels - 1;
    const float *gates = routing->gates + fw_topology_first(t, last) + (int64_t)task * c->n_columns;
    char name[FW_SHORT_NAME_SIZE];
    fw_short_name(name, c->names[task], FW_SHORT_NAME_MOST);
    for (int32_t j = 0; j < c->n_columns; j++) {
        char number[32];
        char text[FW_SHORT_NAME_SIZE + 96];
        if (!live[last * FW_SUBNETWORKS_MOST + j])
            continue;
        snprintf(number, sizeof number, "%.2g", (double)gates[j]);
        snprintf(text, sizeof text, "%s: sub-network %d of level %d, gate %s", name, j + 1, t->n_levels, number);
        add_cell(c, task, j, (double)gates[j], number, text);
    }
}

void fw_routing_cells_gates(struct fw_buffer *out, const struct fw_routing *routing, const char *const *names)
{
    const struct fw_topology *t = &routing->topology;
    bool live[FW_LEVELS_MOST * FW_SUBNETWORKS_MOST];
    bool fed[FW_TASKS_MOST];
    double use[FW_TASKS_MOST];
    struct cells c = cells_of(out, names, t->n_tasks, t->levels[t->n_levels - 1].n);
    fw_routing_live(live, fed, routing);
    fw_routing_use(use, routing);
    begin(&c, "Gates between the sub-networks of the last level and the tasks");
    fw_svg_text(out, right_of(&c), UP - 8, "tick", "uses of all");
    for (int32_t i = 0; i < t->n_tasks; i++) {
        begin_row(&c, i);
        add_gates(&c, routing, live, i);
        if (fed[i])
            add_use(&c, i, use[i]);
        else
            fw_svg_text(out, right_of(&c), UP + (i + 0.5) * c.high + 4, "tick", "no open path");
    }
    fw_svg_end(out);
}

static void add_shares(const struct cells *c, const double *share, int32_t task)
{
    char names[2][FW_SHORT_NAME_SIZE];
    fw_short_name(names[0], c->names[task], FW_SHORT_NAME_MOST);
    for (int32_t i = 0; i < c->n_columns; i++) {
        char number[32];
        char text[sizeof names + 96];
        double value = share[(int64_t)task * c->n_columns + i];
        if (i == task) /* a task shares all with itself, which says nothing */
            continue;
        fw_short_name(names[1], c->names[i], FW_SHORT_NAME_MOST);
        snprintf(number, sizeof number, "%.0f", 100 * value);
        snprintf(text, sizeof text, "%s and %s share %s %%", names[0], names[1], number);
        add_cell(c, task, i, value, number, text);
    }
}

enum fw_status fw_routing_cells_sharing(struct fw_buffer *out, const struct fw_routing *routing,
                                        const char *const *names, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    int32_t n = routing->topology.n_tasks;
    struct cells c = cells_of(out, names, n, n);
    double *share;
    FW_ALLOC(share, out->mem, (int64_t)n * n, "what tasks share", err);
    FW_TRY_GOTO(fw_routing_sharing(share, routing, out->mem, err), done);
    begin(&c, "What two tasks share, in percent");
    for (int32_t i = 0; i < n; i++) {
        begin_row(&c, i);
        add_shares(&c, share, i);
    }
    fw_svg_end(out);
done:
    fw_free(out->mem, share);
    return status;
}
