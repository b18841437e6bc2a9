/* fieldwise predict: a score a row, block by block, so that tables of any size and endless streams go through. */
#include <stdio.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/outputs.h"
#include "cli/score_writer.h"
#include "cli/scoring.h"
#include "space/table_blocks.h"

enum { key_out = 0x2300, key_json };

struct predict_command {
    struct cli_scoring scoring; /* the first member: its parser takes this struct for it */
    const char *out;            /* NULL: standard output */
    struct cli_reading reading;
    struct cli_score_writer writer;
    struct fw_table seen; /* what was read so far: shape, dialect and counts, no cells */
};

static const struct argp_option own_options[] = {
    {"out", key_out, "FILE", 0, "where the scores go (standard output); the file appears whole or not at all", 6},
    {"json", key_json, NULL, 0, "an object a row, each on a line of its own", 6},
    CLI_SCORING_OPTIONS,
    {NULL, 0, NULL, 0, NULL, 0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    if (key == key_out) {
        ((struct predict_command *)state->input)->out = arg;
        return 0;
    }
    if (key == key_json) {
        ((struct predict_command *)state->input)->scoring.json = true;
        return 0;
    }
    return cli_scoring_parse(key, arg, state);
}

static const struct argp parser = {
    own_options,
    parse,
    "MODEL DATA",
    "Writes the probability of the positive class for every row, in the order of the rows, under the heading 'score'; "
    "of several labels a column each, of those that are numbers the number. "
    "Rows are scored as they are read: a table of any size takes the same memory.\v"
    "  fieldwise predict model.fw new.csv > scores.csv\n"
    "  zcat clicks.gz | fieldwise predict model.fw - --out scores.csv\n"
    "  fieldwise predict fpenn.fw new.csv --set sampling=ucb --set bound=2\n",
    cli_scoring_children,
    NULL,
    NULL};

/* Takes a block into the account of all rows. */
static void note_seen(struct fw_table *seen, const struct fw_table *block)
{
    seen->n_columns = block->n_columns;
    seen->dialect = block->dialect;
    seen->n_rows += block->n_rows;
    seen->n_bad_rows += block->n_bad_rows;
    seen->text_bytes = block->text_bytes;
}

static enum fw_status score_blocks(struct predict_command *c, struct fw_table_blocks *blocks, struct fw_error *err)
{
    struct cli_scoring *s = &c->scoring;
    for (;;) {
        FW_TRY(fw_table_blocks_next(&s->table, blocks, err));
        if (s->table == NULL)
            return FW_OK;
        note_seen(&c->seen, s->table);
        FW_TRY(cli_scoring_table(s, false, err));
        FW_TRY(cli_score_writer_add(&c->writer, s->outputs, s->table->n_rows, s->data.threads, err));
        fw_table_destroy(s->table);
        s->table = NULL;
    }
}

/* Says how far the output goes before saying what went wrong. */
static void tell_written(struct fw_error *err, int64_t rows)
{
    char count[32];
    struct fw_error own = *err;
    fw_error_set(err, own.status, "after %s score%s written: %s", fw_text_count(count, rows), rows == 1 ? "" : "s",
                 own.message);
}

static enum fw_status run(struct predict_command *c, struct fw_error *err)
{
    struct cli_scoring *s = &c->scoring;
    struct fw_allocator *mem = &s->data.mem;
    struct fw_table_blocks *blocks = NULL;
    const char *const inputs[] = {s->model, s->path};
    FW_TRY(cli_check_output("--out", c->out, inputs, 2, err));
    FW_TRY(cli_scoring_load(s, err));
    FW_TRY(cli_score_writer_open(&c->writer, s->bundle.model, s->json, c->out, mem, err));
    cli_reading_begin(&c->reading, s->path, &s->data);
    c->reading.active = c->reading.active && (c->out != NULL || isatty(STDOUT_FILENO) == 0);
    enum fw_status status = fw_table_blocks_open(&blocks, s->path, &c->reading.options, 0, mem, err);
    if (status == FW_OK)
        status = score_blocks(c, blocks, err);
    cli_reading_end(&c->reading);
    fw_table_blocks_close(blocks);
    if (status != FW_OK && c->out == NULL && c->writer.rows > 0)
        tell_written(err, c->writer.rows);
    FW_TRY(cli_score_writer_close(&c->writer, status, err));
    cli_reading_tell(&c->reading, &c->seen, false, &s->data);
    return FW_OK;
}

int cmd_predict(int argc, char **argv)
{
    struct predict_command c = {.out = NULL};
    struct fw_error err = {0};
    cli_data_init(&c.scoring.data);
    CLI_PARSE(&parser, "predict", argc, argv, &c);
    enum fw_status status = run(&c, &err);
    cli_scoring_clear(&c.scoring);
    if (c.writer.out.reader_gone)
        return 0; /* `| head` has seen enough */
    return status != FW_OK ? cli_fail(&err) : 0;
}
