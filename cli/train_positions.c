#include "cli/train_positions.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/json_out.h"
#include "core/utf8.h"
#include "models/multitask/pal.h"

/* Positions that people are shown, and columns of one; all of them are in the JSON, whole. */
enum { MOST_SHOWN = 20, LINE_WIDTH = 78, POSITION_WIDTH = 32 };

static int by_number(const void *a, const void *b)
{
    const struct cli_position *x = a;
    const struct cli_position *y = b;
    if (isnan(x->number) != isnan(y->number))
        return isnan(x->number) ? 1 : -1;
    if (!isnan(x->number) && x->number != y->number)
        return x->number < y->number ? -1 : 1;
    size_t shorter = x->text.length < y->text.length ? x->text.length : y->text.length;
    int order = memcmp(x->text.data, y->text.data, shorter);
    return order != 0 ? order : (x->text.length > y->text.length) - (x->text.length < y->text.length);
}

enum fw_status cli_positions_take(struct cli_positions *out, const struct fw_model *model,
                                  const struct fw_encoder *encoder, struct fw_allocator *mem, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    int64_t n = fw_pal_curve(NULL, model);
    double *seen = NULL;
    double largest = 0;
    *out = (struct cli_positions){0};
    if (n <= FW_ID_FIRST)
        return FW_OK;
    const struct fw_vocabulary *vocabulary = fw_encoder_position(encoder)->vocabulary;
    FW_ALLOC_GOTO(seen, mem, n, "the learned positions", err, done);
    FW_ALLOC_GOTO(out->items, mem, n - FW_ID_FIRST, "the learned positions", err, done);
    fw_pal_curve(seen, model);
    for (int64_t id = FW_ID_FIRST; id < n; id++)
        largest = seen[id] > largest ? seen[id] : largest;
    for (int64_t id = FW_ID_FIRST; id < n; id++) {
        struct cli_position *item = &out->items[out->n++];
        item->text = fw_vocabulary_text(vocabulary, (uint32_t)id);
        item->seen = seen[id] / largest;
        if (!fw_text_to_double(item->text, &item->number))
            item->number = (double)NAN;
    }
    qsort(out->items, (size_t)out->n, sizeof *out->items, by_number);
done:
    fw_free(mem, seen);
    return status;
}

void cli_positions_clear(struct cli_positions *positions, struct fw_allocator *mem)
{
    fw_free(mem, positions->items);
    *positions = (struct cli_positions){0};
}

/* A text of the table as a terminal may get it, cut where it is too wide; returns its columns. */
static int show(struct fw_buffer *out, struct fw_text text)
{
    int width = 0;
    for (size_t at = 0; at < text.length;) {
        char shown[FW_UTF8_SHOWN_SIZE];
        int columns;
        at += (size_t)fw_utf8_shown(shown, &columns, text.data + at, text.length - at);
        if (width + columns > POSITION_WIDTH)
            break;
        fw_buffer_add_text(out, shown);
        width += columns;
    }
    return width;
}

void cli_positions_print(const struct cli_positions *positions)
{
    if (positions->n == 0)
        return;
    int at = printf("looked at, to the most:");
    for (int64_t i = 0; i < positions->n && i < MOST_SHOWN; i++) {
        struct fw_buffer text;
        fw_buffer_init(&text, NULL);
        int width = show(&text, positions->items[i].text);
        if (at + width + 8 > LINE_WIDTH)
            at = printf(",\n ") - 2;
        else if (i > 0)
            at += printf(",");
        at += width + printf(" %s", text.data != NULL ? text.data : "") - (int)text.length;
        at += printf(" %.3f", positions->items[i].seen);
        fw_buffer_clear(&text);
    }
    printf("%s\n", positions->n > MOST_SHOWN ? ", ..." : "");
}

cJSON *cli_positions_json(const struct cli_positions *positions)
{
    if (positions->n == 0)
        return NULL;
    cJSON *array = cli_json_array();
    for (int64_t i = 0; i < positions->n; i++) {
        struct fw_buffer text;
        cJSON *item = cli_json_object();
        fw_buffer_init(&text, NULL);
        fw_buffer_add(&text, positions->items[i].text.data, positions->items[i].text.length);
        cli_json_add_text(item, "position", text.data);
        fw_buffer_clear(&text);
        cli_json_add_real(item, "seen", positions->items[i].seen);
        cli_json_append(array, item);
    }
    return array;
}
