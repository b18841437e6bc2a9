#include "results/drawing/size_map.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "results/drawing/html.h"
#include "results/drawing/svg.h"

/* Pixels of pictures in cells. */
#define BAR_WIDTH     120
#define BAR_HEIGHT    7
#define BLOCKS_WIDTH  170
#define BLOCKS_HEIGHT 34

/* Blocks of a picture: between the cuts at the grid's depths and the strips' own, for each strip and what is left. */
#define CUTS_MOST   (FW_SIZE_MAP_CUTS + FW_STRIPS_MOST)
#define BLOCKS_MOST (CUTS_MOST * (FW_STRIPS_MOST + 1))

/* Rows of the table. */
#define INPUTS_MOST 400

void fw_size_widths_add(struct fw_buffer *out, const struct fw_embedding_size *size)
{
    int32_t width = fw_embedding_size_width(size);
    if (size->n_strips == 0) {
        fw_buffer_add_text(out, "dropped");
        return;
    }
    for (int32_t t = size->n_strips - 1; t >= 0; t--) {
        int64_t ids = size->strips[t].ids;
        if (t < size->n_strips - 1 && ids == size->strips[t + 1].ids) {
            width -= size->strips[t].width; /* told with the strip behind it */
            continue;
        }
        if (size->strips[0].ids == ids && t < size->n_strips - 1)
            fw_buffer_addf(out, ", %d beyond", width);
        else if (size->strips[0].ids == ids)
            fw_buffer_addf(out, "%d", width);
        else
            fw_buffer_addf(out, "%s%d to id %lld", t < size->n_strips - 1 ? ", " : "", width, (long long)ids);
        width -= size->strips[t].width;
    }
    if (size->projected)
        fw_buffer_add_text(out, ", projected");
}

/* ---- the order of the table ---- */

/* Falling by bytes, then as given; who has no bytes is dropped. */
static int compare_inputs(const void *a, const void *b)
{
    const struct fw_size_map_input *x = a;
    const struct fw_size_map_input *y = b;
    return x->bytes != y->bytes ? (x->bytes < y->bytes) - (x->bytes > y->bytes) : x->place - y->place;
}

/* ---- the picture ---- */

static int compare_shares(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Shares of the ids where blocks end, rising, without repeats; the last is 1. */
static int cut_shares(double cuts[CUTS_MOST + 1], const struct fw_size_map_input *input)
{
    int n = 0;
    for (int32_t r = 0; r < input->n_depths; r++)
        cuts[n++] = (double)input->depths[r] / (double)input->n_ids;
    for (int32_t t = 0; t < input->size->n_strips; t++)
        cuts[n++] = (double)input->size->strips[t].ids / (double)input->n_ids;
    cuts[n++] = 1;
    qsort(cuts, (size_t)n, sizeof *cuts, compare_shares);
    int kept = 0;
    for (int i = 0; i < n; i++) {
        if (kept == 0 || cuts[i] > cuts[kept - 1])
            cuts[kept++] = cuts[i];
    }
    return kept;
}

static void draw_blocks(struct fw_buffer *out, const struct fw_size_map_input *input, int32_t dim)
{
    struct fw_svg_block blocks[BLOCKS_MOST];
    double cuts[CUTS_MOST + 1];
    const struct fw_embedding_size *size = input->size;
    int n_cuts = cut_shares(cuts, input);
    int n = 0;
    int32_t above = 0;
    for (int32_t t = 0; t <= size->n_strips; t++) {
        bool is_rest = t == size->n_strips;
        int32_t width = is_rest ? dim - above : size->strips[t].width;
        double kept = is_rest ? 0 : (double)size->strips[t].ids / (double)input->n_ids;
        for (int c = 0; width > 0 && c < n_cuts && n < BLOCKS_MOST; c++) {
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

/* ---- cells ---- */

/* What rows of the table are drawn to. */
struct scale {
    int32_t dim;
    int64_t ids, bytes; /* of the largest inputs */
    int64_t total;      /* bytes of all */
    bool covered;       /* the share of rows is known */
};

static void write_ids(struct fw_html_table *table, const struct fw_size_map_input *input, int64_t most)
{
    char kept[32];
    char all[32];
    char text[80];
    double scale = log1p((double)most);
    int64_t ids = fw_embedding_size_ids(input->size);
    snprintf(text, sizeof text, "%s of %s", fw_text_count(kept, ids), fw_text_count(all, input->n_ids));
    fw_html_cell_begin(table);
    fw_html_text(table->out, text);
    fw_svg_bar(table->out, BAR_WIDTH, BAR_HEIGHT, log1p((double)input->n_ids) / scale, log1p((double)ids) / scale,
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
static void write_bytes(struct fw_html_table *table, int64_t bytes, const struct scale *scale)
{
    char size[32];
    char text[80];
    double part = (double)bytes / (double)scale->bytes;
    snprintf(text, sizeof text, "%s, %.1f %%", fw_text_bytes(size, (double)bytes),
             100 * (double)bytes / (double)scale->total);
    fw_html_cell_begin(table);
    fw_html_text(table->out, text);
    fw_svg_bar(table->out, BAR_WIDTH, BAR_HEIGHT, part, part, text);
    fw_html_cell_end(table);
}

static void write_input(struct fw_html_table *table, const struct fw_size_map_input *input, const struct scale *scale)
{
    struct fw_buffer widths;
    fw_buffer_init(&widths, table->out->mem);
    fw_size_widths_add(&widths, input->size);
    fw_html_cell_begin(table);
    fw_html_name(table->out, input->size->input);
    fw_html_cell_end(table);
    write_ids(table, input, scale->ids);
    if (scale->covered)
        write_coverage(table, input->coverage);
    fw_html_cell_begin(table);
    draw_blocks(table->out, input, scale->dim);
    fw_html_cell_end(table);
    fw_html_cell(table, widths.data != NULL ? widths.data : "");
    write_bytes(table, input->bytes, scale);
    table->out->failed = table->out->failed || widths.failed;
    fw_buffer_clear(&widths);
}

/* ---- the whole ---- */

static void write_dropped(struct fw_buffer *out, const struct fw_size_map_input *inputs, int32_t n)
{
    fw_buffer_addf(out, "<p>%d %s dropped, without an embedding: ", n, n == 1 ? "input is" : "inputs are");
    for (int32_t i = 0; i < n && i < INPUTS_MOST; i++) {
        char ids[32];
        if (i > 0)
            fw_buffer_add_text(out, ", ");
        fw_html_name(out, inputs[i].size->input);
        fw_buffer_addf(out, " (%s %s)", fw_text_count(ids, inputs[i].n_ids), inputs[i].n_ids == 1 ? "id" : "ids");
    }
    fw_buffer_add_text(out, n > INPUTS_MOST ? ", ...</p>\n" : ".</p>\n");
}

static void write_notes(struct fw_buffer *out, const struct scale *scale, int32_t kept)
{
    char note[480];
    snprintf(note, sizeof note,
             "Blocks: across, the ids from the commonest to the rarest; down, the %d dimensions; what is kept is "
             "filled. %sBars of ids have a log scale, the same for all inputs; those of bytes are full for the largest "
             "input.",
             scale->dim, scale->covered ? "Rows covered: training rows whose id has a row of its own. " : "");
    fw_html_paragraph(out, "note", note);
    if (kept > INPUTS_MOST) {
        snprintf(note, sizeof note, "The largest %d of %d inputs are shown.", INPUTS_MOST, kept);
        fw_html_paragraph(out, "note", note);
    }
}

enum fw_status fw_size_map_add(struct fw_buffer *out, struct fw_size_map_input *inputs, int32_t n, int32_t dim,
                               struct fw_error *err)
{
    static const char *const covered[] = {"input", "ids kept", "rows covered", "blocks", "width", "bytes, share"};
    static const char *const plain[] = {"input", "ids kept", "blocks", "width", "bytes, share"};
    struct fw_html_table table;
    struct scale scale = {.dim = dim, .ids = 1, .bytes = 1};
    int32_t kept = 0;
    for (int32_t i = 0; i < n; i++) {
        inputs[i].bytes = fw_embedding_size_bytes(inputs[i].size, dim);
        inputs[i].place = i;
        scale.ids = inputs[i].n_ids > scale.ids ? inputs[i].n_ids : scale.ids;
        scale.bytes = inputs[i].bytes > scale.bytes ? inputs[i].bytes : scale.bytes;
        scale.total += inputs[i].bytes;
        scale.covered = scale.covered || !isnan(inputs[i].coverage);
        kept += inputs[i].size->n_strips > 0;
    }
    scale.total = scale.total > 0 ? scale.total : 1;
    if (n > 0)
        qsort(inputs, (size_t)n, sizeof *inputs, compare_inputs);
    fw_html_table_begin(&table, out, scale.covered ? covered : plain, scale.covered ? 6 : 5, NULL);
    for (int32_t i = 0; i < kept && i < INPUTS_MOST; i++)
        write_input(&table, &inputs[i], &scale);
    fw_html_table_end(&table);
    if (kept < n)
        write_dropped(out, inputs + kept, n - kept);
    write_notes(out, &scale, kept);
    return fw_buffer_check(out, err);
}
