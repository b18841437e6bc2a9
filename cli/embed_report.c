/* The page of `fieldwise embed --report`: what was found, the front, the sizes of inputs, all trials. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/embed.h"
#include "cli/report_facts.h"
#include "core/file.h"
#include "results/html.h"
#include "results/svg.h"

/* Pixels of pictures in cells. */
#define BAR_WIDTH     120
#define BAR_HEIGHT    7
#define BLOCKS_WIDTH  170
#define BLOCKS_HEIGHT 34

/* Blocks of a picture: between the cuts at the grid's depths and the strips' own, for each strip and what is left. */
#define CUTS_MOST   (FW_ROW_STRIPS_MOST + FW_STRIPS_MOST)
#define BLOCKS_MOST (CUTS_MOST * (FW_STRIPS_MOST + 1))

/* ---- what was found ---- */

static void add_quality(struct fw_buffer *out, const struct embed_work *w, const struct fw_sizing_trial *trial)
{
    const char *metric = w->metric;
    fw_buffer_addf(out, "validation %s <b>%.5f</b>", metric, fabs(trial->quality));
    if (!isnan(trial->test))
        fw_buffer_addf(out, " and test %s <b>%.5f</b>", metric, fabs(trial->test));
}

static void write_lead(struct fw_buffer *out, const struct embed_work *w)
{
    char bytes[32];
    char full[32];
    char budget[32];
    const struct fw_sizing_trial *best = embed_answer(w);
    fw_buffer_addf(out, "<p class=\"lead\">With <b>%s</b> of embeddings", fw_text_bytes(bytes, (double)best->bytes));
    if (embed_budget(w) > 0)
        fw_buffer_addf(out, " (%s were allowed)", fw_text_bytes(budget, (double)embed_budget(w)));
    fw_buffer_addf(out, ", <b>%.1f&#160;%%</b> of the full %s, ", 100 * (double)best->bytes / (double)w->full,
                   fw_text_bytes(full, (double)w->full));
    fw_html_text(out, w->model_name);
    if (best->trained) {
        fw_buffer_add_text(out, " reaches ");
        add_quality(out, w, best);
        fw_buffer_add_text(out, ", trained from scratch with the sizes of ");
    } else
        fw_buffer_add_text(out, " was not trained any more: the search ended before. The sizes are those of ");
    fw_html_text(out, best->method);
    fw_buffer_add_text(out, ".</p>\n");
    for (int64_t i = 0; i < w->result.n_trials; i++) {
        const struct fw_sizing_trial *trial = &w->result.trials[i];
        if (i == w->best || !trial->trained || strcmp(trial->method, "full") != 0)
            continue;
        fw_buffer_add_text(out, "<p>The full size reaches ");
        add_quality(out, w, trial);
        fw_buffer_add_text(out, ".</p>\n");
    }
    if (w->result.stopped)
        fw_html_paragraph(out, NULL, "The search was ended early; this is what it had found by then.");
}

/* ---- sizes ---- */

struct sized {
    const struct fw_embedding_size *size;
    const struct fw_space_input *input;
    int64_t bytes;
    int32_t place;
};

/* Falling by bytes, then as in the plan. */
static int compare_sized(const void *a, const void *b)
{
    const struct sized *x = a;
    const struct sized *y = b;
    return x->bytes != y->bytes ? (x->bytes < y->bytes) - (x->bytes > y->bytes) : x->place - y->place;
}

static int compare_shares(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Shares of the ids where blocks end, rising, without repeats; the last is 1. */
static int cut_shares(double cuts[CUTS_MOST], const struct sized *s)
{
    int n = 0;
    for (int32_t r = 0; r < s->input->n_rows; r++)
        cuts[n++] = (double)s->input->depth[r] / (double)s->input->n_ids;
    for (int32_t t = 0; t < s->size->n_strips; t++)
        cuts[n++] = (double)s->size->strips[t].ids / (double)s->input->n_ids;
    qsort(cuts, (size_t)n, sizeof *cuts, compare_shares);
    int kept = 0;
    for (int i = 0; i < n; i++) {
        if (kept == 0 || cuts[i] > cuts[kept - 1])
            cuts[kept++] = cuts[i];
    }
    return kept;
}

static void draw_blocks(struct fw_buffer *out, const struct sized *s, int32_t dim)
{
    struct fw_svg_block blocks[BLOCKS_MOST];
    double cuts[CUTS_MOST];
    int n_cuts = cut_shares(cuts, s);
    int n = 0;
    int32_t above = 0;
    for (int32_t t = 0; t <= s->size->n_strips; t++) {
        bool is_rest = t == s->size->n_strips;
        int32_t width = is_rest ? dim - above : s->size->strips[t].width;
        double kept = is_rest ? 0 : (double)s->size->strips[t].ids / (double)s->input->n_ids;
        for (int c = 0; width > 0 && c < n_cuts; c++) {
            double from = c > 0 ? cuts[c - 1] : 0;
            blocks[n++] = (struct fw_svg_block){.x = from,
                                                .y = (double)above / dim,
                                                .width = cuts[c] - from,
                                                .height = (double)width / dim,
                                                .filled = cuts[c] <= kept};
        }
        above += width;
    }
    fw_svg_blocks(out, BLOCKS_WIDTH, BLOCKS_HEIGHT, blocks, n, "blocks kept of all");
}

static void write_ids(struct fw_html_table *table, const struct sized *s, int64_t most)
{
    char kept[32];
    char all[32];
    char text[80];
    double scale = log1p((double)most);
    int64_t ids = fw_embedding_size_ids(s->size);
    snprintf(text, sizeof text, "%s of %s", fw_text_count(kept, ids), fw_text_count(all, s->input->n_ids));
    fw_html_cell_begin(table);
    fw_html_text(table->out, text);
    fw_svg_bar(table->out, BAR_WIDTH, BAR_HEIGHT, log1p((double)s->input->n_ids) / scale, log1p((double)ids) / scale,
               text);
    fw_html_cell_end(table);
}

static void write_coverage(struct fw_html_table *table, double share)
{
    char text[32] = "not known";
    if (!isnan(share))
        snprintf(text, sizeof text, "%.1f %%", 100 * share);
    fw_html_cell_begin(table);
    fw_html_text(table->out, text);
    if (!isnan(share))
        fw_svg_bar(table->out, BAR_WIDTH, BAR_HEIGHT, 1, share, text);
    fw_html_cell_end(table);
}

/* The bar of the largest input is full. */
static void write_bytes(struct fw_html_table *table, int64_t bytes, int64_t largest, int64_t total)
{
    char size[32];
    char text[80];
    double part = (double)bytes / (double)largest;
    snprintf(text, sizeof text, "%s, %.1f %%", fw_text_bytes(size, (double)bytes), 100 * (double)bytes / (double)total);
    fw_html_cell_begin(table);
    fw_html_text(table->out, text);
    fw_svg_bar(table->out, BAR_WIDTH, BAR_HEIGHT, part, part, text);
    fw_html_cell_end(table);
}

/* What rows of the table of sizes are drawn to. */
struct scale {
    int32_t dim;
    int64_t ids, bytes; /* of the largest inputs */
    int64_t total;      /* bytes of all */
};

static void write_size(struct fw_html_table *table, const struct sized *s, const struct scale *scale)
{
    struct fw_buffer widths;
    fw_buffer_init(&widths, table->out->mem);
    embed_add_widths(&widths, s->size);
    fw_html_cell_begin(table);
    fw_html_name(table->out, s->size->input);
    fw_html_cell_end(table);
    write_ids(table, s, scale->ids);
    write_coverage(table, embed_coverage(s->input, fw_embedding_size_ids(s->size)));
    fw_html_cell_begin(table);
    draw_blocks(table->out, s, scale->dim);
    fw_html_cell_end(table);
    fw_html_cell(table, widths.data != NULL ? widths.data : "");
    write_bytes(table, s->bytes, scale->bytes, scale->total);
    table->out->failed = table->out->failed || widths.failed;
    fw_buffer_clear(&widths);
}

static void write_dropped(struct fw_buffer *out, const struct sized *sized, int32_t n)
{
    fw_buffer_addf(out, "<p>%d %s dropped, without an embedding: ", n, n == 1 ? "input is" : "inputs are");
    for (int32_t i = 0; i < n; i++) {
        char ids[32];
        if (i > 0)
            fw_buffer_add_text(out, ", ");
        fw_html_name(out, sized[i].size->input);
        fw_buffer_addf(out, " (%s %s)", fw_text_count(ids, sized[i].input->n_ids),
                       sized[i].input->n_ids == 1 ? "id" : "ids");
    }
    fw_buffer_add_text(out, ".</p>\n");
}

/* sized: those with an embedding first. */
static void write_sizes(struct fw_buffer *out, const struct embed_work *w, const struct sized *sized, int32_t n)
{
    static const char *const headers[] = {"input", "ids kept", "rows covered", "blocks", "width", "bytes, share"};
    const struct fw_embedding_sizes *sizes = embed_answer(w)->sizes;
    struct fw_html_table table;
    char note[400];
    int32_t kept = 0;
    struct scale scale = {.dim = sizes->dim, .ids = 1, .bytes = sized[0].bytes, .total = embed_answer(w)->bytes};
    for (int32_t i = 0; i < n; i++) {
        scale.ids = sized[i].input->n_ids > scale.ids ? sized[i].input->n_ids : scale.ids;
        kept += sized[i].size->n_strips > 0;
    }
    snprintf(note, sizeof note,
             "Blocks: across, the ids from the commonest to the rarest; down, the %d dimensions; what is kept is "
             "filled. Rows covered: training rows whose id has a row of its own. Bars of ids have a log scale, the "
             "same for all inputs; those of bytes are full for the largest input.",
             sizes->dim);
    fw_html_heading(out, "Sizes of inputs");
    fw_html_table_begin(&table, out, headers, 6, NULL);
    for (int32_t i = 0; i < kept; i++)
        write_size(&table, &sized[i], &scale);
    fw_html_table_end(&table);
    if (kept < n)
        write_dropped(out, sized + kept, n - kept);
    fw_html_paragraph(out, "note", note);
}

static enum fw_status write_inputs(struct fw_buffer *out, const struct embed_work *w, struct fw_error *err)
{
    const struct fw_embedding_sizes *sizes = embed_answer(w)->sizes;
    struct sized *sized;
    FW_ALLOC(sized, out->mem, sizes->n, "the inputs of a report", err);
    for (int32_t i = 0; i < sizes->n; i++)
        sized[i] = (struct sized){.size = &sizes->items[i],
                                  .input = embed_space_input(w, sizes->items[i].input),
                                  .bytes = fw_embedding_size_bytes(&sizes->items[i], sizes->dim),
                                  .place = i};
    qsort(sized, (size_t)sizes->n, sizeof *sized, compare_sized);
    write_sizes(out, w, sized, sizes->n);
    fw_free(out->mem, sized);
    return FW_OK;
}

/* ---- trials, and how to do it again ---- */

static void write_number(struct fw_html_table *table, const char *format, double value)
{
    char text[64] = "-";
    if (!isnan(value))
        snprintf(text, sizeof text, format, value);
    fw_html_cell(table, text);
}

static void write_trials(struct fw_buffer *out, const struct embed_work *w)
{
    char heading[40];
    char text[32];
    snprintf(heading, sizeof heading, ">validation %s", w->metric);
    const char *const headers[] = {"method", ">memory", ">bytes", ">of full", heading, ">test", ">took", ""};
    struct fw_html_table table;
    fw_html_heading(out, "Trials");
    fw_html_table_begin(&table, out, headers, 8, NULL);
    for (int64_t i = 0; i < w->result.n_trials; i++) {
        const struct fw_sizing_trial *trial = &w->result.trials[i];
        bool on_front = trial->trained && fw_sizing_on_front(&w->result, i);
        if (i == w->best)
            fw_html_table_mark(&table);
        fw_html_cell(&table, trial->method);
        fw_html_cell(&table, trial->budget > 0 ? fw_text_bytes(text, (double)trial->budget) : "-");
        fw_html_cell(&table, fw_text_count(text, trial->bytes));
        write_number(&table, "%.1f %%", 100 * (double)trial->bytes / (double)w->full);
        write_number(&table, "%.5f", trial->trained ? fabs(trial->quality) : (double)NAN);
        write_number(&table, "%.5f", fabs(trial->test));
        fw_html_cell(&table, fw_text_duration(text, trial->search_seconds + trial->fit_seconds));
        fw_html_cell(&table, i == w->best ? (on_front ? "taken, front" : "taken") : on_front ? "front" : "");
    }
    fw_html_table_end(&table);
}

static enum fw_status write_facts(struct fw_buffer *out, const struct embed_work *w, struct fw_error *err)
{
    const struct embed_command *c = w->command;
    struct fw_buffer options;
    fw_buffer_init(&options, out->mem);
    embed_add_options(&options, w);
    struct cli_report_facts facts = {.command_line = c->command_line,
                                     .path = c->path,
                                     .plan = c->plan,
                                     .rows = w->rows,
                                     .seed = c->options.nis.seed,
                                     .fingerprint = w->setup.fingerprint,
                                     .study = w->result.study,
                                     .store = c->store.file,
                                     .options = options.data};
    cli_report_facts(out, &facts);
    enum fw_status status = fw_buffer_check(&options, err);
    fw_buffer_clear(&options);
    return status;
}

enum fw_status embed_report(const struct embed_work *w, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    const struct embed_command *c = w->command;
    struct fw_buffer out;
    char title[FW_PATH_SIZE + 128];
    const char *slash = strrchr(c->path, '/');
    fw_buffer_init(&out, &w->command->data.mem);
    snprintf(title, sizeof title, "Embedding sizes of %s for %s", w->model_name, slash != NULL ? slash + 1 : c->path);
    fw_html_begin(&out, title);
    write_lead(&out, w);
    fw_html_heading(&out, "Bytes and quality");
    FW_TRY_GOTO(embed_chart_front(&out, w, err), done);
    FW_TRY_GOTO(write_inputs(&out, w, err), done);
    write_trials(&out, w);
    embed_chart_learning(&out, w);
    FW_TRY_GOTO(write_facts(&out, w, err), done);
    fw_html_end(&out);
    status = fw_html_save(&out, c->report, err);
done:
    fw_buffer_clear(&out);
    return status;
}
