#include "results/drawing/routing_text.h"

#include <math.h>
#include <string.h>

#include "results/drawing/short_name.h"

#define COLUMNS     80
#define NAME_MOST   24
#define BAR         20 /* columns of a full bar */
#define TASKS_SPELT 16 /* with more tasks, shares are one character each */
#define PERCENT     4  /* columns of a share in percent */

/* Before the cells of a row: two spaces, a number of two digits, a space, the name, a space. */
#define AROUND_NAME 6

struct picture {
    struct fw_buffer *out;
    const struct fw_routing *routing;
    const struct fw_topology *topology;
    const char *const *names;
    const double *share; /* (n_tasks, n_tasks) */
    bool live[FW_LEVELS_MOST * FW_SUBNETWORKS_MOST];
    bool fed[FW_TASKS_MOST];
};

/* Sub-networks that are left, or tasks. */
struct places {
    int32_t n;
    int32_t at[FW_SUBNETWORKS_MOST];
};

_Static_assert(FW_TASKS_MOST <= FW_SUBNETWORKS_MOST, "tasks fit where sub-networks do");

/* Cells of one boundary, or with boundary n_levels what tasks share. */
struct grid {
    int32_t boundary;
    struct places rows, columns;
    int step; /* columns of the terminal a cell */
    int name; /* columns of the longest name as it is shown, 0: rows are sub-networks */
};

/* Level n_levels is the tasks. */
static struct places places_of(const struct picture *p, int32_t level)
{
    struct places places = {0};
    bool tasks = level == p->topology->n_levels;
    int32_t n = tasks ? p->topology->n_tasks : p->topology->levels[level].n;
    for (int32_t i = 0; i < n; i++) {
        if (tasks || p->live[level * FW_SUBNETWORKS_MOST + i])
            places.at[places.n++] = i;
    }
    return places;
}

static int longest_name(const struct picture *p, int most)
{
    char text[FW_SHORT_NAME_SIZE];
    int longest = 0;
    for (int32_t i = 0; i < p->topology->n_tasks; i++) {
        int columns = fw_short_name(text, p->names[i], most);
        longest = columns > longest ? columns : longest;
    }
    return longest;
}

static void add_spaces(struct fw_buffer *out, int n)
{
    for (int i = 0; i < n; i++)
        fw_buffer_add(out, " ", 1);
}

/* A number, and with name > 0 the task's name in so many columns, which is what the longest takes when it is cut. */
static void add_label(const struct picture *p, int32_t row, int name)
{
    fw_buffer_addf(p->out, "  %2d ", row + 1);
    if (name > 0) {
        char text[FW_SHORT_NAME_SIZE];
        int columns = fw_short_name(text, p->names[row], name > 4 ? name : 4);
        fw_buffer_add_text(p->out, text);
        add_spaces(p->out, name - columns);
    }
    fw_buffer_add_text(p->out, " ");
}

static char tenths(double value)
{
    if (!(value > 0))
        return '.';
    if (value >= 1)
        return '#';
    return (char)('0' + (int)fmax(1, fmin(9, round(10 * value))));
}

static bool is_sharing(const struct picture *p, const struct grid *grid)
{
    return grid->boundary == p->topology->n_levels;
}

static double value_at(const struct picture *p, const struct grid *grid, int32_t row, int32_t column)
{
    const struct fw_topology *t = p->topology;
    if (is_sharing(p, grid))
        return p->share[row * t->n_tasks + column];
    int64_t first = fw_topology_first(t, grid->boundary);
    return (double)p->routing->gates[first + (int64_t)row * t->levels[grid->boundary].n + column];
}

/* Numbers of the columns; where a cell has no room for two digits, the tens stand above the ones. */
static void add_heads(const struct picture *p, const struct grid *grid)
{
    const struct places *columns = &grid->columns;
    bool two_lines = grid->step < PERCENT && columns->at[columns->n - 1] >= 9;
    for (int line = two_lines ? 0 : 1; line < 2; line++) {
        add_spaces(p->out, AROUND_NAME + grid->name);
        for (int32_t c = 0; c < columns->n; c++) {
            int number = columns->at[c] + 1;
            if (grid->step == PERCENT)
                fw_buffer_addf(p->out, "%*d", grid->step, number);
            else if (line == 1)
                fw_buffer_addf(p->out, "%*d", grid->step, number % 10);
            else if (number >= 10)
                fw_buffer_addf(p->out, "%*d", grid->step, number / 10);
            else
                add_spaces(p->out, grid->step);
        }
        fw_buffer_add_text(p->out, "\n");
    }
}

static void add_row(const struct picture *p, const struct grid *grid, int32_t row)
{
    add_label(p, row, grid->name);
    if (!is_sharing(p, grid) && grid->name > 0 && !p->fed[row])
        fw_buffer_add_text(p->out, " no open path from the inputs");
    for (int32_t c = 0; c < grid->columns.n && (grid->name == 0 || p->fed[row] || is_sharing(p, grid)); c++) {
        double value = value_at(p, grid, row, grid->columns.at[c]);
        bool self = is_sharing(p, grid) && grid->columns.at[c] == row;
        if (self)
            fw_buffer_addf(p->out, "%*c", grid->step, '-');
        else if (grid->step == PERCENT)
            fw_buffer_addf(p->out, "%*.0f", grid->step, 100 * value);
        else
            fw_buffer_addf(p->out, "%*c", grid->step, tenths(value));
    }
    fw_buffer_add_text(p->out, "\n");
}

/* Rows that are shown of n. */
static int32_t shown_of(int32_t n)
{
    return n > FW_ROUTING_TEXT_ROWS + 1 ? FW_ROUTING_TEXT_ROWS : n;
}

static void add_rest(const struct picture *p, int32_t n)
{
    if (shown_of(n) < n)
        fw_buffer_addf(p->out, "     and %d more\n", n - shown_of(n));
}

static void add_grid(const struct picture *p, struct grid *grid, bool named)
{
    int room = COLUMNS - AROUND_NAME - grid->step * grid->columns.n;
    grid->name = named ? longest_name(p, room < NAME_MOST ? room : NAME_MOST) : 0;
    if (grid->columns.n > 0)
        add_heads(p, grid);
    for (int32_t i = 0; i < shown_of(grid->rows.n); i++)
        add_row(p, grid, grid->rows.at[i]);
    add_rest(p, grid->rows.n);
}

/* Columns a cell of one character: two where names keep their room. */
static int step_of(int32_t n)
{
    return 2 * n <= COLUMNS - AROUND_NAME - NAME_MOST ? 2 : 1;
}

static void add_boundary(const struct picture *p, int32_t boundary)
{
    const struct fw_topology *t = p->topology;
    bool last = boundary + 1 == t->n_levels;
    struct grid grid = {.boundary = boundary, .columns = places_of(p, boundary), .rows = places_of(p, boundary + 1)};
    grid.step = step_of(grid.columns.n);
    if (grid.rows.n == 0) /* no task is fed, which the last boundary says */
        return;
    fw_buffer_addf(p->out, "\nlevel %d (across, %d of %d left) to ", boundary + 1, grid.columns.n,
                   t->levels[boundary].n);
    if (last)
        fw_buffer_add_text(p->out, "the tasks\n");
    else
        fw_buffer_addf(p->out, "level %d (down, %d of %d left)\n", boundary + 2, grid.rows.n,
                       t->levels[boundary + 1].n);
    add_grid(p, &grid, last);
}

static void add_use(const struct picture *p)
{
    double use[FW_TASKS_MOST];
    int name = longest_name(p, NAME_MOST);
    fw_routing_use(use, p->routing);
    fw_buffer_add_text(p->out, "\nsub-networks that a task uses\n");
    for (int32_t i = 0; i < shown_of(p->topology->n_tasks); i++) {
        add_label(p, i, name);
        fw_buffer_add_text(p->out, " ");
        for (int c = 0; c < BAR; c++)
            fw_buffer_add_text(p->out, c < (int)round(BAR * use[i]) ? "#" : ".");
        fw_buffer_addf(p->out, " %3.0f %%\n", 100 * use[i]);
    }
    add_rest(p, p->topology->n_tasks);
}

static void add_sharing(const struct picture *p)
{
    const struct fw_topology *t = p->topology;
    bool spelt = t->n_tasks <= TASKS_SPELT;
    struct places tasks = places_of(p, t->n_levels);
    struct grid grid = {.boundary = t->n_levels,
                        .rows = tasks,
                        .columns = tasks,
                        .step = spelt ? PERCENT : step_of(tasks.n)};
    fw_buffer_addf(p->out, "\nwhat two tasks share, in %s\n", spelt ? "percent" : "tenths");
    add_grid(p, &grid, true);
}

static void add_summary(const struct picture *p)
{
    const struct fw_topology *t = p->topology;
    struct fw_routing_size size = fw_routing_measure(p->routing, 0);
    int32_t all = 0;
    for (int32_t l = 0; l < t->n_levels; l++)
        all += t->levels[l].n;
    fw_buffer_addf(p->out, "%lld of %d sub-networks and %lld of %lld connections are left\n",
                   (long long)size.subnetworks, all, (long long)size.connections,
                   (long long)fw_topology_connections(t));
    fw_buffer_add_text(p->out, "gates: . closed, 1 to 9 tenths open, # open\n");
}

enum fw_status fw_routing_text_add(struct fw_buffer *out, const struct fw_routing *routing, const char *const *names,
                                   struct fw_error *err)
{
    enum fw_status status = FW_OK;
    const struct fw_topology *t = &routing->topology;
    double *share;
    FW_ALLOC(share, out->mem, (int64_t)t->n_tasks * t->n_tasks, "what tasks share", err);
    FW_TRY_GOTO(fw_routing_sharing(share, routing, out->mem, err), done);
    struct picture p = {.out = out, .routing = routing, .topology = t, .names = names, .share = share};
    fw_routing_live(p.live, p.fed, routing);
    add_summary(&p);
    for (int32_t b = 0; b < t->n_levels; b++)
        add_boundary(&p, b);
    add_use(&p);
    if (t->n_tasks > 1)
        add_sharing(&p);
done:
    fw_free(out->mem, share);
    return status;
}
